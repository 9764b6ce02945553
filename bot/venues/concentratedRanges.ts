import type { Curve } from "../domain/curve.ts";
import { feeDenominator, sqrtPriceAtTick } from "./concentratedLiquidity.ts";
import {
  type ConcentratedState,
  type Direction,
  indexAtOrBelow,
  type Ladder,
  ladderOf,
  liquidityAbove,
  type Stepping,
  type TickWindow,
} from "./concentratedSteps.ts";

/*
 * The doubles of a curve. Between two initialized ticks a pool is a constant product of virtual reserves, so a range's
 * output has a closed form, and a swap's is that of one range on top of the sums of the ranges before it. Word edges
 * only round, which doubles do not see.
 */

const q96 = 2 ** 96;

/**
 * What is kept between the largest input that the doubles allow and what the pool takes: the difference between the
 * prices of two neighboring ticks is good to a few parts in 1e12.
 */
const limitMargin = 2 ** -36;

/**
 * The ranges of a window between one initialized tick and the next, from the window's lower end to its upper one: equal
 * for all states of the pool. Range k lies between the ticks k − 1 and k.
 */
interface Ranges {
  /** The square root price at which each range begins, and that at which the last one ends. */
  readonly bounds: Float64Array;
  readonly liquidity: Float64Array;
  /** The units of token0 that all ranges below a range take, and those of token1 that all above it take. */
  readonly inputBelow: Float64Array;
  readonly inputAbove: Float64Array;
  /** The units of token1 that the positions in all ranges below a range hold, and those of token0 above it. */
  readonly heldBelow: Float64Array;
  readonly heldAbove: Float64Array;
}

const rangesOfLadder = new WeakMap<Ladder, Ranges>();

function rangesOf(ladder: Ladder): Ranges {
  const known = rangesOfLadder.get(ladder);
  if (known !== undefined) return known;
  const { lower, upper, ticks } = ladder.window;
  const count = ticks.length + 1;
  const priceAt = (tick: number) => Number(sqrtPriceAtTick(tick)) / q96;
  const ranges: Ranges = {
    bounds: Float64Array.of(priceAt(lower), ...ticks.map(({ tick }) => priceAt(tick)), priceAt(upper)),
    liquidity: new Float64Array(count),
    inputBelow: new Float64Array(count),
    inputAbove: new Float64Array(count),
    heldBelow: new Float64Array(count),
    heldAbove: new Float64Array(count),
  };
  const { bounds, liquidity, inputBelow, inputAbove, heldBelow, heldAbove } = ranges;
  const amount1 = (k: number) => (liquidity[k] ?? 0) * ((bounds[k + 1] ?? 0) - (bounds[k] ?? 0));
  const amount0 = (k: number) => amount1(k) / (bounds[k] ?? 1) / (bounds[k + 1] ?? 1);
  for (let k = 0; k < count; k++) liquidity[k] = Math.max(0, Number(liquidityAbove(ladder, k - 1)));
  for (let k = 1; k < count; k++) {
    inputBelow[k] = amount0(k - 1) + (bars(ladder.window, k - 2) ? 0 : (inputBelow[k - 1] ?? 0));
    heldBelow[k] = amount1(k - 1) + (heldBelow[k - 1] ?? 0);
  }
  for (let k = count - 2; k >= 0; k--) {
    inputAbove[k] = amount1(k + 1) + (bars(ladder.window, k + 1) ? 0 : (inputAbove[k + 1] ?? 0));
    heldAbove[k] = amount0(k + 1) + (heldAbove[k + 1] ?? 0);
  }
  rangesOfLadder.set(ladder, ranges);
  return ranges;
}

/** A tick whose orders a swap would execute: they are not read, so nothing beyond them counts. */
const bars = ({ ticks }: TickWindow, index: number): boolean => ticks[index]?.hasLimitOrders === true;

const keptShare = (fee: bigint): number => Number(feeDenominator - fee) / Number(feeDenominator);

/** Returns `rate` and `limitIn` of a curve. */
export function reachOf(
  ladder: Ladder,
  { sqrtPriceX96, tick }: ConcentratedState,
  { zeroToOne, fee }: Direction,
): Pick<Curve, "rate" | "limitIn"> {
  const { window } = ladder;
  const { bounds, liquidity, inputBelow, inputAbove } = rangesOf(ladder);
  const kept = keptShare(fee);
  const price = Number(sqrtPriceX96) / q96;
  const here = indexAtOrBelow(window.ticks, tick) + 1;
  const distance = distanceWithin(window, here, sqrtPriceX96, zeroToOne);
  const amount1 = (liquidity[here] ?? 0) * distance;
  const within = zeroToOne ? amount1 / price / (bounds[here] ?? 1) : amount1;
  const beyond = bars(window, zeroToOne ? here - 1 : here) ? 0 : ((zeroToOne ? inputBelow : inputAbove)[here] ?? 0);
  const limitIn = ((within + beyond) / kept) * (1 - limitMargin);
  if (limitIn === 0) return { rate: 0, limitIn };
  // Where nothing is in range the price jumps for free to the next range that holds something.
  let range = here;
  while (liquidity[range] === 0) range += zeroToOne ? -1 : 1;
  const start = range === here ? price : (bounds[zeroToOne ? range + 1 : range] ?? price);
  return { rate: (zeroToOne ? start * start : 1 / start / start) * kept, limitIn };
}

/**
 * Returns what the positions between the known ticks hold of token0 and of token1, in units, rounded down. The pool holds
 * no less: it rounds what it takes up and what it gives down.
 */
export function holdingsDown(state: ConcentratedState, stepping: Stepping): readonly [bigint, bigint] {
  const ladder = ladderOf(state, stepping);
  const { window } = ladder;
  const { bounds, liquidity, heldBelow, heldAbove } = rangesOf(ladder);
  const price = Number(state.sqrtPriceX96) / q96;
  const here = indexAtOrBelow(window.ticks, state.tick) + 1;
  const active = liquidity[here] ?? 0;
  const [down, up] = [true, false].map((zeroToOne) => distanceWithin(window, here, state.sqrtPriceX96, zeroToOne)) as [
    number,
    number,
  ];
  const held0 = (active * up) / price / (bounds[here + 1] ?? 1) + (heldAbove[here] ?? 0);
  const held1 = active * down + (heldBelow[here] ?? 0);
  const whole = (held: number) => BigInt(Math.floor(held * (1 - limitMargin)));
  return [whole(held0), whole(held1)];
}

/**
 * Returns how far a range reaches from a price in it. It is taken in integers: it can be so small a part of the price
 * that the difference of two doubles would not resolve it.
 */
function distanceWithin(
  { lower, upper, ticks }: TickWindow,
  range: number,
  sqrtPriceX96: bigint,
  zeroToOne: boolean,
): number {
  const end = sqrtPriceAtTick(zeroToOne ? (ticks[range - 1]?.tick ?? lower) : (ticks[range]?.tick ?? upper));
  return Math.max(0, Number(zeroToOne ? sqrtPriceX96 - end : end - sqrtPriceX96)) / q96;
}

/** The ranges of one direction from a price on, without the empty ones: as many as an estimate has needed. */
export interface Sums {
  readonly ladder: Ladder;
  readonly zeroToOne: boolean;
  /** The share of the input that the fee leaves. */
  readonly kept: number;
  /** The input and the output before each range. */
  readonly startsIn: number[];
  readonly startsOut: number[];
  /**
   * The virtual reserves of each range. That of the input is divided by the kept share, so that a range's output is
   * reserveOut / (1 + reserveIn / in), in which every operation is monotone.
   */
  readonly reservesIn: number[];
  readonly reservesOut: number[];
  /** The input and the output of them all. */
  endIn: number;
  endOut: number;
  isComplete: boolean;
  /** The range that comes next, the square root price at which it begins, and how far it reaches from there. */
  next: number;
  sqrtPrice: number;
  distance: number;
}

export function createSums(
  ladder: Ladder,
  { sqrtPriceX96, tick }: ConcentratedState,
  { zeroToOne, fee }: Direction,
): Sums {
  const { window } = ladder;
  const next = indexAtOrBelow(window.ticks, tick) + 1;
  return {
    ladder,
    zeroToOne,
    kept: keptShare(fee),
    startsIn: [],
    startsOut: [],
    reservesIn: [],
    reservesOut: [],
    endIn: 0,
    endOut: 0,
    isComplete: false,
    next,
    sqrtPrice: Number(sqrtPriceX96) / q96,
    distance: distanceWithin(window, next, sqrtPriceX96, zeroToOne),
  };
}

/** Appends the next range that holds liquidity, and returns whether there is one. */
function extend(sums: Sums): boolean {
  const { ladder, zeroToOne, kept } = sums;
  const { bounds, liquidity } = rangesOf(ladder);
  while (!sums.isComplete) {
    const { next, sqrtPrice, distance } = sums;
    const active = liquidity[next] ?? 0;
    const end = bounds[zeroToOne ? next : next + 1] ?? sqrtPrice;
    const isFilled = active > 0 && distance > 0;
    if (isFilled) {
      const amount1 = active * distance;
      const amount0 = amount1 / sqrtPrice / end;
      sums.startsIn.push(sums.endIn);
      sums.startsOut.push(sums.endOut);
      sums.reservesIn.push((zeroToOne ? active / sqrtPrice : active * sqrtPrice) / kept);
      sums.reservesOut.push(zeroToOne ? active * sqrtPrice : active / sqrtPrice);
      sums.endIn += (zeroToOne ? amount0 : amount1) / kept;
      sums.endOut += zeroToOne ? amount1 : amount0;
    }
    const isBarred = bars(ladder.window, zeroToOne ? next - 1 : next);
    sums.next += zeroToOne ? -1 : 1;
    if (isBarred || sums.next < 0 || sums.next === liquidity.length) {
      sums.isComplete = true;
      sums.endIn *= 1 - limitMargin;
    } else {
      sums.sqrtPrice = end;
      sums.distance = Math.abs(end - (bounds[zeroToOne ? sums.next : sums.next + 1] ?? end));
    }
    if (isFilled) return true;
  }
  return false;
}

/** Returns `estimate` of a curve. */
export function estimateOutput(sums: Sums, amountIn: number): number {
  if (!(amountIn > 0)) return 0;
  while (amountIn >= sums.endIn && extend(sums));
  const { startsIn, startsOut, reservesIn, reservesOut, endIn, endOut } = sums;
  if (amountIn >= endIn) return endOut;
  let low = 0;
  let high = startsIn.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((startsIn[middle] ?? 0) <= amountIn) low = middle;
    else high = middle - 1;
  }
  const within = amountIn - (startsIn[low] ?? 0);
  const amountOut = (startsOut[low] ?? 0) + (reservesOut[low] ?? 0) / (1 + (reservesIn[low] ?? 0) / within);
  return Math.min(amountOut, startsOut[low + 1] ?? endOut);
}
