import { expect } from "chai";
import {
  maxTick,
  minTick,
  priceAfterToken0Up,
  sqrtDown,
  sqrtPriceAtTick,
  tickAtSqrtPrice,
} from "../../../bot/venues/concentratedLiquidity.ts";
import { stepExactIn, tickBelow } from "../../support/plainSwap.ts";
import { seededRandom } from "../../support/random.ts";

const one = 2n ** 96n;

describe("concentrated liquidity", () => {
  it("prices the outermost ticks and tick 0 as every pool does", () => {
    // MIN_SQRT_RATIO and MAX_SQRT_RATIO of Uniswap V3 and Algebra.
    expect(sqrtPriceAtTick(minTick)).to.equal(4295128739n);
    expect(sqrtPriceAtTick(maxTick)).to.equal(1461446703485210103287273052203988822378723970342n);
    expect(sqrtPriceAtTick(0)).to.equal(one);
  });

  it("refuses a tick beyond them", () => {
    expect(() => sqrtPriceAtTick(maxTick + 1)).to.throw(RangeError, "887273");
  });

  it("finds the tick of a price: that of its own, and the one below for a unit less", () => {
    const random = seededRandom(1);
    for (let i = 0; i < 50; i++) {
      const tick = Number(random.bigint(BigInt(minTick) + 1n, BigInt(maxTick)));
      expect(tickAtSqrtPrice(sqrtPriceAtTick(tick)), "at the tick").to.equal(tick);
      expect(tickAtSqrtPrice(sqrtPriceAtTick(tick) - 1n), "below the tick").to.equal(tick - 1);
    }
  });

  it("finds the same tick as a bisection, between ticks and over the whole range", () => {
    const random = seededRandom(3);
    for (let i = 0; i < 400; i++) {
      const price = random.bigint(2n ** random.bigint(32n, 160n), 2n ** 160n) >> random.bigint(0n, 127n);
      expect(tickAtSqrtPrice(price), String(price)).to.equal(tickBelow(price));
    }
    expect(tickAtSqrtPrice(0n), "below the range").to.equal(minTick);
    expect(tickAtSqrtPrice(2n ** 200n), "above the range").to.equal(maxTick);
  });

  it("rounds a square root down", () => {
    for (const root of [0n, 1n, 2n, 3n, 12_345_678_901_234_567_890n]) {
      expect(sqrtDown(root * root)).to.equal(root);
      if (root > 1n) expect(sqrtDown(root * root - 1n)).to.equal(root - 1n);
    }
  });

  it("spends the input to the last unit on a step that does not reach its target, and never passes the target", () => {
    const random = seededRandom(2);
    for (let i = 0; i < 500; i++) {
      const zeroToOne = random.pick([true, false]);
      const price = random.bigint(one >> 20n, one << 20n);
      const distance = random.bigint(1n, price >> random.bigint(1n, 30n));
      const target = zeroToOne ? price - distance : price + distance;
      const available = random.bigint(1n, 2n ** random.bigint(1n, 100n));
      const liquidity = random.bigint(1n, 2n ** random.bigint(10n, 100n));
      const step = stepExactIn({ zeroToOne, price, target, liquidity, available, fee: random.bigint(0n, 20_000n) });
      const spent = step.amountIn + step.feeAmount;
      if (step.price === target) expect(spent <= available, "spent at most").to.equal(true);
      else expect(spent, "spent").to.equal(available);
      expect(zeroToOne ? step.price >= target : step.price <= target, "short of the target").to.equal(true);
    }
  });

  it("divides before it multiplies where the exact price would not fit in 256 bits", () => {
    const price = priceAfterToken0Up(2n ** 159n, 2n ** 100n, 2n ** 98n);
    // ceil(2^196 / (floor(2^196 / 2^159) + 2^98)), and not 2^196 * 2^159 / (2^196 + 2^257).
    const scaled = 2n ** 196n;
    const divisor = 2n ** 37n + 2n ** 98n;
    expect(price).to.equal((scaled + divisor - 1n) / divisor);
  });
});
