import { differenceOf } from "../domain/difference.ts";
import type { DataFee } from "../domain/gas.ts";
import { isNoTrade, type NoTrade, noTrade } from "../domain/noTrade.ts";
import { refuse } from "../domain/quote.ts";
import type { Absence, Context, Divergence, PoolState, Snapshot } from "../domain/snapshot.ts";
import { readAll } from "../rpc/multicall.ts";
import { RpcError } from "../rpc/retry.ts";
import { type Venues, venueOf } from "../venues/registry.ts";
import type { Call, Follow, Pool, Venue } from "../venues/venue.ts";
import { readDataFee } from "./dataFee.ts";
import type { ChainLog, Header, HeadPorts, Heads, LogFilter } from "./heads.ts";
import { contextSection, type Market, type ObservePorts, partsOf, poolSection, readPinned } from "./observe.ts";
import { createSources } from "./sources.ts";

export interface MirrorPorts extends HeadPorts, Pick<ObservePorts, "ethCallAt"> {
  /** Returns the header of a block of the node's chain, or undefined where the node has none of this number. */
  readonly headerOf: (number: bigint) => Promise<Header | undefined>;
  /** The `ethCallAt` of what prices a trade: several endpoints may have to agree on the answer. */
  readonly agreedCallAt: ObservePorts["ethCallAt"];
  /** Is told why everything is read again. */
  readonly onReset: (reason: string, block: bigint) => void;
}

export interface MirrorOptions {
  /** How old, in seconds of the chain, prices, offers, contract and wallet may become before they are read again. */
  readonly contextSeconds: bigint;
  /** How often, in seconds of the chain, what is followed is compared with what the chain has. */
  readonly checkEverySeconds: bigint;
  /** How long, in seconds of the chain, the sequencer must be up again after an outage for prices to count. */
  readonly sequencerGraceSeconds: bigint;
}

/** How much the mirror has done. */
export interface MirrorCounts {
  blocks: number;
  /** Reads of any kind: each is one `eth_call`, or a few where there is much to read. */
  reads: number;
  /** How often everything was read again: after a gap, a reorganization, or a loss of the node's messages. */
  resets: number;
  /** How often a pool may have logged, by a header, and nothing came: it is then read with what is read next. */
  doubts: number;
  checks: number;
  divergences: number;
}

/** The market as it is on the newest block: read once, and followed by events. */
export interface Mirror {
  /** Follows the chain to the newest block that has come. */
  readonly observe: () => Promise<Snapshot | NoTrade>;
  /**
   * Makes sure of what an order would rest on: reads, at the last snapshot's block and in one read, those of the pools
   * that events do not prove, and the context if it is of an older block. Returns the last snapshot itself where nothing
   * changes by it.
   */
  readonly confirm: (pools: readonly Pool[]) => Promise<Snapshot | NoTrade>;
  /** Compares what is followed with what the chain has. `observe` begins one in time, and does not wait for it. */
  readonly check: () => Promise<void>;
  /** Waits until there is something to observe, for `patienceMs` at the longest, or until the signal aborts. */
  readonly wait: Heads["wait"];
  readonly counts: Readonly<MirrorCounts>;
}

/** One pool of the mirror. */
interface Entry {
  /** Another object of the same id once the venue has found the pool out again. */
  pool: Pool;
  readonly venue: Venue;
  /** Undefined where no event tells of the pool: it is read at every block. */
  readonly follow: Follow | undefined;
  current: PoolState | Absence;
  /** The block at which the pool was last read. */
  readAt: bigint;
  /** The place of the last event that was applied. */
  toldAt: { readonly block: bigint; readonly index: number };
  /** The newest block of which a log came by itself: another one of the same block may still be missing. */
  pushedAt: bigint;
  /** The place in the snapshot's list of pools, or -1 where the pool is absent. */
  position: number;
}

/** A gap of more blocks than this is not filled: to read everything takes less. */
const maxGap = 64n;

/** How many blocks behind the newest one a block's hash is known. */
const knownBlocks = 256n;

/** Where more pools than this are in doubt, asking for the block's logs takes less than reading them. */
const maxDoubts = 200;

/** Creates the mirror of a market. `headsOf` tells how blocks and the wanted logs come. */
export function createMirror(
  market: Market,
  venues: Venues,
  ports: MirrorPorts,
  headsOf: (filter: LogFilter) => Heads,
  { contextSeconds, checkEverySeconds, sequencerGraceSeconds }: MirrorOptions,
): Mirror {
  const { chain } = market.borrower;
  const entries = market.pools.map((pool) => createEntry(pool, venueOf(venues, pool.venue)));
  const byId = new Map(entries.map((entry) => [entry.pool.id, entry]));
  const unfollowed = entries.filter(({ follow }) => follow === undefined);
  const sources = createSources(
    entries.flatMap((entry) => {
      const listed = entry.follow?.source(entry.pool) ?? [];
      return [listed].flat().map((source) => ({ key: entry, source, topics: entry.follow?.topics ?? [] }));
    }),
  );
  const heads = headsOf(sources.filter);
  const contextPart = contextSection(market, sequencerGraceSeconds);
  const counts: MirrorCounts = { blocks: 0, reads: 0, resets: 0, doubts: 0, checks: 0, divergences: 0 };

  /** The block that the mirror is at, or undefined where everything has to be read. */
  let head: Header | undefined;
  /** Hashes of the last blocks, by number. */
  const known = new Map<bigint, string>();
  /** Pools that an event changed without telling how. */
  const outdated = new Set<Entry>();
  /** Pools that may have logged something that has not come. */
  const doubted = new Set<Entry>();
  /** Pools that a check has found to be wrong: they are absent for good. */
  const diverged = new Set<Entry>();
  /** Pools whose venue has to find out again what to read of them. */
  const outgrown = new Set<Entry>();
  const touched = new Set<Entry>();
  let divergences: Divergence[] = [];
  let context: { readonly value: Context; readonly block: Header } | undefined;
  let dataFee: DataFee | undefined;
  let snapshot: Snapshot | undefined;
  /** The newest block at which a check began. */
  let checkedAt: Header | undefined;
  let checking: Promise<void> | undefined;
  let checkFailure: unknown;
  /** Whether the node's headers can be relied on for what was logged. */
  let hasSoundBlooms = true;

  const isFollowing = (entry: Entry) => entry.follow !== undefined && !diverged.has(entry);

  function set(entry: Entry, next: PoolState | Absence): void {
    entry.current = next;
    touched.add(entry);
  }

  /** Takes over what was read, but keeps what is equal as it is. */
  function take(entry: Entry, answer: PoolState | Absence, block: Header): void {
    entry.readAt = block.number;
    entry.toldAt = { block: block.number, index: Number.POSITIVE_INFINITY };
    entry.pushedAt = -1n;
    outdated.delete(entry);
    doubted.delete(entry);
    if ("refusal" in answer && answer.refusal.refused === "beyond-snapshot") outgrown.add(entry);
    const { current } = entry;
    if (current.pool === answer.pool && differenceOf(contentOf(current), contentOf(answer)) === undefined) return;
    set(entry, answer);
  }

  /** Reads pools at a block, and the context if it is asked for, together. */
  async function read(
    block: Header,
    pools: readonly Entry[],
    withContext: boolean,
    ethCallAt = ports.ethCallAt,
  ): Promise<{ readonly pools: readonly (PoolState | Absence)[]; readonly context: Context | undefined } | NoTrade> {
    const sections = pools.map(({ pool }) => poolSection(pool, venues));
    const calls: Call[] = sections.flatMap((section) => section.calls);
    if (withContext) calls.push(...contextPart.calls);
    counts.reads += 1;
    const results = await readPinned(chain, { ethCallAt }, block, calls);
    if (isNoTrade(results)) return results;
    const part = partsOf(results, block);
    return { pools: sections.map(part), context: withContext ? part(contextPart) : undefined };
  }

  /** Reads pools and context at the mirror's block, and takes them over. */
  async function refresh(
    block: Header,
    pools: readonly Entry[],
    withContext: boolean,
    ethCallAt = ports.ethCallAt,
  ): Promise<NoTrade | undefined> {
    if (pools.length === 0 && !withContext) return undefined;
    const answers = await read(block, pools, withContext, ethCallAt);
    if (isNoTrade(answers)) return answers;
    for (const [index, answer] of answers.pools.entries()) {
      const entry = pools[index];
      if (entry !== undefined) take(entry, answer, block);
    }
    if (answers.context !== undefined) {
      const isSame = context !== undefined && differenceOf(context.value, answers.context) === undefined;
      context = { value: isSame && context !== undefined ? context.value : answers.context, block };
    }
    return undefined;
  }

  /** Begins anew at a block: reads everything. */
  async function reset(block: Header, reason: string | undefined): Promise<NoTrade | undefined> {
    head = undefined;
    if (reason !== undefined) {
      counts.resets += 1;
      ports.onReset(reason, block.number);
    }
    const pools = entries.filter((entry) => !diverged.has(entry));
    const [failure, fee] = await Promise.all([
      refresh(block, pools, true),
      readDataFee(chain.dataFee, ports.ethCallAt(block.number)),
    ]);
    if (failure !== undefined) return failure;
    dataFee = fee;
    head = block;
    checkedAt = block;
    known.clear();
    known.set(block.number, block.hash);
    return undefined;
  }

  /** Returns the blocks from the mirror's to `newest`, or why there is no such path. */
  async function pathTo(newest: Header, from: Header, headers: readonly Header[]): Promise<readonly Header[] | string> {
    if (newest.number <= from.number) return `block ${newest.number} was replaced`;
    const missing = newest.number - from.number - 1n;
    const arrived = new Map(headers.map((header) => [header.number, header]));
    const numbers = Array.from({ length: Number(missing) }, (_, index) => from.number + BigInt(index) + 1n);
    const gap = numbers.filter((number) => !arrived.has(number)).length;
    if (BigInt(gap) > maxGap) return `a gap of ${gap} blocks`;
    const between = await Promise.all(numbers.map((number) => arrived.get(number) ?? ports.headerOf(number)));
    const path: Header[] = [];
    let parent = from;
    for (const header of [...between, newest]) {
      if (header?.parentHash !== parent.hash) return `block ${parent.number} was replaced`;
      path.push(header);
      parent = header;
    }
    return path;
  }

  /** Applies what blocks logged, one after the other, and reads what their logs do not tell. */
  async function advance(path: readonly Header[]): Promise<NoTrade | undefined> {
    const logs = await Promise.all(path.map((header) => logsOf(header))).catch((error: unknown) => {
      // Some of the logs may have been handed out already, and would be missing the next time.
      head = undefined;
      throw error;
    });
    let newest: Header | undefined;
    for (const [index, header] of path.entries()) {
      for (const log of logs[index]?.logs ?? []) apply(log, logs[index]?.pushed === true);
      for (const entry of logs[index]?.silent ?? []) {
        doubted.add(entry);
        counts.doubts += 1;
      }
      counts.blocks += 1;
      head = newest = header;
      known.set(header.number, header.hash);
      known.delete(header.number - knownBlocks);
      for (const entry of unfollowed) outdated.add(entry);
    }
    return newest === undefined ? undefined : catchUp(newest);
  }

  /** Reads what is outdated, and whatever else waits for a read. */
  async function catchUp(block: Header): Promise<NoTrade | undefined> {
    const isDue = context === undefined || block.timestamp - context.block.timestamp >= contextSeconds;
    if (outdated.size === 0 && !isDue) return undefined;
    const pools = new Set([...outdated, ...doubted]);
    const [failure, fee] = await Promise.all([
      refresh(
        block,
        [...pools].filter((entry) => !diverged.has(entry)),
        isDue,
      ),
      isDue ? readDataFee(chain.dataFee, ports.ethCallAt(block.number)) : dataFee,
    ]);
    dataFee = fee;
    return failure;
  }

  /** Returns a block's logs, and the pools that may have logged by the header and of which there is none. */
  async function logsOf(header: Header) {
    const listening = () => {
      const candidates = new Set(sources.mayHaveLogged(header.logsBloom));
      return { candidates, silent: new Set(candidates), heard: 0 };
    };
    let listened: ReturnType<typeof listening> | undefined;
    const hear = (logs: readonly ChainLog[]) => {
      listened ??= listening();
      const { candidates, silent } = listened;
      for (const log of logs.slice(listened.heard)) {
        for (const entry of sources.keysOf(log)) {
          if (!candidates.has(entry)) hasSoundBlooms = false;
          silent.delete(entry);
        }
      }
      listened.heard = logs.length;
      return silent;
    };
    const { logs, pushed } = await heads.logsOf(header, (arrived) => hear(arrived).size === 0);
    if (!pushed) return { logs, pushed, silent: [] };
    const silent = hear(logs);
    if (hasSoundBlooms && silent.size <= maxDoubts) return { logs, pushed, silent: [...silent] };
    return { logs: await ports.logsOf(header.hash, sources.filter), pushed: false, silent: [] };
  }

  function apply(log: ChainLog, pushed: boolean): void {
    const { blockNumber: block, index } = log;
    for (const entry of sources.keysOf(log)) {
      // A read has the whole block.
      if (block <= entry.readAt || outdated.has(entry) || !isFollowing(entry)) continue;
      const { toldAt, current, follow } = entry;
      const isNext = block > toldAt.block || (block === toldAt.block && index > toldAt.index);
      const state = isNext && "state" in current ? applyOrRead(follow, current, log) : "read";
      if (state === "read") {
        outdated.add(entry);
        continue;
      }
      entry.toldAt = { block, index };
      if (pushed) entry.pushedAt = block;
      if ("state" in current && state !== current.state) set(entry, { pool: entry.pool, state });
    }
  }

  /** Finds out again what to read of the pools that have outgrown it: they are read with the next block. */
  async function rediscover(block: Header): Promise<void> {
    if (outgrown.size === 0) return;
    const reader = {
      read: (calls: readonly Call[]) => readAll(ports.ethCallAt(block.number), chain.multicall3, calls),
    };
    await Promise.all(
      [...outgrown].map(async (entry) => {
        entry.pool = (await entry.venue.rediscover?.(entry.pool, reader)) ?? entry.pool;
        outgrown.delete(entry);
        outdated.add(entry);
      }),
    );
  }

  /** Makes the snapshot of what the mirror holds now. */
  function hand(block: Header, value: Context): Snapshot {
    const { pools, absent } = listsNow();
    snapshot = {
      block,
      pools,
      absent,
      ...value,
      dataFee,
      touched: [...touched].map(({ pool }) => pool.id),
      divergences,
    };
    touched.clear();
    divergences = [];
    return snapshot;
  }

  /** Lists pools and absences: in a new list only where one has changed, and from scratch only where one came or went. */
  function listsNow(): Pick<Snapshot, "pools" | "absent"> {
    const isSettled = [...touched].every(({ current, position }) => "state" in current && position >= 0);
    if (snapshot === undefined || !isSettled) {
      const pools: PoolState[] = [];
      const absent: Absence[] = [];
      for (const entry of entries) {
        const { current } = entry;
        entry.position = "state" in current ? pools.push(current) - 1 : -1;
        if ("refusal" in current) absent.push(current);
      }
      return { pools, absent };
    }
    if (touched.size === 0) return snapshot;
    const pools = [...snapshot.pools];
    for (const { current, position } of touched) if ("state" in current) pools[position] = current;
    return { pools, absent: snapshot.absent };
  }

  async function check(): Promise<void> {
    const block = head;
    if (block === undefined) return;
    checkedAt = block;
    counts.checks += 1;
    const judged = entries.filter(
      (entry) => isFollowing(entry) && !outdated.has(entry) && !doubted.has(entry) && entry.pushedAt < block.number,
    );
    const followed = judged.map(({ current }) => current);
    const answers = await read(block, judged, false);
    if (isNoTrade(answers)) return;
    const found: { readonly entry: Entry; readonly divergence: Divergence }[] = [];
    for (const [index, entry] of judged.entries()) {
      const [mirrored, actual] = [followed[index], answers.pools[index]];
      if (mirrored === undefined || actual === undefined || diverged.has(entry)) continue;
      // What is absent is quoted by nobody, and may come back without an event.
      if (!("state" in mirrored)) {
        if ("state" in actual) outdated.add(entry);
        continue;
      }
      const told = (held: PoolState | Absence) =>
        "state" in held ? (entry.follow?.told?.(held.state) ?? held.state) : held.refusal;
      const difference = differenceOf(told(actual), told(mirrored));
      if (difference === undefined) continue;
      const detail = `block ${block.number} has another state than its events told: ${difference}`;
      found.push({ entry, divergence: { pool: entry.pool.id, block: block.number, detail } });
    }
    // The state of another block of the same number says nothing.
    if (found.length === 0 || (await ports.headerOf(block.number))?.hash !== block.hash) return;
    for (const { entry, divergence } of found) {
      counts.divergences += 1;
      diverged.add(entry);
      divergences = [...divergences, divergence];
      set(entry, { pool: entry.pool, refusal: refuse("stopped", divergence.detail) });
    }
  }

  function checkWhenDue(block: Header): void {
    if (checkFailure !== undefined) {
      const failure = checkFailure;
      checkFailure = undefined;
      // The RPC's failures are counted and logged where they happen: the next check is soon enough.
      if (!(failure instanceof RpcError)) throw failure;
    }
    if (checking !== undefined || checkedAt === undefined) return;
    if (block.timestamp - checkedAt.timestamp < checkEverySeconds) return;
    checking = check()
      .catch((error: unknown) => {
        checkFailure = error;
      })
      .finally(() => {
        checking = undefined;
      });
  }

  async function follow(): Promise<NoTrade | undefined> {
    const { headers, late, lost } = await heads.take();
    const newest = headers.at(-1);
    if (lost !== undefined || head === undefined) {
      const isFirst = snapshot === undefined;
      return reset(newest ?? (await ports.latestBlock()), isFirst ? undefined : (lost ?? "the last read failed"));
    }
    for (const log of late) apply(log, true);
    if (newest === undefined || newest.hash === head.hash) return catchUp(head);
    if (newest.number <= head.number && (known.get(newest.number) ?? newest.hash) === newest.hash) {
      return noTrade("rpc-lagging", `the RPC answered with block ${newest.number} after block ${head.number}`);
    }
    const path = await pathTo(newest, head, headers);
    return typeof path === "string" ? reset(newest, path) : advance(path);
  }

  return {
    wait: heads.wait,
    counts,
    check,
    async observe() {
      const failure = await follow();
      if (failure !== undefined) return failure;
      if (head === undefined || context === undefined) throw new Error("The mirror has no block.");
      const observed = hand(head, context.value);
      checkWhenDue(head);
      await rediscover(head);
      return observed;
    },
    async confirm(pools) {
      if (head === undefined || context === undefined || snapshot === undefined) {
        throw new Error("confirm() makes sure of a snapshot: there is none yet.");
      }
      const block = head;
      const unproven = pools.flatMap(({ id }) => {
        const entry = byId.get(id);
        if (entry === undefined || diverged.has(entry) || entry.readAt === block.number) return [];
        const drifts = "state" in entry.current && driftsFrom(entry.follow, entry.current.state);
        const isProven = !drifts && !doubted.has(entry) && !outdated.has(entry) && entry.pushedAt < block.number;
        return isProven ? [] : [entry];
      });
      const before = context;
      const isOlder = context.block.number < block.number;
      const failure = await refresh(block, unproven, isOlder, ports.agreedCallAt);
      if (failure !== undefined) return failure;
      return touched.size === 0 && divergences.length === 0 && context.value === before.value
        ? snapshot
        : hand(block, context.value);
    },
  };
}

function createEntry(pool: Pool, venue: Venue): Entry {
  const isTold = venue.follow?.source(pool) !== undefined;
  return {
    pool,
    venue,
    follow: isTold ? venue.follow : undefined,
    current: { pool, refusal: refuse("unreadable", "not read yet") },
    readAt: -1n,
    toldAt: { block: -1n, index: 0 },
    pushedAt: -1n,
    position: -1,
  };
}

function contentOf(held: PoolState | Absence): unknown {
  return "state" in held ? held.state : held.refusal;
}

/** Whether some of a state moves without events. */
function driftsFrom(follow: Follow | undefined, state: unknown): boolean {
  return follow?.told !== undefined && follow.told(state) !== state;
}

/** An event that the venue cannot make sense of does not tell the state. */
function applyOrRead(follow: Follow | undefined, { pool, state }: PoolState, log: ChainLog): unknown {
  try {
    return follow === undefined ? "read" : follow.apply(pool, state, log);
  } catch {
    return "read";
  }
}
