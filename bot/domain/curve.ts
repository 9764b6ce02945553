import type { Quote, Refusal } from "./quote.ts";

/**
 * One direction through a pool at one state: prepared once, quoted many times.
 *
 * The integers are the truth. The floats are their shadow, for searching only: no amount that is sent comes from them.
 */
export interface Curve<S = unknown> {
  /** Quotes `amountIn` units: equal to the wei to what the pool pays at this state. */
  quote(amountIn: bigint): Quote;
  /** Returns the pool's state after a swap of `amountIn` units, or the refusal that `quote` gives. */
  after(amountIn: bigint): S | Refusal;
  /**
   * Units out per unit in for the first infinitesimal unit, after all fees. No input gets a better rate, but for the
   * dust of the pool's rounding. Zero where the pool takes nothing in this direction.
   */
  readonly rate: number;
  /**
   * The largest input that `estimate` is good for, in units: up to it the pool is expected to quote. Infinity where only
   * the price impact bounds a swap.
   */
  readonly limitIn: number;
  /**
   * Estimates the output of `amountIn` units: non-decreasing, within a few parts in 1e9 of the quote where amounts are
   * far above one unit. Beyond `limitIn` it is the output of `limitIn`. Allocates nothing.
   */
  estimate(amountIn: number): number;
  /**
   * The curve as out = reserveOut · kept · in / (reserveIn + kept · in), where it is that for every input: what a size in
   * closed form needs. `kept` is the share of the input that the fee leaves.
   */
  readonly product?: { readonly reserveIn: number; readonly reserveOut: number; readonly kept: number };
}
