import type { LenderName, VenueName } from "../config/chains/chain.ts";
import { divideUp } from "./amount.ts";
import { type Route, venuesOf } from "./route.ts";

/**
 * Gas of a transaction that runs a route, before the chain is asked: rounded up from what `npm start` measures. It only
 * decides which orders are worth simulating; an order is accepted on the chain's own estimate.
 */
const baseGas = 90_000n;
const hopGas: Record<VenueName, bigint> = {
  solidly: 160_000n,
  algebra: 160_000n,
  woofi: 180_000n,
  dodo: 320_000n,
  balancer: 150_000n,
};
const lenderGas: Record<LenderName, bigint> = {
  aaveV3: 120_000n,
  balancerV2: 60_000n,
  morphoBlue: 40_000n,
  operator: 30_000n,
};

export function estimateGas(route: Route, lender: LenderName): bigint {
  return venuesOf(route).reduce((gas, venue) => gas + hopGas[venue], baseGas + lenderGas[lender]);
}

/** Returns the cost of `gas` at `gasPriceWei` in USD with 8 decimals, rounded up. */
export function gasCostUsdE8(gas: bigint, gasPriceWei: bigint, etherPriceE8: bigint): bigint {
  return divideUp(gas * gasPriceWei * etherPriceE8, 10n ** 18n);
}
