import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { isNoTrade } from "../../bot/domain/noTrade.ts";
import type { Opportunity, Order } from "../../bot/domain/order.ts";
import type { Snapshot } from "../../bot/domain/snapshot.ts";
import { buildRoutes } from "../../bot/pipeline/routes.ts";
import { search } from "../../bot/pipeline/search.ts";
import { size } from "../../bot/pipeline/size.ts";
import { dislocatedPools, memorySnapshot, quoteOf, usdc, weth } from "./memoryMarket.ts";

/** The best opportunity of a snapshot, and its order. */
export function memoryOrder(snapshot: Snapshot = memorySnapshot(dislocatedPools())): {
  readonly opportunity: Opportunity;
  readonly order: Order;
} {
  const pools = snapshot.pools.map(({ pool }) => pool);
  const routes = buildRoutes(pools, new Set([weth.address, usdc.address]), 3);
  const quote = quoteOf(snapshot.pools);
  const [opportunity] = search(routes, snapshot, arbitrum.tokens, quote, 1);
  if (opportunity === undefined) throw new Error("The snapshot has no opportunity.");
  const order = size(opportunity, snapshot, quote, {
    chainId: arbitrum.id,
    tokens: arbitrum.tokens,
    wrappedEther: arbitrum.weth,
    minProfitUsdE8: 1n,
    deadlineSeconds: 30n,
    hopGas: () => 150_000n,
    gasPriceWei: snapshot.block.baseFeeWei,
  });
  if (isNoTrade(order)) throw new Error(order.detail);
  return { opportunity, order };
}
