import { toBeHex } from "ethers";
import type { VenueName } from "../../config/chains/chain.ts";
import type { Order } from "../../domain/order.ts";
import type { Conditions } from "./submission.ts";

/**
 * The storage slot in which a pool keeps its price, by venue, from the layout of the original's contracts: the reserves of
 * a Uniswap V2 pair, `slot0` of a Uniswap V3 pool, `globalState` of an Algebra pool. The other venues spread their price
 * over several contracts. Where a fork has another layout the slot holds something else: then the condition protects
 * less, and is wrong about nothing, because its value is read and not computed.
 */
const priceSlots: Partial<Record<VenueName, number>> = { uniswapV2: 8, uniswapV3: 0, algebra: 2 };

/**
 * Returns the conditions of an order: that the pools whose slot is known are as at the order's block, and that its deadline
 * has not passed. `storageAt` reads a slot at a block.
 */
export async function readConditions(
  { route, block, deadline }: Order,
  storageAt: (address: string, slot: string, block: bigint) => Promise<string>,
): Promise<Conditions> {
  const read = route.hops.map(async ({ pool: { address, venue } }) => {
    const place = priceSlots[venue];
    if (place === undefined) return undefined;
    const slot = toBeHex(place, 32);
    const value = toBeHex(BigInt(await storageAt(address, slot, block)), 32);
    return BigInt(value) === 0n ? undefined : ([address, { [slot]: value }] as const);
  });
  const known = (await Promise.all(read)).filter((one) => one !== undefined);
  return { knownAccounts: Object.fromEntries(known), timestampMax: deadline };
}
