import type { PoolLenderName } from "../config/chains/chain.ts";
import type { LoanOffer } from "../domain/lender.ts";
import type { Pool } from "../venues/venue.ts";

/** What a pool lends of one of its tokens. */
export interface Side {
  /** The largest loan, in units of the token. */
  readonly available: bigint;
  /** In millionths. */
  readonly feePpm: bigint;
}

/**
 * How the pools of one venue lend: their state tells how much and for what fee, so that nothing is read for it. `P` and `S`
 * are the pool and the state of the venue.
 */
export interface PoolLender<P extends Pool = Pool, S = unknown> {
  readonly name: PoolLenderName;
  /** Returns what a pool lends of each of its tokens, in their order; undefined where it lends nothing. */
  sides(pool: P, state: S): readonly Side[] | undefined;
}

/** Returns what a pool offers at a state. */
export function offersOf(lender: PoolLender, pool: Pool, state: unknown): readonly LoanOffer[] {
  const sides = lender.sides(pool, state) ?? [];
  return sides.flatMap(({ available, feePpm }, index) => {
    const token = pool.tokens[index];
    if (token === undefined || available <= 0n || feePpm >= 1_000_000n) return [];
    return [{ lender: lender.name, source: pool, token, available, feeRate: feePpm }];
  });
}
