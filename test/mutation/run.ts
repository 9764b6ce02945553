import { readFileSync } from "node:fs";
import Table from "cli-table3";
import JSON5 from "json5";
import { seededRandom } from "../../localnet/random.ts";
import { type Code, compileFlashArbitrage, parse, readContracts } from "./compiler.ts";
import { applyMutant, type Mutant, mutantsOf } from "./mutants.ts";
import { openWorkshop, type Workshop } from "./workshop.ts";

export interface MutationOptions {
  /** How many mutants are drawn by the seed; zero for all. */
  readonly sample: number;
  readonly seed: number;
  readonly only?: string;
  /** How many are judged at a time. */
  readonly jobs: number;
}

/**
 * What became of a mutant: a test of either kind fails, or does not end, or none notices it. One that the compiler
 * refuses, or makes the same code of, is none.
 */
export type Fate = "solidity" | "mocha" | "endless" | "survived" | "refused" | "same code";

export interface MutationReport {
  /** How many mutants `contracts/` has. */
  readonly places: number;
  readonly fates: ReadonlyMap<Mutant, Fate>;
  /** Why no test can notice a mutant, by its name. */
  readonly explained: Readonly<Record<string, string>>;
}

/**
 * Judges mutants of `contracts/` by the contract's tests. `onFate` is called with each as it is judged, and with the test
 * that noticed it.
 */
export async function runMutants(
  { sample, seed, only, jobs }: MutationOptions,
  onFate: (mutant: Mutant, fate: Fate, by: string | undefined) => void,
): Promise<MutationReport> {
  const sources = readContracts();
  const trees = parse(sources);
  const original = compileFlashArbitrage(sources);
  const smallest = compileFlashArbitrage(sources, "size");
  if (original === undefined || smallest === undefined) throw new Error("contracts/ does not compile.");

  const all = Object.entries(sources).flatMap(([file, source]) => {
    const tree = trees[file];
    return tree === undefined ? [] : mutantsOf(file, source, tree);
  });
  const left = draw(
    all.filter(({ name }) => only === undefined || name.includes(only)),
    sample,
    seed,
  );

  const judge = async (mutant: Mutant, workshop: Workshop): Promise<readonly [Fate, by?: string]> => {
    const { file } = mutant;
    const changed = { ...sources, [file]: applyMutant(sources[file] ?? "", mutant) };
    const code = compileFlashArbitrage(changed);
    if (code === undefined) return ["refused"];
    if (code.bytecode === original.bytecode) return ["same code"];
    const verdict = await workshop.judge({ file, code, all: false });
    if (verdict === "endless") return ["endless"];
    const last = verdict.at(-1);
    if (last?.failed !== undefined) return [last.kind, last.failed];
    // The optimizer sees through many a change that changes nothing.
    return [compileFlashArbitrage(changed, "size")?.bytecode === smallest.bytecode ? "same code" : "survived"];
  };

  const fates = new Map<Mutant, Fate>();
  const work = async () => {
    const workshop = await openWorkshop();
    try {
      await requireSound(workshop, original);
      for (let mutant = left.pop(); mutant !== undefined; mutant = left.pop()) {
        const [fate, by] = await judge(mutant, workshop);
        fates.set(mutant, fate);
        onFate(mutant, fate, by);
      }
      // What the mutants did to the process that judged them was noticed in none of their places.
      await requireSound(workshop, original);
    } finally {
      await workshop.remove();
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, jobs) }, work));
  const explained = JSON5.parse(readFileSync(new URL("explained.json5", import.meta.url), "utf8"));
  return { places: all.length, fates, explained };
}

/** Code that cannot be created. */
const barren: Code = { bytecode: "0x5f5ffd", deployedBytecode: "0x", immutableReferences: {} };

/** The tests say nothing of mutants unless all pass on the original, compiled as they are, and none on what is no contract. */
async function requireSound(workshop: Workshop, original: Code): Promise<void> {
  for (const [code, isSound] of [
    [original, true],
    [barren, false],
  ] as const) {
    const verdict = await workshop.judge({ file: "", code, all: true });
    if (verdict === "endless") throw new Error("The tests did not end.");
    const wrong = verdict.filter(({ failed }) => (failed === undefined) !== isSound);
    if (wrong.length === 0) continue;
    const names = wrong.map(({ judge, failed }) => `${judge}: ${failed ?? "passed"}`).join("\n  ");
    throw new Error(`On ${isSound ? "the original by the legacy pipeline" : "what is no contract"}:\n  ${names}`);
  }
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
