import { add, mulUpFixed, ONE } from "./fixedPoint.ts";
import { BalancerRevert, balancerErrors } from "./revert.ts";

/*
 * x^y = e^(y · ln x), computed with truncating signed integers in the pools' order of operations: the result of every
 * step is part of the price, so none of it may be simplified.
 */

const E18 = ONE;
const E20 = 10n ** 20n;
const E36 = 10n ** 36n;

/** `x` with 18 decimals, e^x without decimals: the two powers too large for 20 decimals. */
const integerPowers = [
  { x: 128n * E18, power: 38877084059945950922200000000000000000000000000000000000n },
  { x: 64n * E18, power: 6235149080811616882910000000n },
] as const;

/** `x` = 32, 16 … 1/16 with 18 decimals and e^x with 20 decimals. */
const powers = [
  { x: 32n * E18, power: 7896296018268069516100000000000000n },
  { x: 16n * E18, power: 888611052050787263676000000n },
  { x: 8n * E18, power: 298095798704172827474000n },
  { x: 4n * E18, power: 5459815003314423907810n },
  { x: 2n * E18, power: 738905609893065022723n },
  { x: E18, power: 271828182845904523536n },
  { x: E18 / 2n, power: 164872127070012814685n },
  { x: E18 / 4n, power: 128402541668774148407n },
  { x: E18 / 8n, power: 113314845306682631683n },
  { x: E18 / 16n, power: 106449445891785942956n },
] as const;

/** The exponential stops at x = 1/4, below which its series is exact enough. */
const powersOfExp = powers.slice(0, 8);
const smallestOfExp = E18 / 4n;

/** n with 18 decimals for the terms of the exponential's series from the second on: each fits a machine word. */
const divisorsOfExp = Array.from({ length: 11 }, (_, index) => BigInt(index + 2) * E18);

/** The odd numbers that the terms of a logarithm's series are divided by. */
const [oddTo11, oddTo15] = [
  [3n, 5n, 7n, 9n, 11n],
  [3n, 5n, 7n, 9n, 11n, 13n, 15n],
] as const;

const maxExponent = 130n * E18;
const minExponent = -41n * E18;
/** Keeps y · ln x within 256 bits. */
const exponentBound = 2n ** 254n / E20;

/** Within this distance of 1 the logarithm is taken with 36 decimals. */
const [lowerNearOne, upperNearOne] = [E18 - E18 / 10n, E18 + E18 / 10n];

/**
 * Returns x^y plus the largest possible error, for fixed point numbers with 18 decimals. Rounds up.
 *
 * @param shortcuts whether exponents 1, 2 and 4 are multiplied out, which pools built since 2022 do
 * @throws {BalancerRevert} BAL#007 or BAL#008 when the exponent or the result is out of bounds
 */
export function powUp(x: bigint, y: bigint, { shortcuts }: { readonly shortcuts: boolean }): bigint {
  if (shortcuts) {
    if (y === ONE) return x;
    if (y === 2n * ONE) return mulUpFixed(x, x);
    if (y === 4n * ONE) {
      const square = mulUpFixed(x, x);
      return mulUpFixed(square, square);
    }
  }
  const raw = pow(x, y);
  // The relative error of `pow` is at most 1e-14.
  return add(raw, add(mulUpFixed(raw, 10_000n), 1n));
}

function pow(x: bigint, y: bigint): bigint {
  if (y === 0n) return E18;
  if (x === 0n) return 0n;
  if (y >= exponentBound) throw new BalancerRevert(balancerErrors.exponentOutOfBounds);
  const exponent = timesLn(y, x) / E18;
  if (exponent < minExponent || exponent > maxExponent) throw new BalancerRevert(balancerErrors.productOutOfBounds);
  return exp(exponent);
}

/** Returns y · ln(x) with 36 decimals. */
function timesLn(y: bigint, x: bigint): bigint {
  if (x <= lowerNearOne || x >= upperNearOne) return ln(x) * y;
  const ln36 = lnNearOne(x);
  // In two halves of 18 decimals each, as the whole product may exceed 256 bits.
  const high = ln36 / E18;
  return high * y + ((ln36 - high * E18) * y) / E18;
}

/** Returns e^x, both with 18 decimals. */
function exp(x: bigint): bigint {
  if (x < 0n) return E36 / exp(-x);
  let rest = x;
  let integerFactor = 1n;
  let product = E20;
  if (rest >= smallestOfExp) {
    // 128 and 64 together exceed `maxExponent`, so at most one of them applies.
    for (const { x: xn, power } of integerPowers) {
      if (rest >= xn) {
        rest -= xn;
        integerFactor *= power;
      }
    }
    for (const { x: xn, power } of powersOfExp) {
      if (rest >= xn) {
        rest -= xn;
        product = (product * power) / E20;
      }
    }
  }
  // Terms and sum have 20 decimals. The pools divide by 1e20 and then by n, which floors to the same as once by both.
  let term = rest * 100n;
  let series = E20 + term;
  for (const divisor of divisorsOfExp) {
    term = (term * rest) / divisor;
    if (term === 0n) break;
    series += term;
  }
  return (((product * series) / E20) * integerFactor) / 100n;
}

/** Returns ln(x), both with 18 decimals. */
function ln(x: bigint): bigint {
  if (x < E18) return -ln(E36 / x);
  let rest = x;
  let sum = 0n;
  for (const { x: xn, power } of integerPowers) {
    if (rest >= power * E18) {
      rest /= power;
      sum += xn;
    }
  }
  rest *= 100n;
  sum *= 100n;
  for (const { x: xn, power } of powers) {
    if (rest >= power) {
      rest = (rest * E20) / power;
      sum += xn * 100n;
    }
  }
  return (sum + lnSeries(((rest - E20) * E20) / (rest + E20), E20, oddTo11)) / 100n;
}

/** Returns ln(x) with 36 decimals for an x with 18 decimals between 0.9 and 1.1. */
function lnNearOne(x: bigint): bigint {
  // The pools bring x to 36 decimals first, which makes dividend and divisor larger by the same factor.
  return lnSeries(((x - E18) * E36) / (x + E18), E36, oddTo15);
}

/** Returns 2 · (z + z³/3 + … ), the last term being that of the last odd number, all in units of `one`. */
function lnSeries(z: bigint, one: bigint, odd: readonly bigint[]): bigint {
  const zSquared = (z * z) / one;
  let power = z;
  let series = z;
  for (const n of odd) {
    power = (power * zSquared) / one;
    if (power === 0n) break;
    series += power / n;
  }
  return 2n * series;
}
