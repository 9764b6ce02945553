import { DatabaseSync } from "node:sqlite";
import type { LedgerFacts } from "./audit.ts";

type Row = Readonly<Record<string, unknown>>;

const optional = <T>(value: unknown, of: (value: unknown) => T): T | undefined =>
  value === null || value === undefined ? undefined : of(value);
const integer = (value: unknown) => BigInt(String(value));

/** Reads what a ledger says, from its file and not through the bot's own code, so that the two cannot err together. */
export function readLedgerFacts(file: string): LedgerFacts {
  const database = new DatabaseSync(file, { readOnly: true });
  const all = (sql: string): readonly Row[] => database.prepare(sql).all();
  try {
    return {
      transactions: all("SELECT * FROM transactions ORDER BY nonce, rowid").map((row) => ({
        hash: String(row.hash),
        purpose: String(row.purpose),
        opportunity: optional(row.opportunity, String),
        conversion: optional(row.conversion, Number),
        account: String(row.account),
        nonce: Number(row.nonce),
        status: String(row.status),
        seenAtMs: optional(row.seen_at_ms, Number),
        sentAtMs: optional(row.sent_at_ms, Number),
      })),
      receipts: all("SELECT * FROM receipts").map((row) => ({
        hash: String(row.hash),
        block: integer(row.block),
        blockHash: optional(row.block_hash, String),
        succeeded: row.succeeded === 1,
        gasUsed: integer(row.gas_used),
        gasPriceWei: optional(row.gas_price_wei, integer),
      })),
      results: all("SELECT * FROM results").map((row) => ({
        opportunity: String(row.opportunity),
        status: String(row.status),
        hash: String(row.hash),
        token: String(row.token),
        realised: optional(row.realised, integer),
        treasuryGain: optional(row.treasury_gain, integer),
      })),
      reservations: all("SELECT * FROM reservations ORDER BY id").map((row) => ({
        id: Number(row.id),
        opportunity: optional(row.opportunity, String),
        conversion: optional(row.conversion, Number),
        route: optional(row.route, String),
        amount: integer(row.amount),
        valueUsdE8: integer(row.value_usd_e8),
        maxLossUsdE8: integer(row.max_loss_usd_e8),
        maxGasWei: integer(row.max_gas_wei),
        status: String(row.status),
        reservedAt: Number(row.reserved_at),
        settledAt: optional(row.settled_at, Number),
        netUsdE8: optional(row.net_usd_e8, integer),
        gasWei: optional(row.gas_wei, integer),
        place: optional(row.place, Number),
      })),
      conversions: all("SELECT * FROM conversions ORDER BY id").map((row) => ({
        id: Number(row.id),
        kind: String(row.kind),
        status: String(row.status),
      })),
      riskEvents: all("SELECT * FROM risk_events ORDER BY id").map((row) => ({
        at: Number(row.at),
        state: String(row.state),
        reason: String(row.reason),
      })),
      foreign: all("SELECT * FROM foreign_transactions ORDER BY nonce").map((row) => ({
        nonce: Number(row.nonce),
        hash: optional(row.hash, String),
      })),
      capitalUsdE8: optional(all("SELECT value_usd_e8 FROM days ORDER BY day DESC LIMIT 1")[0]?.value_usd_e8, integer),
    };
  } finally {
    database.close();
  }
}

/** Returns the reasons why no trade was made, with how often, the most frequent first. */
export function readReasons(file: string): ReadonlyMap<string, number> {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const rows = database
      .prepare(
        `SELECT reason, sum(times) AS times FROM (
           SELECT reason, count(*) AS times FROM opportunities WHERE reason IS NOT NULL GROUP BY reason
           UNION ALL SELECT reason, sum(blocks) FROM quiet_blocks GROUP BY reason)
         GROUP BY reason ORDER BY times DESC`,
      )
      .all();
    return new Map(rows.map(({ reason, times }) => [String(reason), Number(times)]));
  } finally {
    database.close();
  }
}
