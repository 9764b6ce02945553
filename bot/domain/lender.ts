import type { Address, LenderName, VenueName } from "../config/chains/chain.ts";
import type { Pool } from "../venues/venue.ts";
import { divideUp } from "./amount.ts";

/** What a lender offers of one token at one block. */
export interface LoanOffer {
  readonly lender: LenderName;
  /** The pool that lends; absent for a lender that is one contract, and for the operator. */
  readonly source?: Pool | undefined;
  readonly token: Address;
  /** The largest loan, in units of the token. */
  readonly available: bigint;
  /**
   * In the lender's own unit: 1e4 is one for Aave V3, 1e18 for Balancer V2, 1e6 for a pool with concentrated liquidity and
   * for a pair. The others charge nothing.
   */
  readonly feeRate: bigint;
  /** Why it is no more than that, where a setting bounds it. */
  readonly boundedBy?: string;
}

const locks: Partial<Record<LenderName, readonly VenueName[]>> = {
  // The vault's flashLoan and swap share one reentrancy lock (BAL#400).
  balancerV2: ["balancer"],
};

/** Returns whether a lender's lock covers a hop through this pool, so that it cannot finance the route. */
export function conflictsWith({ lender, source }: Pick<LoanOffer, "lender" | "source">, pool: Pool): boolean {
  // A pool is locked while it waits for what it lent.
  return source?.address === pool.address || (locks[lender]?.includes(pool.venue) ?? false);
}

/** Returns whether a lender's lock can cover a hop at all. */
export function hasLock({ lender, source }: Pick<LoanOffer, "lender" | "source">): boolean {
  return source !== undefined || locks[lender] !== undefined;
}

const million = 1_000_000n;

/**
 * Returns the fee on a loan of at least one unit, in units of the token, rounded as the lender rounds.
 *
 * - Aave V3: `percentMul` in basis points, half up (PercentageMath.sol)
 * - Balancer V2: `mulUp` of 1e18 (FlashLoans.sol)
 * - a pool with concentrated liquidity: `mulDivRoundingUp` of a million (UniswapV3Pool.sol, AlgebraPool.sol)
 * - a pair: the least that its invariant takes for what went out, because it counts its fee on what comes in
 */
export function loanFee(offer: Pick<LoanOffer, "lender" | "feeRate" | "source">, amount: bigint): bigint {
  switch (offer.lender) {
    case "aaveV3":
      return (amount * offer.feeRate + 5_000n) / 10_000n;
    case "balancerV2":
      return divideUp(amount * offer.feeRate, 10n ** 18n);
    case "concentratedFlash":
      return divideUp(amount * offer.feeRate, million);
    case "pairFlash":
      return inputFor(offer, amount) - amount;
    case "morphoBlue":
    case "operator":
    case "dodoFlash":
    case "balancerV3":
      return 0n;
  }
}

/** Returns the least input of which a pair keeps at least `amount` after its fee. */
function inputFor({ feeRate, source }: Pick<LoanOffer, "feeRate" | "source">, amount: bigint): bigint {
  const kept = million - feeRate;
  // The pairs of Solidly and Camelot V2 round their fee down to whole units: the input less the fee is rounded up.
  if (source?.venue === "solidly") return ((amount - 1n) * million) / kept + 1n;
  // Those of Uniswap V2 compare the products themselves.
  return divideUp(amount * million, kept);
}

/** Returns the fee on a loan as a share of the amount, for estimates. */
export function feeShare({ lender, feeRate }: Pick<LoanOffer, "lender" | "feeRate">): number {
  switch (lender) {
    case "aaveV3":
      return Number(feeRate) / 1e4;
    case "balancerV2":
      return Number(feeRate) / 1e18;
    case "concentratedFlash":
      return Number(feeRate) / 1e6;
    case "pairFlash":
      return Number(feeRate) / Number(million - feeRate);
    case "morphoBlue":
    case "operator":
    case "dodoFlash":
    case "balancerV3":
      return 0;
  }
}
