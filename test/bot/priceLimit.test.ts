import { expect } from "chai";
import { getAddress, toBeHex } from "ethers";
import { reserveRatioLimitDown, rootPriceLimit } from "../../bot/venues/priceLimit.ts";

const [token0, token1] = [getAddress(toBeHex(1, 20)), getAddress(toBeHex(2, 20))];
const q96 = 2n ** 96n;

describe("bot: the worst price at which a swap can deliver enough", () => {
  const amountIn = 3n * 10n ** 18n;
  const leastOut = 7n * 10n ** 9n;
  const zeroForOne = { tokenIn: token0, tokenOut: token1, amountIn };
  const oneForZero = { tokenIn: token1, tokenOut: token0, amountIn };

  it("of a pair is the ratio of what is needed to what goes in, rounded down", () => {
    const limit = reserveRatioLimitDown(zeroForOne, leastOut);
    expect(limit * amountIn <= leastOut << 80n).to.equal(true);
    expect((limit + 1n) * amountIn > leastOut << 80n).to.equal(true);
  });

  it("of a pool that is sold token0 is a root from which on the price is enough, rounded down", () => {
    const root = rootPriceLimit(zeroForOne, leastOut);
    expect(root * root * amountIn <= leastOut * q96 * q96).to.equal(true);
    expect((root + 1n) * (root + 1n) * amountIn > leastOut * q96 * q96).to.equal(true);
  });

  it("of a pool that is sold token1 is a root up to which the price is enough, rounded up", () => {
    const root = rootPriceLimit(oneForZero, leastOut);
    expect(root * root * leastOut >= amountIn * q96 * q96).to.equal(true);
    expect((root - 2n) * (root - 2n) * leastOut < amountIn * q96 * q96).to.equal(true);
  });

  it("is none where nothing goes in, nothing is needed, or it does not fit", () => {
    for (const limit of [reserveRatioLimitDown, rootPriceLimit]) {
      expect(limit({ ...zeroForOne, amountIn: 0n }, leastOut)).to.equal(0n);
      expect(limit(zeroForOne, 0n)).to.equal(0n);
      expect(limit({ ...zeroForOne, amountIn: 1n }, 2n ** 200n)).to.equal(0n);
    }
  });
});
