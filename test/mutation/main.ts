import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import Table from "cli-table3";
import { Command, InvalidArgumentError } from "commander";
import JSON5 from "json5";
import { seededRandom } from "../../localnet/random.ts";
import { compileFlashArbitrage, parse, readContracts } from "./compiler.ts";
import { applyMutant, type Mutant, mutantsOf } from "./mutants.ts";
import { type Code, type Judgement, openWorkshop } from "./workshop.ts";

/*
 * `npm run mutants`: changes one place of `contracts/` at a time and runs the contract's tests. A change that they do not
 * notice survives: it is explained in `explained.json5`, or a test is missing.
 */

/** What became of a mutant. One that the compiler refuses, or makes the same code of, is none. */
type Fate = Judgement | "refused" | "same code";

interface Options {
  readonly sample: number;
  readonly seed: number;
  readonly only?: string;
  readonly jobs: number;
  readonly json: boolean;
}

const leastScore = 0.9;

const options = new Command("npm run mutants --")
  .description(
    "Changes contracts/ in one place at a time and runs the contract's tests. Exit code 1 when fewer than 90 % are noticed, or a survivor is not explained.",
  )
  .option("--sample <number>", "this many mutants, drawn by the seed; 0 for all", count, 0)
  .option("--seed <number>", "the seed of the sample", count, 1)
  .option("--only <text>", "only mutants whose name contains this")
  .option("--jobs <number>", "how many are judged at a time", count, availableParallelism())
  .option("--json", "print one JSON object as the last line", false)
  .parse()
  .opts<Options>();

const sources = readContracts();
const trees = parse(sources);
const original = compileFlashArbitrage(sources);
if (original === undefined) throw new Error("contracts/ does not compile.");
const explained: Readonly<Record<string, string>> = JSON5.parse(
  readFileSync(new URL("explained.json5", import.meta.url), "utf8"),
);

const all = Object.entries(sources).flatMap(([file, source]) => {
  const tree = trees[file];
  return tree === undefined ? [] : mutantsOf(file, source, tree);
});
const mutants = chosen(all);
await requireOriginalPasses(original);
const fates = new Map<Mutant, Fate>();
await Promise.all(Array.from({ length: Math.max(1, options.jobs) }, work));
process.exit(report() ? 0 : 1);

/** The tests say nothing of mutants unless they pass on the original, compiled as they are. */
async function requireOriginalPasses(code: Code): Promise<void> {
  const workshop = await openWorkshop();
  const fate = await workshop.judge(code);
  await workshop.remove();
  if (fate !== "survived") throw new Error(`The ${fate} tests fail on the original by the legacy pipeline: run them.`);
}

/** Judges what is left until nothing is. */
async function work(): Promise<void> {
  const workshop = await openWorkshop();
  try {
    for (let mutant = mutants.pop(); mutant !== undefined; mutant = mutants.pop()) {
      const source = sources[mutant.file] ?? "";
      const code = compileFlashArbitrage({ ...sources, [mutant.file]: applyMutant(source, mutant) });
      const isSame = code?.bytecode.object === original?.bytecode.object;
      const fate = code === undefined ? "refused" : isSame ? "same code" : await workshop.judge(code);
      fates.set(mutant, fate);
      process.stderr.write(`${fate.padEnd(9)} ${mutant.name}\n`);
    }
  } finally {
    await workshop.remove();
  }
}

function chosen(from: readonly Mutant[]): Mutant[] {
  const matching = from.filter(({ name }) => options.only === undefined || name.includes(options.only));
  if (options.sample === 0) return [...matching];
  const random = seededRandom(options.seed);
  const drawn = matching.map((mutant) => ({ mutant, rank: Number(random.bigint(0n, 2n ** 32n)) }));
  return drawn
    .sort((a, b) => a.rank - b.rank)
    .slice(0, options.sample)
    .map(({ mutant }) => mutant);
}

/** Prints what became of the mutants, and returns whether the tests notice enough. */
function report(): boolean {
  const judged = [...fates].filter(([, fate]) => fate !== "refused" && fate !== "same code");
  const survivors = judged.filter(([, fate]) => fate === "survived").map(([mutant]) => mutant);
  const unexplained = survivors.filter(({ name }) => explained[name] === undefined);
  const score = judged.length === 0 ? 0 : (judged.length - survivors.length) / judged.length;

  const table = new Table({
    style: { head: [], border: [], compact: true },
    head: ["file", "mutants", "noticed", "survived"],
  });
  for (const [file, group] of Map.groupBy(judged, ([{ file }]) => file)) {
    const survived = group.filter(([, fate]) => fate === "survived").length;
    table.push([file, group.length, group.length - survived, survived]);
  }
  const print = (text: string) => process.stdout.write(`${text}\n`);
  print(table.toString());
  for (const { name, line } of survivors)
    print(`survived, line ${line}: ${name}\n  ${explained[name] ?? "not explained"}`);
  const percent = (score * 100).toFixed(1);
  print(
    `${judged.length} mutants of ${all.length} places, ${percent} % noticed, ${unexplained.length} survivors unexplained.`,
  );
  if (options.json) {
    const survived = survivors.map(({ name, line }) => ({ name, line, reason: explained[name] ?? null }));
    print(JSON.stringify({ places: all.length, judged: judged.length, score, survived }));
  }
  return score >= leastScore && unexplained.length === 0;
}

function count(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It is a whole number.");
}
