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

/** The curve of a volatile pair: x·y = k. */
export function volatileCurve(terms: PairTerms, stateAfter: StateAfter): Curve<SolidlyState> {
  const { generation, fee } = terms;
  const [reserveIn, reserveOut, kept] = [Number(terms.reserveIn), Number(terms.reserveOut), keptShare(generation, fee)];
  const limitIn = generation === "camelotV2" ? largestCamelotReserve - reserveIn : Number.POSITIVE_INFINITY;
  const halfIn = reserveIn / kept;
  const quote = generation === "camelotV2" ? camelotQuoter(terms) : volatileQuoter(terms);
  const isTraded = reserveIn > 0 && reserveOut > 0;
  return {
    quote,
    after(amountIn) {
      return stateAfter(amountIn, quote(amountIn));
    },
    rate: isTraded ? (kept * reserveOut) / reserveIn : 0,
    limitIn,
    estimate(amountIn) {
      // Divided this way every step is monotone in floats too.
      return isTraded ? reserveOut / (1 + halfIn / Math.min(amountIn, limitIn)) : 0;
    },
    ...(isTraded && { product: { reserveIn, reserveOut, kept } }),
  };
}

/*
 * With reserves and input below `plainLimit` no intermediate result leaves 256 bits, and an output rounded down keeps x·y
 * from falling and y from emptying: what is left to do is the quote itself.
 */

function volatileQuoter(terms: PairTerms): (amountIn: bigint) => Quote {
  const { generation, fee, reserveIn, reserveOut } = terms;
  const denominator = feeDenominators[generation];
  const plainIn = isPlain(terms) ? plainLimit : -1n;
  return (amountIn) => {
    if (amountIn <= 0n) return noInput();
    if (amountIn > plainIn) return checkedSwap(terms, amountIn);
    const kept = amountIn - (amountIn * fee) / denominator;
    const amountOut = (kept * reserveOut) / (reserveIn + kept);
    return amountOut > 0n ? amountOut : checkedSwap(terms, amountIn);
  };
}

/** Camelot V2 floors the fee with the output, as Uniswap V2 does. */
function camelotQuoter(terms: PairTerms): (amountIn: bigint) => Quote {
  const { generation, fee, reserveIn, reserveOut } = terms;
  const denominator = feeDenominators[generation];
  const keptOfDenominator = denominator - fee;
  const scaledReserveIn = reserveIn * denominator;
  const plainIn = isPlain(terms) ? maxCamelotReserve - reserveIn : -1n;
  return (amountIn) => {
    if (amountIn <= 0n) return noInput();
    if (amountIn > plainIn) return checkedSwap(terms, amountIn);
    const kept = amountIn * keptOfDenominator;
    const amountOut = (kept * reserveOut) / (scaledReserveIn + kept);
    return amountOut > 0n ? amountOut : checkedSwap(terms, amountIn);
  };
}

function isPlain({ reserveIn, reserveOut }: PairTerms): boolean {
  return reserveIn > 0n && reserveIn <= plainLimit && reserveOut <= plainLimit;
}

/** Two such numbers and a factor of 100,000 fit into 256 bits. */
const plainLimit = 2n ** 119n;
