import { expect } from "chai";
import { AbiCoder, id } from "ethers";
import type { SolidlyGeneration } from "../../../bot/config/chains/chain.ts";
import type { Curve } from "../../../bot/domain/curve.ts";
import { isRefusal } from "../../../bot/domain/quote.ts";
import { checkedSwap } from "../../../bot/venues/solidly/checkedSwap.ts";
import { feeDenominators } from "../../../bot/venues/solidly/pool.ts";
import { type SolidlyPool, type SolidlyState, solidly } from "../../../bot/venues/solidly.ts";
import { type Random, seededRandom } from "../../support/random.ts";

const [token0, token1] = ["0x000000000000000000000000000000000000000A", "0x000000000000000000000000000000000000000b"];
const kinds = (["solidly", "velodromeV2", "camelotV2"] as const).flatMap((generation) =>
  [false, true].map((stable) => ({ generation, stable, kind: `${stable ? "stable" : "volatile"} ${generation}` })),
);

function poolOf(generation: SolidlyGeneration, stable: boolean, units: readonly [bigint, bigint]): SolidlyPool {
  const address = "0x000000000000000000000000000000000000bA17";
  const factory = "0x0000000000000000000000000000000000000fac";
  const parts = { venue: "solidly", deployment: "Test", id: address, address, factory, units } as const;
  return generation === "camelotV2"
    ? { ...parts, generation, tokens: [token0, token1] }
    : { ...parts, generation, tokens: [token0, token1], stable };
}

function stateOf(stable: boolean, reserves: readonly [bigint, bigint], fees: readonly [bigint, bigint]): SolidlyState {
  return { reserves, fees, stable, paused: false, ownerFeeShare: 0n };
}

function curveOf(pool: SolidlyPool, state: SolidlyState, tokenIn = token0): Curve<SolidlyState> {
  const curve = solidly.curve(pool, state, tokenIn, tokenIn === token0 ? token1 : token0);
  if (isRefusal(curve)) throw new Error(curve.detail);
  return curve as Curve<SolidlyState>;
}

/** Draws a number of any size up to `max`, small ones as often as large ones. */
function anySize(random: Random, max: bigint): bigint {
  const digits = BigInt(max.toString().length);
  const drawn = random.bigint(1n, 10n ** random.bigint(0n, digits));
  return drawn < max ? drawn : max;
}

for (const { generation, stable, kind } of kinds) {
  const denominator = feeDenominators[generation];

  describe(`the curve of a ${kind} pair`, () => {
    it("quotes what the pair's own arithmetic gives, in 4000 states of any size and shape", () => {
      const random = seededRandom(7);
      let paid = 0;
      for (let count = 0; count < 4_000; count++) {
        const units = [10n ** random.pick([6n, 8n, 18n]), 10n ** random.pick([6n, 18n, 18n, 20n])] as const;
        const whole = anySize(random, 10n ** 12n);
        const lean = random.bigint(1n, 300n);
        const reserves = random.pick([
          [whole * units[0] + random.bigint(0n, units[0]), whole * units[1] + random.bigint(0n, units[1])],
          [(whole * units[0] * lean) / 100n + 1n, whole * units[1] + random.bigint(0n, units[1])],
          [anySize(random, 10n ** 33n), anySize(random, 10n ** 33n)],
        ] as const);
        const state = stateOf(stable, reserves, [random.pick([0n, 1n, 30n, 400n]), denominator]);
        const pool = poolOf(generation, stable, units);
        const amountIn = random.pick([anySize(random, reserves[0] * 3n), anySize(random, 10n ** 40n)]);
        const quoted = curveOf(pool, state).quote(amountIn);
        const terms = { generation, stable, fee: state.fees[0], reserveIn: reserves[0], reserveOut: reserves[1] };
        const expected = checkedSwap({ ...terms, unitIn: units[0], unitOut: units[1] }, amountIn);
        expect(quoted, `${amountIn} into ${reserves}, units ${units}`).to.deep.equal(expected);
        if (!isRefusal(quoted)) paid++;
      }
      expect(paid, "quotes that pay").to.be.greaterThan(1_500);
    });

    it("estimates every quote of a thousand units or more within a part in 10^9 and the roundings of the integers", () => {
      const random = seededRandom(8);
      for (let count = 0; count < 1_000; count++) {
        const units = [10n ** random.pick([6n, 8n, 18n]), 10n ** random.pick([6n, 18n])] as const;
        const whole = random.bigint(1_000n, 10n ** 9n);
        const reserves = [whole * units[0] + 3n, (whole * units[1] * random.bigint(20n, 500n)) / 100n] as const;
        const state = stateOf(stable, reserves, [random.pick([1n, 30n]), 0n]);
        const curve = curveOf(poolOf(generation, stable, units), state);
        const amountIn = anySize(random, reserves[0] * 2n) + 1_000n;
        const quoted = curve.quote(amountIn);
        if (isRefusal(quoted)) continue;
        const estimated = curve.estimate(Number(amountIn));
        // A unit of the input, of which the fee may be rounded, a unit of the output, and 10^-9 of it.
        const allowance = 2 + 2 * curve.rate + Number(quoted) * 1e-9;
        const off = Math.abs(estimated - Number(quoted));
        expect(off < allowance, `${amountIn} into ${reserves}: off by ${off}`).to.equal(true);
      }
    });

    it("estimates no less for more, nothing for nothing, and never better than its rate", () => {
      const curve = curveOf(
        poolOf(generation, stable, [10n ** 6n, 10n ** 18n]),
        stateOf(stable, [10n ** 12n, 2n * 10n ** 24n], [25n, 25n]),
      );
      expect(curve.estimate(0)).to.equal(0);
      let last = 0;
      for (let amountIn = 1; amountIn < 1e18; amountIn *= 1.01) {
        const estimated = curve.estimate(amountIn);
        expect(estimated >= last, `${estimated} for ${amountIn} after ${last}`).to.equal(true);
        expect(estimated / amountIn <= curve.rate * (1 + 1e-12), `rate at ${amountIn}`).to.equal(true);
        last = estimated;
      }
      expect(Math.abs(curve.estimate(1) / curve.rate - 1) < 1e-9, "rate").to.equal(true);
    });

    it("offers nothing to a search where a reserve is empty", () => {
      for (const reserves of [
        [0n, 10n ** 18n],
        [10n ** 18n, 0n],
      ] as const) {
        const curve = curveOf(poolOf(generation, stable, [10n ** 6n, 10n ** 18n]), stateOf(stable, reserves, [1n, 1n]));
        expect(curve.rate).to.equal(0);
        expect(curve.estimate(1e9)).to.equal(0);
        expect(curve.product).to.equal(undefined);
      }
    });

    it("keeps the fee of the token that goes in", () => {
      const [pool, state] = [
        poolOf(generation, stable, [10n ** 18n, 10n ** 18n]),
        stateOf(stable, [10n ** 24n, 10n ** 24n], [0n, denominator / 100n]),
      ];
      const there = curveOf(pool, state, token0).quote(10n ** 18n) as bigint;
      const back = curveOf(pool, state, token1).quote(10n ** 18n) as bigint;
      expect((back * 1_000n + there / 2n) / there).to.equal(990n);
    });

    it("gives the state after a swap, or its refusal", () => {
      const state = { ...stateOf(stable, [10n ** 24n, 10n ** 24n], [50n, 20n]), ownerFeeShare: 40_000n };
      const amountIn = 123_456_789_012_345_678_901n;
      const curve = curveOf(poolOf(generation, stable, [10n ** 18n, 10n ** 18n]), state, token1);
      const amountOut = curve.quote(amountIn) as bigint;
      const fee = (amountIn * 20n) / denominator;
      const gone = { solidly: fee, velodromeV2: fee, camelotV2: stable ? (amountIn * 20n * 40_000n) / 10n ** 10n : 0n };
      expect(curve.after(amountIn)).to.deep.equal({
        ...state,
        reserves: [10n ** 24n - amountOut, 10n ** 24n + amountIn - gone[generation]],
      });
      expect(curve.after(0n)).to.deep.equal(curve.quote(0n));
    });
  });
}

describe("the curve of a volatile pair as a product", () => {
  for (const { generation } of kinds.filter(({ stable }) => !stable)) {
    it(`is its reserves and what the fee keeps: ${generation}`, () => {
      const denominator = Number(feeDenominators[generation]);
      const curve = curveOf(poolOf(generation, false, [1n, 1n]), stateOf(false, [1_000n, 5_000n], [100n, 0n]));
      expect(curve.product).to.deep.equal({ reserveIn: 1_000, reserveOut: 5_000, kept: 1 - 100 / denominator });
      expect(curve.limitIn).to.equal(generation === "camelotV2" ? 2 ** 112 : Number.POSITIVE_INFINITY);
    });
  }
});

describe("the events of Solidly pairs", () => {
  const pool = poolOf("camelotV2", false, [1n, 1n]);
  const state = stateOf(false, [1n, 2n], [3n, 4n]);

  function log(signature: string, ...words: readonly bigint[]) {
    const data = AbiCoder.defaultAbiCoder().encode(
      words.map(() => "uint256"),
      words,
    );
    return { address: pool.address, topics: [id(signature)], data };
  }

  for (const { what, event, expected } of [
    {
      what: "the reserves of the first generations",
      event: log("Sync(uint256,uint256)", 5n, 6n),
      expected: { ...state, reserves: [5n, 6n] },
    },
    {
      what: "Camelot V2's reserves",
      event: log("Sync(uint112,uint112)", 5n, 6n),
      expected: { ...state, reserves: [5n, 6n] },
    },
    {
      what: "Camelot V2's fees",
      event: log("FeePercentUpdated(uint16,uint16)", 5n, 6n),
      expected: { ...state, fees: [5n, 6n] },
    },
    {
      what: "Camelot V2's curve",
      event: log("SetStableSwap(bool,bool)", 0n, 1n),
      expected: { ...state, stable: true },
    },
    { what: "an event of another shape", event: log("Sync(uint256,uint256)", 5n), expected: "read" },
    { what: "another event", event: log("Other(uint256,uint256)", 5n, 6n), expected: "read" },
  ]) {
    it(`tell ${what}`, () => {
      expect(solidly.follow?.apply(pool, state, event)).to.deep.equal(expected);
    });
  }

  it("are asked for by their topics, at the pair", () => {
    expect(solidly.follow?.topics).to.deep.equal(
      [
        "Sync(uint256,uint256)",
        "Sync(uint112,uint112)",
        "FeePercentUpdated(uint16,uint16)",
        "SetStableSwap(bool,bool)",
      ].map((signature) => id(signature)),
    );
    expect(solidly.follow?.source(pool)).to.deep.equal({ address: pool.address });
  });
});
