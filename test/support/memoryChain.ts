import { AbiCoder, getAddress, Interface, id, keccak256, toBeHex, zeroPadValue } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import type { VenueName } from "../../bot/config/chains/chain.ts";
import { refuse } from "../../bot/domain/quote.ts";
import type { ChainLog, Header, LogFilter, SubscribePorts } from "../../bot/pipeline/heads.ts";
import type { MirrorPorts } from "../../bot/pipeline/mirror.ts";
import type { Venues } from "../../bot/venues/registry.ts";
import type { Follow, Pool, Venue } from "../../bot/venues/venue.ts";
import { memoryVenues, usdc, weth } from "./memoryMarket.ts";

const coder = AbiCoder.defaultAbiCoder();
export const word = (...values: bigint[]) =>
  coder.encode(
    values.map(() => "uint256"),
    values,
  );

/** What a pool of the memory chain holds. Its fee moves without events. */
export interface Held {
  readonly reserves: readonly [bigint, bigint];
  readonly fee: bigint;
}

export const synced = id("Synced(uint256,uint256)");
const shared = getAddress(toBeHex(0xabcd, 20));

const follow: Follow<Pool, Held> = {
  topics: [synced],
  source: ({ address }) => ({ address }),
  apply(_pool, state, { data }) {
    const [a, b]: bigint[] = coder.decode(["uint256", "uint256"], data);
    return { ...state, reserves: [a ?? 0n, b ?? 0n] };
  },
};

/** How each venue of the memory chain follows its pools. */
const follows: Partial<Record<VenueName, Follow<Pool, Held>>> = {
  solidly: follow,
  // What moves without events is not told.
  algebra: { ...follow, told: ({ reserves }) => reserves },
  // Pools that share an emitter, and have another of their own. Events may leave something untold, but do not.
  balancer: {
    ...follow,
    source: ({ id: pool, address }) => [{ address: shared, topic1: zeroPadValue(pool, 32) }, { address }],
    told: (state) => state,
  },
  // An event that does not tell the state.
  uniswapV2: { ...follow, apply: () => "read" },
  // Some pools of the venue have no events.
  dodo: { ...follow, source: () => undefined },
};

export const chainVenues = Object.fromEntries(
  Object.entries(memoryVenues).map(([name, venue]) => [
    name,
    {
      ...(venue as Venue),
      decode(_pool: Pool, [result]: readonly { success: boolean; data: string }[]) {
        if (!result?.success) return refuse("unreadable", "the read failed");
        const [a, b, fee]: bigint[] = coder.decode(["uint256", "uint256", "uint256"], result.data);
        return { reserves: [a ?? 0n, b ?? 0n], fee: fee ?? 0n } satisfies Held;
      },
      ...(name in follows && { follow: follows[name as VenueName] }),
    },
  ]),
) as unknown as Venues;

/** Creates a pool of the memory chain. `index` makes its address. */
export function chainPool(index: number, venue: VenueName): Pool {
  const address = getAddress(toBeHex(0x1000 + index, 20));
  return { venue, deployment: venue, id: address, address, tokens: [weth.address, usdc.address] };
}

/** What every feed says that it is, by its address. */
const descriptions = new Map(
  Object.values(arbitrum.feeds.usd).map(({ address, description }) => [address, description] as const),
);

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** One block with everything that can be asked of it. */
interface Block {
  readonly header: Header;
  readonly logs: readonly ChainLog[];
  readonly held: ReadonlyMap<string, Held>;
}

const aggregate3 = new Interface(["function aggregate3((address target, bool allowFailure, bytes callData)[] calls)"]);

/** A chain of blocks in memory, that can be asked, that sends by itself, and that can lie. */
export function createMemoryChain(pools: readonly Pool[]) {
  let blocks: Block[] = [];
  let held = new Map<string, Held>(pools.map(({ address }) => [address, { reserves: [1_000n, 2_000n], fee: 0n }]));
  let logs: { pool: Pool; data: string }[] = [];
  let branch = 0;
  const listeners = new Set<Parameters<SubscribePorts["subscribe"]>[1]>();
  const counts = { reads: [] as bigint[], logs: [] as string[], headers: 0, subscriptions: 0, resets: [] as string[] };
  /** Answers by target, which overrule the rest: undefined fails. */
  const answers: Record<string, string | undefined> = {};
  /** What the node does with what it sends by itself, and what it answers with. */
  const node = {
    send: (_log: ChainLog): boolean => true,
    tell: (log: ChainLog): ChainLog => log,
    fail: undefined as Error | undefined,
  };
  const newest = (): Block => {
    const block = blocks.at(-1);
    if (block === undefined) throw new Error("no block");
    return block;
  };

  /** Mines a block of what was swapped since the last one, `seconds` later. */
  function mine(seconds = 0n): Header {
    const parent = blocks.at(-1)?.header;
    const number = (parent?.number ?? 49n) + 1n;
    const hash = keccak256(word(number, BigInt(branch), BigInt(parent?.hash ?? 0)));
    const mined = logs.map(({ pool, data }, index): ChainLog => {
      const sources = [follows[pool.venue]?.source(pool) ?? []].flat();
      // Where several contracts tell of a pool, they do so in turn.
      const nth = logs.slice(0, index).filter((log) => log.pool === pool).length;
      const source = sources[nth % sources.length] ?? { address: pool.address };
      const topics = source.topic1 === undefined ? [synced] : [synced, source.topic1];
      return {
        address: source.address.toLowerCase(),
        topics,
        data,
        blockHash: hash,
        blockNumber: number,
        index,
        removed: false,
      };
    });
    const header: Header = {
      number,
      timestamp: (parent?.timestamp ?? 1_000n) + seconds,
      baseFeeWei: 1n,
      hash,
      parentHash: parent?.hash ?? word(0n),
      logsBloom: bloomOf(mined),
    };
    blocks.push({ header, logs: mined, held: new Map(held) });
    logs = [];
    for (const listener of listeners) listener.onHeader(header);
    for (const log of mined) if (node.send(log)) for (const listener of listeners) listener.onLog(node.tell(log));
    return header;
  }

  function answer(block: Block, target: string, data: string): readonly [boolean, string] {
    if (data.startsWith("0x7284e416")) return [true, coder.encode(["string"], [descriptions.get(target)])];
    if (data.startsWith("0x313ce567")) return [true, word(8n)];
    if (target in answers) return [answers[target] !== undefined, answers[target] ?? "0x"];
    if (target === arbitrum.feeds.sequencerUptime) return [true, word(1n, 0n, 500n, 900n, 1n)];
    if (data.startsWith("0x3408e470")) return [true, word(42_161n)];
    if (data.startsWith("0x0f28c97d")) return [true, word(block.header.timestamp)];
    if (data.startsWith("0xfeaf968c")) return [true, word(1n, 100n, 500n, 900n, 1n)];
    const state = block.held.get(target);
    return [true, state === undefined ? word(0n) : word(...state.reserves, state.fee)];
  }
  const asked = async <T>(work: () => T): Promise<T> => {
    if (node.fail !== undefined) throw node.fail;
    return work();
  };

  const ports: Writable<MirrorPorts & SubscribePorts> = {
    latestBlock: () =>
      asked(() => {
        counts.headers += 1;
        return newest().header;
      }),
    headerOf: (number) => asked(() => blocks.find(({ header }) => header.number === number)?.header),
    logsOf: (hash, filter) =>
      asked(() => {
        counts.logs.push(hash);
        const block = blocks.find(({ header }) => header.hash === hash);
        if (block === undefined) throw new Error("unknown block");
        return block.logs.filter((log) => isWanted(filter, log)).map(node.tell);
      }),
    ethCallAt: (number) => (to, data) =>
      asked(() => {
        if (to !== arbitrum.multicall3) throw new Error("execution reverted");
        counts.reads.push(number);
        const block = blocks.find(({ header }) => header.number === number);
        if (block === undefined) throw new Error(`no block ${number}`);
        const [calls] = aggregate3.decodeFunctionData("aggregate3", data);
        const results = calls.map(({ target, callData }: { target: string; callData: string }) =>
          answer(block, target, callData),
        );
        return coder.encode(["(bool,bytes)[]"], [results]);
      }),
    agreedCallAt: (number) => ports.ethCallAt(number),
    subscribe: (_filter, listener) =>
      asked(() => {
        counts.subscriptions += 1;
        listeners.add(listener);
        return () => void listeners.delete(listener);
      }),
    onReset: (reason) => void counts.resets.push(reason),
  };

  mine();
  return {
    ports,
    counts,
    answers,
    node,
    mine,
    /** Puts reserves into a pool in the next block, with an event where its venue has one. */
    swap(pool: Pool, ...reserves: [bigint, bigint]) {
      held.set(pool.address, { reserves, fee: held.get(pool.address)?.fee ?? 0n });
      if (follows[pool.venue]?.source(pool) !== undefined) logs.push({ pool, data: word(...reserves) });
    },
    /** Moves a pool without an event. */
    drift(pool: Pool, change: Partial<Held>) {
      const state = held.get(pool.address);
      if (state !== undefined) held.set(pool.address, { ...state, ...change });
    },
    /** Takes the newest blocks off the chain; what is mined then is another branch. */
    drop(count: number) {
      blocks = blocks.slice(0, -count);
      held = new Map(newest().held);
      branch += 1;
    },
    listeners,
    heldNow: (pool: Pool) => newest().held.get(pool.address),
    newest: () => newest().header,
    logsOf: (header: Header) => blocks.find((block) => block.header.hash === header.hash)?.logs ?? [],
  };
}

export type MemoryChain = ReturnType<typeof createMemoryChain>;

function isWanted({ addresses, topics }: LogFilter, { address, topics: [topic = ""] }: ChainLog): boolean {
  return (addresses?.includes(address) ?? true) && topics.includes(topic);
}

/** The bloom of a block with these logs, written down from its definition. */
function bloomOf(logs: readonly ChainLog[]): string {
  let bloom = 0n;
  for (const value of logs.flatMap(({ address, topics }) => [address, ...topics])) {
    const hash = keccak256(value).slice(2);
    for (const at of [0, 4, 8]) bloom |= 1n << BigInt(Number.parseInt(hash.slice(at, at + 4), 16) % 2048);
  }
  return toBeHex(bloom, 256);
}
