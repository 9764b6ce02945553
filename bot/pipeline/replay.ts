import type { DatabaseSync } from "node:sqlite";
import type { Chain } from "../config/chains/chain.ts";
import type { Order } from "../domain/order.ts";
import { routeId } from "../domain/route.ts";
import type { Snapshot } from "../domain/snapshot.ts";
import { readDecisions, readSnapshots } from "../ledger/states.ts";
import { FatalError } from "../rpc/retry.ts";
import type { Venues } from "../venues/registry.ts";
import { type Candidate, createDecide, type DecideOptions } from "./decide.ts";
import { type PriceOptions, priceOrder, valuationOf } from "./price.ts";

/** The options that a decision depends on, but for the chain, which is known by its name. */
export type JournaledOptions = Omit<DecideOptions & PriceOptions, "chain">;

const optionNames: { readonly [K in keyof JournaledOptions]-?: true } = {
  salt: true,
  maxHops: true,
  opportunitiesPerBlock: true,
  tipWei: true,
  maxPriceDeviationBps: true,
  maxProfitBps: true,
  ownCapitalProfile: true,
  maxOwnEtherBps: true,
  maxOrderUsdE8: true,
  maxOrderUnits: true,
  minProfitUsdE8: true,
  minProfitOverCostBps: true,
  deadlineSeconds: true,
  bid: true,
};

/** Returns the options that a decision depends on, of those that hold more: the bot's hold secrets. */
export function journaledOptions(options: JournaledOptions): JournaledOptions {
  const named = Object.entries(options).filter(([name]) => name in optionNames);
  return Object.fromEntries(named) as unknown as JournaledOptions;
}

/** One value of an opportunity, as it was recorded and as it is found again. */
export interface Compared {
  readonly name: string;
  readonly recorded: string | null;
  readonly replayed: string | null;
}

export interface Replay {
  readonly id: string;
  readonly block: bigint;
  /** The code that decided. */
  readonly version: string;
  /** How many snapshots the search was led through, from the one that it began anew with. */
  readonly snapshots: number;
  readonly compared: readonly Compared[];
}

type Chains = Readonly<Record<string, Chain>>;

/**
 * Searches and sizes again what was recorded of an opportunity, on the states that were recorded with it.
 *
 * @throws FatalError when the ledger does not hold the opportunity, or not what a replay needs
 */
export function replay(database: DatabaseSync, id: string, venues: Venues, chains: Chains): Replay {
  const row = database.prepare("SELECT run, block, snapshot FROM opportunities WHERE id = ?").get(id);
  if (row === undefined)
    throw new FatalError(`The ledger has no opportunity ${id}: it may be older than retentionDays.`);
  if (row.snapshot === null) {
    throw new FatalError(
      `The ledger does not hold the states of ${id}: the program ended before its block was written, or was an earlier version.`,
    );
  }
  let last: Decided | undefined;
  let snapshots = 0;
  for (const decided of decideAgain(database, Number(row.run), Number(row.snapshot), venues, chains)) {
    last = decided;
    snapshots++;
  }
  if (last?.snapshotId !== Number(row.snapshot)) {
    throw new FatalError(`The ledger does not hold the states of ${id} any more: they are older than retentionDays.`);
  }
  return {
    id,
    block: BigInt(String(row.block)),
    version: last.version,
    snapshots,
    compared: compare(database, id, last),
  };
}

/** What is decided again on a recorded snapshot. */
export interface Decided {
  readonly snapshotId: number;
  readonly snapshot: Snapshot;
  readonly candidates: readonly Candidate[];
  readonly options: DecideOptions & PriceOptions;
  /** The code that decided at first. */
  readonly version: string;
}

/**
 * Decides again on the recorded snapshots of a run up to `last`, from the one that the search began anew with: what it
 * remembers is then what it remembered.
 */
export function* decideAgain(
  database: DatabaseSync,
  run: number,
  last: number,
  venues: Venues,
  chains: Chains,
): Generator<Decided> {
  const decisions = readDecisions(database, run);
  if (decisions === undefined) return;
  const chain = chains[decisions.chain];
  if (chain === undefined) throw new FatalError(`Run ${run} is of chain ${decisions.chain}, which is not known.`);
  const options = { ...(decisions.options as JournaledOptions), chain };
  const decide = createDecide(venues, options);
  for (const { id, snapshot } of readSnapshots(database, run, last)) {
    const { candidates } = decide(snapshot);
    yield { snapshotId: id, snapshot, candidates, options, version: decisions.version };
  }
}

/** Compares what was recorded of an opportunity with what is decided again. */
export function compare(
  database: DatabaseSync,
  id: string,
  { candidates, snapshot, options }: Decided,
): readonly Compared[] {
  const row = database
    .prepare(
      `SELECT o.route AS found, o.size_usd_e8, o.gain_usd_e8, o.reason, o.detail, d.*, v.gas AS verdict_gas
       FROM opportunities o LEFT JOIN orders d ON d.opportunity = o.id LEFT JOIN verdicts v ON v.opportunity = o.id
       WHERE o.id = ?`,
    )
    .get(id);
  const gas = row?.verdict_gas == null ? undefined : BigInt(String(row.verdict_gas));
  const found = candidates.find(({ opportunity }) => opportunity.id === id);
  const replayed = found && fieldsOf({ ...found, order: priced(found.order, gas, snapshot, options) });
  return (
    compared
      // Where sizing gave no reason, what was recorded is that of a later stage.
      .filter((name) => replayed?.reason !== null || (name !== "reason" && name !== "detail"))
      .map((name) => ({
        name,
        recorded: row?.[name] == null ? null : String(row[name]),
        replayed: replayed?.[name] ?? null,
      }))
  );
}

/** Returns an order with the gas that the chain estimated, as it is recorded once the chain did. */
function priced(
  order: Order | undefined,
  gas: bigint | undefined,
  snapshot: Snapshot,
  options: DecideOptions & PriceOptions,
) {
  const valuation = order && valuationOf(snapshot.pricesE8, options.chain, order.token);
  if (order === undefined || gas === undefined || valuation === undefined) return order;
  return priceOrder(order, gas, snapshot, valuation, options).priced;
}

/** What is compared: columns of `orders`, and of `opportunities`, where `found` is the route before it is split. */
const compared = [
  "found",
  "size_usd_e8",
  "gain_usd_e8",
  "lender",
  "source",
  "token",
  "amount",
  "route",
  "amounts_in",
  "quotes",
  "fee",
  "expected",
  "min_profit",
  "gas",
  "gas_cost_usd_e8",
  "net_usd_e8",
  "deadline",
  "reason",
  "detail",
] as const;
type Fields = Readonly<Record<(typeof compared)[number], string | null>>;

function fieldsOf({ opportunity, order, noTrade }: Candidate): Fields {
  return {
    found: routeId(opportunity.route),
    size_usd_e8: String(opportunity.sizeUsdE8),
    gain_usd_e8: String(opportunity.gainUsdE8),
    lender: order?.lender ?? null,
    source: order?.source?.address ?? null,
    token: order?.token ?? null,
    amount: order?.amount.toString() ?? null,
    route: order === undefined ? null : routeId(order.route),
    amounts_in: order?.amountsIn.join() ?? null,
    quotes: order?.quotes.join() ?? null,
    fee: order?.fee.toString() ?? null,
    expected: order?.expected.toString() ?? null,
    min_profit: order?.minProfit.toString() ?? null,
    gas: order?.gas.toString() ?? null,
    gas_cost_usd_e8: order?.gasCostUsdE8.toString() ?? null,
    net_usd_e8: order?.netUsdE8.toString() ?? null,
    deadline: order?.deadline.toString() ?? null,
    reason: noTrade?.noTrade ?? null,
    detail: noTrade?.detail ?? null,
  };
}
