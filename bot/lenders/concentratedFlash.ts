import { holdingsDown } from "../venues/concentratedRanges.ts";
import type { ConcentratedState, Stepping } from "../venues/concentratedSteps.ts";
import type { Pool } from "../venues/venue.ts";
import type { PoolLender } from "./poolLender.ts";

/**
 * Pools with concentrated liquidity lend by `flash` what they hold, as long as they have liquidity in range. What they hold
 * is known as far as their ticks are.
 *
 * @param feePpmOf what a pool takes of what it lends, in millionths; undefined where that is not known
 */
export function concentratedFlash<P extends Pool, S extends ConcentratedState>(
  steppingOf: (pool: P) => Stepping,
  feePpmOf: (pool: P, state: S) => bigint | undefined,
): PoolLender<P, S> {
  return {
    name: "concentratedFlash",
    sides(pool, state) {
      const feePpm = feePpmOf(pool, state);
      if (feePpm === undefined || state.liquidity === 0n) return undefined;
      return holdingsDown(state, steppingOf(pool)).map((available) => ({ available, feePpm }));
    },
  };
}
