import { setTimeout as sleep } from "node:timers/promises";
import type { Block } from "../domain/snapshot.ts";
import type { Log } from "../venues/venue.ts";

/** A block's header: what ties it to the block before, and what it says of its logs. */
export interface Header extends Block {
  readonly hash: string;
  readonly parentHash: string;
  /** 2048 bits, in which every emitter and topic of the block's logs is entered. */
  readonly logsBloom: string;
}

/** A log with its place on the chain. */
export interface ChainLog extends Log {
  readonly blockHash: string;
  readonly blockNumber: bigint;
  /** The place among the block's logs. */
  readonly index: number;
  /** Whether the block has left the chain. */
  readonly removed: boolean;
}

/** Which logs are wanted: any of these first topics, by any of these emitters, or by anybody. */
export interface LogFilter {
  readonly addresses: readonly string[] | undefined;
  readonly topics: readonly string[];
}

export interface HeadPorts {
  readonly latestBlock: () => Promise<Header>;
  /** Returns all wanted logs of a block, in their order. */
  readonly logsOf: (blockHash: string, filter: LogFilter) => Promise<readonly ChainLog[]>;
}

/** A subscription to the node. `onLost` is called once, when nothing more will come. */
export interface SubscribePorts extends HeadPorts {
  readonly subscribe: (
    filter: LogFilter,
    listener: {
      readonly onHeader: (header: Header) => void;
      readonly onLog: (log: ChainLog) => void;
      readonly onLost: (reason: string) => void;
    },
  ) => Promise<() => void>;
}

/** What has come since the last time. */
export interface Arrivals {
  /** In the order in which they came. Blocks may be missing between them. */
  readonly headers: readonly Header[];
  /** Logs of blocks whose logs were handed out already. */
  readonly late: readonly ChainLog[];
  /** Why blocks or logs may have been missed, so that nothing that was known can be relied on. */
  readonly lost: string | undefined;
}

/** The logs of a block, and whether the node sent them by itself: then some may still be missing. */
export interface BlockLogs {
  readonly logs: readonly ChainLog[];
  readonly pushed: boolean;
}

/** How blocks come to the bot. */
export interface Heads {
  /** Waits until there is something to take, for `patienceMs` at the longest, or until the signal aborts. */
  readonly wait: (patienceMs: number, signal: AbortSignal) => Promise<void>;
  /** Hands out what has come. The first time, and after a loss, there is a header among it. */
  readonly take: () => Promise<Arrivals>;
  /**
   * Returns a block's logs. Logs that come by themselves are waited for until `isComplete`, or for a short grace; what
   * comes later is handed out as late. `isComplete` is shown all that has come, each time something has.
   */
  readonly logsOf: (header: Header, isComplete: (logs: readonly ChainLog[]) => boolean) => Promise<BlockLogs>;
}

/** Asks for the newest block again and again, and for the logs of each. */
export function pollHeads(ports: HeadPorts, filter: LogFilter, pollIntervalMs: number): Heads {
  let ahead: Header | undefined;
  let taken: string | undefined;
  return {
    async wait(patienceMs, signal) {
      const end = performance.now() + patienceMs;
      while (!signal.aborted) {
        ahead = await ports.latestBlock();
        if (ahead.hash !== taken || performance.now() > end) return;
        await pause(pollIntervalMs, signal);
      }
    },
    async take() {
      const header = ahead ?? (await ports.latestBlock());
      ahead = undefined;
      taken = header.hash;
      return { headers: [header], late: [], lost: undefined };
    },
    logsOf: async ({ hash }) => ({ logs: await ports.logsOf(hash, filter), pushed: false }),
  };
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}

export interface PushOptions {
  /** How long logs that a header announces are waited for: a tenth of it once others of the block have come. */
  readonly graceMs: number;
  /** How long no block may come before the subscription counts as lost. */
  readonly silenceMs: number;
}

/**
 * Takes blocks and logs as the node sends them. A subscription that ends, or brings no block for `silenceMs`, is lost:
 * the next `take` subscribes again and says so.
 */
export function pushHeads(ports: SubscribePorts, filter: LogFilter, { graceMs, silenceMs }: PushOptions): Heads {
  let headers: Header[] = [];
  let late: ChainLog[] = [];
  /** By hash, the logs of blocks whose logs were not handed out. */
  const waiting = new Map<string, ChainLog[]>();
  /** The blocks that came by themselves since the subscription, and those whose logs were handed out. */
  const [announced, closed] = [new Set<string>(), new Set<string>()];
  /** Why the subscription has ended, and why the last one did, as long as nobody was told. */
  let ended: string | undefined = "nothing was subscribed to";
  let untold: string | undefined;
  let unsubscribe = () => {};
  let lastHeadMs = performance.now();
  let messages = 0;
  const sleepers = new Set<() => void>();

  const wake = () => {
    messages += 1;
    for (const wakeOne of [...sleepers]) wakeOne();
  };
  const end = (reason: string) => {
    ended ??= reason;
    wake();
  };
  /** Resolves with the next message, after `ms`, or when the signal aborts. */
  const nextMessage = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        sleepers.delete(done);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      sleepers.add(done);
      signal?.addEventListener("abort", done);
    });

  const listener = {
    onHeader(header: Header) {
      lastHeadMs = performance.now();
      headers.push(header);
      announced.add(header.hash);
      keepNewest(announced);
      wake();
    },
    onLog(log: ChainLog) {
      if (log.removed) return end(`block ${log.blockNumber} has left the chain`);
      if (closed.has(log.blockHash)) {
        late.push(log);
      } else {
        const logs = waiting.get(log.blockHash);
        if (logs === undefined) waiting.set(log.blockHash, [log]);
        else logs.push(log);
        keepNewest(waiting);
      }
      wake();
    },
    onLost: end,
  };
  const subscribe = async () => {
    unsubscribe();
    [headers, late] = [[], []];
    for (const known of [waiting, announced, closed]) known.clear();
    const reason = ended;
    ended = undefined;
    try {
      unsubscribe = await ports.subscribe(filter, listener);
      lastHeadMs = performance.now();
    } catch (error) {
      ended = reason;
      throw error;
    }
  };

  return {
    async wait(patienceMs, signal) {
      const start = performance.now();
      while (!signal.aborted && headers.length === 0 && late.length === 0 && ended === undefined) {
        const now = performance.now();
        const [silence, patience] = [lastHeadMs + silenceMs - now, start + patienceMs - now];
        if (silence <= 0) end(`the node sent no block for ${silenceMs} ms`);
        else if (patience <= 0) return;
        else await nextMessage(Math.min(silence, patience), signal);
      }
    },
    async take() {
      if (ended !== undefined) {
        untold ??= ended;
        await subscribe();
      }
      if (untold !== undefined) {
        const header = await ports.latestBlock();
        headers = headers.filter(({ number }) => number > header.number);
        const lost = untold;
        untold = undefined;
        return { headers: [header], late: [], lost };
      }
      const arrivals = { headers, late, lost: undefined };
      [headers, late] = [[], []];
      return arrivals;
    },
    async logsOf({ hash }, isComplete) {
      if (!announced.has(hash)) return { logs: await ports.logsOf(hash, filter), pushed: false };
      let patienceEnds = performance.now() + graceMs;
      let count = 0;
      const arrived = () => waiting.get(hash) ?? [];
      for (;;) {
        const seen = messages;
        if (arrived().length > count) {
          // Nodes send the logs of a block in one go: what does not come with the others hardly comes at all.
          patienceEnds = performance.now() + graceMs / 10;
          count = arrived().length;
        }
        if (!isComplete(arrived())) {
          const rest = patienceEnds - performance.now();
          if (rest <= 0) break;
          await nextMessage(rest);
        } else {
          // A pool may log twice: what has arrived with its first log is taken in before the block counts as complete.
          await nextTurn();
          if (messages === seen) break;
        }
      }
      const logs = arrived();
      logs.sort((a, b) => a.index - b.index);
      waiting.delete(hash);
      closed.add(hash);
      keepNewest(closed);
      return { logs, pushed: true };
    },
  };
}

/** How many blocks a subscription remembers. */
const keptBlocks = 1_024;

/** Forgets the oldest blocks. */
function keepNewest(known: Set<string> | Map<string, unknown>): void {
  if (known.size <= keptBlocks) return;
  const [oldest] = known.keys();
  if (oldest !== undefined) known.delete(oldest);
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
