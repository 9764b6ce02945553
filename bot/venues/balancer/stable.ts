import { lesser } from "../../domain/amount.ts";
import { add, divDown, divUp, mul, mulDownFixed, mulUpFixed, ONE, sub } from "./fixedPoint.ts";
import type { FormulaCurve } from "./formula.ts";
import { BalancerRevert, balancerErrors } from "./revert.ts";

/** The unit of the amplification parameter, which equals A · n^(n−1). */
const AMPLIFICATION_PRECISION = 1_000n;

const maxIterations = 255;

/** How a pool computes its invariant: pools built since June 2022 round down, those before round up. */
export type InvariantRounding = "down" | "up";

/** What all directions through a stable pool at one state have in common. */
export interface StableTerms {
  /** With 18 decimals, times each token's rate; without the pool's own token. */
  readonly balances: readonly bigint[];
  readonly amplificationTimesN: bigint;
  /** D, with 18 decimals. */
  readonly invariant: bigint;
  readonly invariantSquared: bigint;
  readonly sum: bigint;
}

/**
 * Computes the invariant of a stable pool.
 *
 * @param divergence the code that the pool reverts with where the invariant does not converge
 * @throws {BalancerRevert} where the pool reverts on every swap
 */
export function stableTerms(
  amplification: bigint,
  balances: readonly bigint[],
  rounding: InvariantRounding,
  divergence: number,
): StableTerms {
  const invariant = (rounding === "down" ? invariantDown : invariantUp)(amplification, balances, divergence);
  return {
    balances,
    amplificationTimesN: mul(amplification, BigInt(balances.length)),
    invariant,
    invariantSquared: mul(invariant, invariant),
    sum: balances.reduce(add, 0n),
  };
}

/** A token's place in a stable pool. */
export interface StableSide {
  /** Of the token in `StableTerms.balances`. */
  readonly index: number;
  /** Brings units to 18 decimals and multiplies them by the token's rate. */
  readonly scalingFactor: bigint;
}

/**
 * Prepares one direction through a stable pool. Rounds down: the fee rounds up, the scaled input down, the new balance of
 * the output up, and the pool takes one more of its 18 decimals off.
 */
export function stableCurve(
  terms: StableTerms,
  tokenIn: StableSide,
  tokenOut: StableSide,
  swapFeePercentage: bigint,
): FormulaCurve {
  const { balances, amplificationTimesN, invariant, invariantSquared, sum } = terms;
  const n = BigInt(balances.length);
  const [balanceIn = 0n, balanceOut = 0n] = [balances[tokenIn.index], balances[tokenOut.index]];
  const [first = 0n, ...others] = balances;
  /** The product up to the input's balance, which is the first that a swap changes, and the balances behind it. */
  const before = others.slice(0, Math.max(0, tokenIn.index - 1));
  const behind = others.slice(tokenIn.index);
  const productBefore = tokenIn.index === 0 ? n : before.reduce(multiply, mul(first, n));
  /** b of the quadratic equation for the new balance, at no input. */
  const b = add(sum - balanceOut, mul(divDown(invariant, amplificationTimesN), AMPLIFICATION_PRECISION));
  /** Below this c, no step of Newton's method overflows. */
  const maxC = invariant < safeBalance ? lesser(invariant * safeBalance, safeBalance * safeBalance * 4n) : 0n;
  /** Undefined where a rate makes it more than a power of ten. */
  const unitsOut = tokenOut.scalingFactor % ONE === 0n ? tokenOut.scalingFactor / ONE : undefined;

  /** One step of the product n^n · Πx / D^(n−1). */
  function multiply(product: bigint, balance: bigint): bigint {
    return divDown(mul(mul(product, balance), n), invariant);
  }

  function payoutDown(amountIn: bigint): bigint {
    const afterFee = amountIn - mulUpFixed(amountIn, swapFeePercentage);
    const scaledIn = mulDownFixed(afterFee, tokenIn.scalingFactor);
    const newBalanceIn = add(balanceIn, scaledIn);
    let product = tokenIn.index === 0 ? mul(newBalanceIn, n) : multiply(productBefore, newBalanceIn);
    for (const balance of behind) product = multiply(product, balance);
    // The product holds the output's own balance as well, which the multiplication by it removes.
    const c = mul(mul(divUp(invariantSquared, mul(amplificationTimesN, product)), AMPLIFICATION_PRECISION), balanceOut);
    const scaledOut = sub(sub(balanceOut, balanceUp(c, add(b, scaledIn), scaledIn)), 1n);
    return unitsOut === undefined ? mul(scaledOut, ONE) / tokenOut.scalingFactor : scaledOut / unitsOut;
  }

  /**
   * Returns the new balance of the output, y of y² + (b − D)·y = c, as Newton's method from D finds it with every step
   * rounded up. It ends when two steps differ by at most one.
   *
   * Such steps stay at or above the root r. Let v be the root rounded up. Where a step from v + 2 is v, so are those from
   * v + 1 and v, and every way from above ends at v: which way does not matter, and v is found from the float. It is v
   * where (v − 1)·(v − 1 + b − D) < c, which is v − 1 < r, and v·(v + b − D) ≥ c + 4, which is that step.
   */
  function balanceUp(c: bigint, b: bigint, scaledIn: bigint): bigint {
    const slope = b - invariant;
    const guess = BigInt(Math.round(floatOut - drawn(Number(scaledIn))));
    const divisor = 2n * guess + slope;
    if (divisor > 0n && c < maxC) {
      const candidate = (guess * guess + c - 1n) / divisor + 1n;
      const reached = candidate * (candidate + slope);
      if (reached >= c + 4n && reached - 2n * candidate - slope + 1n < c) {
        return candidate;
      }
    }
    return converge(divUp(add(invariantSquared, c), add(invariant, b)), balancerErrors.balanceDidNotConverge, (y) =>
      divUp(add(mul(y, y), c), sub(add(mul(y, 2n), b), invariant)),
    );
  }

  const kept = 1 - Number(swapFeePercentage) / Number(ONE);
  const scaleIn = Number(tokenIn.scalingFactor) / Number(ONE);
  const scaleOut = Number(tokenOut.scalingFactor) / Number(ONE);
  const [floatIn, floatOut] = [Number(balanceIn), Number(balanceOut)];
  const floatInvariant = Number(invariant);
  /** c of the equation at no input: D^(n+1) / (n^n · A·n · Πx), of all balances but the output's. */
  let floatC = (floatInvariant / Number(n) / Number(amplificationTimesN)) * Number(AMPLIFICATION_PRECISION);
  for (const [index, balance] of balances.entries()) {
    if (index !== tokenOut.index) floatC *= floatInvariant / (Number(n) * Number(balance));
  }
  floatC *= floatInvariant;
  const floatSlope = 2 * floatOut + Number(b - invariant);

  /**
   * Returns how much of the output's balance an input takes, both with 18 decimals: the old root of the equation less the
   * new one, by the equation of their difference, which loses no digits of a small input.
   */
  function drawn(scaledIn: number): number {
    const slope = floatSlope + scaledIn;
    const gain = scaledIn * (floatOut + floatC / (floatIn + scaledIn));
    return (2 * gain) / (slope + Math.sqrt(Math.max(0, slope * slope - 4 * gain)));
  }

  const limitIn = Math.max(0, 2 ** 112 - floatIn) / scaleIn / kept;
  return {
    payoutDown,
    rate: (((floatOut + floatC / floatIn) / floatSlope) * kept * scaleIn) / scaleOut,
    limitIn,
    estimate: (amountIn) => drawn(Math.min(amountIn, limitIn) * kept * scaleIn) / scaleOut,
  };
}

/** Balances that this holds can be multiplied by each other and by the number of tokens. */
const safeBalance = 2n ** 126n;

/**
 * Returns the invariant D of A·n^n·S + D = A·D·n^n + D^(n+1) / (n^n·P), S and P being the sum and the product of the
 * balances. Newton's method, every division rounding down.
 */
function invariantDown(amplification: bigint, balances: readonly bigint[], divergence: number): bigint {
  const n = BigInt(balances.length);
  const sum = balances.reduce(add, 0n);
  if (sum === 0n) return 0n;
  const amplificationTimesN = amplification * n;
  return converge(sum, divergence, (invariant) => {
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
function invariantUp(amplification: bigint, balances: readonly bigint[], divergence: number): bigint {
  const n = BigInt(balances.length);
  const sum = balances.reduce(add, 0n);
  if (sum === 0n) return 0n;
  const amplificationTimesN = amplification * n;
  const [first = 0n, ...others] = balances;
  return converge(sum, divergence, (invariant) => {
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
