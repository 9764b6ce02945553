import { ZeroAddress } from "ethers";
import type { Address, Chain, Token } from "../config/chains/chain.ts";

/** Ether among the wallet's assets. All others are named by their token's address. */
export const ether: Address = ZeroAddress;

/** Something that the wallet holds: ether or a token. */
export interface Asset extends Token {
  /** Whose price is the asset's: the wrapped ether's for ether, its own for a token. */
  readonly pricedBy: Address;
}

/** Lists what a wallet can hold: ether first, then the chain's tokens. */
export function assetsOf({ tokens, weth }: Pick<Chain, "tokens" | "weth">): readonly Asset[] {
  return [
    { symbol: "ETH", address: ether, decimals: 18, pricedBy: weth },
    ...tokens.map((token) => ({ ...token, pricedBy: token.address })),
  ];
}
