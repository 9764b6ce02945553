import { type BlockTag, Contract } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import type { CallResult, Reader } from "../../bot/venues/venue.ts";
import type { Connection } from "./arbitrum.ts";

const multicall3Abi = [
  "function aggregate3((address target, bool allowFailure, bytes callData)[] calls) payable returns ((bool success, bytes returnData)[])",
];

/** Reads the chain under test at `blockTag`: one `eth_call` of Multicall3 for each batch. */
export function readerAt(connection: Connection, blockTag: BlockTag = "latest"): Reader {
  const multicall3 = new Contract(arbitrum.multicall3, multicall3Abi, connection.ethers.provider);
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
