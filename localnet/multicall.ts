import { type BlockTag, Contract } from "ethers";
import { arbitrum } from "../bot/config/chains/arbitrum.ts";
import type { CallResult, Reader } from "../bot/venues/venue.ts";
import { creationOf, deployAt, type Localnet } from "./localnet.ts";

const multicall3Abi = [
  "function aggregate3((address target, bool allowFailure, bytes callData)[] calls) payable returns ((bool success, bytes returnData)[])",
];

/** Puts the twin of Multicall3 at its address. */
export async function deployMulticall(localnet: Localnet): Promise<void> {
  await deployAt(localnet, arbitrum.multicall3, await creationOf("Multicall3"));
}

/** Reads the chain at `blockTag`: one `eth_call` of Multicall3 for each batch. */
export function readerAt({ ethers }: Localnet["connection"], blockTag: BlockTag = "latest"): Reader {
  const multicall3 = new Contract(arbitrum.multicall3, multicall3Abi, ethers.provider);
  return {
    async read(calls) {
      if (calls.length === 0) return [];
      const batch = calls.map(({ target, data }) => ({ target, allowFailure: true, callData: data }));
      const results: { success: boolean; returnData: string }[] = await multicall3
        .getFunction("aggregate3")
        .staticCall(batch, { blockTag });
      return results.map(({ success, returnData }): CallResult => ({ success, data: returnData }));
    },
  };
}
