import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { Command, InvalidArgumentError } from "commander";
import { drawReport, type MutationOptions, runMutants, scoreOf } from "./run.ts";

const leastScore = 0.9;

const program = new Command("npm run mutants --")
  .description(
    "Changes contracts/ in one place at a time and runs the contract's tests: half an hour for all on two cores. Exit code 1 when fewer than 90 % are noticed, or a survivor is not explained in test/mutation/explained.json5.",
  )
  .option("--sample <number>", "this many mutants, drawn by the seed; 0 for all", count, 0)
  .option("--seed <number>", "the seed of the sample", count, 1)
  .option("--only <text>", "only mutants whose name contains this")
  .option("--jobs <number>", "how many are judged at a time", count, availableParallelism())
  .option("--json", "print one JSON object as the last line", false);

async function main(): Promise<void> {
  const { json, ...options } = program.parse().opts<MutationOptions & { readonly json: boolean }>();
  const report = await runMutants(options, ({ name }, fate, by) => {
    process.stderr.write(`${fate.padEnd(9)} ${name}${by === undefined ? "" : ` (${by})`}\n`);
  });
  process.stdout.write(`${drawReport(report)}\n`);
  const { score, survivors } = scoreOf(report);
  if (json) {
    const survived = survivors.map(({ name, line }) => ({ name, line, reason: report.explained[name] ?? null }));
    process.stdout.write(`${JSON.stringify({ places: report.places, judged: report.fates.size, score, survived })}\n`);
  }
  const isExplained = survivors.every(({ name }) => report.explained[name] !== undefined);
  process.exit(score >= leastScore && isExplained ? 0 : 1);
}

function count(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It is a whole number.");
}

// Mocha imports every file of this folder.
if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
