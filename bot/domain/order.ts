import type { Address, LenderName } from "../config/chains/chain.ts";
import type { Found } from "../engine/search.ts";
import type { Pool } from "../venues/venue.ts";
import type { Route } from "./route.ts";

/** A route whose quotes multiply above one. */
export interface Opportunity {
  /** 32 bytes. Everything that becomes of the opportunity is known by it, up to the contract's event. */
  readonly id: string;
  readonly route: Route;
  /** The size at which the search saw the most, and what it would earn there, both in USD with 8 decimals. */
  readonly sizeUsdE8: bigint;
  readonly gainUsdE8: bigint;
  /** The route as the engine found it, for sizing. */
  readonly found: Found;
}

/** An opportunity with an amount and a lender. Amounts are in units of the route's token unless named otherwise. */
export interface Order {
  /** The opportunity's. */
  readonly id: string;
  readonly block: bigint;
  readonly route: Route;
  /** Names the route as it was found: hops that were shared between parallel pools do not change it. */
  readonly routeId: string;
  readonly token: Address;
  readonly lender: LenderName;
  /** The pool that lends; absent for a lender that is one contract, and for the operator. */
  readonly source?: Pool | undefined;
  readonly amount: bigint;
  /** What goes into each hop, in units of its token in: zero for all that is there, which is how it is sent. */
  readonly amountsIn: readonly bigint[];
  /** What each hop delivers by its quote, in units of the hop's token out. */
  readonly quotes: readonly bigint[];
  readonly fee: bigint;
  /** What the treasury receives if every hop pays its quote: what comes back less amount and fee. */
  readonly expected: bigint;
  /** The least profit that pays for gas and leaves what a trade must leave. */
  readonly minProfit: bigint;
  readonly gas: bigint;
  readonly gasCostUsdE8: bigint;
  /** What the order is expected to leave after gas, in USD with 8 decimals. */
  readonly netUsdE8: bigint;
  /** The last second at which to execute. */
  readonly deadline: bigint;
  readonly sized: Sized;
}

/** What an order's amount was decided on, kept to check what is about to be signed. */
export interface Sized {
  readonly amount: bigint;
  /** What the lender offered, bounded by the limits on the wallet's own money. */
  readonly available: bigint;
  /** The setting that bounds the offer, where the order takes all of it. */
  readonly boundedBy: string | undefined;
  /** Of the order's token, in USD with 8 decimals. */
  readonly priceE8: bigint;
  /** The opportunity's. */
  readonly sizeUsdE8: bigint;
}

/** Returns the pools that an order relies on: those of its hops, in their order, and the one that lends, if one does. */
export function poolsOf({ route, source }: Pick<Order, "route" | "source">): readonly Pool[] {
  const pools = route.hops.map(({ pool }) => pool);
  return source === undefined ? pools : [...pools, source];
}

/** What simulating an order with `eth_call` at its own block said. */
export type Verdict =
  | { readonly kind: "confirmed"; readonly profit: bigint; readonly gas: bigint }
  /** The chain pays something else than the quotes say. `suspects` are the pools that may be at fault. */
  | {
      readonly kind: "diverged";
      readonly simulated: bigint | undefined;
      readonly detail: string;
      readonly suspects: readonly string[];
    }
  /** The chain confirms the quotes at the order's block, and refuses the order at the newest state. */
  | { readonly kind: "outdated"; readonly profit: bigint; readonly detail: string }
  /** The chain refuses the order for a reason that is not a pool's. */
  | { readonly kind: "refused"; readonly detail: string };

/** An order that landed, reconciled with the chain. */
export interface Trade {
  readonly order: Order;
  readonly simulated: bigint;
  readonly hash: string;
  readonly block: bigint;
  readonly gasUsed: bigint;
  readonly gasPriceWei: bigint;
  /** The profit that the contract's event reports. */
  readonly realised: bigint;
  /** How much the treasury's balance grew over the block. Undefined where the node no longer knew when it was asked. */
  readonly treasuryGain: bigint | undefined;
}
