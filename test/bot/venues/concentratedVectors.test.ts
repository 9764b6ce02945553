import { readFileSync } from "node:fs";
import { expect } from "chai";
import { isRefusal } from "../../../bot/domain/quote.ts";
import { concentratedCurve } from "../../../bot/venues/concentratedCurve.ts";
import { maxTick, minTick } from "../../../bot/venues/concentratedLiquidity.ts";
import type { ConcentratedState, Direction } from "../../../bot/venues/concentratedSteps.ts";
import { plainSwap } from "../../support/plainSwap.ts";

/** A pool's whole state: tick, net and gross liquidity of every initialized tick, units as decimal strings. */
interface RecordedState {
  readonly price: string;
  readonly liquidity: string;
  readonly tick: number;
  readonly feePpm: number;
  readonly tickSpacing: number;
  readonly ticks: readonly (readonly [string, string, string])[];
}

/**
 * A swap of a recorded receipt on Arbitrum, which tells what went in and out, and price, tick and liquidity afterwards.
 * The price before is the one from which the pool's formula leads there without crossing a tick.
 *
 * Not carried over of 35 such receipts are five whose swaps crossed ticks, which a receipt does not tell: those of the
 * pools 0xe726c97a…, 0xe3d2f7c0… (Ramses CL), 0x521aa84a… (Camelot V3), 0xe4e4aea5… and one of 0xc31e54c7….
 */
interface RecordedSwap {
  readonly pool: string;
  readonly txHash: string;
  readonly logIndex: number;
  readonly zeroForOne: boolean;
  readonly amountIn: string;
  readonly amountOut: string;
  readonly liquidity: string;
  readonly sqrtPriceX96Before: string;
  readonly feePpm: number;
  readonly sqrtPriceX96: string;
  readonly tick: number;
}

const { swaps, ramsesCl, camelotV3 } = JSON.parse(
  readFileSync(new URL("../../vectors/concentrated.json", import.meta.url), "utf8"),
) as {
  readonly swaps: readonly RecordedSwap[];
  readonly ramsesCl: Pick<RecordedSwap, "zeroForOne" | "amountIn" | "amountOut"> & { readonly state: RecordedState };
  readonly camelotV3: { readonly state: RecordedState };
};

function stateOf({ price, tick, liquidity, ticks }: RecordedState): ConcentratedState {
  return {
    sqrtPriceX96: BigInt(price),
    tick,
    liquidity: BigInt(liquidity),
    window: {
      lower: minTick,
      upper: maxTick,
      ticks: ticks.map(([at, net, gross]) => ({
        tick: Number(at),
        liquidityNet: BigInt(net),
        liquidityGross: BigInt(gross),
      })),
    },
  };
}

function swap(state: ConcentratedState, direction: Direction, amountIn: bigint) {
  const curve = concentratedCurve(state, direction);
  if (isRefusal(curve)) throw new Error(curve.detail);
  return { out: curve.quote(amountIn), after: curve.after(amountIn) };
}

describe("recorded swaps of concentrated liquidity", () => {
  for (const { pool, txHash, logIndex, ...recorded } of swaps) {
    it(`${pool.slice(0, 10)} pays ${recorded.amountOut} for ${recorded.amountIn} at ${recorded.feePpm} (${txHash.slice(0, 10)}, log ${logIndex})`, () => {
      const state: ConcentratedState = {
        sqrtPriceX96: BigInt(recorded.sqrtPriceX96Before),
        tick: recorded.tick,
        liquidity: BigInt(recorded.liquidity),
        window: { lower: minTick, upper: maxTick, ticks: [] },
      };
      const direction: Direction = {
        zeroToOne: recorded.zeroForOne,
        fee: BigInt(recorded.feePpm),
        spacing: 1,
        stops: "linked",
      };
      const { out, after } = swap(state, direction, BigInt(recorded.amountIn));
      expect(out).to.equal(BigInt(recorded.amountOut));
      expect(after).to.deep.include({ sqrtPriceX96: BigInt(recorded.sqrtPriceX96), tick: recorded.tick });
    });
  }

  it("pays what was simulated for the whole state of a Ramses CL pool", () => {
    const { state, zeroForOne, amountIn, amountOut } = ramsesCl;
    const direction: Direction = {
      zeroToOne: zeroForOne,
      fee: BigInt(state.feePpm),
      spacing: state.tickSpacing,
      stops: "words",
    };
    expect(swap(stateOf(state), direction, BigInt(amountIn)).out).to.equal(BigInt(amountOut));
  });

  // No output is recorded with it.
  it("pays what the pools' loop pays for the whole state of Camelot V3's WETH/USDC.e pool, whose words are of ticks", () => {
    const state = stateOf(camelotV3.state);
    for (const zeroToOne of [true, false]) {
      const direction: Direction = { zeroToOne, fee: BigInt(camelotV3.state.feePpm), spacing: 1, stops: "words" };
      for (let amountIn = zeroToOne ? 10n ** 12n : 10n ** 3n; amountIn < 10n ** 21n; amountIn *= 37n) {
        const { amountOut, left, ...place } = plainSwap(state, direction, amountIn);
        if (left > 0n) break;
        const { out, after } = swap(state, direction, amountIn);
        expect(out, `${amountIn} in`).to.equal(amountOut);
        expect(after).to.deep.equal({ ...state, ...place });
      }
    }
  });
});
