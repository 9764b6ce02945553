import { expect } from "chai";
import type { Curve } from "../../../bot/domain/curve.ts";
import { isRefusal, type Refusal } from "../../../bot/domain/quote.ts";
import { concentratedCurve } from "../../../bot/venues/concentratedCurve.ts";
import {
  maxSqrtPriceX96,
  maxTick,
  minSqrtPriceX96,
  minTick,
  sqrtPriceAtTick,
  tickAtSqrtPrice,
} from "../../../bot/venues/concentratedLiquidity.ts";
import type { ConcentratedState, Direction, Tick } from "../../../bot/venues/concentratedSteps.ts";
import { isNear } from "../../support/near.ts";
import { plainSwap } from "../../support/plainSwap.ts";
import { type Random, seededRandom } from "../../support/random.ts";

interface Position {
  readonly from: number;
  readonly to: number;
  readonly liquidity: bigint;
}

/** A pool of these positions at a price, all of its ticks known. */
function poolOf(positions: readonly Position[], sqrtPriceX96: bigint): ConcentratedState {
  const tick = tickAtSqrtPrice(sqrtPriceX96);
  const ends = [...new Set(positions.flatMap(({ from, to }) => [from, to]))].sort((a, b) => a - b);
  const sum = (parts: readonly bigint[]) => parts.reduce((all, part) => all + part, 0n);
  const ticks: readonly Tick[] = ends.map((at) => {
    const above = sum(positions.filter(({ from }) => from === at).map(({ liquidity }) => liquidity));
    const below = sum(positions.filter(({ to }) => to === at).map(({ liquidity }) => liquidity));
    return { tick: at, liquidityNet: above - below, liquidityGross: above + below };
  });
  const inRange = positions.filter(({ from, to }) => from <= tick && tick < to).map(({ liquidity }) => liquidity);
  return { sqrtPriceX96, tick, liquidity: sum(inRange), window: { lower: minTick, upper: maxTick, ticks } };
}

/** A pool with 1 to 12 positions, of which some share ticks, and gaps between some of them. */
function randomPool(random: Random, spacing: number): ConcentratedState {
  const snapped = (tick: number) => Math.round(Math.min(Math.max(tick, -880_000), 880_000) / spacing) * spacing;
  const center = Number(random.bigint(0n, 400_000n)) - 200_000;
  const positions = Array.from({ length: Number(random.bigint(1n, 12n)) }, () => {
    const width = Number(random.bigint(1n, random.pick([20n, 400n, 20_000n])));
    const from = snapped(center + Number(random.bigint(0n, 4n * BigInt(width))) - 2 * width);
    return { from, to: Math.max(snapped(from + width * 2), from + spacing), liquidity: 10n ** random.bigint(9n, 24n) };
  });
  // At a tick, a unit beside it, or anywhere.
  const [first] = positions;
  const at = random.pick([center, center, first?.from ?? center]);
  return poolOf(positions, sqrtPriceAtTick(at) + random.pick([0n, 1n, -1n, 1_234_567n]));
}

function directionOf(random: Random, spacing: number, stops: Direction["stops"]): Direction {
  return { zeroToOne: random.pick([true, false]), fee: random.bigint(0n, 20_000n), spacing, stops };
}

function curveOf(state: ConcentratedState, direction: Direction): Curve<ConcentratedState> {
  const curve = concentratedCurve(state, direction);
  if (isRefusal(curve)) throw new Error(`${curve.refused}: ${curve.detail}`);
  return curve;
}

const orRefused = <T>(value: T | Refusal): T | string => (isRefusal(value) ? value.refused : value);

/** What the pools' own loop says of a swap, in the terms of a curve. */
function expected(state: ConcentratedState, direction: Direction, amountIn: bigint) {
  const { amountOut, left, ...place } = plainSwap(state, direction, amountIn);
  if (left > 0n) return { out: "insufficient-liquidity", after: "insufficient-liquidity" };
  if (amountOut === 0n) return { out: "zero-output", after: "zero-output" };
  return { out: amountOut, after: { ...state, ...place } };
}

const toZero: Direction = { zeroToOne: true, fee: 3_000n, spacing: 60, stops: "words" };
const toOne: Direction = { ...toZero, zeroToOne: false };
const one = 2n ** 96n;

describe("concentrated liquidity, curve", () => {
  for (const [stops, spacing, pools] of [
    ["words", 1, 12],
    ["words", 10, 60],
    ["words", 60, 120],
    ["linked", 1, 120],
  ] as const) {
    it(`pays what the pools' loop pays and leaves what it leaves, ${stops} of ${spacing}`, () => {
      const random = seededRandom(spacing + stops.length);
      const seen = { paid: 0, crossed: 0, exhausted: 0 };
      for (let i = 0; i < pools; i++) {
        const state = randomPool(random, stops === "linked" ? 60 : spacing);
        const direction = directionOf(random, spacing, stops);
        const curve = curveOf(state, direction);
        for (let j = 0; j < 6; j++) {
          const amountIn = random.bigint(1n, 10n ** random.bigint(1n, 30n));
          const { out, after } = expected(state, direction, amountIn);
          const label = `pool ${i}, ${amountIn} in`;
          expect(orRefused(curve.quote(amountIn)), label).to.equal(out);
          expect(orRefused(curve.after(amountIn)), label).to.deep.equal(after);
          seen.paid += typeof out === "bigint" ? 1 : 0;
          seen.crossed += typeof after !== "string" && after.liquidity !== state.liquidity ? 1 : 0;
          seen.exhausted += out === "insufficient-liquidity" ? 1 : 0;
        }
      }
      for (const [what, times] of Object.entries(seen)) expect(times, what).to.be.greaterThan(pools / 3);
    });
  }

  it("quotes the same from a state that shares its ticks with others as from one of its own", () => {
    const random = seededRandom(5);
    for (let i = 0; i < 60; i++) {
      let state = randomPool(random, 60);
      for (let j = 0; j < 8; j++) {
        const direction = directionOf(random, 60, "words");
        if (isRefusal(concentratedCurve(state, direction))) break;
        const curve = curveOf(state, direction);
        const amountIn = random.bigint(1n, 10n ** random.bigint(6n, 26n));
        const { out, after } = expected(state, direction, amountIn);
        expect(orRefused(curve.quote(amountIn))).to.equal(out);
        if (typeof after !== "string") state = after;
      }
    }
  });

  it("does not take a state for another that has the same ticks and contradicts it", () => {
    const state = poolOf([{ from: -600, to: 600, liquidity: 10n ** 18n }], one);
    const other = { ...state, liquidity: 3n * 10n ** 18n };
    const beyond = 10n ** 17n;
    for (const each of [state, other, state]) {
      expect(curveOf(each, toZero).quote(10n ** 15n)).to.equal(plainSwap(each, toZero, 10n ** 15n).amountOut);
      expect(orRefused(curveOf(each, toZero).quote(beyond))).to.equal(expected(each, toZero, beyond).out);
    }
  });

  it("lands below a tick that is reached from above, and on one that is reached from below", () => {
    const positions = [
      { from: -600, to: 600, liquidity: 10n ** 18n },
      { from: -120, to: 120, liquidity: 10n ** 18n },
    ];
    const state = poolOf(positions, one + 12_345n);
    for (const [direction, at, tick] of [
      [toZero, -120, -121],
      [toOne, 120, 120],
    ] as const) {
      const curve = curveOf(state, direction);
      // The least input that reaches the tick.
      let [short, enough] = [0n, 10n ** 18n];
      while (enough - short > 1n) {
        const middle = (short + enough) / 2n;
        const after = curve.after(middle);
        if (!isRefusal(after) && after.sqrtPriceX96 !== sqrtPriceAtTick(at) && after.liquidity === 2n * 10n ** 18n) {
          short = middle;
        } else enough = middle;
      }
      const landed = curve.after(enough);
      expect(landed).to.deep.include({ sqrtPriceX96: sqrtPriceAtTick(at), tick, liquidity: 10n ** 18n });
      expect(landed).to.deep.equal({ ...state, ...placeOf(state, direction, enough) });
      // A unit more moves the price no further, and a pool leaves its tick alone then.
      expect(curve.after(enough + 1n)).to.deep.equal({ ...state, ...placeOf(state, direction, enough + 1n) });
      if (isRefusal(landed)) throw new Error("The swap was refused.");
      for (const onward of [toZero, toOne]) {
        expect(curveOf(landed, onward).quote(10n ** 15n)).to.equal(plainSwap(landed, onward, 10n ** 15n).amountOut);
      }
    }
  });

  it("loses a unit at the edge of an empty word, where linked ticks do not", () => {
    const state = poolOf([{ from: -60_000, to: 60_000, liquidity: 123_456_789_012n }], one);
    const differences = new Set<bigint>();
    for (let amountIn = 10n ** 11n; amountIn < 10n ** 11n + 40n; amountIn++) {
      const words = curveOf(state, { ...toZero, spacing: 1 }).quote(amountIn);
      const linked = curveOf(state, { ...toZero, spacing: 1, stops: "linked" }).quote(amountIn);
      if (isRefusal(words) || isRefusal(linked)) throw new Error("The swap was refused.");
      expect(words).to.equal(plainSwap(state, { ...toZero, spacing: 1 }, amountIn).amountOut);
      differences.add(linked - words);
    }
    expect(differences.has(0n), "always equal").to.equal(false);
  });

  it("crosses stretches without liquidity for nothing", () => {
    const positions = [
      { from: -6_000, to: -3_000, liquidity: 10n ** 20n },
      { from: 3_000, to: 6_000, liquidity: 10n ** 20n },
    ];
    const state = poolOf(positions, one);
    expect(state.liquidity).to.equal(0n);
    for (const direction of [toZero, toOne]) {
      const curve = curveOf(state, direction);
      const amountIn = 10n ** 18n;
      expect(curve.quote(amountIn)).to.equal(plainSwap(state, direction, amountIn).amountOut);
      // The best rate is that at the near end of the liquidity.
      const rate = Number(curve.quote(10n ** 12n)) / 1e12;
      expect(curve.rate).to.be.within(rate, rate * (1 + 1e-6));
    }
  });

  it("stops at the lowest and the highest price", () => {
    const wide = { from: minTick, to: maxTick, liquidity: 10n ** 6n };
    for (const [direction, limit, tick] of [
      [toZero, minSqrtPriceX96, minTick],
      [toOne, maxSqrtPriceX96, maxTick - 1],
    ] as const) {
      const state = poolOf([wide], one);
      const curve = curveOf(state, direction);
      const all = 10n ** 40n;
      const { left } = plainSwap(state, direction, all);
      expect(left > 0n, "left").to.equal(true);
      const landed = curve.after(all - left);
      expect(landed).to.deep.include({ sqrtPriceX96: limit, tick, liquidity: 10n ** 6n });
      expect(curve.quote(all - left + 1n)).to.deep.equal({
        refused: "insufficient-liquidity",
        detail: `1 of ${all - left + 1n} units find no liquidity`,
      });
      expect(concentratedCurve({ ...state, sqrtPriceX96: limit }, direction)).to.deep.include({
        refused: "insufficient-liquidity",
      });
    }
  });

  it("divides first where the exact price would not fit in 256 bits, as the pools do", () => {
    const state = poolOf([{ from: -600, to: 887_220, liquidity: 10n ** 30n }], 2n ** 158n);
    for (const amountIn of [2n ** 97n, 2n ** 99n + 12_345n, 2n ** 100n]) {
      const { out, after } = expected(state, toZero, amountIn);
      expect(orRefused(curveOf(state, toZero).quote(amountIn))).to.equal(out);
      expect(orRefused(curveOf(state, toZero).after(amountIn))).to.deep.equal(after);
    }
  });

  it("refuses what no pool takes", () => {
    const curve = curveOf(poolOf([{ from: -600, to: 600, liquidity: 10n ** 18n }], one), toZero);
    for (const ask of [curve.quote, curve.after]) {
      expect(ask(0n)).to.deep.include({ refused: "zero-amount" });
      expect(ask(-1n)).to.deep.include({ refused: "zero-amount" });
      expect(ask(1n)).to.deep.include({ refused: "zero-output" });
      expect(ask(2n ** 255n)).to.deep.include({ refused: "over-limit" });
      expect(ask(2n ** 255n - 1n)).to.deep.include({ refused: "insufficient-liquidity" });
    }
  });

  describe("at the end of what is known", () => {
    const whole = poolOf([{ from: -6_000, to: 6_000, liquidity: 10n ** 18n }], one);
    const window = { lower: -15_360, upper: 15_300, ticks: whole.window.ticks };
    const narrow = { lower: -600, upper: 600, ticks: [] };

    it("quotes to the end of a window of words and refuses beyond", () => {
      const empty = { ...whole, window: { ...window, ticks: [] } };
      for (const direction of [toZero, toOne]) {
        const curve = curveOf(empty, direction);
        const limit = BigInt(Math.floor(curve.limitIn));
        expect(curve.quote(limit)).to.equal(plainSwap(empty, direction, limit).amountOut);
        expect(curve.quote(limit + limit / 1_000n)).to.deep.include({ refused: "beyond-snapshot" });
      }
    });

    it("does not take the end of a window for a stop where ticks are linked", () => {
      const linked: Direction = { ...toZero, stops: "linked" };
      const state = { ...whole, window: narrow };
      const curve = curveOf(state, linked);
      const limit = BigInt(Math.floor(curve.limitIn));
      expect(curve.quote(limit - 2n)).to.equal(plainSwap(whole, linked, limit - 2n).amountOut);
      const reached = plainSwap({ ...whole, window: { ...narrow, lower: minTick } }, toZero, limit);
      expect(reached.left).to.equal(0n);
      expect(curve.quote(limit + limit / 10n ** 9n)).to.deep.include({ refused: "beyond-snapshot" });
    });

    it("refuses to reach limit orders, and a tick that takes more liquidity than there is", () => {
      const [first, last] = whole.window.ticks;
      if (first === undefined || last === undefined) throw new Error("The pool has no ticks.");
      const ordered = { ...whole, window: { ...whole.window, ticks: [{ ...first, hasLimitOrders: true }, last] } };
      const broken = { ...whole, window: { ...whole.window, ticks: [{ ...first, liquidityNet: 10n ** 19n }, last] } };
      const far = 10n ** 18n;
      expect(curveOf(ordered, toZero).quote(far)).to.deep.equal({
        refused: "beyond-snapshot",
        detail: "limit orders at tick -6000 are not read",
      });
      expect(curveOf(broken, toZero).quote(far)).to.deep.include({ refused: "invariant" });
      for (const state of [ordered, broken]) {
        const near = 10n ** 17n;
        expect(curveOf(state, toZero).quote(near)).to.equal(plainSwap(whole, toZero, near).amountOut);
        expect(isNear(curveOf(state, toZero).limitIn, curveOf(whole, toZero).limitIn, 1e6)).to.equal(true);
      }
    });
  });

  describe("in doubles", () => {
    it("estimates within a few parts in a billion, but for what the pools' rounding takes", () => {
      const random = seededRandom(21);
      let compared = 0;
      for (let i = 0; i < 200; i++) {
        const direction = directionOf(random, 60, "words");
        const state = randomPool(random, 60);
        const curve = curveOf(state, direction);
        for (let j = 0; j < 5; j++) {
          const amountIn = random.bigint(10n ** 12n, 10n ** random.bigint(13n, 26n));
          const out = curve.quote(amountIn);
          if (isRefusal(out) || out < 10n ** 12n) continue;
          compared += 1;
          expect(isNear(curve.estimate(Number(amountIn)) / Number(out), 1, 1e-9), `pool ${i}, ${amountIn} in`).to.equal(
            true,
          );
          expect(Number(out), "rate").to.be.at.most(Number(amountIn) * curve.rate * (1 + 1e-9));
        }
      }
      expect(compared).to.be.greaterThan(200);
    });

    it("never estimates less for more, and past the limit what the limit pays", () => {
      const random = seededRandom(22);
      for (let i = 0; i < 40; i++) {
        const curve = curveOf(randomPool(random, 60), directionOf(random, 60, "words"));
        expect(curve.estimate(0)).to.equal(0);
        let before = 0;
        for (let amountIn = 1; amountIn < 1e30; amountIn *= 1 + Number(random.bigint(0n, 50n)) / 100) {
          const out = curve.estimate(amountIn);
          expect(out, `${amountIn} in`).to.be.at.least(before);
          before = out;
          if (amountIn < 1e6) amountIn += 1;
          else amountIn += 2 ** -52 * amountIn;
        }
        const most = curve.estimate(curve.limitIn);
        for (const more of [curve.limitIn * 2, Number.POSITIVE_INFINITY]) {
          expect(curve.estimate(more)).to.be.within(most, most * (1 + 1e-10));
        }
      }
    });

    it("takes its limit from what a quote takes", () => {
      const random = seededRandom(23);
      let compared = 0;
      for (let i = 0; i < 100; i++) {
        const curve = curveOf(randomPool(random, 60), directionOf(random, 60, "words"));
        if (curve.limitIn === 0) {
          expect(isRefusal(curve.quote(10n ** 20n)), "nothing to buy").to.equal(true);
          expect(curve.rate).to.equal(0);
          continue;
        }
        if (curve.limitIn < 1e9) continue;
        compared += 1;
        expect(orRefused(curve.quote(BigInt(Math.floor(curve.limitIn)))), `pool ${i}`).to.be.a("bigint");
        const more = BigInt(Math.ceil(curve.limitIn * (1 + 1e-9))) + 10_000n;
        expect(orRefused(curve.quote(more)), `pool ${i}, more`).to.equal("insufficient-liquidity");
      }
      expect(compared).to.be.greaterThan(50);
    });
  });
});

function placeOf(state: ConcentratedState, direction: Direction, amountIn: bigint) {
  const { sqrtPriceX96, tick, liquidity } = plainSwap(state, direction, amountIn);
  return { sqrtPriceX96, tick, liquidity };
}
