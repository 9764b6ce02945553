import pino, { type Logger } from "pino";
import { prettyFactory } from "pino-pretty";
import type { Redact } from "./rpc/redact.ts";

export type Log = Logger;
export const logLevels = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

/** Creates the structured log on stderr: JSON lines, or readable ones on a terminal. Every line passes `redact`. */
export function createLog(level: LogLevel, redact: Redact): Log {
  const shown = process.stderr.isTTY ? prettyFactory({ colorize: true, translateTime: "HH:MM:ss.l" }) : String;
  const stderr = {
    write: (line: string) => {
      process.stderr.write(redact(shown(line)));
    },
  };
  const options = {
    level,
    base: null,
    // Amounts are bigints: written as decimal strings, because JSON's numbers end at 2^53.
    formatters: { log: (fields: Record<string, unknown>) => plain(fields) as Record<string, unknown> },
  };
  return pino(options, stderr);
}

/** Replaces bigints by decimal strings and errors by their messages, all the way down. */
export function plain(value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Error) return value.message;
  if (value instanceof Map) return plain(Object.fromEntries(value));
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
  }
  return value;
}
