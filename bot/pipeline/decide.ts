import type { LoanOffer } from "../domain/lender.ts";
import { isNoTrade, type NoTrade } from "../domain/noTrade.ts";
import type { Opportunity, Order } from "../domain/order.ts";
import type { Snapshot } from "../domain/snapshot.ts";
import type { Market } from "../engine/market.ts";
import { createPoolOffers } from "../lenders/poolOffers.ts";
import { checkProfit, type ProfitLimits } from "../risk/limits.ts";
import { type Venues, venueOf } from "../venues/registry.ts";
import { boundOffers, type OfferLimits } from "./offers.ts";
import type { PriceLimits } from "./sanity.ts";
import { createOpportunitySearch, curvesOf, type SearchOptions, type SnapshotChanges } from "./search.ts";
import { type Sizing, size, splitsPerBlock } from "./size.ts";

export interface DecideOptions extends SearchOptions, PriceLimits, OfferLimits, ProfitLimits {
  readonly deadlineSeconds: bigint;
}

/** An opportunity with its order, if it can be sized at all, and the reason why that is not put to the chain. */
export interface Candidate {
  readonly opportunity: Opportunity;
  readonly order: Order | undefined;
  readonly noTrade: NoTrade | undefined;
}

/** What the first stages make of a snapshot, before anything is asked of the chain. */
export interface Decision {
  /** The most profitable opportunity first. */
  readonly candidates: readonly Candidate[];
  readonly market: Market;
  readonly changes: SnapshotChanges;
  /** Sizes an opportunity anew as if only these offers were there: until the next snapshot is decided on. */
  readonly resize: (opportunity: Opportunity, offers: readonly LoanOffer[]) => Order | NoTrade;
}

/** Creates the function that searches a snapshot and sizes what it finds. It is pure but for what it remembers. */
export function createDecide(venues: Venues, options: DecideOptions): (snapshot: Snapshot) => Decision {
  const search = createOpportunitySearch(venues, options);
  const curveOf = curvesOf(venues);
  const poolOffers = createPoolOffers(venues);
  return (observed) => {
    const offers = [...observed.offers, ...poolOffers(observed.pools)];
    const snapshot = boundOffers({ ...observed, offers }, options.chain, options);
    const { opportunities, market, changes } = search(snapshot);
    const candidates = opportunities.map((opportunity, rank) => {
      const sizing = { market, curveOf, splits: rank < splitsPerBlock };
      return sizeOne(opportunity, snapshot, sizing, venues, options);
    });
    const resize: Decision["resize"] = (opportunity, offers) =>
      orderOf(opportunity, { ...snapshot, offers }, { market, curveOf, splits: false }, venues, options);
    return { candidates, market, changes, resize };
  };
}

function sizeOne(
  opportunity: Opportunity,
  snapshot: Snapshot,
  sizing: Sizing,
  venues: Venues,
  options: DecideOptions,
): Candidate {
  const order = orderOf(opportunity, snapshot, sizing, venues, options);
  return isNoTrade(order)
    ? { opportunity, order: undefined, noTrade: order }
    : { opportunity, order, noTrade: checkProfit(order, options) };
}

function orderOf(
  opportunity: Opportunity,
  snapshot: Snapshot,
  sizing: Sizing,
  venues: Venues,
  options: DecideOptions,
): Order | NoTrade {
  return size(opportunity, snapshot, sizing, {
    ...options,
    tokens: options.chain.tokens,
    wrappedEther: options.chain.weth,
    hopGas: (name) => venueOf(venues, name).gas,
    gasPriceWei: snapshot.block.baseFeeWei + options.tipWei,
    dataFee: snapshot.dataFee,
  });
}
