import type { Swap } from "./venue.ts";

/*
 * The worst price of a pool at which a swap can deliver enough: below it, not even a pool without a fee and without depth
 * to lose would. In the numbers of `contracts/libraries`; rounded to the side on which the order still runs.
 */

const maxLimit = 2n ** 160n - 1n;

/** Returns the least ratio of a pair's reserves, output to input, times 2^80; zero where it does not fit. */
export function reserveRatioLimitDown({ amountIn }: Swap, leastOut: bigint): bigint {
  if (amountIn <= 0n || leastOut <= 0n) return 0n;
  const limit = (leastOut << 80n) / amountIn;
  return limit > maxLimit ? 0n : limit;
}

/**
 * Returns the same for a pair that trades on x³y + y³x, in tokens of ten to the power of their decimals: its spot price is
 * (3r + r³) / (1 + 3r²) of the ratio r of its reserves in whole tokens, and rises with it.
 */
export function stableRatioLimitDown(
  { amountIn }: Swap,
  leastOut: bigint,
  [unitIn, unitOut]: readonly [bigint, bigint],
): bigint {
  if (amountIn <= 0n || leastOut <= 0n) return 0n;
  const [need, give] = [leastOut * unitIn, amountIn * unitOut];
  const whole = unitOut << 80n;
  /** Whether the spot price at a ratio is no more than what is needed. */
  const isAtMostNeeded = (ratio: bigint) => {
    const part = ratio * unitIn;
    return part * (3n * whole ** 2n + part ** 2n) * give <= whole * (whole ** 2n + 3n * part ** 2n) * need;
  };
  if (isAtMostNeeded(maxLimit + 1n)) return 0n;
  let [limit, above] = [0n, maxLimit + 1n];
  while (above - limit > 1n) {
    const middle = (limit + above) >> 1n;
    if (isAtMostNeeded(middle)) limit = middle;
    else above = middle;
  }
  return limit;
}

/** Returns the worst root of the price of token0 in token1, times 2^96; zero where it does not fit. */
export function rootPriceLimit({ tokenIn, tokenOut, amountIn }: Swap, leastOut: bigint): bigint {
  if (amountIn <= 0n || leastOut <= 0n) return 0n;
  const limit =
    BigInt(tokenIn) < BigInt(tokenOut)
      ? rootDown((leastOut << 192n) / amountIn)
      : rootDown((amountIn << 192n) / leastOut) + 1n;
  return limit > maxLimit ? 0n : limit;
}

/**
 * Returns the worst price of a base token in a quote token, in units of one for a unit of the other times `scale`, a
 * fraction; zero where it does not fit.
 */
export function basePriceLimit(
  { amountIn }: Swap,
  leastOut: bigint,
  sellsBase: boolean,
  [numerator, denominator]: readonly [bigint, bigint],
): bigint {
  if (amountIn <= 0n || leastOut <= 0n) return 0n;
  const limit = sellsBase
    ? (leastOut * numerator) / (amountIn * denominator)
    : (amountIn * numerator) / (leastOut * denominator) + 1n;
  return limit > maxLimit ? 0n : limit;
}

/** Returns the integer root, rounded down (Newton's method, from above). */
function rootDown(square: bigint): bigint {
  if (square < 2n) return square;
  let root = 1n << BigInt((square.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (root + square / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}
