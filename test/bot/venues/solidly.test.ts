import { expect } from "chai";
import { AbiCoder, Contract, MaxUint256, type Signer, ZeroAddress } from "ethers";
import { arbitrum } from "../../../bot/config/chains/arbitrum.ts";
import { type Address, deploymentsOf, tokenOf } from "../../../bot/config/chains/chain.ts";
import { isRefusal } from "../../../bot/domain/quote.ts";
import { type FixedPair, type SolidlyPool, type SolidlyState, solidly } from "../../../bot/venues/solidly.ts";
import type { CallResult, Log, Reader, Swap } from "../../../bot/venues/venue.ts";
import { routerCall } from "../../../localnet/routers.ts";
import { useArbitrum } from "../../support/arbitrum.ts";
import { erc20 } from "../../support/erc20.ts";
import { setTokenBalance } from "../../support/fund.ts";
import { type Random, seededRandom } from "../../support/random.ts";
import { readerAt } from "../../support/reader.ts";

const liquidityAbi = {
  solidly: [
    "function addLiquidity(address tokenA, address tokenB, bool stable, uint256 amountADesired, uint256 amountBDesired, uint256 amountAMin, uint256 amountBMin, address to, uint256 deadline) returns (uint256 amountA, uint256 amountB, uint256 liquidity)",
  ],
  camelotV2: [
    "function addLiquidity(address tokenA, address tokenB, uint256 amountADesired, uint256 amountBDesired, uint256 amountAMin, uint256 amountBMin, address to, uint256 deadline) returns (uint256 amountA, uint256 amountB, uint256 liquidity)",
  ],
};
const plenty = 10n ** 30n;
const cases = 150;

for (const deployment of deploymentsOf(arbitrum, "solidly")) {
  describe(`the Solidly venue on ${deployment.name}`, () => {
    const chain = useArbitrum();
    let signer: Signer;
    let trader: Address;

    before(async () => {
      const [first] = await chain().ethers.getSigners();
      if (first === undefined) throw new Error("The network has no accounts.");
      signer = first;
      trader = first.address;
      for (const { address } of arbitrum.tokens) {
        await setTokenBalance(chain(), address, trader, plenty);
        await erc20(address, signer).approve(deployment.router, MaxUint256);
      }
    });

    function discover(): Promise<readonly SolidlyPool[]> {
      return solidly.discover(deployment, arbitrum.tokens, readerAt(chain()));
    }

    async function readState(pool: SolidlyPool): Promise<SolidlyState> {
      const block = await chain().ethers.provider.getBlock("latest");
      if (block === null) throw new Error("The chain has no block.");
      const results = await readerAt(chain(), block.number).read(solidly.reads(pool));
      const state = solidly.decode(pool, results, BigInt(block.timestamp));
      if (isRefusal(state)) throw new Error(`${pool.address}: ${state.detail}`);
      return state;
    }

    async function addLiquidity(a: Address, b: Address, stable: boolean, amountA: bigint, amountB: bigint) {
      const { generation, router } = deployment;
      if (generation === "velodromeV2") throw new Error("Arbitrum has no Velodrome V2.");
      const curve = generation === "solidly" ? [stable] : [];
      const add = new Contract(router, liquidityAbi[generation], signer).getFunction("addLiquidity");
      await add(a, b, ...curve, amountA, amountB, 0n, 0n, trader, MaxUint256);
    }

    /** Returns the pairs of one curve that hold at least one whole token of each side, after making sure of one. */
    async function liquidPools(stable: boolean): Promise<readonly SolidlyPool[]> {
      const [a, b] = stable
        ? [tokenOf(arbitrum, "USDC"), tokenOf(arbitrum, "USDC.e")]
        : [tokenOf(arbitrum, "WETH"), tokenOf(arbitrum, "USDC")];
      const whole = stable ? [1_000_000n, 1_000_000n] : [300n, 900_000n];
      const [amountA = 0n, amountB = 0n] = [a, b].map(
        ({ decimals }, index) => (whole[index] ?? 0n) * 10n ** BigInt(decimals),
      );
      await addLiquidity(a.address, b.address, stable, amountA, amountB);
      const liquid: SolidlyPool[] = [];
      for (const pool of await discover()) {
        const { reserves, stable: isStable } = await readState(pool);
        const deep = reserves[0] >= pool.units[0] && reserves[1] >= pool.units[1];
        if (isStable === stable && deep) liquid.push(pool);
      }
      return liquid;
    }

    function swapThroughRouter(pool: SolidlyPool, swap: Swap) {
      const hop = solidly.encode(deployment, pool, swap.tokenIn, swap.tokenOut);
      const { to, data } = routerCall(deployment, hop, swap, trader);
      return signer.sendTransaction({ to, data });
    }

    /** Swaps through the router and compares what arrives and the state it leads to; returns whether the pair paid. */
    async function compare(pool: SolidlyPool, swap: Swap): Promise<boolean> {
      const state = await readState(pool);
      const quoted = solidly.quote(pool, state, swap);
      const label = `${swap.amountIn} of ${swap.tokenIn} in ${pool.address}`;
      if (isRefusal(quoted)) {
        const reverted = await swapThroughRouter(pool, swap).then(
          () => false,
          () => true,
        );
        expect(reverted, `${label}, refused: ${quoted.refused}, ${quoted.detail}`).to.equal(true);
        return false;
      }
      const tokenOut = erc20(swap.tokenOut, chain().ethers.provider);
      const before = await tokenOut.balanceOf(trader);
      const receipt = await (await swapThroughRouter(pool, swap)).wait();
      expect((await tokenOut.balanceOf(trader)) - before, label).to.equal(quoted);
      const read = await readState(pool);
      const curve = solidly.curve(pool, state, swap.tokenIn, swap.tokenOut);
      expect(!isRefusal(curve) && curve.after(swap.amountIn), `${label}, state`).to.deep.equal(read);
      expect(followed(pool, state, receipt?.logs ?? []), `${label}, events`).to.deep.equal(read);
      return true;
    }

    function followed(pool: SolidlyPool, state: SolidlyState, logs: readonly Log[]): SolidlyState | "read" {
      const told = logs.filter(
        ({ address, topics: [topic = ""] }) => address === pool.address && solidly.follow?.topics.includes(topic),
      );
      return told.reduce<SolidlyState | "read">(
        (current, log) => (current === "read" ? current : (solidly.follow?.apply(pool, current, log) ?? "read")),
        state,
      );
    }

    /** Draws an amount: dust, up to a hundredth of the reserve, or up to three times the reserve. */
    function drawAmount(reserveIn: bigint, random: Random): bigint {
      const digits = BigInt(reserveIn.toString().length);
      return random.bigint(1n, random.pick([10n ** random.bigint(0n, digits), reserveIn / 100n + 1n, 3n * reserveIn]));
    }

    for (const stable of [false, true]) {
      const curve = stable ? "stable" : "volatile";
      it(`quotes ${cases} random swaps of ${curve} pairs, as swaps and liquidity move them, to the wei of what the router pays, with the state after`, async () => {
        const random = seededRandom(stable ? 1 : 2);
        const pools = await liquidPools(stable);
        expect(pools.length, "pairs").to.be.greaterThan(0);
        const paid: string[] = [];
        for (let count = 0; count < cases; count++) {
          const pool = pools[count % pools.length];
          if (pool === undefined) continue;
          const { reserves } = await readState(pool);
          const deep = reserves[0] >= pool.units[0] && reserves[1] >= pool.units[1];
          if (deep && random.bigint(0n, 9n) === 0n) {
            await addLiquidity(...pool.tokens, stable, reserves[0] / random.bigint(2n, 50n), reserves[1] / 3n);
          }
          const zeroForOne = Math.floor(count / pools.length) % 2 === 0;
          const [tokenIn, tokenOut] = zeroForOne ? pool.tokens : [pool.tokens[1], pool.tokens[0]];
          const reserveIn = reserves[zeroForOne ? 0 : 1];
          // The first round is certain to be paid, so that every pair is tried in both directions on any chain.
          const amountIn = count < 2 * pools.length ? reserveIn / 100n : drawAmount(reserveIn, random);
          if (await compare(pool, { tokenIn, tokenOut, amountIn })) paid.push(`${pool.address} ${tokenIn}`);
        }
        expect(paid.length, "swaps that were paid").to.be.greaterThan(100);
        expect(new Set(paid).size, "pairs and directions").to.equal(2 * pools.length);
      });
    }
  });
}

describe("the Solidly venue without a chain", () => {
  const [a, b] = [tokenOf(arbitrum, "DAI"), tokenOf(arbitrum, "USDC")];
  const factory = "0x0000000000000000000000000000000000000fac";
  const address = "0x000000000000000000000000000000000000bA17";
  const volatilePool: FixedPair = {
    venue: "solidly",
    generation: "solidly",
    deployment: "Test",
    id: address,
    address,
    factory,
    stable: false,
    tokens: [b.address, a.address],
    units: [10n ** 6n, 10n ** 18n],
  };
  const stablePool: FixedPair = { ...volatilePool, stable: true };
  const state: SolidlyState = {
    reserves: [10n ** 12n, 10n ** 24n],
    fees: [5n, 5n],
    stable: false,
    paused: false,
    ownerFeeShare: 0n,
  };

  function sell(amountIn: bigint): Swap {
    return { tokenIn: b.address, tokenOut: a.address, amountIn };
  }

  function words(...values: readonly unknown[]): CallResult {
    const types = values.map((value) => (typeof value === "string" ? "address" : "uint256"));
    return { success: true, data: AbiCoder.defaultAbiCoder().encode(types, values) };
  }

  const failed: CallResult = { success: false, data: "0x" };
  const empty: CallResult = { success: true, data: "0x" };

  it("quotes by hand: the fee first, then x·y rounded down", () => {
    const tiny: SolidlyState = { ...state, reserves: [1_000n, 5_000n], fees: [100n, 100n] };
    // 100 in, 1 of it fee: 99 · 5000 / 1099 = 450.4
    expect(solidly.quote(volatilePool, tiny, sell(100n))).to.equal(450n);
  });

  it("quotes a balanced stable pair near par, less the fee", () => {
    const quoted = solidly.quote(stablePool, { ...state, stable: true }, sell(1_000n * 10n ** 6n));
    expect(quoted).to.be.a("bigint");
    expect((quoted as bigint) > 999_499n * 10n ** 15n && (quoted as bigint) < 999_501n * 10n ** 15n).to.equal(true);
  });

  for (const { what, pool, changes, swap, refused } of [
    {
      what: "a token that the pair does not hold",
      pool: volatilePool,
      changes: {},
      swap: { ...sell(1n), tokenIn: ZeroAddress },
      refused: "token-not-in-pool",
    },
    {
      what: "a token against itself",
      pool: volatilePool,
      changes: {},
      swap: { ...sell(1n), tokenOut: b.address },
      refused: "token-not-in-pool",
    },
    { what: "an amount of zero", pool: volatilePool, changes: {}, swap: sell(0n), refused: "zero-amount" },
    {
      what: "an amount that buys nothing",
      pool: volatilePool,
      changes: { reserves: [10n ** 12n, 10n ** 6n] },
      swap: sell(1n),
      refused: "zero-output",
    },
    {
      what: "an empty volatile pair",
      pool: volatilePool,
      changes: { reserves: [0n, 0n] },
      swap: sell(1n),
      refused: "zero-output",
    },
    {
      what: "a swap that would empty a stable pair",
      pool: stablePool,
      changes: { reserves: [1n, 1_000n], fees: [0n, 0n] },
      swap: sell(999_999n),
      refused: "insufficient-liquidity",
    },
    {
      what: "a stable pair with none of the token that goes in, though its formula pays",
      pool: stablePool,
      changes: { reserves: [0n, 10n ** 18n], fees: [0n, 0n] },
      swap: sell(10n ** 6n),
      refused: "insufficient-liquidity",
    },
    {
      what: "an empty stable pair, where the pair divides by zero",
      pool: stablePool,
      changes: { reserves: [0n, 0n], fees: [0n, 0n] },
      swap: { ...sell(1n), tokenIn: a.address, tokenOut: b.address },
      refused: "invariant",
    },
    {
      what: "a swap in which the pair overflows",
      pool: stablePool,
      changes: {},
      swap: sell(10n ** 60n),
      refused: "invariant",
    },
    {
      what: "any swap while the factory is paused",
      pool: volatilePool,
      changes: { paused: true },
      swap: sell(10n ** 6n),
      refused: "paused",
    },
  ] as const) {
    it(`refuses ${what}: ${refused}`, () => {
      const quoted = solidly.quote(pool, { ...state, stable: pool.stable, ...changes }, swap);
      expect(isRefusal(quoted) && quoted.refused).to.equal(refused);
    });
  }

  it("takes the pair's own fee, else the fee of its kind, and refuses a pool without either", () => {
    const reserves = words(10n, 20n, 30n);
    const running = words(0n);
    const decode = (...results: readonly CallResult[]) => solidly.decode(volatilePool, results, 0n);
    expect(decode(reserves, words(7n), words(25n), running)).to.deep.equal({
      ...state,
      reserves: [10n, 20n],
      fees: [7n, 7n],
    });
    expect(decode(reserves, words(0n), words(25n), running)).to.deep.include({ fees: [25n, 25n] });
    expect(decode(reserves, failed, words(25n), running)).to.deep.include({ fees: [25n, 25n] });
    expect(decode(reserves, words(7n), failed, running)).to.deep.include({ fees: [7n, 7n] });
    expect(decode(reserves, failed, failed, running)).to.include({ refused: "unreadable" });
    expect(decode(reserves, empty, empty, running)).to.include({ refused: "unreadable" });
    expect(decode(reserves, words(10_001n), words(25n), running)).to.include({ refused: "unreadable" });
  });

  it("knows a pause, and that a factory without one is not paused", () => {
    const decode = (paused: CallResult) =>
      solidly.decode(volatilePool, [words(1n, 1n, 0n), words(5n), words(5n), paused], 0n);
    expect(decode(words(1n))).to.include({ paused: true });
    expect(decode(words(0n))).to.include({ paused: false });
    expect(decode(failed)).to.include({ paused: false });
  });

  it("refuses a pool whose reserves cannot be read", () => {
    for (const result of [failed, empty]) {
      expect(solidly.decode(volatilePool, [result, words(5n), words(5n), words(0n)], 0n)).to.include({
        refused: "unreadable",
      });
    }
  });

  for (const { generation, expected } of [
    { generation: "solidly", expected: AbiCoder.defaultAbiCoder().encode(["bool"], [true]) },
    { generation: "velodromeV2", expected: AbiCoder.defaultAbiCoder().encode(["bool", "address"], [true, factory]) },
    { generation: "camelotV2", expected: "0x" },
  ] as const) {
    it(`encodes a hop as the router and what a router of its generation must be told: ${generation}`, () => {
      const deployment = { venue: "solidly", generation, name: "Test", factory, router: address } as const;
      const { stable, ...parts } = stablePool;
      const pool: SolidlyPool =
        generation === "camelotV2" ? { ...parts, generation } : { ...parts, generation, stable };
      expect(solidly.encode(deployment, pool, ...pool.tokens)).to.deep.equal({ target: address, data: expected });
    });
  }

  it("takes the fee of a Velodrome V2 pool from its factory, and refuses one without", () => {
    const pool: FixedPair = { ...stablePool, generation: "velodromeV2" };
    const reserves = words(10n, 20n, 30n);
    expect(solidly.reads(pool)).to.have.length(3);
    expect(solidly.decode(pool, [reserves, words(7n), words(1n)], 0n)).to.deep.equal({
      reserves: [10n, 20n],
      fees: [7n, 7n],
      stable: true,
      paused: true,
      ownerFeeShare: 0n,
    });
    expect(solidly.decode(pool, [reserves, failed, words(0n)], 0n)).to.include({ refused: "unreadable" });
    expect(solidly.decode(pool, [failed, words(7n), words(0n)], 0n)).to.include({ refused: "unreadable" });
  });

  it("takes a Camelot V2 pair's fees and curve from the pair, and the owner's share where it is paid to someone", () => {
    const { stable, ...parts } = stablePool;
    const pool: SolidlyPool = { ...parts, generation: "camelotV2" };
    const reserves = words(10n, 20n, 300n, 400n);
    const shared = words(40_000n, address);
    const results = [reserves, words(1n), shared];
    const expected = { reserves: [10n, 20n], fees: [300n, 400n], stable, paused: false, ownerFeeShare: 40_000n };
    expect(solidly.reads(pool)).to.have.length(results.length);
    expect(solidly.decode(pool, results, 0n)).to.deep.equal(expected);
    expect(solidly.decode(pool, [reserves, words(0n), shared], 0n)).to.include({ stable: false });
    expect(solidly.decode(pool, [reserves, words(1n), words(40_000n, ZeroAddress)], 0n)).to.include({
      ownerFeeShare: 0n,
    });
    for (const index of results.keys()) {
      expect(solidly.decode(pool, results.with(index, failed), 0n), `${index}`).to.include({ refused: "unreadable" });
    }
  });

  it("discovers in two batches, both curves of every two tokens, and leaves out what is no pair", async () => {
    const batches: number[] = [];
    const reader: Reader = {
      async read(calls) {
        batches.push(calls.length);
        if (batches.length === 1)
          return calls.map((_, index) =>
            index === 0 ? words(address) : index === 1 ? words(factory) : words(ZeroAddress),
          );
        const metadata = AbiCoder.defaultAbiCoder().encode(
          ["uint256", "uint256", "uint256", "uint256", "bool", "address", "address"],
          [10n ** 6n, 10n ** 18n, 0n, 0n, false, b.address, a.address],
        );
        return [{ success: true, data: metadata }, failed];
      },
    };
    const pools = await solidly.discover(
      { venue: "solidly", generation: "solidly", name: "Test", factory, router: factory },
      [a, b, tokenOf(arbitrum, "WETH")],
      reader,
    );
    expect(batches).to.deep.equal([6, 2]);
    expect(pools).to.deep.equal([{ ...volatilePool, factory }]);
  });

  it("discovers the one pair that Camelot V2 has of two tokens, and leaves out what is no pair", async () => {
    const answers = [
      [words(address), words(factory)],
      [words(b.address), words(a.address), words(10n ** 6n), words(10n ** 18n), failed, failed, failed, failed],
    ];
    const reader: Reader = {
      async read(calls) {
        const results = answers.shift() ?? [];
        return calls.map((_, index) => results[index] ?? words(ZeroAddress));
      },
    };
    const pools = await solidly.discover(
      { venue: "solidly", generation: "camelotV2", name: "Test", factory, router: factory },
      [a, b, tokenOf(arbitrum, "WETH")],
      reader,
    );
    const { stable, ...parts } = volatilePool;
    expect(pools).to.deep.equal([{ ...parts, generation: "camelotV2" }]);
  });
});
