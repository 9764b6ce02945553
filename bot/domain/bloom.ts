import { getBytes, keccak256 } from "ethers";

/** The three bits that stand for a value in the bloom of a header, as byte and mask. */
export type BloomBits = readonly [byte: number, mask: number, byte: number, mask: number, byte: number, mask: number];

/** Returns the bits of an address or a topic, given as hex (Ethereum Yellow Paper, 4.4.1: the function M3:2048). */
export function bloomBits(value: string): BloomBits {
  const hash = getBytes(keccak256(value));
  const bit = (at: number) => (((hash[at] ?? 0) << 8) | (hash[at + 1] ?? 0)) & 2047;
  const [first, second, third] = [bit(0), bit(2), bit(4)];
  const byteOf = (position: number) => 255 - (position >> 3);
  const maskOf = (position: number) => 1 << (position & 7);
  return [byteOf(first), maskOf(first), byteOf(second), maskOf(second), byteOf(third), maskOf(third)];
}

/** Decodes a header's `logsBloom`. */
export function parseBloom(logsBloom: string): Uint8Array {
  return Buffer.from(logsBloom.slice(2), "hex");
}

/** Returns whether a value may be among those of the bloom. A value of which this is false is not. */
export function mayHold(bloom: Uint8Array, bits: BloomBits): boolean {
  return (
    ((bloom[bits[0]] ?? 0) & bits[1]) !== 0 &&
    ((bloom[bits[2]] ?? 0) & bits[3]) !== 0 &&
    ((bloom[bits[4]] ?? 0) & bits[5]) !== 0
  );
}
