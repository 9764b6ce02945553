/**
 * Why nothing was traded. Closed, so that the ledger can count reasons.
 *
 * Of a whole block:
 * - `wrong-chain`: the RPC serves another chain than the configured one
 * - `rpc-failed`: the RPC gave no answer after all retries
 * - `rpc-disagreement`: the endpoints that have to agree on what prices a trade answer differently, or one answers the same
 *   question differently the second time
 * - `rpc-lagging`: the RPC answered with a block before the newest one seen, or with state of another block
 * - `stale-block`: the newest block is older than `maxBlockAgeSeconds`
 * - `sequencer-down`: the sequencer uptime feed reports an outage, or cannot be read
 * - `sequencer-restarted`: the sequencer is up for less than `sequencerGraceSeconds`
 * - `contract-paused`: the owner has paused FlashArbitrage
 * - `not-operator`: FlashArbitrage does not let this key execute
 * - `no-contract`: no FlashArbitrage or no operator is configured, so nothing can be simulated
 * - `gas-price-above-limit`: the block's base fee is above `maxGasPriceGwei`
 * - `gas-balance-too-low`: the operator cannot pay for the gas
 * - `degraded`: the chain or the RPC could not be relied on a few blocks ago
 * - `paused`: the operator has paused the bot
 * - `halted`: a person has to look before the bot goes on
 * - `outside-trading-windows`: the configured hours of trading have not come
 * - `no-opportunity`: no route multiplies above one
 *
 * Of one opportunity:
 * - `no-price`: a token has no fresh price, so profit and gas cannot be compared
 * - `no-lender`: no lender can finance the route
 * - `pool-refused`: a pool of the route refuses the amount, by its own rules
 * - `too-good-to-be-true`: a pool pays more than Chainlink's prices allow, or the profit is absurd for the amount
 * - `below-min-profit`: net of lender fee and gas it earns less than `minProfitUsd`, or too little for what its gas costs
 * - `outbid`: another opportunity of the block earns more
 * - `simulation-reverted`: the chain refuses the order
 * - `outdated`: the chain confirms the quotes at their block, and the newest state no longer pays; or pools turned out to
 *   be in another state each time they were made sure of
 * - `diverged`: the chain pays something else than the quotes say
 * - `amount-refused`: what is about to be signed is not what sizing decided, or more than a limit on one order allows
 * - `slower-than-route`: the bot's transactions take longer than the route usually pays
 * - `order-too-large`: the amount is above `maxOrderUsd`, or the token's `maxOrder`
 * - `route-open`: an order along the same route is open
 * - `trade-pending`: an order that is not settled yet passes a pool of the route
 * - `too-many-open-orders`, `trades-per-minute`: `maxOpenOrders` are open, or `maxTradesPerMinute` were sent
 * - `gas-per-hour`, `gas-per-day`: its gas could exceed `maxGasPerHourEther` or `maxGasPerDayEther`
 * - `loss-streak`: with the open orders, losses in a row could exceed `maxLossesInARow`
 * - `daily-loss`, `rolling-loss`: losses of the UTC day, or of 24 hours, could exceed `maxDailyLossPercent`
 * - `no-capital`: what the wallet is worth is not known, so that it has no percentage that may be lost
 * - `shadow-mode`: everything agrees, and sending is not asked for
 */
export const noTradeReasons = [
  "wrong-chain",
  "rpc-failed",
  "rpc-disagreement",
  "rpc-lagging",
  "stale-block",
  "sequencer-down",
  "sequencer-restarted",
  "contract-paused",
  "not-operator",
  "no-contract",
  "gas-price-above-limit",
  "gas-balance-too-low",
  "degraded",
  "paused",
  "halted",
  "outside-trading-windows",
  "no-opportunity",
  "no-price",
  "no-lender",
  "pool-refused",
  "too-good-to-be-true",
  "below-min-profit",
  "outbid",
  "simulation-reverted",
  "outdated",
  "diverged",
  "amount-refused",
  "slower-than-route",
  "order-too-large",
  "route-open",
  "trade-pending",
  "too-many-open-orders",
  "trades-per-minute",
  "gas-per-hour",
  "gas-per-day",
  "loss-streak",
  "daily-loss",
  "rolling-loss",
  "no-capital",
  "shadow-mode",
] as const;
export type NoTradeReason = (typeof noTradeReasons)[number];

/** No trade, and why: `detail` carries the actual value and the limit, or the chain's own words. */
export interface NoTrade {
  readonly noTrade: NoTradeReason;
  readonly detail: string;
}

export function noTrade(reason: NoTradeReason, detail: string): NoTrade {
  return { noTrade: reason, detail };
}

export function isNoTrade(value: unknown): value is NoTrade {
  return typeof value === "object" && value !== null && "noTrade" in value;
}
