import type { DatabaseSync } from "node:sqlite";
import type { Address } from "../config/chains/chain.ts";
import {
  foldLifetimes,
  foldOpportunities,
  foldQuietBlocks,
  foldResults,
  foldTransactions,
  type OpportunityTotal,
  type ResultTotal,
  readTotals,
  stages,
  type Totals,
  type TransactionTotal,
  type Which,
} from "./totals.ts";

export const groupings = ["token", "venue", "route", "hour"] as const;
export type Grouping = (typeof groupings)[number];

/** From `sinceSeconds` up to `untilSeconds`, which is left out. */
export interface Period {
  readonly sinceSeconds: number;
  readonly untilSeconds: number;
}

/** All that the ledger holds. */
export const allTime: Period = { sinceSeconds: 0, untilSeconds: Number.MAX_SAFE_INTEGER };

/** What became of the opportunities of one token. Amounts are in units of the token. */
export interface Sums {
  readonly token: Address;
  readonly found: number;
  readonly sent: number;
  /** By settlement, unlike what was found and sent: an order that is sent may settle in another hour. */
  readonly landed: number;
  readonly reverted: number;
  readonly lost: number;
  readonly expected: bigint;
  readonly realised: bigint;
  readonly treasuryGain: bigint;
  /** After the lender's fee and gas, of what landed and what reverted. */
  readonly netUsdE8: bigint;
  readonly gasWei: bigint;
}

export interface Group extends Sums {
  /** The token's address, the venue, the route's id, or the hour of the day in UTC as two digits. */
  readonly key: string;
}

/** Why opportunities went no further than a stage. */
export interface Stop {
  readonly reached: string;
  readonly reason: string;
  readonly opportunities: number;
}

/** What differed, by cause. Amounts are in units of the token. */
export interface Difference {
  readonly cause: string;
  /** "not sent" where the simulation differed, otherwise what the order ended as. */
  readonly status: string;
  readonly token: Address;
  readonly orders: number;
  readonly expected: bigint;
  readonly realised: bigint;
}

export interface Report {
  readonly period: Period;
  readonly by: Grouping;
  /** The most profitable first, or by hour. A route counts once for each venue that it passes. */
  readonly groups: readonly Group[];
  /** By token, whatever the grouping is. */
  readonly totals: readonly Sums[];
  /** How many opportunities got at least as far as each stage. */
  readonly funnel: readonly { readonly stage: string; readonly opportunities: number }[];
  readonly stops: readonly Stop[];
  readonly quietBlocks: readonly { readonly reason: string; readonly blocks: number }[];
  /** For how many blocks in a row routes paid. */
  readonly lifetimes: readonly { readonly blocks: number; readonly lifetimes: number }[];
  readonly differences: readonly Difference[];
  readonly transactions: readonly Omit<TransactionTotal, "hour">[];
}

/**
 * Adds up what the ledger holds of a period, the kept totals of deleted rows included: of those an hour counts when its
 * beginning is in the period. Reads one state of the ledger, also while a bot writes.
 */
export function readReport(database: DatabaseSync, period: Period, by: Grouping): Report {
  const { sinceSeconds, untilSeconds } = period;
  const during = (column: string): Which => ({
    where: `${column} >= ? AND ${column} < ?`,
    values: [sinceSeconds, untilSeconds],
  });
  database.exec("BEGIN");
  try {
    const kept = readTotals(database, Math.ceil(sinceSeconds / 3_600), Math.ceil(untilSeconds / 3_600));
    const mined = "coalesce(m.mined_at, t.settled_at_ms / 1000, t.signed_at_ms / 1000)";
    return reportOf(
      {
        opportunities: [...kept.opportunities, ...foldOpportunities(database, during("o.timestamp"))],
        results: [...kept.results, ...foldResults(database, during("r.settled_at"))],
        transactions: [...kept.transactions, ...foldTransactions(database, during(mined))],
        lifetimes: [...kept.lifetimes, ...foldLifetimes(database, during("l.last_timestamp"))],
        quietBlocks: [...kept.quietBlocks, ...foldQuietBlocks(database, during("q.last_timestamp"))],
      },
      period,
      by,
    );
  } finally {
    database.exec("ROLLBACK");
  }
}

/** Groups totals. */
export function reportOf(totals: Totals, period: Period, by: Grouping): Report {
  const { opportunities, results, transactions, lifetimes, quietBlocks } = totals;
  const differing = opportunities.filter(({ cause, reached }) => cause !== "" && !isSent(reached));
  return {
    period,
    by,
    groups: grouped(totals, keysOf[by]).sort(by === "hour" ? byKey : byProfit),
    totals: grouped(totals, ({ token }) => [token])
      .sort(byProfit)
      .map(({ key: _, ...sums }) => sums),
    funnel: stages.map((stage, index) => ({
      stage,
      opportunities: total(
        opportunities.filter(({ reached }) => stages.indexOf(reached) >= index).map((each) => each.opportunities),
      ),
    })),
    stops: addUp(
      opportunities.filter(({ reached }) => reached !== "landed"),
      ({ reached, reason }) => [reached, reason],
      ({ reached, reason, opportunities: count }) => ({ reached, reason, opportunities: count }),
      (a, b) => ({ ...a, opportunities: a.opportunities + b.opportunities }),
    ).sort(
      (a, b) =>
        (stages as readonly string[]).indexOf(a.reached) - (stages as readonly string[]).indexOf(b.reached) ||
        b.opportunities - a.opportunities ||
        compare(a.reason, b.reason),
    ),
    quietBlocks: addUp(
      quietBlocks,
      ({ reason }) => [reason],
      ({ reason, blocks }) => ({ reason, blocks }),
      (a, b) => ({ ...a, blocks: a.blocks + b.blocks }),
    ).sort((a, b) => b.blocks - a.blocks || compare(a.reason, b.reason)),
    lifetimes: addUp(
      lifetimes,
      ({ blocks }) => [blocks],
      ({ blocks, lifetimes: count }) => ({ blocks, lifetimes: count }),
      (a, b) => ({ ...a, lifetimes: a.lifetimes + b.lifetimes }),
    ).sort((a, b) => a.blocks - b.blocks),
    differences: addUp<OpportunityTotal | ResultTotal, Difference>(
      [...differing, ...results.filter(({ cause }) => cause !== "")],
      (each) => [each.cause, "status" in each ? each.status : "not sent", each.token],
      (each) =>
        "status" in each
          ? {
              ...pick(each),
              status: each.status,
              orders: each.results,
              expected: each.expected,
              realised: each.realised,
            }
          : { ...pick(each), status: "not sent", orders: each.opportunities, expected: 0n, realised: 0n },
      (a, b) => ({
        ...a,
        orders: a.orders + b.orders,
        expected: a.expected + b.expected,
        realised: a.realised + b.realised,
      }),
    ).sort((a, b) => compare(a.cause, b.cause) || compare(a.status, b.status) || compare(a.token, b.token)),
    transactions: addUp(
      transactions,
      ({ purpose, succeeded }) => [purpose, succeeded],
      ({ hour: _, ...each }) => each,
      (a, b) => ({ ...a, transactions: a.transactions + b.transactions, gasWei: a.gasWei + b.gasWei }),
    ).sort((a, b) => compare(a.purpose, b.purpose) || Number(b.succeeded) - Number(a.succeeded)),
  };
}

/** What totals of opportunities and of results have in common. */
type Along = Pick<OpportunityTotal, "hour" | "route" | "venues" | "token">;

const keysOf: Record<Grouping, (along: Along) => readonly string[]> = {
  token: ({ token }) => [token],
  venue: ({ venues }) => [...new Set(venues.split(","))],
  route: ({ route }) => [route],
  hour: ({ hour }) => [String(hour % 24).padStart(2, "0")],
};

function grouped({ opportunities, results }: Totals, keys: (along: Along) => readonly string[]): Group[] {
  const none = {
    found: 0,
    sent: 0,
    landed: 0,
    reverted: 0,
    lost: 0,
    expected: 0n,
    realised: 0n,
    treasuryGain: 0n,
    netUsdE8: 0n,
    gasWei: 0n,
  };
  const found = opportunities.flatMap((each) => {
    const sent = isSent(each.reached) ? each.opportunities : 0;
    return keys(each).map((key) => ({ ...none, key, token: each.token, found: each.opportunities, sent }));
  });
  const settled = results.flatMap((each) => {
    const { token, status, results: count, expected, realised, treasuryGain, netUsdE8, gasWei } = each;
    const amounts = { expected, realised, treasuryGain, netUsdE8, gasWei };
    return keys(each).map((key) => ({ ...none, ...amounts, key, token, [status]: count }));
  });
  return addUp<Group, Group>(
    [...found, ...settled],
    ({ key, token }) => [key, token],
    (each) => each,
    (a, b) => ({
      key: a.key,
      token: a.token,
      found: a.found + b.found,
      sent: a.sent + b.sent,
      landed: a.landed + b.landed,
      reverted: a.reverted + b.reverted,
      lost: a.lost + b.lost,
      expected: a.expected + b.expected,
      realised: a.realised + b.realised,
      treasuryGain: a.treasuryGain + b.treasuryGain,
      netUsdE8: a.netUsdE8 + b.netUsdE8,
      gasWei: a.gasWei + b.gasWei,
    }),
  );
}

function isSent(reached: string): boolean {
  return reached === "sent" || reached === "landed";
}

function pick({ cause, token }: OpportunityTotal | ResultTotal): Pick<Difference, "cause" | "token"> {
  return { cause, token };
}

function addUp<T, U>(
  values: readonly T[],
  keyOf: (value: T) => readonly unknown[],
  from: (value: T) => U,
  plus: (a: U, b: U) => U,
): U[] {
  const sums = new Map<string, U>();
  for (const value of values) {
    const key = JSON.stringify(keyOf(value));
    const sum = sums.get(key);
    sums.set(key, sum === undefined ? from(value) : plus(sum, from(value)));
  }
  return [...sums.values()];
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** The most profitable first, then those with the most opportunities. */
function byProfit(a: Group, b: Group): number {
  if (a.netUsdE8 !== b.netUsdE8) return a.netUsdE8 > b.netUsdE8 ? -1 : 1;
  return b.found - a.found || byKey(a, b);
}

function byKey(a: Group, b: Group): number {
  return compare(a.key, b.key) || compare(a.token, b.token);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
