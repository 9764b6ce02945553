import type { Address } from "../../config/chains/chain.ts";
import type { Refusal } from "../../domain/quote.ts";
import type { Pool } from "../venue.ts";

/**
 * The generation of a pool's arithmetic. 2.0 caps no swap, posts its prices with twice the impact, and its oracle's
 * spread stands still; 2.1 and all that followed cap a swap's impact and value, and the spread widens with the price.
 */
export type WoofiVersion = "2.0" | "2.1";

/** The one pool of WOOFi: a quote token against base tokens, each at the price of the pool's oracle. */
export interface WoofiPool extends Pool {
  readonly venue: "woofi";
  readonly version: WoofiVersion;
  readonly router: Address;
  readonly oracle: Address;
  readonly quoteToken: Address;
  /** One whole quote token in units. */
  readonly quoteUnit: bigint;
  readonly bases: readonly WoofiBase[];
}

/** The units are powers of ten. */
export interface WoofiBase {
  readonly address: Address;
  /** One whole base token in units. */
  readonly unit: bigint;
  /** The price 1 in the oracle's decimals. */
  readonly priceUnit: bigint;
}

/** What the pool holds of one token. */
export interface WoofiHolding {
  readonly reserve: bigint;
  /** What the pool holds without unclaimed fees: below the reserve, nobody can sell the token to the pool. */
  readonly balance: bigint;
  /** The largest balance at which the token can be sold to the pool, where the deployed pool has this cap. */
  readonly capBalance: bigint | undefined;
}

/** A base token's terms: `price` in the oracle's decimals, `spread`, `coeff` and `maxGamma` scaled by 1e18. */
export interface WoofiBaseState extends WoofiBase {
  readonly holding: WoofiHolding;
  /** In units of 1e-5. */
  readonly feeRate: bigint;
  /** Not read by version 2.0. */
  readonly maxGamma: bigint;
  /** In units of the quote token. Not read by version 2.0. */
  readonly maxNotionalSwap: bigint;
  readonly spread: bigint;
  readonly coeff: bigint;
  /** The price at which the oracle lets the pool trade at the block's time, or why it does not. */
  readonly price: bigint | Refusal;
  /** What judges the price that a swap posts. Where it is undefined, every price above 0 can be traded at. */
  readonly oracle: WoofiOraclePrice | undefined;
}

/** What the oracle knows of the price of one base token. */
export interface WoofiOraclePrice {
  readonly posted: bigint;
  /** In seconds, both. */
  readonly freshUntil: bigint;
  readonly timestamp: bigint;
  /** Chainlink's price of the base in the quote token. */
  readonly reference: bigint;
  /** How far a posted price may be from Chainlink's, scaled by 1e18. */
  readonly bound: bigint;
  /** Whether Chainlink's price substitutes a stale one. */
  readonly preferred: boolean;
  /** Excluded. */
  readonly min: bigint;
  /** Excluded. */
  readonly max: bigint;
}

export interface WoofiState {
  readonly quote: WoofiHolding;
  /** Fees that the pool holds beside its balance of the quote token. */
  readonly unclaimedFee: bigint;
  /** By address. A base that cannot be read is refused alone. */
  readonly bases: ReadonlyMap<Address, WoofiBaseState | Refusal>;
}
