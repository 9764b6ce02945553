import { arbitrum } from "../bot/config/chains/arbitrum.ts";
import { creationOf, deployAt, type Localnet } from "./localnet.ts";

/** Puts the twin of Multicall3 at its address. */
export async function deployMulticall(localnet: Localnet): Promise<void> {
  await deployAt(localnet, arbitrum.multicall3, await creationOf("Multicall3"));
}
