import type { LenderName, VenueName } from "../config/chains/chain.ts";
import { divideUp, lesser } from "./amount.ts";
import { type Route, venuesOf } from "./route.ts";

/** Gas that a transaction takes besides its hops and its loan, and what each lender adds: as measured, rounded up. */
const baseGas = 50_000n;
const lenderGas: Record<LenderName, bigint> = {
  aaveV3: 150_000n,
  balancerV2: 45_000n,
  morphoBlue: 30_000n,
  operator: 15_000n,
  // Pools of one pattern differ by half: these are the dearest.
  concentratedFlash: 75_000n,
  pairFlash: 110_000n,
  dodoFlash: 100_000n,
  balancerV3: 25_000n,
};

/** Bytes of an order's calldata that are not zero, besides its hops and of each hop: as counted, rounded up. */
const baseBytes = 80;
const hopBytes = 100;

/** What a transaction is charged for. */
export interface Charges {
  /** The base fee and the tip. */
  readonly gasPriceWei: bigint;
  /** Undefined when the chain does not say what it takes for data. */
  readonly dataFee: DataFee | undefined;
  readonly hopGas: (venue: VenueName) => bigint;
}

/**
 * Estimates the gas of a route before the chain is asked, without what the chain takes for its data. It only decides which
 * orders are worth simulating: an order is accepted on the chain's own estimate.
 */
export function estimateGas(route: Route, lender: LenderName, { hopGas }: Charges): bigint {
  return venuesOf(route).reduce((gas, venue) => gas + hopGas(venue), baseGas + lenderGas[lender]);
}

/** Estimates what a trade costs in wei: its gas with the tip, and its data. */
export function estimateCostWei(route: Route, lender: LenderName, charges: Charges): bigint {
  return estimateGas(route, lender, charges) * charges.gasPriceWei + orderDataFeeWei(route, charges);
}

/** Returns what the chain takes for the data of an order, in wei. */
export function orderDataFeeWei({ hops }: Route, { dataFee }: Pick<Charges, "dataFee">): bigint {
  return dataFee === undefined ? 0n : dataFeeWei(dataFee, baseBytes + hopBytes * hops.length);
}

/** Returns the least that a trade of this many hops costs in wei, where a hop takes at least `leastHopGas`. */
export function leastCostWei(hops: number, leastHopGas: bigint, { gasPriceWei, dataFee }: Charges): bigint {
  const gas = baseGas + Object.values(lenderGas).reduce(lesser) + BigInt(hops) * leastHopGas;
  const data = dataFee === undefined ? 0n : dataFeeWei(dataFee, baseBytes + hopBytes * hops);
  return gas * gasPriceWei + data;
}

/** Returns what one more hop through a venue costs in wei. */
export function hopCostWei(venue: VenueName, { gasPriceWei, dataFee, hopGas }: Charges): bigint {
  return hopGas(venue) * gasPriceWei + (dataFee?.weiPerByte ?? 0n) * BigInt(hopBytes);
}

/** Returns what wei are worth in USD with 8 decimals, rounded up. */
export function weiInUsdE8Up(wei: bigint, etherPriceE8: bigint): bigint {
  return divideUp(wei * etherPriceE8, 10n ** 18n);
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
