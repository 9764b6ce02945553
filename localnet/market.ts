import { arbitrum } from "../bot/config/chains/arbitrum.ts";
import { type Address, type Token, tokenOf } from "../bot/config/chains/chain.ts";

const usdE8: Readonly<Record<string, bigint>> = {
  WETH: 3_000_00000000n,
  USDC: 1_00000000n,
  "USDC.e": 1_00000000n,
  USDT: 1_00000000n,
  DAI: 1_00000000n,
  ARB: 80000000n,
  WBTC: 60_000_00000000n,
};

export const tokens: readonly Token[] = arbitrum.tokens;

/** Returns the token with this symbol. */
export function token(symbol: string): Token {
  return tokenOf(arbitrum, symbol);
}

/** The price at which every localnet market starts, in USD with 8 decimals (Chainlink's unit). */
export function startPriceE8(address: Address): bigint {
  const found = tokens.find((candidate) => candidate.address === address);
  const price = found && usdE8[found.symbol];
  if (price === undefined) throw new Error(`No start price for ${address}.`);
  return price;
}

/** Returns how many units of `t` are worth `usd` whole dollars at the start price, rounded down. */
export function unitsWorth(t: Token, usd: bigint): bigint {
  return (usd * 10n ** 8n * 10n ** BigInt(t.decimals)) / startPriceE8(t.address);
}
