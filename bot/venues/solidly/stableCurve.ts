import type { Curve } from "../../domain/curve.ts";
import type { Quote } from "../../domain/quote.ts";
import { checkedSwap, noInput } from "./checkedSwap.ts";
import {
  feeDenominators,
  keptShare,
  largestCamelotReserve,
  maxCamelotReserve,
  type PairTerms,
  type SolidlyState,
  type StateAfter,
} from "./pool.ts";

/** The curve of a stable pair: x³y + y³x = k, in 18 decimals. */
export function stableCurve(terms: PairTerms, stateAfter: StateAfter): Curve<SolidlyState> {
  const { generation, fee, reserveIn, reserveOut, unitIn, unitOut } = terms;
  const [scaleIn, scaleOut] = [1e18 / Number(unitIn), 1e18 / Number(unitOut)];
  const [inAt, outAt] = [Number(reserveIn), Number(reserveOut)];
  const [x0, y0] = [inAt * scaleIn, outAt * scaleOut];
  const isTraded = x0 > 0 && y0 > 0;
  const keptScale = keptShare(generation, fee) * scaleIn;
  const spot = (y0 * (3 * x0 * x0 + y0 * y0)) / (x0 * (x0 * x0 + 3 * y0 * y0));
  const room = generation === "camelotV2" ? largestCamelotReserve - inAt : Number.POSITIVE_INFINITY;
  const limitIn = Math.min(fittingIn(x0, y0) / scaleIn, room);
  const solve = outputSolver(x0, y0);
  const quote = preparedAtFirst(() => stableQuoter(terms, x0, y0, solve));
  return {
    quote,
    after(amountIn) {
      return stateAfter(amountIn, quote(amountIn));
    },
    rate: isTraded ? (spot * keptScale) / scaleOut : 0,
    limitIn,
    estimate(amountIn) {
      return isTraded ? solve(Math.min(amountIn, limitIn) * keptScale) / scaleOut : 0;
    },
  };
}

/**
 * The input, in 18 decimals, up to which a pair's iteration stays within 256 bits: what fits beside the reserves, and for
 * pairs that are larger than that, what changes (x³y + xy³) / 10^36 by less.
 */
function fittingIn(x0: number, y0: number): number {
  const share = 2.5e111 / (x0 * y0 * (x0 * x0 + y0 * y0));
  return Math.max(1e28 - x0 - y0, x0 * Math.min(1, share));
}

type Quoter = (amountIn: bigint) => Quote;

/** Leaves the preparation to the first quote: many a curve is searched on and never quoted. */
function preparedAtFirst(prepare: () => Quoter): Quoter {
  let quoter: Quoter | undefined;
  return (amountIn) => {
    quoter ??= prepare();
    return quoter(amountIn);
  };
}

/**
 * Prepares quotes.
 *
 * Every generation looks for the least y that keeps k by Newton's method in floored integers, and every one ends at the
 * root r of the exact equation rounded up, unless r is so close to an integer that the floors decide. So the root is
 * found another way, from floats and one exact evaluation, and where it is not clear of the integers by more than the
 * floors can matter, `checkedSwap` takes the original's steps. See `clearance`.
 *
 * @param x0Float the reserve of the token that goes in, in 18 decimals
 * @param y0Float that of the token that comes out
 */
function stableQuoter(terms: PairTerms, x0Float: number, y0Float: number, solve: (scaledIn: number) => number): Quoter {
  const { generation, fee, reserveIn, reserveOut, unitIn, unitOut } = terms;
  const denominator = feeDenominators[generation];
  const [scaleIn, scaleOut] = [e18 / unitIn, e18 / unitOut];
  const [x0, y0] = [reserveIn * scaleIn, reserveOut * scaleOut];
  const clearIn = clearLimit(terms, x0, y0, scaleIn);
  const k = x0 * y0 * (x0 * x0 + y0 * y0);
  const hiddenInK = hiddenByFloors(x0Float, y0Float);

  return (amountIn) => {
    if (amountIn <= 0n) return noInput();
    if (amountIn > clearIn) return checkedSwap(terms, amountIn);
    const scaledIn = (amountIn - (amountIn * fee) / denominator) * scaleIn;
    const scaledInFloat = Number(scaledIn);
    const near = Math.round(solve(scaledInFloat));
    const [xFloat, yFloat] = [x0Float + scaledInFloat, y0Float - near];
    if (yFloat < y0Float * leastShareLeft) return checkedSwap(terms, amountIn);

    const x = x0 + scaledIn;
    const nearOut = BigInt(near);
    const y = y0 - nearOut;
    const slope = xFloat * (xFloat * xFloat + 3 * yFloat * yFloat);
    // From `y` to the root, downwards: a last step of Newton's method, whose numerator is exact.
    const step = Number(x * y * (x * x + y * y) - k) / slope;
    const wholeStep = Math.floor(step);
    const roundedUp = step - wholeStep;
    const clear = clearance(hiddenInK, xFloat, yFloat, slope, step);
    if (!(roundedUp > clear && roundedUp < 1 - clear)) return checkedSwap(terms, amountIn);
    const amountOut = (nearOut + BigInt(wholeStep)) / scaleOut;
    return amountOut > 0n ? amountOut : checkedSwap(terms, amountIn);
  };
}

/** Up to this input every condition holds on which the root alone decides; -1 where none does. In units. */
function clearLimit({ generation, reserveIn, unitIn, unitOut }: PairTerms, x0: bigint, y0: bigint, scaleIn: bigint) {
  // A token of more than 18 decimals loses digits in scaling.
  if (unitIn > e18 || unitOut > e18 || x0 === 0n || y0 === 0n) return -1n;
  const limit = (largestSum - x0 - y0) / scaleIn;
  const room = maxCamelotReserve - reserveIn;
  return generation === "camelotV2" && room < limit ? room : limit;
}

/**
 * How much x³y + y³x loses to the floors of the original, whichever way it computes it, times 10^36: at most ε = (s + 1)² + 1
 * with s = (x + y) / 10^18.
 */
function hiddenByFloors(x: number, y: number): number {
  const sum = (x + y) / 1e18 + 1;
  return (sum * sum + 1) * 1e54;
}

/**
 * How far the root must be from both integers beside it for the floors not to matter.
 *
 * What the floors hide is divided by the rise of x³y + y³x for each unit of y: once for k, of the old reserves, and once
 * each for the iteration's value, its stop and the pair's check of K, of the new ones. The derivative is floored too, which
 * lengthens a step from afar by at most 5 · 10^18 / x. The rest is the error of our own last step: its curvature and its
 * floats.
 */
function clearance(hiddenInK: number, x: number, y: number, slope: number, step: number): number {
  const hidden = hiddenInK + 3 * hiddenByFloors(x, y);
  return hidden / slope + 5e18 / x + 32 / y + (2 * step * step) / y + Math.abs(step) * 1e-12;
}

/**
 * Solves (x0 + in)³ (y0 - out) + (x0 + in) (y0 - out)³ = x0³ y0 + x0 y0³ for out in floats, without subtracting what is
 * nearly equal: for out itself while that is small beside y0, and for what is left of y0 when most of it goes.
 */
function outputSolver(x0: number, y0: number): (scaledIn: number) => number {
  const [squareX0, squareY0] = [x0 * x0, y0 * y0];
  const k = x0 * y0 * (squareX0 + squareY0);
  return (scaledIn) => {
    const x = x0 + scaledIn;
    const squareX = x * x;
    const linear = squareX + 3 * squareY0;
    const target = (scaledIn * y0 * (squareX + x * x0 + squareX0 + squareY0)) / x;
    const first = target / linear;
    let out = first + (3 * y0 * first * first) / linear;
    for (let round = 0; round < maxFloatRounds; round++) {
      const left = y0 - out;
      const change = (target - out * (linear + out * (out - 3 * y0))) / (squareX + 3 * left * left);
      out += change;
      if (!(Math.abs(change) > 1e-8 * out)) break;
    }
    if (out < 0.75 * y0) return out;
    // No larger y keeps k, so that the steps go down to the root.
    let left = Math.min(y0, k / (x * squareX));
    for (let round = 0; round < maxFloatRounds; round++) {
      const change = (left * (left * left + squareX) - k / x) / (3 * left * left + squareX);
      left -= change;
      if (!(Math.abs(change) > 1e-8 * left)) break;
    }
    return y0 - left;
  };
}

/** Steps of Newton's method from a distance shrink y by a third: these reach any root that is worth an estimate. */
const maxFloatRounds = 64;

const e18 = 10n ** 18n;

/** Of both reserves and the input, scaled: (x³y + xy³) / E² stays within 256 bits. */
const largestSum = 10n ** 28n;

/** A pair that is left with less of its reserve is computed in the original's steps. */
const leastShareLeft = 1e-3;
