import { expect } from "chai";
import { ZeroHash } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { tokenOf, type VenueName } from "../../bot/config/chains/chain.ts";
import { isRefusal } from "../../bot/domain/quote.ts";
import { useArbitrum } from "../support/arbitrum.ts";
import { erc20 } from "../support/erc20.ts";
import { deployExecutor, type Executor } from "../support/executor.ts";
import { setTokenBalance } from "../support/fund.ts";
import {
  addCounterLiquidity,
  counterLeg,
  executeRoute,
  farDeadline,
  type Leg,
  legThrough,
  loanOf,
  type Market,
  marketOf,
  marketsOf,
  openSpread,
  quoteNow,
  residue,
} from "../support/routes.ts";

const weth = tokenOf(arbitrum, "WETH").address;
const usdc = tokenOf(arbitrum, "USDC").address;
const amount = 10n ** 17n;
const loan = loanOf("operator", weth, amount);

describe("FlashArbitrage splits an order", () => {
  const chain = useArbitrum();
  let executor: Executor;

  before(async () => {
    executor = await deployExecutor(chain());
    await setTokenBalance(chain(), weth, executor.operator.address, amount);
    await erc20(weth, executor.operator).approve(executor.address, amount);
  });

  async function quoted(market: Market, tokenIn: string, tokenOut: string, amountIn: bigint): Promise<bigint> {
    const quote = await quoteNow(chain(), market, tokenIn, tokenOut, amountIn);
    if (isRefusal(quote)) throw new Error(`${market.deployment.name} refuses: ${quote.detail}`);
    return quote;
  }

  const share = (leg: Leg, amountIn: bigint): Leg => ({ ...leg, hop: { ...leg.hop, amountIn } });

  it("over four venues, and each share pays what its pool quotes for it", async () => {
    const names: readonly VenueName[] = ["uniswapV3", "uniswapV2", "algebra", "woofi"];
    const markets = await Promise.all(names.map((name) => marketOf(chain(), name, [weth, usdc])));
    // The last takes the rest.
    const shares = [amount / 2n, amount / 5n, amount / 7n];
    const rest = amount - shares.reduce((sum, part) => sum + part, 0n);
    const amounts = [...shares, rest];
    const legs = markets.map((market, index) => share(legThrough(market, weth, usdc), shares[index] ?? 0n));
    const quotes = await Promise.all(markets.map((market, index) => quoted(market, weth, usdc, amounts[index] ?? 0n)));
    const bought = quotes.reduce((sum, quote) => sum + quote, 0n);

    await addCounterLiquidity(chain(), executor, [weth, amount * 100n], [usdc, bought * 100n]);
    const route = [...legs, counterLeg(usdc, weth)];
    await openSpread(chain(), executor, loan, route, { tokenIn: weth, tokenOut: usdc, amountIn: amount });
    const counter = (await marketsOf(chain(), "solidly")).find(
      ({ pool, deployment }) =>
        "generation" in deployment &&
        deployment.generation === "solidly" &&
        "stable" in pool &&
        pool.stable === false &&
        [weth, usdc].every((token) => pool.tokens.includes(token)),
    );
    if (counter === undefined) throw new Error("The counter pair is not listed.");
    const back = await quoted(counter, usdc, weth, bought);
    const { profit, gained } = await executeRoute(executor, loan, route);
    expect(profit).to.equal(back - amount);
    expect(gained).to.equal(profit);
    expect(await residue(chain(), executor, route)).to.deep.equal([]);
  });

  for (const [name, token] of [
    ["woofi", usdc],
    ["balancer", tokenOf(arbitrum, "USDC.e").address],
  ] as const) {
    it(`of which a share too small for ${name} to pay a unit is lost, and the rest earns`, async () => {
      const market = await marketOf(chain(), "uniswapV3", [weth, token]);
      const small = await marketOf(chain(), name, [weth, token]);
      const bought = await quoted(market, weth, token, amount - 1n);
      await addCounterLiquidity(chain(), executor, [weth, amount * 100n], [token, bought * 100n]);
      await setTokenBalance(chain(), weth, executor.operator.address, amount);
      const shares = [share(legThrough(small, weth, token), 1n), legThrough(market, weth, token)];
      const route = [...shares, counterLeg(token, weth)];
      await openSpread(chain(), executor, loan, route, { tokenIn: weth, tokenOut: token, amountIn: amount });
      const { profit, gained } = await executeRoute(executor, loan, route);
      expect(profit > 0n).to.equal(true);
      expect(gained).to.equal(profit);
    });
  }

  it("and refuses a share that leaves the next hop nothing, with the loan's money back", async () => {
    const { flash } = executor;
    const market = await marketOf(chain(), "uniswapV3", [weth, usdc]);
    const leg = legThrough(market, weth, usdc);
    const hops = [share(leg, amount), leg, counterLeg(usdc, weth)].map(({ hop }) => hop);
    await expect(flash.execute(ZeroHash, loan, hops, 1n, farDeadline))
      .to.be.revertedWithCustomError(flash, "SplitLeavesNothing")
      .withArgs(0, amount, amount);
  });
});
