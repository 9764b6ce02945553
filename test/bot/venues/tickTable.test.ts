import { expect } from "chai";
import { maxTick, minTick } from "../../../bot/venues/concentratedLiquidity.ts";
import { boundsOf, decodeWindow, tickTable, wordOf, wordsAround } from "../../../bot/venues/tickTable.ts";
import type { CallResult } from "../../../bot/venues/venue.ts";

const bit = (n: number) => 1n << BigInt(n);
const failed: CallResult = { success: false, data: "0x" };
const words = (...values: readonly bigint[]): CallResult => ({
  success: true,
  data: `0x${values.map((value) => BigInt.asUintN(256, value).toString(16).padStart(64, "0")).join("")}`,
});

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

  it("reaches a fifth of the price to either side, and no further than there are prices", () => {
    expect(wordsAround(0, 60)).to.deep.equal([-1, 0]);
    expect(wordsAround(0, 1)).to.have.lengthOf(17);
    const all = wordsAround(0, 60, maxTick);
    const empty = tickTable(
      60,
      all[0] ?? 0,
      all.map(() => 0n),
    );
    expect(boundsOf(empty)).to.deep.equal({ lower: minTick, upper: maxTick });
  });

  describe("decodes a window of ticks", () => {
    const decode = (...results: readonly CallResult[]) => decodeWindow(table, results, "tickBitmap");
    const ticks = [words(7n, -7n, 0n), words(5n, 3n, 0n), words(2n, 2n, 0n)];

    it("with gross and net liquidity, and where it begins and ends", () => {
      expect(decode(words(bit(254)), words(bit(0) | bit(10)), ...ticks)).to.deep.equal({
        lower: -256 * 60,
        upper: 255 * 60,
        ticks: [
          { tick: -120, liquidityGross: 7n, liquidityNet: -7n },
          { tick: 0, liquidityGross: 5n, liquidityNet: 3n },
          { tick: 600, liquidityGross: 2n, liquidityNet: 2n },
        ],
      });
    });

    it("without a tick that is gone", () => {
      const window = decode(words(0n), words(bit(0) | bit(10)), ...ticks);
      expect(window)
        .to.have.property("ticks")
        .that.deep.equals([
          { tick: 0, liquidityGross: 5n, liquidityNet: 3n },
          { tick: 600, liquidityGross: 2n, liquidityNet: 2n },
        ]);
    });

    it("but not with one that has not been read", () => {
      expect(decode(words(bit(254)), words(bit(0) | bit(1) | bit(10)), ...ticks)).to.deep.equal({
        refused: "beyond-snapshot",
        detail: "tickBitmap(0) is 0x403, known is 0x401",
      });
    });

    it("nor from reads that failed", () => {
      expect(decode(words(bit(254)), failed, ...ticks)).to.deep.include({ detail: "tickBitmap(0) failed" });
      expect(decode(words(bit(254)), words(bit(0) | bit(10)), words(7n, -7n), failed, words(2n, 2n))).to.deep.include({
        refused: "unreadable",
        detail: "ticks(0) failed",
      });
    });
  });
});
