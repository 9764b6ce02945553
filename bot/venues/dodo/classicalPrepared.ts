import { maxUint256, min, one, sqrtDown } from "./integers.ts";
import { type Prepared, revert } from "./prepared.ts";
import { type Direction, directionOf } from "./pricing.ts";
import type { PmmState } from "./state.ts";

const maxReserve = 2n ** 112n - 1n;
/** With b below it, b² and the square under the root have room for each other. */
const room = 2n ** 126n;
const askChecked: Prepared = { maxAmount: -1n, received: () => revert };

/**
 * Computes all of a direction through a classical pool that does not depend on the amount: what selling pays before fees,
 * as the pool says of base and DODOSellHelper of quote.
 */
export function prepareClassicalSell(state: PmmState, sellsBase: boolean): Prepared {
  const direction: Direction = directionOf(state, sellsBase);
  const { side, price, k, reserveIn, targetIn, reserveOut, targetOut } = direction;
  if (price === 0n || k === 0n || k >= one || targetIn > maxReserve) return askChecked;
  if (side === "even") return prepareTradeOut(targetOut, targetOut, price, k);
  if (side === "long") return prepareTradeOut(targetOut, reserveOut, price, k);
  const toEven = targetIn - reserveIn;
  const surplus = reserveOut - targetOut;
  const square = targetIn * targetIn;
  if (toEven < 0n || surplus < 0n || reserveIn === 0n) return askChecked;
  const steepest = ((square / reserveIn) * one) / reserveIn + 1n;
  const steepestPrice = one - k + (k * steepest) / one;
  if ((square / reserveIn) * one > maxUint256 || steepest * k > maxUint256) return askChecked;
  if (price * toEven > maxUint256 || steepestPrice * price * toEven > maxUint256 * one) return askChecked;
  const beyond = prepareTradeOut(targetOut, targetOut, price, k);
  return {
    maxAmount: beyond.maxAmount < 0n ? toEven : toEven + beyond.maxAmount,
    received(amount) {
      // Where the target is reached, the pool pays its surplus, and the helper still follows the curve. Only the pool caps
      // what rounding pays beyond the surplus.
      if (sellsBase && amount === toEven) return surplus;
      if (amount <= toEven) {
        const fair = (price * amount) / one;
        const ratio = ((square / (reserveIn + amount)) * one + reserveIn - 1n) / reserveIn;
        const received = (fair * (one - k + (k * ratio) / one)) / one;
        return sellsBase ? min(received, surplus) : received;
      }
      const more = beyond.received(amount - toEven);
      return more < 0n ? revert : surplus + more;
    },
  };
}

function prepareTradeOut(target: bigint, reserve: bigint, price: bigint, k: bigint): Prepared {
  if (target === 0n || reserve === 0n || target > maxReserve || reserve > maxReserve) return askChecked;
  const scaledSquare = ((k * target) / one) * target;
  const product = (one - k) * 4n * scaledSquare;
  const penalty = scaledSquare / reserve;
  if (product > maxUint256 || penalty >= room) return askChecked;
  const square = product / one;
  const offset = penalty - ((one - k) * reserve) / one;
  const divisor = 2n * (one - k);
  const roundUp = divisor - 1n;
  return {
    maxAmount: ((room - penalty) * one) / price,
    received(amount) {
      const b = offset + (price * amount) / one;
      const rest = ((sqrtDown(b * b + square) - b) * one + roundUp) / divisor;
      return rest > reserve ? revert : reserve - rest;
    },
  };
}

/** What buying base costs, without the checks of `buyBaseToken`. */
export interface PreparedBuy {
  /**
   * Returns what it costs that `gross` base leaves the reserve or stays as a fee, or `revert` where the pool may revert. A
   * cost whose arithmetic leaves 256 bits is above every amount that there is.
   */
  cost(gross: bigint): bigint;
}

/** Computes all of buying base from a classical pool that does not depend on the amount. */
export function prepareClassicalBuy(state: PmmState): PreparedBuy {
  const { i, K, B, Q, B0, Q0 } = state;
  const unsound: PreparedBuy = { cost: () => revert };
  const isSmall = [B, Q, B0, Q0].every((amount) => amount <= maxReserve) && i * B < room * one;
  if (!isSmall || K === 0n || K >= one || B === 0n) return unsound;
  const { side, reserveOut } = directionOf(state, false);
  const maxRatio = maxUint256 / K;
  const along = (reserve: bigint, scaled: bigint, gross: bigint) => {
    const rest = reserve - gross;
    if (rest <= 0n) return revert;
    const ratio = (scaled + rest - 1n) / rest;
    if (ratio > maxRatio) return revert;
    return (((i * gross) / one) * (one - K + (K * ratio) / one)) / one;
  };
  if (side !== "short") {
    const reserve = side === "even" ? B0 : reserveOut;
    const scaled = ((B0 * B0) / reserve) * one;
    return scaled > maxUint256 ? unsound : { cost: (gross) => along(reserve, scaled, gross) };
  }
  const surplus = B - B0;
  const toEven = Q0 - Q;
  if (surplus < 0n || toEven < 0n || Q === 0n) return unsound;
  const scaledSquare = ((K * Q0) / one) * Q0;
  const product = (one - K) * 4n * scaledSquare;
  const penalty = scaledSquare / Q;
  if (product > maxUint256 || penalty >= room) return unsound;
  const square = product / one;
  const offset = ((one - K) * Q) / one - penalty;
  const divisor = 2n * (one - K);
  return {
    cost(gross) {
      if (gross > surplus) {
        const more = along(B0, B0 * one, gross - surplus);
        return more < 0n ? revert : toEven + more;
      }
      if (gross === surplus) return toEven;
      const b = offset + (i * gross + one - 1n) / one;
      const cost = ((b + sqrtDown(b * b + square)) * one) / divisor - Q;
      return cost < 0n ? revert : cost;
    },
  };
}
