import { writeFileSync } from "node:fs";
import { availableParallelism, loadavg } from "node:os";
import { Command, InvalidArgumentError, Option } from "commander";
import { type DexMarket, loadMarket, stringifyMarket } from "./market.ts";
import { measureProfits } from "./profits.ts";
import { measureQuotes } from "./quotes.ts";
import { measureReads } from "./reads.ts";
import { measureRecorded } from "./recorded.ts";
import { isMet, type Row, renderTable } from "./report.ts";
import { measureSearches, slopeRows } from "./searches.ts";
import { measureSizes } from "./sizes.ts";
import { syntheticMarket } from "./syntheticMarket.ts";

/*
 * `npm run bench`: what the market engine takes for a quote, a size, a block and a scan, what it holds in memory, and how
 * much of the profit it finds.
 */

/** What is measured, in this order. */
const parts = ["quotes", "sizes", "searches", "profits", "recorded", "reads"] as const;
type Part = (typeof parts)[number];

interface Options {
  readonly only?: readonly Part[];
  readonly json: boolean;
  readonly quick: boolean;
  readonly market?: string;
  readonly pools?: number;
  readonly tokens?: number;
  readonly seed: number;
  readonly write?: string;
}

const program = new Command("bench")
  .description("Measures the market engine on synthetic markets of 100, 1,000 and 10,000 pools.")
  .option("--market <file>", "measure on this market of the format dex-market/1 instead")
  .addOption(new Option("--pools <number>", "measure on one market of so many pools instead").argParser(whole))
  .addOption(
    new Option("--tokens <number>", "how many tokens the pools trade (default: by their number)").argParser(whole),
  )
  .addOption(new Option("--seed <number>", "of the synthetic markets and of the blocks").default(7).argParser(whole))
  .option("--only <parts>", `measure only some of ${parts.join(", ")}`, partsIn)
  .option("--quick", "measure less, within half a minute: a rough figure of everything", false)
  .option("--write <file>", "write the market of --pools, --tokens and --seed to a file, and measure nothing")
  .option("--json", "print an array of the figures as the last line", false)
  .parse();
const options = program.opts<Options>();

/** How many tokens a market of so many pools has when nothing is said: about as many as make their pairs meet. */
const tokenCounts = { 100: 30, 1000: 60, 10000: 300 } as const;

const { json, quick, seed } = options;
const note = (text: string) => {
  process.stderr.write(`${text}\n`);
};

if (options.write !== undefined) {
  const [market] = marketsOf(options);
  writeFileSync(options.write, `${stringifyMarket(market as DexMarket)}\n`);
  note(`${options.write}: ${market?.pools.length} pools, ${market?.tokens.length} tokens, seed ${market?.seed}`);
} else {
  const [load = 0] = loadavg();
  if (load > 0.5)
    note(`The load is ${load.toFixed(1)} on ${availableParallelism()} cores: expect figures that are too high.`);
  const rows = await measureAll(marketsOf(options));
  const missed = rows.filter((row) => isMet(row) === false).length;
  process.stdout.write(`${renderTable(rows)}\n${rows.length} figures; ${missed} miss their target.\n`);
  if (json) process.stdout.write(`${JSON.stringify(rows)}\n`);
}

async function measureAll(markets: readonly DexMarket[]): Promise<readonly Row[]> {
  const measures: Readonly<Record<Part, () => readonly Row[] | Promise<readonly Row[]>>> = {
    quotes: () => measureQuotes(quotedMarket(markets), quick ? 60 : 300),
    sizes: () => measureSizes(seed, quick ? 150 : 800),
    searches() {
      const rows = markets.flatMap((market) => {
        note(`  in a market of ${market.pools.length} pools`);
        const effort = quick
          ? { budgetMs: 60, mostBlocks: 8, mostTouched: 100 }
          : { budgetMs: 1_500, mostBlocks: 100, mostTouched: 2_000 };
        return measureSearches(market, seed, effort);
      });
      return [...rows, ...slopeRows(rows)];
    },
    profits: () => measureProfits(seed, { mixedMarkets: quick ? 1 : 5 }),
    recorded: measureRecorded,
    reads: () => measureReads(seed, quick ? 50 : 300),
  };
  const rows: Row[] = [];
  for (const part of options.only ?? parts) {
    note(`measuring ${part}`);
    rows.push(...(await measures[part]()));
  }
  return rows;
}

/** A market of a thousand pools has swaps of every variant; a given one has what it has. */
function quotedMarket(markets: readonly DexMarket[]): DexMarket {
  const [loaded] = options.market === undefined ? [] : markets;
  return loaded ?? markets.find(({ pools }) => pools.length >= 1_000) ?? synthetic(1_000, options);
}

function marketsOf(parameters: Options): readonly DexMarket[] {
  if (parameters.market !== undefined) return [given(parameters.market)];
  const pools = parameters.pools ?? (parameters.write === undefined ? undefined : 1_000);
  const counts = pools === undefined ? [100, 1_000, 10_000] : [pools];
  return counts.map((count) => synthetic(count, parameters));
}

function given(file: string): DexMarket {
  try {
    return loadMarket(file);
  } catch (error) {
    return program.error(`--market ${file} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
}

function synthetic(pools: number, { tokens, seed: of }: Options): DexMarket {
  const usual = Object.entries(tokenCounts).find(([most]) => pools <= Number(most));
  return syntheticMarket({ pools, tokens: tokens ?? usual?.[1] ?? 300, seed: of });
}

function partsIn(text: string): readonly Part[] {
  return text.split(",").map((name) => {
    const part = parts.find((known) => known === name);
    if (part === undefined) throw new InvalidArgumentError(`${name} is none of ${parts.join(", ")}`);
    return part;
  });
}

function whole(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("write a whole number");
  return Number(text);
}
