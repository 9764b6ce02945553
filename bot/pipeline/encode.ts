import { ZeroAddress } from "ethers";
import { type Chain, lenderNames, venueNames } from "../config/chains/chain.ts";
import type { Order } from "../domain/order.ts";
import { type Venues, venueOf } from "../venues/registry.ts";

/** The arguments of `execute`, as Typechain takes them. */
export interface ExecuteArguments {
  readonly id: string;
  readonly loan: { lender: number; source: string; token: string; amount: bigint; fee: bigint };
  readonly hops: { venue: number; target: string; tokenOut: string; amountIn: bigint; data: string }[];
  readonly minProfit: bigint;
  readonly deadline: bigint;
}

/** Encodes an order for FlashArbitrage. */
export function encodeOrder(order: Order, chain: Chain, venues: Venues): ExecuteArguments {
  const { id, lender, source, token, amount, minProfit, deadline } = order;
  const hops = order.route.hops.map(({ pool, tokenIn, tokenOut }, index) => {
    const deployment = chain.deployments.find(({ name }) => name === pool.deployment);
    if (deployment === undefined) {
      throw new Error(`Pool ${pool.id} names the deployment ${pool.deployment}, which ${chain.name} does not list.`);
    }
    return {
      venue: venueNames.indexOf(pool.venue),
      tokenOut,
      amountIn: order.amountsIn[index] ?? 0n,
      ...venueOf(venues, pool.venue).encode(deployment, pool, tokenIn, tokenOut),
    };
  });
  const loan = { lender: lenderNames.indexOf(lender), source: source ?? ZeroAddress, token, amount, fee: 0n };
  return { id, loan, hops, minProfit, deadline };
}
