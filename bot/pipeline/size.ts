import type { Token, VenueName } from "../config/chains/chain.ts";
import { unitsWorthUp, valueUsdE8 } from "../domain/amount.ts";
import { estimateGas, gasCostUsdE8 } from "../domain/gas.ts";
import { conflictsWith, loanFee } from "../domain/lender.ts";
import { type NoTrade, noTrade } from "../domain/noTrade.ts";
import type { Opportunity, Order } from "../domain/order.ts";
import { isRefusal } from "../domain/quote.ts";
import { borrowedToken, orderId, type Route, venuesOf } from "../domain/route.ts";
import type { Snapshot } from "../domain/snapshot.ts";
import type { QuoteHop } from "./search.ts";

export interface SizeOptions {
  readonly chainId: number;
  readonly tokens: readonly Token[];
  readonly wrappedEther: string;
  readonly minProfitUsdE8: bigint;
  readonly deadlineSeconds: bigint;
  readonly hopGas: (venue: VenueName) => bigint;
  /** What a unit of gas will cost, in wei. */
  readonly gasPriceWei: bigint;
}

/** The golden ratio's inverse, in thousandths. */
const goldenThousandths = 618n;
/** A bracket this many times narrower than its upper end is narrow enough: the profit is flat around its top. */
const bracketShare = 200n;
/** The grid's sizes stand to each other as one to this. */
const gridRatio = 4n;

/**
 * Gives an opportunity the amount and the lender that leave the most, on exact quotes, or says why nothing is left.
 *
 * Every lender is sized alone, because its fee moves the best amount and its liquidity bounds it. Then the one that
 * leaves the most after its fee and its gas is taken: the cheapest that can finance the route.
 */
export function size(
  { route, sizeUsdE8 }: Opportunity,
  snapshot: Snapshot,
  quote: QuoteHop,
  options: SizeOptions,
): Order | NoTrade {
  const { tokens, wrappedEther, minProfitUsdE8, gasPriceWei } = options;
  const token = tokens.find(({ address }) => address === borrowedToken(route));
  const priceE8 = snapshot.pricesE8.get(borrowedToken(route));
  const etherPriceE8 = snapshot.pricesE8.get(wrappedEther);
  if (token === undefined || priceE8 === undefined)
    return noTrade("no-price", unpriced(snapshot, borrowedToken(route)));
  if (etherPriceE8 === undefined) return noTrade("no-price", unpriced(snapshot, wrappedEther));

  const offers = snapshot.offers.filter((offer) => offer.token === token.address);
  const able = offers.filter(({ lender }) => venuesOf(route).every((venue) => !conflictsWith(lender, venue)));
  if (able.length === 0) {
    const locked = offers.length > 0 ? ": the lock of the only one covers a hop" : "";
    return noTrade("no-lender", `nobody lends ${token.symbol} for this route${locked}`);
  }

  const quotesAt = memoize((amount: bigint) => quoteRoute(route, amount, quote));
  const start = unitsWorthUp(sizeUsdE8, token, priceE8);
  let best: Order | undefined;
  // Free lenders first: where one of them is not exhausted, no lender with a fee can leave more.
  const byFee = [...able].sort((a, b) => (a.feeRate < b.feeRate ? -1 : a.feeRate > b.feeRate ? 1 : 0));
  let exhausted = true;
  for (const offer of byFee) {
    if (!exhausted && offer.feeRate > 0n) break;
    const profitOf = (amount: bigint): bigint | undefined => {
      const out = quotesAt(amount)?.at(-1);
      return out === undefined ? undefined : out - amount - loanFee(offer, amount);
    };
    const top = maximize(profitOf, start, offer.available);
    const quotes = top && quotesAt(top.amount);
    if (top === undefined || quotes === undefined) continue;
    exhausted &&= top.amount === offer.available;
    const gas = estimateGas(route, offer.lender, options.hopGas);
    const costE8 = gasCostUsdE8(gas, gasPriceWei, etherPriceE8);
    const netUsdE8 = valueUsdE8(top.profit, token, priceE8) - costE8;
    if (best !== undefined && best.netUsdE8 >= netUsdE8) continue;
    best = {
      id: orderId(options.chainId, snapshot.block.number, route, top.amount),
      block: snapshot.block.number,
      route,
      token: token.address,
      lender: offer.lender,
      amount: top.amount,
      quotes,
      fee: loanFee(offer, top.amount),
      expected: top.profit,
      minProfit: unitsWorthUp(costE8 + minProfitUsdE8, token, priceE8),
      gas,
      gasCostUsdE8: costE8,
      netUsdE8,
      deadline: snapshot.block.timestamp + options.deadlineSeconds,
    };
  }
  return best ?? noTrade("no-lender", "no lender's liquidity is an amount that the route's pools take");
}

/** Returns what each hop delivers when `amount` enters the route, or undefined when a hop refuses. */
export function quoteRoute(route: Route, amount: bigint, quote: QuoteHop): readonly bigint[] | undefined {
  const quotes: bigint[] = [];
  let amountIn = amount;
  for (const hop of route.hops) {
    const out = quote(hop, amountIn);
    if (isRefusal(out)) return undefined;
    quotes.push(out);
    amountIn = out;
  }
  return quotes;
}

/**
 * Returns the amount from 1 to `limit` at which `profitOf` is greatest, to within half a percent of the amount.
 *
 * First a geometric grid around `start`, so that a profit with several tops is not taken for one with one; then a golden
 * section between the best point's neighbors. An amount at which `profitOf` is undefined is never returned.
 */
export function maximize(
  profitOf: (amount: bigint) => bigint | undefined,
  start: bigint,
  limit: bigint,
): { readonly amount: bigint; readonly profit: bigint } | undefined {
  if (limit < 1n) return undefined;
  const center = start > limit ? limit : start;
  const grid = [center];
  for (let step = 0; step < 3; step++) {
    const least = grid[0] ?? 1n;
    if (least > gridRatio) grid.unshift(least / gridRatio);
    const most = grid.at(-1) ?? limit;
    if (most < limit) grid.push(most * gridRatio < limit ? most * gridRatio : limit);
  }
  let best: { amount: bigint; profit: bigint } | undefined;
  let at = 0;
  const consider = (amount: bigint): bigint | undefined => {
    const profit = profitOf(amount);
    if (profit !== undefined && (best === undefined || profit > best.profit)) best = { amount, profit };
    return profit;
  };
  for (const [index, amount] of grid.entries()) {
    consider(amount);
    if (best?.amount === amount) at = index;
  }
  if (best === undefined) return undefined;

  let low = grid[at - 1] ?? 1n;
  let high = grid[at + 1] ?? grid[at] ?? limit;
  let left = high - ((high - low) * goldenThousandths) / 1_000n;
  let right = low + ((high - low) * goldenThousandths) / 1_000n;
  let atLeft = consider(left);
  let atRight = consider(right);
  while ((high - low) * bracketShare > high) {
    // Refused amounts are the large ones: a pool's limit or liquidity ends there.
    if (atRight === undefined || (atLeft !== undefined && atLeft >= atRight)) {
      [high, right, atRight] = [right, left, atLeft];
      left = high - ((high - low) * goldenThousandths) / 1_000n;
      atLeft = consider(left);
    } else {
      [low, left, atLeft] = [left, right, atRight];
      right = low + ((high - low) * goldenThousandths) / 1_000n;
      atRight = consider(right);
    }
    if (high - low < 4n) break;
  }
  return best;
}

function memoize<T>(of: (amount: bigint) => T): (amount: bigint) => T {
  const known = new Map<bigint, T>();
  return (amount) => {
    const cached = known.get(amount);
    if (cached !== undefined) return cached;
    const value = of(amount);
    known.set(amount, value);
    return value;
  };
}

function unpriced(snapshot: Snapshot, token: string): string {
  return snapshot.unpriced.get(token) ?? `no feed for ${token}`;
}
