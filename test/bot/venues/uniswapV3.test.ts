import { expect } from "chai";
import { AbiCoder, Interface, id, ZeroAddress } from "ethers";
import { arbitrum } from "../../../bot/config/chains/arbitrum.ts";
import { deploymentsOf, tokenOf, type UniswapV3Deployment } from "../../../bot/config/chains/chain.ts";
import { isRefusal } from "../../../bot/domain/quote.ts";
import { maxTick } from "../../../bot/venues/concentratedLiquidity.ts";
import { tickTable, wordOf } from "../../../bot/venues/tickTable.ts";
import { type UniswapV3Pool, type UniswapV3State, uniswapV3 } from "../../../bot/venues/uniswapV3.ts";
import type { Call, CallResult, Log, Reader } from "../../../bot/venues/venue.ts";
import { PoolCaller__factory } from "../../../types/index.js";
import { useArbitrum } from "../../support/arbitrum.ts";
import { setTokenBalance } from "../../support/fund.ts";
import { type Random, seededRandom } from "../../support/random.ts";
import { readerAt } from "../../support/reader.ts";

const deployments = deploymentsOf(arbitrum, "uniswapV3");
const [weth, usdc] = [tokenOf(arbitrum, "WETH"), tokenOf(arbitrum, "USDC")];
const address = "0x00000000000000000000000000000000000A11cE";
const price = 2n ** 96n;

const abi = Interface.from([
  "function getPool(address, address, uint24)",
  "function slot0()",
  "function liquidity()",
  "function tickSpacing()",
  "function currentFee()",
  "function tickBitmap(int16)",
  "function ticks(int24)",
]);

const failed: CallResult = { success: false, data: "0x" };
const words = (...values: readonly (bigint | number | string)[]): CallResult => ({
  success: true,
  data: AbiCoder.defaultAbiCoder().encode(
    values.map((value) => (typeof value === "string" ? "address" : "int256")),
    [...values],
  ),
});

interface Answers {
  readonly slot0: CallResult;
  readonly currentFee: CallResult;
  readonly ticks: readonly number[];
}

const spacing = 60;

function answer({ slot0, currentFee, ticks }: Answers, { data }: Call): CallResult {
  const parsed = abi.parseTransaction({ data });
  const asked = Number(parsed?.args[parsed.args.length - 1] ?? 0);
  switch (parsed?.name) {
    case "getPool":
      return words(asked === 500 ? address : ZeroAddress);
    case "slot0":
      return slot0;
    case "liquidity":
      return words(10n ** 18n);
    case "tickSpacing":
      return words(spacing);
    case "currentFee":
      return currentFee;
    case "tickBitmap": {
      const bits = ticks.filter((tick) => wordOf(tick, spacing) === asked).map((tick) => (tick / spacing) & 255);
      return words(
        BigInt.asIntN(
          256,
          bits.reduce((word, bit) => word | (1n << BigInt(bit)), 0n),
        ),
      );
    }
    case "ticks":
      return ticks.includes(asked) ? words(9, -7, 0) : words(0, 0, 0);
    default:
      return failed;
  }
}

const standing: Answers = { slot0: words(price, 3, 0, 1, 1, 68, 1), currentFee: failed, ticks: [-120, 60] };

async function discovered(answers: Answers): Promise<UniswapV3Pool> {
  const reader: Reader = { read: async (calls) => calls.map((each) => answer(answers, each)) };
  const [pool] = await uniswapV3.discover(deployments[0] as UniswapV3Deployment, [usdc, weth], reader);
  if (pool === undefined) throw new Error("No pool was discovered.");
  return pool;
}

describe("uniswapV3 venue, pool by pool", () => {
  async function decodedWith(known: Answers, now: Partial<Answers> = {}) {
    const pool = await discovered(known);
    const results = uniswapV3.reads(pool).map((each) => answer({ ...known, ...now }, each));
    return { pool, results, state: uniswapV3.decode(pool, results, 0n) };
  }

  it("lists the pools of the fees that the factory knows, with the ticks around their price", async () => {
    const pool = await discovered(standing);
    expect(pool).to.deep.include({ address, feePpm: 500, hasMovingFee: false, tokens: [weth.address, usdc.address] });
    expect(pool.table).to.deep.include({ spacing, ticks: [-120, 60] });
  });

  it("takes price, tick, liquidity and ticks from the pool, and a constant fee from its listing", async () => {
    const { state } = await decodedWith(standing);
    expect(state).to.deep.equal({
      sqrtPriceX96: price,
      tick: 3,
      liquidity: 10n ** 18n,
      feePpm: 500,
      window: {
        lower: -256 * spacing,
        upper: 255 * spacing,
        ticks: [-120, 60].map((tick) => ({ tick, liquidityGross: 9n, liquidityNet: -7n })),
      },
    });
  });

  it("takes a fee that moves from the pool, whatever it is listed by", async () => {
    const moving = { ...standing, currentFee: words(450) };
    const { pool, state } = await decodedWith(moving);
    expect(pool).to.deep.include({ feePpm: 500, hasMovingFee: true });
    expect(state).to.have.property("feePpm", 450);
    expect((await decodedWith(moving, { currentFee: failed })).state).to.deep.include({ refused: "unreadable" });
    if (isRefusal(state)) throw new Error(state.detail);
    const log: Log = {
      address,
      topics: [id("FeeAdjustment(uint24,uint24)")],
      data: AbiCoder.defaultAbiCoder().encode(["uint24", "uint24"], [450, 250]),
    };
    expect(uniswapV3.follow?.apply(pool, state, log)).to.deep.equal({ ...state, feePpm: 250 });
    expect(uniswapV3.follow?.topics).to.include(log.topics[0]);
  });

  it("refuses a locked pool, one without a price, one outside of its window, and failed reads", async () => {
    const at = (tick: number, unlocked: number, of = price) => words(of, tick, 0, 1, 1, 0, unlocked);
    expect((await decodedWith(standing, { slot0: at(3, 0) })).state).to.deep.include({ refused: "paused" });
    expect((await decodedWith(standing, { slot0: at(0, 0, 0n) })).state).to.deep.include({
      refused: "insufficient-liquidity",
    });
    expect((await decodedWith(standing, { slot0: at(255 * spacing, 1) })).state).to.deep.include({
      refused: "beyond-snapshot",
    });
    expect((await decodedWith(standing, { ticks: [-120, 60, 120] })).state).to.deep.include({
      refused: "beyond-snapshot",
    });
    const { pool, results } = await decodedWith(standing);
    for (const index of results.keys()) {
      const state = uniswapV3.decode(pool, results.with(index, failed), 0n);
      expect(state, `read ${index}`).to.deep.include({ refused: "unreadable" });
    }
  });

  it("sends a hop to the pool itself", async () => {
    const pool = await discovered(standing);
    const hop = uniswapV3.encode(deployments[0] as UniswapV3Deployment, pool, weth.address, usdc.address);
    expect(hop).to.deep.equal({ target: address, data: "0x" });
  });

  it("refuses tokens that the pool does not trade", async () => {
    const { pool, state } = await decodedWith(standing);
    if (isRefusal(state)) throw new Error(state.detail);
    const arb = tokenOf(arbitrum, "ARB").address;
    for (const [tokenIn, tokenOut] of [
      [weth.address, arb],
      [arb, usdc.address],
      [weth.address, weth.address],
    ] as const) {
      expect(uniswapV3.curve(pool, state, tokenIn, tokenOut)).to.deep.include({ refused: "token-not-in-pool" });
    }
  });
});

describe("uniswapV3 venue", () => {
  const chain = useArbitrum();

  const poolsOf = (deployment: UniswapV3Deployment) =>
    uniswapV3.discover(deployment, arbitrum.tokens, readerAt(chain()));

  async function stateOf(pool: UniswapV3Pool) {
    return uniswapV3.decode(pool, await readerAt(chain()).read(uniswapV3.reads(pool)), 0n);
  }

  for (const deployment of deployments) {
    it(`lists pools of ${deployment.name} with a price, and finds its contracts as it expects them`, async () => {
      const pools = await poolsOf(deployment);
      expect(pools.length, "pools").to.be.greaterThan(0);
      const states = await Promise.all(pools.map(stateOf));
      expect(states.filter((state) => !isRefusal(state)).length, "with a price").to.be.greaterThan(0);
      const { contracts, expectations } = uniswapV3.requirements(deployment, arbitrum.tokens);
      for (const part of Object.values(contracts)) {
        expect(await chain().ethers.provider.getCode(part), part).to.not.equal("0x");
      }
      const results = await readerAt(chain()).read(expectations.map(({ call }) => call));
      expect(expectations.map(({ problemOf }, i) => problemOf(results[i]))).to.deep.equal(
        expectations.map(() => undefined),
      );
    });
  }

  it("asks the factory for every fee that is configured", async () => {
    const [uniswap] = deployments;
    if (uniswap === undefined) throw new Error("The chain file lists no Uniswap V3.");
    const { expectations } = uniswapV3.requirements({ ...uniswap, feesPpm: [500, 123] }, arbitrum.tokens);
    const results = await readerAt(chain()).read(expectations.map(({ call }) => call));
    const problems = expectations.map(({ problemOf }, i) => problemOf(results[i])).filter((each) => each !== undefined);
    expect(problems).to.have.lengthOf(1);
    expect(problems[0]).to.match(/feeAmountTickSpacing\(123\) of .* is 0/);
  });

  for (const name of ["Uniswap V3", "PancakeSwap V3"]) {
    it(`follows ${name} through swaps, mints and burns to what is read`, async () => {
      const deployment = deployments.find((each) => each.name === name);
      const [pool] = deployment === undefined ? [] : await poolsOf(deployment);
      const [signer] = await chain().ethers.getSigners();
      if (pool === undefined || signer === undefined) throw new Error(`${name} has no pool.`);
      const first = await stateOf(pool);
      if (isRefusal(first)) throw new Error(first.detail);
      const payer = await new PoolCaller__factory(signer).deploy();
      for (const token of pool.tokens) await setTokenBalance(chain(), token, await payer.getAddress(), 2n ** 120n);
      const random = seededRandom(77);
      const added: { bottomTick: number; topTick: number; liquidity: bigint }[] = [];
      let state: UniswapV3State = first;
      const seen = { ticks: 0, moves: 0 };
      for (let i = 0; i < 30; i++) {
        const before = state;
        const receipt = await (await act(random, state)).wait();
        for (const log of receipt?.logs ?? []) {
          const [topic = ""] = log.topics;
          if (log.address !== pool.address || !uniswapV3.follow?.topics.includes(topic)) continue;
          const next = uniswapV3.follow.apply(pool, state, { ...log, topics: [...log.topics] });
          if (next === "read") throw new Error(`Event ${topic} was not followed.`);
          state = next;
        }
        // Read with a table of now: the one that was discovered lacks what was added since.
        const now = await uniswapV3.rediscover?.({ ...pool, table: pool.table }, readerAt(chain()));
        if (now === undefined) throw new Error("The venue does not rediscover.");
        const read = await stateOf(now);
        if (isRefusal(read)) throw new Error(read.detail);
        const { lower, upper } = read.window;
        const common = state.window.ticks.filter(({ tick }) => tick >= lower && tick <= upper);
        const known = read.window.ticks.filter(({ tick }) => tick >= state.window.lower && tick <= state.window.upper);
        expect(common, `after action ${i}`).to.deep.equal(known);
        expect({ ...state, window: 0 }, `after action ${i}`).to.deep.equal({ ...read, window: 0 });
        seen.ticks += state.window.ticks.length !== before.window.ticks.length ? 1 : 0;
        seen.moves += state.sqrtPriceX96 !== before.sqrtPriceX96 ? 1 : 0;
      }
      expect(seen.ticks, "ticks that came or went").to.be.greaterThan(5);
      expect(seen.moves, "moves of the price").to.be.greaterThan(5);

      function act(draw: Random, { tick, sqrtPriceX96, liquidity }: UniswapV3State) {
        const [last] = added;
        const step = pool?.table.spacing ?? 1;
        const kind = draw.pick(["swap", "mint", "mint", "burn"]);
        if (kind === "swap") {
          const zeroToOne = draw.pick([true, false]);
          const change = sqrtPriceX96 / draw.bigint(150n, 4_000n);
          return payer.moveTo(
            pool?.address ?? "",
            zeroToOne,
            zeroToOne ? sqrtPriceX96 - change : sqrtPriceX96 + change,
          );
        }
        if (kind === "burn" && last !== undefined) {
          const share = draw.pick([1n, 1n, 2n]);
          const part = { ...last, liquidity: last.liquidity / share };
          if (share === 1n) added.shift();
          else added[0] = { ...last, liquidity: last.liquidity - part.liquidity };
          return payer.remove(pool?.address ?? "", part);
        }
        const bottomTick = (Math.floor(tick / step) + Number(draw.bigint(0n, 12n)) - 6) * step;
        const topTick = bottomTick + Number(draw.bigint(1n, 8n)) * step;
        const position = { bottomTick, topTick, liquidity: liquidity / draw.bigint(5n, 50n) + 1n };
        added.push(position);
        return payer.addToUniswapV3(pool?.address ?? "", [position]);
      }
    });
  }

  it("quotes a pool whose ticks are all told, without reads", () => {
    const pool: UniswapV3Pool = {
      venue: "uniswapV3",
      deployment: "memory",
      id: address,
      address,
      tokens: [weth.address, usdc.address],
      feePpm: 500,
      hasMovingFee: false,
      table: tickTable(10, 0, []),
    };
    const ticks = [
      { tick: -887_270, liquidityNet: 10n ** 18n, liquidityGross: 10n ** 18n },
      { tick: 887_270, liquidityNet: -(10n ** 18n), liquidityGross: 10n ** 18n },
    ];
    const window = { lower: -maxTick, upper: maxTick, ticks };
    const state: UniswapV3State = { sqrtPriceX96: price, tick: 0, liquidity: 10n ** 18n, feePpm: 500, window };
    const swap = { tokenIn: weth.address, tokenOut: usdc.address, amountIn: 10n ** 9n };
    expect(uniswapV3.quote(pool, state, swap)).to.equal(999_499_999n);
  });
});
