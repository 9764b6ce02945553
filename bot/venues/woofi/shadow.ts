import type { PricedBase } from "./leg.ts";
import type { WoofiPool } from "./state.ts";

/** A leg in floats: out = slope · amount · (kept − impact · amount). */
export interface Shadow {
  /** Units out per unit in for the first infinitesimal unit. 0 where the spread takes all. */
  readonly rate: number;
  /** The largest amount that the caps let pass, and up to which more in is more out. */
  readonly maxIn: number;
  out(amount: number): number;
  /** Returns the amount that pays `out`, Infinity where none does. */
  inputFor(out: number): number;
}

/** The leg that sells a base for the quote token, before the fee. */
export function quoteShadow({ quoteUnit, version }: WoofiPool, base: PricedBase, spread: bigint): Shadow {
  const wholes = Number(base.unit) * Number(base.priceUnit);
  const slope = (Number(base.price) * Number(quoteUnit)) / wholes;
  const impact = (Number(base.price) * Number(base.coeff)) / wholes / 1e18;
  const maxNotional = version === "2.0" ? Number.POSITIVE_INFINITY : Number(base.maxNotionalSwap) / slope;
  return shadowOf(slope, impact, spread, Math.min(maxNotional, mostImpact(version, base, impact)));
}

/** The leg that buys a base for an amount of the quote token, net of the fee. */
export function baseShadow({ quoteUnit, version }: WoofiPool, base: PricedBase, spread: bigint): Shadow {
  const slope = (Number(base.unit) * Number(base.priceUnit)) / (Number(base.price) * Number(quoteUnit));
  const impact = Number(base.coeff) / Number(quoteUnit) / 1e18;
  const maxNotional = version === "2.0" ? Number.POSITIVE_INFINITY : Number(base.maxNotionalSwap);
  return shadowOf(slope, impact, spread, Math.min(maxNotional, mostImpact(version, base, impact)));
}

function mostImpact(version: WoofiPool["version"], { maxGamma }: PricedBase, impact: number): number {
  const cap = version === "2.0" ? 0.5 : Number(maxGamma) / 1e18;
  return impact === 0 ? Number.POSITIVE_INFINITY : cap / impact;
}

function shadowOf(slope: number, impact: number, spread: bigint, cap: number): Shadow {
  const kept = Math.max(0, 1 - Number(spread) / 1e18);
  // Beyond half of what the spread leaves, the impact on all outweighs what is added.
  const peak = impact === 0 ? Number.POSITIVE_INFINITY : kept / (2 * impact);
  return {
    rate: slope * kept,
    maxIn: kept === 0 ? 0 : Math.min(cap, peak),
    out: (amount) => slope * amount * (kept - impact * amount),
    inputFor(out) {
      const linear = slope * kept;
      const square = linear * linear - 4 * slope * impact * out;
      return square < 0 ? Number.POSITIVE_INFINITY : (2 * out) / (linear + Math.sqrt(square));
    },
  };
}
