import { Interface } from "ethers";
import type { Address } from "../config/chains/chain.ts";
import type { Call, CallResult } from "../venues/venue.ts";

const multicall3 = new Interface([
  "function aggregate3((address target, bool allowFailure, bytes callData)[] calls) payable returns ((bool success, bytes returnData)[])",
]);

/** Sends one `eth_call` to `to` and returns the data that came back. */
export type EthCall = (to: Address, data: string) => Promise<string>;

/** Encodes reads as the calldata of one `Multicall3.aggregate3`, in which each may fail alone. */
export function encodeReads(calls: readonly Call[]): string {
  return multicall3.encodeFunctionData("aggregate3", [calls.map(({ target, data }) => [target, true, data])]);
}

/**
 * Decodes what `aggregate3` returned: an array of (bool, bytes), read word by word because ethers' decoder takes longer
 * than everything else the bot does with a block.
 *
 * @throws when the data is not that of `count` results
 */
export function decodeReads(returned: string, count: number): readonly CallResult[] {
  const wordAt = (byte: number): number => {
    const hex = returned.slice(2 + byte * 2, 66 + byte * 2);
    if (hex.length !== 64) throw new Error(`Multicall3 returned ${(returned.length - 2) / 2} bytes, too few.`);
    return Number(`0x${hex}`);
  };
  const array = wordAt(0);
  const length = wordAt(array);
  if (length !== count) throw new Error(`Multicall3 returned ${length} results for ${count} calls.`);
  const first = array + 32;
  return Array.from({ length }, (_, index) => {
    const result = first + wordAt(first + index * 32);
    const data = result + wordAt(result + 32);
    const start = 2 + (data + 32) * 2;
    return { success: wordAt(result) === 1, data: `0x${returned.slice(start, start + wordAt(data) * 2)}` };
  });
}

/** Reads in one `eth_call`. */
export async function readAll(
  ethCall: EthCall,
  address: Address,
  calls: readonly Call[],
): Promise<readonly CallResult[]> {
  if (calls.length === 0) return [];
  return decodeReads(await ethCall(address, encodeReads(calls)), calls.length);
}
