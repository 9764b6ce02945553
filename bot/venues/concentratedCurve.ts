import type { Curve } from "../domain/curve.ts";
import { type Refusal, refuse } from "../domain/quote.ts";
import { feeDenominator, maxSqrtPriceX96, minSqrtPriceX96, tickAtSqrtPrice } from "./concentratedLiquidity.ts";
import { createSums, estimateOutput, reachOf, type Sums } from "./concentratedRanges.ts";
import {
  type ConcentratedState,
  type Direction,
  type Ending,
  firstStep,
  isEnding,
  type Ladder,
  ladderOf,
  type Step,
  stepAfter,
} from "./concentratedSteps.ts";

/**
 * Prepares one direction through a pool, or refuses where its price cannot move that way.
 *
 * Every step to the next stop has a fixed input and output, and so have the first k steps together: a quote finds the
 * step in which its input ends and computes that one. Steps are appended when an input is large enough to need them.
 */
export function concentratedCurve<S extends ConcentratedState>(state: S, direction: Direction): Curve<S> | Refusal {
  const { sqrtPriceX96 } = state;
  if (direction.zeroToOne ? sqrtPriceX96 <= minSqrtPriceX96 : sqrtPriceX96 >= maxSqrtPriceX96) {
    return refuse("insufficient-liquidity", "the price is at its limit");
  }
  const ladder = ladderOf(state, direction);
  const { rate, limitIn } = reachOf(ladder, state, direction);
  let walk: Walk | undefined;
  let sums: Sums | undefined;
  const swapOf = (amountIn: bigint) => {
    walk ??= createWalk(ladder, state, direction);
    return swap(walk, amountIn);
  };
  return {
    quote(amountIn) {
      const swapped = swapOf(amountIn);
      return "step" in swapped ? swapped.amountOut : swapped;
    },
    after(amountIn) {
      const swapped = swapOf(amountIn);
      return "step" in swapped ? { ...state, ...placeAfter(swapped, direction) } : swapped;
    },
    rate,
    limitIn,
    estimate(amountIn) {
      sums ??= createSums(ladder, state, direction);
      return estimateOutput(sums, amountIn);
    },
  };
}

/** The steps of a swap as far as they are known, in the state and the direction of a curve. */
interface Walk {
  readonly ladder: Ladder;
  readonly state: ConcentratedState;
  readonly zeroToOne: boolean;
  readonly fee: bigint;
  /** Millionths of the input that the fee leaves. */
  readonly kept: bigint;
  readonly steps: Step[];
  /** The input that the first k steps cost, fee included, and their output. */
  readonly costs: bigint[];
  readonly outputs: bigint[];
}

function createWalk(ladder: Ladder, state: ConcentratedState, { zeroToOne, fee }: Direction): Walk {
  return { ladder, state, zeroToOne, fee, kept: feeDenominator - fee, steps: [], costs: [0n], outputs: [0n] };
}

/**
 * Appends the next step, and returns why there is none.
 *
 * A step reaches its stop when the input less the fee, rounded down, is enough: when there is at least
 * ceil(input · 10^6 / (10^6 − fee)) left, which is the step's cost. With less it never does: the price after a smaller
 * input is rounded against the trader, and so lies before the stop.
 */
function extend({ ladder, state, zeroToOne, fee, kept, steps, costs, outputs }: Walk): Ending | undefined {
  const { length } = steps;
  const last = steps[length - 1];
  const next = last === undefined ? firstStep(ladder, state, zeroToOne) : stepAfter(ladder, last, zeroToOne);
  if (isEnding(next)) return next;
  if (next.costFee !== fee) {
    next.cost = (next.amountIn * feeDenominator + kept - 1n) / kept;
    next.costFee = fee;
  }
  costs.push((costs[length] ?? 0n) + next.cost);
  outputs.push((outputs[length] ?? 0n) + next.amountOut);
  steps.push(next);
  return undefined;
}

/** Returns the place of the step in which `amountIn` ends, or at whose end. */
function placeOf(walk: Walk, amountIn: bigint): number | Refusal {
  const { steps, costs } = walk;
  let known = costs[steps.length] ?? 0n;
  while (known < amountIn) {
    const ending = extend(walk);
    if (ending !== undefined) return refusalAt(walk, ending, amountIn, amountIn - known);
    known = costs[steps.length] ?? 0n;
  }
  let low = 0;
  let high = steps.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((costs[middle + 1] ?? 0n) >= amountIn) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** What a swap pays, the step in which it ends, and the price there: undefined at the step's end. */
interface Swapped {
  readonly amountOut: bigint;
  readonly step: Step;
  readonly price: bigint | undefined;
}

/** The pools take signed amounts of 256 bits. */
const amountLimit = 1n << 255n;

function swap(walk: Walk, amountIn: bigint): Swapped | Refusal {
  if (amountIn <= 0n) return refuse("zero-amount", "the pool swaps no amount of zero");
  if (amountIn >= amountLimit) return refuse("over-limit", "the pool takes amounts below 2^255");
  const place = placeOf(walk, amountIn);
  if (typeof place !== "number") return place;
  const { steps, costs, outputs, kept, zeroToOne } = walk;
  const step = steps[place] as Step;
  const remaining = amountIn - (costs[place] ?? 0n);
  let price: bigint | undefined;
  let amountOut = outputs[place] ?? 0n;
  if (remaining < step.cost) {
    price = priceWithin(step, (remaining * kept) / feeDenominator, zeroToOne);
    amountOut += outputWithin(step, price, zeroToOne);
  } else {
    const barred = step.stop?.barred;
    if (barred !== undefined) return refusalAt(walk, barred, amountIn, 0n);
    amountOut += step.amountOut;
  }
  return amountOut === 0n ? refuse("zero-output", `${amountIn} units buy nothing`) : { amountOut, step, price };
}

const uint256Limit = 1n << 256n;

/** Returns the price after `net` units went into a step that they do not take to its end. */
function priceWithin({ price, liquidity, scaled, scaledPrice }: Step, net: bigint, zeroToOne: boolean): bigint {
  if (!zeroToOne) return price + (net << 96n) / liquidity;
  const divisor = scaled + net * price;
  if (divisor < uint256Limit) return (scaledPrice - 1n) / divisor + 1n;
  // The pools divide first when the exact formula does not fit in 256 bits, and that rounds differently.
  return (scaled - 1n) / (scaled / price + net) + 1n;
}

/** Returns what comes out of a step that ends at `reached`, rounded down. */
function outputWithin({ price, liquidity, scaled }: Step, reached: bigint, zeroToOne: boolean): bigint {
  return zeroToOne ? ((price - reached) * liquidity) >> 96n : (scaled * (reached - price)) / (reached * price);
}

/** Returns the pool's price, tick and liquidity after a swap. */
function placeAfter(
  { step, price }: Swapped,
  { zeroToOne }: Direction,
): Pick<ConcentratedState, "sqrtPriceX96" | "tick" | "liquidity"> {
  if (price === undefined && step.stop !== undefined) {
    const { price: sqrtPriceX96, tick, liquidity } = step.stop;
    return { sqrtPriceX96, tick, liquidity };
  }
  const sqrtPriceX96 = price ?? (zeroToOne ? minSqrtPriceX96 : maxSqrtPriceX96);
  // The pools leave the tick alone where the price has not moved: it may be one below that of the price.
  const tick = sqrtPriceX96 === step.price ? step.tick : tickAtSqrtPrice(sqrtPriceX96);
  return { sqrtPriceX96, tick, liquidity: step.liquidity };
}

function refusalAt({ state }: Walk, { cause, tick }: Ending, amountIn: bigint, left: bigint): Refusal {
  const { lower, upper } = state.window;
  switch (cause) {
    case "limit":
      return refuse("insufficient-liquidity", `${left} of ${amountIn} units find no liquidity`);
    case "window":
      return refuse("beyond-snapshot", `${left} of ${amountIn} units go beyond ticks ${lower} to ${upper}`);
    case "orders":
      return refuse("beyond-snapshot", `limit orders at tick ${tick} are not read`);
    case "negative":
      return refuse("invariant", `liquidity below zero at tick ${tick}`);
  }
}
