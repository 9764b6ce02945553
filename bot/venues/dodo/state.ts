import type { Address } from "../../config/chains/chain.ts";
import type { Pool } from "../venue.ts";

/**
 * A vending machine (public, one-sided curve), a private pool (one owner), a stable pool (public, two-sided), or a
 * classical pool (DODO's first generation, priced by an oracle).
 */
export type DodoVariant = "dvm" | "dpp" | "dsp" | "classical";

export interface DodoPool extends Pool {
  readonly venue: "dodo";
  readonly variant: DodoVariant;
  readonly base: Address;
  readonly quote: Address;
  /** Whether it is swapped through without the route proxy, which then takes no fee. A classical pool cannot be. */
  readonly direct?: boolean;
  /** What the route proxy calls for a swap. A classical pool pays and is paid through what its adapter holds. */
  readonly adapter: Address;
  /** Whose fee and whose permission to pull a swap depends on. */
  readonly routeProxy: Address;
  readonly approveProxy: Address;
}

/** Where a pool stands: at its targets, short of base, or short of quote. The values are the chain's. */
export const rState = { one: 0, aboveOne: 1, belowOne: 2 } as const;
export type RState = (typeof rState)[keyof typeof rState];

/** A pool as its proactive market maker sees it, with the targets already adjusted. */
export interface PmmState {
  /** Quote units per base unit, with 18 decimals: a parameter, or the oracle's price of a classical pool. */
  readonly i: bigint;
  /** Curvature with 18 decimals, from 0 (constant price) to 1. */
  readonly K: bigint;
  readonly B: bigint;
  readonly Q: bigint;
  readonly B0: bigint;
  readonly Q0: bigint;
  readonly R: RState;
}

export interface DodoState extends PmmState {
  /** Shares with 18 decimals: what stays in the pool, what DODO takes, what the route proxy takes. */
  readonly lpFeeRate: bigint;
  readonly mtFeeRate: bigint;
  readonly routeFeeRate: bigint;
  /** What the pool holds. All but a classical one sell all that exceeds the reserve, whoever sent it. */
  readonly baseBalance: bigint;
  readonly quoteBalance: bigint;
  /** What only a classical pool has. */
  readonly classical?: ClassicalTerms;
}

export interface ClassicalTerms {
  readonly tradeAllowed: boolean;
  /** Selling is base in, buying is base out. */
  readonly sellingAllowed: boolean;
  readonly buyingAllowed: boolean;
  /** The largest reserves at which the token can come in. */
  readonly baseLimit: bigint;
  readonly quoteLimit: bigint;
  /** What earlier swaps left in the adapter: it is sold, or paid out, with the next one. */
  readonly adapterBase: bigint;
  readonly adapterQuote: bigint;
}

/** A classical pool that is open, without limits, behind an adapter that holds nothing. */
export const openTerms: ClassicalTerms = {
  tradeAllowed: true,
  sellingAllowed: true,
  buyingAllowed: true,
  baseLimit: 2n ** 256n - 1n,
  quoteLimit: 2n ** 256n - 1n,
  adapterBase: 0n,
  adapterQuote: 0n,
};
