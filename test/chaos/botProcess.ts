import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The bot in a process of its own. */
export interface BotProcess {
  readonly isRunning: () => boolean;
  /** Resolves once it takes blocks, or has ended before: it can be told to stop from then on. */
  readonly begun: Promise<void>;
  /** How it ended. */
  readonly ended: Promise<BotEnd>;
  readonly kill: (signal: "SIGKILL" | "SIGTERM") => void;
}

export interface BotEnd {
  readonly code: number | null;
  /** The last lines that it wrote to stderr, without its log. */
  readonly lastWords: readonly string[];
}

export interface BotStart {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Where stderr is written. */
  readonly logFile: string;
}

/** Starts the bot's own command line. */
export function startBot({ args, env, logFile }: BotStart): BotProcess {
  const { PATH = "" } = process.env;
  const child = spawn(process.execPath, ["--import", "tsx", join(root, "bot/main.ts"), ...args], {
    cwd: root,
    env: { PATH, ...env },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const log = createWriteStream(logFile, { flags: "a" });
  const lastWords: string[] = [];
  const begun = Promise.withResolvers<void>();
  createInterface({ input: child.stderr }).on("line", (line) => {
    log.write(`${line}\n`);
    if (line.includes('"msg":"running"')) begun.resolve();
    if (line.startsWith("{")) return;
    lastWords.push(line);
    if (lastWords.length > 20) lastWords.shift();
  });
  const orphan = () => void child.kill("SIGKILL");
  process.once("exit", orphan);
  let isRunning = true;
  const ended = new Promise<BotEnd>((resolve) => {
    child.once("close", (code) => {
      isRunning = false;
      begun.resolve();
      process.off("exit", orphan);
      log.end(() => resolve({ code, lastWords }));
    });
  });
  return { isRunning: () => isRunning, begun: begun.promise, ended, kill: (signal) => void child.kill(signal) };
}
