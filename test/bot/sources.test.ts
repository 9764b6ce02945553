import { expect } from "chai";
import { getAddress, id, toBeHex } from "ethers";
import { bloomBits, mayHold } from "../../bot/domain/bloom.ts";
import { createSources } from "../../bot/pipeline/sources.ts";

const [swap, sync, mint] = [id("Swap()"), id("Sync()"), id("Mint()")];
const [own, vault] = [getAddress(toBeHex(0xabcd, 20)), getAddress(toBeHex(0xef01, 20))];
const [first, second] = [toBeHex(1, 32), toBeHex(2, 32)];

/** The bloom of these values and no others. */
function bloomOf(...values: string[]): string {
  const bloom = new Uint8Array(256);
  for (const value of values) {
    const bits = bloomBits(value);
    for (const at of [0, 2, 4]) bloom[bits[at] ?? 0] = (bloom[bits[at] ?? 0] ?? 0) | (bits[at + 1] ?? 0);
  }
  return `0x${Buffer.from(bloom).toString("hex")}`;
}

describe("bot: sources of events", () => {
  const sources = createSources([
    { key: "own", source: { address: own }, topics: [sync] },
    { key: "first", source: { address: vault, topic1: first }, topics: [swap, mint] },
    { key: "second", source: { address: vault, topic1: second }, topics: [swap] },
  ]);
  const keysOf = (address: string, ...topics: string[]) => sources.keysOf({ address, topics, data: "0x" });

  it("belong to pools by emitter and first topic, and where pools share an emitter by its first argument", () => {
    expect(keysOf(own, sync)).to.deep.equal(["own"]);
    expect(keysOf(own.toLowerCase(), sync)).to.deep.equal(["own"]);
    expect(keysOf(own, swap), "an event that another venue follows").to.deep.equal([]);
    expect(keysOf(vault, swap, first)).to.deep.equal(["first"]);
    expect(keysOf(vault, mint, second)).to.deep.equal([]);
    expect(keysOf(vault, swap)).to.deep.equal([]);
    expect(keysOf(getAddress(toBeHex(7, 20)), sync)).to.deep.equal([]);
  });

  it("are wanted by their emitters as long as those are few, else by topics alone", () => {
    expect(sources.filter.topics).to.have.members([swap, sync, mint]);
    expect(sources.filter.addresses).to.deep.equal([own, vault].map((address) => address.toLowerCase()));
    const many = Array.from({ length: 501 }, (_, key) => ({
      key,
      source: { address: getAddress(toBeHex(key + 1, 20)) },
      topics: [sync],
    }));
    expect(createSources(many).filter).to.deep.equal({ addresses: undefined, topics: [sync] });
    expect(createSources(many.slice(1)).filter.addresses).to.have.length(500);
  });

  it("may have logged only where the bloom has the emitter, a topic, and the argument", () => {
    const candidates = (...values: string[]) => sources.mayHaveLogged(bloomOf(...values));
    expect(candidates(own, sync)).to.deep.equal(["own"]);
    expect(candidates(own, swap)).to.deep.equal([]);
    expect(candidates(sync)).to.deep.equal([]);
    expect(candidates(vault, swap, second)).to.deep.equal(["second"]);
    expect(candidates(vault, mint, first, second)).to.deep.equal(["first"]);
    expect(candidates(own, vault, sync, swap, first, second)).to.have.members(["own", "first", "second"]);
  });

  it("have the bits of the Yellow Paper in a bloom", () => {
    // The three bits are the first three pairs of bytes of the hash, modulo 2048: of the empty string's
    // c5d2 4601 86f7…, 1490, 1537 and 1783.
    const bloom = new Uint8Array(256);
    for (const bit of [1490, 1537, 1783]) bloom[255 - (bit >> 3)] = (bloom[255 - (bit >> 3)] ?? 0) | (1 << (bit & 7));
    expect(mayHold(bloom, bloomBits("0x"))).to.equal(true);
    expect(mayHold(bloom, bloomBits("0x00"))).to.equal(false);
    for (const bit of [1490, 1537, 1783]) {
      const less = bloom.map((byte, at) => (at === 255 - (bit >> 3) ? byte & ~(1 << (bit & 7)) : byte));
      expect(mayHold(less, bloomBits("0x"))).to.equal(false);
    }
  });
});
