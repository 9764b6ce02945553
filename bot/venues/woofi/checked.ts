import { isRefusal, type Quote, type Refusal, refuse } from "../../domain/quote.ts";
import { feeOn, type PricedBase } from "./leg.ts";
import { overflow } from "./oracle.ts";
import type { WoofiHolding, WoofiPool, WoofiState } from "./state.ts";

// Swaps with every check of WooPPV2 in its order: what is asked where a swap may be refused, for the pool's own reason.

const one = 10n ** 18n;
const maxUint256 = 2n ** 256n - 1n;

/** Quotes a base for the quote token. */
export function checkedSellBase(pool: WoofiPool, state: WoofiState, base: PricedBase, amountIn: bigint): Quote {
  const refused = refuseInput(base.holding, amountIn, "WooPPV2: !BASE");
  if (refused !== undefined) return refused;
  const gross = quoteFor(pool, base, amountIn, base.spread);
  if (isRefusal(gross)) return gross;
  const amountOut = gross - feeOn(gross, base.feeRate);
  if (gross > state.quote.reserve) return beyondReserve(gross, state.quote);
  return amountOut > state.quote.balance + state.unclaimedFee ? refuse("insufficient-liquidity", "ST") : amountOut;
}

/** Quotes the quote token for a base. */
export function checkedSellQuote(pool: WoofiPool, state: WoofiState, base: PricedBase, amountIn: bigint): Quote {
  const refused = refuseInput(state.quote, amountIn, "WooPPV2: !QUOTE");
  if (refused !== undefined) return refused;
  if (overflows(amountIn * base.feeRate)) return overflow;
  const amountOut = baseFor(pool, base, amountIn - feeOn(amountIn, base.feeRate), base.spread);
  return isRefusal(amountOut) ? amountOut : payBase(base, amountOut);
}

/** Quotes one base for another, at half of the larger spread and the larger fee. */
export function checkedBaseToBase(
  pool: WoofiPool,
  state: WoofiState,
  sold: PricedBase,
  bought: PricedBase,
  amountIn: bigint,
): Quote {
  const refused = refuseInput(sold.holding, amountIn, "WooPPV2: !BASE1_BALANCE");
  if (refused !== undefined) return refused;
  const spread = (sold.spread > bought.spread ? sold.spread : bought.spread) / 2n;
  const gross = quoteFor(pool, sold, amountIn, spread);
  if (isRefusal(gross)) return gross;
  const fee = feeOn(gross, sold.feeRate > bought.feeRate ? sold.feeRate : bought.feeRate);
  if (fee > state.quote.reserve) {
    const limit = `${fee} above ${state.quote.reserve}`;
    return refuse("insufficient-liquidity", `WooPPV2: INSUFF_QUOTE_FOR_SWAPFEE (${limit})`);
  }
  const amountOut = baseFor(pool, bought, gross - fee, spread);
  return isRefusal(amountOut) ? amountOut : payBase(bought, amountOut);
}

function quoteFor({ quoteUnit, version }: WoofiPool, base: PricedBase, amount: bigint, spread: bigint): Quote {
  const { price, unit, priceUnit } = base;
  const value = amount * price;
  if (overflows(value * quoteUnit)) return overflow;
  const notional = (value * quoteUnit) / unit / priceUnit;
  if (version !== "2.0" && notional > base.maxNotionalSwap) {
    return aboveCap("WooPPV2: !maxNotionalValue", notional, base.maxNotionalSwap);
  }
  if (overflows(value * base.coeff)) return overflow;
  const gamma = (value * base.coeff) / priceUnit / unit;
  if (version !== "2.0" && gamma > base.maxGamma) return aboveCap("WooPPV2: !gamma", gamma, base.maxGamma);
  const kept = one - gamma - spread;
  const product = ((value * quoteUnit) / priceUnit) * kept;
  if (kept < 0n || overflows(product)) return overflow;
  // There the price after the swap is price · (1 − 2 gamma).
  if (version === "2.0" && (2n * value * base.coeff) / priceUnit / unit > one) return overflow;
  return product / one / unit;
}

function baseFor({ quoteUnit, version }: WoofiPool, base: PricedBase, amount: bigint, spread: bigint): Quote {
  const { price, unit, priceUnit } = base;
  if (version !== "2.0" && amount > base.maxNotionalSwap) {
    return aboveCap("WooPPV2: !maxNotionalValue", amount, base.maxNotionalSwap);
  }
  if (overflows(amount * base.coeff)) return overflow;
  const gamma = (amount * base.coeff) / quoteUnit;
  if (version !== "2.0" && gamma > base.maxGamma) return aboveCap("WooPPV2: !gamma", gamma, base.maxGamma);
  const kept = one - gamma - spread;
  const product = ((amount * unit * priceUnit) / price) * kept;
  if (kept < 0n || overflows(amount * unit * priceUnit) || overflows(product)) return overflow;
  // The price after the swap is price ÷ (1 − gamma).
  if (version !== "2.0" && gamma === one) return refuse("invariant", "Panic(0x12)");
  return product / one / quoteUnit;
}

/** Why the pool does not take `amount` in, if it does not. */
function refuseInput(holding: WoofiHolding, amount: bigint, reason: string): Refusal | undefined {
  const { reserve, balance, capBalance } = holding;
  if (overflows(balance + amount)) return overflow;
  if (capBalance !== undefined && balance + amount > capBalance) {
    return aboveCap("WooPPV2: !CAP", balance + amount, capBalance);
  }
  if (balance + amount < reserve) return overflow;
  if (balance < reserve) return refuse("invariant", `${reason} (${reserve - balance} less than its reserve)`);
  return undefined;
}

function payBase({ holding }: PricedBase, amountOut: bigint): Quote {
  if (amountOut > holding.reserve) return beyondReserve(amountOut, holding);
  return amountOut > holding.balance ? refuse("insufficient-liquidity", "ST") : amountOut;
}

function beyondReserve(amount: bigint, { reserve }: WoofiHolding): Refusal {
  return refuse("insufficient-liquidity", `WooPPV2: INSUFF_BALANCE (${amount} above ${reserve})`);
}

function aboveCap(reason: string, actual: bigint, limit: bigint): Refusal {
  return refuse("over-limit", `${reason} (${actual} above ${limit})`);
}

function overflows(value: bigint): boolean {
  return value > maxUint256;
}
