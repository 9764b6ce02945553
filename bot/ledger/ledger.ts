import { DatabaseSync } from "node:sqlite";
import type { NoTrade } from "../domain/noTrade.ts";
import type { Opportunity, Order, Trade, Verdict } from "../domain/order.ts";
import { borrowedToken, routeId, venuesOf } from "../domain/route.ts";
import { FatalError } from "../rpc/retry.ts";

/** What became of one opportunity: the stages that it reached, and why it went no further. */
export interface Outcome {
  readonly block: bigint;
  /** Seconds, of the block. */
  readonly timestamp: bigint;
  readonly opportunity: Opportunity;
  readonly order: Order | undefined;
  readonly verdict: Verdict | undefined;
  readonly trade: Trade | undefined;
  readonly noTrade: NoTrade | undefined;
}

/** A transaction that was written down before it was sent and has no receipt yet. */
export interface PendingTrade {
  readonly orderId: string;
  readonly hash: string;
  readonly nonce: number;
  readonly token: string;
  readonly expected: bigint;
  readonly simulated: bigint;
}

/** What a transaction ended as, with its effect in USD (8 decimals) after gas. */
export type Settlement =
  | { readonly kind: "landed"; readonly trade: SettledTrade; readonly netUsdE8: bigint }
  | { readonly kind: "reverted"; readonly block: bigint; readonly gasUsed: bigint; readonly netUsdE8: bigint }
  | { readonly kind: "lost" };

export type SettledTrade = Pick<Trade, "block" | "gasUsed" | "gasPriceWei" | "realised" | "treasuryGain">;

export interface StoppedPool {
  readonly pool: string;
  readonly block: bigint;
  readonly detail: string;
}

/** The durable record. Amounts are kept as decimal integers in text, because SQLite's integers end at 2^63. */
export interface Ledger {
  /** Writes one row for each opportunity, and what it became, all or none. */
  record(outcomes: readonly Outcome[]): void;
  /** Writes that a block brought no opportunity at all; equal reasons in a row share a row. */
  recordBlock(block: bigint, timestamp: bigint, reason: NoTrade): void;
  /** Writes a transaction down before it is sent. */
  recordPending(pending: PendingTrade, sentAtSeconds: bigint): void;
  settle(orderId: string, settlement: Settlement, atSeconds: bigint): void;
  pending(): readonly PendingTrade[];
  stopPool(stopped: StoppedPool, atSeconds: bigint): void;
  stoppedPools(): readonly StoppedPool[];
  /** Lets every stopped pool trade again. */
  releasePools(): void;
  /** Returns the net results of the settled transactions since `sinceSeconds`, the newest first. */
  results(sinceSeconds: bigint): readonly { readonly netUsdE8: bigint; readonly atSeconds: bigint }[];
  /** Returns the wallet's value that was written first on this day, after writing `valueUsdE8` if it is the first. */
  valueAtDayStart(day: string, valueUsdE8: bigint): bigint;
  /** Writes that the operator looked at the losses and goes on: what settled up to now counts no more. */
  acknowledgeLosses(atSeconds: bigint): void;
  lossesAcknowledgedAt(): bigint;
  close(): void;
}

const schemaVersion = 1;

const schema = `
  CREATE TABLE opportunities (
    id INTEGER PRIMARY KEY,
    block INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    route TEXT NOT NULL,
    venues TEXT NOT NULL,
    token TEXT NOT NULL,
    size_usd_e8 TEXT NOT NULL,
    gain_usd_e8 TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('traded', 'no-trade')),
    reason TEXT,
    detail TEXT,
    order_id TEXT
  ) STRICT;
  CREATE INDEX opportunities_by_reason ON opportunities (reason, block);
  CREATE TABLE orders (
    id TEXT PRIMARY KEY,
    block INTEGER NOT NULL,
    lender TEXT NOT NULL,
    token TEXT NOT NULL,
    amount TEXT NOT NULL,
    fee TEXT NOT NULL,
    expected TEXT NOT NULL,
    min_profit TEXT NOT NULL,
    gas TEXT NOT NULL,
    gas_cost_usd_e8 TEXT NOT NULL,
    net_usd_e8 TEXT NOT NULL,
    deadline INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE verdicts (
    order_id TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('confirmed', 'outdated', 'diverged', 'refused')),
    simulated TEXT,
    gas TEXT,
    detail TEXT
  ) STRICT;
  CREATE TABLE trades (
    order_id TEXT PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE,
    nonce INTEGER NOT NULL,
    token TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pending', 'landed', 'reverted', 'lost')),
    expected TEXT NOT NULL,
    simulated TEXT NOT NULL,
    sent_at INTEGER NOT NULL,
    settled_at INTEGER,
    block INTEGER,
    gas_used TEXT,
    gas_price_wei TEXT,
    realised TEXT,
    treasury_gain TEXT,
    net_usd_e8 TEXT
  ) STRICT;
  CREATE TABLE quiet_blocks (
    first_block INTEGER NOT NULL,
    last_block INTEGER NOT NULL,
    last_timestamp INTEGER NOT NULL,
    blocks INTEGER NOT NULL,
    reason TEXT NOT NULL,
    detail TEXT NOT NULL
  ) STRICT;
  CREATE TABLE stopped_pools (
    pool TEXT PRIMARY KEY,
    block INTEGER NOT NULL,
    detail TEXT NOT NULL,
    stopped_at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE days (day TEXT PRIMARY KEY, value_usd_e8 TEXT NOT NULL) STRICT;
  CREATE TABLE acknowledgements (at INTEGER NOT NULL) STRICT;
`;

/**
 * Opens the ledger of `file`, or creates it. ":memory:" is forgotten on close.
 *
 * @throws FatalError when the file was written by another version or is no ledger
 */
export function openLedger(file: string): Ledger {
  const database = open(file);
  const insertOpportunity = database.prepare(
    `INSERT INTO opportunities (block, timestamp, route, venues, token, size_usd_e8, gain_usd_e8, outcome, reason, detail, order_id)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const insertOrder = database.prepare("INSERT OR REPLACE INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  const insertVerdict = database.prepare("INSERT OR REPLACE INTO verdicts VALUES (?, ?, ?, ?, ?)");
  const lastQuiet = database.prepare("SELECT rowid, reason FROM quiet_blocks ORDER BY rowid DESC LIMIT 1");
  const extendQuiet = database.prepare(
    "UPDATE quiet_blocks SET last_block = ?, last_timestamp = ?, blocks = blocks + 1, detail = ? WHERE rowid = ?",
  );
  const insertQuiet = database.prepare("INSERT INTO quiet_blocks VALUES (?, ?, ?, 1, ?, ?)");

  return {
    record(outcomes) {
      if (outcomes.length === 0) return;
      transaction(database, () => {
        for (const { block, timestamp, opportunity, order, verdict, trade, noTrade } of outcomes) {
          const { route, sizeUsdE8, gainUsdE8 } = opportunity;
          if (order !== undefined) {
            const { id, lender, token, amount, fee, expected, minProfit, gas, gasCostUsdE8, netUsdE8 } = order;
            const amounts = [amount, fee, expected, minProfit, gas, gasCostUsdE8, netUsdE8].map(String);
            insertOrder.run(id, order.block, lender, token, ...amounts, order.deadline);
            if (verdict !== undefined) insertVerdict.run(...verdictRow(id, verdict));
          }
          insertOpportunity.run(
            block,
            timestamp,
            routeId(route),
            venuesOf(route).join(","),
            borrowedToken(route),
            String(sizeUsdE8),
            String(gainUsdE8),
            trade === undefined ? "no-trade" : "traded",
            noTrade?.noTrade ?? null,
            noTrade?.detail ?? null,
            order?.id ?? null,
          );
        }
      });
    },

    recordBlock(block, timestamp, { noTrade, detail }) {
      const last = lastQuiet.get();
      if (last?.reason === noTrade) extendQuiet.run(block, timestamp, detail, Number(last.rowid));
      else insertQuiet.run(block, block, timestamp, noTrade, detail);
    },

    recordPending({ orderId, hash, nonce, token, expected, simulated }, sentAt) {
      database
        .prepare(
          `INSERT INTO trades (order_id, hash, nonce, token, status, expected, simulated, sent_at)
           VALUES (?, ?, ?, ?, 'pending', ?, ?, ?)`,
        )
        .run(orderId, hash, nonce, token, String(expected), String(simulated), sentAt);
    },

    settle(orderId, settlement, at) {
      const trade = settlement.kind === "landed" ? settlement.trade : undefined;
      const reverted = settlement.kind === "reverted" ? settlement : undefined;
      database
        .prepare(
          `UPDATE trades SET status = ?, settled_at = ?, block = ?, gas_used = ?, gas_price_wei = ?, realised = ?,
             treasury_gain = ?, net_usd_e8 = ? WHERE order_id = ?`,
        )
        .run(
          settlement.kind,
          at,
          trade?.block ?? reverted?.block ?? null,
          text(trade?.gasUsed ?? reverted?.gasUsed),
          text(trade?.gasPriceWei),
          text(trade?.realised),
          text(trade?.treasuryGain),
          settlement.kind === "lost" ? null : String(settlement.netUsdE8),
          orderId,
        );
    },

    pending() {
      return database
        .prepare("SELECT * FROM trades WHERE status = 'pending' ORDER BY nonce")
        .all()
        .map((row) => ({
          orderId: String(row.order_id),
          hash: String(row.hash),
          nonce: Number(row.nonce),
          token: String(row.token),
          expected: BigInt(String(row.expected)),
          simulated: BigInt(String(row.simulated)),
        }));
    },

    stopPool({ pool, block, detail }, at) {
      database.prepare("INSERT OR REPLACE INTO stopped_pools VALUES (?, ?, ?, ?)").run(pool, block, detail, at);
    },

    stoppedPools() {
      return database
        .prepare("SELECT pool, block, detail FROM stopped_pools ORDER BY block")
        .all()
        .map(({ pool, block, detail }) => ({
          pool: String(pool),
          block: BigInt(String(block)),
          detail: String(detail),
        }));
    },

    releasePools() {
      database.exec("DELETE FROM stopped_pools");
    },

    results(since) {
      return database
        .prepare(
          `SELECT net_usd_e8, settled_at FROM trades WHERE net_usd_e8 IS NOT NULL AND settled_at > ?
           ORDER BY settled_at DESC, nonce DESC`,
        )
        .all(since)
        .map((row) => ({ netUsdE8: BigInt(String(row.net_usd_e8)), atSeconds: BigInt(String(row.settled_at)) }));
    },

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

    close() {
      database.close();
    },
  };
}

function open(file: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file);
    // A reader never blocks the bot, and a killed bot loses nothing that was written.
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 2000;");
    const version = Number(database.prepare("PRAGMA user_version").get()?.user_version);
    if (version === schemaVersion) return database;
    const tables = Number(database.prepare("SELECT count(*) AS tables FROM sqlite_schema").get()?.tables);
    if (version !== 0 || tables > 0) {
      throw new FatalError(
        `The ledger ${file} has schema version ${version}, this program writes ${schemaVersion}: move the file away.`,
      );
    }
    transaction(database, () => database?.exec(`${schema}; PRAGMA user_version = ${schemaVersion};`));
    return database;
  } catch (cause) {
    database?.close();
    if (cause instanceof FatalError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FatalError(`The ledger ${file} cannot be opened: ${reason}. Check ledgerFile.`, { cause });
  }
}

function transaction(database: DatabaseSync, work: () => void): void {
  database.exec("BEGIN IMMEDIATE");
  try {
    work();
    database.exec("COMMIT");
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }
}

function verdictRow(orderId: string, verdict: Verdict): [string, string, string | null, string | null, string | null] {
  switch (verdict.kind) {
    case "confirmed":
      return [orderId, verdict.kind, String(verdict.profit), String(verdict.gas), null];
    case "outdated":
      return [orderId, verdict.kind, String(verdict.profit), null, verdict.detail];
    case "diverged":
      return [orderId, verdict.kind, text(verdict.simulated), null, verdict.detail];
    case "refused":
      return [orderId, verdict.kind, null, null, verdict.detail];
  }
}

function text(amount: bigint | undefined): string | null {
  return amount === undefined ? null : String(amount);
}
