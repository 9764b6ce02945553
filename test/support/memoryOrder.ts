import { ZeroHash } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { isNoTrade } from "../../bot/domain/noTrade.ts";
import type { Opportunity, Order } from "../../bot/domain/order.ts";
import type { Snapshot } from "../../bot/domain/snapshot.ts";
import { createOpportunitySearch, curvesOf, type SearchOptions } from "../../bot/pipeline/search.ts";
import { type SizeOptions, size } from "../../bot/pipeline/size.ts";
import { dislocatedPools, memorySnapshot, memoryVenues } from "./memoryMarket.ts";

/** Options under which nothing stands against an order, unless a test says otherwise. */
export const memoryOptions = {
  chain: arbitrum,
  maxHops: 3,
  opportunitiesPerBlock: 10,
  tipWei: 0n,
  salt: ZeroHash,
  tokens: arbitrum.tokens,
  wrappedEther: arbitrum.weth,
  minProfitUsdE8: 1n,
  minProfitOverCostBps: 0n,
  maxPriceDeviationBps: 500n,
  maxProfitBps: 300n,
  deadlineSeconds: 30n,
  hopGas: () => 150_000n,
  gasPriceWei: 10_000_000n,
  dataFee: undefined,
} satisfies SearchOptions & SizeOptions;

/** Searches a snapshot and sizes what it finds, the best first. */
export function memoryOrders(snapshot: Snapshot, change: Partial<SearchOptions & SizeOptions> = {}) {
  const options = { ...memoryOptions, ...change };
  const { opportunities, market } = createOpportunitySearch(memoryVenues, options)(snapshot);
  const sizing = { market, curveOf: curvesOf(memoryVenues), splits: true };
  return opportunities.map((opportunity) => ({ opportunity, sized: size(opportunity, snapshot, sizing, options) }));
}

/** The best opportunity of a snapshot, and its order. */
export function memoryOrder(snapshot: Snapshot = memorySnapshot(dislocatedPools())): {
  readonly opportunity: Opportunity;
  readonly order: Order;
} {
  const [best] = memoryOrders(snapshot);
  if (best === undefined) throw new Error("The snapshot has no opportunity.");
  if (isNoTrade(best.sized)) throw new Error(best.sized.detail);
  return { opportunity: best.opportunity, order: best.sized };
}
