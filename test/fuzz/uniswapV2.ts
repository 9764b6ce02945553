import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { deploymentsOf, tokenOf, type UniswapV2Deployment } from "../../bot/config/chains/chain.ts";
import { uniswapV2 } from "../../bot/venues/uniswapV2.ts";
import type { Venue } from "../../bot/venues/venue.ts";
import { readerAt } from "../support/reader.ts";
import type { FuzzVariant } from "./variant.ts";

type PairNumbers = {
  readonly reserve0: bigint;
  readonly reserve1: bigint;
  readonly zeroForOne: bigint;
  readonly amountIn: bigint;
};

/** Where a pair keeps its two reserves of 112 bits and the time of its last update. */
const reservesSlot = 8n;
const maxReserve = 2n ** 112n - 1n;

const kinds = [
  { name: "uniswapV2/0.3%", exchange: "Uniswap V2", symbols: ["WETH", "USDC"] },
  { name: "uniswapV2/0.25%", exchange: "PancakeSwap V2", symbols: ["WETH", "USDC"] },
] as const;

export const fuzzVariants: readonly FuzzVariant[] = kinds.map(
  ({ name, exchange, symbols }): FuzzVariant<PairNumbers> => ({
    name,
    async prepare({ connection, balanceOf }) {
      const deployment = named(exchange);
      const tokens = symbols.map((symbol) => tokenOf(arbitrum, symbol));
      const [pool] = await uniswapV2.discover(deployment, tokens, readerAt(connection));
      if (pool === undefined) throw new Error(`${exchange} has no pair of ${symbols.join(" and ")}.`);
      const [token0, token1] = pool.tokens;
      return {
        draw(random) {
          // From dust to the last reserves that fit, with a few pairs that are empty.
          const reserve = () => random.bigint(0n, random.pick([10n, 10n ** 9n, 10n ** 15n, 10n ** 24n, maxReserve]));
          const [reserve0, reserve1] = [reserve(), reserve()];
          const zeroForOne = random.bigint(0n, 1n);
          const reserveIn = zeroForOne === 1n ? reserve0 : reserve1;
          const amountIn = random.bigint(
            0n,
            random.pick([10n, reserveIn / 1_000n, reserveIn, 100n * reserveIn, maxReserve]),
          );
          return { reserve0, reserve1, zeroForOne, amountIn };
        },
        arrange({ reserve0, reserve1, zeroForOne, amountIn }) {
          const [tokenIn, tokenOut] = zeroForOne === 1n ? [token0, token1] : [token1, token0];
          return {
            venue: uniswapV2 as unknown as Venue,
            deployment,
            pool,
            swap: { tokenIn, tokenOut, amountIn },
            storage: [
              { address: pool.address, slot: reservesSlot, value: (reserve1 << 112n) | reserve0 },
              balanceOf(token0, pool.address, reserve0),
              balanceOf(token1, pool.address, reserve1),
            ],
          };
        },
      };
    },
  }),
);

function named(exchange: string): UniswapV2Deployment {
  const found = deploymentsOf(arbitrum, "uniswapV2").find(({ name }) => name === exchange);
  if (found === undefined) throw new Error(`The chain file lists no ${exchange}.`);
  return found;
}
