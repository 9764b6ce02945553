import { formatUsd } from "../domain/amount.ts";
import { type NoTrade, noTrade } from "../domain/noTrade.ts";
import type { Ledger } from "../ledger/ledger.ts";

export interface RiskLimits {
  readonly maxLossesInARow: number;
  /** In hundredths of a percent of the wallet's value when the day began. */
  readonly maxDailyLossBps: bigint;
}

const dayFormat = (seconds: bigint) => new Date(Number(seconds) * 1_000).toISOString().slice(0, 10);

/**
 * Returns why trading has to stop, or undefined. A limit stands until the operator acknowledges it (`--acknowledge-losses`):
 * it is computed from the ledger's trades, so that a restart does not lift it. Days are UTC.
 */
export function checkRisk(
  ledger: Ledger,
  { maxLossesInARow, maxDailyLossBps }: RiskLimits,
  nowSeconds: bigint,
  walletValueUsdE8: bigint,
): NoTrade | undefined {
  const acknowledgedAt = ledger.risk.lossesAcknowledgedAt();
  const results = ledger.transactions.results(acknowledgedAt);
  const firstGain = results.findIndex(({ netUsdE8 }) => netUsdE8 >= 0n);
  const streak = firstGain === -1 ? results.length : firstGain;
  if (streak >= maxLossesInARow) {
    return noTrade("loss-streak", `${streak} losses in a row, the limit is ${maxLossesInARow}: ${remedy}`);
  }

  const day = dayFormat(nowSeconds);
  const start = ledger.risk.valueAtDayStart(day, walletValueUsdE8);
  const today = results.filter(({ atSeconds }) => dayFormat(atSeconds) === day);
  const lost = -today.reduce((sum, { netUsdE8 }) => sum + netUsdE8, 0n);
  const limit = (start * maxDailyLossBps) / 10_000n;
  if (lost > 0n && lost >= limit) {
    return noTrade("daily-loss", `${formatUsd(lost)} lost today, the limit is ${formatUsd(limit)}: ${remedy}`);
  }
  return undefined;
}

const remedy = "look into the ledger, then start with --acknowledge-losses";
