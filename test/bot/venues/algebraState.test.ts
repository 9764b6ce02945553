import { expect } from "chai";
import { AbiCoder, Interface, ZeroAddress } from "ethers";
import { arbitrum } from "../../../bot/config/chains/arbitrum.ts";
import { deploymentsOf, tokenOf } from "../../../bot/config/chains/chain.ts";
import { isRefusal } from "../../../bot/domain/quote.ts";
import { type AlgebraPool, type AlgebraState, algebra } from "../../../bot/venues/algebra.ts";
import { tickTable, wordOf } from "../../../bot/venues/tickTable.ts";
import type { Call, CallResult, Reader } from "../../../bot/venues/venue.ts";

const abi = Interface.from([
  "function poolByPair(address, address)",
  "function globalState()",
  "function liquidity()",
  "function tickSpacing()",
  "function tickSpacingLimitOrders()",
  "function tickTable(int16)",
  "function ticks(int24)",
  "function quoteExactInputSingle(address, address, uint256, uint160)",
]);

const [deployment] = deploymentsOf(arbitrum, "algebra");
if (deployment === undefined) throw new Error("The chain file lists no Algebra deployment.");
const weth = tokenOf(arbitrum, "WETH");
const usdc = tokenOf(arbitrum, "USDC");
const address = "0x00000000000000000000000000000000000A11cE";
const price = 2n ** 96n;

const failed: CallResult = { success: false, data: "0x" };
const words = (...values: readonly (bigint | number | string)[]): CallResult => ({
  success: true,
  data: AbiCoder.defaultAbiCoder().encode(
    values.map((value) => (typeof value === "string" ? "address" : "int256")),
    [...values],
  ),
});

/** What a pool in memory answers: `globalState`, and its initialized ticks counted in `tableSpacing`. */
interface Answers {
  readonly globalState: CallResult;
  readonly tableSpacing: number;
  readonly tickSpacing: number;
  readonly limitOrders: boolean;
  readonly ticks: readonly number[];
}

function answer(answers: Answers, { data }: Call): CallResult {
  const parsed = abi.parseTransaction({ data });
  const [first] = parsed?.args ?? [];
  switch (parsed?.name) {
    case "poolByPair":
      return words(address);
    case "globalState":
      return answers.globalState;
    case "liquidity":
      return words(10n ** 18n);
    case "tickSpacing":
      return words(answers.tickSpacing);
    case "tickSpacingLimitOrders":
      return answers.limitOrders ? words(60) : failed;
    case "quoteExactInputSingle":
      return words(0, BigInt(String(first)) < BigInt(String(parsed.args[1])) ? 100 : 3000);
    case "tickTable": {
      const inWord = answers.ticks.filter((tick) => wordOf(tick, answers.tableSpacing) === Number(first));
      const bits = inWord.map((tick) => 1n << BigInt(Math.floor(tick / answers.tableSpacing) & 255));
      return words(
        BigInt.asIntN(
          256,
          bits.reduce((all, bit) => all | bit, 0n),
        ),
      );
    }
    case "ticks": {
      const known = answers.ticks.includes(Number(first));
      return words(known ? 7 : 0, known ? -7 : 0, 0, 0, 0, 0, 0, 0, 0);
    }
    default:
      return failed;
  }
}

const readerOf = (answers: Answers): Reader => ({ read: async (calls) => calls.map((each) => answer(answers, each)) });

async function discovered(answers: Answers): Promise<AlgebraPool> {
  const [pool] = await algebra.discover(deployment as NonNullable<typeof deployment>, [usdc, weth], readerOf(answers));
  if (pool === undefined) throw new Error("No pool was discovered.");
  return pool;
}

const singleFee: Answers = {
  globalState: words(price, 0, 100, 0, 0, 0, 1),
  tableSpacing: 60,
  tickSpacing: 60,
  limitOrders: false,
  ticks: [-887220, -120, 60, 15_360],
};
const directional: Answers = {
  globalState: words(price, -3, 100, 3000, 0, 150, 150, 1),
  tableSpacing: 1,
  tickSpacing: 10,
  limitOrders: false,
  ticks: [-70, 10, 300],
};
const linked: Answers = {
  globalState: words(price, 0, -120, 100, 0, 0, 1),
  tableSpacing: 1,
  tickSpacing: 60,
  limitOrders: true,
  ticks: [-120, 60],
};

describe("algebra venue, pool by pool", () => {
  describe("discover", () => {
    it("knows a pool with one fee, whose tick table counts in tick spacings", async () => {
      const { layout, table, tokens } = await discovered(singleFee);
      expect(layout).to.equal("singleFee");
      expect(table.spacing).to.equal(60);
      expect(table.ticks).to.deep.equal([-120, 60]);
      expect(tokens, "sorted").to.deep.equal([weth.address, usdc.address]);
    });

    it("knows a pool with a fee for each direction, whose tick table counts in ticks", async () => {
      const { layout, table } = await discovered(directional);
      expect(layout).to.equal("directionalFee");
      expect(table.spacing).to.equal(1);
      expect(table.ticks).to.deep.equal([-70, 10, 300]);
    });

    it("knows a pool of the second generation by its limit orders", async () => {
      const { layout, table } = await discovered(linked);
      expect(layout).to.equal("linkedTicks");
      expect(table.ticks).to.deep.equal([-120, 60]);
    });

    it("believes the ticks of a pool rather than its layout", async () => {
      expect((await discovered({ ...singleFee, tableSpacing: 1 })).table.spacing, "one fee, in ticks").to.equal(1);
      const inSpacings = { ...directional, tableSpacing: 10, ticks: [-70, 10, 300] };
      expect((await discovered(inSpacings)).table.spacing, "two fees, in tick spacings").to.equal(10);
    });

    it("lists a pool of an unknown layout and refuses every state of it", async () => {
      const pool = await discovered({ ...singleFee, globalState: words(price, 0, 100, 0, 0, 1) });
      expect(pool.layout).to.equal("unknown");
      expect(algebra.decode(pool, [], 0n)).to.deep.include({ refused: "unreadable" });
    });

    it("lists nothing where the factory knows no pool", async () => {
      const none: Reader = { read: async (calls) => calls.map(() => words(ZeroAddress)) };
      expect(await algebra.discover(deployment, [usdc, weth], none)).to.deep.equal([]);
    });
  });

  describe("decode", () => {
    async function decodedWith(
      known: Answers,
      now: Partial<Answers>,
      change: (results: CallResult[]) => void = () => {},
    ) {
      const pool = await discovered(known);
      const results = algebra.reads(pool).map((each) => answer({ ...known, ...now }, each));
      change(results);
      return algebra.decode(pool, results, 0n);
    }

    it("takes the price, the tick and the fee of each direction from whichever layout", async () => {
      for (const [answers, tick] of [
        [singleFee, 0],
        [directional, -3],
        [linked, 0],
      ] as const) {
        const state = await decodedWith(answers, {});
        expect(state).to.deep.include({ sqrtPriceX96: price, tick, feeZeroToOne: 100n, feeOneToZero: 3000n });
        expect(isRefusal(state) || state.window.ticks.every(({ liquidityNet }) => liquidityNet === -7n)).to.equal(true);
      }
    });

    it("refuses as beyond-snapshot a tick that was added, and leaves out one that was removed", async () => {
      const added = await decodedWith(singleFee, { ticks: [...singleFee.ticks, 180] });
      expect(added).to.deep.equal({ refused: "beyond-snapshot", detail: "tickTable(0) is 0xa, known is 0x2" });
      const removed = await decodedWith(singleFee, { ticks: [60] });
      expect(isRefusal(removed) || removed.window.ticks.map(({ tick }) => tick)).to.deep.equal([60]);
    });

    it("refuses as beyond-snapshot a price outside the window", async () => {
      const state = await decodedWith(directional, { globalState: words(price, 9_000, 100, 3000, 0, 0, 0, 1) });
      expect(state).to.deep.include({ refused: "beyond-snapshot" });
    });

    it("refuses a locked pool as paused, and one without a price as without liquidity", async () => {
      const locked = await decodedWith(singleFee, { globalState: words(price, 0, 100, 0, 0, 0, 0) });
      expect(locked).to.deep.include({ refused: "paused" });
      const unpriced = await decodedWith(singleFee, { globalState: words(0, 0, 100, 0, 0, 0, 0) });
      expect(unpriced).to.deep.include({ refused: "insufficient-liquidity" });
    });

    it("refuses as unreadable when any read but a quote of the fee fails", async () => {
      const pool = await discovered(singleFee);
      for (const index of algebra.reads(pool).keys()) {
        const state = await decodedWith(singleFee, {}, (results) => results.splice(index, 1, failed));
        if (index === 2 || index === 3) expect(isRefusal(state), `read ${index}`).to.equal(false);
        else expect(state, `read ${index}`).to.deep.include({ refused: "unreadable" });
      }
      expect(algebra.decode(pool, [], 0n), "no results").to.deep.include({ refused: "unreadable" });
    });
  });

  describe("quote", () => {
    const pool: AlgebraPool = {
      venue: "algebra",
      deployment: "test",
      id: address,
      address,
      tokens: [weth.address, usdc.address],
      quoter: address,
      layout: "linkedTicks",
      table: tickTable(1, -1, [1n << 200n, 1n << 100n]),
    };
    const tick = { liquidityNet: 0n, liquidityGross: 0n, hasLimitOrders: false };
    const [below, above] = [
      { ...tick, tick: -56 },
      { ...tick, tick: 100 },
    ];
    const window = { lower: -256, upper: 255, ticks: [below, above] };
    const state: AlgebraState = {
      sqrtPriceX96: price,
      tick: 0,
      liquidity: 10n ** 18n,
      feeZeroToOne: 100n,
      feeOneToZero: 3000n,
      window,
    };
    const sell = (amountIn: bigint) => ({ tokenIn: weth.address, tokenOut: usdc.address, amountIn });
    const buy = (amountIn: bigint) => ({ tokenIn: usdc.address, tokenOut: weth.address, amountIn });

    it("charges each direction its own fee", () => {
      // At a price of one, 10^9 units of 10^18 move it by 10^-9: the fee, and a unit or two of rounding.
      expect(algebra.quote(pool, state, sell(10n ** 9n))).to.equal(999_899_999n);
      expect(algebra.quote(pool, state, buy(10n ** 9n))).to.equal(996_999_999n);
    });

    it("refuses tokens that the pool does not trade, no amount, too little and too much", () => {
      const other = { ...sell(1n), tokenOut: tokenOf(arbitrum, "ARB").address };
      expect(algebra.quote(pool, state, other)).to.deep.include({ refused: "token-not-in-pool" });
      expect(algebra.quote(pool, state, { ...sell(1n), tokenOut: weth.address })).to.deep.include({
        refused: "token-not-in-pool",
      });
      expect(algebra.quote(pool, state, sell(0n))).to.deep.include({ refused: "zero-amount" });
      expect(algebra.quote(pool, state, sell(1n))).to.deep.include({ refused: "zero-output" });
      expect(algebra.quote(pool, state, sell(2n ** 255n))).to.deep.include({ refused: "over-limit" });
    });

    it("refuses a direction for which the pool named no fee", () => {
      const oneWay = { ...state, feeZeroToOne: undefined };
      expect(algebra.quote(pool, oneWay, sell(10n ** 9n))).to.deep.include({ refused: "insufficient-liquidity" });
      expect(algebra.quote(pool, oneWay, buy(10n ** 9n))).to.equal(996_999_999n);
    });

    it("refuses a swap that leaves the window", () => {
      expect(algebra.quote(pool, state, sell(10n ** 17n))).to.deep.include({ refused: "beyond-snapshot" });
      expect(algebra.quote(pool, state, buy(10n ** 17n))).to.deep.include({ refused: "beyond-snapshot" });
    });

    it("refuses a swap that reaches limit orders", () => {
      const ordered = { ...state, window: { ...window, ticks: [below, { ...above, hasLimitOrders: true }] } };
      expect(algebra.quote(pool, ordered, buy(6n * 10n ** 15n))).to.deep.include({ refused: "beyond-snapshot" });
      expect(algebra.quote(pool, ordered, buy(10n ** 9n)), "short of them").to.equal(996_999_999n);
    });

    it("refuses ticks that take more liquidity than there is", () => {
      const broken = { ...state, window: { ...window, ticks: [below, { ...above, liquidityNet: -(10n ** 19n) }] } };
      expect(algebra.quote(pool, broken, buy(6n * 10n ** 15n))).to.deep.include({ refused: "invariant" });
    });
  });

  it("encodes a hop as the router and nothing else: the pattern has no fee and no pool in it", async () => {
    const pool = await discovered(singleFee);
    const hop = algebra.encode(deployment, pool, weth.address, usdc.address);
    expect(hop).to.deep.equal({ target: deployment.router, data: "0x" });
  });
});
