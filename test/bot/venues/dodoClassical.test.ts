import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";
import { AbiCoder, dataSlice, MaxUint256, ZeroAddress } from "ethers";
import { arbitrum } from "../../../bot/config/chains/arbitrum.ts";
import { type Address, tokenOf } from "../../../bot/config/chains/chain.ts";
import { isRefusal } from "../../../bot/domain/quote.ts";
import { type DodoPool, type DodoState, dodo, rState } from "../../../bot/venues/dodo.ts";
import {
  type DodoClassicalPool,
  DodoClassicalPool__factory,
  DodoConstantOracle__factory,
  DodoFeeRouteProxy__factory,
} from "../../../types/index.js";
import { useArbitrum } from "../../support/arbitrum.ts";
import { deployment, skipOnFork } from "../../support/dodo.ts";
import { erc20 } from "../../support/erc20.ts";
import { setTokenBalance } from "../../support/fund.ts";
import { type Random, seededRandom } from "../../support/random.ts";
import { readerAt } from "../../support/reader.ts";

const one = 10n ** 18n;
const weth = tokenOf(arbitrum, "WETH");
const usdc = tokenOf(arbitrum, "USDC.e");
const usdt = tokenOf(arbitrum, "USDT");

const markets = [
  { base: weth, price: 3_000n * 10n ** 6n, k: (3n * one) / 10n, fees: [24n * 10n ** 14n, 6n * 10n ** 14n] },
  { base: usdt, price: one, k: 2n * 10n ** 14n, fees: [0n, 10n ** 13n] },
] as const;

describe("the DODO venue, in classical pools", () => {
  const chain = useArbitrum();
  let trader: HardhatEthersSigner;
  const pools: { readonly pool: DodoPool; readonly contract: DodoClassicalPool }[] = [];

  before(async () => {
    const [, , , , , account] = await chain().ethers.getSigners();
    if (account === undefined) throw new Error("The chain under test has too few accounts.");
    trader = account;
    for (const token of [weth, usdc, usdt]) {
      await setTokenBalance(chain(), token.address, trader.address, 10n ** 9n * 10n ** BigInt(token.decimals));
      await erc20(token.address, trader).approve(deployment.approve, MaxUint256);
    }
    // The test's own pools, behind the adapter of the chain under test.
    for (const { base, price, k, fees } of markets) {
      const contract = await new DodoClassicalPool__factory(trader).deploy();
      const oracle = await new DodoConstantOracle__factory(trader).deploy(price);
      const [lpFeeRate, mtFeeRate] = fees;
      const tokens = [base.address, usdc.address] as const;
      const maintainer = deployment.v2Adapter;
      await contract.init(trader, trader, maintainer, ...tokens, oracle, lpFeeRate, mtFeeRate, k, MaxUint256);
      await contract.enableTrading();
      await contract.enableBaseDeposit();
      await contract.enableQuoteDeposit();
      const amount = 10_000n * 10n ** BigInt(base.decimals);
      await erc20(base.address, trader).approve(contract, MaxUint256);
      await erc20(usdc.address, trader).approve(contract, MaxUint256);
      await contract.depositBase(amount);
      await contract.depositQuote((amount * price) / one);
      const address = await contract.getAddress();
      const ours = { ...deployment, v1Pools: [address] };
      const found = await dodo.discover(ours, [base, usdc], readerAt(chain()));
      const pool = found.find((candidate) => candidate.address === address);
      if (pool === undefined) throw new Error("The venue does not discover the pool.");
      pools.push({ pool, contract });
    }
  });

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

  it("finds the pools that the chain file names, on the localnet", async function () {
    skipOnFork(this, "which classical pools still answer is the chain's affair");
    const found = await dodo.discover(deployment, arbitrum.tokens, readerAt(chain()));
    const classical = found.filter(({ variant }) => variant === "classical");
    expect(classical.map(({ address }) => address)).to.have.members([...deployment.v1Pools]);
    for (const pool of classical) {
      expect(pool).to.include({ adapter: deployment.v1Adapter, quote: usdc.address });
      expect(dodo.curve(pool, await stateOf(pool), pool.base, pool.quote)).to.not.have.property("refused");
    }
  });

  it("drops a pool that does not answer, and one whose tokens are not traded", async () => {
    const [first] = pools;
    const other = { ...deployment, v1Pools: [trader.address, deployment.routeProxy, first?.pool.address ?? ""] };
    const found = await dodo.discover(other, [usdc, usdt], readerAt(chain()));
    expect(found.filter(({ variant }) => variant === "classical")).to.deep.equal([]);
  });

  it("quotes to the wei what 150 random swaps of each pool pay, and knows the state after each", async () => {
    const seen = new Set<string>();
    for (const [index, { pool, contract }] of pools.entries()) {
      const random = seededRandom(0xc1a5 + index);
      let paid = 0;
      for (let n = 0; paid < 150 && n < 300; n++) {
        await disturb(random, pool, contract);
        const state = await stateOf(pool);
        const sellsBase = random.pick([true, false]);
        const tokenIn = sellsBase ? pool.base : pool.quote;
        const tokenOut = sellsBase ? pool.quote : pool.base;
        const amountIn = drawAmount(random, state, sellsBase);
        const label = `pool ${index}, case ${n}: ${sellsBase ? "base" : "quote"} ${amountIn} into R ${state.R}`;
        const curve = dodo.curve(pool, state, tokenIn, tokenOut);
        if (isRefusal(curve)) throw new Error(`${label}: ${curve.detail}`);
        const quoted = curve.quote(amountIn);
        const swap = mixSwap(pool, tokenIn, tokenOut, amountIn);
        if (isRefusal(quoted)) {
          const reason = await swap.simulate().then(
            (output) => `pays ${output}`,
            (error: Error) => error.message,
          );
          expect(reason, `${label}, refused as ${quoted.refused}`).to.include(quoted.detail);
          continue;
        }
        seen.add(`${index} ${state.R} ${sellsBase}`);
        const before = await erc20(tokenOut, trader).balanceOf(trader);
        await swap.send();
        expect((await erc20(tokenOut, trader).balanceOf(trader)) - before, label).to.equal(quoted);
        expect(curve.after(amountIn), label).to.deep.equal(await stateOf(pool));
        paid += 1;
      }
      expect(paid).to.equal(150);
    }
    const { aboveOne, belowOne } = rState;
    const moved = [aboveOne, belowOne].flatMap((R) => [`0 ${R}`, `1 ${R}`]);
    expect([...seen]).to.include.members(moved.flatMap((state) => [`${state} true`, `${state} false`]));
  });

  /** Moves the pool as others do: another price, tokens sent to the adapter, a donation. */
  async function disturb(random: Random, pool: DodoPool, contract: DodoClassicalPool): Promise<void> {
    const what = random.pick(["nothing", "nothing", "price", "stray transfer", "donation"]);
    if (what === "price") {
      const price = ((await contract.getOraclePrice()) * random.bigint(990n, 1_010n)) / 1_000n;
      await contract.setOracle(await new DodoConstantOracle__factory(trader).deploy(price));
    } else if (what === "stray transfer") {
      await erc20(random.pick([pool.base, pool.quote]), trader).transfer(pool.adapter, random.bigint(1n, 10n ** 6n));
    } else if (what === "donation") {
      await contract.donateBaseToken(random.bigint(0n, 10n ** 6n));
    }
  }

  function drawAmount(random: Random, state: DodoState, sellsBase: boolean): bigint {
    const reserve = sellsBase ? state.B : state.Q;
    const missing = sellsBase ? state.B0 - state.B : state.Q0 - state.Q;
    const held = (sellsBase ? state.classical?.adapterBase : state.classical?.adapterQuote) ?? 0n;
    const toEven =
      missing > held ? [missing - held - 1n, missing - held, missing - held + 1n, missing + reserve / 9n] : [];
    const size = random.pick([reserve / 1_000_000n, reserve / 1_000n, reserve / 10n]) + 1n;
    return random.pick([...toEven, random.bigint(1n, size), random.bigint(1n, size)]) || 1n;
  }

  it("refuses what the pool's owner has stopped, with the reason of the pool", async () => {
    const [first] = pools;
    if (first === undefined) throw new Error("There is no pool.");
    const { pool, contract } = first;
    const stops = [
      { stop: () => contract.disableSelling(), tokens: [pool.base, pool.quote], reason: "SELLING_NOT_ALLOWED" },
      { stop: () => contract.disableBuying(), tokens: [pool.quote, pool.base], reason: "BUYING_NOT_ALLOWED" },
      { stop: () => contract.disableTrading(), tokens: [pool.base, pool.quote], reason: "TRADE_NOT_ALLOWED" },
    ];
    for (const { stop, tokens, reason } of stops) {
      await stop();
      const [tokenIn = ZeroAddress, tokenOut = ZeroAddress] = tokens;
      const swap = { tokenIn, tokenOut, amountIn: 10n ** 9n };
      expect(dodo.quote(pool, await stateOf(pool), swap)).to.deep.equal({ refused: "paused", detail: reason });
      await expect(mixSwap(pool, tokenIn, tokenOut, swap.amountIn).simulate()).to.be.revertedWith(reason);
    }
  });

  it("is unreadable without a price", async () => {
    const [first] = pools;
    if (first === undefined) throw new Error("There is no pool.");
    await first.contract.setOracle(trader);
    const state = dodo.decode(first.pool, await readerAt(chain()).read(dodo.reads(first.pool)), 0n);
    expect(state).to.deep.equal({
      refused: "unreadable",
      detail: `getOraclePrice of ${first.pool.address} reverts`,
    });
  });
});
