import { fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { Command, InvalidArgumentError } from "commander";
import { readNumbers, writeNumbers } from "./shrink.ts";
import type { FuzzVariant, Numbers } from "./variant.ts";

interface Options {
  readonly runs: number;
  readonly seed: number;
  readonly variant?: readonly string[];
  readonly case?: number;
  readonly numbers?: Numbers;
  readonly jobs: number;
}

const [differed, misused] = [1, 2];

const integer =
  (min: number, max: number) =>
  (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be an integer from ${min} to ${max}.`);
  };

function numbers(text: string): Numbers {
  try {
    return readNumbers(text);
  } catch {
    throw new InvalidArgumentError("It must be what the fuzzer printed.");
  }
}

const program = new Command("npm run fuzz --")
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : misused))
  .description(
    "Compares the quotes of every venue with the localnet: random states and swaps, to the wei. Exit code 1 when they differ.",
  )
  .option("--runs <number>", "cases a variant", integer(1, 2 ** 20), 200)
  .option("--seed <number>", "the seed of the cases", integer(0, 2 ** 32 - 1), 1)
  .option("--variant <names...>", "only variants whose names begin with one of these")
  .option("--case <number>", "only this case of the seed", integer(0, 2 ** 20 - 1))
  .option("--numbers <json>", "only this case, of one variant", numbers)
  .option("--jobs <number>", "processes", integer(1, 64), availableParallelism());

const self = fileURLToPath(import.meta.url);

async function main(): Promise<void> {
  const options = program.parse().opts<Options>();
  const chosen = await choose(options);
  const isSingle = options.case !== undefined || options.numbers !== undefined;
  const jobs = isSingle ? 1 : Math.min(options.jobs, chosen.length);
  const started = performance.now();
  const isClean = jobs === 1 ? await run(options, chosen) : await runInJobs(options, chosen, jobs);
  const seconds = Math.round((performance.now() - started) / 1_000);
  // A job leaves the last word to the process that dealt it out.
  if (process.send === undefined) {
    process.stdout.write(`${chosen.length} of the variants in ${seconds} s: ${isClean ? "no difference" : "failed"}\n`);
  }
  process.exit(isClean ? 0 : differed);
}

async function choose({ variant: prefixes = [""], numbers: single }: Options): Promise<readonly FuzzVariant[]> {
  const { variants } = await import("./variants.ts");
  const chosen = new Set<FuzzVariant>();
  for (const prefix of prefixes) {
    const named = variants.filter(({ name }) => name === prefix);
    const found = named.length > 0 ? named : variants.filter(({ name }) => name.startsWith(prefix));
    if (found.length === 0) misuse(`No variant begins with ${prefix}`, variants);
    for (const each of found) chosen.add(each);
  }
  if (single !== undefined && chosen.size > 1) misuse("--numbers are of one --variant", variants);
  return [...chosen];
}

function misuse(problem: string, variants: readonly FuzzVariant[]): never {
  process.stderr.write(`${problem}: choose from ${variants.map(({ name }) => name).join(", ")}.\n`);
  process.exit(misused);
}

/** Deals the variants out to processes of their own, and returns whether none of them found a difference. */
async function runInJobs({ runs, seed }: Options, chosen: readonly FuzzVariant[], jobs: number): Promise<boolean> {
  const hands = Array.from({ length: jobs }, (_, job) => chosen.filter((_variant, index) => index % jobs === job));
  const codes = await Promise.all(
    hands.map((hand) => {
      const names = hand.map(({ name }) => name);
      const child = fork(self, ["--runs", `${runs}`, "--seed", `${seed}`, "--jobs", "1", "--variant", ...names]);
      return new Promise<number | null>((resolve) => child.once("exit", resolve));
    }),
  );
  return codes.every((code) => code === 0);
}

/** Runs variants one by one, and returns whether there is no difference. */
async function run(options: Options, chosen: readonly FuzzVariant[]): Promise<boolean> {
  const { createArbitrum } = await import("../../localnet/arbitrum.ts");
  const { createPlayground } = await import("./ground.ts");
  const { judgeNumbers, numbersOf, runVariant, showReport } = await import("./run.ts");
  const playground = await createPlayground((await createArbitrum()).connection);
  let differences = 0;
  for (const variant of chosen) {
    const subject = await variant.prepare(playground);
    if (options.numbers !== undefined) {
      for (const inTransaction of [false, true]) {
        const verdict = await judgeNumbers(playground, variant, subject, options.numbers, inTransaction);
        process.stdout.write(`${JSON.stringify(verdict ?? "These numbers make no case.")}\n`);
        if (verdict?.kind === "differs") differences++;
      }
      continue;
    }
    const range = options.case === undefined ? { runs: options.runs } : { runs: 1, first: options.case };
    if (options.case !== undefined) {
      process.stdout.write(`${writeNumbers(numbersOf(subject, options.seed, options.case))}\n`);
    }
    const report = await runVariant(playground, variant, subject, { ...range, seed: options.seed });
    differences += report.differences;
    process.stdout.write(`${showReport(report, options.seed)}\n`);
  }
  return differences === 0;
}

// Mocha imports every file of this folder.
if (process.argv[1] === self) await main();
