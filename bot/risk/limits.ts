import { formatEther } from "ethers";
import type { Address } from "../config/chains/chain.ts";
import { divideUp, formatPercent, formatUsd, larger } from "../domain/amount.ts";
import { weiInUsdE8Up } from "../domain/gas.ts";
import { type NoTrade, noTrade } from "../domain/noTrade.ts";
import type { Order } from "../domain/order.ts";

/** What may be at stake at once and over time. */
export interface RiskLimits {
  readonly maxLossesInARow: number;
  /** In hundredths of a percent of what the wallet was worth when the day, or the 24 hours, began. */
  readonly maxDailyLossBps: bigint;
  readonly maxGasPerHourWei: bigint;
  readonly maxGasPerDayWei: bigint;
  readonly maxTradesPerMinute: number;
  readonly maxOrderUsdE8: bigint;
  /** By token, in units of its decimals. A token that is not named has no limit of its own. */
  readonly maxOrderUnits: ReadonlyMap<Address, bigint>;
  readonly maxOpenOrders: number;
}

/** What a trade must leave. */
export interface ProfitLimits {
  readonly minProfitUsdE8: bigint;
  /** In hundredths of a percent of what its gas costs. */
  readonly minProfitOverCostBps: bigint;
}

/** What room is reserved for: an order, or a conversion of the wallet. */
export type Purpose =
  | {
      readonly kind: "order";
      /** The opportunity's id. */
      readonly opportunity: string;
      /** Names the opportunity's route: one order of a route may be open. */
      readonly route: string;
    }
  | { readonly kind: "conversion"; readonly conversion: number };

/** What is known of a purpose before the ledger is asked. */
export type PurposeKey =
  | Pick<Extract<Purpose, { kind: "order" }>, "kind" | "opportunity">
  | Extract<Purpose, { kind: "conversion" }>;

/** What is about to be sent, and what it may cost at worst. */
export interface Stake {
  readonly purpose: Purpose;
  readonly token: Address;
  readonly amount: bigint;
  /** What the amount is worth, rounded up. */
  readonly valueUsdE8: bigint;
  /** The gas limit at the highest price that this transaction, or one that replaces it, may pay, with the tip. */
  readonly maxGasWei: bigint;
  /** Gas included, rounded up. */
  readonly maxLossUsdE8: bigint;
}

/** A stake that is sent and not settled. */
export type OpenStake = Pick<Stake, "purpose" | "maxGasWei" | "maxLossUsdE8">;

/** What the limits are compared with. Losses are not made up for by gains, and count no more once acknowledged. */
export interface Exposure {
  readonly open: readonly OpenStake[];
  /** Orders that settled at a loss since the last one that did not. */
  readonly lossesInARow: number;
  /** Settled losses of this UTC day, and of the last 24 hours. */
  readonly lostTodayUsdE8: bigint;
  readonly lostIn24HoursUsdE8: bigint;
  /** Gas paid for what settled in the last hour, and in the last 24 hours. */
  readonly gasInHourWei: bigint;
  readonly gasIn24HoursWei: bigint;
  /** Orders that were reserved for in the last 60 seconds, whatever became of them. */
  readonly ordersInMinute: number;
  /** What the wallet was worth when this UTC day began, and when the last 24 hours did. Undefined without a price. */
  readonly capitalToday: bigint | undefined;
  readonly capital24HoursAgo: bigint | undefined;
}

/** Ether may rise by this share until a transaction has settled, in hundredths of a percent: worst cases allow for it. */
const etherRiseBps = 1_000n;

/** What the worst case of a transaction is valued with. */
export interface StakePrices {
  readonly tokenPriceE8: bigint;
  readonly tokenDecimals: number;
  readonly etherPriceE8: bigint;
}

/**
 * Returns what an order puts at stake. All that it can lose is its gas: the contract takes the amount back in the same
 * transaction, or reverts.
 */
export function stakeOf(order: Order, maxGasWei: bigint, prices: StakePrices): Stake {
  const { tokenPriceE8, tokenDecimals, etherPriceE8 } = prices;
  return {
    purpose: { kind: "order", opportunity: order.id, route: order.routeId },
    token: order.token,
    amount: order.amount,
    valueUsdE8: divideUp(order.amount * tokenPriceE8, 10n ** BigInt(tokenDecimals)),
    maxGasWei,
    maxLossUsdE8: worstGasUsdE8(maxGasWei, etherPriceE8),
  };
}

/** Returns what gas may cost in USD with 8 decimals by the time that it is paid, rounded up. */
export function worstGasUsdE8(maxGasWei: bigint, etherPriceE8: bigint): bigint {
  return weiInUsdE8Up(maxGasWei, divideUp(etherPriceE8 * (10_000n + etherRiseBps), 10_000n));
}

/** Returns the least that an order must leave after its gas. */
export function leastProfitUsdE8(gasCostUsdE8: bigint, { minProfitUsdE8, minProfitOverCostBps }: ProfitLimits): bigint {
  return larger(minProfitUsdE8, divideUp(gasCostUsdE8 * minProfitOverCostBps, 10_000n));
}

/** Returns why an order leaves too little to be put to the chain, or undefined. */
export function checkProfit(
  { netUsdE8, gasCostUsdE8, sized: { boundedBy } }: Pick<Order, "netUsdE8" | "gasCostUsdE8" | "sized">,
  limits: ProfitLimits,
): NoTrade | undefined {
  if (netUsdE8 >= leastProfitUsdE8(gasCostUsdE8, limits)) return undefined;
  const [net, least, cost] = [netUsdE8, limits.minProfitUsdE8, gasCostUsdE8].map(formatUsd);
  const limit =
    netUsdE8 < limits.minProfitUsdE8
      ? `minProfitUsd is ${least}`
      : `minProfitOverCostPercent is ${formatPercent(limits.minProfitOverCostBps)} of ${cost} of gas`;
  const bound = boundedBy === undefined ? "" : `, where ${boundedBy}`;
  return noTrade("below-min-profit", `leaves ${net} after fee and gas, ${limit}${bound}`);
}

/** Returns why there is no room for a stake, or undefined. What is open counts at its worst. */
export function checkStake(stake: Stake, exposure: Exposure, limits: RiskLimits): NoTrade | undefined {
  for (const check of [checkSize, checkOpen, checkRate, checkStreak, checkGas, checkLoss]) {
    const refused = check(stake, exposure, limits);
    if (refused !== undefined) return refused;
  }
  return undefined;
}

/** Returns why an open stake cannot be raised, or undefined: `exposure` is without it, as it was reserved for. */
export function checkRaise(stake: Stake, exposure: Exposure, limits: RiskLimits): NoTrade | undefined {
  return checkGas(stake, exposure, limits) ?? checkLoss(stake, exposure, limits);
}

type Check = (stake: Stake, exposure: Exposure, limits: RiskLimits) => NoTrade | undefined;

const checkSize: Check = ({ token, amount, valueUsdE8 }, _exposure, { maxOrderUsdE8, maxOrderUnits }) => {
  if (valueUsdE8 > maxOrderUsdE8) {
    const [value, limit] = [valueUsdE8, maxOrderUsdE8].map(formatUsd);
    return noTrade("order-too-large", `worth ${value}, maxOrderUsd is ${limit}: raise it if this is meant`);
  }
  const most = maxOrderUnits.get(token);
  if (most !== undefined && amount > most) {
    return noTrade(
      "order-too-large",
      `${amount} units of ${token}, maxOrder allows ${most}: raise it if this is meant`,
    );
  }
  return undefined;
};

const ordersOf = (open: readonly OpenStake[]) =>
  open.map(({ purpose }) => purpose).filter((purpose) => purpose.kind === "order");

const checkOpen: Check = ({ purpose }, { open }, { maxOpenOrders }) => {
  if (purpose.kind !== "order") return undefined;
  const orders = ordersOf(open);
  if (orders.some(({ route }) => route === purpose.route)) {
    return noTrade(
      "route-open",
      `an order along ${purpose.route} is open, the limit is one: it ends when that settles`,
    );
  }
  if (orders.length < maxOpenOrders) return undefined;
  return noTrade(
    "too-many-open-orders",
    `${orders.length} are open, maxOpenOrders is ${maxOpenOrders}: it ends when one settles`,
  );
};

const checkRate: Check = ({ purpose }, { ordersInMinute }, { maxTradesPerMinute }) => {
  if (purpose.kind !== "order" || ordersInMinute < maxTradesPerMinute) return undefined;
  const detail = `${ordersInMinute} orders in the last 60 s, maxTradesPerMinute is ${maxTradesPerMinute}`;
  return noTrade("trades-per-minute", `${detail}: it ends by itself`);
};

const checkStreak: Check = ({ purpose }, { open, lossesInARow }, { maxLossesInARow }) => {
  if (purpose.kind !== "order") return undefined;
  const orders = ordersOf(open).length;
  if (lossesInARow + orders < maxLossesInARow) return undefined;
  const detail = `${lossesInARow} losses in a row and ${orders} open orders that may lose`;
  return noTrade("loss-streak", `${detail}, maxLossesInARow is ${maxLossesInARow}: it ends when one settles`);
};

const checkGas: Check = ({ maxGasWei }, { open, gasInHourWei, gasIn24HoursWei }, limits) => {
  const openWei = open.reduce((sum, each) => sum + each.maxGasWei, 0n);
  const over = (spentWei: bigint, limitWei: bigint) => spentWei + openWei + maxGasWei > limitWei;
  const words = (spentWei: bigint) =>
    `${formatEther(spentWei)} ETH is spent, ${formatEther(openWei)} may be by open transactions and ` +
    `${formatEther(maxGasWei)} by this one`;
  if (over(gasInHourWei, limits.maxGasPerHourWei)) {
    const limit = `maxGasPerHourEther is ${formatEther(limits.maxGasPerHourWei)}`;
    return noTrade("gas-per-hour", `in the last hour ${words(gasInHourWei)}, ${limit}: it ends by itself`);
  }
  if (over(gasIn24HoursWei, limits.maxGasPerDayWei)) {
    const limit = `maxGasPerDayEther is ${formatEther(limits.maxGasPerDayWei)}`;
    return noTrade("gas-per-day", `in the last 24 hours ${words(gasIn24HoursWei)}, ${limit}: it ends by itself`);
  }
  return undefined;
};

const checkLoss: Check = ({ maxLossUsdE8 }, exposure, { maxDailyLossBps }) => {
  const openE8 = exposure.open.reduce((sum, each) => sum + each.maxLossUsdE8, 0n);
  for (const { reason, period, lostUsdE8, capitalUsdE8 } of lossesOf(exposure)) {
    if (capitalUsdE8 === undefined) {
      const detail =
        "the wallet has no value in USD to take a percentage of: ether has no fresh price, or no wallet is read";
      return noTrade("no-capital", `${detail}. It ends with the first price`);
    }
    const limitE8 = lossLimitUsdE8(capitalUsdE8, maxDailyLossBps);
    if (lostUsdE8 + openE8 + maxLossUsdE8 <= limitE8) continue;
    const [lost, open, worst, limit, capital] = [lostUsdE8, openE8, maxLossUsdE8, limitE8, capitalUsdE8].map(formatUsd);
    const share =
      capitalUsdE8 === 0n
        ? "the wallet was worth nothing, which leaves no room for a loss"
        : `maxDailyLossPercent of ${formatPercent(maxDailyLossBps)} of ${capital} is ${limit}`;
    const remedy =
      lostUsdE8 === 0n
        ? "fund the wallet; where it was funded since, `bot pause` and `bot resume` take its value anew"
        : "what may lose less is still sent";
    const detail = `${period} ${lost} is lost, ${open} may be by open transactions and ${worst} by this one`;
    return noTrade(reason, `${detail}; ${share}: ${remedy}`);
  }
  return undefined;
};

/** Both periods over which losses are limited. */
function lossesOf({ lostTodayUsdE8, lostIn24HoursUsdE8, capitalToday, capital24HoursAgo }: Exposure) {
  return [
    { reason: "daily-loss", period: "today (UTC)", lostUsdE8: lostTodayUsdE8, capitalUsdE8: capitalToday },
    {
      reason: "rolling-loss",
      period: "in the last 24 hours",
      lostUsdE8: lostIn24HoursUsdE8,
      capitalUsdE8: capital24HoursAgo,
    },
  ] as const;
}

/** Returns what may be lost of a capital, rounded down. */
export function lossLimitUsdE8(capitalUsdE8: bigint, maxDailyLossBps: bigint): bigint {
  return (capitalUsdE8 * maxDailyLossBps) / 10_000n;
}

/**
 * Returns why a person has to look, or undefined: the streak is full, or a loss limit is used up. It is also used up when
 * less than a tenth of it is left, and that does not cover `worstUsdE8`, the worst case of what is to be sent.
 */
export function haltOf(
  exposure: Exposure,
  { maxLossesInARow, maxDailyLossBps }: RiskLimits,
  worstUsdE8: bigint,
): { readonly reason: "loss-streak" | "daily-loss" | "rolling-loss"; readonly detail: string } | undefined {
  const { lossesInARow } = exposure;
  if (lossesInARow >= maxLossesInARow) {
    return { reason: "loss-streak", detail: `${lossesInARow} losses in a row, maxLossesInARow is ${maxLossesInARow}` };
  }
  for (const { reason, period, lostUsdE8, capitalUsdE8 } of lossesOf(exposure)) {
    if (capitalUsdE8 === undefined || lostUsdE8 === 0n) continue;
    const limitE8 = lossLimitUsdE8(capitalUsdE8, maxDailyLossBps);
    if (lostUsdE8 < limitE8 && (lostUsdE8 + worstUsdE8 <= limitE8 || lostUsdE8 * 10n < limitE8 * 9n)) continue;
    const [lost, limit, capital] = [lostUsdE8, limitE8, capitalUsdE8].map(formatUsd);
    const share = `maxDailyLossPercent of ${formatPercent(maxDailyLossBps)} of ${capital} is ${limit}`;
    return { reason, detail: `${period} ${lost} is lost, ${share}` };
  }
  return undefined;
}

/** How much of a limit is used, in units of 10^-8 USD, wei or a count. */
export interface Room {
  /** The setting. */
  readonly limit: string;
  readonly unit: "USD" | "ETH" | "count";
  readonly most: bigint | undefined;
  readonly settled: bigint;
  /** What is open, at its worst. */
  readonly open: bigint;
  readonly left: bigint | undefined;
}

/** Returns what is left under every limit that fills up. */
export function roomUnder(exposure: Exposure, limits: RiskLimits): readonly Room[] {
  const orders = BigInt(ordersOf(exposure.open).length);
  const openGasWei = exposure.open.reduce((sum, { maxGasWei }) => sum + maxGasWei, 0n);
  const openLossE8 = exposure.open.reduce((sum, { maxLossUsdE8 }) => sum + maxLossUsdE8, 0n);
  const room = (limit: string, unit: Room["unit"], most: bigint | undefined, settled: bigint, open: bigint): Room => {
    const left = most === undefined ? undefined : larger(0n, most - settled - open);
    return { limit, unit, most, settled, open, left };
  };
  const ofCapital = (capitalUsdE8: bigint | undefined) =>
    capitalUsdE8 === undefined ? undefined : lossLimitUsdE8(capitalUsdE8, limits.maxDailyLossBps);
  const { lostTodayUsdE8, lostIn24HoursUsdE8, capitalToday, capital24HoursAgo } = exposure;
  return [
    room("maxLossesInARow", "count", BigInt(limits.maxLossesInARow), BigInt(exposure.lossesInARow), orders),
    room("maxDailyLossPercent, UTC day", "USD", ofCapital(capitalToday), lostTodayUsdE8, openLossE8),
    room("maxDailyLossPercent, 24 hours", "USD", ofCapital(capital24HoursAgo), lostIn24HoursUsdE8, openLossE8),
    room("maxGasPerHourEther", "ETH", limits.maxGasPerHourWei, exposure.gasInHourWei, openGasWei),
    room("maxGasPerDayEther", "ETH", limits.maxGasPerDayWei, exposure.gasIn24HoursWei, openGasWei),
    room("maxTradesPerMinute", "count", BigInt(limits.maxTradesPerMinute), BigInt(exposure.ordersInMinute), 0n),
    room("maxOpenOrders", "count", BigInt(limits.maxOpenOrders), 0n, orders),
  ];
}
