import type { DatabaseSync } from "node:sqlite";
import { deserialize, serialize } from "node:v8";
import { differenceOf } from "../domain/difference.ts";
import type { Context, PoolState, Snapshot } from "../domain/snapshot.ts";
import type { SnapshotChanges } from "../pipeline/search.ts";

/** What the decisions of a run depend on besides its snapshots. */
export interface RunDecisions {
  readonly run: number;
  /** The code that decides. */
  readonly version: string;
  readonly chain: string;
  /** Plain data, without any secret. */
  readonly options: unknown;
}

/** Keeps what was decided on, so that a replay finds it: as little of it as there is new, once it is needed. */
export interface Journal {
  /** Keeps a snapshot in memory, with what the search took from it. Only the last one that began anew and later ones count. */
  add(snapshot: Snapshot, changes: SnapshotChanges): void;
  /** Writes what was kept, and returns the id of the last snapshot: of a block with opportunities. */
  write(): number | undefined;
}

export interface States {
  journal(decisions: RunDecisions): Journal;
}

/** A snapshot as it is read again. A pool that did not change since the one before is the same object. */
export interface JournaledSnapshot {
  readonly id: number;
  readonly snapshot: Snapshot;
}

/** What decisions rest on besides pools: kept as if it were the state of a pool without a name. */
type Surroundings = Context & Pick<Snapshot, "dataFee">;
const surroundingsPool = "";
const [main, poolPart] = ["", "pool"];

/** A list or map of more members than this is a part of its own: ticks stay while the price moves. */
const inlineMembers = 16;

interface Kept {
  readonly block: Snapshot["block"];
  readonly anew: boolean;
  readonly surroundings: Surroundings;
  /** By pool: undefined where it is gone. */
  readonly changes: Map<string, PoolState | undefined>;
}

export function createStates(database: DatabaseSync): States {
  return { journal: (decisions) => createJournal(database, decisions) };
}

function createJournal(database: DatabaseSync, { run, version, chain, options }: RunDecisions): Journal {
  const insertJournal = database.prepare("INSERT OR IGNORE INTO journals VALUES (?, ?, ?, ?)");
  const insertSnapshot = database.prepare(
    "INSERT INTO snapshots (run, anew, block, timestamp, base_fee_wei) VALUES (?, ?, ?, ?, ?)",
  );
  const insertState = database.prepare("INSERT INTO states VALUES (?, ?, ?, ?, ?)");
  let kept: Kept[] = [];
  let last: number | undefined;
  /** What was written last of each pool. */
  const written = new Map<string, PoolState>();
  let writtenSurroundings: Surroundings | undefined;

  const put = (snapshot: number, pool: string, part: string, value: unknown) =>
    insertState.run(run, snapshot, pool, part, serialize(value));

  const writePool = (snapshot: number, id: string, now: PoolState | undefined) => {
    if (now === undefined) {
      insertState.run(run, snapshot, id, main, null);
      return;
    }
    const before = written.get(id);
    if (before?.pool !== now.pool) put(snapshot, id, poolPart, now.pool);
    const { inline, parts } = split(now.state);
    const partsBefore = before === undefined ? undefined : split(before.state).parts;
    put(snapshot, id, main, [inline, Object.keys(parts)]);
    for (const [name, value] of Object.entries(parts)) {
      if (partsBefore?.[name] !== value) put(snapshot, id, `.${name}`, value);
    }
    written.set(id, now);
  };

  return {
    add(snapshot, { anew, changed, gone }) {
      const changes = new Map<string, PoolState | undefined>();
      if (anew) {
        for (const { changes: earlier } of kept) for (const [id, state] of earlier) changes.set(id, state);
        kept = [];
      }
      for (const state of changed) changes.set(state.pool.id, state);
      for (const id of gone) changes.set(id, undefined);
      kept.push({ block: snapshot.block, anew, surroundings: surroundingsOf(snapshot), changes });
    },

    write() {
      if (kept.length === 0) return last;
      insertJournal.run(run, version, chain, serialize(options));
      for (const { block, anew, surroundings, changes } of kept) {
        const { number, timestamp, baseFeeWei } = block;
        const id = Number(insertSnapshot.run(run, anew ? 1 : 0, number, timestamp, String(baseFeeWei)).lastInsertRowid);
        for (const [pool, state] of changes) writePool(id, pool, state);
        for (const [name, value] of Object.entries(surroundings)) {
          const before = writtenSurroundings?.[name as keyof Surroundings];
          if (writtenSurroundings !== undefined && differenceOf(value, before) === undefined) continue;
          put(id, surroundingsPool, `.${name}`, value);
        }
        writtenSurroundings = surroundings;
        last = id;
      }
      kept = [];
      return last;
    },
  };
}

function surroundingsOf({ offers, pricesE8, unpriced, sequencer, contract, wallet, dataFee }: Snapshot): Surroundings {
  return { offers, pricesE8, unpriced, sequencer, contract, wallet, dataFee };
}

/** Divides a state into what is small, and parts that often stay the same object from one state to the next. */
function split(state: unknown): { readonly inline: Record<string, unknown>; readonly parts: Record<string, unknown> } {
  const inline: Record<string, unknown> = {};
  const parts: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(state as object)) {
    if (membersOf(value) > inlineMembers) parts[name] = value;
    else inline[name] = value;
  }
  return { inline, parts };
}

function membersOf(value: unknown): number {
  if (Array.isArray(value)) return value.length;
  if (value instanceof Map || value instanceof Set) return value.size;
  return ArrayBuffer.isView(value) ? value.byteLength : 0;
}

/** Returns what the decisions of a run depend on, or undefined when the run recorded none. */
export function readDecisions(database: DatabaseSync, run: number): RunDecisions | undefined {
  const row = database.prepare("SELECT * FROM journals WHERE run = ?").get(run);
  if (row === undefined) return undefined;
  return {
    run,
    version: String(row.version),
    chain: String(row.chain),
    options: deserialize(row.options as Uint8Array),
  };
}

/** Reads the snapshots that a search rested on at snapshot `last`: from the one that it began anew with. */
export function* readSnapshots(database: DatabaseSync, run: number, last: number): Generator<JournaledSnapshot> {
  const first = database
    .prepare("SELECT max(id) AS id FROM snapshots WHERE run = ? AND id <= ? AND anew = 1")
    .get(run, last)?.id;
  const held = new Map<string, Map<string, Uint8Array | null>>();
  const objects = new Map<string, PoolState>();
  const take = (rows: Iterable<Record<string, unknown>>): Set<string> => {
    const touched = new Set<string>();
    for (const row of rows) {
      const pool = String(row.pool);
      const parts = held.get(pool) ?? new Map<string, Uint8Array | null>();
      held.set(pool, parts.set(String(row.part), row.value as Uint8Array | null));
      touched.add(pool);
    }
    return touched;
  };
  const newest = database.prepare(
    "SELECT pool, part, value, max(snapshot) FROM states WHERE run = ? AND snapshot <= ? GROUP BY pool, part",
  );
  const changes = database.prepare("SELECT pool, part, value FROM states WHERE run = ? AND snapshot = ?");
  const snapshots = database.prepare("SELECT * FROM snapshots WHERE run = ? AND id >= ? AND id <= ? ORDER BY id");
  for (const row of snapshots.all(run, Number(first ?? last), last)) {
    const id = Number(row.id);
    const touched = take(objects.size === 0 ? newest.iterate(run, id) : changes.iterate(run, id));
    for (const pool of touched) {
      const state = pool === surroundingsPool ? undefined : poolStateOf(held.get(pool) ?? new Map());
      if (state === undefined) objects.delete(pool);
      else objects.set(pool, state);
    }
    const block = {
      number: BigInt(String(row.block)),
      timestamp: BigInt(String(row.timestamp)),
      baseFeeWei: BigInt(String(row.base_fee_wei)),
    };
    const surroundings = [...(held.get(surroundingsPool) ?? [])].map(([part, value]) => [part.slice(1), read(value)]);
    const snapshot = {
      ...(Object.fromEntries(surroundings) as Surroundings),
      block,
      pools: [...objects.values()],
      absent: [],
      touched: [],
      divergences: [],
    };
    yield { id, snapshot };
  }
}

function poolStateOf(parts: ReadonlyMap<string, Uint8Array | null>): PoolState | undefined {
  const value = read(parts.get(main));
  if (value === undefined) return undefined;
  const [inline, names] = value as [Record<string, unknown>, string[]];
  const state = { ...inline, ...Object.fromEntries(names.map((name) => [name, read(parts.get(`.${name}`))])) };
  return { pool: read(parts.get(poolPart)) as PoolState["pool"], state };
}

function read(value: Uint8Array | null | undefined): unknown {
  return value === null || value === undefined ? undefined : deserialize(value);
}
