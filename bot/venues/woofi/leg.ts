import type { WoofiBaseState, WoofiPool } from "./state.ts";

const one = 10n ** 18n;
const feeBase = 100_000n;
const maxUint256 = 2n ** 256n - 1n;

/** A base at which the oracle lets the pool trade. */
export type PricedBase = WoofiBaseState & { readonly price: bigint };

/** An amount at the oracle's price, less spread and impact, with all that does not depend on the amount computed. */
export interface Leg {
  /** Up to it an amount passes the caps, and no number leaves 256 bits. */
  readonly maxIn: bigint;
  /** gamma = ⌊amount · gammaNum ÷ gammaDen⌋: the price impact, scaled by 1e18. */
  readonly gammaNum: bigint;
  readonly gammaDen: bigint;
  /** gammaNum ÷ gammaDen, with a relative error below 2^-51. */
  readonly gammaPerUnit: number;
  /** value = ⌊amount · valueNum ÷ valueDen⌋: the amount at the oracle's price, in units times `unitIn`. */
  readonly valueNum: bigint;
  readonly valueDen: bigint;
  /** 1 less the spread, scaled by 1e18. */
  readonly kept: bigint;
  /** One whole token of what goes in, in units. */
  readonly unitIn: bigint;
}

/** quote = amount · price · (1 − gamma − spread) rounded down, before the fee, with gamma = coeff · amount · price. */
export function quoteLeg({ quoteUnit, version }: WoofiPool, base: PricedBase, spread: bigint): Leg {
  const { price, unit, priceUnit, coeff } = base;
  const impact = { num: price * coeff, den: unit * priceUnit };
  const value = { num: price * quoteUnit, den: priceUnit };
  const maxNotional = version === "2.0" ? maxUint256 : largest(base.maxNotionalSwap, value.num, impact.den);
  return legOf(impact, value, spread, unit, smallest(maxNotional, mostImpact(version, base, spread, impact)));
}

/** base = amount ÷ price · (1 − gamma − spread) rounded down, for an amount net of the fee, with gamma = coeff · amount. */
export function baseLeg({ quoteUnit, version }: WoofiPool, base: PricedBase, spread: bigint): Leg {
  const { price, unit, priceUnit, coeff } = base;
  const impact = { num: coeff, den: quoteUnit };
  const value = { num: unit * priceUnit, den: price };
  const maxNotional = version === "2.0" ? maxUint256 : base.maxNotionalSwap;
  return legOf(impact, value, spread, quoteUnit, smallest(maxNotional, mostImpact(version, base, spread, impact)));
}

interface Ratio {
  readonly num: bigint;
  readonly den: bigint;
}

function legOf(impact: Ratio, value: Ratio, spread: bigint, unitIn: bigint, cap: bigint): Leg {
  const [gammaNum, gammaDen] = reduced(impact);
  const [valueNum, valueDen] = reduced(value);
  // The largest products that the pool makes of an amount: with twice the impact, and with 1e18 times the value.
  const fits = smallest(largest(maxUint256, 2n * impact.num, 1n), largest(maxUint256 / one, value.num, value.den));
  const maxIn = smallest(cap, smallest(fits, largest(maxUint256, value.num, 1n)));
  const gammaPerUnit = Number(gammaNum) / Number(gammaDen);
  return { maxIn, gammaNum, gammaDen, gammaPerUnit, valueNum, valueDen, kept: one - spread, unitIn };
}

/** The largest amount whose impact the pool takes and leaves a price after it. */
function mostImpact(version: WoofiPool["version"], base: PricedBase, spread: bigint, { num, den }: Ratio): bigint {
  // Not even 0, which is what a fee of 100 % leaves.
  if (spread > one) return -1n;
  const own = version === "2.0" ? largest(one, 2n * num, den) : largest(smallest(base.maxGamma, one - 1n), num, den);
  return smallest(own, largest(one - spread, num, den));
}

/** The largest amount with ⌊amount · num ÷ den⌋ ≤ `limit`. */
function largest(limit: bigint, num: bigint, den: bigint): bigint {
  return num === 0n ? maxUint256 : ((limit + 1n) * den - 1n) / num;
}

/** A ratio without the powers of ten that its sides share: dividing by one machine word is several times faster. */
function reduced({ num, den }: Ratio): readonly [num: bigint, den: bigint] {
  if (num === 0n) return [0n, 1n];
  let [n, d] = [num, den];
  for (const ten of powersOfTen) {
    while (d % ten === 0n && n % ten === 0n) {
      n /= ten;
      d /= ten;
    }
  }
  return [n, d];
}

const powersOfTen = [10n ** 8n, 10n ** 3n, 10n];

/** The price impact of an amount, scaled by 1e18 and rounded down. */
function gammaOf({ gammaNum, gammaDen, gammaPerUnit }: Leg, amount: bigint): bigint {
  const gamma = Number(amount) * gammaPerUnit;
  const floor = Math.floor(gamma);
  const doubt = gamma * 2 ** -49;
  // Where its error cannot reach a whole number, the float tells the floor, and the division is saved.
  if (gamma < 2 ** 48 && gamma - floor > doubt && floor + 1 - gamma > doubt) return BigInt(floor);
  return (amount * gammaNum) / gammaDen;
}

/** Returns what an amount up to `maxIn` pays, rounded as the pool rounds. */
export function legOut(leg: Leg, amount: bigint): bigint {
  const value = leg.valueDen === 1n ? amount * leg.valueNum : (amount * leg.valueNum) / leg.valueDen;
  // Two divisions by one word each round as one by their product does, and are faster.
  return (value * (leg.kept - gammaOf(leg, amount))) / one / leg.unitIn;
}

/** Returns the fee on an amount of the quote token, rounded down. */
export function feeOn(amount: bigint, feeRate: bigint): bigint {
  return (amount * feeRate) / feeBase;
}

/** Returns the price that the pool posts after `amount` of the base was sold to it. */
export function priceAfterTaking({ version }: WoofiPool, base: PricedBase, amount: bigint): bigint {
  const { price, unit, priceUnit, coeff } = base;
  const doubled = version === "2.0" ? 2n : 1n;
  return ((one - (doubled * amount * price * coeff) / priceUnit / unit) * price) / one;
}

/** Returns the price that the pool posts after the base was bought for `amount` of the quote token, net of the fee. */
export function priceAfterPaying({ version, quoteUnit }: WoofiPool, base: PricedBase, amount: bigint): bigint {
  const { price, coeff } = base;
  if (version === "2.0") return ((one * quoteUnit + 2n * coeff * amount) * price) / quoteUnit / one;
  return (one * price) / (one - (amount * coeff) / quoteUnit);
}

function smallest(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
