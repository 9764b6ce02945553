import { formatUnits, parseUnits } from "ethers";
import type { Token } from "../config/chains/chain.ts";

/** Prices and values in USD carry 8 decimals, as Chainlink's feeds do: 100_000_000n is one dollar. */
export const usdDecimals = 8;

/** Parses a plain decimal ("0.25") to an integer of `decimals` decimals, or returns undefined when it is none. */
export function parseDecimal(text: string, decimals: number): bigint | undefined {
  const match = /^\d+(?:\.(\d+))?$/.exec(text);
  if (match === null || (match[1] ?? "").length > decimals) return undefined;
  return parseUnits(text, decimals);
}

/** Returns what `amount` units of a token are worth in USD with 8 decimals, rounded toward zero. */
export function valueUsdE8(amount: bigint, token: Pick<Token, "decimals">, priceE8: bigint): bigint {
  return (amount * priceE8) / 10n ** BigInt(token.decimals);
}

/** Returns how many units of a token are worth at least `usdE8`, rounded up. */
export function unitsWorthUp(usdE8: bigint, token: Pick<Token, "decimals">, priceE8: bigint): bigint {
  return divideUp(usdE8 * 10n ** BigInt(token.decimals), priceE8);
}

/** Returns how many units of a token are worth at most `usdE8`, rounded down. */
export function unitsWorthDown(usdE8: bigint, token: Pick<Token, "decimals">, priceE8: bigint): bigint {
  return (usdE8 * 10n ** BigInt(token.decimals)) / priceE8;
}

/** Divides non-negative integers, rounding up. */
export function divideUp(numerator: bigint, denominator: bigint): bigint {
  return (numerator + denominator - 1n) / denominator;
}

/** Returns the lesser of two integers. */
export function lesser(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

/** Returns the larger of two integers. */
export function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

/** Formats units of a token exactly: "1.25 WETH". */
export function formatAmount(amount: bigint, token: Token): string {
  return `${trimZeros(formatUnits(amount, token.decimals))} ${token.symbol}`;
}

/** Formats a value in USD with 8 decimals to cents, or to its first two figures below a cent: "$12.34", "-$0.0042". */
export function formatUsd(usdE8: bigint): string {
  const sign = usdE8 < 0n ? "-" : "";
  const [whole = "0", fraction = ""] = formatUnits(usdE8 < 0n ? -usdE8 : usdE8, usdDecimals).split(".");
  const padded = fraction.padEnd(usdDecimals, "0");
  const leadingZeros = /^0*/.exec(padded)?.[0].length ?? 0;
  const digits = whole === "0" && leadingZeros < usdDecimals ? Math.max(2, leadingZeros + 2) : 2;
  return `${sign}$${whole.replace(/\B(?=(\d{3})+$)/g, ",")}.${padded.slice(0, digits)}`;
}

/** Formats hundredths of a percent: "0.30 %". */
export function formatPercent(bps: bigint): string {
  return `${bps / 100n}.${(bps % 100n).toString().padStart(2, "0")} %`;
}

function trimZeros(decimal: string): string {
  return decimal.includes(".") ? decimal.replace(/\.?0+$/, "") : decimal;
}
