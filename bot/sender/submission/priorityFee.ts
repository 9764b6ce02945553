import { lesser } from "../../domain/amount.ts";

/** How much of what an order leaves is offered for its place in the block. */
export interface BidLimits {
  /** In hundredths of a percent of what is left after all other costs. */
  readonly bidShareBps: bigint;
  /** For a unit of gas. */
  readonly maxBidWei: bigint;
}

/**
 * Returns what an order bids for a unit of gas on top of the base fee, in wei: a share of its net profit, spread over its
 * gas, rounded down. Where blocks are ordered by priority fee, whoever bids more comes first; all of it counts as a cost.
 */
export function bidWei(
  netUsdE8: bigint,
  gas: bigint,
  etherPriceE8: bigint,
  { bidShareBps, maxBidWei }: BidLimits,
): bigint {
  if (netUsdE8 <= 0n || gas === 0n) return 0n;
  const shareWei = (netUsdE8 * bidShareBps * 10n ** 18n) / (10_000n * etherPriceE8);
  return lesser(shareWei / gas, maxBidWei);
}
