import type { Address, SolidlyGeneration } from "../../config/chains/chain.ts";
import type { Quote, Refusal } from "../../domain/quote.ts";
import type { Pool } from "../venue.ts";

/** One pair of a Solidly factory. */
export type SolidlyPool = FixedPair | CamelotPair;

interface PairBase extends Pool {
  readonly venue: "solidly";
  readonly factory: Address;
  /** token0 and token1, in this order. */
  readonly tokens: readonly [Address, Address];
  /** Ten to the power of each token's decimals, in the order of `tokens`. */
  readonly units: readonly [bigint, bigint];
}

/** A pair whose curve is chosen at its creation. */
export interface FixedPair extends PairBase {
  readonly generation: Exclude<SolidlyGeneration, "camelotV2">;
  readonly stable: boolean;
}

/** A pair whose owner can change its curve: the state tells which it is. */
export interface CamelotPair extends PairBase {
  readonly generation: "camelotV2";
}

export interface SolidlyState {
  /** In units of each token, in the order of the pool's tokens. */
  readonly reserves: readonly [bigint, bigint];
  /** What the pair takes of an input of token0 and of token1, in parts of `feeDenominators`. */
  readonly fees: readonly [bigint, bigint];
  /** Whether the pair trades on x³y + y³x; otherwise on x·y. */
  readonly stable: boolean;
  readonly paused: boolean;
  /** What leaves a stable pair of Camelot V2 of the fee of every swap, in 1/100000; 0 where there is no such share. */
  readonly ownerFeeShare: bigint;
}

/** The fee that is the whole of an input. */
export const feeDenominators: Readonly<Record<SolidlyGeneration, bigint>> = {
  solidly: 10_000n,
  velodromeV2: 10_000n,
  camelotV2: 100_000n,
};

/** A pair at one state, seen from the token that goes in. */
export interface PairTerms {
  readonly generation: SolidlyGeneration;
  readonly stable: boolean;
  /** In parts of the generation's fee denominator. */
  readonly fee: bigint;
  /** In units. */
  readonly reserveIn: bigint;
  readonly reserveOut: bigint;
  /** Ten to the power of the token's decimals. */
  readonly unitIn: bigint;
  readonly unitOut: bigint;
}

/** The largest reserve that a pair of Camelot V2 can store. */
export const maxCamelotReserve = 2n ** 112n - 1n;
/** The same in floats. */
export const largestCamelotReserve = Number(maxCamelotReserve);

/** Returns the state after a swap that pays `amountOut`, or the refusal of it. */
export type StateAfter = (amountIn: bigint, amountOut: Quote) => SolidlyState | Refusal;

/** Returns the share of an input that a fee leaves, in floats. */
export function keptShare(generation: SolidlyGeneration, fee: bigint): number {
  return 1 - Number(fee) / (generation === "camelotV2" ? 1e5 : 1e4);
}
