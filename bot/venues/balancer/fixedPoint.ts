import { BalancerRevert, balancerErrors } from "./revert.ts";

/*
 * Unsigned 256-bit arithmetic that reverts where the pool reverts, and fixed point numbers with 18 decimals on top of it.
 * A function without a direction in its name is exact.
 */

/** 1 as a fixed point number. */
export const ONE = 10n ** 18n;

const WORD = 1n << 256n;

/** @throws {BalancerRevert} BAL#000 when the sum does not fit 256 bits */
export function add(a: bigint, b: bigint): bigint {
  const sum = a + b;
  if (sum >= WORD) throw new BalancerRevert(balancerErrors.addOverflow);
  return sum;
}

/** @throws {BalancerRevert} BAL#001 when the difference is negative */
export function sub(a: bigint, b: bigint): bigint {
  if (b > a) throw new BalancerRevert(balancerErrors.subOverflow);
  return a - b;
}

/** @throws {BalancerRevert} BAL#003 when the product does not fit 256 bits */
export function mul(a: bigint, b: bigint): bigint {
  const product = a * b;
  if (product >= WORD) throw new BalancerRevert(balancerErrors.mulOverflow);
  return product;
}

/** @throws {BalancerRevert} BAL#004 when `b` is 0 */
export function divDown(a: bigint, b: bigint): bigint {
  if (b === 0n) throw new BalancerRevert(balancerErrors.zeroDivision);
  return a / b;
}

/** @throws {BalancerRevert} BAL#004 when `b` is 0 */
export function divUp(a: bigint, b: bigint): bigint {
  if (b === 0n) throw new BalancerRevert(balancerErrors.zeroDivision);
  return a === 0n ? 0n : (a - 1n) / b + 1n;
}

/** a · b of two fixed point numbers. */
export function mulDownFixed(a: bigint, b: bigint): bigint {
  return mul(a, b) / ONE;
}

/** a · b of two fixed point numbers. */
export function mulUpFixed(a: bigint, b: bigint): bigint {
  return divUp(mul(a, b), ONE);
}

/** a / b of two fixed point numbers. */
export function divDownFixed(a: bigint, b: bigint): bigint {
  return divDown(mul(a, ONE), b);
}

/** a / b of two fixed point numbers. */
export function divUpFixed(a: bigint, b: bigint): bigint {
  return divUp(mul(a, ONE), b);
}
