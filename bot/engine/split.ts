import type { Pool } from "../venues/venue.ts";
import type { Edge, Market, Pair } from "./market.ts";
import { climb, type Maximum } from "./maximum.ts";
import { estimateProfit, type Leg, type Loan, sizeLegs } from "./size.ts";

/** A route with the pools of its legs, the best amount, and what it leaves before gas, as estimates. */
export interface Split {
  readonly legs: readonly Leg[];
  readonly top: Maximum;
}

/** What one more hop costs, in units of the route's token. */
export type HopCost = (edge: Edge) => number;

/** No order has more hops than this beyond one a leg. */
const maxExtraHops = 3;
/** Rounds over all shares and the amount. */
const rounds = 3;
/** Relative, while pools are tried; the amount is exact in the end. */
const tolerance = 1e-4;
/** A pool that does not help with this share does not help with more: every curve pays ever less. */
const firstShare = 0.02;
/** Something is left to the others, so that they keep their proportions. */
const largestShare = 1 - 1e-6;
/** A pool with less than this share of its leg is left out: it would be sent an amount of dust. */
const leastShare = 1e-3;

/**
 * Adds parallel pools to the legs of a route, one after the other, the one that nets the most first, as long as one nets
 * more than its hop costs.
 */
export function splitLegs(market: Market, whole: Split, loan: Loan, costOf: HopCost): Split {
  let best = whole;
  for (let extra = 0; extra < maxExtraHops; extra++) {
    let better: Split | undefined;
    let betterNet = best.top.value;
    for (const [index, leg] of best.legs.entries()) {
      const edge = nextEdge(market, best.legs, leg, loan);
      if (edge === undefined) continue;
      const tried = shareWith(best, index, edge, loan);
      if (tried === undefined) continue;
      const net = tried.top.value - costOf(edge);
      if (net > betterNet) [better, betterNet] = [tried, net];
    }
    if (better === undefined) break;
    best = better;
  }
  return best === whole ? whole : { legs: best.legs, top: sizeLegs(best.legs, loan, best.top.at) };
}

/** Returns the pool of the leg's pair with the best rate that no leg uses and the lender does not lock. */
function nextEdge(market: Market, legs: readonly Leg[], { edges: [first] }: Leg, { locks }: Loan): Edge | undefined {
  if (first === undefined) return undefined;
  const pair: Pair | undefined = market.pair(market.indexOf(first.from) ?? -1, market.indexOf(first.to) ?? -1);
  const isUsed = (pool: Pool) => legs.some(({ edges }) => edges.some((edge) => edge.pool === pool));
  return pair?.edges.find(({ pool }) => !isUsed(pool) && !locks?.(pool));
}

/** Gives a pool a share of one leg, and finds the shares and the amount that leave the most; undefined where it does not help. */
function shareWith({ legs, top }: Split, index: number, edge: Edge, loan: Loan): Split | undefined {
  const shared = legs[index];
  if (shared === undefined) return undefined;
  const first: Leg = {
    edges: [...shared.edges, edge],
    shares: [...shared.shares.map((share) => share * (1 - firstShare)), firstShare],
  };
  const tried = legs.map((each, i) => (i === index ? first : each));
  if (estimateProfit(tried, top.at, loan.feeShare) <= top.value) return undefined;
  const part = 1 / (shared.edges.length + 1);
  let leg: Leg = {
    edges: [...shared.edges, edge],
    shares: [...shared.shares.map((share) => share * (1 - part)), part],
  };
  let now = top;
  const withLeg = (changed: Leg) => legs.map((each, i) => (i === index ? changed : each));
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < leg.edges.length; i++) {
      const sized = climb(
        (share) => estimateProfit(withLeg(reshare(leg, i, share)), now.at, loan.feeShare),
        {
          from: 0,
          to: largestShare,
          at: leg.shares[i] ?? part,
          value: estimateProfit(withLeg(leg), now.at, loan.feeShare),
        },
        tolerance,
      );
      leg = reshare(leg, i, sized.at);
    }
    const before = now.value;
    now = sizeLegs(withLeg(leg), loan, now.at, tolerance);
    if (round > 0 && now.value - before <= before * 1e-7) break;
  }
  const kept = withoutDust(leg);
  return kept === leg
    ? { legs: withLeg(leg), top: now }
    : { legs: withLeg(kept), top: sizeLegs(withLeg(kept), loan, now.at) };
}

/** Leaves out the pools of a leg that are left with next to nothing. */
function withoutDust(leg: Leg): Leg {
  const kept = leg.edges.flatMap((_, i) => ((leg.shares[i] ?? 0) < leastShare ? [] : [i]));
  if (kept.length === leg.edges.length) return leg;
  const total = kept.reduce((sum, i) => sum + (leg.shares[i] ?? 0), 0);
  return {
    edges: kept.flatMap((i) => leg.edges[i] ?? []),
    shares: kept.map((i) => (leg.shares[i] ?? 0) / total),
  };
}

/** Gives pool `index` this share and the others the rest, in their proportions. */
function reshare({ edges, shares }: Leg, index: number, share: number): Leg {
  let others = 0;
  for (let i = 0; i < shares.length; i++) if (i !== index) others += shares[i] ?? 0;
  const scale = others > 0 ? (1 - share) / others : 0;
  return { edges, shares: shares.map((each, i) => (i === index ? share : each * scale)) };
}
