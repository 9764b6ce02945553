import type { Pool } from "../venues/venue.ts";
import type { PoolLender } from "./poolLender.ts";

/**
 * Pairs lend by a swap whose output comes back as input: all but the last unit of a reserve, for their fee on the input.
 *
 * @param feesPpmOf what a pair takes of an input of each token, in millionths; undefined where it does not swap
 */
export function pairFlash<P extends Pool, S extends { readonly reserves: readonly [bigint, bigint] }>(
  feesPpmOf: (pool: P, state: S) => readonly [bigint, bigint] | undefined,
): PoolLender<P, S> {
  return {
    name: "pairFlash",
    sides(pool, state) {
      const { reserves } = state;
      return feesPpmOf(pool, state)?.map((feePpm, index) => ({ available: (reserves[index] ?? 0n) - 1n, feePpm }));
    },
  };
}
