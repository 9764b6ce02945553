import { randomBytes } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";

/** One time that the program ran. */
export interface Run {
  readonly id: number;
  /** 32 random bytes: the ids of the run's opportunities are unlike those of any other run. */
  readonly salt: string;
}

export interface Runs {
  /** Writes that a run begins. `settings` are what its decisions depend on besides the chain, without any secret. */
  begin(mode: "shadow" | "live", settings: string, atMs: number): Run;
}

export function createRuns(database: DatabaseSync): Runs {
  return {
    begin(mode, settings, atMs) {
      const salt = `0x${randomBytes(32).toString("hex")}`;
      const { lastInsertRowid } = database
        .prepare("INSERT INTO runs (salt, mode, started_at_ms, settings) VALUES (?, ?, ?, ?)")
        .run(salt, mode, atMs, settings);
      return { id: Number(lastInsertRowid), salt };
    },
  };
}
