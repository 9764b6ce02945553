import { divDownFixed, mulDownFixed, mulUpFixed, ONE } from "./fixedPoint.ts";
import type { FormulaCurve } from "./formula.ts";
import { powUp } from "./power.ts";
import { BalancerRevert, balancerErrors } from "./revert.ts";

/** A weighted pool takes at most this share of its balance in one swap. */
const maxInRatio = (3n * ONE) / 10n;

/** The largest relative error of a power that is taken by logarithm, which the pool keeps. */
const powerError = 1e-14;

/** One token's side of a weighted pool. */
export interface WeightedSide {
  /** In units of the token; at most 112 bits. */
  readonly balance: bigint;
  /** With 18 decimals. */
  readonly weight: bigint;
  /** A power of ten from 18 to 36. */
  readonly scalingFactor: bigint;
}

/**
 * Prepares balanceOut · (1 − (balanceIn / (balanceIn + amountIn)) ^ (weightIn / weightOut)). Rounds down: the fee, the base
 * and the power round up, the exponent rounds down.
 *
 * The pool computes with 18 decimals. Its scaling factors are powers of ten, which leave the base's fraction and the floor
 * of the product as they are, so that everything here is in units.
 */
export function weightedCurve(
  tokenIn: WeightedSide,
  tokenOut: WeightedSide,
  swapFeePercentage: bigint,
  rules: { readonly shortcuts: boolean },
): FormulaCurve {
  const { shortcuts } = rules;
  const [balanceIn, balanceOut] = [tokenIn.balance, tokenOut.balance];
  const scaleIn = tokenIn.scalingFactor / ONE;
  const maxAfterFee = mulDownFixed(balanceIn * scaleIn, maxInRatio) / scaleIn;
  const exponent = divDownFixed(tokenIn.weight, tokenOut.weight);
  const dividend = balanceIn * ONE - 1n;

  function payoutDown(amountIn: bigint): bigint {
    const afterFee = amountIn - (amountIn * swapFeePercentage + ONE - 1n) / ONE;
    if (afterFee > maxAfterFee) throw tooMuch(amountIn);
    if (balanceIn === 0n) throw new BalancerRevert(balancerErrors.zeroDivision);
    const base = dividend / (balanceIn + afterFee) + 1n;
    const power = powUp(base, exponent, rules);
    return power < ONE ? (balanceOut * (ONE - power)) / ONE : 0n;
  }

  /** An amount that overflows on the way to the comparison has a code of its own. */
  function tooMuch(amountIn: bigint): BalancerRevert {
    try {
      mulDownFixed(amountIn - mulUpFixed(amountIn, swapFeePercentage), tokenIn.scalingFactor);
    } catch (error) {
      if (error instanceof BalancerRevert) return error;
      throw error;
    }
    return new BalancerRevert(balancerErrors.maxInRatio);
  }

  const kept = 1 - Number(swapFeePercentage) / Number(ONE);
  const [floatIn, floatOut] = [Number(balanceIn), Number(balanceOut)];
  const depth = floatIn / kept;
  // A little less, for the roundings of these floats.
  const limitIn = (Number(maxAfterFee) / kept) * (1 - 1e-15);
  if (shortcuts && exponent === ONE) {
    return {
      payoutDown,
      rate: limitIn === 0 ? 0 : floatOut / depth,
      limitIn,
      estimate: (amountIn) => (limitIn === 0 ? 0 : floatOut / (1 + depth / Math.min(amountIn, limitIn))),
      product: { reserveIn: floatIn, reserveOut: floatOut, kept },
    };
  }
  const floatExponent = Number(exponent) / Number(ONE);
  const margin = shortcuts && (exponent === 2n * ONE || exponent === 4n * ONE) ? 0 : powerError;
  return {
    payoutDown,
    rate: limitIn === 0 ? 0 : (floatExponent * floatOut) / depth,
    limitIn,
    estimate(amountIn) {
      if (limitIn === 0) return 0;
      const share = -Math.expm1(-floatExponent * Math.log1p(Math.min(amountIn, limitIn) / depth));
      return floatOut * Math.max(0, share - margin * (1 - share));
    },
  };
}
