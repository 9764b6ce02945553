import { cyclesThrough } from "./cycles.ts";
import type { Changes, Edge, Market, Pair } from "./market.ts";
import { maximize, maximizeNear } from "./maximum.ts";

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
  /** Undefined: not sized since one of its pairs changed. Null: sized, and it does not pay. */
  found: Found | null | undefined;
  /** The best amount when it was sized last, or zero. */
  hint: number;
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

/** Two buckets' bounds stand to each other as one to the square root of two. */
const bucketOf = (bound: number): number => Math.floor(Math.log2(bound) * 2);

export function createSearch(market: Market, { maxHops, limit }: SearchOptions): Search {
  const known = new Map<string, Candidate>();
  const byPair = new Map<number, Set<Candidate>>();
  const buckets = new Map<number, Set<Candidate>>();
  let runs = 0;
  let sized = 0;

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
    const created: Candidate = { pairs, bound, found: undefined, hint: 0, seen: runs };
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

  return {
    run({ touched, repriced }, borrowing, costs) {
      runs++;
      for (const at of touched) {
        for (const candidate of byPair.get(at) ?? []) if (!holds(market, candidate, at)) candidate.found = undefined;
      }
      cyclesThrough(market, repriced, maxHops, borrowing.preference, costs, offer);
      for (const at of repriced) {
        for (const candidate of byPair.get(at) ?? []) if (candidate.seen !== runs) drop(candidate);
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
        if (best.length === limit && 2 ** ((key + 1) / 2) <= (best.at(-1)?.net ?? 0)) break;
        for (const candidate of bucket) {
          if (best.length === limit && candidate.bound <= (best.at(-1)?.net ?? 0)) continue;
          if (candidate.found === undefined) {
            candidate.found = sizeCycle(market, candidate.pairs, borrowing, costs, candidate.hint) ?? null;
            candidate.hint = candidate.found?.amount ?? 0;
            sized++;
          }
          if (candidate.found === null || candidate.found.net <= 0) continue;
          insertByNet(best, candidate.found, limit);
        }
      }
      return best;
    },
    reset() {
      known.clear();
      byPair.clear();
      buckets.clear();
    },
    get counts() {
      return { candidates: known.size, sized };
    },
  };
}

/**
 * Returns whether a candidate's size stands although pools of the pair `at` changed: the same unchanged pool still pays
 * the most for what goes into that hop, so that nothing changed at the best size.
 */
function holds(market: Market, { pairs, found }: Candidate, at: number): boolean {
  if (found === null || found === undefined) return false;
  const hop = pairs.indexOf(at);
  const pair = market.pair(Math.floor(at / market.size), at % market.size);
  return pair !== undefined && bestEdge(pair, found.amountsIn[hop] ?? 0) === found.edges[hop];
}

function insertByNet(best: Found[], found: Found, limit: number): void {
  let at = best.length;
  while (at > 0 && (best[at - 1]?.net ?? 0) < found.net) at--;
  if (at >= limit) return;
  best.splice(at, 0, found);
  if (best.length > limit) best.pop();
}

/** Returns the best amount and pools for a cycle of pairs, or undefined where nothing pays its costs. */
export function sizeCycle(
  market: Market,
  cycle: readonly number[],
  borrowing: Borrowing,
  costs: Costs,
  hint = 0,
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
  // Less than this cannot earn the costs, whatever the rest of the curves.
  const low = Math.max(costs.least(pairs.length) / value / excess, 1);
  const high = borrowing.limit[start] ?? 0;
  if (!(low < high)) return undefined;
  const top =
    hint > low && hint < high
      ? maximizeNear(profitOf, hint, low, high, ranking)
      : maximize(profitOf, low, high, ranking);
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
  return { edges, amount: top.at, amountsIn, profit: top.value, net: top.value * value - costs.of(edges) };
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
