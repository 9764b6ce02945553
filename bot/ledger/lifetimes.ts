import type { DatabaseSync } from "node:sqlite";
import type { Life } from "../risk/timing.ts";
import { transact } from "./database.ts";

export interface Lifetimes {
  record(lives: readonly Life[]): void;
  /** Returns for how many blocks a route paid each time, the newest first. Only lives that are known from end to end. */
  of(route: string, limit: number): readonly number[];
  /** Returns how many blocks the account's last orders took from the block that they answered to their own. */
  latencies(limit: number): readonly number[];
}

export function createLifetimes(database: DatabaseSync): Lifetimes {
  const insert = database.prepare(
    `INSERT INTO lifetimes (route, first_block, last_block, first_timestamp, last_timestamp, ended)
     VALUES (?, ?, ?, ?, ?, ?)`,
  );
  const ofRoute = database.prepare(
    `SELECT last_block - first_block + 1 AS blocks FROM lifetimes WHERE route = ? AND ended = 1
     ORDER BY last_block DESC LIMIT ?`,
  );
  const lastLatencies = database.prepare(
    `SELECT receipts.block - orders.block AS blocks
     FROM transactions JOIN receipts USING (hash) JOIN orders USING (opportunity)
     WHERE purpose = 'order' ORDER BY transactions.rowid DESC LIMIT ?`,
  );
  return {
    record(lives) {
      if (lives.length === 0) return;
      transact(database, () => {
        for (const { route, firstBlock, lastBlock, firstTimestamp, lastTimestamp, isWhole } of lives) {
          insert.run(route, firstBlock, lastBlock, firstTimestamp, lastTimestamp, isWhole ? 1 : 0);
        }
      });
    },
    of: (route, limit) => ofRoute.all(route, limit).map(({ blocks }) => Number(blocks)),
    latencies: (limit) => lastLatencies.all(limit).map(({ blocks }) => Number(blocks)),
  };
}
