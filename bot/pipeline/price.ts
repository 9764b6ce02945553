import type { Address, Chain } from "../config/chains/chain.ts";
import { unitsWorthUp, valueUsdE8 } from "../domain/amount.ts";
import { orderDataFeeWei, weiInUsdE8Up } from "../domain/gas.ts";
import type { Order } from "../domain/order.ts";
import type { Snapshot } from "../domain/snapshot.ts";
import { leastProfitUsdE8, type ProfitLimits } from "../risk/limits.ts";
import type { Valuation } from "../sender/settle.ts";
import { type BidLimits, bidWei } from "../sender/submission/priorityFee.ts";

export interface PriceOptions extends ProfitLimits {
  readonly tipWei: bigint;
  /** Undefined where nothing is bid for a place in the block. */
  readonly bid: BidLimits | undefined;
}

/** Returns the order with the gas that the chain estimates instead of the bot's own figure, and the tip that it is sent with. */
export function priceOrder(
  order: Order,
  gas: bigint,
  snapshot: Snapshot,
  valuation: Valuation,
  options: PriceOptions,
): { readonly priced: Order; readonly tipWei: bigint } {
  const priceAt = (tipWei: bigint) => withGas(order, gas, snapshot, valuation, tipWei, options);
  const { netUsdE8 } = priceAt(options.tipWei);
  const { bid } = options;
  const tipWei = options.tipWei + (bid ? bidWei(netUsdE8, gas, valuation.etherPriceE8, bid) : 0n);
  return { priced: priceAt(tipWei), tipWei };
}

/** Returns the order with the gas that the chain estimates, at a tip, instead of the bot's own figure. */
function withGas(
  order: Order,
  gas: bigint,
  { block, dataFee }: Snapshot,
  { tokenPriceE8, tokenDecimals: decimals, etherPriceE8 }: Valuation,
  tipWei: bigint,
  options: ProfitLimits,
): Order {
  // Where data is charged as gas, the chain's estimate holds it.
  const dataWei = dataFee?.asGas === false ? orderDataFeeWei(order.route, { dataFee }) : 0n;
  const costE8 = weiInUsdE8Up(gas * (block.baseFeeWei + tipWei) + dataWei, etherPriceE8);
  return {
    ...order,
    gas,
    gasCostUsdE8: costE8,
    netUsdE8: valueUsdE8(order.expected, { decimals }, tokenPriceE8) - costE8,
    minProfit: unitsWorthUp(costE8 + leastProfitUsdE8(costE8, options), { decimals }, tokenPriceE8),
  };
}

/** Returns what values a token and ether in USD, or undefined where a price is missing. */
export function valuationOf(
  pricesE8: Snapshot["pricesE8"],
  chain: Pick<Chain, "weth" | "tokens">,
  token: Address,
): Valuation | undefined {
  const tokenPriceE8 = pricesE8.get(token);
  const etherPriceE8 = pricesE8.get(chain.weth);
  const tokenDecimals = chain.tokens.find(({ address }) => address === token)?.decimals;
  if (tokenPriceE8 === undefined || etherPriceE8 === undefined || tokenDecimals === undefined) return undefined;
  return { tokenPriceE8, etherPriceE8, tokenDecimals };
}
