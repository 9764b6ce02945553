import { concat, ZeroAddress } from "ethers";
import { type Chain, lenderNames, venueNames } from "../config/chains/chain.ts";
import type { Order } from "../domain/order.ts";
import { legsOf } from "../domain/route.ts";
import { type Venues, venueOf } from "../venues/registry.ts";
import { encodeCheapest } from "../venues/venue.ts";

/** The arguments of `execute`, as Typechain takes them. */
export interface ExecuteArguments {
  readonly id: string;
  readonly loan: { lender: number; source: string; token: string; amount: bigint; fee: bigint };
  readonly hops: { venue: number; target: string; tokenOut: string; amountIn: bigint; data: string }[];
  readonly minProfit: bigint;
  readonly deadline: bigint;
}

/** A hop of the contract. */
type ContractHop = ExecuteArguments["hops"][number];

/** Encodes an order for FlashArbitrage: each hop the way that takes the least gas. */
export function encodeOrder(order: Order, chain: Chain, venues: Venues): ExecuteArguments {
  const { id, lender, source, token, amount, fee, minProfit, deadline } = order;
  const encodeHop = (index: number, limit: bigint): ContractHop => {
    const hop = order.route.hops[index];
    const deployment = chain.deployments.find(({ name }) => name === hop?.pool.deployment);
    if (hop === undefined || deployment === undefined) {
      throw new Error(
        `Pool ${hop?.pool.id} names the deployment ${hop?.pool.deployment}, which ${chain.name} does not list.`,
      );
    }
    const { pool, tokenIn, tokenOut } = hop;
    return {
      venue: venueNames.indexOf(pool.venue),
      tokenOut,
      amountIn: order.amountsIn[index] ?? 0n,
      ...encodeCheapest(venueOf(venues, pool.venue), deployment, pool, tokenIn, tokenOut, limit),
    };
  };
  const hops = joinedHops(order).map((indexes) => {
    // Pools in a row have no place for a limit.
    const isLast = indexes.length === 1 && indexes[0] === order.route.hops.length - 1;
    const limit = isLast ? limitOfLastHop(order, venues) : 0n;
    return indexes.map((index) => encodeHop(index, limit)).reduce(join);
  });
  const loan = {
    lender: lenderNames.indexOf(lender),
    source: source?.address ?? ZeroAddress,
    token,
    amount,
    // The others say what they ask for.
    fee: lender === "pairFlash" ? fee : 0n,
  };
  return { id, loan, hops, minProfit, deadline };
}

/**
 * Returns the worst price at which the last hop's pool can make the order pay, by the quotes of the hops before; zero where
 * parallel pools share the last hop. Of the pools of a route it is the only one whose output is all that the order needs.
 */
function limitOfLastHop({ route, quotes, amount, fee, minProfit }: Order, venues: Venues): bigint {
  const legs = legsOf(route);
  const last = legs.at(-1);
  const before = legs.at(-2)?.length ?? 0;
  if (last === undefined || last.length > 1 || before === 0) return 0n;
  const [{ pool, tokenIn, tokenOut }] = last;
  // The order itself moves the price of a pool that it passes before.
  if (route.hops.filter(({ pool: { id } }) => id === pool.id).length > 1) return 0n;
  const amountIn = quotes.slice(-1 - before, -1).reduce((sum, quote) => sum + quote, 0n);
  return (
    venueOf(venues, pool.venue).priceLimit?.(pool, { tokenIn, tokenOut, amountIn }, amount + fee + minProfit) ?? 0n
  );
}

/** Makes two hops through Balancer's vault one: the token between them stands between the ids of their pools. */
function join(first: ContractHop, second: ContractHop): ContractHop {
  return { ...second, data: concat([first.data, first.tokenOut, second.data]) };
}

/**
 * Returns which hops of the route each hop of the contract is: one, or several through Balancer's vault in a row, of which
 * each takes all that the one before delivers. A loop is never one: a hop swaps no token into itself.
 */
export function joinedHops({ route, amountsIn }: Pick<Order, "route" | "amountsIn">): readonly (readonly number[])[] {
  const takesAll = (index: number) => (amountsIn[index] ?? 0n) === 0n;
  const groups: number[][] = [];
  for (const [index, { pool, tokenOut }] of route.hops.entries()) {
    const group = groups.at(-1);
    const first = route.hops[group?.[0] ?? 0];
    const before = route.hops[index - 1];
    const follows = takesAll(index) && takesAll(index - 1) && takesAll(index - 2);
    const isSameVault = pool.venue === "balancer" && before?.pool.venue === "balancer";
    if (group !== undefined && follows && isSameVault && before.pool.deployment === pool.deployment) {
      if (first?.tokenIn !== tokenOut) {
        group.push(index);
        continue;
      }
    }
    groups.push([index]);
  }
  return groups;
}
