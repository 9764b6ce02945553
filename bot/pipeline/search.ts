import type { Chain } from "../config/chains/chain.ts";
import { valueUsdE8 } from "../domain/amount.ts";
import { type Charges, estimateCostWei, leastCostWei } from "../domain/gas.ts";
import { feeShare, type LoanOffer } from "../domain/lender.ts";
import type { Opportunity } from "../domain/order.ts";
import { opportunityId, type Route } from "../domain/route.ts";
import type { PoolState, Snapshot } from "../domain/snapshot.ts";
import { type CurveOf, createMarket, type Edge, type Market } from "../engine/market.ts";
import { type Borrowing, type Costs, createSearch, everyPair, type Found } from "../engine/search.ts";
import { type Venues, venueOf } from "../venues/registry.ts";

export interface SearchOptions {
  readonly chain: Chain;
  /** The run's, for the ids of its opportunities. */
  readonly salt: string;
  readonly maxHops: number;
  readonly opportunitiesPerBlock: number;
  /** What is paid for a unit of gas on top of the block's base fee, in wei. */
  readonly tipWei: bigint;
}

/** What a search takes from a snapshot. */
export interface SnapshotChanges {
  /**
   * Whether the search has forgotten everything before: from here on its results rest on this snapshot and on what changed
   * since, and on nothing else. Everything is visited in an order that the pools' ids give.
   */
  readonly anew: boolean;
  /** Pools of another state than in the snapshot before. */
  readonly changed: readonly PoolState[];
  /** The ids of pools that are not there any more. */
  readonly gone: readonly string[];
}

/** What the search knows after a block. */
export interface Searched {
  /** The most profitable first. */
  readonly opportunities: readonly Opportunity[];
  readonly market: Market;
  readonly changes: SnapshotChanges;
  /** How many cycles of tokens multiply above one and may pay their costs. */
  readonly candidates: number;
}

/** The market's values drift away from the prices, which loosens the bounds: they are taken anew after so many blocks. */
const blocksPerValuation = 500;

/** Returns how the venues prepare a direction through a pool. */
export function curvesOf(venues: Venues): CurveOf {
  return ({ pool, state }, tokenIn, tokenOut) => venueOf(venues, pool.venue).curve(pool, state, tokenIn, tokenOut);
}

/**
 * Creates the function that finds the routes of a snapshot that leave the most.
 *
 * It remembers the market between blocks: a pool whose state is the same object as before is not looked at again, and
 * only routes through pools that changed are priced again.
 */
export function createOpportunitySearch(venues: Venues, options: SearchOptions): (snapshot: Snapshot) => Searched {
  const { chain, maxHops, opportunitiesPerBlock: limit, tipWei } = options;
  const market = createMarket(
    chain.tokens.map(({ address }) => address),
    chain.weth,
    curvesOf(venues),
  );
  const search = createSearch(market, { maxHops, limit });
  const leastHopGas = Object.values(venues).reduce((least, { gas }) => (gas < least ? gas : least), 1n << 64n);
  const states = new Map<string, unknown>();
  let blocks = 0;
  let lenders = "";

  return (snapshot) => {
    const { changed, gone } = difference(states, snapshot.pools);
    let changes = market.update(changed, gone);
    const borrowing = borrowingOf(market, chain, snapshot);
    const preferences = borrowing.preference.join();
    const anew = blocks++ % blocksPerValuation === 0 || preferences !== lenders;
    if (anew) {
      market.revalue();
      search.reset();
      changes = everyPair(market);
      lenders = preferences;
    }
    const charges: Charges = {
      gasPriceWei: snapshot.block.baseFeeWei + tipWei,
      dataFee: snapshot.dataFee,
      hopGas: (name) => venueOf(venues, name).gas,
    };
    const costs: Costs = {
      least: (hops) => Number(leastCostWei(hops, leastHopGas, charges)),
      of: (edges) => Number(estimateCostWei(routeOf(edges), "operator", charges)),
    };
    const found = search.run(changes, borrowing, costs);
    return {
      opportunities: found.map((each) => opportunityOf(each, options, snapshot)),
      market,
      changes: { anew, changed, gone },
      candidates: search.counts.candidates,
    };
  };
}

/** Returns the pools whose state is another than the last one seen, and those that are not there any more, by their ids. */
function difference(states: Map<string, unknown>, pools: readonly PoolState[]) {
  const changed: PoolState[] = [];
  for (const each of pools) {
    if (states.get(each.pool.id) === each.state) continue;
    states.set(each.pool.id, each.state);
    changed.push(each);
  }
  const gone: string[] = [];
  if (states.size > pools.length) {
    const there = new Set(pools.map(({ pool }) => pool.id));
    for (const id of states.keys()) if (!there.has(id)) gone.push(id);
    for (const id of gone) states.delete(id);
  }
  return { changed: changed.sort((a, b) => (a.pool.id < b.pool.id ? -1 : 1)), gone: gone.sort() };
}

/**
 * Prefers a token that somebody lends for nothing to one that costs a fee, and among them the chain's order. A token
 * without a fresh price is not borrowed, because its profit could not be compared with the gas.
 */
function borrowingOf(market: Market, { tokens }: Chain, { offers, pricesE8 }: Snapshot): Borrowing {
  const borrowing = {
    preference: new Float64Array(market.size),
    feeShare: new Float64Array(market.size),
    limit: new Float64Array(market.size),
  };
  const byToken = Map.groupBy(offers, ({ token }) => token);
  for (const [index, { address }] of tokens.entries()) {
    const lent: readonly LoanOffer[] = (byToken.get(address) ?? []).filter(({ available }) => available > 0n);
    if (lent.length === 0 || !pricesE8.has(address)) continue;
    const least = Math.min(...lent.map(feeShare));
    borrowing.preference[index] = (least === 0 ? 2 : 1) * tokens.length - index;
    borrowing.feeShare[index] = least;
    borrowing.limit[index] = Math.max(...lent.map(({ available }) => Number(available)));
  }
  return borrowing;
}

function routeOf(edges: readonly Edge[]): Route {
  return { hops: edges.map(({ pool, from, to }) => ({ pool, tokenIn: from, tokenOut: to })) };
}

function opportunityOf(
  found: Found,
  { chain: { tokens, weth }, salt }: SearchOptions,
  { block, pricesE8 }: Snapshot,
): Opportunity {
  const token = tokens.find(({ address }) => address === found.edges[0]?.from);
  const etherPriceE8 = pricesE8.get(weth) ?? 0n;
  const priceE8 = pricesE8.get(token?.address ?? "") ?? 0n;
  const route = routeOf(found.edges);
  return {
    id: opportunityId(salt, block.number, route),
    route,
    sizeUsdE8: valueUsdE8(BigInt(Math.floor(found.amount)), { decimals: token?.decimals ?? 0 }, priceE8),
    gainUsdE8: valueUsdE8(BigInt(Math.floor(found.net)), { decimals: 18 }, etherPriceE8),
    found,
  };
}
