import type { NoTrade } from "../domain/noTrade.ts";
import type { RiskRecords } from "../ledger/risk.ts";
import { isDegrading, refusalOf } from "./state.ts";

export interface WatchOptions {
  /** How many blocks in a row have to be sound before DEGRADED ends. */
  readonly recoverBlocks: number;
  /** Whether what is seen changes the state: a bot that sends nothing does not speak for one that does. */
  readonly live: boolean;
}

/**
 * Creates the function that takes every block in: `unsound` is what stands against trading on it, if anything does. It
 * keeps the state in the ledger, and returns why that state lets nothing be sent, or undefined. What another process has
 * set since the last block, as `bot pause` does, is seen here.
 */
export function createWatch(records: RiskRecords, { recoverBlocks, live }: WatchOptions) {
  let sound = 0;
  let lastBlock: bigint | undefined;

  return (block: bigint | undefined, unsound: NoTrade | undefined, nowSeconds: bigint): NoTrade | undefined => {
    if (!live) {
      const state = records.state();
      return state.state === "DEGRADED" ? undefined : refusalOf(state);
    }
    const reason = unsound?.noTrade;
    if (unsound !== undefined && reason !== undefined && isDegrading(reason)) {
      sound = 0;
      return refusalOf(records.change({ kind: "degrade", who: "gate", reason, detail: unsound.detail }, nowSeconds));
    }
    if (block !== lastBlock) sound += 1;
    lastBlock = block;
    const state = records.state();
    if (state.state !== "DEGRADED" || sound < recoverBlocks) return refusalOf(state);
    const detail = `${sound} sound blocks in a row, recoverBlocks is ${recoverBlocks}`;
    return refusalOf(records.change({ kind: "recover", who: "gate", reason: "healthy", detail }, nowSeconds));
  };
}
