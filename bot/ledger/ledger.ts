import { type Causes, createCauses } from "./causes.ts";
import { type Conversions, createConversions } from "./conversions.ts";
import { openDatabase, transact } from "./database.ts";
import { createLifetimes, type Lifetimes } from "./lifetimes.ts";
import { createOpportunities, type Opportunities } from "./opportunities.ts";
import { createStoppedPools, type StoppedPools } from "./pools.ts";
import { createRetention, type Retention } from "./retention.ts";
import { createRiskRecords, type RiskRecords } from "./risk.ts";
import { createRuns, type Runs } from "./runs.ts";
import { createStates, type States } from "./states.ts";
import { createTransactions, type Transactions } from "./transactions.ts";

/** The durable record: each part knows its own tables (`migrations.ts`). */
export interface Ledger {
  readonly runs: Runs;
  readonly opportunities: Opportunities;
  readonly transactions: Transactions;
  readonly conversions: Conversions;
  readonly pools: StoppedPools;
  readonly risk: RiskRecords;
  readonly lifetimes: Lifetimes;
  readonly causes: Causes;
  readonly retention: Retention;
  readonly states: States;
  /** Writes everything that `work` writes, in whatever part, or nothing when it throws. */
  transact<T>(work: () => T): T;
  close(): void;
}

/**
 * Opens the ledger of `file`, or creates it. ":memory:" is forgotten on close.
 *
 * @throws FatalError when the file was written by a newer version or is no ledger
 */
export function openLedger(file: string): Ledger {
  const database = openDatabase(file);
  return {
    runs: createRuns(database),
    opportunities: createOpportunities(database),
    transactions: createTransactions(database),
    conversions: createConversions(database),
    pools: createStoppedPools(database),
    risk: createRiskRecords(database),
    lifetimes: createLifetimes(database),
    causes: createCauses(database),
    retention: createRetention(database),
    states: createStates(database),
    transact: (work) => transact(database, work),
    close: () => database.close(),
  };
}
