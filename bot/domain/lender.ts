import type { Address, LenderName, VenueName } from "../config/chains/chain.ts";
import { divideUp } from "./amount.ts";

/** What a lender offers of one token at one block. */
export interface LoanOffer {
  readonly lender: LenderName;
  /** The pool that lends; absent for a lender that is one contract, and for the operator. */
  readonly source?: Address | undefined;
  readonly token: Address;
  /** The largest loan, in units of the token. */
  readonly available: bigint;
  /** In the lender's own unit: 1e4 is one for Aave V3, 1e18 for Balancer V2. The others charge nothing. */
  readonly feeRate: bigint;
  /** Why it is no more than that, where a setting bounds it. */
  readonly boundedBy?: string;
}

const locks: Partial<Record<LenderName, readonly VenueName[]>> = {
  // The vault's flashLoan and swap share one reentrancy lock (BAL#400).
  balancerV2: ["balancer"],
};

/** Returns whether a lender's lock covers a hop of this venue, so that it cannot finance the route. */
export function conflictsWith(lender: LenderName, venue: VenueName): boolean {
  return locks[lender]?.includes(venue) ?? false;
}

/**
 * Returns the fee on a loan, in units of the token, rounded as the lender rounds.
 *
 * Aave V3: `percentMul` in basis points, half up (PercentageMath.sol). Balancer V2: `mulUp` of 1e18 (FlashLoans.sol).
 */
export function loanFee(offer: Pick<LoanOffer, "lender" | "feeRate">, amount: bigint): bigint {
  switch (offer.lender) {
    case "aaveV3":
      return (amount * offer.feeRate + 5_000n) / 10_000n;
    case "balancerV2":
      return divideUp(amount * offer.feeRate, 10n ** 18n);
    case "morphoBlue":
    case "operator":
      return 0n;
  }
}

/** Returns the fee on a loan as a share of the amount, for estimates. */
export function feeShare({ lender, feeRate }: Pick<LoanOffer, "lender" | "feeRate">): number {
  switch (lender) {
    case "aaveV3":
      return Number(feeRate) / 1e4;
    case "balancerV2":
      return Number(feeRate) / 1e18;
    case "morphoBlue":
    case "operator":
      return 0;
  }
}
