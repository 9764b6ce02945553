import { fileURLToPath } from "node:url";
import { Command, InvalidArgumentError } from "commander";

const [failed, misused] = [1, 2];

const integer =
  (min: number, max: number) =>
  (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be an integer from ${min} to ${max}.`);
  };

interface Options {
  readonly faults: number;
  readonly seed: number;
  readonly every: number;
  readonly baseline: number;
  readonly maxSeconds: number;
  readonly maxLife: number;
  readonly interval: number;
  readonly json: boolean;
}

const program = new Command("npm run chaos --")
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : misused))
  .description(
    "Runs the bot live on a localnet through proxies that inject faults, kills it at random instants, and audits the chain against its ledger. Exit code 1 when the audit does not hold.",
  )
  .option("--faults <number>", "faults to inject", integer(1, 1_000_000), 1_000)
  .option("--seed <number>", "the seed of faults, kills and traffic", integer(0, 2 ** 31), 1)
  .option("--every <number>", "in a storm, one message in as many meets a fault", integer(1, 1_000_000), 4)
  .option("--baseline <seconds>", "how long it runs without faults before, to measure by", integer(0, 3_600), 60)
  .option("--max-seconds <seconds>", "how long faults are injected at the longest", integer(1, 86_400), 1_800)
  .option("--max-life <seconds>", "how long the bot lives at the longest before it is killed", integer(1, 3_600), 40)
  .option("--interval <ms>", "the pause between two rounds of traffic", integer(0, 60_000), 400)
  .option("--json", "print the report as one JSON object, as the last line", false);

const self = fileURLToPath(import.meta.url);

async function main(): Promise<void> {
  // The bot ends with this process.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(failed));
  const { baseline, maxLife, interval, json, ...options } = program.parse().opts<Options>();
  const { runChaos } = await import("./chaos.ts");
  const { drawReport } = await import("./report.ts");
  const report = await runChaos({
    ...options,
    baselineSeconds: baseline,
    maxLifeSeconds: maxLife,
    intervalMs: interval,
    settleSeconds: 120,
    progress: (text) => void process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`),
  });
  process.stdout.write(`${drawReport(report)}\n`);
  if (json) {
    process.stdout.write(`${JSON.stringify({ ...report, reasons: Object.fromEntries(report.reasons) })}\n`);
  }
  process.exit(report.holds ? 0 : failed);
}

// Mocha imports every file of this folder.
if (process.argv[1] === self) await main();
