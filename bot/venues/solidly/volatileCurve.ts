import { type Quote, refuse } from "../../domain/quote.ts";
import { checkedSwap } from "./checkedSwap.ts";
import { feeDenominators, maxCamelotReserve, type PairCurve, type PairTerms } from "./pool.ts";

/**
 * The curve of a volatile pair: x·y = k.
 *
 * With reserves and input below `plainLimit` no intermediate result leaves 256 bits, and an output rounded down keeps
 * x·y from falling and y from emptying: what is left to do is the quote itself.
 */
export function volatileCurve(terms: PairTerms): PairCurve {
  const { generation, fee, reserveIn, reserveOut } = terms;
  const denominator = feeDenominators[generation];
  const isCamelot = generation === "camelotV2";
  const largestIn = isCamelot ? maxCamelotReserve - reserveIn : plainLimit;
  const plainIn = reserveIn > 0n && reserveIn <= plainLimit && reserveOut <= plainLimit ? largestIn : -1n;

  const keptOfDenominator = denominator - fee;
  const scaledReserveIn = reserveIn * denominator;
  const amountOutDown = isCamelot
    ? (amountIn: bigint) => {
        const kept = amountIn * keptOfDenominator;
        return (kept * reserveOut) / (scaledReserveIn + kept);
      }
    : (amountIn: bigint) => {
        const kept = amountIn - (amountIn * fee) / denominator;
        return (kept * reserveOut) / (reserveIn + kept);
      };

  function quote(amountIn: bigint): Quote {
    if (amountIn <= 0n) return refuse("zero-amount", "no input buys nothing");
    if (amountIn > plainIn) return checkedSwap(terms, amountIn);
    const amountOut = amountOutDown(amountIn);
    return amountOut > 0n ? amountOut : checkedSwap(terms, amountIn);
  }

  const kept = Number(keptOfDenominator) / Number(denominator);
  const [inAt, outAt] = [Number(reserveIn), Number(reserveOut)];
  const isTraded = inAt > 0 && outAt > 0;
  const limitIn = isCamelot ? Number(largestIn) : Number.POSITIVE_INFINITY;
  const product = isTraded ? { reserveIn: inAt, reserveOut: outAt, kept } : undefined;
  const halfIn = inAt / kept;
  return {
    quote,
    rate: isTraded ? (kept * outAt) / inAt : 0,
    limitIn,
    // Divided this way every step is monotone in floats too.
    estimate: (amountIn) => (isTraded ? outAt / (1 + halfIn / Math.min(amountIn, limitIn)) : 0),
    ...(product && { product }),
  };
}

/** Twice its 127 bits, and a factor of 10,000, fit into 256. */
const plainLimit = 2n ** 120n;
