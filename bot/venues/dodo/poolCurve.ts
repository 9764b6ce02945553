import type { Curve } from "../../domain/curve.ts";
import { isRefusal, type Quote, type Refusal, refuse } from "../../domain/quote.ts";
import { min, mulWadDown, one, PoolReverts, sub } from "./integers.ts";
import { type Prepared, prepareSell } from "./prepared.ts";
import { type Direction, directionOf, rStateAt, sell, withAdjustedTargets } from "./pricing.ts";
import { shadowOf } from "./shadow.ts";
import type { DodoPool, DodoState } from "./state.ts";

const maxReserve = 2n ** 112n - 1n;

/** Prepares one direction through a vending machine, a private pool or a stable pool, behind the route proxy. */
export function poolCurve(pool: DodoPool, state: DodoState, sellsBase: boolean): Curve<DodoState> {
  const { lpFeeRate, mtFeeRate, routeFeeRate } = state;
  const direction = directionOf(state, sellsBase);
  const [balanceIn, balanceOut] = sellsBase
    ? [state.baseBalance, state.quoteBalance]
    : [state.quoteBalance, state.baseBalance];
  // What someone sent to the pool before is sold with the next swap.
  const stray = balanceIn - direction.reserveIn;

  let prepared: (Prepared & { readonly maxIn: bigint }) | undefined;
  const prepare = () => {
    const sold = prepareSell(direction);
    const areSmall = direction.targetIn <= maxReserve && balanceOut <= maxReserve;
    const isSound = stray >= 0n && areSmall && lpFeeRate + mtFeeRate <= one;
    const maxIn = isSound ? min(sold.maxAmount - stray, maxReserve - balanceIn) : 0n;
    prepared = { ...sold, maxIn };
    return prepared;
  };
  const quote = (amountIn: bigint): Quote => {
    const { maxIn, received } = prepared ?? prepare();
    if (amountIn > 0n && amountIn <= maxIn) {
      const gross = received(amountIn + stray);
      if (gross >= 0n && gross <= balanceOut) {
        const net = gross - (gross * lpFeeRate) / one - (gross * mtFeeRate) / one;
        const paid = net - (net * routeFeeRate) / one;
        if (paid > 0n) return paid;
      }
    }
    return checkedQuote(pool, state, direction, balanceIn, balanceOut, amountIn);
  };

  const shadow = shadowOf(direction, "current");
  const kept = Math.max(0, 1 - Number(lpFeeRate + mtFeeRate) / 1e18) * (1 - Number(routeFeeRate) / 1e18);
  const strayShadow = Number(stray);
  const limitIn =
    stray < 0n ? 0 : Math.max(0, Math.min(shadow.maxAmount - strayShadow, Number(maxReserve - balanceIn)));
  const isHyperbola = direction.k === one && direction.side !== "short" && stray === 0n && limitIn > 0;
  return {
    quote,
    after(amountIn) {
      const out = quote(amountIn);
      return isRefusal(out) ? out : stateAfter(pool, state, direction, sellsBase, stray, amountIn);
    },
    rate: limitIn > 0 ? kept * shadow.rateAt(strayShadow) : 0,
    limitIn,
    estimate: (amountIn) =>
      limitIn > 0 ? kept * shadow.received((amountIn < limitIn ? amountIn : limitIn) + strayShadow) : 0,
    ...(isHyperbola && { product: productOf(direction, kept) }),
  };
}

/** With k = 1 and no way back to a target, out = reserve · in / (target² / (reserve · price) + in). */
function productOf({ side, price, reserveOut, targetOut }: Direction, kept: number): NonNullable<Curve["product"]> {
  const reserve = Number(side === "even" ? targetOut : reserveOut);
  const target = Number(targetOut);
  return {
    reserveIn: ((target / reserve) * target * 1e18) / Number(price),
    // The fees are taken from the output.
    reserveOut: kept * reserve,
    kept: 1,
  };
}

/** Quotes with every check of the pool and the proxy: what is asked where one may fail, for its own reason. */
function checkedQuote(
  pool: DodoPool,
  state: DodoState,
  direction: Direction,
  balanceIn: bigint,
  balanceOut: bigint,
  amountIn: bigint,
): Quote {
  if (amountIn <= 0n) return refuse("zero-amount", "0 units go in");
  try {
    const [gross, side] = sell(direction, sub(balanceIn + amountIn, direction.reserveIn));
    const mtFee = mulWadDown(gross, state.mtFeeRate);
    const received = sub(sub(gross, mulWadDown(gross, state.lpFeeRate)), mtFee);
    if (received + mtFee > balanceOut) {
      return refuse("insufficient-liquidity", `${received + mtFee} units leave a pool that holds ${balanceOut}`);
    }
    // A vending machine stores neither R nor targets.
    const movesTarget = pool.variant !== "dvm" && side !== direction.side;
    const reserveAfter = balanceOut - received - mtFee;
    const isTooMuch = balanceIn + amountIn > maxReserve || reserveAfter > maxReserve;
    if (isTooMuch || (movesTarget && direction.targetIn > maxReserve)) {
      return refuse("over-limit", "OVERFLOW: a pool counts in 112 bits");
    }
    const paid = received - mulWadDown(received, state.routeFeeRate);
    return paid > 0n ? paid : refuse("zero-output", "DODORouteProxy: Return amount is not enough");
  } catch (error) {
    return refusalOf(error);
  }
}

/** Returns why a pool reverts. */
export function refusalOf(error: unknown): Refusal {
  if (!(error instanceof PoolReverts)) throw error;
  // A target of 0 is the end of the curve: an empty pool, or a vending machine asked for more than it can sell back.
  return refuse(error.reason === "TARGET_IS_ZERO" ? "insufficient-liquidity" : "invariant", error.reason);
}

/** The pool after a swap that it pays. DODO's fee leaves it, that of the liquidity providers stays. */
function stateAfter(
  pool: DodoPool,
  state: DodoState,
  direction: Direction,
  sellsBase: boolean,
  stray: bigint,
  amountIn: bigint,
): DodoState | Refusal {
  const [gross, side] = sell(direction, amountIn + stray);
  const leaves = gross - mulWadDown(gross, state.lpFeeRate);
  const baseBalance = sellsBase ? state.baseBalance + amountIn : state.baseBalance - leaves;
  const quoteBalance = sellsBase ? state.quoteBalance - leaves : state.quoteBalance + amountIn;
  // The fee model of DODO's factories shuts a pool without a curve once a side is empty.
  if (state.K === 0n && (baseBalance === 0n || quoteBalance === 0n)) {
    return refuse("unreadable", `getUserFeeRate of ${pool.address} reverts`);
  }
  const R = pool.variant === "dvm" ? state.R : rStateAt(side, sellsBase);
  const reserves = { B: baseBalance, Q: quoteBalance, baseBalance, quoteBalance };
  try {
    return withAdjustedTargets({ ...state, ...reserves, R });
  } catch (error) {
    if (!(error instanceof PoolReverts)) throw error;
    return refuse("unreadable", `getPMMStateForCall of ${pool.address} reverts`);
  }
}
