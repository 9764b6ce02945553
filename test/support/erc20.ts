import { Contract, type ContractRunner } from "ethers";
import type { Address } from "../../bot/config/chains/chain.ts";

const abi = [
  "function balanceOf(address account) view returns (uint256)",
  "function allowance(address owner, address spender) view returns (uint256)",
  "function approve(address spender, uint256 amount)",
  "function transfer(address to, uint256 amount)",
];

/** An ERC-20 as callers meet it: without the returned bool, which some tokens lack. */
export interface Erc20 {
  balanceOf(account: unknown): Promise<bigint>;
  allowance(owner: unknown, spender: unknown): Promise<bigint>;
  approve(spender: unknown, amount: bigint): Promise<unknown>;
  transfer(to: unknown, amount: bigint): Promise<unknown>;
}

export function erc20(address: Address, runner: ContractRunner): Erc20 {
  return new Contract(address, abi, runner) as unknown as Erc20;
}
