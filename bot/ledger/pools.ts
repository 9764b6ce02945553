import type { DatabaseSync } from "node:sqlite";

/** A pool that is not traded since a divergence. */
export interface StoppedPool {
  readonly pool: string;
  readonly block: bigint;
  readonly detail: string;
}

export interface StoppedPools {
  stop(stopped: StoppedPool, atSeconds: bigint): void;
  all(): readonly StoppedPool[];
  /** Lets every stopped pool trade again. */
  release(): void;
}

export function createStoppedPools(database: DatabaseSync): StoppedPools {
  return {
    stop({ pool, block, detail }, at) {
      database.prepare("INSERT OR REPLACE INTO stopped_pools VALUES (?, ?, ?, ?)").run(pool, block, detail, at);
    },
    all() {
      return database
        .prepare("SELECT pool, block, detail FROM stopped_pools ORDER BY block")
        .all()
        .map(({ pool, block, detail }) => ({
          pool: String(pool),
          block: BigInt(String(block)),
          detail: String(detail),
        }));
    },
    release() {
      database.exec("DELETE FROM stopped_pools");
    },
  };
}
