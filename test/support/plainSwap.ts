import {
  amount0Down,
  amount0Up,
  amount1Down,
  amount1Up,
  maxSqrtPriceX96,
  maxTick,
  minSqrtPriceX96,
  minTick,
  mulDivUp,
  priceAfterToken0Up,
  priceAfterToken1Down,
  sqrtPriceAtTick,
} from "../../bot/venues/concentratedLiquidity.ts";
import type { ConcentratedState, Direction } from "../../bot/venues/concentratedSteps.ts";

/** What a pool's loop leaves behind, all of its ticks being known. */
export interface PlainSwap {
  readonly amountOut: bigint;
  /** What finds no liquidity before the price is at its limit. */
  readonly left: bigint;
  readonly sqrtPriceX96: bigint;
  readonly tick: number;
  readonly liquidity: bigint;
}

/**
 * Swaps as the pools do, step by step, and remembers nothing: Uniswap V3's loop, which Algebra kept, over the tick table
 * bit by bit.
 */
export function plainSwap(state: ConcentratedState, direction: Direction, amountIn: bigint): PlainSwap {
  const { zeroToOne, fee } = direction;
  const limit = zeroToOne ? minSqrtPriceX96 : maxSqrtPriceX96;
  const nets = new Map(state.window.ticks.map((tick) => [tick.tick, tick.liquidityNet]));
  let { sqrtPriceX96: price, tick, liquidity } = state;
  let left = amountIn;
  let amountOut = 0n;
  while (left > 0n && price !== limit) {
    const stop = nextStop(nets, tick, direction);
    const stopPrice = sqrtPriceAtTick(stop);
    const target = zeroToOne === stopPrice < limit ? limit : stopPrice;
    const step = stepExactIn({ zeroToOne, price, target, liquidity, available: left, fee });
    left -= step.amountIn + step.feeAmount;
    amountOut += step.amountOut;
    if (step.price === stopPrice) {
      const net = nets.get(stop) ?? 0n;
      liquidity += zeroToOne ? -net : net;
      tick = zeroToOne ? stop - 1 : stop;
    } else if (step.price !== price) {
      tick = tickBelow(step.price);
    }
    price = step.price;
  }
  return { amountOut, left, sqrtPriceX96: price, tick, liquidity };
}

function nextStop(nets: ReadonlyMap<number, bigint>, tick: number, { zeroToOne, spacing, stops }: Direction): number {
  if (stops === "linked") {
    const [from, to] = zeroToOne ? [minTick, tick] : [tick + 1, maxTick];
    const ahead = [...nets.keys()].filter((each) => each >= from && each <= to);
    return zeroToOne ? Math.max(minTick, ...ahead) : Math.min(maxTick, ...ahead);
  }
  let slot = Math.floor(tick / spacing) + (zeroToOne ? 0 : 1);
  const lastBit = zeroToOne ? 0 : 255;
  while (!nets.has(slot * spacing) && (slot & 255) !== lastBit) slot += zeroToOne ? -1 : 1;
  return Math.min(Math.max(slot * spacing, minTick), maxTick);
}

/** Returns the greatest tick whose price is not above `priceX96`, by bisection. */
export function tickBelow(priceX96: bigint): number {
  let [lower, upper] = [minTick, maxTick];
  while (lower < upper) {
    const middle = Math.ceil((lower + upper) / 2);
    if (sqrtPriceAtTick(middle) <= priceX96) lower = middle;
    else upper = middle - 1;
  }
  return lower;
}

/** One step of a swap: at most `available` units in, of which `fee` millionths are kept, toward the `target` price. */
export interface StepInput {
  readonly zeroToOne: boolean;
  readonly price: bigint;
  readonly target: bigint;
  readonly liquidity: bigint;
  readonly available: bigint;
  readonly fee: bigint;
}

/** How far the price moved, what went in for that, what comes out, and the fee that went in on top. */
export interface Step {
  readonly price: bigint;
  readonly amountIn: bigint;
  readonly amountOut: bigint;
  readonly feeAmount: bigint;
}

/**
 * Moves the price toward its target. The fee is rounded up when the step reaches the target; otherwise it is whatever
 * the movement leaves of the input, so that the input is spent to the last unit.
 */
export function stepExactIn({ zeroToOne, price, target, liquidity, available, fee }: StepInput): Step {
  const million = 1_000_000n;
  const inputTo = (reached: bigint) =>
    zeroToOne ? amount0Up(reached, price, liquidity) : amount1Up(price, reached, liquidity);
  const net = (available * (million - fee)) / million;
  const inputToTarget = inputTo(target);
  const reached =
    net >= inputToTarget
      ? target
      : zeroToOne
        ? priceAfterToken0Up(price, liquidity, net)
        : priceAfterToken1Down(price, liquidity, net);
  const amountIn = reached === target ? inputToTarget : inputTo(reached);
  return {
    price: reached,
    amountIn,
    amountOut: zeroToOne ? amount1Down(reached, price, liquidity) : amount0Down(price, reached, liquidity),
    feeAmount: reached === target ? mulDivUp(amountIn, fee, million - fee) : available - amountIn,
  };
}
