import { readFileSync } from "node:fs";
import Table from "cli-table3";
import JSON5 from "json5";
import { seededRandom } from "../../localnet/random.ts";
import { compileFlashArbitrage, parse, readContracts } from "./compiler.ts";
import { applyMutant, type Mutant, mutantsOf } from "./mutants.ts";
import { type Code, type Judgement, openWorkshop } from "./workshop.ts";

export interface MutationOptions {
  /** How many mutants are drawn by the seed; zero for all. */
  readonly sample: number;
  readonly seed: number;
  readonly only?: string;
  /** How many are judged at a time. */
  readonly jobs: number;
}

/** What became of a mutant. One that the compiler refuses, or makes the same code of, is none. */
export type Fate = Judgement | "refused" | "same code";

export interface MutationReport {
  /** How many mutants `contracts/` has. */
  readonly places: number;
  readonly fates: ReadonlyMap<Mutant, Fate>;
  /** Why no test can notice a mutant, by its name. */
  readonly explained: Readonly<Record<string, string>>;
}

/** Judges mutants of `contracts/` by the contract's tests. `onFate` is called with each as it is judged. */
export async function runMutants(
  { sample, seed, only, jobs }: MutationOptions,
  onFate: (mutant: Mutant, fate: Fate) => void,
): Promise<MutationReport> {
  const sources = readContracts();
  const trees = parse(sources);
  const original = compileFlashArbitrage(sources);
  if (original === undefined) throw new Error("contracts/ does not compile.");
  await requirePasses(original);

  const all = Object.entries(sources).flatMap(([file, source]) => {
    const tree = trees[file];
    return tree === undefined ? [] : mutantsOf(file, source, tree);
  });
  const left = draw(
    all.filter(({ name }) => only === undefined || name.includes(only)),
    sample,
    seed,
  );
  const fates = new Map<Mutant, Fate>();
  const work = async () => {
    const workshop = await openWorkshop();
    try {
      for (let mutant = left.pop(); mutant !== undefined; mutant = left.pop()) {
        const source = sources[mutant.file] ?? "";
        const code = compileFlashArbitrage({ ...sources, [mutant.file]: applyMutant(source, mutant) });
        const isSame = code?.bytecode.object === original.bytecode.object;
        const fate = code === undefined ? "refused" : isSame ? "same code" : await workshop.judge(code);
        fates.set(mutant, fate);
        onFate(mutant, fate);
      }
    } finally {
      await workshop.remove();
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, jobs) }, work));
  const explained = JSON5.parse(readFileSync(new URL("explained.json5", import.meta.url), "utf8"));
  return { places: all.length, fates, explained };
}

/** The tests say nothing of mutants unless they pass on the original, compiled as they are. */
async function requirePasses(original: Code): Promise<void> {
  const workshop = await openWorkshop();
  const fate = await workshop.judge(original);
  await workshop.remove();
  if (fate !== "survived") throw new Error(`The ${fate} tests fail on the original by the legacy pipeline: run them.`);
}

function draw(mutants: readonly Mutant[], sample: number, seed: number): Mutant[] {
  if (sample === 0) return [...mutants];
  const random = seededRandom(seed);
  return mutants
    .map((mutant) => ({ mutant, rank: Number(random.bigint(0n, 2n ** 32n)) }))
    .sort((a, b) => a.rank - b.rank)
    .slice(0, sample)
    .map(({ mutant }) => mutant);
}

/** The share of the mutants that the tests notice, and those that they do not. */
export function scoreOf({ fates }: MutationReport): { readonly score: number; readonly survivors: readonly Mutant[] } {
  const judged = judgedOf(fates);
  const survivors = judged.filter(([, fate]) => fate === "survived").map(([mutant]) => mutant);
  return { score: judged.length === 0 ? 0 : (judged.length - survivors.length) / judged.length, survivors };
}

function judgedOf(fates: MutationReport["fates"]) {
  return [...fates].filter(([, fate]) => fate !== "refused" && fate !== "same code");
}

/** Draws what became of the mutants, by file, and every survivor with its explanation. */
export function drawReport(report: MutationReport): string {
  const { places, fates, explained } = report;
  const judged = judgedOf(fates);
  const table = new Table({
    style: { head: [], border: [], compact: true },
    head: ["file", "mutants", "noticed", "survived"],
  });
  for (const [file, group] of Map.groupBy(judged, ([{ file: of }]) => of)) {
    const survived = group.filter(([, fate]) => fate === "survived").length;
    table.push([file, group.length, group.length - survived, survived]);
  }
  const { score, survivors } = scoreOf(report);
  const lines = survivors.map(
    ({ name, line }) => `survived, line ${line}: ${name}\n  ${explained[name] ?? "not explained"}`,
  );
  const unexplained = survivors.filter(({ name }) => explained[name] === undefined).length;
  const percent = (score * 100).toFixed(1);
  const sum = `${judged.length} mutants of ${places}: ${percent} % noticed, ${unexplained} survivors unexplained.`;
  return [table.toString(), ...lines, sum].join("\n");
}
