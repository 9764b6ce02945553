import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import Table from "cli-table3";
import { Command } from "commander";
import type { Address } from "../bot/config/chains/chain.ts";
import { directionsOf, type QuoteCase, quoteCases } from "./cases.ts";
import { type DexMarket, loadMarket, type MarketPool, type MarketToken } from "./market.ts";
import { measure, measureAsync, quantile } from "./measure.ts";
import { tokensByAddress } from "./pools.ts";
import { formatFigure } from "./report.ts";
import { syntheticMarket } from "./syntheticMarket.ts";

/*
 * `npm run bench:peers`: the strongest public TypeScript engines beside this one, on the same swaps of the same market,
 * in one process and in turns, so that what the machine does besides meets all of them.
 */

/** An engine in the form in which any can be measured. */
interface Peer {
  readonly name: string;
  readonly version: string;
  readonly kinds: readonly string[];
  readonly asynchronous: boolean;
  make(pool: MarketPool, tokenIn: Address, tokenOut: Address, tokens: Tokens): Quoter | undefined;
  size?(hops: readonly MarketHop[], tokens: Tokens): () => { readonly amount: bigint; readonly profit: bigint };
  readonly searches?: { readonly fullScan?: (market: DexMarket) => { run(): unknown } };
}

interface MarketHop {
  readonly pool: MarketPool;
  readonly tokenIn: Address;
  readonly tokenOut: Address;
}

/** Quotes in an engine's own numbers: `wrap` and `unwrap` are not measured. */
interface Quoter {
  wrap(amountIn: bigint): unknown;
  quote(amountIn: unknown): unknown;
  unwrap(amountOut: unknown): bigint;
}

type Tokens = ReadonlyMap<Address, MarketToken>;

const folder = fileURLToPath(new URL("peers", import.meta.url));
const peerFiles = ["paraswap", "uniswapV3Sdk", "balancerSor", "tines"];

/** A swap that an engine is ready to quote. */
interface Ready {
  readonly quoter: Quoter;
  readonly amountIn: unknown;
  readonly swap: QuoteCase;
}

interface Figure {
  /** Median time of a quote in µs. */
  readonly micros: number;
  /** How many of the swaps it quotes, and how many to the wei as the first engine does. */
  readonly quoted: number;
  readonly equal: number;
}

const rounds = 3;

/** Installs the peers where they are not installed yet. Users of the bot never do. */
function install(): void {
  if (existsSync(`${folder}/node_modules`)) return;
  process.stdout.write("Installing the other engines into bench/peers (some 600 MB) ...\n");
  try {
    const npm = ["ci", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund"];
    execFileSync("npm", npm, { stdio: "inherit", shell: process.platform === "win32" });
  } catch (error) {
    process.stderr.write(`npm ci failed in ${folder}: ${reasonOf(error)}\n`);
  }
}

/** Loads this engine and every peer that loads; one that does not is reported and left out. */
async function loadEngines(): Promise<readonly Peer[]> {
  const engines: Peer[] = [];
  for (const file of ["../adapter", ...peerFiles]) {
    try {
      engines.push((await import(`./peers/${file}.mjs`)).peer);
    } catch (error) {
      process.stderr.write(`${file} is left out, because it does not load: ${reasonOf(error)}\n`);
    }
  }
  return engines;
}

function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n", 1)[0] ?? "";
}

/** Makes an engine ready for the swaps that it can quote. */
async function readyFor(engine: Peer, swaps: readonly QuoteCase[], tokens: Tokens): Promise<readonly Ready[]> {
  const ready: Ready[] = [];
  for (const swap of swaps) {
    if (!engine.kinds.includes(swap.pool.kind)) continue;
    try {
      const quoter = engine.make(swap.pool, swap.tokenIn, swap.tokenOut, tokens);
      if (quoter === undefined) continue;
      const amountIn = quoter.wrap(swap.amountIn);
      if (quoter.unwrap(await quoter.quote(amountIn)) > 0n) ready.push({ quoter, amountIn, swap });
    } catch {
      // A swap that an engine cannot quote counts among those that it does not.
    }
  }
  return ready;
}

/** Measures all engines on the same swaps, in turns. */
async function compare(engines: readonly Peer[], swaps: readonly QuoteCase[], tokens: Tokens, budgetMs: number) {
  const ready = await Promise.all(engines.map((engine) => readyFor(engine, swaps, tokens)));
  const medians = engines.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, { asynchronous }] of engines.entries()) {
      const asked = ready[index] ?? [];
      if (asked.length === 0) continue;
      const next = (call: number) => {
        const { quoter, amountIn } = asked[call % asked.length] as Ready;
        return quoter.quote(amountIn);
      };
      const timing = asynchronous
        ? await measureAsync(async (call) => next(call), { budgetMs })
        : measure(next, { budgetMs });
      medians[index]?.push(timing.medianNs / 1e3);
    }
  }
  const truth = new Map<QuoteCase, bigint>();
  for (const { swap, quoter, amountIn } of ready[0] ?? []) truth.set(swap, quoter.unwrap(await quoter.quote(amountIn)));
  return Promise.all(
    engines.map(async (_, index): Promise<Figure | undefined> => {
      const asked = ready[index] ?? [];
      if (asked.length === 0) return undefined;
      let equal = 0;
      for (const { swap, quoter, amountIn } of asked) {
        if (quoter.unwrap(await quoter.quote(amountIn)) === truth.get(swap)) equal++;
      }
      const sorted = (medians[index] ?? []).toSorted((a, b) => a - b);
      return { micros: quantile(sorted, 0.5), quoted: asked.length, equal };
    }),
  );
}

function render(figure: Figure | undefined, own: Figure | undefined, swaps: number, isOwn: boolean): string {
  if (figure === undefined) return "";
  const time = `${formatFigure(figure.micros)} µs`;
  const ratio = isOwn || own === undefined ? "" : ` = ${formatFigure(figure.micros / own.micros)} ×`;
  const refused = figure.quoted < swaps ? `, of ${swaps} quotes ${figure.quoted}` : "";
  return `${time}${ratio}${isOwn ? "" : `\n${figure.equal} of ${figure.quoted} equal`}${refused}`;
}

/* SIZES AND SEARCHES */

/** An edge of the market in an engine's own numbers. */
interface PeerEdge extends MarketHop {
  output(amountIn: bigint): bigint;
}

/** Makes an engine's edges. A quote that fails pays nothing. */
function edgesOf(engine: Peer, pools: readonly MarketPool[], tokens: Tokens): readonly PeerEdge[] {
  return pools.flatMap((pool) =>
    directionsOf(pool).flatMap(([tokenIn, tokenOut]): PeerEdge[] => {
      const quoter = engine.kinds.includes(pool.kind) ? engine.make(pool, tokenIn, tokenOut, tokens) : undefined;
      if (quoter === undefined) return [];
      const output = (amountIn: bigint) => {
        try {
          return quoter.unwrap(quoter.quote(quoter.wrap(amountIn)));
        } catch {
          return 0n;
        }
      };
      return [{ pool, tokenIn, tokenOut, output }];
    }),
  );
}

/** Sizes a route as one does with an engine that only quotes: by a golden section in 50 steps, on a logarithmic scale. */
function sizeByQuotes(path: readonly PeerEdge[]): { readonly amount: bigint; readonly profit: bigint } {
  let best = { amount: 0n, profit: 0n };
  const profitAt = (log: number) => {
    const amount = BigInt(Math.floor(2 ** log));
    const profit = path.reduce((held, edge) => (held > 0n ? edge.output(held) : 0n), amount) - amount;
    if (profit > best.profit) best = { amount, profit };
    return profit;
  };
  let [low, high] = [30, 80];
  const share = (Math.sqrt(5) - 1) / 2;
  let [left, right] = [high - share * (high - low), low + share * (high - low)];
  let [atLeft, atRight] = [profitAt(left), profitAt(right)];
  for (let step = 0; step < 50; step++) {
    if (atLeft >= atRight) {
      [high, right, atRight] = [right, left, atLeft];
      left = high - share * (high - low);
      atLeft = profitAt(left);
    } else {
      [low, left, atLeft] = [left, right, atRight];
      right = low + share * (high - low);
      atRight = profitAt(right);
    }
  }
  return best;
}

/** The least size at which a cycle is asked whether it pays, in wei: larger ones miss small arbitrage. */
const probe = 10n ** 16n;

/** Looks for cycles of two and three hops as one does with an engine that only quotes: probes all, sizes what pays. */
function scanByQuotes(engine: Peer, { pools, tokens: [weth] }: DexMarket, tokens: Tokens): number {
  const leaving = Map.groupBy(edgesOf(engine, pools, tokens), ({ tokenIn }) => tokenIn);
  let found = 0;
  const extend = (path: readonly PeerEdge[], held: bigint) => {
    for (const edge of leaving.get(path.at(-1)?.tokenOut ?? weth?.address ?? "") ?? []) {
      const closes = edge.tokenOut === weth?.address;
      if (closes ? path.length === 0 : path.length === 2) continue;
      if (path.some(({ pool, tokenOut }) => pool === edge.pool || tokenOut === edge.tokenOut)) continue;
      const out = edge.output(held);
      if (!closes) extend([...path, edge], out);
      else if (out > probe && sizeByQuotes([...path, edge]).profit > 0n) found++;
    }
  };
  extend([], probe);
  return found;
}

/** Routes of two Uniswap V2 pools from WETH, each in the direction in which it pays, if it does. */
function productRoutes(engine: Peer, market: DexMarket, tokens: Tokens): readonly (readonly PeerEdge[])[] {
  const pools = market.pools.filter(({ kind, tokens: members }) => {
    return kind === "uniswapV2" && members.includes(market.tokens[0]?.address ?? "");
  });
  const edges = edgesOf(engine, pools, tokens);
  const there = edges.filter(({ tokenIn }) => tokenIn === market.tokens[0]?.address);
  return there.flatMap((one) =>
    edges
      .filter((two) => two.tokenIn === one.tokenOut && two.tokenOut === one.tokenIn && two.pool !== one.pool)
      .map((two) => [one, two])
      .filter((route) => route.reduce((held, edge) => edge.output(held), probe) > probe),
  );
}

/** Sizes two-hop routes of Uniswap V2 pools with every engine that quotes at once. In µs. */
function compareSizes(engines: readonly Peer[], seed: number, budgetMs: number): readonly (number | undefined)[] {
  // So far apart that many routes pay.
  const market = syntheticMarket({ pools: 400, tokens: 20, seed, kinds: ["uniswapV2"], spread: 0.01 });
  const tokens = tokensByAddress(market);
  return engines.map((engine) => {
    if (engine.asynchronous || !engine.kinds.includes("uniswapV2")) return undefined;
    const routes = productRoutes(engine, market, tokens).slice(0, 100);
    const sizers = routes.map((route) => engine.size?.(route, tokens) ?? (() => sizeByQuotes(route)));
    return measure((call) => sizers[call % sizers.length]?.(), { budgetMs }).medianNs / 1e3;
  });
}

/** Scans the whole market with this engine and with one that quotes nearly all kinds of pool. In ms. */
function compareScans(engines: readonly Peer[], market: DexMarket, tokens: Tokens): readonly (number | undefined)[] {
  return engines.map((engine) => {
    const own = engine.searches?.fullScan?.(market);
    if (own !== undefined) return measure(() => own.run(), { budgetMs: 1_000 }).medianNs / 1e6;
    if (engine.asynchronous || engine.kinds.length < nearlyAllKinds) return undefined;
    return (
      measure(() => scanByQuotes(engine, market, tokens), { budgetMs: 1, warmUpMs: 0, leastSamples: 1 }).medianNs / 1e6
    );
  });
}

const nearlyAllKinds = 8;

function renderTimes(times: readonly (number | undefined)[], unit: string): readonly string[] {
  const [own] = times;
  return times.map((time, index) => {
    if (time === undefined) return "";
    const ratio = index === 0 || own === undefined ? "" : ` = ${formatFigure(time / own)} ×`;
    return `${formatFigure(time)} ${unit}${ratio}`;
  });
}

const options = new Command("bench:peers")
  .description("Measures the strongest public TypeScript engines beside this one.")
  .option("--market <file>", "a market of the format dex-market/1, instead of a synthetic one")
  .option("--seed <number>", "of the synthetic market of 1,000 pools", Number, 7)
  .option("--budget <ms>", "for each engine, work and round", Number, 300)
  .parse()
  .opts<{ market?: string; seed: number; budget: number }>();

install();
const engines = await loadEngines();
const market: DexMarket =
  options.market === undefined
    ? syntheticMarket({ pools: 1_000, tokens: 60, seed: options.seed })
    : loadMarket(options.market);
const tokens = tokensByAddress(market);
const table = new Table({
  style: { head: [], border: [] },
  head: ["work", ...engines.map(({ name, version }) => `${name} ${version}`)],
});
for (const [variant, swaps] of quoteCases(market)) {
  const figures = await compare(engines, swaps, tokens, options.budget);
  table.push([
    `quote: ${variant}`,
    ...figures.map((figure, index) => render(figure, figures[0], swaps.length, index === 0)),
  ]);
}
table.push([
  "best size, two hops of Uniswap V2",
  ...renderTimes(compareSizes(engines, options.seed, options.budget), "µs"),
]);
table.push(["full scan, 2–3 hops from WETH", ...renderTimes(compareScans(engines, market, tokens), "ms")]);
process.stdout.write(`${table.toString()}\n`);
