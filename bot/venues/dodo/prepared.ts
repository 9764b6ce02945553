import { maxUint256, min, one, sqrtDown } from "./integers.ts";
import type { Direction } from "./pricing.ts";

/** What `sell` computes, without its checks, for amounts that cannot fail them. */
export interface Prepared {
  /** Up to it no number leaves 256 bits and no check fails. Below 0 where `sell` has to be asked for every amount. */
  readonly maxAmount: bigint;
  /** Returns what an amount above 0 pays before fees, or `revert` where the pool reverts. */
  received(amount: bigint): bigint;
}

/** No amount: the pool reverts, and `sell` knows with which reason. */
export const revert = -1n;

const askChecked: Prepared = { maxAmount: -1n, received: () => revert };
const maxReserve = 2n ** 112n - 1n;

/** Computes all of a direction that does not depend on the amount. */
export function prepareSell(direction: Direction): Prepared {
  const { side, price, k, reserveIn, targetIn, reserveOut, targetOut } = direction;
  if (side === "even") return prepareTradeOut(targetOut, targetOut, price, k);
  if (side === "long") return prepareTradeOut(targetOut, reserveOut, price, k);
  const toEven = targetIn - reserveIn;
  const surplus = reserveOut - targetOut;
  const square = targetIn * targetIn;
  if (toEven < 0n || surplus < 0n || reserveIn === 0n || targetIn > maxReserve) return askChecked;
  const steepest = ((square / reserveIn) * one) / reserveIn;
  const steepestPrice = one - k + (k * steepest) / one;
  if (steepest * k > maxUint256 || steepestPrice * price * toEven > maxUint256) return askChecked;
  if ((square / reserveIn) * one > maxUint256) return askChecked;

  const beyond = prepareTradeOut(targetOut, targetOut, price, k);
  const integrate = (amount: bigint) => {
    const fair = price * amount;
    if (k === 0n) return fair / one;
    const ratio = ((square / (reserveIn + amount)) * one) / reserveIn;
    return ((one - k + (k * ratio) / one) * fair) / one / one;
  };
  return {
    maxAmount: beyond.maxAmount < 0n ? toEven : toEven + beyond.maxAmount,
    received(amount) {
      if (amount < toEven) return min(integrate(amount), surplus);
      if (amount === toEven) return surplus;
      const more = beyond.received(amount - toEven);
      return more < 0n ? revert : surplus + more;
    },
  };
}

function prepareTradeOut(target: bigint, reserve: bigint, price: bigint, k: bigint): Prepared {
  if (target === 0n || reserve === 0n || price === 0n || target > maxReserve || reserve > maxReserve) return askChecked;
  if (k === 0n) {
    return { maxAmount: maxUint256 / price, received: (amount) => min((price * amount) / one, reserve) };
  }
  if (k === one) return prepareHyperbola(target, reserve, price);

  const left = (one - k) * reserve;
  const penalty = ((k * target) / reserve) * target;
  const product = (one - k) * 4n * (((k * target) / one) * target);
  // With b below 2^127, b² and the square under the root have room for each other.
  const room = one << 127n;
  if (product > maxUint256 || penalty >= room) return askChecked;
  const square = product / one;
  const offset = penalty - left;
  const divisor = 2n * (one - k);
  const roundUp = divisor - 1n;
  return {
    maxAmount: (room - penalty) / price,
    received(amount) {
      const scaled = offset + price * amount;
      // Towards 0, as the pool rounds the absolute value.
      const b = scaled / one;
      const root = sqrtDown(b * b + square);
      const numerator = root - b;
      if (numerator === 0n && scaled > 0n) return revert;
      const rest = (numerator * one + roundUp) / divisor;
      return rest > reserve ? 0n : reserve - rest;
    },
  };
}

function prepareHyperbola(target: bigint, reserve: bigint, price: bigint): Prepared {
  const square = target * target;
  const slope = price * reserve;
  // t = slope · amount ÷ square stays where slope · amount, reserve · t and t + 1 have room.
  const room = min(maxUint256, ((maxUint256 >> 1n) / reserve) * square);
  return {
    maxAmount: room / slope,
    received(amount) {
      const t = (slope * amount) / square;
      return (reserve * t) / (t + one);
    },
  };
}
