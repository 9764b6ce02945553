import type { SolidlyGeneration } from "../../config/chains/chain.ts";
import { type Quote, type Refusal, type RefusalReason, refuse } from "../../domain/quote.ts";
import { feeDenominators, maxCamelotReserve, type PairTerms } from "./pool.ts";

/**
 * Quotes a swap as the router and the pair compute it on the chain: every operation in the width and in the order of the
 * original, then the checks of the pair's `swap`. It holds for any state and any amount.
 */
export function checkedSwap(terms: PairTerms, amountIn: bigint): Quote {
  const { generation, reserveIn, reserveOut } = terms;
  const { reasons, checks } = rules[generation];
  try {
    const amountOut = amountOutDown(terms, amountIn);
    if (amountOut === 0n) return refuse("zero-output", reasons.zeroOutput);
    if (reserveIn === 0n || amountOut >= reserveOut) {
      const detail = `${amountOut} of ${reserveOut} would have to come out, with ${reserveIn} of the other token inside`;
      return refuse("insufficient-liquidity", `${reasons.liquidity}: ${detail}`);
    }
    const before = invariant(checks, terms, reserveIn, reserveOut);
    // The fee counts for nothing in K: it has left the pair, or the pair subtracts it.
    const after = invariant(checks, terms, checks.add(reserveIn, keptDown(terms, amountIn)), reserveOut - amountOut);
    if (after < before) return refuse("invariant", `${reasons.invariant}: ${after} after the swap, ${before} before`);
    if (generation === "camelotV2" && reserveIn + amountIn > maxCamelotReserve) {
      return refuse("over-limit", `CamelotPair: OVERFLOW: reserves are at most ${maxCamelotReserve}`);
    }
    return amountOut;
  } catch (error) {
    if (error instanceof PairRevert) return refuse(error.refused, error.message);
    throw error;
  }
}

export function noInput(): Refusal {
  return refuse("zero-amount", "no input buys nothing");
}

/** What the fee leaves of the input. */
function keptDown({ generation, fee }: PairTerms, amountIn: bigint): bigint {
  return amountIn - rules[generation].checks.mul(amountIn, fee) / feeDenominators[generation];
}

/** The pair's `getAmountOut`. */
function amountOutDown(terms: PairTerms, amountIn: bigint): bigint {
  const { generation, stable, fee, reserveIn, reserveOut } = terms;
  const { checks } = rules[generation];
  if (stable) return stableOutDown(terms, keptDown(terms, amountIn));
  if (generation !== "camelotV2") {
    const kept = keptDown(terms, amountIn);
    return checks.div(checks.mul(kept, reserveOut), checks.add(reserveIn, kept));
  }
  // Camelot V2 computes its volatile quote as Uniswap V2 does: the fee is floored with the output, not before.
  const denominator = feeDenominators[generation];
  const kept = checks.mul(amountIn, denominator - fee);
  return checks.div(checks.mul(kept, reserveOut), checks.add(checks.mul(reserveIn, denominator), kept));
}

function stableOutDown(terms: PairTerms, kept: bigint): bigint {
  const { generation, reserveIn, reserveOut, unitIn, unitOut } = terms;
  const { solving, checks, solveY } = rules[generation];
  const k = invariant(checks, terms, reserveIn, reserveOut);
  const x = solving.mul(reserveIn, e18) / unitIn;
  const y = solving.mul(reserveOut, e18) / unitOut;
  const scaledIn = solving.mul(kept, e18) / unitIn;
  const scaledOut = solving.sub(y, solveY(solving, solving.add(scaledIn, x), k, y));
  return solving.mul(scaledOut, unitOut) / e18;
}

/** x·y in units of the tokens, or x³y + y³x in 18 decimals. */
function invariant(checks: Arithmetic, { stable, unitIn, unitOut }: PairTerms, x: bigint, y: bigint): bigint {
  if (!stable) return checks.mul(x, y);
  return scaledInvariant(checks, checks.mul(x, e18) / unitIn, checks.mul(y, e18) / unitOut);
}

function scaledInvariant({ mul, add }: Arithmetic, x: bigint, y: bigint): bigint {
  const squares = add(mul(x, x) / e18, mul(y, y) / e18);
  return mul(mul(x, y) / e18, squares) / e18;
}

/** Finds y with x³y + y³x = k, all in 18 decimals, from the old y. */
type SolveY = (arithmetic: Arithmetic, x: bigint, k: bigint, start: bigint) => bigint;

/** Ends at a step of at most 1, or where 255 rounds have led. */
const solveYUntilStill: SolveY = ({ mul, add, sub, div }, x, k, start) => {
  const cubeX = mul(mul(x, x) / e18, x) / e18;
  let y = start;
  for (let round = 0; round < maxRounds; round++) {
    const squareY = mul(y, y) / e18;
    const reached = add(mul(x, mul(squareY, y) / e18) / e18, mul(cubeX, y) / e18);
    const slope = add(mul(mul(3n, x), squareY) / e18, cubeX);
    const next = reached < k ? add(y, div(mul(k - reached, e18), slope)) : sub(y, div(mul(reached - k, e18), slope));
    const step = next > y ? next - y : y - next;
    y = next;
    if (step <= 1n) break;
  }
  return y;
};

/** Ends at the least y that reaches k; a step that floors to 0 elsewhere counts as 1. */
const solveYToTheLeast: SolveY = (arithmetic, x, k, start) => {
  const { mul, add, sub, div } = arithmetic;
  const cubeX = mul(mul(x, x) / e18, x) / e18;
  let y = start;
  for (let round = 0; round < maxRounds; round++) {
    const reached = scaledInvariant(arithmetic, x, y);
    const slope = () => add(mul(mul(3n, x), mul(y, y) / e18) / e18, cubeX);
    if (reached < k) {
      const step = div(mul(k - reached, e18), slope());
      if (step === 0n && scaledInvariant(arithmetic, x, add(y, 1n)) > k) return y + 1n;
      y = add(y, step === 0n ? 1n : step);
    } else {
      const step = div(mul(reached - k, e18), slope());
      if (step === 0n && (reached === k || scaledInvariant(arithmetic, x, sub(y, 1n)) < k)) return y;
      y = sub(y, step === 0n ? 1n : step);
    }
  }
  throw new PairRevert("invariant", "!y");
};

const e18 = 10n ** 18n;
const maxRounds = 255;

/** Integers of 256 bits, and what becomes of those that leave them. */
interface Arithmetic {
  add(a: bigint, b: bigint): bigint;
  sub(a: bigint, b: bigint): bigint;
  mul(a: bigint, b: bigint): bigint;
  div(a: bigint, b: bigint): bigint;
}

/** Thrown when the router or the pair reverts within the arithmetic. The message begins with their reason. */
class PairRevert extends Error {
  readonly refused: RefusalReason;

  constructor(refused: RefusalReason, message: string) {
    super(message);
    this.refused = refused;
  }
}

const maxUint256 = 2n ** 256n - 1n;

function fit(value: bigint, reason: string): bigint {
  if (value < 0n || value > maxUint256) throw new PairRevert("invariant", reason);
  return value;
}

/** Solidity 0.8. */
const panicking: Arithmetic = {
  add: (a, b) => fit(a + b, "Panic(0x11): addition beyond 256 bits"),
  sub: (a, b) => fit(a - b, "Panic(0x11): subtraction below 0"),
  mul: (a, b) => fit(a * b, "Panic(0x11): multiplication beyond 256 bits"),
  div(a, b) {
    if (b === 0n) throw new PairRevert("invariant", "Panic(0x12): division by zero");
    return a / b;
  },
};

/** Solidity 0.5 without a library. */
const wrapping: Arithmetic = {
  add: (a, b) => BigInt.asUintN(256, a + b),
  sub: (a, b) => BigInt.asUintN(256, a - b),
  mul: (a, b) => BigInt.asUintN(256, a * b),
  div(a, b) {
    // The opcode carries no reason, and takes all gas.
    if (b === 0n) throw new PairRevert("invariant", "invalid opcode: division by zero");
    return a / b;
  },
};

/** Solidity 0.5 with the SafeMath of DappHub. */
const dsMath: Arithmetic = {
  add: (a, b) => fit(a + b, "ds-math-add-overflow"),
  sub: (a, b) => fit(a - b, "ds-math-sub-underflow"),
  mul: (a, b) => fit(a * b, "ds-math-mul-overflow"),
  div: wrapping.div,
};

/** How a generation computes, and the reasons of its pairs' `swap`. */
interface Rules {
  /** The arithmetic of the fee, of K and of volatile quotes. */
  readonly checks: Arithmetic;
  /** The arithmetic in which a stable pair solves for y. */
  readonly solving: Arithmetic;
  readonly solveY: SolveY;
  readonly reasons: { readonly zeroOutput: string; readonly liquidity: string; readonly invariant: string };
}

const rules: Readonly<Record<SolidlyGeneration, Rules>> = {
  solidly: {
    checks: panicking,
    solving: panicking,
    solveY: solveYUntilStill,
    reasons: { zeroOutput: "IOA", liquidity: "IL", invariant: "K" },
  },
  velodromeV2: {
    checks: panicking,
    solving: panicking,
    solveY: solveYToTheLeast,
    reasons: { zeroOutput: "InsufficientOutputAmount", liquidity: "InsufficientLiquidity", invariant: "K" },
  },
  camelotV2: {
    checks: dsMath,
    solving: wrapping,
    solveY: solveYUntilStill,
    reasons: {
      zeroOutput: "CamelotPair: INSUFFICIENT_OUTPUT_AMOUNT",
      liquidity: "CamelotPair: INSUFFICIENT_LIQUIDITY",
      invariant: "CamelotPair: K",
    },
  },
};
