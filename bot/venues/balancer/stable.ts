import { add, divDown, divUp, mul, sub } from "./fixedPoint.ts";
import { BalancerRevert, balancerErrors } from "./revert.ts";

/** The unit of the amplification parameter, which equals A · n^(n−1). */
export const AMPLIFICATION_PRECISION = 1_000n;

const maxIterations = 255;

/** How a pool computes its invariant: pools built since June 2022 round down, those before round up. */
export type InvariantRounding = "down" | "up";

/**
 * Returns what a stable pool pays for `amountIn`, all with 18 decimals. Rounds down, and takes one more unit off.
 *
 * @param amountIn after the fee
 * @throws {BalancerRevert} BAL#001 when nothing is left to pay
 */
export function stableOutGivenIn(
  amplification: bigint,
  balances: readonly bigint[],
  indexIn: number,
  indexOut: number,
  amountIn: bigint,
  rounding: InvariantRounding,
): bigint {
  const invariant = (rounding === "down" ? invariantDown : invariantUp)(amplification, balances);
  const after = balances.map((balance, index) => (index === indexIn ? add(balance, amountIn) : balance));
  const balanceOut = balances[indexOut] ?? 0n;
  return sub(sub(balanceOut, balanceUp(amplification, after, invariant, indexOut)), 1n);
}

/**
 * Returns the invariant D of A·n^n·S + D = A·D·n^n + D^(n+1) / (n^n·P), S and P being the sum and the product of the
 * balances. Newton's method, every division rounding down.
 */
export function invariantDown(amplification: bigint, balances: readonly bigint[]): bigint {
  const n = BigInt(balances.length);
  const sum = balances.reduce(add, 0n);
  if (sum === 0n) return 0n;
  const amplificationTimesN = amplification * n;
  return converge(sum, balancerErrors.invariantDidNotConverge, (invariant) => {
    const dProduct = balances.reduce((d, balance) => divDown(mul(d, invariant), mul(balance, n)), invariant);
    const numerator = add(divDown(mul(amplificationTimesN, sum), AMPLIFICATION_PRECISION), mul(dProduct, n));
    const denominator = add(
      divDown(mul(amplificationTimesN - AMPLIFICATION_PRECISION, invariant), AMPLIFICATION_PRECISION),
      mul(n + 1n, dProduct),
    );
    return divDown(mul(numerator, invariant), denominator);
  });
}

/** Returns the same invariant in the older order of operations, which rounds up. */
export function invariantUp(amplification: bigint, balances: readonly bigint[]): bigint {
  const n = BigInt(balances.length);
  const sum = balances.reduce(add, 0n);
  if (sum === 0n) return 0n;
  const amplificationTimesN = amplification * n;
  const [first = 0n, ...others] = balances;
  return converge(sum, balancerErrors.balanceDidNotConverge, (invariant) => {
    const product = others.reduce((p, balance) => divUp(mul(mul(p, balance), n), invariant), first * n);
    const numerator = add(
      mul(mul(n, invariant), invariant),
      divUp(mul(mul(amplificationTimesN, sum), product), AMPLIFICATION_PRECISION),
    );
    const denominator = add(
      mul(n + 1n, invariant),
      divDown(mul(amplificationTimesN - AMPLIFICATION_PRECISION, product), AMPLIFICATION_PRECISION),
    );
    return divUp(numerator, denominator);
  });
}

/** Returns the balance of one token that keeps `invariant`, given the balances of all others. Rounds up. */
function balanceUp(amplification: bigint, balances: readonly bigint[], invariant: bigint, index: number): bigint {
  const n = BigInt(balances.length);
  const amplificationTimesN = amplification * n;
  const [first = 0n, ...others] = balances;
  const product = others.reduce((p, balance) => divDown(mul(mul(p, balance), n), invariant), first * n);
  const own = balances[index] ?? 0n;
  const sumOfOthers = balances.reduce(add, 0n) - own;
  const squared = mul(invariant, invariant);
  // The product holds the token's own balance as well, which the multiplication by it removes.
  const c = mul(mul(divUp(squared, mul(amplificationTimesN, product)), AMPLIFICATION_PRECISION), own);
  const b = add(sumOfOthers, mul(divDown(invariant, amplificationTimesN), AMPLIFICATION_PRECISION));
  return converge(divUp(add(squared, c), add(invariant, b)), balancerErrors.balanceDidNotConverge, (balance) =>
    divUp(add(mul(balance, balance), c), sub(add(mul(balance, 2n), b), invariant)),
  );
}

/** Repeats `step` until two results differ by at most 1, and returns the later one. */
function converge(start: bigint, errorCode: number, step: (value: bigint) => bigint): bigint {
  let value = start;
  for (let i = 0; i < maxIterations; i++) {
    const next = step(value);
    const distance = next > value ? next - value : value - next;
    if (distance <= 1n) return next;
    value = next;
  }
  throw new BalancerRevert(errorCode);
}
