import { expect } from "chai";
import { Contract, MaxUint256 } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import type { Address } from "../../bot/config/chains/chain.ts";
import { token } from "../../localnet/market.ts";
import { sushiswap } from "../../localnet/sushi.ts";
import { useArbitrum } from "../support/arbitrum.ts";
import { balanceOf } from "../support/flashBorrower.ts";
import { setTokenBalance } from "../support/fund.ts";

const routerAbi = [
  "function factory() view returns (address)",
  "function WETH() view returns (address)",
  "function swapExactTokensForTokens(uint256 amountIn, uint256 amountOutMin, address[] path, address to, uint256 deadline) returns (uint256[] amounts)",
];
const factoryAbi = ["function getPair(address, address) view returns (address)"];
const pairAbi = [
  "function getReserves() view returns (uint112 reserve0, uint112 reserve1, uint32 blockTimestampLast)",
  "function token0() view returns (address)",
];
const erc20Abi = ["function approve(address, uint256) returns (bool)"];

describe("SushiSwap V2", () => {
  const chain = useArbitrum();

  async function reservesOf(tokenIn: Address, tokenOut: Address): Promise<{ reserveIn: bigint; reserveOut: bigint }> {
    const { provider } = chain().ethers;
    const factory = new Contract(sushiswap.factory, factoryAbi, provider);
    const pair = new Contract(await factory.getFunction("getPair")(tokenIn, tokenOut), pairAbi, provider);
    const { reserve0, reserve1 } = await pair.getFunction("getReserves")();
    const inFirst = (await pair.getFunction("token0")()) === tokenIn;
    return { reserveIn: inFirst ? reserve0 : reserve1, reserveOut: inFirst ? reserve1 : reserve0 };
  }

  it("has a router that trades the factory's pairs", async () => {
    const router = new Contract(sushiswap.router, routerAbi, chain().ethers.provider);
    expect(await router.getFunction("factory")()).to.equal(sushiswap.factory);
    expect(await router.getFunction("WETH")()).to.equal(arbitrum.weth);
  });

  for (const [symbolIn, symbolOut] of [
    ["WETH", "USDC"],
    ["USDT", "WETH"],
    ["ARB", "WETH"],
  ] as const) {
    it(`sells ${symbolIn} for ${symbolOut} by the constant product, less 0.3 %`, async () => {
      const [tokenIn, tokenOut] = [token(symbolIn).address, token(symbolOut).address];
      const { reserveIn, reserveOut } = await reservesOf(tokenIn, tokenOut);
      const amountIn = reserveIn / 1_000n;
      const [, , , , trader] = await chain().ethers.getSigners();
      if (trader === undefined) throw new Error("The chain under test has too few accounts.");
      await setTokenBalance(chain(), tokenIn, trader.address, amountIn);
      await setTokenBalance(chain(), tokenOut, trader.address, 0n);
      await new Contract(tokenIn, erc20Abi, trader).getFunction("approve")(sushiswap.router, amountIn);
      const router = new Contract(sushiswap.router, routerAbi, trader);
      const path = [tokenIn, tokenOut];
      await router.getFunction("swapExactTokensForTokens")(amountIn, 1n, path, trader, MaxUint256);
      const netIn = amountIn * 997n;
      const expected = (netIn * reserveOut) / (reserveIn * 1_000n + netIn);
      expect(await balanceOf(chain(), tokenOut, trader.address)).to.equal(expected);
    });
  }
});
