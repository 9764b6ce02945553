import { type Refusal, refuse } from "../../domain/quote.ts";
import type { WoofiBaseState, WoofiOraclePrice, WoofiVersion } from "./state.ts";

const one = 10n ** 18n;
const maxUint256 = 2n ** 256n - 1n;

/** Why a pool's own arithmetic reverts when a number leaves its type. */
export const overflow = refuse("invariant", "Panic(0x11)");

/**
 * Returns the price that the oracle's `state` gives: the posted one while it is fresh and close to Chainlink's.
 * WooPoolV2 `contracts/wooracle/WooracleV2_2.sol`, `price`.
 */
export function feasiblePrice(oracle: WoofiOraclePrice): bigint | Refusal {
  const { posted, reference, bound, preferred, min, max, freshUntil, timestamp } = oracle;
  if (posted !== 0n && freshUntil > maxUint256) return overflow;
  if (reference !== 0n && (bound > one || reference * (one + bound) > maxUint256)) return overflow;
  const fresh = posted !== 0n && timestamp <= freshUntil;
  const low = (reference * (one - bound)) / one;
  const high = (reference * (one + bound)) / one;
  if (fresh && (reference === 0n || posted < low || posted > high)) {
    return refuse("stale-price", `WooPPV2: !ORACLE_FEASIBLE (${posted} is not between ${low} and ${high})`);
  }
  if (!fresh && (!preferred || reference === 0n)) {
    return refuse("stale-price", `WooPPV2: !ORACLE_FEASIBLE (fresh until ${freshUntil}, now ${timestamp})`);
  }
  const price = fresh ? posted : reference;
  if (price <= min) return refuse("stale-price", "WooracleV2_2: !min");
  if (price >= max) return refuse("stale-price", "WooracleV2_2: !max");
  return price;
}

/** Returns a base after its pool has posted `newPrice`, which renews no timestamp. */
export function posting(base: WoofiBaseState, newPrice: bigint, version: WoofiVersion): WoofiBaseState {
  const posted = BigInt.asUintN(128, newPrice);
  const { oracle, spread } = base;
  const before = oracle === undefined ? (typeof base.price === "bigint" ? base.price : 0n) : oracle.posted;
  const widened = version === "2.0" ? spread : widenedSpread(spread, before, posted);
  if (oracle === undefined) {
    const price = posted === 0n ? refuse("stale-price", "WooPPV2: !ORACLE_FEASIBLE (the price is 0)") : posted;
    return { ...base, spread: widened, price };
  }
  const next = { ...oracle, posted };
  return { ...base, spread: widened, price: feasiblePrice(next), oracle: next };
}

/**
 * The spread that makes the move between two posted prices unprofitable inside one transaction, rounded up:
 * 1 − (min ÷ max) ÷ (1 − spread), or the stored spread where it suffices or one of the prices is 0.
 */
function widenedSpread(spread: bigint, before: bigint, after: bigint): bigint {
  if (before === 0n || after === 0n || spread >= one) return spread;
  const [low, high] = after < before ? [after, before] : [before, after];
  const kept = (one * one * low) / high / (one - spread);
  return kept < one - spread ? one - kept : spread;
}
