import type { Address } from "../config/chains/chain.ts";
import type { Call, CallResult } from "../venues/venue.ts";
import type { Problem } from "./health.ts";
import type { ProblemOf } from "./provider.ts";

/** aggregate3((address target, bool allowFailure, bytes callData)[]) */
const aggregate3 = "0x82ad56cb";

/** Sends one `eth_call` to `to` and returns the data that came back. `problemOf` is that of `RpcProvider.send`. */
export type EthCall = (to: Address, data: string, problemOf?: ProblemOf) => Promise<string>;

/**
 * Encodes reads as the calldata of one `Multicall3.aggregate3`, in which each may fail alone: by hand, because ethers'
 * encoder takes milliseconds for what is read at every block.
 */
export function encodeReads(calls: readonly Call[]): string {
  const offsets: string[] = [];
  const tuples: string[] = [];
  let offset = calls.length * 32;
  for (const { target, data } of calls) {
    const bytes = (data.length - 2) / 2;
    const padded = Math.ceil(bytes / 32) * 32;
    offsets.push(word(offset));
    tuples.push(
      target.slice(2).toLowerCase().padStart(64, "0"),
      trueWord,
      dataOffsetWord,
      word(bytes),
      data.slice(2).padEnd(padded * 2, "0"),
    );
    offset += 4 * 32 + padded;
  }
  return [aggregate3, word(32), word(calls.length), ...offsets, ...tuples].join("");
}

const word = (value: number) => value.toString(16).padStart(64, "0");
const trueWord = word(1);
/** Where a call's data begins in its tuple of three words. */
const dataOffsetWord = word(3 * 32);

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

/** Reads in one `eth_call`. Where there are several endpoints, `problemOf` tells which of them answers wrongly. */
export async function readAll(
  ethCall: EthCall,
  address: Address,
  calls: readonly Call[],
  problemOf?: (results: readonly CallResult[]) => Problem | undefined,
): Promise<readonly CallResult[]> {
  if (calls.length === 0) return [];
  let decoded: { readonly returned: unknown; readonly results: readonly CallResult[] } | undefined;
  const decode = (returned: unknown) => {
    if (decoded !== undefined && decoded.returned === returned) return decoded.results;
    const results = decodeReads(String(returned), calls.length);
    decoded = { returned, results };
    return results;
  };
  const data = encodeReads(calls);
  return decode(await ethCall(address, data, problemOf && ((returned) => problemOf(decode(returned)))));
}
