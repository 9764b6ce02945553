import type { LedgerTransaction } from "./audit.ts";

/** From seeing a block to handing the transaction that answers it to the node. */
export interface Latency {
  readonly count: number;
  readonly medianMs: number | undefined;
  readonly p99Ms: number | undefined;
}

/** Measures what was sent from `fromMs` to before `toMs`. */
export function latencyOf(transactions: readonly LedgerTransaction[], fromMs: number, toMs: number): Latency {
  const taken = transactions
    .flatMap(({ purpose, seenAtMs, sentAtMs }) => {
      if (purpose !== "order" || seenAtMs === undefined || sentAtMs === undefined) return [];
      return sentAtMs >= fromMs && sentAtMs < toMs ? [sentAtMs - seenAtMs] : [];
    })
    .sort((a, b) => a - b);
  return { count: taken.length, medianMs: quantile(taken, 50), p99Ms: quantile(taken, 99) };
}

/** Returns the smallest value that so many percent of the sorted values do not exceed. */
export function quantile(sorted: readonly number[], percent: number): number | undefined {
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)];
}
