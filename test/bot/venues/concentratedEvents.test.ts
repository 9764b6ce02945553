import { expect } from "chai";
import { AbiCoder, toBeHex, ZeroAddress } from "ethers";
import {
  applyEvent,
  burnTopic,
  mintTopic,
  pancakeSwapTopic,
  swapTopic,
} from "../../../bot/venues/concentratedEvents.ts";
import type { ConcentratedState } from "../../../bot/venues/concentratedSteps.ts";

const coder = AbiCoder.defaultAbiCoder();
const indexed = (value: number) => toBeHex(BigInt.asUintN(256, BigInt(value)), 32);
const owner = indexed(1);

const state: ConcentratedState = {
  sqrtPriceX96: 2n ** 96n,
  tick: 0,
  liquidity: 100n,
  window: {
    lower: -600,
    upper: 600,
    ticks: [
      { tick: -60, liquidityNet: 100n, liquidityGross: 100n },
      { tick: 60, liquidityNet: -100n, liquidityGross: 100n },
    ],
  },
};

function swapped(tick: number, from: ConcentratedState = state, topic = swapTopic) {
  const types = ["int256", "int256", "uint160", "uint128", "int24"];
  const more = topic === pancakeSwapTopic ? ["uint128", "uint128"] : [];
  const values = [5n, -4n, 777n, 88n, tick, ...more.map(() => 9n)];
  const data = coder.encode([...types, ...more], values);
  return applyEvent(from, { address: ZeroAddress, topics: [topic, owner, owner], data });
}

function minted(lower: number, upper: number, amount: bigint, from: ConcentratedState = state) {
  const data = coder.encode(["address", "uint128", "uint256", "uint256"], [ZeroAddress, amount, 1n, 2n]);
  return applyEvent(from, {
    address: ZeroAddress,
    topics: [mintTopic, owner, indexed(lower), indexed(upper)],
    data,
  });
}

function burned(lower: number, upper: number, amount: bigint, from: ConcentratedState = state) {
  const data = coder.encode(["uint128", "uint256", "uint256"], [amount, 1n, 2n]);
  return applyEvent(from, {
    address: ZeroAddress,
    topics: [burnTopic, owner, indexed(lower), indexed(upper)],
    data,
  });
}

describe("concentrated liquidity, events", () => {
  it("takes price, liquidity and tick from a swap, with PancakeSwap's two words at the end as well", () => {
    for (const topic of [swapTopic, pancakeSwapTopic]) {
      expect(swapped(-33, state, topic)).to.deep.equal({ ...state, sqrtPriceX96: 777n, liquidity: 88n, tick: -33 });
    }
  });

  it("has a pool read whose price has left the window", () => {
    expect(swapped(-601)).to.equal("read");
    expect(swapped(600)).to.equal("read");
    expect(swapped(-600)).to.not.equal("read");
  });

  it("has a pool read when a swap may have executed orders", () => {
    const [first, second] = state.window.ticks;
    if (first === undefined || second === undefined) throw new Error("The window has no ticks.");
    const ordered = { ...state, window: { ...state.window, ticks: [first, { ...second, hasLimitOrders: true }] } };
    expect(swapped(60, ordered)).to.equal("read");
    expect(swapped(59, ordered), "up to its price").to.equal("read");
    expect(swapped(-100, ordered), "away from it").to.not.equal("read");
  });

  it("adds a position: to the liquidity where it is in range, to its ticks, and new ticks between the others", () => {
    expect(minted(-60, 120, 7n)).to.deep.equal({
      ...state,
      liquidity: 107n,
      window: {
        ...state.window,
        ticks: [
          { tick: -60, liquidityNet: 107n, liquidityGross: 107n },
          { tick: 60, liquidityNet: -100n, liquidityGross: 100n },
          { tick: 120, liquidityNet: -7n, liquidityGross: 7n },
        ],
      },
    });
    // A position ends where the next one begins: the tick has no net liquidity, and stays a stop.
    expect(minted(60, 120, 100n))
      .to.have.nested.property("window.ticks[1]")
      .that.deep.equals({
        tick: 60,
        liquidityNet: 0n,
        liquidityGross: 200n,
      });
    expect(minted(60, 120, 7n)).to.have.property("liquidity", 100n);
    expect(minted(0, 60, 7n), "from the pool's tick").to.have.property("liquidity", 107n);
    expect(minted(-60, 0, 7n), "up to the pool's tick").to.have.property("liquidity", 100n);
  });

  it("counts a position that reaches beyond the window in range, and its ends only where they are known", () => {
    expect(minted(-6_000, 6_000, 7n)).to.deep.equal({ ...state, liquidity: 107n });
  });

  it("takes a position away, and a tick with the last of them", () => {
    expect(burned(-60, 60, 40n)).to.deep.equal({
      ...state,
      liquidity: 60n,
      window: {
        ...state.window,
        ticks: [
          { tick: -60, liquidityNet: 60n, liquidityGross: 60n },
          { tick: 60, liquidityNet: -60n, liquidityGross: 60n },
        ],
      },
    });
    expect(burned(-60, 60, 100n)).to.deep.equal({ ...state, liquidity: 0n, window: { ...state.window, ticks: [] } });
    expect(burned(-60, 60, 0n), "a poke").to.equal(state);
  });

  it("leaves the state before alone", () => {
    const before = structuredClone(state);
    minted(-60, 120, 7n);
    burned(-60, 60, 100n);
    expect(state).to.deep.equal(before);
  });

  it("has a pool read that an event contradicts, and for orders and unknown events", () => {
    expect(burned(-60, 60, 101n)).to.equal("read");
    expect(burned(-120, 60, 1n)).to.equal("read");
    expect(minted(60, 60, 1n), "a limit order").to.equal("read");
    expect(applyEvent(state, { address: ZeroAddress, topics: [owner], data: "0x" })).to.equal("read");
    expect(applyEvent(state, { address: ZeroAddress, topics: [swapTopic], data: "0x" })).to.equal("read");
  });
});
