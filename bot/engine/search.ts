import { cyclesThrough } from "./cycles.ts";
import type { Changes, Edge, Market, Pair } from "./market.ts";
import { maximize } from "./maximum.ts";

/** A closed route that pays, at its best size. Amounts are estimates in units of the first token. */
export interface Found {
  /** In order, the first from the token that is borrowed. */
  readonly edges: readonly Edge[];
  readonly amount: number;
  /** What goes into each hop, in units of its token in. */
  readonly amountsIn: readonly number[];
  /** After the lender's fee, before gas. */
  readonly profit: number;
  /** The profit less the costs, in the market's values. */
  readonly net: number;
}

/** Who could finance what: by token index. */
export interface Borrowing {
  /** The preferred token to begin a route with has the highest number; zero is a token that nobody lends. */
  readonly preference: Float64Array;
  /** What the cheapest lender takes, as a share of the amount. */
  readonly feeShare: Float64Array;
  /** The largest loan in units. */
  readonly limit: Float64Array;
}

/** What a trade costs besides its hops' prices, in the market's values. */
export interface Costs {
  /** The least that a route of this many hops costs. */
  least(hops: number): number;
  of(edges: readonly Edge[]): number;
}

export interface SearchOptions {
  readonly maxHops: number;
  /** How many routes to return. */
  readonly limit: number;
}

/** A cycle of pairs whose best rates multiply above one, the bound on its profit, and its size once it is known. */
interface Candidate {
  readonly pairs: readonly number[];
  /** In values, less the least costs. */
  bound: number;
  /** What is known of its net since one of its pairs changed: its size, or that it is no more than the ceiling. */
  found: Found | undefined;
  ceiling: number;
  /** The last run that saw that it may pay. */
  seen: number;
}

/** The search that remembers what it knows of pairs that did not change. */
export interface Search {
  /**
   * Searches again through the pairs that changed, and returns the routes that leave the most, the best first.
   *
   * Each is the best of all routes along its tokens: for every amount a hop takes the pool that pays the most for it, so
   * that a route through any other pools of the same tokens pays no more.
   */
  run(changes: Changes, borrowing: Borrowing, costs: Costs): readonly Found[];
  /** Forgets everything: the next run looks at every pair. */
  reset(): void;
  /** How many cycles of tokens may pay, after the last run, and how many of them have been sized. */
  readonly counts: { readonly candidates: number; readonly sized: number };
}

/** How exactly amounts are found for ranking, relative: the profit is then right to about the square of it. */
const ranking = 1e-3;

/** Cycles are remembered down to this share of the least net among the best. */
const floorShare = 0.25;

/** Two buckets' bounds stand to each other as one to the square root of two. */
const bucketOf = (bound: number): number => Math.floor(Math.log2(bound) * 2);

export function createSearch(market: Market, { maxHops, limit }: SearchOptions): Search {
  const known = new Map<string, Candidate>();
  const byPair = new Map<number, Set<Candidate>>();
  const buckets = new Map<number, Set<Candidate>>();
  let runs = 0;
  let sized = 0;
  /** Of the cycles that are bounded below this only some are known. */
  let floor = 0;

  const place = (candidate: Candidate) => {
    const key = bucketOf(candidate.bound);
    const bucket = buckets.get(key);
    if (bucket === undefined) buckets.set(key, new Set([candidate]));
    else bucket.add(candidate);
  };
  const offer = (pairs: readonly number[], bound: number) => {
    const key = pairs.join();
    const candidate = known.get(key);
    if (candidate !== undefined) {
      candidate.seen = runs;
      if (bucketOf(bound) === bucketOf(candidate.bound)) candidate.bound = bound;
      else {
        buckets.get(bucketOf(candidate.bound))?.delete(candidate);
        candidate.bound = bound;
        place(candidate);
      }
      return;
    }
    const created: Candidate = { pairs, bound, found: undefined, ceiling: Infinity, seen: runs };
    known.set(key, created);
    for (const at of pairs) {
      const through = byPair.get(at);
      if (through === undefined) byPair.set(at, new Set([created]));
      else through.add(created);
    }
    place(created);
  };
  const drop = (candidate: Candidate) => {
    known.delete(candidate.pairs.join());
    for (const at of candidate.pairs) byPair.get(at)?.delete(candidate);
    buckets.get(bucketOf(candidate.bound))?.delete(candidate);
  };

  const price = ({ touched, repriced }: Changes, borrowing: Borrowing, costs: Costs): Found[] => {
    runs++;
    cyclesThrough(market, repriced, { maxHops, preference: borrowing.preference, costs, floor }, offer);
    for (const at of repriced) {
      for (const candidate of byPair.get(at) ?? []) if (candidate.seen !== runs) drop(candidate);
    }
    for (const at of touched) {
      for (const candidate of byPair.get(at) ?? []) {
        if (holds(market, candidate, at)) continue;
        candidate.found = undefined;
        candidate.ceiling = Infinity;
      }
    }
    const best: Found[] = [];
    sized = 0;
    for (const key of [...buckets.keys()].sort((a, b) => b - a)) {
      const bucket = buckets.get(key);
      if (bucket === undefined || bucket.size === 0) {
        buckets.delete(key);
        continue;
      }
      // No cycle of this bucket or of a later one is bounded above this.
      if (2 ** ((key + 1) / 2) <= leastOf(best, limit)) break;
      for (const candidate of bucket) {
        const least = leastOf(best, limit);
        if (candidate.bound <= least || candidate.ceiling <= least) continue;
        if (candidate.found === undefined) {
          candidate.found = sizeCycle(market, candidate.pairs, borrowing, costs, least);
          candidate.ceiling = candidate.found?.net ?? least;
          sized++;
        }
        if (candidate.found !== undefined) insertByNet(best, candidate.found, limit);
      }
    }
    return best;
  };

  /** Forgets the cycles that are bounded far below the best routes: there are many, and they matter only once those are gone. */
  const settle = (best: Found[]): Found[] => {
    const raised = leastOf(best, limit) * floorShare;
    if (raised <= floor) return best;
    floor = raised;
    for (const [key, bucket] of buckets) {
      if (2 ** ((key + 1) / 2) <= floor) for (const candidate of bucket) drop(candidate);
    }
    return best;
  };

  return {
    run(changes, borrowing, costs) {
      const best = price(changes, borrowing, costs);
      const least = leastOf(best, limit);
      if (floor > 0 && least < floor) {
        // Cycles below the floor are needed after all.
        floor = 0;
        return settle(price(everyPair(market), borrowing, costs));
      }
      return settle(best);
    },
    reset() {
      known.clear();
      byPair.clear();
      buckets.clear();
      floor = 0;
    },
    get counts() {
      return { candidates: known.size, sized };
    },
  };
}

/**
 * Returns whether what is known of a candidate stands although pools of the pair `at` changed: the pool that it takes
 * there is not one of them, and through none of those that are new could the route leave more.
 */
function holds(market: Market, { pairs, found, bound, ceiling }: Candidate, at: number): boolean {
  if (found !== undefined && found.edges[pairs.indexOf(at)]?.current !== true) return false;
  const pair = market.pair(Math.floor(at / market.size), at % market.size);
  const others = bound - (market.gains[at] ?? 0);
  return pair?.fresh.every(({ gain }) => others + gain <= ceiling) ?? false;
}

/** Everything, for a search from nothing. */
export function everyPair(market: Market): Changes {
  const all = [...market.pairs()];
  return { touched: all, repriced: all };
}

/** Returns what a route must leave to be among the best. */
function leastOf(best: readonly Found[], limit: number): number {
  return best.length < limit ? 0 : (best.at(-1)?.net ?? 0);
}

function insertByNet(best: Found[], found: Found, limit: number): void {
  let at = best.length;
  while (at > 0 && (best[at - 1]?.net ?? 0) < found.net) at--;
  if (at >= limit) return;
  best.splice(at, 0, found);
  if (best.length > limit) best.pop();
}

/**
 * Returns the best amount and pools for a cycle of pairs, or undefined where it cannot leave more than `least`, in the
 * market's values, after its costs.
 */
export function sizeCycle(
  market: Market,
  cycle: readonly number[],
  borrowing: Borrowing,
  costs: Costs,
  least: number,
): Found | undefined {
  const pairs: Pair[] = [];
  let logRate = 0;
  for (const at of cycle) {
    const pair = market.pair(Math.floor(at / market.size), at % market.size);
    if (pair === undefined) return undefined;
    pairs.push(pair);
    logRate += market.logRates[at] ?? -Infinity;
  }
  const start = pairs[0]?.from ?? 0;
  const fee = borrowing.feeShare[start] ?? 0;
  const value = market.values[start] ?? 0;
  const excess = Math.exp(logRate) - 1 - fee;
  if (!(excess > 0)) return undefined;
  const profitOf = (amount: number): number => {
    let held = amount;
    for (const pair of pairs) held = bestOutput(pair, held);
    return held - amount * (1 + fee);
  };
  // No smaller amount can earn what is needed even at the first unit's rate.
  const low = Math.max((costs.least(pairs.length) + least) / value / excess, 1);
  const high = borrowing.limit[start] ?? 0;
  if (!(low < high)) return undefined;
  // A curve pays ever less for more, so that a route that loses at one amount loses at every larger one.
  if (profitOf(low) <= 0) return undefined;
  const top = maximize(profitOf, low, high, ranking);
  if (!(top.value > 0)) return undefined;
  const edges: Edge[] = [];
  const amountsIn: number[] = [];
  let held = top.at;
  for (const pair of pairs) {
    const edge = bestEdge(pair, held);
    if (edge === undefined) return undefined;
    edges.push(edge);
    amountsIn.push(held);
    held = edge.curve.estimate(held);
  }
  const net = top.value * value - costs.of(edges);
  if (net <= least) return undefined;
  return { edges, amount: top.at, amountsIn, profit: top.value, net };
}

/** What the pool of a pair that pays the most pays for `amountIn`. */
function bestOutput({ edges }: Pair, amountIn: number): number {
  let best = 0;
  for (let i = 0; i < edges.length; i++) {
    const { curve } = edges[i] as Edge;
    // Sorted by rate, and no input gets more than the rate.
    if (curve.rate * amountIn <= best) break;
    const out = curve.estimate(amountIn);
    if (out > best) best = out;
  }
  return best;
}

function bestEdge({ edges }: Pair, amountIn: number): Edge | undefined {
  let best = 0;
  let found: Edge | undefined;
  for (const edge of edges) {
    if (edge.curve.rate * amountIn <= best) break;
    const out = edge.curve.estimate(amountIn);
    if (out > best) [best, found] = [out, edge];
  }
  return found;
}
