import { fileURLToPath } from "node:url";
import { Command, InvalidArgumentError } from "commander";
import { readNumbers, writeNumbers } from "./shrink.ts";
import type { Numbers } from "./variant.ts";

interface Options {
  readonly runs: number;
  readonly seed: number;
  readonly variant?: string;
  readonly case?: number;
  readonly numbers?: Numbers;
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
  .option("--variant <name>", "only variants whose name begins with this")
  .option("--case <number>", "only this case of the seed", integer(0, 2 ** 20 - 1))
  .option("--numbers <json>", "only this case, of one variant", numbers);

async function main(): Promise<void> {
  const options = program.parse().opts<Options>();
  const { createArbitrum } = await import("../../localnet/arbitrum.ts");
  const { createPlayground } = await import("./ground.ts");
  const { judgeNumbers, numbersOf, runVariant, showReport } = await import("./run.ts");
  const { variants } = await import("./variants.ts");
  const named = variants.filter(({ name }) => name === options.variant);
  const chosen = named.length > 0 ? named : variants.filter(({ name }) => name.startsWith(options.variant ?? ""));
  if (chosen.length === 0 || (options.numbers !== undefined && chosen.length > 1)) {
    const problem =
      chosen.length === 0 ? `No variant begins with ${options.variant}` : "--numbers are of one --variant";
    process.stderr.write(`${problem}: choose from ${variants.map(({ name }) => name).join(", ")}.\n`);
    process.exit(misused);
  }
  const playground = await createPlayground((await createArbitrum()).connection);
  const started = performance.now();
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
  const seconds = Math.round((performance.now() - started) / 1_000);
  process.stdout.write(`${chosen.length} variants in ${seconds} s: ${differences} differences\n`);
  process.exit(differences === 0 ? 0 : differed);
}

// Mocha imports every file of this folder.
if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
