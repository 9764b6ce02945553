import { formatUnits } from "ethers";
import { type NoTrade, noTrade } from "../domain/noTrade.ts";
import type { Snapshot } from "../domain/snapshot.ts";

export interface GateLimits {
  readonly maxBlockAgeSeconds: bigint;
  readonly sequencerGraceSeconds: bigint;
  readonly maxGasPriceWei: bigint;
}

/** Gas of a dear route: what the operator's ether has to pay for, at the block's base fee, before anything is sent. */
export const dearRouteGas = 1_500_000n;

/** Returns why nothing may be traded on this block, or undefined. */
export function gate(
  { block, sequencer, contract, wallet }: Snapshot,
  nowSeconds: bigint,
  { maxBlockAgeSeconds, sequencerGraceSeconds, maxGasPriceWei }: GateLimits,
): NoTrade | undefined {
  const age = nowSeconds - block.timestamp;
  if (age > maxBlockAgeSeconds) {
    return noTrade("stale-block", `block ${block.number} is ${age} s old, the limit is ${maxBlockAgeSeconds} s`);
  }
  if (sequencer === undefined) return noTrade("sequencer-down", "the sequencer uptime feed cannot be read");
  const since = block.timestamp - sequencer.since;
  if (!sequencer.up) return noTrade("sequencer-down", `the uptime feed reports an outage since ${since} s`);
  if (since < sequencerGraceSeconds) {
    return noTrade("sequencer-restarted", `up for ${since} s, trading begins after ${sequencerGraceSeconds} s`);
  }
  if (block.baseFeeWei > maxGasPriceWei) {
    const [price, limit] = [formatUnits(block.baseFeeWei, "gwei"), formatUnits(maxGasPriceWei, "gwei")];
    return noTrade("gas-price-above-limit", `the base fee is ${price} gwei, maxGasPriceGwei is ${limit}`);
  }
  if (contract === undefined) return noTrade("no-contract", "no contract that answers as FlashArbitrage is configured");
  if (wallet === undefined) return noTrade("no-contract", "no operator is configured: nobody can execute");
  if (contract.paused) return noTrade("contract-paused", "the owner has paused FlashArbitrage");
  if (!contract.isOperator) return noTrade("not-operator", "FlashArbitrage does not let this key execute");
  const needed = dearRouteGas * block.baseFeeWei;
  if (wallet.etherWei < needed) {
    return noTrade("gas-balance-too-low", `the operator holds ${wallet.etherWei} wei, a trade needs ${needed}`);
  }
  return undefined;
}
