import { arbitrum } from "../bot/config/chains/arbitrum.ts";
import type { Address, Token } from "../bot/config/chains/chain.ts";
import { contractAt, creationOf, deployAt, type Localnet, publishedCreation } from "./localnet.ts";
import { tokens } from "./market.ts";

/** What the localnet calls of a token: `mint` is its bridge's, `deposit` is WETH's. */
export const erc20Abi = [
  "function mint(address to, uint256 amount)",
  "function transfer(address to, uint256 amount) returns (bool)",
  "function approve(address spender, uint256 amount) returns (bool)",
  "function balanceOf(address account) view returns (uint256)",
  "function deposit() payable",
];

/** Puts every token of the chain file at its address. WETH is Uniswap's published WETH9. */
export async function deployTokens(localnet: Localnet): Promise<void> {
  const bridged = await creationOf("BridgedToken");
  for (const { symbol, address, decimals } of tokens) {
    if (address === arbitrum.weth) {
      const weth9 = publishedCreation("@uniswap/v2-periphery/build/WETH9.json");
      await deployAt(localnet, address, weth9);
    } else {
      await deployAt(localnet, address, bridged, [symbol, symbol, decimals, localnet.owner.address]);
    }
  }
}

/** Gives `to` units of a token out of nothing: WETH against new ETH, the others from their minter. */
export async function mint(localnet: Localnet, token: Token, to: Address, amount: bigint): Promise<void> {
  const { owner, connection } = localnet;
  const erc20 = contractAt(localnet, token.address, erc20Abi);
  if (token.address !== arbitrum.weth) {
    await erc20.getFunction("mint")(to, amount);
    return;
  }
  const balance = await connection.ethers.provider.getBalance(owner);
  await connection.networkHelpers.setBalance(owner.address, balance + amount);
  await erc20.getFunction("deposit")({ value: amount });
  await erc20.getFunction("transfer")(to, amount);
}

/** Lets `spender` take any amount of a token from the localnet's owner. */
export async function approveMax(localnet: Localnet, token: Token, spender: Address): Promise<void> {
  await contractAt(localnet, token.address, erc20Abi).getFunction("approve")(spender, 2n ** 256n - 1n);
}
