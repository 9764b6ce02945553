import type { Token, VenueName } from "../config/chains/chain.ts";
import { unitsWorthUp, valueUsdE8 } from "../domain/amount.ts";
import { type Charges, estimateCostWei, estimateGas, hopCostWei, weiInUsdE8Up } from "../domain/gas.ts";
import { conflictsWith, feeShare, hasLock, type LoanOffer, loanFee } from "../domain/lender.ts";
import { type NoTrade, noTrade } from "../domain/noTrade.ts";
import type { Opportunity, Order } from "../domain/order.ts";
import { isRefusal, type Refusal } from "../domain/quote.ts";
import { borrowedToken, type Route, routeId } from "../domain/route.ts";
import type { Snapshot } from "../domain/snapshot.ts";
import type { CurveOf, Market } from "../engine/market.ts";
import { type Leg, quoteLegs, type SizedHop, sizeLegs, wholeLeg } from "../engine/size.ts";
import { splitLegs } from "../engine/split.ts";
import { leastProfitUsdE8, type ProfitLimits } from "../risk/limits.ts";
import type { Pool } from "../venues/venue.ts";
import { checkPrices, type PriceLimits } from "./sanity.ts";

export interface SizeOptions extends PriceLimits, ProfitLimits, Charges {
  readonly tokens: readonly Token[];
  readonly wrappedEther: string;
  readonly deadlineSeconds: bigint;
}

/** The market in which an opportunity was found. */
export interface Sizing {
  readonly market: Market;
  readonly curveOf: CurveOf;
  /** Whether parallel pools may share a hop: most of the time that sizing takes. */
  readonly splits: boolean;
}

/** The best opportunities of a block that are split: as many as are put to the chain. */
export const splitsPerBlock = 3;

/** Shares of the best amount that are tried in turn where a pool refuses it: its limit may be nearer than estimated. */
const retreat = [1, 0.9999, 0.99, 0.9, 0.5] as const;

/**
 * Gives an opportunity the amount, the shares of parallel pools and the lender that leave the most after the lender's fee
 * and the gas, on exact quotes, or says why nothing is left.
 *
 * Every lender is sized alone, because its fee moves the best amount and its liquidity bounds it.
 */
export function size(
  { id, found, route, sizeUsdE8 }: Opportunity,
  snapshot: Snapshot,
  { market, curveOf, splits }: Sizing,
  options: SizeOptions,
): Order | NoTrade {
  const { tokens, wrappedEther } = options;
  const etherPriceE8 = snapshot.pricesE8.get(wrappedEther);
  const unpriced = [wrappedEther, ...route.hops.map(({ tokenIn }) => tokenIn)].find((t) => !snapshot.pricesE8.has(t));
  const token = tokens.find(({ address }) => address === borrowedToken(route));
  const priceE8 = snapshot.pricesE8.get(borrowedToken(route));
  if (unpriced !== undefined || etherPriceE8 === undefined || token === undefined || priceE8 === undefined) {
    const without = unpriced ?? borrowedToken(route);
    return noTrade("no-price", snapshot.unpriced.get(without) ?? `no feed for ${without}`);
  }

  const ofToken = snapshot.offers.filter((offer) => offer.token === token.address);
  const offers = ofToken.filter(({ available }) => available > 0n);
  const able = offers.filter((offer) => route.hops.every(({ pool }) => !conflictsWith(offer, pool)));
  if (able.length === 0) {
    const bounded = ofToken.find(({ boundedBy }) => boundedBy !== undefined)?.boundedBy;
    const why = offers.length > 0 ? "the lock of the only one covers a hop" : bounded;
    const nobody = `nobody lends ${token.symbol} for this route`;
    return noTrade("no-lender", why === undefined ? nobody : `${nobody}: ${why}`);
  }

  const costE8 = (hops: Route, lender: LoanOffer["lender"]) =>
    weiInUsdE8Up(estimateCostWei(hops, lender, options), etherPriceE8);
  const hopCost = ({ pool }: { readonly pool: { readonly venue: VenueName } }) =>
    Number(unitsWorthUp(weiInUsdE8Up(hopCostWei(pool.venue, options), etherPriceE8), token, priceE8));

  let best: Order | undefined;
  let refused: Refusal | undefined;
  // The cheapest first. One that costs more in fee and in gas leaves more only where it reaches further.
  const byFee = able
    .map((offer) => ({ offer, share: feeShare(offer), cost: costE8(route, offer.lender) }))
    .sort((a, b) => a.share - b.share || Number(a.cost - b.cost));
  const tried: { cost: bigint; reach: bigint | undefined }[] = [];
  for (const { offer, share, cost } of byFee) {
    const isIdle = (than: { cost: bigint; reach: bigint | undefined }) =>
      than.cost <= cost && (than.reach === undefined || offer.available <= than.reach);
    if (tried.some(isIdle)) continue;
    const locks = (pool: Pool) => conflictsWith(offer, pool);
    const loan = { feeShare: share, limit: Number(offer.available), locks };
    const legs = found.edges.map(wholeLeg);
    const whole = { legs, top: sizeLegs(legs, loan, found.amount) };
    const split = splits ? splitLegs(market, whole, loan, hopCost) : whole;
    // Its lock may keep a pool from a share that another lender would let it have.
    if (!splits || !hasLock(offer)) {
      tried.push({ cost, reach: split.top.at < loan.limit ? undefined : offer.available });
    }
    for (const { legs: sizedLegs, top } of split === whole ? [whole] : [split, whole]) {
      const sized = quoteNear(sizedLegs, top.at, offer.available, curveOf);
      if (isRefusal(sized)) {
        refused = sized;
        continue;
      }
      const order = orderOf(sized, sizedLegs, offer);
      if (best === undefined || order.netUsdE8 > best.netUsdE8) best = order;
    }
  }
  if (best === undefined) {
    return refused === undefined
      ? noTrade("no-lender", "no lender's liquidity is an amount that the route's pools take")
      : noTrade("pool-refused", `${refused.refused}: ${refused.detail}`);
  }
  return checkPrices(best, snapshot, tokens, options) ?? best;

  function orderOf(hops: readonly SizedHop[], legs: readonly Leg[], offer: LoanOffer): Order {
    const sizedRoute = { hops: hops.map(({ edge: { pool, from, to } }) => ({ pool, tokenIn: from, tokenOut: to })) };
    const lastLeg = legs.at(-1)?.edges.length ?? 0;
    const sum = (values: readonly bigint[]) => values.reduce((total, value) => total + value, 0n);
    const amount = sum(hops.slice(0, legs[0]?.edges.length).map(({ amountIn }) => amountIn));
    const back = sum(hops.slice(hops.length - lastLeg).map(({ amountOut }) => amountOut));
    const fee = loanFee(offer, amount);
    const expected = back - amount - fee;
    const gas = estimateGas(sizedRoute, offer.lender, options);
    const gasUsdE8 = costE8(sizedRoute, offer.lender);
    return {
      id,
      block: snapshot.block.number,
      route: sizedRoute,
      routeId: routeId(route),
      token: borrowedToken(route),
      lender: offer.lender,
      source: offer.source,
      amount,
      amountsIn: fixedInputs(hops),
      quotes: hops.map(({ amountOut }) => amountOut),
      fee,
      expected,
      minProfit: unitsWorthUp(gasUsdE8 + leastProfitUsdE8(gasUsdE8, options), token as Token, priceE8 as bigint),
      gas,
      gasCostUsdE8: gasUsdE8,
      netUsdE8: valueUsdE8(expected, token as Token, priceE8 as bigint) - gasUsdE8,
      deadline: snapshot.block.timestamp + options.deadlineSeconds,
      sized: {
        amount,
        available: offer.available,
        boundedBy: amount === offer.available ? offer.boundedBy : undefined,
        priceE8: priceE8 as bigint,
        sizeUsdE8,
      },
    };
  }
}

/** Quotes a route exactly at its best amount, or as near below it as its pools take. */
function quoteNear(
  legs: readonly Leg[],
  amount: number,
  limit: bigint,
  curveOf: CurveOf,
): readonly SizedHop[] | Refusal {
  let refused: Refusal | undefined;
  for (const share of retreat) {
    const estimated = BigInt(Math.floor(amount * share));
    const sized = quoteLegs(legs, estimated < limit ? estimated : limit, curveOf);
    if (!isRefusal(sized)) return sized;
    refused = sized;
  }
  return refused as Refusal;
}

/** What is sent as the input of each hop: nothing where a hop takes all that is left, as the last of a leg does. */
function fixedInputs(hops: readonly SizedHop[]): readonly bigint[] {
  return hops.map(({ edge, amountIn }, index) => {
    const next = hops[index + 1]?.edge;
    return next !== undefined && next.from === edge.from && next.to === edge.to ? amountIn : 0n;
  });
}
