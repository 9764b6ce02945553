import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { deploymentsOf } from "../../bot/config/chains/chain.ts";
import { uniswapV3 } from "../../bot/venues/uniswapV3.ts";
import type { Venue } from "../../bot/venues/venue.ts";
import { concentratedVariant, type PoolKind } from "./concentrated.ts";
import type { FuzzVariant } from "./variant.ts";

const venue = uniswapV3 as unknown as Venue;

/** The tick tables of pools with few ticks between two of their own are too long to be read whole for every case. */
const kinds: readonly (Pick<PoolKind, "name" | "window"> & {
  readonly exchange: string;
  readonly fees: readonly number[];
})[] = [
  { name: "uniswapV3/wide", exchange: "Uniswap V3", window: "whole", fees: [3_000, 10_000] },
  { name: "uniswapV3/narrow", exchange: "Uniswap V3", window: "around", fees: [100, 500] },
  { name: "uniswapV3/pancakeswap", exchange: "PancakeSwap V3", window: "whole", fees: [2_500, 10_000] },
];

export const fuzzVariants: readonly FuzzVariant[] = kinds.map(({ exchange, fees, ...kind }) => {
  const deployment = deploymentsOf(arbitrum, "uniswapV3").find((each) => each.name === exchange);
  if (deployment === undefined) throw new Error(`The chain file lists no ${exchange}.`);
  return concentratedVariant({
    ...kind,
    venue,
    deployment,
    add: "addToUniswapV3",
    createPool: "createPool(address tokenA, address tokenB, uint24 fee)",
    tiers: fees.map((fee) => [fee]),
  });
}) as readonly FuzzVariant[];
