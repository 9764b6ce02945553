import type { LenderName, VenueName } from "../config/chains/chain.ts";
import { divideUp, lesser } from "./amount.ts";
import { type Route, venuesOf } from "./route.ts";

/** Gas that a transaction takes besides its hops and its loan, and what each lender adds: as measured, rounded up. */
const baseGas = 80_000n;
const lenderGas: Record<LenderName, bigint> = {
  aaveV3: 120_000n,
  balancerV2: 60_000n,
  morphoBlue: 40_000n,
  operator: 30_000n,
};

/** Returns the least gas that a route of this many hops takes, where a hop takes at least `leastHopGas`. */
export function leastGas(hops: number, leastHopGas: bigint): bigint {
  const leastLenderGas = Object.values(lenderGas).reduce(lesser);
  return baseGas + leastLenderGas + BigInt(hops) * leastHopGas;
}

/**
 * Estimates the gas of a route before the chain is asked. It only decides which orders are worth simulating: an order is
 * accepted on the chain's own estimate.
 */
export function estimateGas(route: Route, lender: LenderName, hopGas: (venue: VenueName) => bigint): bigint {
  return venuesOf(route).reduce((gas, venue) => gas + hopGas(venue), baseGas + lenderGas[lender]);
}

/** Returns the cost of `gas` at `gasPriceWei` in USD with 8 decimals, rounded up. */
export function gasCostUsdE8(gas: bigint, gasPriceWei: bigint, etherPriceE8: bigint): bigint {
  return divideUp(gas * gasPriceWei * etherPriceE8, 10n ** 18n);
}

/** What a rollup charges for a transaction's data, which it publishes on Ethereum: a line over the number of bytes. */
export interface DataFee {
  /** May be below zero: the line is the one through two samples. */
  readonly fixedWei: bigint;
  readonly weiPerByte: bigint;
  /** Whether the chain charges it as gas, as Arbitrum does: an estimate of gas then includes it. */
  readonly asGas: boolean;
}

/** Returns the line through the fees of two amounts of data, rounded up. `short` has fewer bytes than `long`. */
export function dataFeeThrough(short: DataFeeSample, long: DataFeeSample, asGas: boolean): DataFee {
  const rise = long.feeWei - short.feeWei;
  const weiPerByte = rise > 0n ? divideUp(rise, BigInt(long.bytes - short.bytes)) : 0n;
  return { fixedWei: short.feeWei - weiPerByte * BigInt(short.bytes), weiPerByte, asGas };
}

/** What the chain asked for this many bytes that do not compress. */
export interface DataFeeSample {
  readonly bytes: number;
  readonly feeWei: bigint;
}

/**
 * Returns the fee for `bytes` bytes of calldata in wei. Both kinds of rollup charge for compressed data, so that bytes
 * that are zero are nearly free: count those that are not.
 */
export function dataFeeWei({ fixedWei, weiPerByte }: DataFee, bytes: number): bigint {
  const fee = fixedWei + weiPerByte * BigInt(bytes);
  return fee > 0n ? fee : 0n;
}

/** Returns the fee for `bytes` bytes of calldata in gas at a gas price, rounded up: as Arbitrum charges it. */
export function dataGas(fee: DataFee, bytes: number, gasPriceWei: bigint): bigint {
  return divideUp(dataFeeWei(fee, bytes), gasPriceWei);
}
