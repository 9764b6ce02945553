import type { DatabaseSync } from "node:sqlite";

export interface RiskRecords {
  /** Returns the wallet's value that was written first on this day, after writing `valueUsdE8` if it is the first. */
  valueAtDayStart(day: string, valueUsdE8: bigint): bigint;
  /** Writes that the operator looked at the losses and goes on: what settled up to now counts no more. */
  acknowledgeLosses(atSeconds: bigint): void;
  lossesAcknowledgedAt(): bigint;
}

export function createRiskRecords(database: DatabaseSync): RiskRecords {
  return {
    valueAtDayStart(day, value) {
      database.prepare("INSERT OR IGNORE INTO days VALUES (?, ?)").run(day, String(value));
      const row = database.prepare("SELECT value_usd_e8 FROM days WHERE day = ?").get(day);
      return BigInt(String(row?.value_usd_e8));
    },
    acknowledgeLosses(at) {
      database.prepare("INSERT INTO acknowledgements VALUES (?)").run(at);
    },
    lossesAcknowledgedAt() {
      const row = database.prepare("SELECT max(at) AS at FROM acknowledgements").get();
      return BigInt(Number(row?.at ?? 0));
    },
  };
}
