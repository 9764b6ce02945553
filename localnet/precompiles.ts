import { creationOf, deployAt, type Localnet } from "./localnet.ts";

/** The same on every Arbitrum chain: OffchainLabs/arbitrum-docs, @arbitrum/nitro-contracts 3.2.0. */
export const precompiles = {
  ArbSys: "0x0000000000000000000000000000000000000064",
  ArbGasInfo: "0x000000000000000000000000000000000000006C",
  NodeInterface: "0x00000000000000000000000000000000000000C8",
} as const;

/** Puts the twins of the precompiles that tell prices and block numbers at their addresses. */
export async function deployPrecompiles(localnet: Localnet): Promise<void> {
  for (const [name, address] of Object.entries(precompiles)) await deployAt(localnet, address, await creationOf(name));
}
