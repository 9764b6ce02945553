import type { Curve } from "../../domain/curve.ts";
import { isRefusal, type Quote, type Refusal, refuse } from "../../domain/quote.ts";
import { prepareClassicalBuy, prepareClassicalSell } from "./classicalPrepared.ts";
import {
  buyBaseToken,
  type ClassicalTrade,
  querySellQuoteToken,
  sellBaseToken,
  withExpectedTargets,
} from "./classicalPricing.ts";
import { min, one, PoolReverts } from "./integers.ts";
import { refusalOf } from "./poolCurve.ts";
import { directionOf } from "./pricing.ts";
import { shadowOf } from "./shadow.ts";
import type { ClassicalTerms, DodoPool, DodoState } from "./state.ts";

/** Prepares one direction through a classical pool and its adapter, behind the route proxy. */
export function classicalCurve(
  pool: DodoPool,
  state: DodoState,
  terms: ClassicalTerms,
  sellsBase: boolean,
): Curve<DodoState> | Refusal {
  if (!terms.tradeAllowed) return refuse("paused", "TRADE_NOT_ALLOWED");
  if (sellsBase) {
    return terms.sellingAllowed ? sellBaseCurve(pool, state, terms) : refuse("paused", "SELLING_NOT_ALLOWED");
  }
  return terms.buyingAllowed ? sellQuoteCurve(pool, state, terms) : refuse("paused", "BUYING_NOT_ALLOWED");
}

function sellBaseCurve(pool: DodoPool, state: DodoState, terms: ClassicalTerms): Curve<DodoState> {
  const { lpFeeRate, mtFeeRate, routeFeeRate, quoteBalance } = state;
  const { adapterBase, adapterQuote } = terms;
  const intake = terms.baseLimit - state.B - adapterBase;
  const exact = lazily(() => {
    const { maxAmount, received } = prepareClassicalSell(state, true);
    return { maxIn: min(maxAmount - adapterBase, intake), received };
  });
  const trade = (amountIn: bigint) => sellBaseToken(state, adapterBase + amountIn);
  const quote = (amountIn: bigint): Quote => {
    const { maxIn, received } = exact();
    if (amountIn > 0n && amountIn <= maxIn) {
      const gross = received(adapterBase + amountIn);
      if (gross >= 0n && gross <= quoteBalance) {
        // The adapter passes on all the quote token that it holds.
        const net = adapterQuote + gross - (gross * lpFeeRate) / one - (gross * mtFeeRate) / one;
        const paid = net - (net * routeFeeRate) / one;
        if (paid > 0n) return paid;
      }
    }
    return checked(amountIn, () => {
      const { received, mtFee, paid } = trade(amountIn);
      if (received + mtFee > quoteBalance) throw unpaid;
      if (state.B + paid > terms.baseLimit) throw new PoolReverts("BASE_BALANCE_LIMIT_EXCEEDED");
      return payout(adapterQuote + received, routeFeeRate);
    });
  };
  const afterFees = 1 - Number(lpFeeRate + mtFeeRate) / 1e18;
  return {
    quote,
    after: (amountIn) =>
      afterQuote(pool, quote(amountIn), () => {
        const done = trade(amountIn);
        const leaves = done.received + done.mtFee;
        return stateAfter(state, done, {
          baseMoved: done.paid,
          quoteMoved: -leaves,
          classical: { ...terms, adapterBase: 0n, adapterQuote: 0n },
        });
      }),
    ...shadowCurve(state, true, afterFees, { stray: adapterBase, bonus: adapterQuote, intake }),
  };
}

function sellQuoteCurve(pool: DodoPool, state: DodoState, terms: ClassicalTerms): Curve<DodoState> {
  const { lpFeeRate, mtFeeRate, routeFeeRate, baseBalance } = state;
  const { adapterBase, adapterQuote } = terms;
  const divisor = one + mtFeeRate + lpFeeRate;
  const exact = lazily(() => {
    const { maxAmount, received } = prepareClassicalSell(state, false);
    return { maxIn: maxAmount - adapterQuote, received, cost: prepareClassicalBuy(state).cost };
  });
  const trade = (amountIn: bigint) => buyBaseToken(state, querySellQuoteToken(state, adapterQuote + amountIn));
  const quote = (amountIn: bigint): Quote => {
    const { maxIn, received, cost } = exact();
    if (amountIn > 0n && amountIn <= maxIn) {
      const amount = adapterQuote + amountIn;
      const bought = received(amount);
      if (bought >= 0n) {
        const out = (bought * one) / divisor;
        const mtFee = (out * mtFeeRate) / one;
        const spent = cost(out + (out * lpFeeRate) / one + mtFee);
        const isPaid = spent >= 0n && spent <= amount && state.Q + spent <= terms.quoteLimit;
        if (isPaid && out + mtFee <= baseBalance) {
          const paid = out - (out * routeFeeRate) / one;
          if (paid > 0n) return paid;
        }
      }
    }
    return checked(amountIn, () => {
      const { received: out, mtFee, paid } = trade(amountIn);
      if (paid > adapterQuote + amountIn) throw new PoolReverts("BUY_BASE_COST_TOO_MUCH");
      if (out + mtFee > baseBalance) throw unpaid;
      if (state.Q + paid > terms.quoteLimit) throw new PoolReverts("QUOTE_BALANCE_LIMIT_EXCEEDED");
      return payout(out, routeFeeRate);
    });
  };
  const afterFees = 1 / (1 + Number(lpFeeRate + mtFeeRate) / 1e18);
  return {
    quote,
    after: (amountIn) =>
      afterQuote(pool, quote(amountIn), () => {
        const done = trade(amountIn);
        // The pool asks for what the base costs, which can be less than the helper was asked about.
        const left = adapterQuote + amountIn - done.paid;
        return stateAfter(state, done, {
          baseMoved: -done.received - done.mtFee,
          quoteMoved: done.paid,
          classical: { ...terms, adapterBase, adapterQuote: left },
        });
      }),
    ...shadowCurve(state, false, afterFees, { stray: adapterQuote, bonus: 0n, intake: terms.quoteLimit - state.Q }),
  };
}

interface Surroundings {
  /** What the adapter sells with the input. */
  readonly stray: bigint;
  /** What the adapter pays with the output. */
  readonly bonus: bigint;
  /** How much more of the token that comes in the pool may hold. */
  readonly intake: bigint;
}

function shadowCurve(
  state: DodoState,
  sellsBase: boolean,
  afterFees: number,
  { stray, bonus, intake }: Surroundings,
): Pick<Curve, "rate" | "limitIn" | "estimate"> {
  const shadow = shadowOf(directionOf(state, sellsBase), "classical");
  const afterRoute = 1 - Number(state.routeFeeRate) / 1e18;
  const [strayShadow, bonusShadow] = [Number(stray), Number(bonus)];
  const limitIn = Math.max(0, Math.min(shadow.maxAmount - strayShadow, Number(intake)));
  return {
    rate: limitIn > 0 ? afterRoute * afterFees * shadow.rateAt(strayShadow) : 0,
    limitIn,
    estimate(amountIn) {
      if (limitIn === 0) return 0;
      const amount = (amountIn < limitIn ? amountIn : limitIn) + strayShadow;
      return afterRoute * (bonusShadow + afterFees * shadow.received(amount));
    },
  };
}

/** Thrown when the token does not let the pool pay. */
const unpaid = new PoolReverts("SafeERC20: low-level call failed");

/** Quotes with every check, for the pool's own reason. */
function checked(amountIn: bigint, quote: () => Quote): Quote {
  if (amountIn <= 0n) return refuse("zero-amount", "0 units go in");
  try {
    return quote();
  } catch (error) {
    if (error === unpaid) return refuse("insufficient-liquidity", unpaid.reason);
    if (error instanceof PoolReverts && error.reason.endsWith("_LIMIT_EXCEEDED")) {
      return refuse("over-limit", error.reason);
    }
    if (error instanceof PoolReverts && error.reason === "DODO_BASE_BALANCE_NOT_ENOUGH") {
      return refuse("insufficient-liquidity", error.reason);
    }
    return refusalOf(error);
  }
}

function payout(received: bigint, routeFeeRate: bigint): Quote {
  const paid = received - (received * routeFeeRate) / one;
  return paid > 0n ? paid : refuse("zero-output", "DODORouteProxy: Return amount is not enough");
}

function afterQuote(pool: DodoPool, quoted: Quote, after: () => DodoState): DodoState | Refusal {
  if (isRefusal(quoted)) return quoted;
  try {
    return after();
  } catch (error) {
    if (!(error instanceof PoolReverts)) throw error;
    return refuse("unreadable", `getExpectedTarget of ${pool.address} reverts`);
  }
}

interface Moves {
  readonly baseMoved: bigint;
  readonly quoteMoved: bigint;
  readonly classical: ClassicalTerms;
}

/** The pool after a trade. DODO's fee leaves it, and that of the liquidity providers becomes part of the target. */
function stateAfter(state: DodoState, { R, B0, Q0 }: ClassicalTrade, { baseMoved, quoteMoved, classical }: Moves) {
  return withExpectedTargets<DodoState>({
    ...state,
    B: state.B + baseMoved,
    Q: state.Q + quoteMoved,
    baseBalance: state.baseBalance + baseMoved,
    quoteBalance: state.quoteBalance + quoteMoved,
    R,
    B0,
    Q0,
    classical,
  });
}

function lazily<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
