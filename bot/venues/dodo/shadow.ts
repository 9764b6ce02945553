import { one } from "./integers.ts";
import type { Direction } from "./pricing.ts";

/** A direction in floats, before fees. */
export interface Shadow {
  /** The largest amount for which the pool is expected to have a price. */
  readonly maxAmount: number;
  /** Units out per unit in at `amount`. */
  rateAt(amount: number): number;
  received(amount: number): number;
}

/**
 * How a generation rounds the terms of its quadratic equation, both of which are k target²: a pool of a few thousand
 * dollars pays by that some units more or less than the curve.
 */
export type Rounding = "classical" | "current";

const nothing: Shadow = { maxAmount: 0, rateAt: () => 0, received: () => 0 };

/** Returns the shadow of a direction, which takes nothing where the pool's state has no price. */
export function shadowOf(direction: Direction, rounding: Rounding): Shadow {
  const { side, price, k, reserveIn, targetIn, reserveOut, targetOut } = direction;
  if (side !== "short") return tradeOut(price, k, targetOut, side === "even" ? targetOut : reserveOut, rounding);
  if (reserveIn === 0n || targetIn < reserveIn || reserveOut < targetOut) return nothing;
  const p = Number(price) / 1e18;
  const curvature = Number(k) / 1e18;
  const reserve = Number(reserveIn);
  const toEven = Number(targetIn - reserveIn);
  const surplus = Number(reserveOut - targetOut);
  const flat = 1 - curvature;
  const penalty = (curvature * Number(targetIn) * Number(targetIn)) / reserve;
  const beyond = tradeOut(price, k, targetOut, targetOut, rounding);
  return {
    maxAmount: toEven + beyond.maxAmount,
    rateAt(amount) {
      const from = reserve + amount;
      return amount < toEven ? p * (flat + (penalty * reserve) / (from * from)) : beyond.rateAt(amount - toEven);
    },
    received(amount) {
      if (amount >= toEven) return surplus + beyond.received(amount - toEven);
      return Math.min(surplus, p * amount * (flat + penalty / (reserve + amount)));
    },
  };
}

/**
 * What leaves the reserve V: V less the positive root of (1 - k) X² + (c + x - a) X - s = 0, with a = (1 - k) V,
 * c = k target² / V, s = k target² and x = price · amount. Here it is solved for Y = V - X,
 * (1 - k) Y² - (a + c + x) Y + x V + (c V - s) = 0, which has no difference of near equals.
 */
function tradeOut(price: bigint, k: bigint, target: bigint, reserve: bigint, rounding: Rounding): Shadow {
  if (target === 0n || reserve === 0n) return nothing;
  const { penalty, constant, excess } = k === one ? exactTerms(target, reserve) : terms[rounding](k, target, reserve);
  const p = Number(price) / 1e18;
  const v = Number(reserve);
  const flat = 1 - Number(k) / 1e18;
  const a = flat * v;
  const square = 4 * flat * constant;
  const received = (amount: number) => {
    const x = p * amount;
    const b = penalty + x - a;
    return (2 * (x * v + excess)) / (a + penalty + x + Math.sqrt(b * b + square));
  };
  // The root of b² + square has to exceed b by one unit, and b² has to stay in 256 bits.
  const last = Math.min(2 ** 127, k === 0n || k === one ? Number.POSITIVE_INFINITY : square / 2 + a - penalty);
  return {
    maxAmount: Math.max(0, (last * (1 - 2 ** -20)) / p),
    rateAt(amount) {
      const rest = v - received(amount);
      return (p * rest) / (a + penalty + p * amount - 2 * flat * (v - rest));
    },
    received: excess < 0 ? (amount) => Math.max(0, received(amount)) : received,
  };
}

/** c, s and c V - s. */
interface Terms {
  readonly penalty: number;
  readonly constant: number;
  readonly excess: number;
}

const terms: Readonly<Record<Rounding, (k: bigint, target: bigint, reserve: bigint) => Terms>> = {
  current(k, target, reserve) {
    const penalty = ((k * target) / reserve) * target;
    const constant = ((k * target) / one) * target;
    return {
      penalty: Number(penalty) / 1e18,
      constant: Number(constant),
      excess: Number(penalty * reserve - constant * one) / 1e18,
    };
  },
  classical(k, target, reserve) {
    const constant = Number(((k * target) / one) * target);
    return { penalty: constant / Number(reserve), constant, excess: 0 };
  },
};

/** With k = 1 the pool's equation is linear. */
function exactTerms(target: bigint, reserve: bigint): Terms {
  const constant = Number(target) * Number(target);
  return { penalty: constant / Number(reserve), constant, excess: 0 };
}
