import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { PoolState } from "../bot/domain/snapshot.ts";
import { createMarket, type Market } from "../bot/engine/market.ts";
import { curvesOf } from "../bot/pipeline/search.ts";
import { venues } from "../bot/venues/registry.ts";
import { type Block, makeBlocks } from "./blocks.ts";
import { createDecisions, type DecisionParameters, wethOf } from "./decisions.ts";
import type { DexMarket } from "./market.ts";
import { logLogSlope, measure } from "./measure.ts";
import { poolStatesOf } from "./pools.ts";
import type { Row } from "./report.ts";

/** What a block touches: a share of the pools in percent, or so many of them. */
type Touch = { readonly percent: number } | { readonly count: number };

/** The counts are what one block of Arbitrum moves, give or take, and what a busy one does. */
const touches: readonly Touch[] = [{ percent: 1 }, { percent: 5 }, { percent: 20 }, { count: 20 }, { count: 100 }];

/** The names of the rows whose growth is measured over markets of several sizes. */
const works = {
  apply: "apply a block",
  search: "block to ranked routes, 4 hops",
  decide: "block to best order, 4 hops",
  scan: "full scan, 2–3 hops from WETH, all sized",
  memory: "memory of a pool, states and engine",
} as const;

/** Bounds in ms by the number of pools, and of touched pools where that counts. */
const scanTargets: Readonly<Record<number, number>> = { 1000: 100, 10000: 1_500 };
const decideTargets: Readonly<Record<string, number>> = { "20 of 1000": 5, "100 of 10000": 25 };
/** @paraswap/dex-lib 5.0.6 quoting every cycle of a mixed market, in ms. The second had not ended. */
const scanPeers: Readonly<Record<number, number>> = { 1000: 14_400, 10000: 60_000 };

export const scanning: DecisionParameters = { maxHops: 3, lent: 1, opportunities: Number.MAX_SAFE_INTEGER };
/** As the bot does by default: WETH, USDC, USDT, WBTC and DAI are lent. */
export const deciding: DecisionParameters = { maxHops: 4, lent: 5, opportunities: 12 };

export interface SearchEffort {
  readonly budgetMs: number;
  /** How many different blocks are played, at the most, and how many pools one of them touches. */
  readonly mostBlocks: number;
  readonly mostTouched: number;
}

/** Measures what a block costs in one market, and what the market takes. */
export function measureSearches(
  market: DexMarket,
  seed: number,
  { budgetMs, mostBlocks, mostTouched }: SearchEffort,
): readonly Row[] {
  const pools = market.pools.length;
  const rows: Row[] = [memoryRow(market), scanRow(market, budgetMs)];
  for (const touched of touchedCounts(pools).filter((count) => count <= mostTouched)) {
    const states = poolStatesOf(market);
    const blocks = makeBlocks(states, {
      blocks: Math.max(5, Math.min(mostBlocks, Math.floor(10_000 / touched))),
      touched,
      seed,
    });
    const applied = applyTiming(market, states, blocks, budgetMs / 2);
    rows.push({ ...millis(applied), work: works.apply, pools, touched, stat: "median", target: null, peer: null });
    const target = decideTargets[`${touched} of ${pools}`] ?? null;
    if (touches.some((touch) => "count" in touch && touch.count === touched)) {
      const searched = decideTiming(market, states, blocks, budgetMs / 2, "search");
      rows.push({ ...millis(searched), work: works.search, pools, touched, stat: "p99", target: null, peer: null });
    }
    const decided = decideTiming(market, states, blocks, target === null ? budgetMs : 2 * budgetMs, "decide");
    rows.push({ ...millis(decided), work: works.decide, pools, touched, stat: "p99", target, peer: null });
  }
  return rows;
}

function touchedCounts(pools: number): readonly number[] {
  const counts = touches.map((touch) => countOf(touch, pools));
  return [...new Set(counts)].filter((count) => count <= pools).sort((a, b) => a - b);
}

function countOf(touch: Touch, pools: number): number {
  return "count" in touch ? touch.count : Math.max(1, Math.round((pools * touch.percent) / 100));
}

function millis({ medianNs, p99Ns }: { readonly medianNs: number; readonly p99Ns: number }) {
  return { unit: "ms", median: medianNs / 1e6, p99: p99Ns / 1e6 } as const;
}

/** From states alone: nothing is known of the market before. */
function scanRow(market: DexMarket, budgetMs: number): Row {
  const pools = market.pools.length;
  const states = poolStatesOf(market);
  const all = idsOf(states);
  const timing = measure(() => createDecisions(market, scanning).search(states, all).opportunities.length, {
    budgetMs,
    leastSamples: 7,
  });
  const [target, peer] = [scanTargets[pools] ?? null, scanPeers[pools] ?? null];
  return { ...millis(timing), work: works.scan, pools, touched: null, stat: "median", target, peer };
}

/** Plays blocks and takes them back in turns, so that each changes all the pools that it names. */
function applyTiming(market: DexMarket, states: readonly PoolState[], blocks: readonly Block[], budgetMs: number) {
  const graph: Market = createMarket(
    market.tokens.map(({ address }) => address),
    wethOf(market.tokens),
    curvesOf(venues),
  );
  graph.update(states);
  const undone = undoing(states, blocks);
  const played = blocks.flatMap((block, index) => [block, undone[index] as Block]);
  return measure((call) => graph.update(played[call % played.length] as Block).repriced.length, { budgetMs });
}

/**
 * Times blocks that find the market as it was at the beginning: before the next one is timed, a block is taken back, as
 * if others had closed what it opened. A market on which trade after trade falls and nobody reacts is all arbitrage.
 */
function decideTiming(
  market: DexMarket,
  states: readonly PoolState[],
  blocks: readonly Block[],
  budgetMs: number,
  work: "search" | "decide",
) {
  const decisions = createDecisions(market, deciding);
  const current = [...states];
  const places = new Map(current.map(({ pool }, place) => [pool.id, place]));
  const play = (block: Block) => {
    for (const state of block) current[places.get(state.pool.id) ?? 0] = state;
  };
  const undone = undoing(states, blocks);
  const ids = blocks.map(idsOf);
  decisions.decide(current, idsOf(states));
  return measure((call): unknown => decisions[work](current, ids[call % ids.length] as readonly string[]), {
    budgetMs,
    leastSamples: blocks.length,
    prepare(call) {
      const before = (call - 1) % blocks.length;
      if (call > 0) {
        play(undone[before] as Block);
        decisions.search(current, ids[before] as readonly string[]);
      }
      play(blocks[call % blocks.length] as Block);
    },
  });
}

export function idsOf(states: readonly PoolState[]): readonly string[] {
  return states.map(({ pool }) => pool.id);
}

/** Returns the blocks that give their pools back the states that they had. */
export function undoing(states: readonly PoolState[], blocks: readonly Block[]): readonly Block[] {
  const before = new Map(states.map((state) => [state.pool.id, state]));
  return blocks.map((block) => block.map(({ pool }) => before.get(pool.id) as PoolState));
}

/* MEMORY */

/** What the heap holds more after a market's states are made and it has been searched once, by pool. */
function memoryRow(market: DexMarket): Row {
  const pools = market.pools.length;
  const before = heapAfterCollection();
  const states = poolStatesOf(market);
  const decisions = createDecisions(market, deciding);
  decisions.search(states, idsOf(states));
  const kB = (heapAfterCollection() - before) / 1_000 / pools;
  // Both are alive until here.
  if (decisions.search(states, []).market.poolCount !== pools) throw new Error("The search lost pools of the market.");
  return { work: works.memory, pools, touched: null, unit: "kB", median: kB, ...single };
}

const single = { p99: null, stat: "median", target: null, peer: null } as const;

function heapAfterCollection(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}

/* GROWTH */

/** How each work grows with the number of pools, from its rows over markets of several sizes. */
export function slopeRows(rows: readonly Row[]): readonly Row[] {
  const growths = [
    { work: works.apply, touch: { percent: 1 } },
    { work: works.apply, touch: { percent: 5 } },
    { work: works.apply, touch: { percent: 20 } },
    { work: works.apply, touch: { count: 20 } },
    { work: works.search, touch: { count: 20 } },
    { work: works.decide, touch: { percent: 1 } },
    { work: works.decide, touch: { percent: 5 } },
    { work: works.decide, touch: { percent: 20 } },
    { work: works.decide, touch: { count: 20 } },
    { work: works.scan },
    { work: works.memory },
  ] as const;
  return growths.flatMap((growth): Row[] => {
    const touch: Touch | undefined = "touch" in growth ? growth.touch : undefined;
    const points = rows.flatMap(({ work, pools, touched, median }): (readonly [number, number])[] => {
      if (work !== growth.work || pools === null) return [];
      const named = touch === undefined ? null : countOf(touch, pools);
      return named === touched ? [[pools, median]] : [];
    });
    if (points.length < 3) return [];
    const touching = touch === undefined ? "" : "count" in touch ? `, ${touch.count} pools` : `, ${touch.percent} %`;
    // Where the touched pools stay the same, growth has to be sub-linear.
    const bound = touch !== undefined && "count" in touch ? { target: 1 } : {};
    const work = `growth with pools: ${growth.work}${touching}`;
    return [{ work, pools: null, touched: null, unit: "exponent", median: logLogSlope(points), ...single, ...bound }];
  });
}
