import type { Address, Token } from "../config/chains/chain.ts";
import { larger, lesser } from "../domain/amount.ts";
import { conflictsWith } from "../domain/lender.ts";
import type { Opportunity } from "../domain/order.ts";
import { isRefusal, type Quote } from "../domain/quote.ts";
import { borrowedToken, type Hop, type Route, venuesOf } from "../domain/route.ts";
import type { Snapshot } from "../domain/snapshot.ts";
import type { Cycle, RouteSet } from "./routes.ts";

/** Quotes one hop against a snapshot. */
export type QuoteHop = (hop: Hop, amountIn: bigint) => Quote;

/**
 * The sizes at which routes are screened, in whole dollars. The least one stands for "no price impact": a route that
 * loses there gains nowhere worth its gas, because no pool pays a better rate for more.
 */
export const screenSizesUsd = [20n, 200n, 1_000n, 5_000n, 25_000n, 125_000n] as const;

/** Rates are units out per unit in, times 2^96: exact enough for 18 against 8 decimals. */
const rateBits = 96n;

/**
 * Finds the routes whose quotes multiply above one, the most profitable first, at most `limit` of them.
 *
 * Every hop is quoted once per size, and a cycle's gain is the product of its hops' rates at that size less one. The
 * product leaves out that a later hop receives a little more or less than the size; sizing quotes exactly.
 */
export function search(
  routes: RouteSet,
  snapshot: Snapshot,
  tokens: readonly Token[],
  quote: QuoteHop,
  limit: number,
): readonly Opportunity[] {
  const sizesE8 = screenSizesUsd.map((usd) => usd * 10n ** 8n);
  const rate = createRates(routes, snapshot, tokens, quote, sizesE8);
  const found: { readonly cycle: Cycle; readonly sizeUsdE8: bigint; readonly gainUsdE8: bigint }[] = [];
  for (const cycle of routes.cycles) {
    let best = { sizeUsdE8: 0n, gainUsdE8: 0n };
    const one = 1n << (rateBits * BigInt(cycle.hops.length));
    for (const [level, sizeUsdE8] of sizesE8.entries()) {
      let product = 1n;
      for (const hop of cycle.hops) {
        product *= rate(hop, level);
        if (product === 0n) break;
      }
      // What loses at one size loses at every larger one.
      if (product <= one) break;
      const gainUsdE8 = (sizeUsdE8 * (product - one)) / one;
      if (gainUsdE8 > best.gainUsdE8) best = { sizeUsdE8, gainUsdE8 };
    }
    if (best.gainUsdE8 > 0n) found.push({ cycle, ...best });
  }
  return found
    .sort((a, b) => (a.gainUsdE8 < b.gainUsdE8 ? 1 : a.gainUsdE8 > b.gainUsdE8 ? -1 : 0))
    .slice(0, limit)
    .flatMap(({ cycle, sizeUsdE8, gainUsdE8 }) => {
      const route = cheapestToFinance(cycle.routes, snapshot, sizeUsdE8, tokens);
      return route === undefined ? [] : [{ route, sizeUsdE8, gainUsdE8 }];
    });
}

/** Returns the rate of hop `index` of the route set at size `level`, quoted when it is first asked for. Zero is none. */
function createRates(
  { hops }: RouteSet,
  snapshot: Snapshot,
  tokens: readonly Token[],
  quote: QuoteHop,
  sizesE8: readonly bigint[],
): (index: number, level: number) => bigint {
  const amounts = new Map<Address, readonly bigint[]>(
    tokens.flatMap(({ address, decimals }) => {
      const priceE8 = snapshot.pricesE8.get(address);
      if (priceE8 === undefined) return [];
      return [[address, sizesE8.map((sizeE8) => (sizeE8 * 10n ** BigInt(decimals)) / priceE8)] as const];
    }),
  );
  const known: (bigint | undefined)[] = new Array(hops.length * sizesE8.length).fill(undefined);
  return (index, level) => {
    const slot = index * sizesE8.length + level;
    const cached = known[slot];
    if (cached !== undefined) return cached;
    const hop = hops[index];
    const amountIn = hop && amounts.get(hop.tokenIn)?.[level];
    let rate = 0n;
    if (hop !== undefined && amountIn !== undefined && amountIn > 0n) {
      const out = quote(hop, amountIn);
      if (!isRefusal(out)) rate = (out << rateBits) / amountIn;
    }
    known[slot] = rate;
    return rate;
  };
}

/** Of the routes that one cycle is, returns the one whose token is lent at the least fee and to the largest value. */
function cheapestToFinance(
  routes: readonly Route[],
  snapshot: Snapshot,
  sizeUsdE8: bigint,
  tokens: readonly Token[],
): Route | undefined {
  const ranked = routes.map((route) => {
    const token = tokens.find(({ address }) => address === borrowedToken(route));
    const priceE8 = snapshot.pricesE8.get(borrowedToken(route)) ?? 0n;
    const offers = snapshot.offers.filter(
      (offer) =>
        offer.token === borrowedToken(route) && venuesOf(route).every((venue) => !conflictsWith(offer.lender, venue)),
    );
    const depth = (offer: { available: bigint }) => (offer.available * priceE8) / 10n ** BigInt(token?.decimals ?? 0);
    const free = offers.filter(({ feeRate }) => feeRate === 0n).map(depth);
    const lent = offers.map(depth);
    const largest = (values: readonly bigint[]) => values.reduce(larger, 0n);
    return { route, free: lesser(largest(free), sizeUsdE8), lent: largest(lent) };
  });
  const [best] = ranked.sort((a, b) => compare(b.free, a.free) || compare(b.lent, a.lent));
  return best?.route;
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
