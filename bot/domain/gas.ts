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
