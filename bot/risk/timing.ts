import { type NoTrade, noTrade } from "../domain/noTrade.ts";

export interface TimingLimits {
  /** Whether an order is refused that takes longer than its route usually pays. */
  readonly refuseSlowRoutes: boolean;
  /** How many of a route's last lives tell how long it usually pays, and how many it takes at least. */
  readonly lifetimeSamples: number;
  readonly minLifetimeSamples: number;
  /** How many of the bot's last transactions tell how long they take. */
  readonly latencySamples: number;
  /** What a transaction takes at least, in blocks. */
  readonly minLatencyBlocks: number;
}

/** For how long a route paid: from the first to the last of consecutive blocks. */
export interface Life {
  readonly route: string;
  readonly firstBlock: bigint;
  readonly lastBlock: bigint;
  /** In seconds. */
  readonly firstTimestamp: bigint;
  readonly lastTimestamp: bigint;
  /** Whether it was seen to begin and to end by itself. Otherwise it lived at least so long. */
  readonly isWhole: boolean;
}

/** What was seen on a block. */
export interface Sighting {
  readonly block: bigint;
  readonly timestamp: bigint;
  /** The routes that pay. */
  readonly routes: readonly string[];
  /** Whether the bot itself moves the market on the next blocks. */
  readonly isDisturbed: boolean;
}

/** A life that has not ended. */
type Alive = Omit<Life, "route" | "isWhole"> & { readonly isBorn: boolean };

/**
 * Creates the function that takes every block in and returns the lives that are over.
 *
 * It keeps no more than what is alive, and nothing between two runs: a life is whole only when the block before its first
 * one and the block after its last one were looked at, and the bot did not trade meanwhile. A gap, a restart and a trade
 * end every life, and make what is alive after them one whose beginning was not seen.
 */
export function createLifeWatch(): (sighting: Sighting) => readonly Life[] {
  let alive = new Map<string, Alive>();
  let last: bigint | undefined;

  return ({ block, timestamp, routes, isDisturbed }) => {
    const over: Life[] = [];
    const end = (route: string, { isBorn, ...life }: Alive, isWhole: boolean) =>
      over.push({ route, ...life, isWhole: isBorn && isWhole });
    if (block !== last) {
      const isNext = last !== undefined && block === last + 1n;
      const now = new Map<string, Alive>();
      for (const route of routes) {
        const before = isNext ? alive.get(route) : undefined;
        const first = before ?? { firstBlock: block, firstTimestamp: timestamp, isBorn: isNext };
        now.set(route, { ...first, lastBlock: block, lastTimestamp: timestamp });
      }
      for (const [route, life] of alive) if (!isNext || !now.has(route)) end(route, life, isNext);
      alive = now;
      last = block;
    }
    if (isDisturbed) {
      for (const [route, life] of alive) end(route, life, false);
      alive = new Map();
      last = undefined;
    }
    return over;
  };
}

/**
 * Returns why an order along a route comes too late, or undefined. A transaction that is mined `n` blocks after the block
 * that it answers meets a route that lived for `n` blocks or more.
 *
 * @param lives of the route, in blocks
 * @param latencies of the bot's last transactions, in blocks from the one that was answered to the one that mined it
 */
export function checkTiming(
  lives: readonly number[],
  latencies: readonly number[],
  { minLifetimeSamples, minLatencyBlocks }: TimingLimits,
): NoTrade | undefined {
  if (lives.length < minLifetimeSamples) return undefined;
  const measured = latencies.length === 0 ? 0 : median(latencies);
  const latency = Math.max(minLatencyBlocks, measured);
  const life = median(lives);
  if (latency <= life) return undefined;
  const taken = measured >= minLatencyBlocks ? `the median of ${latencies.length} transactions` : "minLatencyBlocks";
  return noTrade(
    "slower-than-route",
    `a transaction takes ${latency} blocks (${taken}), the route pays for ${life} (the median of its last ${lives.length} lives)`,
  );
}

/** Returns the middle of some numbers, or the mean of both middles. */
function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2;
}
