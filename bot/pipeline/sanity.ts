import type { Token } from "../config/chains/chain.ts";
import { formatPercent, formatUsd, valueUsdE8 } from "../domain/amount.ts";
import { type NoTrade, noTrade } from "../domain/noTrade.ts";
import type { Order } from "../domain/order.ts";
import type { Snapshot } from "../domain/snapshot.ts";

export interface PriceLimits {
  /** The most that a hop may pay above Chainlink's prices, in hundredths of a percent. */
  readonly maxPriceDeviationBps: bigint;
  /** The largest profit as a share of the amount, in hundredths of a percent. */
  readonly maxProfitBps: bigint;
}

const one = 10_000n;

/**
 * Refuses an order that is too good to be true: a pool whose price is broken looks like the best arbitrage there ever
 * was, as WOOFi's did in March 2024 and Balancer's composable stable pools in November 2025.
 */
export function checkPrices(
  { route, amount, amountsIn, quotes, expected }: Order,
  { pricesE8 }: Snapshot,
  tokens: readonly Token[],
  { maxPriceDeviationBps, maxProfitBps }: PriceLimits,
): NoTrade | undefined {
  if (expected * one > amount * maxProfitBps) {
    return noTrade(
      "too-good-to-be-true",
      `the profit is ${formatPercent((expected * one) / amount)} of the amount, maxProfitPercent is ${formatPercent(maxProfitBps)}`,
    );
  }
  const byAddress = new Map(tokens.map((token) => [token.address, token]));
  const value = (address: string, units: bigint) =>
    valueUsdE8(units, byAddress.get(address) ?? { decimals: 0 }, pricesE8.get(address) ?? 0n);
  let held = amount;
  let gathered = 0n;
  for (const [index, { pool, tokenIn, tokenOut }] of route.hops.entries()) {
    const fixed = amountsIn[index] ?? 0n;
    const amountIn = fixed === 0n ? held : fixed;
    const amountOut = quotes[index] ?? 0n;
    const [paid, got] = [value(tokenIn, amountIn), value(tokenOut, amountOut)];
    if (got * one > paid * (one + maxPriceDeviationBps)) {
      return noTrade(
        "too-good-to-be-true",
        `${pool.deployment} ${pool.id} pays ${formatUsd(got)} for ${formatUsd(paid)} by Chainlink's prices, ` +
          `maxPriceDeviationPercent is ${formatPercent(maxPriceDeviationBps)}`,
      );
    }
    held -= amountIn;
    gathered += amountOut;
    if (fixed === 0n) [held, gathered] = [gathered, 0n];
  }
  return undefined;
}
