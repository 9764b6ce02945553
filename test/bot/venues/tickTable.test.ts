import { expect } from "chai";
import { maxTick, minTick } from "../../../bot/venues/concentratedLiquidity.ts";
import {
  boundsOf,
  nextInitialized,
  nextStopInWord,
  tickTable,
  wordOf,
  wordsAround,
} from "../../../bot/venues/tickTable.ts";

const bit = (n: number) => 1n << BigInt(n);

describe("tick table", () => {
  // Words -1 and 0 of a table with a bit for every 60 ticks; ticks -120, 0 and 600.
  const table = tickTable(60, -1, [bit(254), bit(0) | bit(10)]);

  it("lists the ticks of its bits", () => {
    expect(table.ticks).to.deep.equal([-120, 0, 600]);
    expect(boundsOf(table)).to.deep.equal({ lower: -256 * 60, upper: 255 * 60 });
  });

  it("rounds toward minus infinity, below zero as well", () => {
    expect([wordOf(-1, 60), wordOf(-60, 60), wordOf(0, 60), wordOf(255 * 60 + 59, 60)]).to.deep.equal([-1, -1, 0, 0]);
    expect([wordOf(-256 * 60, 60), wordOf(-256 * 60 - 1, 60), wordOf(256 * 60, 60)]).to.deep.equal([-1, -2, 1]);
  });

  it("counts the tick itself downward, and not upward", () => {
    expect(nextStopInWord(table, 0, true)).to.deep.equal({ tick: 0, index: 1 });
    expect(nextStopInWord(table, 0, false)).to.deep.equal({ tick: 600, index: 2 });
    expect(nextStopInWord(table, -1, true)).to.deep.equal({ tick: -120, index: 0 });
    expect(nextInitialized(table, -121, false)).to.deep.equal({ tick: -120, index: 0 });
  });

  it("stops at the edge of a word in which nothing follows", () => {
    expect(nextStopInWord(table, 601, false), "upward").to.deep.equal({ tick: 255 * 60, index: undefined });
    expect(nextStopInWord(table, -121, true), "downward").to.deep.equal({ tick: -256 * 60, index: undefined });
    // Upward from the last slot of word -1 the pool looks into word 0, and downward from tick 59 into word 0 too.
    expect(nextStopInWord(table, -1, false), "into the next word").to.deep.equal({ tick: 0, index: 1 });
    expect(nextStopInWord(table, 59, true)).to.deep.equal({ tick: 0, index: 1 });
    // Tick -61 stands in the slot of -120, and the last slot of its word follows, empty.
    expect(nextStopInWord(table, -61, false)).to.deep.equal({ tick: -60, index: undefined });
  });

  it("knows nothing beyond its window", () => {
    expect(nextStopInWord(table, 255 * 60, false)).to.equal(undefined);
    expect(nextStopInWord(table, -256 * 60 - 1, true)).to.equal(undefined);
    expect(nextInitialized(table, 600, false)).to.equal(undefined);
    expect(nextInitialized(table, -121, true)).to.equal(undefined);
  });

  it("ends at the outermost ticks", () => {
    const all = wordsAround(0, 60, maxTick);
    const empty = tickTable(
      60,
      all[0] ?? 0,
      all.map(() => 0n),
    );
    expect(boundsOf(empty)).to.deep.equal({ lower: minTick, upper: maxTick });
    expect(nextStopInWord(empty, minTick, true)).to.deep.equal({ tick: minTick, index: undefined });
    expect(nextStopInWord(empty, maxTick - 100, false)).to.deep.equal({ tick: maxTick, index: undefined });
  });
});
