import {
  add,
  div,
  divWadDown,
  divWadUp,
  fits,
  min,
  mul,
  mulWadDown,
  one,
  PoolReverts,
  sqrtDown,
  sub,
} from "./integers.ts";
import { type PmmState, rState } from "./state.ts";

// `contractV2/lib/{PMMPricing,DODOMath}.sol` with every check, rounding as the pools round.

/** How the reserve of the token that comes in stands to its target. Seen from there, both directions are one. */
export type Side = "even" | "short" | "long";

/** A pool seen from the token that comes in. `price` is units out per unit in, with 18 decimals. */
export interface Direction {
  readonly side: Side;
  readonly price: bigint;
  readonly k: bigint;
  readonly reserveIn: bigint;
  readonly targetIn: bigint;
  readonly reserveOut: bigint;
  readonly targetOut: bigint;
}

/** Returns a pool as one sees it who sells base, or quote. */
export function directionOf({ i, K: k, B, Q, B0, Q0, R }: PmmState, sellsBase: boolean): Direction {
  const short = sellsBase ? rState.aboveOne : rState.belowOne;
  const side = R === rState.one ? "even" : R === short ? "short" : "long";
  return sellsBase
    ? { side, price: i, k, reserveIn: B, targetIn: B0, reserveOut: Q, targetOut: Q0 }
    : { side, price: inverse(i), k, reserveIn: Q, targetIn: Q0, reserveOut: B, targetOut: B0 };
}

/** Returns R where the token that was sold stands so to its target. */
export function rStateAt(side: Side, sellsBase: boolean): PmmState["R"] {
  if (side === "even") return rState.one;
  return (side === "short") === sellsBase ? rState.aboveOne : rState.belowOne;
}

/** ⌊1e36 ÷ i⌋, and 0 for the price 0 that no pool has. */
function inverse(i: bigint): bigint {
  return i === 0n ? 0n : (one * one) / i;
}

/**
 * Returns what `amount` pays before fees, and where it leaves the pool.
 *
 * @throws PoolReverts with the pool's reason
 */
export function sell(direction: Direction, amount: bigint): readonly [received: bigint, side: Side] {
  const { side, price, k, reserveIn, targetIn, reserveOut, targetOut } = direction;
  if (side === "even") return [tradeOut(targetOut, targetOut, amount, price, k), "long"];
  if (side === "long") return [tradeOut(targetOut, reserveOut, amount, price, k), "long"];
  const toEven = sub(targetIn, reserveIn);
  const surplus = sub(reserveOut, targetOut);
  if (amount === toEven) return [surplus, "even"];
  if (amount > toEven) return [add(surplus, tradeOut(targetOut, targetOut, amount - toEven, price, k)), "long"];
  const received = integrate(targetIn, add(reserveIn, amount), reserveIn, price, k);
  // Rounding can reach past the surplus, and the pool does not pay more than that.
  return [min(received, surplus), "short"];
}

/** Returns the pool with the target of the token in surplus moved to where the pool would be back at R = 1. */
export function withAdjustedTargets<S extends PmmState>(state: S): S {
  const { i, K, B, Q, B0, Q0, R } = state;
  if (R === rState.belowOne) return { ...state, Q0: target(Q, sub(B, B0), i, K) };
  if (R === rState.aboveOne) return { ...state, B0: target(B, sub(Q, Q0), inverse(i), K) };
  return state;
}

/** Area under the curve from `to` up to `from`: price (from - to) (1 - k + k target² / (from · to)). */
function integrate(target: bigint, from: bigint, to: bigint, price: bigint, k: bigint): bigint {
  if (target === 0n) throw new PoolReverts("TARGET_IS_ZERO");
  const fair = mul(price, sub(from, to));
  if (k === 0n) return fair / one;
  const penalty = mulWadDown(k, divWadDown(div(mul(target, target), from), to));
  return mul(add(sub(one, k), penalty), fair) / (one * one);
}

/** The target from which `delta` of the other token leads to `reserve`: reserve (1 + (√(1 + 4 k price delta / reserve) - 1) / 2k). */
function target(reserve: bigint, delta: bigint, price: bigint, k: bigint): bigint {
  if (k === 0n) return add(reserve, mulWadDown(price, delta));
  if (reserve === 0n) return 0n;
  const slope = mul(4n * k, price);
  const moved = slope * delta;
  // The pool divides first, and loses digits, only where the product has no room.
  const ratio = fits(moved) ? moved / reserve : mul(slope / reserve, delta);
  const root = slope === 0n ? one : sqrtDown(add(ratio, one * one));
  return mulWadDown(reserve, add(divWadDown(sub(root, one), 2n * k), one));
}

/**
 * What leaves `reserve` when `delta` of the other token comes in: reserve less the positive root V of
 * (1 - k) V² + (price delta + k target² / reserve - (1 - k) reserve) V - k target² = 0, rounded up.
 */
function tradeOut(target: bigint, reserve: bigint, delta: bigint, price: bigint, k: bigint): bigint {
  if (target === 0n) throw new PoolReverts("TARGET_IS_ZERO");
  if (delta === 0n) return 0n;
  if (k === 0n) return min(mulWadDown(price, delta), reserve);
  if (k === one) return tradeOutHyperbola(target, reserve, delta, price);

  const left = mul(one - k, reserve);
  const right = add(mul(div(mul(k, target), reserve), target), mul(price, delta));
  const negative = left < right;
  const b = (negative ? right - left : left - right) / one;
  const square = mulWadDown(mul(one - k, 4n), mul(mulWadDown(k, target), target));
  const root = sqrtDown(add(mul(b, b), square));
  const numerator = negative ? root - b : add(b, root);
  if (negative && numerator === 0n) throw new PoolReverts("DODOMath: should not be zero");
  const rest = divWadUp(numerator, 2n * (one - k));
  return rest > reserve ? 0n : reserve - rest;
}

/** The same for k = 1: reserve t / (1 + t) with t = price delta reserve / target². */
function tradeOutHyperbola(target: bigint, reserve: bigint, delta: bigint, price: bigint): bigint {
  const paid = mul(price, delta);
  const product = paid * reserve;
  // As above.
  const t = fits(product)
    ? paid === 0n
      ? 0n
      : div(product, mul(target, target))
    : div(mul(div(mul(delta, reserve), target), price), target);
  return div(mul(reserve, t), add(t, one));
}
