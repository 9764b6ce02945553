/**
 * Why a pool gives no quote. Closed, so that a ledger can count reasons.
 *
 * - `unreadable`: a read of the pool failed or returned what cannot be decoded
 * - `token-not-in-pool`: the pool does not trade this pair
 * - `zero-amount`: nothing goes in
 * - `zero-output`: so little goes in that nothing comes out, and the pool reverts
 * - `insufficient-liquidity`: the pool does not hold what would have to come out
 * - `beyond-snapshot`: the swap leaves the part of the pool that was read
 * - `over-limit`: the pool caps a swap below this amount
 * - `stale-price`: the pool's oracle is too old or out of its bounds
 * - `paused`: the pool is stopped
 * - `invariant`: the pool's own arithmetic reverts
 * - `stopped`: the bot no longer trades the pool, because it paid something else than its quote
 */
export type RefusalReason =
  | "unreadable"
  | "token-not-in-pool"
  | "zero-amount"
  | "zero-output"
  | "insufficient-liquidity"
  | "beyond-snapshot"
  | "over-limit"
  | "stale-price"
  | "paused"
  | "invariant"
  | "stopped";

/** No quote, and why: `detail` carries the pool's own reason, or the actual value and the limit. */
export interface Refusal {
  readonly refused: RefusalReason;
  readonly detail: string;
}

/** The exact output of a hop in units of tokenOut, rounded as the pool rounds, or why there is none. */
export type Quote = bigint | Refusal;

export function refuse(refused: RefusalReason, detail: string): Refusal {
  return { refused, detail };
}

export function isRefusal(value: unknown): value is Refusal {
  return typeof value === "object" && value !== null && "refused" in value;
}
