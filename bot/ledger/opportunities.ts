import type { DatabaseSync } from "node:sqlite";
import type { Address } from "../config/chains/chain.ts";
import type { NoTrade } from "../domain/noTrade.ts";
import type { Opportunity, Order, Verdict } from "../domain/order.ts";
import { borrowedToken, routeId, venuesOf } from "../domain/route.ts";
import type { Sent } from "../sender/sender.ts";
import { causeOfVerdict } from "./causes.ts";
import { transact } from "./database.ts";

/** What became of one opportunity: the stages that it reached, and why it went no further. */
export interface Outcome {
  readonly block: bigint;
  /** Seconds, of the block. */
  readonly timestamp: bigint;
  readonly opportunity: Opportunity;
  readonly order: Order | undefined;
  readonly verdict: Verdict | undefined;
  /** The transaction that was sent. What became of it is in the results. */
  readonly sent: Sent | undefined;
  readonly noTrade: NoTrade | undefined;
}

/** What settling an order needs of it. Amounts are in units of `token`. */
export interface SentOrder {
  readonly route: string;
  readonly token: Address;
  readonly expected: bigint;
  readonly simulated: bigint;
  /** The last second at which it can be executed. */
  readonly deadline: bigint;
}

export interface Opportunities {
  /**
   * Writes one row for each opportunity, and what it became, all or none. What was written of one before is replaced.
   *
   * @param snapshot the id of the snapshot that was decided on, for a replay
   */
  record(run: number, outcomes: readonly Outcome[], snapshot?: number): void;
  /** Writes that a block brought no opportunity at all; equal reasons in a row share a row. */
  recordBlock(block: bigint, timestamp: bigint, reason: NoTrade): void;
  /** Returns the order of an opportunity, or undefined when it came to none. */
  sentOrder(opportunity: string): SentOrder | undefined;
}

export function createOpportunities(database: DatabaseSync): Opportunities {
  const insertOpportunity = database.prepare(
    "INSERT OR REPLACE INTO opportunities VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
  );
  const insertOrder = database.prepare(
    "INSERT OR REPLACE INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
  );
  const insertVerdict = database.prepare("INSERT OR REPLACE INTO verdicts VALUES (?, ?, ?, ?, ?, ?)");
  const lastQuiet = database.prepare("SELECT rowid, reason FROM quiet_blocks ORDER BY rowid DESC LIMIT 1");
  const extendQuiet = database.prepare(
    "UPDATE quiet_blocks SET last_block = ?, last_timestamp = ?, blocks = blocks + 1, detail = ? WHERE rowid = ?",
  );
  const selectOrder = database.prepare(
    `SELECT opportunities.route, orders.token, expected, simulated, deadline FROM orders
     LEFT JOIN opportunities ON opportunities.id = opportunity LEFT JOIN verdicts USING (opportunity)
     WHERE orders.opportunity = ?`,
  );
  const insertQuiet = database.prepare("INSERT INTO quiet_blocks VALUES (?, ?, ?, 1, ?, ?)");

  return {
    record(run, outcomes, snapshot) {
      if (outcomes.length === 0) return;
      transact(database, () => {
        for (const { block, timestamp, opportunity, order, verdict, noTrade } of outcomes) {
          const { id, route, sizeUsdE8, gainUsdE8 } = opportunity;
          if (order !== undefined) {
            const { lender, token, amount, fee, expected, minProfit, gas, gasCostUsdE8, netUsdE8 } = order;
            const amounts = [amount, fee, expected, minProfit, gas, gasCostUsdE8, netUsdE8].map(String);
            const hops = [
              routeId(order.route),
              order.source?.address ?? null,
              order.amountsIn.join(),
              order.quotes.join(),
            ];
            insertOrder.run(id, order.block, lender, token, ...amounts, order.deadline, ...hops);
            if (verdict !== undefined) {
              insertVerdict.run(...verdictRow(id, verdict), causeOfVerdict(verdict) ?? null);
            }
          }
          insertOpportunity.run(
            id,
            run,
            block,
            timestamp,
            routeId(route),
            venuesOf(route).join(","),
            borrowedToken(route),
            String(sizeUsdE8),
            String(gainUsdE8),
            noTrade?.noTrade ?? null,
            noTrade?.detail ?? null,
            snapshot ?? null,
          );
        }
      });
    },

    recordBlock(block, timestamp, { noTrade, detail }) {
      const last = lastQuiet.get();
      if (last?.reason === noTrade) extendQuiet.run(block, timestamp, detail, Number(last.rowid));
      else insertQuiet.run(block, block, timestamp, noTrade, detail);
    },

    sentOrder(opportunity) {
      const row = selectOrder.get(opportunity);
      if (row === undefined) return undefined;
      return {
        route: String(row.route ?? ""),
        token: String(row.token),
        expected: BigInt(String(row.expected)),
        simulated: BigInt(String(row.simulated ?? row.expected)),
        deadline: BigInt(String(row.deadline)),
      };
    },
  };
}

function verdictRow(
  opportunity: string,
  verdict: Verdict,
): [string, string, string | null, string | null, string | null] {
  switch (verdict.kind) {
    case "confirmed":
      return [opportunity, verdict.kind, String(verdict.profit), String(verdict.gas), null];
    case "outdated":
      return [opportunity, verdict.kind, String(verdict.profit), null, verdict.detail];
    case "diverged":
      return [
        opportunity,
        verdict.kind,
        verdict.simulated === undefined ? null : String(verdict.simulated),
        null,
        verdict.detail,
      ];
    case "refused":
      return [opportunity, verdict.kind, null, null, verdict.detail];
  }
}
