import {
  add,
  div,
  divWadDown,
  divWadUp,
  min,
  mul,
  mulWadDown,
  mulWadUp,
  one,
  PoolReverts,
  sqrtDown,
  sub,
} from "./integers.ts";
import { type PmmState, rState } from "./state.ts";

// `dodo-smart-contract/contracts/{impl/Pricing,impl/Trader,lib/DODOMath}.sol` and, for the amount of base that an amount of
// quote buys, `contractV2/SmartRoute/helper/DODOSellHelper.sol`: with every check, rounding as they round. A pool of the
// first generation sells base for an exact amount and buys base to an exact amount, so the adapter asks a helper first.

type Fees = { readonly lpFeeRate: bigint; readonly mtFeeRate: bigint };

/** What a trade moves, and where R and the targets are after it, before they are adjusted. */
export interface ClassicalTrade extends Pick<PmmState, "R" | "B0" | "Q0"> {
  /** Of the token that leaves, in its units: what the trader gets, what DODO gets. */
  readonly received: bigint;
  readonly mtFee: bigint;
  /** Of the token that comes in. */
  readonly paid: bigint;
}

/**
 * Returns the trade that `sellBaseToken(amount)` makes.
 *
 * @throws PoolReverts with the pool's reason
 */
export function sellBaseToken(state: PmmState & Fees, amount: bigint): ClassicalTrade {
  const { i, K, B, Q, B0, Q0 } = state;
  const [gross, R] = grossOfBase();
  const lpFee = mulWadDown(gross, state.lpFeeRate);
  const mtFee = mulWadDown(gross, state.mtFeeRate);
  return { received: sub(sub(gross, lpFee), mtFee), mtFee, paid: amount, R, B0, Q0: add(Q0, lpFee) };

  function grossOfBase(): readonly [gross: bigint, R: PmmState["R"]] {
    if (state.R === rState.one) return [tradeOut(Q0, Q0, mulWadDown(i, amount), K), rState.belowOne];
    if (state.R === rState.belowOne) return [tradeOut(Q0, Q, mulWadDown(i, amount), K), rState.belowOne];
    const toEven = sub(B0, B);
    const surplus = sub(Q, Q0);
    // Rounding can reach past the surplus, and the pool does not pay more than that.
    if (amount < toEven) return [min(integrate(B0, add(B, amount), B, i, K), surplus), rState.aboveOne];
    if (amount === toEven) return [surplus, rState.one];
    return [add(surplus, tradeOut(Q0, Q0, mulWadDown(i, amount - toEven), K)), rState.belowOne];
  }
}

/**
 * Returns the trade that `buyBaseToken(amount)` makes: `amount` is what the trader receives.
 *
 * @throws PoolReverts with the pool's reason
 */
export function buyBaseToken(state: PmmState & Fees, amount: bigint): ClassicalTrade {
  const { i, K, B, Q, B0, Q0 } = state;
  const lpFee = mulWadDown(amount, state.lpFeeRate);
  const mtFee = mulWadDown(amount, state.mtFeeRate);
  const gross = add(add(amount, lpFee), mtFee);
  const [paid, R] = costOfBase();
  return { received: amount, mtFee, paid, R, B0: add(B0, lpFee), Q0 };

  function costOfBase(): readonly [paid: bigint, R: PmmState["R"]] {
    if (state.R === rState.one) return [integrate(B0, B0, restOf(B0, gross), i, K), rState.aboveOne];
    if (state.R === rState.aboveOne) return [integrate(B0, B, restOf(B, gross), i, K), rState.aboveOne];
    const toEven = sub(Q0, Q);
    const surplus = sub(B, B0);
    if (gross < surplus) return [tradeIn(Q0, Q, mulWadUp(i, gross), K), rState.belowOne];
    if (gross === surplus) return [toEven, rState.one];
    return [add(toEven, integrate(B0, B0, restOf(B0, gross - surplus), i, K)), rState.aboveOne];
  }
}

/**
 * Returns what DODOSellHelper says that `amount` of quote buys, net of the fees.
 *
 * @throws PoolReverts with the helper's reason
 */
export function querySellQuoteToken(state: PmmState & Fees, amount: bigint): bigint {
  const { K, B, Q, B0, Q0, R } = state;
  const price = divWadDown(one, state.i);
  return divWadDown(grossOfQuote(), add(add(one, state.mtFeeRate), state.lpFeeRate));

  function grossOfQuote(): bigint {
    if (R === rState.one) return tradeOut(B0, B0, mulWadDown(price, amount), K);
    if (R === rState.aboveOne) return tradeOut(B0, B, mulWadDown(price, amount), K);
    const surplus = sub(B, B0);
    const toEven = sub(Q0, Q);
    if (amount <= toEven) return integrate(Q0, add(Q, amount), Q, price, K);
    return add(surplus, tradeOut(B0, B0, mulWadDown(price, amount - toEven), K));
  }
}

/** Returns the pool with the targets of `getExpectedTarget`. */
export function withExpectedTargets<S extends PmmState>(state: S): S {
  const { i, K, B, Q, B0, Q0, R } = state;
  if (R === rState.belowOne) return { ...state, Q0: add(Q, sub(target(Q, K, mulWadDown(sub(B, B0), i)), Q)) };
  if (R === rState.aboveOne) return { ...state, B0: add(B, sub(target(B, K, divWadDown(sub(Q, Q0), i)), B)) };
  return state;
}

function restOf(reserve: bigint, amount: bigint): bigint {
  if (amount >= reserve) throw new PoolReverts("DODO_BASE_BALANCE_NOT_ENOUGH");
  return reserve - amount;
}

/** price (from - to) (1 - k + k target² / (from · to)), the ratio rounded up and every product down. */
function integrate(target: bigint, from: bigint, to: bigint, price: bigint, k: bigint): bigint {
  const fair = mulWadDown(price, sub(from, to));
  const penalty = mulWadDown(k, divWadUp(div(mul(target, target), from), to));
  return mulWadDown(fair, add(sub(one, k), penalty));
}

/** What leaves `reserve` when `fair` of it, at the oracle's price, comes in as the other token. */
function tradeOut(target: bigint, reserve: bigint, fair: bigint, k: bigint): bigint {
  const penalty = add(div(mul(mulWadDown(k, target), target), reserve), fair);
  const flat = mulWadDown(sub(one, k), reserve);
  return sub(reserve, divWadUp(positiveRoot(flat, penalty, target, k), mul(sub(one, k), 2n)));
}

/** What comes into `reserve` when `fair` of it, at the oracle's price, leaves as the other token. */
function tradeIn(target: bigint, reserve: bigint, fair: bigint, k: bigint): bigint {
  const penalty = div(mul(mulWadDown(k, target), target), reserve);
  const flat = add(mulWadDown(sub(one, k), reserve), fair);
  return sub(divWadDown(positiveRoot(flat, penalty, target, k), mul(sub(one, k), 2n)), reserve);
}

/** 2 (1 - k) times the reserve V after a trade: (1 - k) V² - (flat - penalty) V - k target² = 0. */
function positiveRoot(flat: bigint, penalty: bigint, target: bigint, k: bigint): bigint {
  const b = flat >= penalty ? flat - penalty : penalty - flat;
  const square = mulWadDown(mul(sub(one, k), 4n), mul(mulWadDown(k, target), target));
  const root = sqrtDown(add(mul(b, b), square));
  return flat >= penalty ? add(b, root) : sub(root, b);
}

/** The target from which a trade worth `fair` leads to `reserve`. */
function target(reserve: bigint, k: bigint, fair: bigint): bigint {
  const ratio = divWadUp(mul(mulWadDown(k, fair), 4n), reserve);
  const root = sqrtDown(mul(add(ratio, one), one));
  return mulWadDown(reserve, add(one, divWadUp(sub(root, one), mul(k, 2n))));
}
