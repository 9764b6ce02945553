import { expect } from "chai";
import { concat, Interface, ZeroHash } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { deploymentsOf, tokenOf, venueNames } from "../../bot/config/chains/chain.ts";
import { isRefusal } from "../../bot/domain/quote.ts";
import { encodeOrder } from "../../bot/pipeline/encode.ts";
import { venues } from "../../bot/venues/registry.ts";
import { unitsWorth } from "../../localnet/market.ts";
import { useArbitrum } from "../support/arbitrum.ts";
import { erc20 } from "../support/erc20.ts";
import { deployExecutor } from "../support/executor.ts";
import { setTokenBalance } from "../support/fund.ts";
import { memoryOrder } from "../support/memoryOrder.ts";
import {
  addCounterLiquidity,
  farDeadline,
  type Market,
  marketsOf,
  quoteNow,
  sellIntoCounter,
} from "../support/routes.ts";

const [weth, usdce, usdt] = [tokenOf(arbitrum, "WETH"), tokenOf(arbitrum, "USDC.e"), tokenOf(arbitrum, "USDT")];
const [ramses] = deploymentsOf(arbitrum, "solidly");

describe("bot: an order through Balancer's pools in a row", () => {
  const chain = useArbitrum();

  /** The market of a venue that trades both tokens, as the bot finds it. */
  async function marketBetween(venue: "balancer" | "solidly", tokens: readonly string[]): Promise<Market> {
    const isWanted = ({ pool, deployment }: Market) =>
      tokens.every((token) => pool.tokens.includes(token)) &&
      (venue === "balancer" || (deployment.name === ramses?.name && "stable" in pool && !pool.stable));
    const markets = await marketsOf(chain(), venue, venue === "balancer" ? undefined : "straight");
    const found = markets.find(isWanted);
    if (found === undefined) throw new Error(`No ${venue} pool trades ${tokens.join(" and ")}.`);
    return found;
  }

  it("is encoded as one hop, which keeps what goes between them, and pays the quotes to the wei", async () => {
    const executor = await deployExecutor(chain());
    const { flash, address, operator, treasury } = executor;
    const amount = unitsWorth(weth, 300n);
    await setTokenBalance(chain(), weth.address, operator.address, amount);
    await erc20(weth.address, operator).approve(address, amount);
    // WETH is cheap in the pair through which the route comes back.
    const [wethSide, usdtSide] = [unitsWorth(weth, 200_000n), unitsWorth(usdt, 200_000n)];
    await addCounterLiquidity(chain(), executor, [weth.address, wethSide], [usdt.address, usdtSide]);

    const path = [weth.address, usdce.address, usdt.address, weth.address];
    const markets = [
      await marketBetween("balancer", [weth.address, usdce.address]),
      await marketBetween("balancer", [usdce.address, usdt.address]),
      await marketBetween("solidly", [usdt.address, weth.address]),
    ];
    const hops = markets.map(({ pool }, index) => ({
      pool,
      tokenIn: path[index] ?? "",
      tokenOut: path[index + 1] ?? "",
    }));
    const quoteHops = async () => {
      const quotes: bigint[] = [];
      for (const [index, market] of markets.entries()) {
        const { tokenIn, tokenOut } = hops[index] as (typeof hops)[number];
        const quote = await quoteNow(chain(), market, tokenIn, tokenOut, quotes.at(-1) ?? amount);
        if (isRefusal(quote)) throw new Error(quote.detail);
        quotes.push(quote);
      }
      return quotes;
    };
    let quotes = await quoteHops();
    for (let sales = 0; sales < 8 && (quotes[2] ?? 0n) <= amount; sales++) {
      const sale = { tokenIn: weth.address, tokenOut: usdt.address, amountIn: wethSide / 10n };
      await sellIntoCounter(chain(), executor, sale);
      quotes = await quoteHops();
    }
    const expected = (quotes[2] ?? 0n) - amount;
    const order = {
      ...memoryOrder().order,
      id: ZeroHash,
      route: { hops },
      token: weth.address,
      lender: "operator" as const,
      source: undefined,
      amount,
      amountsIn: [0n, 0n, 0n],
      quotes,
      fee: 0n,
      expected,
      minProfit: expected,
      deadline: farDeadline,
    };

    const { id, loan, hops: encoded, minProfit, deadline } = encodeOrder(order, arbitrum, venues);
    const [first, second] = markets.map(({ pool }) => pool.id) as [string, string];
    expect(encoded.map(({ venue }) => venueNames[venue])).to.deep.equal(["balancer", "solidly"]);
    expect(encoded[0]).to.deep.include({ target: arbitrum.lenders.balancerV2, tokenOut: usdt.address, amountIn: 0n });
    expect(encoded[0]?.data).to.equal(concat([first, usdce.address, second]).toLowerCase());

    const held = await erc20(weth.address, operator).balanceOf(treasury);
    const sent = await flash.execute(id, loan, encoded, minProfit, deadline);
    const receipt = await sent.wait();
    const transfers = new Interface(["event Transfer(address indexed from, address indexed to, uint256 value)"]);
    const vault = arbitrum.lenders.balancerV2;
    const moved = (receipt?.logs ?? []).flatMap((log) => {
      const args = transfers.parseLog(log)?.args;
      if (args === undefined || ![args.from, args.to].includes(vault)) return [];
      return [[log.address, args.to === vault ? "in" : "out", args.value]];
    });
    expect(moved, "what the vault took and paid, and nothing between").to.deep.equal([
      [weth.address, "in", amount],
      [usdt.address, "out", quotes[1]],
    ]);
    const [event] = await flash.queryFilter(flash.filters.Arbitrage(), receipt?.blockNumber);
    expect(event?.args.profit).to.equal(expected);
    expect((await erc20(weth.address, operator).balanceOf(treasury)) - held).to.equal(expected);
  });
});
