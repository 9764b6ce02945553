import { lesser } from "../domain/amount.ts";

/** What a transaction offers for a unit of gas, of EIP-1559. */
export interface Fees {
  readonly maxFeePerGasWei: bigint;
  readonly maxPriorityFeePerGasWei: bigint;
}

export interface FeeLimits {
  readonly tipWei: bigint;
  readonly maxGasPriceWei: bigint;
}

/** Returns what a first transaction offers: room for a base fee that doubles, within the limit. */
export function firstFees(baseFeeWei: bigint, { tipWei, maxGasPriceWei }: FeeLimits): Fees {
  const maxFeePerGasWei = lesser(baseFeeWei * 2n + tipWei, maxGasPriceWei);
  return { maxFeePerGasWei, maxPriorityFeePerGasWei: lesser(tipWei, maxFeePerGasWei) };
}

/**
 * Raises fees so that a node takes them in place of every earlier transaction of the nonce: by an eighth at least, each of
 * the two, rounded up (nodes ask for a tenth). Returns undefined where that is above the limit.
 */
export function feesAbove(fees: Fees, earlier: readonly Fees[], maxGasPriceWei: bigint): Fees | undefined {
  const above = (fee: bigint, others: readonly bigint[]) =>
    others.reduce((highest, other) => (raised(other) > highest ? raised(other) : highest), fee);
  const maxPriorityFeePerGasWei = above(
    fees.maxPriorityFeePerGasWei,
    earlier.map((other) => other.maxPriorityFeePerGasWei),
  );
  const least = above(
    fees.maxFeePerGasWei,
    earlier.map((other) => other.maxFeePerGasWei),
  );
  const maxFeePerGasWei = least > maxPriorityFeePerGasWei ? least : maxPriorityFeePerGasWei;
  return maxFeePerGasWei > maxGasPriceWei ? undefined : { maxFeePerGasWei, maxPriorityFeePerGasWei };
}

/** Returns nine eighths, rounded up, and at least one more. */
function raised(fee: bigint): bigint {
  const eighthMore = (fee * 9n + 7n) / 8n;
  return eighthMore > fee ? eighthMore : fee + 1n;
}
