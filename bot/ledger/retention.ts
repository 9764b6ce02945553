import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import { transact } from "./database.ts";
import {
  addTotals,
  foldLifetimes,
  foldOpportunities,
  foldQuietBlocks,
  foldResults,
  foldTransactions,
  type Totals,
  type Which,
} from "./totals.ts";

export interface RetentionOptions {
  readonly retentionDays: number;
  readonly nowSeconds: number;
}

/**
 * Adds up rows that are old and deletes them. What is unsettled stays, and what a decision may still rest on: the last
 * transactions of an account, the newest results and reservations, every risk event.
 */
export interface Retention {
  /** Does a few milliseconds of the work. Returns whether there is more, which is looked for again once an hour. */
  compact(options: RetentionOptions): boolean;
}

/** The rows that a pass deletes, fixed when it begins. */
interface Pass {
  readonly cutoff: number;
  /** Results and reservations that settled before this. */
  readonly settledBefore: number;
  /** The nonces that stay, as JSON of [account, nonce]. */
  readonly heldNonces: ReadonlySet<string>;
}

/** How long a call takes at most, about: what a block may be delayed by. */
const budgetMs = 3;
/** How many rows a call deletes at first. It grows and shrinks with what they take. */
const firstBatch = 20;
const maxBatch = 2_000;
/** How many results and reservations stay, however old: limits count losses in a row. */
const keptResults = 1_000;
const secondsBetweenPasses = 3_600;
/** Pages that are given back to the disk in one call. */
const pagesPerCall = 50;

const noTotals: Totals = { opportunities: [], results: [], transactions: [], lifetimes: [], quietBlocks: [] };

/** @param kept how many results and reservations stay, however old they are */
export function createRetention(database: DatabaseSync, kept = keptResults): Retention {
  let pass: Pass | undefined;
  let passedAt = Number.NEGATIVE_INFINITY;
  let batch = firstBatch;

  return {
    compact({ retentionDays, nowSeconds }) {
      if (pass === undefined) {
        if (nowSeconds - passedAt < secondsBetweenPasses) return false;
        pass = passOf(database, nowSeconds - retentionDays * 86_400, kept);
        passedAt = nowSeconds;
      }
      const current = pass;
      const isMore = withoutSync(database, () =>
        transact(database, () => {
          const begin = performance.now();
          const isLeft = deleteBatch(database, current, batch) || giveBack(database);
          const tookMs = performance.now() - begin;
          batch = Math.max(1, Math.min(maxBatch, Math.round(batch * Math.min(2, budgetMs / tookMs))));
          return isLeft;
        }),
      );
      if (!isMore) pass = undefined;
      return isMore;
    },
  };
}

/** Does not wait for the disk: what a loss of power would undo is done again. The next block's sync covers it. */
function withoutSync<T>(database: DatabaseSync, work: () => T): T {
  database.exec("PRAGMA synchronous = NORMAL");
  try {
    return work();
  } finally {
    database.exec("PRAGMA synchronous = FULL");
  }
}

function passOf(database: DatabaseSync, cutoff: number, kept: number): Pass {
  const newest = (table: string) =>
    database.prepare(`SELECT settled_at AS at FROM ${table} ORDER BY settled_at DESC LIMIT 1 OFFSET ?`).get(kept - 1);
  const bounds = ["results", "reservations"].map((table) => Number(newest(table)?.at ?? 0));
  const held = database
    .prepare(
      `SELECT account, max(nonce) AS nonce FROM transactions GROUP BY account
       UNION SELECT account, max(nonce) FROM transactions WHERE status = 'mined' GROUP BY account`,
    )
    .all();
  return {
    cutoff,
    settledBefore: Math.min(cutoff, ...bounds),
    heldNonces: new Set(held.map(({ account, nonce }) => JSON.stringify([account, nonce]))),
  };
}

/** Returns whether there may be more. */
function deleteBatch(database: DatabaseSync, pass: Pass, limit: number): boolean {
  const parts = [
    deleteOpportunities,
    deleteOthers,
    deleteConversions,
    deleteLifetimes,
    deleteQuietBlocks,
    deleteStates,
  ];
  return parts.some((part) => part(database, pass, limit) > 0);
}

/** Deletes opportunities with all that became of them. */
function deleteOpportunities(
  database: DatabaseSync,
  { cutoff, settledBefore, heldNonces }: Pass,
  limit: number,
): number {
  const isHeld = [...heldNonces].map(() => "(t.account = ? AND t.nonce = ?)").join(" OR ") || "FALSE";
  const ids = database
    .prepare(
      `SELECT id FROM opportunities o
       WHERE timestamp < ?
         AND NOT EXISTS (SELECT 1 FROM transactions t WHERE t.opportunity = o.id
           AND (t.status IN ('signed', 'sent') OR ${isHeld}))
         AND NOT EXISTS (SELECT 1 FROM results r WHERE r.opportunity = o.id AND r.settled_at >= ?)
         AND NOT EXISTS (SELECT 1 FROM reservations s WHERE s.opportunity = o.id
           AND (s.status = 'open' OR s.settled_at >= ?))
         AND NOT EXISTS (SELECT 1 FROM conversions c WHERE c.opportunity = o.id AND c.status IN ('planned', 'pending'))
       ORDER BY timestamp LIMIT ?`,
    )
    .all(cutoff, ...heldValues(heldNonces), settledBefore, settledBefore, limit)
    .map(({ id }) => String(id));
  if (ids.length === 0) return 0;
  const among = (column: string): Which => amongst(column, ids);
  addTotals(database, {
    ...noTotals,
    opportunities: foldOpportunities(database, among("o.id")),
    results: foldResults(database, among("r.opportunity")),
    transactions: foldTransactions(database, among("t.opportunity")),
  });
  remove(database, "receipts", {
    ...amongst("opportunity", ids),
    where: `hash IN (SELECT hash FROM transactions WHERE ${amongst("opportunity", ids).where})`,
  });
  for (const table of [
    "transactions",
    "results",
    "balance_changes",
    "reservations",
    "conversions",
    "verdicts",
    "orders",
  ]) {
    remove(database, table, among("opportunity"));
  }
  remove(database, "opportunities", among("id"));
  return ids.length;
}

/** Deletes transactions that belong to no opportunity, and results whose opportunity is not there. */
function deleteOthers(database: DatabaseSync, { cutoff, settledBefore, heldNonces }: Pass, limit: number): number {
  const hashes = database
    .prepare(
      `SELECT hash, account, nonce FROM transactions
       WHERE opportunity IS NULL AND status NOT IN ('signed', 'sent') AND signed_at_ms < ?
         AND NOT EXISTS (SELECT 1 FROM conversions c WHERE c.id = conversion AND c.status IN ('planned', 'pending'))
       ORDER BY signed_at_ms LIMIT ?`,
    )
    .all(cutoff * 1_000, limit + heldNonces.size)
    .filter(({ account, nonce }) => !heldNonces.has(JSON.stringify([account, nonce])))
    .map(({ hash }) => String(hash));
  const orphans = database
    .prepare(
      `SELECT opportunity FROM results r
       WHERE settled_at < ? AND NOT EXISTS (SELECT 1 FROM opportunities o WHERE o.id = r.opportunity)
         AND NOT EXISTS (SELECT 1 FROM transactions t WHERE t.opportunity = r.opportunity) LIMIT ?`,
    )
    .all(settledBefore, limit)
    .map(({ opportunity }) => String(opportunity));
  if (hashes.length + orphans.length === 0) return 0;
  addTotals(database, {
    ...noTotals,
    results: foldResults(database, amongst("r.opportunity", orphans)),
    transactions: foldTransactions(database, amongst("t.hash", hashes)),
  });
  for (const table of ["receipts", "balance_changes", "transactions"]) remove(database, table, amongst("hash", hashes));
  remove(database, "results", amongst("opportunity", orphans));
  return hashes.length + orphans.length;
}

/** Deletes conversions that are done, once their transactions are gone, with what was reserved for them. */
function deleteConversions(database: DatabaseSync, { cutoff, settledBefore }: Pass, limit: number): number {
  const ids = database
    .prepare(
      `SELECT id FROM conversions c
       WHERE status IN ('done', 'failed') AND opportunity IS NULL AND planned_at < ?
         AND NOT EXISTS (SELECT 1 FROM transactions t WHERE t.conversion = c.id)
         AND NOT EXISTS (SELECT 1 FROM reservations s WHERE s.conversion = c.id
           AND (s.status = 'open' OR s.settled_at >= ?))
       LIMIT ?`,
    )
    .all(cutoff, settledBefore, limit)
    .map(({ id }) => Number(id));
  remove(database, "reservations", amongst("conversion", ids));
  remove(database, "conversions", amongst("id", ids));
  return ids.length;
}

function deleteLifetimes(database: DatabaseSync, { cutoff }: Pass, limit: number): number {
  const ids = database
    .prepare("SELECT id FROM lifetimes WHERE ended = 1 AND last_timestamp < ? LIMIT ?")
    .all(cutoff, limit)
    .map(({ id }) => Number(id));
  addTotals(database, { ...noTotals, lifetimes: foldLifetimes(database, amongst("l.id", ids)) });
  remove(database, "lifetimes", amongst("id", ids));
  return ids.length;
}

/** Deletes all but the last row, which grows with every quiet block. */
function deleteQuietBlocks(database: DatabaseSync, { cutoff }: Pass, limit: number): number {
  const ids = database
    .prepare(
      `SELECT rowid AS id FROM quiet_blocks
       WHERE last_timestamp < ? AND rowid < (SELECT max(rowid) FROM quiet_blocks) LIMIT ?`,
    )
    .all(cutoff, limit)
    .map(({ id }) => Number(id));
  addTotals(database, { ...noTotals, quietBlocks: foldQuietBlocks(database, amongst("q.rowid", ids)) });
  remove(database, "quiet_blocks", amongst("rowid", ids));
  return ids.length;
}

/**
 * Deletes what a replay needs of opportunities that are old: of every run the snapshots before the last one at which a
 * search began anew, and the states that are not those of that one. These stay, as states of that snapshot.
 */
function deleteStates(database: DatabaseSync, { cutoff }: Pass, limit: number): number {
  // By whole days, because what stays is written again.
  const before = cutoff - (cutoff % 86_400);
  for (const { run } of database
    .prepare("SELECT run FROM journals")
    .all()
    .map((row) => ({ run: Number(row.run) }))) {
    const newer = database
      .prepare("SELECT min(id) AS id FROM snapshots WHERE run = ? AND timestamp >= ?")
      .get(run, before)?.id;
    const first = database
      .prepare("SELECT max(id) AS id FROM snapshots WHERE run = ? AND id <= ? AND anew = 1")
      .get(run, Number(newer ?? 0))?.id;
    const isOver = newer === null && hasNewerRun(database, run);
    if (first === null && !isOver) continue;
    const end = isOver ? Number.MAX_SAFE_INTEGER : Number(first);
    const states = database
      .prepare("SELECT rowid AS id, pool, part FROM states WHERE run = ? AND snapshot < ? ORDER BY snapshot LIMIT ?")
      .all(run, end, limit);
    const newerPart = database.prepare(
      "SELECT 1 FROM states WHERE run = ? AND pool = ? AND part = ? AND snapshot <= ? AND rowid > ? LIMIT 1",
    );
    const [gone, stay]: [number[], number[]] = [[], []];
    for (const { id, pool, part } of states) {
      const isReplaced = isOver || newerPart.get(run, String(pool), String(part), end, Number(id)) !== undefined;
      (isReplaced ? gone : stay).push(Number(id));
    }
    remove(database, "states", amongst("rowid", gone));
    const { where, values } = amongst("rowid", stay);
    database.prepare(`UPDATE states SET snapshot = ? WHERE ${where}`).run(end, ...values);
    if (states.length > 0) return states.length;
    const snapshots = database
      .prepare("SELECT id FROM snapshots WHERE run = ? AND id < ? LIMIT ?")
      .all(run, end, limit)
      .map(({ id }) => Number(id));
    remove(database, "snapshots", amongst("id", snapshots));
    if (isOver && snapshots.length < limit) remove(database, "journals", amongst("run", [run]));
    if (snapshots.length > 0) return snapshots.length;
  }
  return 0;
}

/** Whether a run has ended: another one has begun after it. */
function hasNewerRun(database: DatabaseSync, run: number): boolean {
  return database.prepare("SELECT 1 FROM runs WHERE id > ? LIMIT 1").get(run) !== undefined;
}

/** Gives pages that hold nothing any more back to the disk. Returns whether there may be more. */
function giveBack(database: DatabaseSync): boolean {
  const free = Number(database.prepare("PRAGMA freelist_count").get()?.freelist_count);
  if (free === 0) return false;
  database.exec(`PRAGMA incremental_vacuum(${pagesPerCall})`);
  return true;
}

function heldValues(heldNonces: ReadonlySet<string>): SQLInputValue[] {
  return [...heldNonces].flatMap((held) => JSON.parse(held) as [string, number]);
}

function amongst(column: string, values: readonly (string | number)[]): Which {
  return { where: `${column} IN (SELECT value FROM json_each(?))`, values: [JSON.stringify(values)] };
}

function remove(database: DatabaseSync, table: string, { where, values }: Which): void {
  database.prepare(`DELETE FROM ${table} WHERE ${where}`).run(...values);
}
