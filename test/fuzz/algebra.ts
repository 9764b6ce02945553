import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { deploymentsOf } from "../../bot/config/chains/chain.ts";
import { algebra } from "../../bot/venues/algebra.ts";
import type { Venue } from "../../bot/venues/venue.ts";
import { concentratedVariant, type PoolKind } from "./concentrated.ts";
import type { FuzzVariant } from "./variant.ts";

const venue = algebra as unknown as Venue;

/** `feePlace` is that of the fee in `globalState`: initializing a pool leaves it alone. */
const kinds: readonly (Pick<PoolKind, "name" | "window" | "feePlace" | "reasons"> & { readonly exchange: string })[] = [
  { name: "algebra/singleFee", exchange: "Zyberswap V3", window: "whole", feePlace: { slot: 2n, bit: 184n } },
  {
    name: "algebra/linkedTicks",
    exchange: "Camelot V3",
    window: "around",
    feePlace: { slot: 2n, bit: 208n },
    reasons: {
      // zeroAmountRequired() and invalidLimitSqrtPrice()
      "0x79db9840": ["zero-amount", "insufficient-liquidity"],
      "0x16626723": ["insufficient-liquidity"],
    },
  },
];

export const fuzzVariants: readonly FuzzVariant[] = kinds.map(({ exchange, ...kind }) => {
  const deployment = deploymentsOf(arbitrum, "algebra").find((each) => each.name === exchange);
  if (deployment === undefined) throw new Error(`The chain file lists no ${exchange}.`);
  return concentratedVariant({
    ...kind,
    venue,
    deployment,
    add: "addToAlgebra",
    createPool: "createPool(address tokenA, address tokenB)",
    tiers: [[]],
  });
}) as readonly FuzzVariant[];
