import type { DatabaseSync, SQLInputValue } from "node:sqlite";

/** How far an opportunity got. Each stage includes the ones before. */
export const stages = ["found", "sized", "simulated", "confirmed", "sent", "landed"] as const;
export type Stage = (typeof stages)[number];

/** Stands for the cause of a difference whose cause is not found out yet. */
export const unexplained = "unexplained";

/** A number of opportunities along one route that ended alike in one hour. */
export interface OpportunityTotal {
  /** Counted from 1970, of the block. */
  readonly hour: number;
  readonly route: string;
  /** Separated by commas, in order. */
  readonly venues: string;
  readonly token: string;
  readonly reached: Stage;
  /** Why it went no further: a reason of `noTrade.ts`, what its transaction ended as, or "pending". Empty when it landed. */
  readonly reason: string;
  /** Empty where nothing differed. */
  readonly cause: string;
  readonly opportunities: number;
}

/** What settled orders along one route came to in one hour. Amounts are in units of the token. */
export interface ResultTotal {
  /** Counted from 1970, of the settlement. */
  readonly hour: number;
  readonly route: string;
  readonly venues: string;
  readonly token: string;
  readonly status: "landed" | "reverted" | "lost";
  /** Empty where nothing differed. */
  readonly cause: string;
  readonly results: number;
  readonly expected: bigint;
  readonly realised: bigint;
  readonly treasuryGain: bigint;
  /** After the lender's fee and gas. */
  readonly netUsdE8: bigint;
  readonly gasWei: bigint;
}

/** Mined transactions of one purpose in one hour. */
export interface TransactionTotal {
  readonly hour: number;
  readonly purpose: string;
  readonly succeeded: boolean;
  readonly transactions: number;
  readonly gasWei: bigint;
}

/** How many times a route paid for this many blocks in a row, by the hour of the last of them. */
export interface LifetimeTotal {
  readonly hour: number;
  readonly blocks: number;
  readonly lifetimes: number;
}

/** How many blocks brought no opportunity at all, by the reason and the hour of the last of them. */
export interface QuietTotal {
  readonly hour: number;
  readonly reason: string;
  readonly blocks: number;
}

/** What a report adds up. */
export interface Totals {
  readonly opportunities: readonly OpportunityTotal[];
  readonly results: readonly ResultTotal[];
  readonly transactions: readonly TransactionTotal[];
  readonly lifetimes: readonly LifetimeTotal[];
  readonly quietBlocks: readonly QuietTotal[];
}

/** Which rows of a table are meant: a condition on the table's alias, and its values. */
export interface Which {
  readonly where: string;
  readonly values: readonly SQLInputValue[];
}

/**
 * Adds rows up. A report adds up the rows that are there, and the retention those that it deletes: both by these functions,
 * so that a report is the same before and after.
 */
export function foldOpportunities(database: DatabaseSync, { where, values }: Which): OpportunityTotal[] {
  return database
    .prepare(
      `SELECT hour, route, venues, token, reached,
         CASE WHEN reached = 'landed' THEN '' ELSE coalesce(status, reason, 'pending') END AS reason, cause,
         count(*) AS opportunities
       FROM (
         SELECT o.timestamp / 3600 AS hour, o.route, o.venues, o.token, o.reason, r.status,
           CASE
             WHEN r.status = 'landed' THEN 'landed'
             WHEN r.status IS NOT NULL OR EXISTS (SELECT 1 FROM transactions t WHERE t.opportunity = o.id) THEN 'sent'
             WHEN v.kind = 'confirmed' THEN 'confirmed'
             WHEN v.kind IS NOT NULL THEN 'simulated'
             WHEN d.opportunity IS NOT NULL THEN 'sized'
             ELSE 'found'
           END AS reached,
           coalesce(r.cause, v.cause, '') AS cause
         FROM opportunities o
           LEFT JOIN orders d ON d.opportunity = o.id
           LEFT JOIN verdicts v ON v.opportunity = o.id
           LEFT JOIN results r ON r.opportunity = o.id
         WHERE ${where}
       )
       GROUP BY 1, 2, 3, 4, 5, 6, 7`,
    )
    .all(...values)
    .map((row) => ({ ...(row as unknown as OpportunityTotal) }));
}

/** Adds up what orders came to: `o` is the opportunity, `r` its result. */
export function foldResults(database: DatabaseSync, { where, values }: Which): ResultTotal[] {
  const rows = database
    .prepare(
      `SELECT r.settled_at / 3600 AS hour, coalesce(o.route, '') AS route, coalesce(o.venues, '') AS venues, r.token,
         r.status, coalesce(r.cause,
           CASE WHEN r.status = 'landed' AND r.realised = r.expected AND r.simulated = r.expected THEN ''
             ELSE '${unexplained}' END) AS cause, r.expected, r.realised, r.treasury_gain, r.net_usd_e8, m.gas_used,
         m.gas_price_wei
       FROM results r
         LEFT JOIN opportunities o ON o.id = r.opportunity
         LEFT JOIN receipts m ON m.hash = r.hash
       WHERE ${where}`,
    )
    .iterate(...values);
  const sums = sumsOf<ResultTotal>(
    ({ hour, route, venues, token, status, cause }) => [hour, route, venues, token, status, cause],
    (a, b) => ({
      ...a,
      results: a.results + b.results,
      expected: a.expected + b.expected,
      realised: a.realised + b.realised,
      treasuryGain: a.treasuryGain + b.treasuryGain,
      netUsdE8: a.netUsdE8 + b.netUsdE8,
      gasWei: a.gasWei + b.gasWei,
    }),
  );
  for (const row of rows) {
    sums.add({
      ...identityOf(row),
      status: String(row.status) as ResultTotal["status"],
      cause: String(row.cause),
      results: 1,
      expected: integer(row.expected),
      realised: integer(row.realised),
      treasuryGain: integer(row.treasury_gain),
      netUsdE8: integer(row.net_usd_e8),
      gasWei: integer(row.gas_used) * integer(row.gas_price_wei),
    });
  }
  return sums.all();
}

/** Adds up mined transactions: `t` is the transaction, `m` its receipt. */
export function foldTransactions(database: DatabaseSync, { where, values }: Which): TransactionTotal[] {
  const rows = database
    .prepare(
      `SELECT coalesce(m.mined_at, t.settled_at_ms / 1000, t.signed_at_ms / 1000) / 3600 AS hour, t.purpose,
         m.succeeded, m.gas_used, m.gas_price_wei
       FROM transactions t JOIN receipts m ON m.hash = t.hash
       WHERE ${where}`,
    )
    .iterate(...values);
  const sums = sumsOf<TransactionTotal>(
    ({ hour, purpose, succeeded }) => [hour, purpose, succeeded],
    (a, b) => ({ ...a, transactions: a.transactions + b.transactions, gasWei: a.gasWei + b.gasWei }),
  );
  for (const row of rows) {
    sums.add({
      hour: Number(row.hour),
      purpose: String(row.purpose),
      succeeded: row.succeeded === 1,
      transactions: 1,
      gasWei: integer(row.gas_used) * integer(row.gas_price_wei),
    });
  }
  return sums.all();
}

/** Counts how long routes paid: `l` is one such time, which has to have ended. */
export function foldLifetimes(database: DatabaseSync, { where, values }: Which): LifetimeTotal[] {
  return database
    .prepare(
      `SELECT l.last_timestamp / 3600 AS hour, l.last_block - l.first_block + 1 AS blocks, count(*) AS lifetimes
       FROM lifetimes l WHERE l.ended = 1 AND ${where} GROUP BY 1, 2`,
    )
    .all(...values)
    .map((row) => ({ ...(row as unknown as LifetimeTotal) }));
}

/** Counts blocks without an opportunity: `q` is a number of them in a row. */
export function foldQuietBlocks(database: DatabaseSync, { where, values }: Which): QuietTotal[] {
  return database
    .prepare(
      `SELECT q.last_timestamp / 3600 AS hour, q.reason, sum(q.blocks) AS blocks
       FROM quiet_blocks q WHERE ${where} GROUP BY 1, 2`,
    )
    .all(...values)
    .map((row) => ({ ...(row as unknown as QuietTotal) }));
}

/** Reads what the retention has kept of the hours from `from` up to `to`, which is left out. */
export function readTotals(database: DatabaseSync, from: number, to: number): Totals {
  const all = (query: string) => database.prepare(`${query} WHERE hour >= ? AND hour < ?`).all(from, to);
  return {
    opportunities: all(
      `SELECT hour, r.route, venues, token, reached, reason, cause, opportunities
       FROM total_opportunities JOIN routes r ON r.id = total_opportunities.route`,
    ).map((row) => ({ ...(row as unknown as OpportunityTotal) })),
    results: all("SELECT t.*, r.route, r.venues, r.token FROM total_results t JOIN routes r ON r.id = t.route").map(
      (row) => ({
        ...identityOf(row),
        status: String(row.status) as ResultTotal["status"],
        cause: String(row.cause),
        results: Number(row.results),
        expected: integer(row.expected),
        realised: integer(row.realised),
        treasuryGain: integer(row.treasury_gain),
        netUsdE8: integer(row.net_usd_e8),
        gasWei: integer(row.gas_wei),
      }),
    ),
    transactions: all("SELECT * FROM total_transactions").map((row) => ({
      hour: Number(row.hour),
      purpose: String(row.purpose),
      succeeded: row.succeeded === 1,
      transactions: Number(row.transactions),
      gasWei: integer(row.gas_wei),
    })),
    lifetimes: all("SELECT hour, blocks, lifetimes FROM total_lifetimes").map((row) => ({
      ...(row as unknown as LifetimeTotal),
    })),
    quietBlocks: all("SELECT hour, reason, blocks FROM total_quiet_blocks").map((row) => ({
      ...(row as unknown as QuietTotal),
    })),
  };
}

/** Adds totals to those that are kept. */
export function addTotals(database: DatabaseSync, totals: Totals): void {
  const routeOf = (route: string, venues: string, token: string) => {
    const found = "SELECT id FROM routes WHERE route = ? AND venues = ? AND token = ?";
    const known = database.prepare(found).get(route, venues, token);
    if (known !== undefined) return Number(known.id);
    const insert = "INSERT INTO routes (route, venues, token) VALUES (?, ?, ?)";
    return Number(database.prepare(insert).run(route, venues, token).lastInsertRowid);
  };
  for (const { hour, route, venues, token, reached, reason, cause, opportunities } of totals.opportunities) {
    database
      .prepare(
        `INSERT INTO total_opportunities VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET opportunities = opportunities + excluded.opportunities`,
      )
      .run(hour, routeOf(route, venues, token), reached, reason, cause, opportunities);
  }
  for (const total of totals.results) {
    const key = [total.hour, routeOf(total.route, total.venues, total.token), total.status, total.cause];
    const kept = database
      .prepare("SELECT * FROM total_results WHERE hour = ? AND route = ? AND status = ? AND cause = ?")
      .get(...key);
    const sums = [
      integer(kept?.expected) + total.expected,
      integer(kept?.realised) + total.realised,
      integer(kept?.treasury_gain) + total.treasuryGain,
      integer(kept?.net_usd_e8) + total.netUsdE8,
      integer(kept?.gas_wei) + total.gasWei,
    ];
    database
      .prepare("INSERT OR REPLACE INTO total_results VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .run(...key, Number(kept?.results ?? 0) + total.results, ...sums.map(String));
  }
  for (const { hour, purpose, succeeded, transactions, gasWei } of totals.transactions) {
    const key = [hour, purpose, succeeded ? 1 : 0];
    const kept = database
      .prepare("SELECT * FROM total_transactions WHERE hour = ? AND purpose = ? AND succeeded = ?")
      .get(...key);
    database
      .prepare("INSERT OR REPLACE INTO total_transactions VALUES (?, ?, ?, ?, ?)")
      .run(...key, Number(kept?.transactions ?? 0) + transactions, String(integer(kept?.gas_wei) + gasWei));
  }
  for (const { hour, blocks, lifetimes } of totals.lifetimes) {
    database
      .prepare(
        `INSERT INTO total_lifetimes VALUES (?, ?, ?)
         ON CONFLICT DO UPDATE SET lifetimes = lifetimes + excluded.lifetimes`,
      )
      .run(hour, blocks, lifetimes);
  }
  for (const { hour, reason, blocks } of totals.quietBlocks) {
    database
      .prepare(
        "INSERT INTO total_quiet_blocks VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET blocks = blocks + excluded.blocks",
      )
      .run(hour, reason, blocks);
  }
}

function identityOf(row: Record<string, unknown>): Pick<ResultTotal, "hour" | "route" | "venues" | "token"> {
  const { hour, route, venues, token } = row;
  return { hour: Number(hour), route: String(route), venues: String(venues), token: String(token) };
}

/** Amounts are text, because SQLite's integers end at 2^63; what is not there adds nothing. */
function integer(text: unknown): bigint {
  return text === null || text === undefined ? 0n : BigInt(String(text));
}

/** Adds values of equal keys up. */
function sumsOf<T>(keyOf: (value: T) => readonly unknown[], plus: (a: T, b: T) => T) {
  const sums = new Map<string, T>();
  return {
    add(value: T) {
      const key = JSON.stringify(keyOf(value));
      const sum = sums.get(key);
      sums.set(key, sum === undefined ? value : plus(sum, value));
    },
    all: () => [...sums.values()],
  };
}
