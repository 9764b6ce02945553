import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { LedgerFacts } from "./audit.ts";
import { type BotProcess, startBot } from "./botProcess.ts";
import { readLedgerFacts } from "./ledgerFacts.ts";

export interface KeeperOptions {
  /** Where the configuration, the ledger and the log are. */
  readonly folder: string;
  readonly configFile: string;
  /** The configuration of the bot's next start, of which there were so many before. */
  readonly configAt: (starts: number) => string;
  readonly ledgerFile: string;
  readonly operatorPrivateKey: string;
  readonly progress: (text: string) => void;
}

export interface KeeperCounts {
  starts: number;
  kills: number;
  /** Of the kills, how many hit within moments of a transaction being sent. */
  killsAtSend: number;
  /** How often it ended by itself, with a message that says why. */
  stops: number;
  /** How often a person had to let it go on after it had used up a limit. */
  resumes: number;
}

/** Who starts, kills and watches the bot, and looks at it where a person has to. */
export interface Keeper {
  /** Runs the bot live on these endpoints. */
  readonly start: (urls: readonly string[]) => BotProcess;
  readonly kill: (bot: BotProcess) => Promise<void>;
  /** Tells the bot to stop, and expects that it does. */
  readonly stop: (bot: BotProcess) => Promise<void>;
  /** Takes in why a bot ended by itself: with a message it meant to, with a stack it broke. */
  readonly lookInto: (ended: BotProcess) => Promise<void>;
  /** Runs another command of the bot's on the ledger. */
  readonly command: (...args: string[]) => Promise<void>;
  /** Lets the bot go on where a limit has halted it. */
  readonly resumeWhenHalted: () => Promise<void>;
  /** Keeps the bot running on these endpoints until nothing is open, or for so long. */
  readonly settle: (urls: readonly string[], seconds: number) => Promise<BotProcess | undefined>;
  /** What the ledger says, or undefined while it is being made. */
  readonly facts: () => LedgerFacts | undefined;
  readonly counts: KeeperCounts;
  /** What should not have happened. */
  readonly problems: readonly string[];
}

/** Halts that a person ends by going on: the limits did what they are for. Others are findings. */
const limitHalts = new Set(["loss-streak", "daily-loss", "rolling-loss"]);

export function createKeeper(options: KeeperOptions): Keeper {
  const { folder, configFile, configAt, ledgerFile, operatorPrivateKey, progress } = options;
  const logFile = join(folder, "bot.log");
  const counts: KeeperCounts = { starts: 0, kills: 0, killsAtSend: 0, stops: 0, resumes: 0 };
  const problems: string[] = [];
  let bot: BotProcess | undefined;

  const keeper: Keeper = {
    counts,
    problems,

    start([first = "", ...others]) {
      writeFileSync(configFile, configAt(counts.starts));
      counts.starts += 1;
      const env = {
        ARBITRUM_RPC_URL: first,
        QUINTET_RPC_URLS: others.join(" "),
        QUINTET_OPERATOR_PRIVATE_KEY: operatorPrivateKey,
      };
      bot = startBot({ args: ["run", "--live", "--config", configFile], env, logFile });
      return bot;
    },

    async kill(running) {
      running.kill("SIGKILL");
      await running.ended;
      counts.kills += 1;
    },

    async stop(running) {
      await running.begun;
      running.kill("SIGTERM");
      const { code, lastWords } = await running.ended;
      if (code !== 0) problems.push(`it ended with ${code} when it was told to stop: ${lastWords.at(-1)}`);
    },

    async lookInto(ended) {
      const { code, lastWords } = await ended.ended;
      const stack = lastWords.findIndex((line) => /^\s+at /.test(line));
      if (stack > 0) {
        problems.push(`it broke: ${lastWords[stack - 1]}`);
        return;
      }
      counts.stops += 1;
      progress(`the bot stopped with ${code}: ${lastWords.at(-1) ?? "no word"}`);
    },

    async command(...args) {
      const { code, lastWords } = await startBot({ args: [...args, "--config", configFile], env: {}, logFile }).ended;
      if (code !== 0) problems.push(`bot ${args[0]} ended with ${code}: ${lastWords.at(-1)}`);
    },

    async resumeWhenHalted() {
      const last = keeper.facts()?.riskEvents.at(-1);
      if (last?.state !== "HALTED") return;
      if (!limitHalts.has(last.reason)) problems.push(`it halted for ${last.reason}`);
      counts.resumes += 1;
      await keeper.command("resume", "--reason", "looked at it");
    },

    async settle(urls, seconds) {
      const end = performance.now() + seconds * 1_000;
      if (bot?.isRunning() !== true) keeper.start(urls);
      // Once is chance: the block that shows it may be younger than the next order.
      for (let times = 0; times < 3 && performance.now() < end; ) {
        if (bot?.isRunning() !== true) {
          if (bot !== undefined) await keeper.lookInto(bot);
          keeper.start(urls);
        }
        await sleep(500);
        times = isSettled(keeper.facts()) ? times + 1 : 0;
      }
      return bot?.isRunning() ? bot : undefined;
    },

    facts() {
      try {
        return readLedgerFacts(ledgerFile);
      } catch {
        return undefined;
      }
    },
  };
  return keeper;
}

function isSettled(facts: LedgerFacts | undefined): boolean {
  const isOpen = ({ status }: { readonly status: string }) => ["signed", "sent", "open"].includes(status);
  return facts !== undefined && !facts.transactions.some(isOpen) && !facts.reservations.some(isOpen);
}
