import { Command, InvalidArgumentError, Option } from "commander";
import { ConfigError, type ConfigSources } from "../config/config.ts";
import { groupings } from "../ledger/report.ts";
import { type LogLevel, logLevels } from "../log.ts";
import { FatalError, RpcError } from "../rpc/retry.ts";
import { check } from "./check.ts";
import { type CommonOptions, type Context, openContext, openLedgerContext, redactFromEnvironment } from "./context.ts";
import { replay } from "./replay.ts";
import { parseTime, type ReportOptions, report } from "./report.ts";
import { run } from "./run.ts";
import { scan } from "./scan.ts";
import { pause, resume, type StateOptions, status } from "./state.ts";
import { type WalletOptions, wallet } from "./wallet.ts";

/** Exit codes: 0 done, 1 failed, 2 the configuration or the command line is wrong. */
const failed = 1;
const misconfigured = 2;

/** The bot's command line. */
export const program = new Command("bot")
  .description("Finds, simulates and executes atomic arbitrage with FlashArbitrage.")
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : misconfigured))
  .showHelpAfterError();

/** Adds the options that every command takes. */
function addCommand(name: string, description: string, logLevel: LogLevel = "warn"): Command {
  return program
    .command(name)
    .description(description)
    .option("--config <file>", "JSON5 file with the settings (default: quintet.json5, if there is one)")
    .option("--json", "print JSON instead of tables", false)
    .option("--log-level <level>", `one of ${logLevels.join(", ")}`, parseLogLevel, logLevel);
}

addCommand("scan", "Look at the newest block once: routes, quotes, and why there is no trade")
  .option("--certificate", "prove that no cycle of pools pays, or print one that does", false)
  .action((options: CommonOptions & { certificate: boolean }) =>
    withContext(options, { contract: false, operator: false }, (context) => scan(context, options)),
  );

addCommand("run", "Trade block after block until stopped: in shadow mode, which does everything but send", "info")
  .option("--live", "send transactions", false)
  .option("--release-pools", "trade pools again that were stopped after a divergence", false)
  .action((options: CommonOptions & { live: boolean; releasePools: boolean }) => {
    return withContext(options, { contract: true, operator: true }, (context) =>
      run(context, { ...options, signal: stopSignal() }),
    );
  });

addCommand("wallet", "Show the operator's balances with their value in USD, and the contract's allowances")
  .option("--plan", "show what would be converted for gas, and why, without sending anything", false)
  .option("--need <amount symbol...>", "with an order of so much of the wallet's own money: --need 0.14 WETH")
  .action((options: CommonOptions & WalletOptions) =>
    withContext(options, { contract: false, operator: true }, (context) => wallet(context, options)),
  );

addCommand("check", "Check every configured address against the chain; exit code 1 when one is disabled").action(
  (options: CommonOptions) =>
    withContext(options, { contract: false, operator: false }, async (context) => {
      if (!(await check(context))) process.exitCode = failed;
    }),
);

addCommand("report", "Add the ledger up: profit and loss, why not, how long opportunities lived, causes of differences")
  .addOption(new Option("--by <what>", "what profit and loss are grouped by").choices(groupings).default("token"))
  .option("--csv", "print profit and loss as CSV", false)
  .option(
    "--since <time>",
    "from a time (2026-01-31, 2026-01-31T12:00Z) or a duration before now (90m, 24h, 7d)",
    parsePast,
  )
  .option("--until <time>", "up to a time or a duration before now", parsePast)
  .action((options: CommonOptions & ReportOptions) =>
    withFailures(async () => report(openLedgerContext(options), options)),
  );

addCommand("status", "Show the risk state, the room left under every limit, and what is open").action(
  (options: CommonOptions) => withFailures(async () => status(openLedgerContext(options))),
);

addCommand("pause", "Let nothing be sent until `resume`; a running bot sees it at its next block")
  .option("--reason <text>", "why, for the ledger", "no reason given")
  .action((options: CommonOptions & StateOptions) =>
    withFailures(async () => pause(openLedgerContext(options), options)),
  );

addCommand("resume", "Go on after a pause or a halt; after a halt, losses up to now count no more")
  .option("--reason <text>", "why, for the ledger", "no reason given")
  .action((options: CommonOptions & StateOptions) =>
    withFailures(async () => resume(openLedgerContext(options), options)),
  );

addCommand("replay", "Search and size a recorded opportunity again, bit for bit; exit code 1 when something differs")
  .argument("<id>", "the opportunity's id: 0x and 64 hexadecimal digits")
  .action((id: string, options: CommonOptions) =>
    withFailures(async () => {
      if (!replay(openLedgerContext(options), id)) process.exitCode = failed;
    }),
  );

async function withContext(
  options: CommonOptions,
  needs: ConfigSources["needs"],
  command: (context: Context) => Promise<void>,
): Promise<void> {
  await withFailures(async () => {
    const context = await openContext(options, needs);
    try {
      await command(context);
    } finally {
      context.close();
    }
  });
}

/** Ends with the exit code and the message of whatever a command throws. */
async function withFailures(command: () => Promise<void>): Promise<void> {
  try {
    await command();
  } catch (error) {
    const expected = error instanceof ConfigError || error instanceof RpcError || error instanceof FatalError;
    // Anything else is a defect: its stack is what a report needs.
    const text = error instanceof Error ? (expected ? error.message : (error.stack ?? error.message)) : String(error);
    process.stderr.write(`${redactFromEnvironment()(text)}\n`);
    process.exitCode = error instanceof ConfigError ? misconfigured : failed;
  }
}

/** Aborts on SIGINT and SIGTERM. A second signal ends the process where it is, unless it is the first one's echo. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  let echoUntilMs = 0;
  const onSignal = () => {
    if (stop.signal.aborted && performance.now() > echoUntilMs) process.exit(failed);
    // npm and tsx pass on what a terminal has already sent to every process.
    if (!stop.signal.aborted) echoUntilMs = performance.now() + 1_000;
    stop.abort();
  };
  for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, onSignal);
  // A SIGTERM to `npm run` ends npm's shell, which does not pass it on: the bot has then lost its parent.
  const parent = process.ppid;
  if (process.env.npm_lifecycle_event !== undefined) {
    setInterval(() => process.ppid !== parent && stop.abort(), 500).unref();
  }
  return stop.signal;
}

function parsePast(text: string): number {
  const seconds = parseTime(text, Math.floor(Date.now() / 1_000));
  if (seconds !== undefined) return seconds;
  throw new InvalidArgumentError(
    "It is a time as 2026-01-31 or 2026-01-31T12:00Z, or a duration as 90m, 24h, 7d or 4w.",
  );
}

function parseLogLevel(text: string): LogLevel {
  const level = logLevels.find((candidate) => candidate === text);
  if (level === undefined) throw new InvalidArgumentError(`It is one of ${logLevels.join(", ")}.`);
  return level;
}
