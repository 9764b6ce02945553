import { expect } from "chai";
import { Contract, Interface, MaxUint256, ZeroAddress } from "ethers";
import { arbitrum } from "../../../bot/config/chains/arbitrum.ts";
import { type Address, deploymentsOf, tokenOf, type UniswapV2Deployment } from "../../../bot/config/chains/chain.ts";
import type { Curve } from "../../../bot/domain/curve.ts";
import { isRefusal } from "../../../bot/domain/quote.ts";
import { type UniswapV2Pool, type UniswapV2State, uniswapV2 } from "../../../bot/venues/uniswapV2.ts";
import type { Log, Swap } from "../../../bot/venues/venue.ts";
import { useArbitrum } from "../../support/arbitrum.ts";
import { erc20 } from "../../support/erc20.ts";
import { setTokenBalance } from "../../support/fund.ts";
import { seededRandom } from "../../support/random.ts";
import { readerAt } from "../../support/reader.ts";
import vectors from "../../vectors/uniswapV2.json" with { type: "json" };

const routerAbi = [
  "function swapExactTokensForTokens(uint256 amountIn, uint256 amountOutMin, address[] path, address to, uint256 deadline) returns (uint256[] amounts)",
  "function addLiquidity(address tokenA, address tokenB, uint256 amountADesired, uint256 amountBDesired, uint256 amountAMin, uint256 amountBMin, address to, uint256 deadline) returns (uint256 amountA, uint256 amountB, uint256 liquidity)",
];
const plenty = 2n ** 120n;

const [weth, usdc] = [tokenOf(arbitrum, "WETH").address, tokenOf(arbitrum, "USDC").address];

for (const deployment of deploymentsOf(arbitrum, "uniswapV2")) {
  describe(`the Uniswap V2 venue on ${deployment.name}`, () => {
    const chain = useArbitrum();
    let trader: Address;
    let router: Contract;
    let pools: readonly UniswapV2Pool[];

    before(async () => {
      const [signer] = await chain().ethers.getSigners();
      if (signer === undefined) throw new Error("The chain under test has no accounts.");
      trader = signer.address;
      router = new Contract(deployment.router, routerAbi, signer);
      for (const { address } of arbitrum.tokens) {
        await setTokenBalance(chain(), address, trader, plenty);
        await erc20(address, signer).approve(deployment.router, MaxUint256);
      }
      // A pair that holds something, on any chain.
      const amounts = [10n ** 19n, 30_000n * 10n ** 6n];
      await router.getFunction("addLiquidity")(weth, usdc, ...amounts, 0n, 0n, trader, MaxUint256);
      pools = await uniswapV2.discover(deployment, arbitrum.tokens, readerAt(chain()));
    });

    async function stateOf(pool: UniswapV2Pool): Promise<UniswapV2State> {
      const state = uniswapV2.decode(pool, await readerAt(chain()).read(uniswapV2.reads(pool)), 0n);
      if (isRefusal(state)) throw new Error(state.detail);
      return state;
    }

    /** Swaps through the router, and returns what arrived or the reason without its prefix. */
    async function trade({ tokenIn, tokenOut, amountIn }: Swap): Promise<bigint | string> {
      const token = erc20(tokenOut, chain().ethers.provider);
      const before = await token.balanceOf(trader);
      const swap = router.getFunction("swapExactTokensForTokens");
      try {
        await swap(amountIn, 0n, [tokenIn, tokenOut], trader, MaxUint256);
      } catch (error) {
        return /: ([A-Z_]+)'/.exec(String(error))?.[1] ?? String(error);
      }
      return (await token.balanceOf(trader)) - before;
    }

    it("finds the pairs of the factory, with the tokens in the pairs' order", async () => {
      const pairAbi = ["function token0() view returns (address)", "function token1() view returns (address)"];
      expect(pools.length, "pairs").to.be.greaterThan(0);
      for (const pool of pools) {
        const pair = new Contract(pool.address, pairAbi, chain().ethers.provider);
        expect(pool.tokens).to.deep.equal([await pair.getFunction("token0")(), await pair.getFunction("token1")()]);
        expect(pool).to.include({ venue: "uniswapV2", deployment: deployment.name, feePpm: deployment.feePpm });
      }
    });

    it("quotes what the router pays, to the wei, and knows the reserves that are left", async () => {
      const random = seededRandom(5);
      let paid = 0;
      for (let round = 0; round < 40; round++) {
        const pool = random.pick(pools);
        const state = await stateOf(pool);
        const zeroForOne = round % 2 === 0;
        const [tokenIn, tokenOut] = zeroForOne ? pool.tokens : ([pool.tokens[1], pool.tokens[0]] as const);
        const reserveIn = state.reserves[zeroForOne ? 0 : 1];
        const amountIn = random.bigint(1n, random.pick([1_000n, reserveIn / 100n + 1n, 3n * reserveIn + 1n]));
        const curve = curveOf(pool, state, tokenIn, tokenOut);
        const quoted = curve.quote(amountIn);
        const arrived = await trade({ tokenIn, tokenOut, amountIn });
        if (isRefusal(quoted)) expect(quoted.detail, `${amountIn} of ${tokenIn}`).to.contain(arrived);
        else {
          expect(arrived, `${amountIn} of ${tokenIn}`).to.equal(quoted);
          expect(await stateOf(pool)).to.deep.equal(curve.after(amountIn));
          paid++;
        }
      }
      expect(paid).to.be.greaterThan(20);
    });

    it("refuses what the pair refuses, in its words", async () => {
      const pool = pools.find(({ tokens }) => tokens.includes(weth) && tokens.includes(usdc));
      if (pool === undefined) throw new Error("The factory has no WETH/USDC.");
      const state = await stateOf(pool);
      for (const amountIn of [0n, 1n, 2n ** 112n]) {
        const swap = { tokenIn: usdc, tokenOut: weth, amountIn };
        // One unit of USDC buys WETH everywhere, one of WETH no USDC.
        const sold = amountIn === 1n ? { tokenIn: weth, tokenOut: usdc, amountIn } : swap;
        const quoted = uniswapV2.quote(pool, state, sold);
        expect(isRefusal(quoted) && quoted.detail).to.contain(await trade(sold));
      }
    });

    it("follows a pair by its own event", async () => {
      const pool = pools[0];
      if (pool === undefined || uniswapV2.follow === undefined) throw new Error("nothing to follow");
      const before = await stateOf(pool);
      const [tokenIn, tokenOut] = pool.tokens;
      await trade({ tokenIn, tokenOut, amountIn: before.reserves[0] / 50n });
      const { topics, source, apply } = uniswapV2.follow;
      const filter = { ...source(pool), topics: [[...topics]] };
      const logs = await chain().ethers.provider.getLogs(filter);
      expect(logs).to.have.length(1);
      expect(apply(pool, before, logs[0] as Log)).to.deep.equal(await stateOf(pool));
    });

    it("is told apart from an exchange with another fee", async () => {
      const problems = async (checked: UniswapV2Deployment) => {
        const { expectations } = uniswapV2.requirements(checked, arbitrum.tokens);
        const results = await readerAt(chain()).read(expectations.map(({ call }) => call));
        return expectations.flatMap(({ problemOf }, index) => problemOf(results[index]) ?? []);
      };
      expect(await problems(deployment)).to.deep.equal([]);
      expect(await problems({ ...deployment, feePpm: deployment.feePpm + 500 })).to.have.length(1);
    });

    it("encodes a hop as the router alone", () => {
      for (const pool of pools) {
        const hop = uniswapV2.encode(deployment, pool, ...pool.tokens);
        expect(hop).to.deep.equal({ target: deployment.router, data: "0x" });
      }
    });
  });
}

function curveOf(
  pool: UniswapV2Pool,
  state: UniswapV2State,
  tokenIn: Address,
  tokenOut: Address,
): Curve<UniswapV2State> {
  const curve = uniswapV2.curve(pool, state, tokenIn, tokenOut);
  if (isRefusal(curve)) throw new Error(curve.detail);
  return curve;
}

describe("the Uniswap V2 venue without a chain", () => {
  const address = "0x000000000000000000000000000000000000bA17";
  const pool: UniswapV2Pool = {
    venue: "uniswapV2",
    deployment: "Test",
    id: address,
    address,
    tokens: [weth, usdc],
    feePpm: 3_000,
  };
  const state: UniswapV2State = { reserves: [10n ** 21n, 3n * 10n ** 12n] };
  const sell = (amountIn: bigint): Swap => ({ tokenIn: weth, tokenOut: usdc, amountIn });

  it("quotes by hand: 997/1000 and 9975/10000 of the input against x·y, rounded down", () => {
    const tiny: UniswapV2State = { reserves: [1_000n, 5_000n] };
    // 99.7 · 5000 / 1099.7 = 453.3 and 99.75 · 5000 / 1099.75 = 453.5
    expect(uniswapV2.quote(pool, tiny, sell(100n))).to.equal(453n);
    // 40 · 5000 / 1040 = 191.7: the fee is not rounded off the input first.
    expect(uniswapV2.quote({ ...pool, feePpm: 2_500 }, tiny, sell(40n))).to.equal(191n);
    expect(uniswapV2.quote({ ...pool, feePpm: 100_000 }, tiny, sell(1_000n))).to.equal(2_368n);
  });

  for (const { id, pool: pair, tokens, feePpm, reserves, zeroForOne, amountIn, amountOut, reservesAfter } of vectors) {
    it(`pays what the recorded pair paid: ${id}`, () => {
      const [token0, token1] = tokens as [Address, Address];
      const recorded: UniswapV2Pool = { ...pool, id: pair, address: pair, tokens: [token0, token1], feePpm };
      const [reserve0 = 0n, reserve1 = 0n] = reserves.map(BigInt);
      const [tokenIn, tokenOut] = zeroForOne ? [token0, token1] : [token1, token0];
      const curve = curveOf(recorded, { reserves: [reserve0, reserve1] }, tokenIn, tokenOut);
      const quoted = curve.quote(BigInt(amountIn));
      // The recorded library gives 0, which the pair refuses.
      expect(isRefusal(quoted) ? quoted.refused : quoted).to.equal(
        amountOut === "0" ? "zero-output" : BigInt(amountOut),
      );
      if (reservesAfter !== undefined) {
        expect(curve.after(BigInt(amountIn))).to.deep.equal({ reserves: reservesAfter.map(BigInt) });
      }
    });
  }

  for (const { what, reserves, swap, refused, detail } of [
    { what: "a foreign token", swap: { ...sell(1n), tokenIn: ZeroAddress }, refused: "token-not-in-pool", detail: "" },
    { what: "a token against itself", swap: { ...sell(1n), tokenOut: weth }, refused: "token-not-in-pool", detail: "" },
    { what: "nothing", swap: sell(0n), refused: "zero-amount", detail: "INSUFFICIENT_INPUT_AMOUNT" },
    { what: "dust", swap: sell(1n), refused: "zero-output", detail: "INSUFFICIENT_OUTPUT_AMOUNT" },
    {
      what: "an empty pair",
      reserves: [0n, 0n],
      swap: sell(10n ** 18n),
      refused: "insufficient-liquidity",
      detail: "INSUFFICIENT_LIQUIDITY",
    },
    {
      what: "what overflows a reserve",
      swap: sell(2n ** 112n - 10n ** 21n),
      refused: "over-limit",
      detail: "OVERFLOW",
    },
    {
      what: "what overflows the router",
      swap: sell(2n ** 250n),
      refused: "over-limit",
      detail: "ds-math-mul-overflow",
    },
  ] as const) {
    it(`refuses ${what}: ${refused}`, () => {
      const quoted = uniswapV2.quote(pool, reserves === undefined ? state : { reserves }, swap);
      expect(isRefusal(quoted) && quoted.refused).to.equal(refused);
      expect(isRefusal(quoted) && quoted.detail).to.contain(detail);
    });
  }

  it("quotes up to the last unit that a reserve holds", () => {
    const last = 2n ** 112n - 1n - state.reserves[0];
    expect(uniswapV2.quote(pool, state, sell(last))).to.be.a("bigint");
    expect(curveOf(pool, state, weth, usdc).limitIn).to.equal(Number(last));
  });

  it("shadows its quotes with floats that never fall, and names its product", () => {
    const curve = curveOf(pool, state, weth, usdc);
    const { reserveIn, reserveOut, kept } = curve.product ?? { reserveIn: 0, reserveOut: 0, kept: 0 };
    let before = 0;
    for (let amountIn = 10 ** 12; amountIn < 1e24; amountIn *= 1.7) {
      const estimate = curve.estimate(amountIn);
      const quoted = Number(curve.quote(BigInt(Math.floor(amountIn))));
      // The quote is rounded down to units of six decimals.
      expect(estimate).to.be.within(quoted * (1 - 1e-9), (quoted + 1) * (1 + 1e-9));
      const product = (reserveOut * kept * amountIn) / (reserveIn + kept * amountIn);
      expect(product / estimate).to.be.within(1 - 1e-12, 1 + 1e-12);
      expect(estimate).to.be.greaterThan(before);
      expect(estimate / amountIn).to.be.at.most(curve.rate);
      before = estimate;
    }
    expect(curve.estimate(1e9) / 1e9 / curve.rate).to.be.within(1 - 1e-11, 1);
    expect(curve.estimate(2 * curve.limitIn)).to.equal(curve.estimate(curve.limitIn));
    const empty = curveOf(pool, { reserves: [0n, 0n] }, weth, usdc);
    expect([empty.rate, empty.limitIn, empty.estimate(1e18)]).to.deep.equal([0, 0, 0]);
  });

  it("refuses a pair whose reserves cannot be read, and leaves out a factory's answer that is no address", async () => {
    for (const data of ["0x", `0x${"00".repeat(32)}`]) {
      expect(uniswapV2.decode(pool, [{ success: true, data }], 0n)).to.include({ refused: "unreadable" });
    }
    expect(uniswapV2.decode(pool, [{ success: false, data: "0x" }], 0n)).to.include({ refused: "unreadable" });
    const pair = new Interface(["function getPair() view returns (address)"]);
    const answers = [
      { success: true, data: pair.encodeFunctionResult("getPair", [address]) },
      { success: true, data: pair.encodeFunctionResult("getPair", [ZeroAddress]) },
      { success: false, data: "0x" },
    ];
    const deployment = { venue: "uniswapV2", name: "Test", factory: address, router: address, feePpm: 3_000 } as const;
    const tokens = ["USDC", "WETH", "ARB"].map((symbol) => tokenOf(arbitrum, symbol));
    const found = await uniswapV2.discover(deployment, tokens, { read: async () => answers });
    expect(found).to.deep.equal([pool]);
  });
});
