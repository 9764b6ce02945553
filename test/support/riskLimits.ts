import type { RiskLimits } from "../../bot/risk/limits.ts";

/** Limits under which nothing stands against an order of the memory market, unless a test says otherwise. */
export const wideLimits: RiskLimits = {
  maxLossesInARow: 1_000,
  maxDailyLossBps: 10_000n,
  maxGasPerHourWei: 10n ** 24n,
  maxGasPerDayWei: 10n ** 24n,
  maxTradesPerMinute: 1_000,
  maxOrderUsdE8: 10n ** 40n,
  maxOrderUnits: new Map(),
  maxOpenOrders: 1_000,
};
