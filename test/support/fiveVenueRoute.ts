import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { tokenOf } from "../../bot/config/chains/chain.ts";
import { isRefusal } from "../../bot/domain/quote.ts";
import type { Connection } from "./arbitrum.ts";
import { erc20 } from "./erc20.ts";
import type { Executor } from "./executor.ts";
import { setTokenBalance } from "./fund.ts";
import {
  addCounterLiquidity,
  counterLeg,
  type Leg,
  legThrough,
  loanOf,
  type Market,
  marketOf,
  openSpread,
  quoteNow,
} from "./routes.ts";

export interface Route {
  readonly legs: readonly Leg[];
  /** The pools of the legs behind the first, which goes through the counter pair. */
  readonly markets: readonly Market[];
}

const [weth, usdc, usdt, usdce, wbtc] = ["WETH", "USDC", "USDT", "USDC.e", "WBTC"].map(
  (symbol) => tokenOf(arbitrum, symbol).address,
) as [string, string, string, string, string];

/**
 * Builds a route for `amount` WETH that pays: WETH ─(Solidly)→ USDC ─(DODO)→ USDT ─(Balancer)→ USDC.e ─(Algebra)→ WBTC
 * ─(WOOFi)→ WETH. The operator holds and has approved `amount`, so that its wallet can finance the route too.
 */
export async function fiveVenueRoute(connection: Connection, executor: Executor, amount: bigint): Promise<Route> {
  const { operator, address } = executor;
  await setTokenBalance(connection, weth, operator.address, amount);
  await erc20(weth, operator).approve(address, amount);

  const hops = [
    { venue: "dodo", tokenIn: usdc, tokenOut: usdt },
    { venue: "balancer", tokenIn: usdt, tokenOut: usdce },
    { venue: "algebra", tokenIn: usdce, tokenOut: wbtc },
    { venue: "woofi", tokenIn: wbtc, tokenOut: weth },
  ] as const;
  const legs: Leg[] = [counterLeg(weth, usdc)];
  const markets: Market[] = [];
  for (const { venue, tokenIn, tokenOut } of hops) {
    const market = await marketOf(connection, venue, [tokenIn, tokenOut]);
    markets.push(market);
    legs.push(legThrough(market, tokenIn, tokenOut));
  }

  // The counter pair begins, where the chain has none, at WOOFi's price of WETH.
  const woofi = await marketOf(connection, "woofi", [weth, usdc]);
  const price = await quoteNow(connection, woofi, weth, usdc, amount);
  if (isRefusal(price)) throw new Error(`WOOFi gives no price: ${price.detail}`);
  await addCounterLiquidity(connection, executor, [weth, amount * 1_000n], [usdc, price * 1_000n]);
  const sale = { tokenIn: usdc, tokenOut: weth, amountIn: price };
  await openSpread(connection, executor, loanOf("aaveV3", weth, amount), legs, sale);
  return { legs, markets };
}
