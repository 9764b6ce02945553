import type { Address } from "../config/chains/chain.ts";
import type { Curve } from "../domain/curve.ts";
import { isRefusal, refuse } from "../domain/quote.ts";
import type { Pool, Venue } from "./venue.ts";

/** A curve by quoting, until the venue has its own. */
export function sampledCurve<P extends Pool, S>(
  quote: Venue<never, P, S>["quote"],
  pool: P,
  state: S,
  tokenIn: Address,
  tokenOut: Address,
): Curve<S> {
  const at = (amountIn: bigint) => quote(pool, state, { tokenIn, tokenOut, amountIn });
  const estimate = (amountIn: number) => {
    const out = at(BigInt(Math.max(1, Math.floor(amountIn))));
    return isRefusal(out) ? 0 : Number(out);
  };
  let rate = 0;
  for (let probe = 1_000n; probe < 10n ** 24n; probe *= 10n) {
    const out = at(probe);
    if (!isRefusal(out) && out > 0n) rate = Math.max(rate, Number(out) / Number(probe));
  }
  return {
    quote: at,
    after: () => refuse("unreadable", "the state after a swap is not known"),
    rate,
    limitIn: Number.POSITIVE_INFINITY,
    estimate,
  };
}
