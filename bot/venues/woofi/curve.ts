import type { Address } from "../../config/chains/chain.ts";
import type { Curve } from "../../domain/curve.ts";
import { isRefusal, type Quote, type Refusal, refuse } from "../../domain/quote.ts";
import { checkedBaseToBase, checkedSellBase, checkedSellQuote } from "./checked.ts";
import {
  baseLeg,
  feeOn,
  type Leg,
  legOut,
  type PricedBase,
  priceAfterPaying,
  priceAfterTaking,
  quoteLeg,
} from "./leg.ts";
import { posting } from "./oracle.ts";
import { baseShadow, quoteShadow } from "./shadow.ts";
import type { WoofiBaseState, WoofiHolding, WoofiPool, WoofiState } from "./state.ts";

const maxUint256 = 2n ** 256n - 1n;

/**
 * Prepares one direction through the pool: the checks of WooPPV2 in its order, its integer arithmetic, and its own reason
 * wherever it reverts. An output of 0 is paid without a revert.
 */
export function woofiCurve(
  pool: WoofiPool,
  state: WoofiState,
  tokenIn: Address,
  tokenOut: Address,
): Curve<WoofiState> | Refusal {
  if (tokenIn === tokenOut || !pool.tokens.includes(tokenIn) || !pool.tokens.includes(tokenOut)) {
    return refuse("token-not-in-pool", `${tokenIn} to ${tokenOut}`);
  }
  if (tokenIn === pool.quoteToken) {
    const base = tradedBase(state, tokenOut);
    return isRefusal(base) ? base : sellQuoteCurve(pool, state, base);
  }
  if (tokenOut === pool.quoteToken) {
    const base = tradedBase(state, tokenIn);
    return isRefusal(base) ? base : sellBaseCurve(pool, state, base);
  }
  const sold = state.bases.get(tokenIn) ?? refuse("token-not-in-pool", tokenIn);
  const bought = state.bases.get(tokenOut) ?? refuse("token-not-in-pool", tokenOut);
  if (isRefusal(sold)) return sold;
  if (isRefusal(bought)) return bought;
  // The pool asks the oracle for both prices before it judges one of them.
  for (const { price } of [sold, bought]) {
    if (isRefusal(price) && !price.detail.startsWith("WooPPV2")) return price;
  }
  if (!isPriced(sold)) return sold.price as Refusal;
  if (!isPriced(bought)) return bought.price as Refusal;
  return baseToBaseCurve(pool, state, sold, bought);
}

function isPriced(base: WoofiBaseState): base is PricedBase {
  return !isRefusal(base.price);
}

function tradedBase({ bases }: WoofiState, token: Address): PricedBase | Refusal {
  const base = bases.get(token) ?? refuse("token-not-in-pool", token);
  if (isRefusal(base)) return base;
  return isPriced(base) ? base : (base.price as Refusal);
}

/** A base for the quote token. The fee leaves the output. */
function sellBaseCurve(pool: WoofiPool, state: WoofiState, base: PricedBase): Curve<WoofiState> {
  const { feeRate, holding } = base;
  // What is paid out never exceeds the output before the fee.
  const payable = min(state.quote.reserve, state.quote.balance + state.unclaimedFee);
  let prepared: Prepared | undefined;
  const prepare = () => {
    const leg = quoteLeg(pool, base, base.spread);
    prepared = { leg, maxIn: min(leg.maxIn, intake(holding)) };
    return prepared;
  };
  const quote = (amountIn: bigint): Quote => {
    const { leg, maxIn } = prepared ?? prepare();
    if (amountIn > 0n && amountIn <= maxIn) {
      const gross = legOut(leg, amountIn);
      if (gross <= payable) return gross - feeOn(gross, feeRate);
    }
    return amountIn > 0n ? checkedSellBase(pool, state, base, amountIn) : zeroAmount(amountIn);
  };
  const shadow = quoteShadow(pool, base, base.spread);
  const kept = keptOf(feeRate);
  const limitIn = expected(Math.min(shadow.maxIn, shadow.inputFor(Number(payable)), shadowIntake(holding)));
  return {
    quote,
    after(amountIn) {
      const out = quote(amountIn);
      if (isRefusal(out)) return out;
      const { leg } = prepared ?? prepare();
      const gross = legOut(leg, amountIn);
      return {
        quote: reserving(state.quote, -gross),
        unclaimedFee: state.unclaimedFee + gross - out,
        bases: withBases(state, taking(pool, base, amountIn)),
      };
    },
    rate: limitIn > 0 ? kept * shadow.rate : 0,
    limitIn,
    estimate: (amountIn) => kept * shadow.out(amountIn < limitIn ? amountIn : limitIn),
  };
}

/** The quote token for a base. The fee leaves the input. */
function sellQuoteCurve(pool: WoofiPool, state: WoofiState, base: PricedBase): Curve<WoofiState> {
  const { feeRate, holding } = base;
  const payable = min(holding.reserve, holding.balance);
  let prepared: Prepared | undefined;
  const prepare = () => {
    // A product with a fee rate of 16 bits has to fit as well.
    prepared = { leg: baseLeg(pool, base, base.spread), maxIn: min(intake(state.quote), maxUint256 >> 16n) };
    return prepared;
  };
  const quote = (amountIn: bigint): Quote => {
    const { leg, maxIn } = prepared ?? prepare();
    if (amountIn > 0n && amountIn <= maxIn) {
      const amount = amountIn - feeOn(amountIn, feeRate);
      if (amount <= leg.maxIn) {
        const out = legOut(leg, amount);
        if (out <= payable) return out;
      }
    }
    return amountIn > 0n ? checkedSellQuote(pool, state, base, amountIn) : zeroAmount(amountIn);
  };
  const shadow = baseShadow(pool, base, base.spread);
  const kept = keptOf(feeRate);
  const maxAmount = Math.min(shadow.maxIn, shadow.inputFor(Number(payable)));
  const limitIn = expected(Math.min(kept > 0 ? maxAmount / kept : 0, shadowIntake(state.quote)));
  return {
    quote,
    after(amountIn) {
      const out = quote(amountIn);
      if (isRefusal(out)) return out;
      const fee = feeOn(amountIn, feeRate);
      return {
        quote: reserving(state.quote, amountIn - fee),
        unclaimedFee: state.unclaimedFee + fee,
        bases: withBases(state, paying(pool, base, amountIn - fee, out)),
      };
    },
    rate: limitIn > 0 ? kept * shadow.rate : 0,
    limitIn,
    estimate: (amountIn) => shadow.out(kept * (amountIn < limitIn ? amountIn : limitIn)),
  };
}

/** One base for another: both legs pay half of the larger spread, and the quote amount between them the larger fee. */
function baseToBaseCurve(pool: WoofiPool, state: WoofiState, sold: PricedBase, bought: PricedBase): Curve<WoofiState> {
  const spread = max(sold.spread, bought.spread) / 2n;
  const feeRate = max(sold.feeRate, bought.feeRate);
  const payable = min(bought.holding.reserve, bought.holding.balance);
  let prepared: (Prepared & { readonly second: Leg }) | undefined;
  const prepare = () => {
    const leg = quoteLeg(pool, sold, spread);
    prepared = { leg, maxIn: min(leg.maxIn, intake(sold.holding)), second: baseLeg(pool, bought, spread) };
    return prepared;
  };
  const quote = (amountIn: bigint): Quote => {
    const { leg, maxIn, second } = prepared ?? prepare();
    if (amountIn > 0n && amountIn <= maxIn) {
      const gross = legOut(leg, amountIn);
      const fee = feeOn(gross, feeRate);
      const amount = gross - fee;
      if (fee <= state.quote.reserve && amount <= second.maxIn) {
        const out = legOut(second, amount);
        if (out <= payable) return out;
      }
    }
    return amountIn > 0n ? checkedBaseToBase(pool, state, sold, bought, amountIn) : zeroAmount(amountIn);
  };
  const kept = keptOf(feeRate);
  const first = quoteShadow(pool, sold, spread);
  const second = baseShadow(pool, bought, spread);
  const maxAmount = Math.min(second.maxIn, second.inputFor(Number(payable)));
  const maxForFee = kept < 1 ? Number(state.quote.reserve) / (1 - kept) : Number.POSITIVE_INFINITY;
  const maxGross = Math.min(kept > 0 ? maxAmount / kept : 0, maxForFee);
  const limitIn = expected(Math.min(first.maxIn, first.inputFor(maxGross), shadowIntake(sold.holding)));
  return {
    quote,
    after(amountIn) {
      const out = quote(amountIn);
      if (isRefusal(out)) return out;
      const { leg } = prepared ?? prepare();
      const gross = legOut(leg, amountIn);
      const fee = feeOn(gross, feeRate);
      return {
        // Only the fee leaves the quote reserve: the quote amount goes out of the first leg and into the second.
        quote: reserving(state.quote, -fee),
        unclaimedFee: state.unclaimedFee + fee,
        bases: withBases(state, taking(pool, sold, amountIn), paying(pool, bought, gross - fee, out)),
      };
    },
    rate: limitIn > 0 ? kept * first.rate * second.rate : 0,
    limitIn,
    estimate: (amountIn) => second.out(kept * first.out(amountIn < limitIn ? amountIn : limitIn)),
  };
}

/** What a quote needs of a direction: made at the first quote, because most curves are only estimated. */
interface Prepared {
  readonly leg: Leg;
  /** Up to it the pool takes the input, and no number leaves 256 bits. */
  readonly maxIn: bigint;
}

/** The largest input that the pool takes without looking at its price. */
function intake({ reserve, balance, capBalance }: WoofiHolding): bigint {
  if (balance < reserve) return 0n;
  return (capBalance ?? maxUint256) - balance;
}

/** The same for the shadow. */
function shadowIntake({ reserve, balance, capBalance }: WoofiHolding): number {
  if (balance < reserve) return 0;
  return capBalance === undefined ? Number.POSITIVE_INFINITY : Number(capBalance - balance);
}

/** A limit a hair below what floats say of it, so that the pool still quotes there. 0 where there is none. */
function expected(limit: number): number {
  return limit > 0 ? limit * (1 - 2 ** -40) : 0;
}

/** The share that the fee leaves. */
function keptOf(feeRate: bigint): number {
  return 1 - Number(feeRate) / 1e5;
}

function zeroAmount(amountIn: bigint): Refusal {
  return refuse("zero-amount", `${amountIn}`);
}

/** What the pool holds after `change` units came in, or left. */
function reserving({ reserve, balance, capBalance }: WoofiHolding, change: bigint): WoofiHolding {
  return { reserve: BigInt.asUintN(192, reserve + change), balance: balance + change, capBalance };
}

/** A base after `amount` of it was sold to the pool. */
function taking(pool: WoofiPool, base: PricedBase, amount: bigint): WoofiBaseState {
  const posted = posting(base, priceAfterTaking(pool, base, amount), pool.version);
  return { ...posted, holding: reserving(base.holding, amount) };
}

/** A base after `out` of it was bought for `amount` of the quote token, net of the fee. */
function paying(pool: WoofiPool, base: PricedBase, amount: bigint, out: bigint): WoofiBaseState {
  const posted = posting(base, priceAfterPaying(pool, base, amount), pool.version);
  return { ...posted, holding: reserving(base.holding, -out) };
}

function withBases({ bases }: WoofiState, ...changed: readonly WoofiBaseState[]): WoofiState["bases"] {
  const next = new Map(bases);
  for (const base of changed) next.set(base.address, base);
  return next;
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
