import type { Call, CallResult, Reader } from "./venue.ts";

/** Returns the words of 32 bytes that a read returned, as unsigned integers: none when it failed. */
export function wordsOf(result: CallResult | undefined): readonly bigint[] {
  return result?.success ? wordsIn(result.data) : [];
}

/** Returns the words of 32 bytes in ABI-encoded data, as unsigned integers. */
export function wordsIn(data: string): readonly bigint[] {
  const count = Math.floor((data.length - 2) / 64);
  return Array.from({ length: count }, (_, i) => BigInt(`0x${data.slice(2 + 64 * i, 66 + 64 * i)}`));
}

/** Returns a word as the signed integer that it holds. */
export const signed = (word: bigint): bigint => BigInt.asIntN(256, word);

/** Reads groups of calls in one batch. */
export async function readGroups(
  reader: Reader,
  groups: readonly (readonly Call[])[],
): Promise<readonly (readonly CallResult[])[]> {
  const results = await reader.read(groups.flat());
  let taken = 0;
  return groups.map(({ length }) => {
    taken += length;
    return results.slice(taken - length, taken);
  });
}
