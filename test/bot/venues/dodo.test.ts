import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";
import { AbiCoder, dataSlice, MaxUint256 } from "ethers";
import { arbitrum } from "../../../bot/config/chains/arbitrum.ts";
import { type Address, type Token, tokenOf } from "../../../bot/config/chains/chain.ts";
import { isRefusal } from "../../../bot/domain/quote.ts";
import { type DodoPool, type DodoState, dodo, rState } from "../../../bot/venues/dodo.ts";
import {
  DodoApproveProxy__factory,
  DodoFeeRouteProxy__factory,
  DodoPool__factory,
  DodoStablePool__factory,
} from "../../../types/index.js";
import { useArbitrum } from "../../support/arbitrum.ts";
import { actAs, createPool, deployment, type PoolTerms, routeProxyOfOwner, skipOnFork } from "../../support/dodo.ts";
import { erc20 } from "../../support/erc20.ts";
import { setTokenBalance } from "../../support/fund.ts";
import { type Random, seededRandom } from "../../support/random.ts";
import { readerAt } from "../../support/reader.ts";

const one = 10n ** 18n;
const weth = tokenOf(arbitrum, "WETH");
const usdc = tokenOf(arbitrum, "USDC");
const usdt = tokenOf(arbitrum, "USDT");
const dai = tokenOf(arbitrum, "DAI");

type FactoryVariant = keyof typeof deployment.factories;

/** The test's own pools, so that no case depends on what the chain under test holds. */
const markets: readonly { readonly variant: FactoryVariant; readonly name: string; readonly terms: PoolTerms }[] = [
  { variant: "dvm", name: "k = 0.25", terms: selling(weth, usdc, one / 4n, 8n * 10n ** 14n) },
  { variant: "dvm", name: "k = 1", terms: selling(weth, usdc, one, 24n * 10n ** 14n) },
  { variant: "dvm", name: "k = 0", terms: selling(weth, usdc, 0n, 0n) },
  { variant: "dsp", name: "k = 0.0002", terms: stable(dai, usdc, 2n * 10n ** 14n, 8n * 10n ** 13n) },
  { variant: "dsp", name: "k = 0.6", terms: stable(usdt, usdc, (6n * one) / 10n, 3n * 10n ** 15n) },
  { variant: "dsp", name: "k = 1", terms: stable(dai, usdt, one, 10n ** 15n) },
  { variant: "dpp", name: "k = 0.1", terms: stable(weth, usdt, one / 10n, 5n * 10n ** 14n) },
  { variant: "dpp", name: "k = 0", terms: stable(usdt, usdc, 0n, 10n ** 14n) },
];
const casesPerMarket = 32;

/** A vending machine in mid-sale, with half of its base left. */
function selling(base: Token, quote: Token, k: bigint, lpFeeRate: bigint): PoolTerms {
  const terms = stable(base, quote, k, lpFeeRate);
  return { ...terms, quoteAmount: (terms.quoteAmount * (one + k)) / one };
}

/** A pool at its targets. */
function stable(base: Token, quote: Token, k: bigint, lpFeeRate: bigint): PoolTerms {
  const i = base === weth ? 2_500n * 10n ** 6n : 10n ** BigInt(18 + quote.decimals - base.decimals);
  const baseAmount = (base === weth ? 40n : 100_000n) * 10n ** BigInt(base.decimals);
  return { base, quote, lpFeeRate, i, k, baseAmount, quoteAmount: (baseAmount * i) / one };
}

describe("the DODO venue", () => {
  const chain = useArbitrum();
  let trader: HardhatEthersSigner;
  const pools = new Map<(typeof markets)[number], DodoPool>();

  before(async () => {
    const [, , , , , account] = await chain().ethers.getSigners();
    if (account === undefined) throw new Error("The chain under test has too few accounts.");
    trader = account;
    const addresses = new Map<Address, (typeof markets)[number]>();
    for (const market of markets) {
      const pool = await createPool(chain(), trader, market.variant, market.terms);
      addresses.set(await pool.getAddress(), market);
    }
    for (const token of [weth, usdc, usdt, dai]) {
      await setTokenBalance(chain(), token.address, trader.address, 10n ** 9n * 10n ** BigInt(token.decimals));
      await erc20(token.address, trader).approve(deployment.approve, MaxUint256);
    }
    for (const pool of await dodo.discover(deployment, arbitrum.tokens, readerAt(chain()))) {
      const market = addresses.get(pool.address);
      // Through the route proxy: test/contracts/direct.test.ts holds direct swaps to their quotes.
      if (market !== undefined) pools.set(market, { ...pool, direct: false });
    }
  });

  function poolOf(market: (typeof markets)[number] | undefined): DodoPool {
    const pool = market && pools.get(market);
    if (pool === undefined) throw new Error("The pool was not discovered.");
    return pool;
  }

  async function stateOf(pool: DodoPool): Promise<DodoState> {
    const state = dodo.decode(pool, await readerAt(chain()).read(dodo.reads(pool)), 0n);
    if (isRefusal(state)) throw new Error(`${state.refused}: ${state.detail}`);
    return state;
  }

  /** Prepares a swap as FlashArbitrage sends it: the venue's target and data, the input, a minimum of 1. */
  function mixSwap(pool: DodoPool, tokenIn: Address, tokenOut: Address, amountIn: bigint) {
    const { target, data } = dodo.encode(deployment, pool, tokenIn, tokenOut);
    const [mixAdapters, mixPairs, assetTo, directions, moreInfos, feeData] = AbiCoder.defaultAbiCoder()
      .decode(["address[]", "address[]", "address[]", "uint256", "bytes[]", "bytes"], dataSlice(data, 4))
      .toArray(true);
    const proxy = DodoFeeRouteProxy__factory.connect(target, trader);
    const args = [mixAdapters, mixPairs, assetTo, directions, moreInfos, feeData, MaxUint256] as const;
    return {
      send: () => proxy.mixSwap(tokenIn, tokenOut, amountIn, 1n, ...args),
      simulate: () => proxy.mixSwap.staticCall(tokenIn, tokenOut, amountIn, 1n, ...args),
    };
  }

  describe("discovery", () => {
    it("finds each pool under its factory, base first", () => {
      for (const market of markets) {
        const pool = poolOf(market);
        expect(pool.variant, market.name).to.equal(market.variant);
        expect(pool.tokens).to.deep.equal([market.terms.base.address, market.terms.quote.address]);
        expect(pool.id).to.equal(pool.address);
        expect(pool.deployment).to.equal(deployment.name);
      }
    });

    it("looks for the given tokens only", async () => {
      const found = await dodo.discover(deployment, [usdc, dai], readerAt(chain()));
      expect(found.length).to.be.greaterThan(0);
      for (const pool of found) expect(pool.tokens).to.have.members([usdc.address, dai.address]);
    });

    it("drops a pool that is listed under a pair that it does not trade", async () => {
      const factory = deployment.factories.dvm;
      const { address } = poolOf(markets[0]);
      const abi = [
        "function _OWNER_() view returns (address)",
        "function addPoolByAdmin(address, address, address, address)",
      ];
      const contract = await chain().ethers.getContractAt(abi, factory);
      const owner = await actAs(chain(), await contract.getFunction("_OWNER_")());
      const listing = [owner.address, usdc.address, dai.address, address];
      await (contract.connect(owner) as typeof contract).getFunction("addPoolByAdmin")(...listing);
      const found = await dodo.discover(deployment, [usdc, dai], readerAt(chain()));
      expect(found.map((pool) => pool.address)).to.not.include(address);
    });

    it("fails when a factory is not one", async () => {
      const wrong = { ...deployment, factories: { ...deployment.factories, dpp: deployment.approve } };
      const failure = await dodo.discover(wrong, [usdc, dai], readerAt(chain())).catch((error: Error) => error.message);
      expect(failure).to.equal(`DODO: the dpp factory ${deployment.approve} does not answer getDODOPool.`);
    });
  });

  describe("quotes", () => {
    let paid = 0;
    const statesSeen = new Set<string>();

    for (const [index, market] of markets.entries()) {
      it(`equal what a swap pays, to the wei, and tell the state after it, however the pool moved: ${market.variant}, ${market.name}`, async () => {
        const random = seededRandom(0xd0d0 + index);
        const pool = poolOf(market);
        for (let n = 0; n < casesPerMarket; n++) {
          await disturb(random, pool);
          const state = await stateOf(pool);
          statesSeen.add(`${pool.variant} ${state.R}`);
          const sellsBase = random.pick([true, false]);
          const tokenIn = sellsBase ? pool.base : pool.quote;
          const tokenOut = sellsBase ? pool.quote : pool.base;
          const amountIn = drawAmount(random, pool, state, sellsBase);
          const label = `case ${n}: ${sellsBase ? "base" : "quote"} ${amountIn} into R ${state.R}`;

          const quote = dodo.quote(pool, state, { tokenIn, tokenOut, amountIn });
          const swap = mixSwap(pool, tokenIn, tokenOut, amountIn);
          if (isRefusal(quote)) {
            const reason = await swap.simulate().then(
              (output) => `pays ${output}`,
              (error: Error) => error.message,
            );
            expect(reason, `${label}, refused as ${quote.refused}`).to.include(quote.detail);
            continue;
          }
          const before = await erc20(tokenOut, trader).balanceOf(trader);
          await swap.send();
          const after = await erc20(tokenOut, trader).balanceOf(trader);
          expect(after - before, label).to.equal(quote);
          const curve = dodo.curve(pool, state, tokenIn, tokenOut);
          if (isRefusal(curve)) throw new Error(`${label}: ${curve.detail}`);
          expect(curve.after(amountIn), label).to.deep.equal(await stateOf(pool));
          paid += 1;
        }
      });
    }

    it("were compared in more than 200 swaps, and in every state of R", () => {
      expect(paid).to.be.greaterThan(200);
      const { one: even, aboveOne, belowOne } = rState;
      const all = [even, aboveOne, belowOne].flatMap((R) => [`dsp ${R}`, `dpp ${R}`]);
      expect([...statesSeen]).to.have.members([...all, `dvm ${aboveOne}`]);
    });

    /** Moves the pool as others do: a swap past the proxy, or tokens sent without one. */
    async function disturb(random: Random, pool: DodoPool): Promise<void> {
      const what = random.pick(["nothing", "nothing", "swap", "stray transfer"]);
      if (what === "nothing") return;
      const state = await stateOf(pool);
      const sellsBase = random.pick([true, false]);
      const reserve = sellsBase ? state.B : state.Q;
      await erc20(sellsBase ? pool.base : pool.quote, trader).transfer(pool.address, random.bigint(0n, reserve / 20n));
      if (what === "stray transfer") return;
      const contract = DodoPool__factory.connect(pool.address, trader);
      // A vending machine that is sold out cannot move: the transfer stays.
      await (sellsBase ? contract.sellBase(trader) : contract.sellQuote(trader)).catch(() => undefined);
    }

    function drawAmount(random: Random, pool: DodoPool, state: DodoState, sellsBase: boolean): bigint {
      const reserve = sellsBase ? state.B : state.Q;
      // Without a curve, a large swap empties a vending machine, and DODO's fee model shuts it.
      if (pool.variant === "dvm" && state.K === 0n) return random.bigint(1n, reserve / 10n);
      const missing = sellsBase ? state.B0 - state.baseBalance : state.Q0 - state.quoteBalance;
      // Where R returns to one, the pool leaves the curve on which it stands.
      const toEven = missing > 0n ? [missing - 1n, missing, missing + 1n, missing + reserve / 9n] : [];
      const size = random.pick([reserve / 1_000_000n, reserve / 1_000n, reserve / 10n, 3n * reserve]) + 1n;
      return random.pick([...toEven, random.bigint(1n, size), random.bigint(1n, size), random.bigint(1n, size)]) || 1n;
    }
  });

  describe("refusals", () => {
    const quoteOf = (pool: DodoPool, state: DodoState, amountIn: bigint) =>
      dodo.quote(pool, state, { tokenIn: pool.base, tokenOut: pool.quote, amountIn });

    it("nothing in is refused, because the proxy pays at least 1", async () => {
      const pool = poolOf(markets[3]);
      expect(quoteOf(pool, await stateOf(pool), 0n)).to.include({ refused: "zero-amount" });
    });

    it("so little in that nothing comes out is refused with the proxy's reason, and the swap reverts with it", async () => {
      const pool = poolOf(markets[0]);
      const quote = quoteOf(pool, await stateOf(pool), 1n);
      expect(quote).to.deep.equal({ refused: "zero-output", detail: "DODORouteProxy: Return amount is not enough" });
      await expect(mixSwap(pool, pool.base, pool.quote, 1n).simulate()).to.be.revertedWith(
        "DODORouteProxy: Return amount is not enough",
      );
    });

    it("a vending machine cannot buy back more than it sold", async () => {
      const pool = poolOf(markets[0]);
      const state = await stateOf(pool);
      const amountIn = state.B0 - state.B + 1n;
      expect(quoteOf(pool, state, amountIn)).to.deep.equal({
        refused: "insufficient-liquidity",
        detail: "TARGET_IS_ZERO",
      });
      await expect(mixSwap(pool, pool.base, pool.quote, amountIn).simulate()).to.be.revertedWith("TARGET_IS_ZERO");
    });

    it("a pool that would count past 112 bits is refused, and the swap reverts", async () => {
      const pool = poolOf(markets[7]);
      const amountIn = 2n ** 112n;
      expect(quoteOf(pool, await stateOf(pool), amountIn)).to.include({ refused: "over-limit" });
      await setTokenBalance(chain(), pool.base, trader.address, amountIn);
      await expect(mixSwap(pool, pool.base, pool.quote, amountIn).simulate()).to.be.revertedWith("OVERFLOW");
    });

    it("arithmetic that leaves 256 bits is refused with the pool's reason", async () => {
      const pool = poolOf(markets[3]);
      const quote = quoteOf(pool, await stateOf(pool), 2n ** 230n);
      expect(quote).to.deep.equal({ refused: "invariant", detail: "MUL_ERROR" });
    });

    it("a pool without a curve is unreadable once a side is empty, because its fee model reverts", async function () {
      skipOnFork(this, "DODO's owner decides which fee model is in force");
      const pool = poolOf(markets[2]);
      const state = await stateOf(pool);
      await erc20(pool.base, trader).transfer(pool.address, state.B0 - state.B);
      await DodoPool__factory.connect(pool.address, trader).sellBase(trader);
      expect(dodo.decode(pool, await readerAt(chain()).read(dodo.reads(pool)), 0n)).to.deep.equal({
        refused: "unreadable",
        detail: `getUserFeeRate of ${pool.address} reverts`,
      });
      await expect(mixSwap(pool, pool.quote, pool.base, 10n ** 6n).simulate()).to.be.revertedWith("KJUDGE_ERROR");
    });

    it("a pool that does not hold the output and DODO's fee is refused", async () => {
      const pool = poolOf(markets[3]);
      const state = await stateOf(pool);
      const amountIn = 1_000n * one;
      const contract = DodoStablePool__factory.connect(pool.address, trader);
      const [received, mtFee] = await contract.querySellBase(trader, amountIn);
      expect(mtFee).to.be.greaterThan(0n);
      const enough = { ...state, quoteBalance: received + mtFee };
      expect(quoteOf(pool, enough, amountIn)).to.equal(quoteOf(pool, state, amountIn));
      const short = { ...state, quoteBalance: received + mtFee - 1n };
      expect(quoteOf(pool, short, amountIn)).to.include({ refused: "insufficient-liquidity" });
    });

    it("a token of another pool is refused", async () => {
      const pool = poolOf(markets[3]);
      const swap = { tokenIn: weth.address, tokenOut: pool.quote, amountIn: 1n };
      expect(dodo.quote(pool, await stateOf(pool), swap)).to.include({ refused: "token-not-in-pool" });
    });

    it("a pool is paused while the route proxy may not pull, and the swap reverts", async () => {
      const pool = poolOf(markets[3]);
      const approveProxy = DodoApproveProxy__factory.connect(deployment.approveProxy, chain().ethers.provider);
      const owner = await actAs(chain(), await approveProxy._OWNER_());
      await approveProxy.connect(owner).removeDODOProxy(deployment.routeProxy);
      expect(dodo.decode(pool, await readerAt(chain()).read(dodo.reads(pool)), 0n)).to.include({ refused: "paused" });
      await expect(mixSwap(pool, pool.base, pool.quote, one).simulate()).to.be.revertedWith(
        "DODOApproveProxy:Access restricted",
      );
    });

    it("what is not a pool is unreadable, with the read that failed", async () => {
      const [codeless, other] = [{ ...poolOf(markets[3]), address: trader.address }, deployment.routeProxy];
      const read = async (pool: DodoPool) => dodo.decode(pool, await readerAt(chain()).read(dodo.reads(pool)), 0n);
      expect(await read(codeless)).to.include({ refused: "unreadable" });
      // The proxy's fallback accepts every call and returns nothing.
      expect(await read({ ...codeless, address: other })).to.include({ refused: "unreadable" });
      const token = await read({ ...codeless, address: usdc.address });
      expect(token).to.deep.equal({ refused: "unreadable", detail: `getPMMStateForCall of ${usdc.address} reverts` });
    });
  });

  it("pays no more than the surplus on the way back to a target, whatever the curve says", async () => {
    const pool = poolOf(markets[3]);
    const rates = { lpFeeRate: 0n, mtFeeRate: 0n, routeFeeRate: 0n };
    const reserves = { B: 100n, Q: 1_100n, baseBalance: 100n, quoteBalance: 1_100n };
    const state = { ...rates, ...reserves, i: one, K: 0n, B0: 1_000n, Q0: 1_050n, R: rState.aboveOne };
    const swap = { tokenIn: pool.base, tokenOut: pool.quote, amountIn: 500n };
    expect(dodo.quote(pool, state, swap)).to.equal(50n);
  });

  it("follows the proxy's fee when its owner changes it", async () => {
    const pool = poolOf(markets[3]);
    const before = await stateOf(pool);
    await (await routeProxyOfOwner(chain())).changeRouteFeeRate(before.routeFeeRate + 10n ** 16n);
    const state = await stateOf(pool);
    expect(state.routeFeeRate).to.equal(before.routeFeeRate + 10n ** 16n);
    const swap = { tokenIn: pool.base, tokenOut: pool.quote, amountIn: 1_000n * one };
    const [quote, quoteBefore] = [dodo.quote(pool, state, swap), dodo.quote(pool, before, swap)];
    expect(quote).to.equal(await mixSwap(pool, pool.base, pool.quote, swap.amountIn).simulate());
    expect(quote).to.not.equal(quoteBefore);
  });
});
