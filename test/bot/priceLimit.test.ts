import { expect } from "chai";
import { getAddress, toBeHex } from "ethers";
import { isRefusal } from "../../bot/domain/quote.ts";
import { reserveRatioLimitDown, rootPriceLimit, stableRatioLimitDown } from "../../bot/venues/priceLimit.ts";
import { type SolidlyPool, type SolidlyState, solidly } from "../../bot/venues/solidly.ts";
import { type Random, seededRandom } from "../support/random.ts";

const [token0, token1] = [getAddress(toBeHex(1, 20)), getAddress(toBeHex(2, 20))];
const e18 = 10n ** 18n;
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
    const stableLimit: typeof rootPriceLimit = (swap, least) => stableRatioLimitDown(swap, least, [e18, e18]);
    for (const limit of [reserveRatioLimitDown, rootPriceLimit, stableLimit]) {
      expect(limit({ ...zeroForOne, amountIn: 0n }, leastOut)).to.equal(0n);
      expect(limit(zeroForOne, 0n)).to.equal(0n);
      expect(limit({ ...zeroForOne, amountIn: 1n }, 2n ** 200n)).to.equal(0n);
    }
  });
});

describe("bot: the price limit of a pair of Solidly", () => {
  /** A pair of any decimals and any shape, and what it is asked. */
  function draw(random: Random, generation: SolidlyPool["generation"], stable: boolean) {
    const units = [10n ** random.pick([6n, 8n, 18n]), 10n ** random.pick([6n, 18n])] as const;
    const address = getAddress(toBeHex(3, 20));
    const parts = { venue: "solidly", deployment: "Test", id: address, address, factory: address } as const;
    const tokens = [token0, token1] as const;
    const pool: SolidlyPool =
      generation === "camelotV2"
        ? { ...parts, units, tokens, generation }
        : { ...parts, units, tokens, generation, stable };
    const side = (unit: bigint) => random.bigint(1n, 10_000n) * 1_000n * unit + random.bigint(0n, unit);
    const reserves = [side(units[0]), side(units[1])] as const;
    const state: SolidlyState = { reserves, fees: [1n, 1n], stable, paused: false, ownerFeeShare: 0n };
    const [i, o] = random.pick([[0, 1] as const, [1, 0] as const]);
    const amountIn = reserves[i] / random.pick([10n, 1_000n, 100_000n]);
    const swap = { tokenIn: tokens[i], tokenOut: tokens[o], amountIn };
    const ratioDown = (reserves[o] << 80n) / reserves[i];
    const scaled = [(reserves[i] * e18) / units[i], (reserves[o] * e18) / units[o]] as const;
    return { pool, state, swap, ratioDown, scaled, units: [units[i], units[o]] as const };
  }

  const limitOf = ({ pool, swap }: ReturnType<typeof draw>, leastOut: bigint) =>
    solidly.priceLimit?.(pool, swap, leastOut) ?? 0n;

  const kinds = (["solidly", "velodromeV2", "camelotV2"] as const).flatMap((generation) =>
    [false, true].map((stable) => ({ generation, stable })),
  );
  for (const { generation, stable } of kinds) {
    it(`ends no order that a ${stable ? "stable" : "volatile"} pair of ${generation} can pay`, () => {
      const random = seededRandom(43);
      let quoted = 0;
      for (let round = 0; round < 1_000; round++) {
        const drawn = draw(random, generation, stable);
        const quote = solidly.quote(drawn.pool, drawn.state, drawn.swap);
        if (isRefusal(quote)) continue;
        quoted += 1;
        const limit = limitOf(drawn, quote);
        expect(limit <= drawn.ratioDown, `${limit} at ${drawn.ratioDown}`).to.equal(true);
      }
      expect(quoted).to.be.greaterThan(900);
    });
  }

  it("ends an order that the spot price of a stable pair cannot pay, by one part in 10^9", () => {
    const random = seededRandom(44);
    for (let round = 0; round < 1_000; round++) {
      const drawn = draw(random, "solidly", true);
      const { swap, ratioDown, scaled, units } = drawn;
      const [x, y] = scaled;
      const price = [y * (3n * x * x + y * y), x * (x * x + 3n * y * y)] as const;
      const fairOut = (swap.amountIn * units[1] * price[0]) / (units[0] * price[1]);
      const limit = limitOf(drawn, fairOut + fairOut / 10n ** 9n + 2n);
      expect(limit > ratioDown, `${limit} at ${ratioDown}`).to.equal(true);
    }
  });

  it("is a limit of a pair of Camelot V2 too where both of its curves give one", () => {
    const random = seededRandom(45);
    const { pool } = draw(random, "camelotV2", false);
    const swap = { tokenIn: token0, tokenOut: token1, amountIn: pool.units[0] };
    const leastOut = 3_000n * pool.units[1];
    expect(solidly.priceLimit?.(pool, swap, leastOut)).to.equal(reserveRatioLimitDown(swap, leastOut));
    const cheap = pool.units[1] / 3_000n;
    expect(solidly.priceLimit?.(pool, swap, cheap)).to.equal(stableRatioLimitDown(swap, cheap, pool.units));
  });
});
