import { MaxUint256 } from "ethers";
import { arbitrum } from "../bot/config/chains/arbitrum.ts";
import { deployAt, type Localnet, publishedCreation } from "./localnet.ts";
import { token, unitsWorth } from "./market.ts";
import { approveMax, mint } from "./tokens.ts";

/** SushiSwap V2 on Arbitrum: @paraswap/dex-lib 5.0.6 and public configurations agree. */
export const sushiswap = {
  factory: "0xc35DADB65012eC5796536bD9864eD8773aBc74C4",
  router: "0x1b02dA8Cb0d097eB8D57A175b88c7D8b47997506",
} as const;

const pairs = [
  ["WETH", "USDC"],
  ["WETH", "USDT"],
  ["ARB", "WETH"],
] as const;

const liquidityUsd = 500_000n;

/**
 * Puts SushiSwap V2 at its addresses, from the published bytecode of Uniswap V2, with liquidity in each of `pairs`.
 *
 * The pairs are Uniswap's and so have other addresses than on Arbitrum, where the init code of a pair is SushiSwap's own.
 */
export async function deploySushi(localnet: Localnet): Promise<void> {
  const { owner } = localnet;
  const factoryCreation = publishedCreation("@uniswap/v2-core/build/UniswapV2Factory.json");
  await deployAt(localnet, sushiswap.factory, factoryCreation, [owner.address]);
  const routerCreation = publishedCreation("@uniswap/v2-periphery/build/UniswapV2Router02.json");
  const router = await deployAt(localnet, sushiswap.router, routerCreation, [sushiswap.factory, arbitrum.weth]);
  for (const traded of new Set(pairs.flat())) await approveMax(localnet, token(traded), sushiswap.router);
  for (const [a, b] of pairs) {
    const [tokenA, tokenB] = [token(a), token(b)];
    const [amountA, amountB] = [unitsWorth(tokenA, liquidityUsd), unitsWorth(tokenB, liquidityUsd)];
    await mint(localnet, tokenA, owner.address, amountA);
    await mint(localnet, tokenB, owner.address, amountB);
    // No minimum: the first to add liquidity sets the price.
    const amounts = [amountA, amountB, 0n, 0n];
    await router.getFunction("addLiquidity")(tokenA.address, tokenB.address, ...amounts, owner, MaxUint256);
  }
}
