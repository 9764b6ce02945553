import type { Address } from "../config/chains/chain.ts";
import type { Curve } from "../domain/curve.ts";
import { isRefusal, type Refusal } from "../domain/quote.ts";
import type { PoolState } from "../domain/snapshot.ts";
import type { Pool } from "../venues/venue.ts";
import { maximize } from "./maximum.ts";

/** One direction through one pool. */
export interface Edge {
  readonly pool: Pool;
  readonly from: Address;
  readonly to: Address;
  readonly curve: Curve;
  /** The natural logarithm of the curve's rate. */
  readonly logRate: number;
  /** The most that any input gains at the market's values. At least zero. */
  gain: number;
  /** False once the pool has another state or is gone. */
  current: boolean;
}

/** All pools between two tokens in one direction. */
export interface Pair {
  /** Indexes into `Market.tokens`. */
  readonly from: number;
  readonly to: number;
  /** The best rate first. */
  readonly edges: Edge[];
  /** Those of them that the last update brought. */
  readonly fresh: Edge[];
}

/**
 * The graph that is searched: tokens, the pairs between them, and of each pair the best rate and the largest gain.
 *
 * A token's value is what one of its units is worth, in an arbitrary unit. A trade through a pool gains at most
 * `max over x of value(out) · output(x) − value(in) · x`, and a closed route no more than the sum of its hops' gains,
 * whatever the values are, because the tokens in between cancel out. So a few numbers bound the profit of every route,
 * and the closer the values are to the market, the closer the bound is. This is Lagrangian duality: the values are the
 * multipliers of the tokens that a route must not keep.
 */
export interface Market {
  readonly tokens: readonly Address[];
  indexOf(token: Address): number | undefined;
  /** What a unit of each token is worth, by its index. */
  readonly values: Float64Array;
  /** By `from · size + to`: the best rate's logarithm, −Infinity where there is no pool, and the largest gain. */
  readonly logRates: Float64Array;
  readonly gains: Float64Array;
  /** The number of tokens that the two arrays are laid out for. */
  readonly size: number;
  /** By token: to which tokens there is a pool. */
  readonly neighbors: readonly (readonly number[])[];
  pair(from: number, to: number): Pair | undefined;
  /** Every pair that has a pool, as `from · size + to`. */
  pairs(): Iterable<number>;
  /** Replaces pools' states, adds new pools, and drops the pools of `gone`. */
  update(changed: readonly PoolState[], gone?: readonly string[]): Changes;
  /** Computes the values anew from the pools' own prices. The bounds hold for any values; they grow loose with time. */
  revalue(): void;
  readonly poolCount: number;
}

/** Pairs, as `from · size + to`. */
export interface Changes {
  /** Those with a pool that changed. */
  readonly touched: readonly number[];
  /** Those of them whose best rate or largest gain changed. */
  readonly repriced: readonly number[];
}

/** Prepares a direction through a pool: what the venue's `curve` returns. */
export type CurveOf = (state: PoolState, tokenIn: Address, tokenOut: Address) => Curve | Refusal;

/**
 * Creates a market of at most these tokens.
 *
 * @param reference the token in whose units values are counted: the wrapped ether of the chain
 */
export function createMarket(tokens: readonly Address[], reference: Address, curveOf: CurveOf): Market {
  const size = tokens.length;
  const indexes = new Map(tokens.map((token, index) => [token, index]));
  const values = new Float64Array(size);
  const logRates = new Float64Array(size * size).fill(-Infinity);
  const gains = new Float64Array(size * size);
  const pairs: (Pair | undefined)[] = new Array(size * size).fill(undefined);
  const neighbors: number[][] = tokens.map(() => []);
  const edgesOf = new Map<string, Edge[]>();
  const freshPairs: Pair[] = [];
  let valued = false;

  const gainOf = (curve: Curve, from: number, to: number): number => {
    const [paid, got] = [values[from] ?? 0, values[to] ?? 0];
    return valued ? largestGain(curve, paid, got) : 0;
  };

  const remove = (edge: Edge, touched: Set<number>) => {
    const at = (indexes.get(edge.from) ?? 0) * size + (indexes.get(edge.to) ?? 0);
    const edges = pairs[at]?.edges;
    if (edges !== undefined) edges.splice(edges.indexOf(edge), 1);
    edge.current = false;
    touched.add(at);
  };

  const insert = (edge: Edge, from: number, to: number, touched: Set<number>) => {
    const at = from * size + to;
    let pair = pairs[at];
    if (pair === undefined) {
      pair = { from, to, edges: [], fresh: [] };
      pairs[at] = pair;
      insertSorted(neighbors[from] ?? [], to);
    }
    const { edges } = pair;
    let low = 0;
    let high = edges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (precedes(edges[middle], edge)) low = middle + 1;
      else high = middle;
    }
    edges.splice(low, 0, edge);
    pair.fresh.push(edge);
    freshPairs.push(pair);
    touched.add(at);
  };

  /** Returns whether the pair's numbers changed. */
  const refresh = (at: number): boolean => {
    const edges = pairs[at]?.edges;
    const [logRateBefore, gainBefore] = [logRates[at], gains[at]];
    logRates[at] = edges?.[0]?.logRate ?? -Infinity;
    let gain = 0;
    // Sorted by rate, so that the first pool without a gain is followed by none with one.
    for (const edge of edges ?? []) {
      if (edge.gain <= 0) break;
      if (edge.gain > gain) gain = edge.gain;
    }
    gains[at] = gain;
    return logRates[at] !== logRateBefore || gain !== gainBefore;
  };

  const market: Market = {
    tokens,
    indexOf: (token) => indexes.get(token),
    values,
    logRates,
    gains,
    size,
    neighbors,
    pair: (from, to) => pairs[from * size + to],
    *pairs() {
      for (let at = 0; at < pairs.length; at++) if ((pairs[at]?.edges.length ?? 0) > 0) yield at;
    },
    update(changed, gone = []) {
      const touched = new Set<number>();
      for (const { fresh } of freshPairs.splice(0)) fresh.length = 0;
      for (const id of gone) {
        for (const edge of edgesOf.get(id) ?? []) remove(edge, touched);
        edgesOf.delete(id);
      }
      for (const state of changed) {
        const { pool } = state;
        for (const edge of edgesOf.get(pool.id) ?? []) remove(edge, touched);
        const edges: Edge[] = [];
        for (const tokenIn of pool.tokens) {
          const from = indexes.get(tokenIn);
          if (from === undefined) continue;
          for (const tokenOut of pool.tokens) {
            const to = indexes.get(tokenOut);
            if (to === undefined || to === from) continue;
            const curve = curveOf(state, tokenIn, tokenOut);
            if (isRefusal(curve) || !(curve.rate > 0)) continue;
            const logRate = Math.log(curve.rate);
            const gain = gainOf(curve, from, to);
            const edge: Edge = { pool, from: tokenIn, to: tokenOut, curve, logRate, gain, current: true };
            edges.push(edge);
            insert(edge, from, to, touched);
          }
        }
        edgesOf.set(pool.id, edges);
      }
      const repriced = [...touched].filter(refresh);
      if (!valued && edgesOf.size > 0) market.revalue();
      return { touched: [...touched], repriced };
    },
    revalue() {
      valuesFromPools(market, indexes.get(reference) ?? 0);
      valued = true;
      for (const at of market.pairs()) {
        const pair = pairs[at];
        if (pair === undefined) continue;
        for (const edge of pair.edges) edge.gain = gainOf(edge.curve, pair.from, pair.to);
        refresh(at);
      }
    },
    get poolCount() {
      return edgesOf.size;
    },
  };
  return market;
}

/** Whether an edge comes before another: by rate, and where that is equal by pool, whichever came first. */
function precedes(edge: Edge | undefined, other: Edge): boolean {
  if (edge === undefined) return false;
  return edge.logRate > other.logRate || (edge.logRate === other.logRate && edge.pool.id <= other.pool.id);
}

function insertSorted(sorted: number[], value: number): void {
  const at = sorted.findIndex((each) => each > value);
  sorted.splice(at < 0 ? sorted.length : at, 0, value);
}

/** Returns the most that an input gains where a unit in is worth `paid` and a unit out `got`, or zero. */
function largestGain(curve: Curve, paid: number, got: number): number {
  if (!(curve.rate * got > paid)) return 0;
  const { product } = curve;
  if (product !== undefined) {
    // max over x of got · Ro·k·x / (Ri + k·x) − paid · x
    const { reserveIn, reserveOut, kept } = product;
    const root = Math.sqrt(got * reserveOut) - Math.sqrt((paid * reserveIn) / kept);
    return root > 0 ? root * root : 0;
  }
  const gain = (x: number) => got * curve.estimate(x) - paid * x;
  const high = Math.min(curve.limitIn, Number.MAX_VALUE);
  return Math.max(0, maximize(gain, Math.min(1e3, high), high).value);
}

/**
 * Values every token by the pools' own prices: from the reference token outward, and then each token at the median of
 * what its pools say, a few times over. A pool's own price is the middle of its two rates, which leaves its fee out.
 */
function valuesFromPools(market: Market, reference: number): void {
  const { values, logRates, neighbors, size } = market;
  const logs = new Float64Array(size).fill(Number.NaN);
  logs[reference] = 0;
  const middle = (from: number, to: number) =>
    ((logRates[from * size + to] ?? 0) - (logRates[to * size + from] ?? 0)) / 2;
  const queue = [reference];
  for (const token of queue) {
    for (const next of neighbors[token] ?? []) {
      const price = middle(next, token);
      if (!Number.isNaN(logs[next] ?? 0) || !Number.isFinite(price)) continue;
      logs[next] = (logs[token] ?? 0) + price;
      queue.push(next);
    }
  }
  for (let round = 0; round < 3; round++) {
    for (const token of queue) {
      if (token === reference) continue;
      const said: number[] = [];
      for (const next of neighbors[token] ?? []) {
        const price = middle(token, next) + (logs[next] ?? Number.NaN);
        if (Number.isFinite(price)) said.push(price);
      }
      said.sort((a, b) => a - b);
      const median = said[said.length >> 1];
      if (median !== undefined) logs[token] = median;
    }
  }
  for (let token = 0; token < size; token++) values[token] = Math.exp(logs[token] ?? Number.NaN) || 0;
}
