import { expect } from "chai";
import { differenceOf } from "../../bot/domain/difference.ts";

describe("bot: difference", () => {
  const state = () => ({
    reserves: [1n, 2n],
    ticks: new Map([[5, { net: -1n }]]),
    words: new BigInt64Array([1n, 2n]),
    paused: new Set(["a"]),
    fee: undefined as bigint | undefined,
  });

  it("is none between equal data", () => {
    expect(differenceOf(state(), state())).to.equal(undefined);
    expect(differenceOf(Number.NaN, Number.NaN)).to.equal(undefined);
    expect(differenceOf(null, null)).to.equal(undefined);
  });

  it("is named by its place, with both values", () => {
    const cases: [(whole: ReturnType<typeof state>) => unknown, string][] = [
      [(changed) => ({ ...changed, reserves: [1n, 3n] }), "reserves[1] is 3n, not 2n"],
      [(changed) => ({ ...changed, reserves: [1n] }), "reserves[1] is not there, but 2n"],
      [(changed) => ({ ...changed, ticks: new Map([[5, { net: 1n }]]) }), "ticks[5].net is 1n, not -1n"],
      [(changed) => ({ ...changed, ticks: new Map() }), "ticks[5] is not there, but an object"],
      [(changed) => ({ ...changed, words: new BigInt64Array([1n, 5n]) }), "words[1] is 5n, not 2n"],
      [(changed) => ({ ...changed, paused: new Set(["b"]) }), "paused.b is b, not there"],
      [(changed) => ({ ...changed, fee: 1n }), "fee is 1n, not undefined"],
      [(changed) => ({ ...changed, reserves: { 0: 1n, 1: 2n } }), "reserves is an object, not a list of 2"],
      [() => null, "it is null, not an object"],
    ];
    for (const [change, difference] of cases) expect(differenceOf(change(state()), state())).to.equal(difference);
  });
});
