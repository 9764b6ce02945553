import { readFileSync } from "node:fs";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { tokenOf } from "../../bot/config/chains/chain.ts";
import { isRefusal } from "../../bot/domain/quote.ts";
import { woofi } from "../../bot/venues/woofi.ts";
import { startPriceE8 } from "../../localnet/market.ts";
import { postWoofiPrice, refreshWoofi } from "../../localnet/woofi.ts";
import { ChainlinkFeed__factory, WooPPV2__factory, WooRouterV2__factory } from "../../types/index.js";
import { isFork, useArbitrum } from "../support/arbitrum.ts";
import { erc20 } from "../support/erc20.ts";
import { setTokenBalance } from "../support/fund.ts";
import { readerAt } from "../support/reader.ts";
import { deployToken, deployWoofiTwin, type Terms, type Woofi, woofiOf } from "../support/woofi.ts";

const weth = arbitrum.weth;
const usdc = tokenOf(arbitrum, "USDC").address;
const wbtc = tokenOf(arbitrum, "WBTC").address;
const dai = tokenOf(arbitrum, "DAI").address;
const ether = "0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE";
const usd = 10n ** 6n;
const one = 10n ** 18n;
const satoshi = 1n;

const wethTerms: Terms = {
  token: weth,
  feedE8: 3_000_00000000n,
  priceE8: 3_000_00000000n,
  spread: 10n ** 15n,
  coeff: 10n ** 9n,
  feeRate: 25n,
  maxGamma: 3n * 10n ** 15n,
  maxNotionalSwap: 1_000_000n * usd,
};
const wbtcTerms: Terms = { ...wethTerms, token: wbtc, feedE8: 60_000_00000000n, priceE8: 60_000_00000000n };

/** The WOOFi of these tests is a new one, so that they hold on a fork as well, whatever the WOOFi there has become. */
describe("WOOFi's twin", () => {
  const chain = useArbitrum();
  let venue: Woofi;
  let feeds: ReadonlyMap<string, string>;
  let owner: HardhatEthersSigner;
  let trader: HardhatEthersSigner;
  let stranger: HardhatEthersSigner;

  before(async () => {
    const [first, , , , , second, third] = await chain().ethers.getSigners();
    if (!first || !second || !third) throw new Error("The chain under test has too few accounts.");
    [owner, trader, stranger] = [first, second, third];
    const twin = await deployWoofiTwin(chain(), { token: usdc, feedE8: 10n ** 8n }, [wethTerms, wbtcTerms]);
    venue = twin;
    feeds = twin.feeds;
    const reserves: readonly (readonly [string, bigint])[] = [
      [usdc, 1_000_000n * usd],
      [weth, 300n * one],
      [wbtc, 20n * 10n ** 8n],
    ];
    for (const [token, reserve] of reserves) {
      await setTokenBalance(chain(), token, venue.deployment.pool, reserve);
      await venue.pool.sync(token);
      await setTokenBalance(chain(), token, trader.address, reserve * 10n);
      await erc20(token, trader).approve(venue.router, 2n ** 256n - 1n);
    }
  });

  /** Swaps through the router as the trader, for the trader. */
  function swap(tokenIn: string, tokenOut: string, amountIn: bigint, { minOut = 0n, value = 0n } = {}) {
    return venue.router.connect(trader).swap(tokenIn, tokenOut, amountIn, minOut, trader, ZeroAddress, { value });
  }

  /** Swaps with the pool itself, for the trader. The input has to be there. */
  function swapDirectly(tokenIn: string, tokenOut: string, amountIn: bigint, to: string = trader.address) {
    return venue.pool.connect(trader).swap(tokenIn, tokenOut, amountIn, 0n, to, ZeroAddress);
  }

  async function post(base: string, priceE8: bigint): Promise<void> {
    await venue.oracle["postPrice(address,uint128)"](base, priceE8);
  }

  async function setFeed(token: string, priceE8: bigint): Promise<void> {
    await ChainlinkFeed__factory.connect(feeds.get(token) ?? "", owner).transmit(priceE8);
  }

  async function balanceOf(token: string, account: string = trader.address): Promise<bigint> {
    return erc20(token, trader).balanceOf(account);
  }

  /** Gives the next block this many seconds more than the oracle's timestamp. */
  async function age(seconds: bigint): Promise<void> {
    await chain().networkHelpers.time.setNextBlockTimestamp((await venue.oracle.timestamp()) + seconds);
  }

  describe("the router", () => {
    it("pays for a base what the formula says, takes the input from the caller, and reports the swap", async () => {
      // 3000 · (1 − 1e-9 · 3000 − 0.001) = 2996.991, less the fee of 0.025 % = 2996.24175225
      const paid = 2_996_241_753n;
      const before = await balanceOf(usdc);
      await expect(swap(weth, usdc, one))
        .to.emit(venue.router, "WooRouterSwap")
        .withArgs(0n, weth, usdc, one, paid, trader.address, trader.address, ZeroAddress)
        .and.to.emit(venue.pool, "WooSwap")
        .withArgs(
          weth,
          usdc,
          one,
          paid,
          venue.deployment.router,
          trader.address,
          ZeroAddress,
          2_996_991_000n,
          749_247n,
        );
      expect(await balanceOf(usdc)).to.equal(before + paid);
      expect(await venue.pool.poolSize(weth)).to.equal(301n * one);
      expect(await venue.pool.poolSize(usdc)).to.equal(1_000_000n * usd - 2_996_991_000n);
    });

    it("names the account to rebate in both events", async () => {
      const rebated = venue.router.connect(trader).swap(weth, usdc, one, 0n, trader, stranger);
      await expect(rebated).to.emit(venue.router, "WooRouterSwap");
      const [event] = await venue.pool.queryFilter(venue.pool.filters.WooSwap, "latest");
      expect(event?.args.rebateTo).to.equal(stranger.address);
    });

    it("pays nothing for nothing", async () => {
      const before = await balanceOf(usdc);
      await swap(weth, usdc, 0n);
      await swap(usdc, weth, 0n);
      await swap(weth, wbtc, 0n);
      expect(await balanceOf(usdc)).to.equal(before);
    });

    it("takes ether under its placeholder", async () => {
      const quoted = await venue.router.querySwap(ether, usdc, one);
      expect(quoted).to.equal(await venue.router.querySwap(weth, usdc, one));
      const before = await balanceOf(usdc);
      await expect(swap(ether, usdc, one, { value: one })).to.changeEtherBalance(chain().ethers, trader, -one);
      expect(await balanceOf(usdc)).to.equal(before + quoted);
    });

    it("pays ether under its placeholder", async () => {
      const quoted = await venue.router.querySwap(usdc, ether, 3_000n * usd);
      const bought = swap(usdc, ether, 3_000n * usd);
      await expect(bought).to.changeEtherBalance(chain().ethers, trader, quoted);
    });

    it("reverts when the value sent is not the amount of ether, or anything for a token", async () => {
      await expect(swap(ether, usdc, one, { value: one - 1n })).to.be.revertedWith("WooRouter: !msg.value");
      await expect(swap(ether, usdc, one)).to.be.revertedWith("WooRouter: !msg.value");
      await expect(swap(weth, usdc, one, { value: 1n })).to.be.revertedWith("WooRouter: !msg.value");
    });

    it("reverts for no input token, no output token and no receiver", async () => {
      await expect(swap(ZeroAddress, usdc, one)).to.be.revertedWith("WooRouter: !fromToken");
      await expect(swap(weth, ZeroAddress, one)).to.be.revertedWith("WooRouter: !toToken");
      const nobody = venue.router.connect(trader).swap(weth, usdc, one, 0n, ZeroAddress, ZeroAddress);
      await expect(nobody).to.be.revertedWith("WooRouter: !to");
    });

    it("reverts STF without allowance or balance, and STE when the receiver takes no ether", async () => {
      const unallowed = venue.router.connect(stranger).swap(weth, usdc, one, 0n, stranger, ZeroAddress);
      await expect(unallowed).to.be.revertedWith("STF");
      await expect(swap(weth, usdc, (await balanceOf(weth)) + 1n)).to.be.revertedWith("STF");
      const refused = venue.router.connect(trader).swap(usdc, ether, usd, 0n, venue.deployment.pool, ZeroAddress);
      await expect(refused).to.be.revertedWith("STE");
    });

    it("takes ether from WETH and whitelisted accounts only", async () => {
      const payment = { to: venue.deployment.router, value: 1n };
      await expect(trader.sendTransaction(payment)).to.be.revertedWith("!sender");
      await venue.router.setWhitelisted(trader, true);
      await expect(trader.sendTransaction(payment)).to.changeEtherBalance(chain().ethers, venue.router, 1n);
      await expect(venue.router.setWhitelisted(ZeroAddress, true)).to.be.revertedWith("WooRouter: target_ADDR_ZERO");
    });

    it("answers querySwap like swap, and tryQuerySwap beyond the reserve as well", async () => {
      await venue.pool.setTokenInfo(weth, 25, one, 10n ** 15n);
      await expect(venue.router.querySwap(weth, usdc, 340n * one)).to.be.revertedWith("WooPPV2: INSUFF_BALANCE");
      expect(await venue.router.tryQuerySwap(weth, usdc, 340n * one)).to.be.greaterThan(1_000_000n * usd);
      await expect(swap(weth, usdc, 340n * one)).to.be.revertedWithPanic(0x11);
      await expect(venue.router.querySwap(ZeroAddress, usdc, one)).to.be.revertedWith("WooRouter: !fromToken");
      await expect(venue.router.querySwap(weth, ZeroAddress, one)).to.be.revertedWith("WooRouter: !toToken");
      expect(await venue.router.tryQuerySwap(ZeroAddress, usdc, one)).to.equal(0n);
      expect(await venue.router.tryQuerySwap(weth, ZeroAddress, one)).to.equal(0n);
    });

    it("has WETH, and a pool with a quote token that its owner sets", async () => {
      const { router, pool } = venue;
      expect(await router.WETH()).to.equal(weth);
      expect(await router.wooPool()).to.equal(venue.deployment.pool);
      expect(await router.quoteToken()).to.equal(usdc);
      await expect(router.setPool(pool)).to.emit(router, "WooPoolChanged").withArgs(venue.deployment.pool);
      await expect(router.connect(trader).setPool(pool)).to.be.revertedWith("Ownable: caller is not the owner");
      const quoteless = await new WooPPV2__factory(owner).deploy(ZeroAddress);
      await expect(router.setPool(quoteless)).to.be.revertedWith("WooRouter: quoteToken_ADDR_ZERO");
      const wethless = new WooRouterV2__factory(owner).deploy(ZeroAddress, pool);
      await expect(wethless).to.be.revertedWith("WooRouter: weth_ZERO_ADDR");
    });
  });

  describe("the pool", () => {
    it("pays what query answers, in all three directions", async () => {
      for (const [tokenIn, tokenOut, amountIn] of [
        [weth, usdc, 17n * one],
        [usdc, wbtc, 123_456_789_012n],
        [weth, wbtc, 3n * one],
        [wbtc, weth, 98_765_432n],
      ] as const) {
        const quoted = await venue.pool.query(tokenIn, tokenOut, amountIn);
        expect(await venue.pool.tryQuery(tokenIn, tokenOut, amountIn)).to.equal(quoted);
        const before = await balanceOf(tokenOut);
        await swap(tokenIn, tokenOut, amountIn);
        expect((await balanceOf(tokenOut)) - before).to.equal(quoted);
      }
    });

    it("posts the price after the swap to the oracle, which makes the next swap worse", async () => {
      const first = await venue.pool.query(weth, usdc, one);
      await swap(weth, usdc, one);
      // 3000 · (1 − 1e-9 · 3000)
      expect((await venue.oracle.infos(weth)).price).to.equal(2_999_99100000n);
      expect(await venue.pool.query(weth, usdc, one)).to.be.lessThan(first);
      await swap(usdc, weth, 3_000n * usd);
      const gamma = 2_999_25n * 10n ** 7n;
      expect((await venue.oracle.infos(weth)).price).to.equal((one * 2_999_99100000n) / (one - gamma));
    });

    it("posts both prices of a swap of two bases, at half of the larger spread and the larger fee", async () => {
      await venue.pool.setFeeRate(wbtc, 40);
      await venue.oracle["postState(address,uint128,uint64,uint64)"](
        wbtc,
        wbtcTerms.priceE8,
        3n * 10n ** 15n,
        10n ** 9n,
      );
      const gross = 60_000n * usd - (60_000n * usd * (10n ** 9n * 60_000n + 15n * 10n ** 14n)) / one;
      const fee = (gross * 40n) / 100_000n;
      await expect(swap(wbtc, weth, 10n ** 8n)).to.emit(venue.pool, "WooSwap");
      const [event] = await venue.pool.queryFilter(venue.pool.filters.WooSwap, "latest");
      expect(event?.args.swapVol).to.equal(gross);
      expect(event?.args.swapFee).to.equal(fee);
      expect(await venue.pool.unclaimedFee()).to.equal(fee);
      expect(await venue.pool.poolSize(usdc)).to.equal(1_000_000n * usd - fee);
      expect((await venue.oracle.infos(wbtc)).price).to.equal(59_996_40000000n);
      expect((await venue.oracle.infos(weth)).price).to.be.greaterThan(3_000_00000000n);
    });

    it("counts fees of every direction in the quote token alone, and sends them to their receiver", async () => {
      await swap(weth, usdc, one);
      await swap(usdc, wbtc, 1_000n * usd);
      const fees = await venue.pool.unclaimedFee();
      expect(fees).to.equal(749_247n + 250_000n);
      const { pool } = venue.deployment;
      expect(await venue.pool.balance(usdc)).to.equal((await balanceOf(usdc, pool)) - fees);
      expect(await venue.pool.balance(usdc)).to.equal(await venue.pool.poolSize(usdc));
      expect(await venue.pool.balance(weth)).to.equal(await balanceOf(weth, pool));
      await venue.pool.setFeeAddr(ZeroAddress);
      await expect(venue.pool.claimFee()).to.be.revertedWith("WooPPV2: !feeAddr");
      await venue.pool.setFeeAddr(stranger);
      await venue.pool.connect(trader).claimFee();
      expect(await balanceOf(usdc, stranger.address)).to.equal(fees);
      expect(await venue.pool.unclaimedFee()).to.equal(0n);
    });

    it("reverts below the minimum, with a reason for each direction", async () => {
      const minOut = 10n ** 30n;
      const sellBase = swap(weth, usdc, one, { minOut });
      await expect(sellBase).to.be.revertedWith("WooPPV2: quoteAmount_LT_minQuoteAmount");
      const sellQuote = swap(usdc, weth, usd, { minOut });
      await expect(sellQuote).to.be.revertedWith("WooPPV2: baseAmount_LT_minBaseAmount");
      const baseToBase = swap(weth, wbtc, one, { minOut });
      await expect(baseToBase).to.be.revertedWith("WooPPV2: base2Amount_LT_minBase2Amount");
    });

    it("swaps only what was sent to it before, beyond its reserve", async () => {
      await expect(swapDirectly(weth, usdc, one)).to.be.revertedWith("WooPPV2: !BASE");
      await expect(swapDirectly(usdc, weth, usd)).to.be.revertedWith("WooPPV2: !QUOTE");
      await expect(swapDirectly(weth, wbtc, one)).to.be.revertedWith("WooPPV2: !BASE1_BALANCE");
      await erc20(weth, trader).transfer(venue.deployment.pool, one);
      const before = await balanceOf(usdc);
      await swapDirectly(weth, usdc, one);
      expect(await balanceOf(usdc)).to.equal(before + 2_996_241_753n);
    });

    it("reverts for tokens that make no pair, and for no receiver", async () => {
      await expect(swap(usdc, usdc, usd)).to.be.revertedWith("WooPPV2: baseToken==quoteToken");
      await expect(swap(weth, weth, one)).to.be.revertedWith("WooPPV2: base1==base2");
      expect(await venue.pool.query(weth, weth, one)).to.be.greaterThan(0n);
      await expect(swapDirectly(ZeroAddress, usdc, 0n)).to.be.revertedWith("WooPPV2: !baseToken");
      await expect(swapDirectly(usdc, ZeroAddress, 0n)).to.be.revertedWith("WooPPV2: !baseToken");
      await expect(swapDirectly(ZeroAddress, weth, 0n)).to.be.revertedWith("WooPPV2: !baseToken1");
      await expect(swapDirectly(weth, ZeroAddress, 0n)).to.be.revertedWith("WooPPV2: !baseToken2");
      for (const [tokenIn, tokenOut] of [
        [weth, usdc],
        [usdc, weth],
        [weth, wbtc],
      ] as const) {
        await expect(swapDirectly(tokenIn, tokenOut, 0n, ZeroAddress)).to.be.revertedWith("WooPPV2: !to");
      }
      await expect(swapDirectly(trader.address, usdc, 0n)).to.be.revertedWith("WooPPV2: !BALANCE");
      await expect(swapDirectly(dai, usdc, 0n)).to.be.revertedWith("WooracleV2_2: !oracle");
    });

    it("reverts above both caps, which are 0 until they are set", async () => {
      await venue.oracle.setCLOracle(dai, feeds.get(usdc) ?? "", false);
      await venue.oracle.setRange(dai, 1n, 2n ** 100n);
      await venue.oracle["postState(address,uint128,uint64,uint64)"](dai, 10n ** 8n, 0n, 10n ** 9n);
      await expect(swap(usdc, dai, usd)).to.be.revertedWith("WooPPV2: !maxNotionalValue");
      await venue.pool.setMaxNotionalSwap(dai, usd);
      await expect(swap(usdc, dai, usd)).to.be.revertedWith("WooPPV2: !gamma");
      await venue.pool.setMaxGamma(dai, 10n ** 9n);
      // Nothing hinders it any more but the empty reserve.
      await expect(swap(usdc, dai, usd)).to.be.revertedWithPanic(0x11);
    });

    it("takes a swap at its caps and none above, in both directions", async () => {
      await venue.pool.setTokenInfo(weth, 0, one, 3_000n * usd);
      await swap(weth, usdc, one);
      await post(weth, wethTerms.priceE8);
      const above = one + 10n ** 18n / 3_000n / 10n ** 6n + 1n;
      await expect(swap(weth, usdc, above)).to.be.revertedWith("WooPPV2: !maxNotionalValue");
      await swap(usdc, weth, 3_000n * usd);
      await expect(swap(usdc, weth, 3_000n * usd + 1n)).to.be.revertedWith("WooPPV2: !maxNotionalValue");
      await venue.pool.setTokenInfo(weth, 0, 3_000n * 10n ** 9n, 10n ** 15n);
      await post(weth, wethTerms.priceE8);
      await expect(swap(weth, usdc, one + 10n ** 10n)).to.be.revertedWith("WooPPV2: !gamma");
      await swap(weth, usdc, one);
      await expect(swap(usdc, weth, 3_000n * usd + 1n)).to.be.revertedWith("WooPPV2: !gamma");
      await swap(usdc, weth, 3_000n * usd);
    });

    it("reverts when the quote reserve does not cover the fee of a swap of two bases", async () => {
      await venue.pool.withdraw(usdc, 1_000_000n * usd - 100n);
      const missing = venue.pool.query(weth, wbtc, one);
      await expect(missing).to.be.revertedWith("WooPPV2: INSUFF_QUOTE_FOR_SWAPFEE");
      expect(await venue.pool.tryQuery(weth, wbtc, one)).to.be.greaterThan(satoshi);
      await expect(swap(weth, wbtc, one)).to.be.revertedWithPanic(0x11);
    });

    it("answers and swaps nothing while it is paused", async () => {
      await expect(venue.pool.connect(trader).pause()).to.be.revertedWith("WooPPV2: !isPauseRole");
      await venue.pool.setPauseRole(trader, true);
      await expect(venue.pool.connect(trader).pause()).to.emit(venue.pool, "Paused").withArgs(trader.address);
      expect(await venue.pool.paused()).to.equal(true);
      await expect(venue.pool.query(weth, usdc, one)).to.be.revertedWith("Pausable: paused");
      await expect(venue.router.tryQuerySwap(usdc, weth, usd)).to.be.revertedWith("Pausable: paused");
      for (const [tokenIn, tokenOut] of [
        [weth, usdc],
        [usdc, weth],
        [weth, wbtc],
      ] as const) {
        await expect(swap(tokenIn, tokenOut, 100n)).to.be.revertedWith("Pausable: paused");
      }
      await expect(venue.pool.connect(trader).unpause()).to.be.revertedWith("WooPPV2: !admin");
      await venue.pool.unpause();
      await swap(weth, usdc, one);
    });

    it("swaps below its gas price only, and answers queries at any", async () => {
      await venue.pool.setMaxGasPrice(10n ** 9n);
      const atPrice = (gasPrice: bigint) =>
        venue.router.connect(trader).swap(weth, usdc, one, 0n, trader, ZeroAddress, { gasPrice, gasLimit: 1_000_000n });
      await expect(atPrice(10n ** 9n)).to.be.revertedWith("WooPPV2: !maxGasPrice");
      await atPrice(10n ** 9n - 1n);
      expect(await venue.pool.query(weth, usdc, one, { gasPrice: 10n ** 10n })).to.be.greaterThan(0n);
    });

    it("is configured by its owner and admins", async () => {
      const pool = venue.pool.connect(trader);
      for (const attempt of [
        () => pool.setWooracle(trader),
        () => pool.setFeeAddr(trader),
        () => pool.setFeeRate(weth, 0),
        () => pool.setMaxGamma(weth, 0),
        () => pool.setMaxNotionalSwap(weth, 0),
        () => pool.setTokenInfo(weth, 0, 0, 0),
        () => pool.setMaxGasPrice(0),
        () => pool.setAdmin(trader, true),
        () => pool.setPauseRole(trader, true),
        () => pool.deposit(weth, 1n),
        () => pool.withdraw(weth, 1n),
        () => pool.sync(weth),
        () => pool.skim(weth),
      ]) {
        await expect(attempt()).to.be.revertedWith("WooPPV2: !admin");
      }
      await expect(pool.init(trader, trader)).to.be.revertedWith("Ownable: caller is not the owner");
      await expect(venue.pool.init(trader, trader)).to.be.revertedWith("WooPPV2: INIT_INVALID");
      await expect(venue.pool.setAdmin(ZeroAddress, true)).to.be.revertedWith("WooPPV2: !admin");
      await venue.pool.setAdmin(trader, true);
      await pool.setFeeRate(weth, 65_535);
      await expect(venue.pool.withdraw(weth, 301n * one)).to.be.revertedWith("WooPPV2: !amount");
    });

    it("keeps its values in the storage slots of the deployed pool", async () => {
      const { provider } = chain().ethers;
      const { pool, oracle } = venue.deployment;
      await swap(weth, usdc, one);
      expect(BigInt(await provider.getStorage(pool, 0))).to.equal(await venue.pool.unclaimedFee());
      expect(BigInt(await provider.getStorage(pool, 1))).to.equal(await venue.pool.maxGasPrice());
      expect(BigInt(await provider.getStorage(pool, 4))).to.equal(BigInt(usdc));
      expect(BigInt(await provider.getStorage(pool, 5))).to.equal(BigInt(oracle));
      expect(BigInt(await provider.getStorage(oracle, 4))).to.equal(BigInt(usdc));
      expect(BigInt(await provider.getStorage(oracle, 5))).to.equal(await venue.oracle.timestamp());
      expect(BigInt(await provider.getStorage(oracle, 6))).to.equal(300n);
      expect(BigInt(await provider.getStorage(oracle, 7))).to.equal((BigInt(pool) << 64n) | (10n ** 16n));
    });
  });

  describe("the oracle", () => {
    it("lets swaps pass until 300 seconds after the last post, and not a second longer", async () => {
      await post(weth, wethTerms.priceE8);
      await age(300n);
      await swap(weth, usdc, one);
      await age(301n);
      await expect(swap(weth, usdc, one)).to.be.revertedWith("WooPPV2: !ORACLE_FEASIBLE");
    });

    it("keeps one timestamp for all bases, which swaps do not renew", async () => {
      const posted = await venue.oracle.timestamp();
      await chain().networkHelpers.time.increase(100);
      await swap(weth, usdc, one);
      expect(await venue.oracle.timestamp()).to.equal(posted);
      await chain().networkHelpers.time.increase(300);
      await expect(swap(weth, usdc, one)).to.be.revertedWith("WooPPV2: !ORACLE_FEASIBLE");
      await post(wbtc, wbtcTerms.priceE8);
      await swap(weth, usdc, one);
    });

    it("lets swaps pass up to 1 % from Chainlink's price, both ends included", async () => {
      for (const [priceE8, passes] of [
        [2_970_00000000n, true],
        [2_969_99999999n, false],
        [3_030_00000000n, true],
        [3_030_00000001n, false],
      ] as const) {
        await post(weth, priceE8);
        const sold = swap(weth, usdc, 1_000_000n);
        if (passes) await sold;
        else await expect(sold).to.be.revertedWith("WooPPV2: !ORACLE_FEASIBLE");
      }
      await post(weth, wethTerms.priceE8);
      await setFeed(usdc, 102_000_000n);
      await expect(swap(weth, usdc, one)).to.be.revertedWith("WooPPV2: !ORACLE_FEASIBLE");
    });

    it("lets Chainlink's price stand in for a stale one where a base prefers it", async () => {
      await venue.oracle.setCloPreferred(weth, true);
      await setFeed(weth, 2_900_00000000n);
      await age(301n);
      const before = await balanceOf(usdc);
      await swap(weth, usdc, one);
      expect((await balanceOf(usdc)) - before).to.be.within(2_890n * usd, 2_900n * usd);
      await expect(swap(wbtc, usdc, 1_000n)).to.be.revertedWith("WooPPV2: !ORACLE_FEASIBLE");
    });

    it("reverts at the ends of the guardian's range and outside of it, and without a range", async () => {
      const { oracle } = venue;
      const price = wethTerms.priceE8;
      await expect(oracle.connect(trader).setRange(weth, 0n, 1n)).to.be.revertedWith("WooracleV2_2: !Guardian");
      await oracle.setRange(weth, price, 2n * price);
      await expect(swap(weth, usdc, one)).to.be.revertedWith("WooracleV2_2: !min");
      await oracle.setRange(weth, price - 1n, price);
      await expect(swap(weth, usdc, one)).to.be.revertedWith("WooracleV2_2: !max");
      await oracle.setRange(weth, 0n, 0n);
      await expect(swap(weth, usdc, one)).to.be.revertedWith("WooracleV2_2: !max");
      await oracle.setRange(weth, price - 1n, price + 1n);
      await swap(weth, usdc, one);
    });

    it("reverts for a base without a feed", async () => {
      await expect(swap(usdc, dai, usd)).to.be.revertedWith("WooracleV2_2: !oracle");
      await expect(venue.oracle.state(dai)).to.be.revertedWith("WooracleV2_2: !oracle");
    });

    it("widens the spread after a move of more than the spread covers, and leaves it otherwise", async () => {
      const { oracle } = venue;
      const spread = async () => (await oracle.infos(weth)).spread;
      // 1 − 2997.1 ÷ 3000 ÷ 0.999 is below 0.001, 1 − 2990 ÷ 2997.1 ÷ 0.999 above.
      await post(weth, 2_997_10000000n);
      expect(await spread()).to.equal(10n ** 15n);
      await post(weth, 2_990_00000000n);
      const kept = (one * one * 2_990_00000000n) / 2_997_10000000n / (one - 10n ** 15n);
      expect(await spread()).to.equal(one - kept);
      expect(await spread()).to.be.greaterThan(10n ** 15n);
      await post(weth, 2_990_00000000n);
      expect(await spread()).to.equal(one - kept);
    });

    it("widens the spread in a posted state as well, and by a swap of large impact", async () => {
      const { oracle } = venue;
      await oracle["postState(address,uint128,uint64,uint64)"](weth, 2_980_00000000n, 10n ** 14n, 2n * 10n ** 10n);
      const widened = one - (one * one * 2_980_00000000n) / 3_000_00000000n / (one - 10n ** 15n);
      expect((await oracle.infos(weth)).spread).to.equal(widened);
      await oracle["postState(address,uint128,uint64,uint64)"](weth, 2_980_00000000n, 10n ** 14n, 2n * 10n ** 10n);
      expect((await oracle.infos(weth)).spread).to.equal(10n ** 14n);
      await swap(weth, usdc, 50n * one);
      expect((await oracle.infos(weth)).spread).to.be.greaterThan(10n ** 15n);
    });

    it("takes lists of prices and states with the poster's timestamp", async () => {
      const { oracle } = venue;
      await oracle.postPriceList([weth, wbtc], [3_001_00000000n, 60_010_00000000n], 1_234n);
      expect((await oracle.infos(wbtc)).price).to.equal(60_010_00000000n);
      expect(await oracle.timestamp()).to.equal(1_234n);
      await expect(oracle.postPriceList([weth], [], 1n)).to.be.revertedWith("WooracleV2_2: length_INVALID");
      await oracle.postStateList([weth], [3_002_00000000n], [2n * 10n ** 15n], [7n], 1_235n);
      expect([...(await oracle.infos(weth))]).to.deep.equal([3_002_00000000n, 7n, 2n * 10n ** 15n]);
      await expect(oracle.postStateList([weth], [1n], [one], [7n], 1n)).to.be.revertedWith("!_spread");
    });

    it("takes packed prices and states", async () => {
      const to = venue.deployment.oracle;
      // One price: WETH (id 0), 3005 · 10^8.
      const price = ((3_005n << 5n) | 8n).toString(16).padStart(8, "0");
      await owner.sendTransaction({ to, data: `0x01${"00"}${price}` });
      expect((await venue.oracle.infos(weth)).price).to.equal(3_005_00000000n);
      // One state with a timestamp: WBTC (id 1), 60010 · 10^8, 3 · 10^14, 12 · 10^8.
      const state = `${((60_010n << 5n) | 8n).toString(16).padStart(8, "0")}${((3n << 5n) | 14n).toString(16).padStart(4, "0")}${((12n << 5n) | 8n).toString(16).padStart(4, "0")}`;
      await owner.sendTransaction({ to, data: `0xc1${"01"}${state}${"000004d2"}` });
      expect([...(await venue.oracle.infos(wbtc))]).to.deep.equal([60_010_00000000n, 12n * 10n ** 8n, 3n * 10n ** 14n]);
      expect(await venue.oracle.timestamp()).to.equal(1_234n);
      await expect(owner.sendTransaction({ to, data: "0x" })).to.be.revertedWith("WooracleV2_2: !calldata");
      await expect(trader.sendTransaction({ to, data: "0x00" })).to.be.revertedWith("WooracleV2_2: !Admin");
    });

    it("takes posts from its owner, its admins and its pool, and from nobody else", async () => {
      const oracle = venue.oracle.connect(trader);
      for (const attempt of [
        () => oracle["postPrice(address,uint128)"](weth, 1n),
        () => oracle["postPrice(address,uint128,uint256)"](weth, 1n, 1n),
        () => oracle["postState(address,uint128,uint64,uint64)"](weth, 1n, 1n, 1n),
        () => oracle["postState(address,uint128,uint64,uint64,uint256)"](weth, 1n, 1n, 1n, 1n),
        () => oracle.postPriceList([], [], 1n),
        () => oracle.postStateList([], [], [], [], 1n),
        () => oracle.setWooPP(trader),
        () => oracle.setCloPreferred(weth, true),
        () => oracle.setStaleDuration(1n),
        () => oracle.setBase(9, weth),
      ]) {
        await expect(attempt()).to.be.revertedWith("WooracleV2_2: !Admin");
      }
      for (const attempt of [
        () => oracle.setBound(1n),
        () => oracle.setAdmin(trader, true),
        () => oracle.setGuardian(trader, true),
      ]) {
        await expect(attempt()).to.be.revertedWith("Ownable: caller is not the owner");
      }
      await venue.oracle.setAdmin(trader, true);
      await oracle["postPrice(address,uint128)"](weth, 3_001_00000000n);
      await expect(venue.oracle.setBase(0, wbtc)).to.be.revertedWith("WooracleV2_2: !id_SET_ALREADY");
      await venue.oracle.setWooPP(ZeroAddress);
      await expect(swap(weth, usdc, one)).to.be.revertedWith("WooracleV2_2: !Admin");
    });
  });

  describe("on the localnet", () => {
    before(function () {
      if (isFork) {
        process.stdout.write("      skipped on a fork: only the localnet's owner posts prices by its own key\n");
        this.skip();
      }
    });

    it("starts with a fresh feasible price for every base, and sells $200,000 of each", async () => {
      const localnet = { connection: chain(), owner };
      await refreshWoofi(localnet);
      const { pool, oracle, deployment, router } = await woofiOf(chain());
      const [found] = await woofi.discover(deployment, arbitrum.tokens, readerAt(chain()));
      expect(found?.bases.length).to.equal(5);
      for (const { address, unit } of found?.bases ?? []) {
        const { price, woFeasible } = await oracle.state(address);
        expect(price).to.equal(startPriceE8(address));
        expect(woFeasible).to.equal(true);
        const amount = (200_000n * 10n ** 8n * unit) / price;
        expect(await pool.query(address, usdc, amount)).to.be.within(199_000n * usd, 200_000n * usd);
        expect(await router.querySwap(usdc, address, 200_000n * usd)).to.be.greaterThan((amount * 995n) / 1_000n);
      }
    });

    it("lets the traffic post a price, and renew all prices", async () => {
      const localnet = { connection: chain(), owner };
      const { oracle } = await woofiOf(chain());
      await postWoofiPrice(localnet, tokenOf(arbitrum, "ARB"), 80_100_000n);
      expect((await oracle.infos(tokenOf(arbitrum, "ARB").address)).price).to.equal(80_100_000n);
      await chain().networkHelpers.time.increase(1_000);
      const stale = await oracle.infos(weth);
      expect(await oracle.isWoFeasible(weth)).to.equal(false);
      await refreshWoofi(localnet);
      expect(await oracle.isWoFeasible(weth)).to.equal(true);
      expect(await oracle.infos(weth)).to.deep.equal(stale);
    });
  });
});

interface VectorToken {
  readonly decimals: number;
  readonly reserve: string;
  readonly feeRate: string;
  readonly maxGamma: string;
  readonly maxNotionalSwap: string;
  readonly price: string;
  readonly spread: string;
  readonly coeff: string;
  /** Chainlink's answer, where the record has it. */
  readonly chainlink?: string;
}

interface Vector {
  readonly id: string;
  readonly quoteToken: string;
  readonly staleDuration: string;
  readonly bound: string;
  readonly tokens: Readonly<Record<string, VectorToken>>;
  readonly tokenIn: string;
  readonly tokenOut: string;
  readonly amountIn: string;
  readonly expected: {
    readonly amountOut: string;
    readonly fee?: string;
    readonly newPrices?: Readonly<Record<string, string>>;
    readonly newReserves?: Readonly<Record<string, string>>;
  };
}

/**
 * Recorded pools of the generation 2.1/2.2, which posts its price with the factor k and enforces maxGamma and
 * maxNotionalSwap. Left out of the collection that they are from: kyber-woofi-000, -002 and -004, which are pools of
 * generation 2.0 (factor 2k, no caps). In kyber-woofi-008 the quote token has 8 decimals, in that record's test only: the
 * amounts are carried, the quote reserve after the swap is not, because it is for 6 decimals.
 */
describe("recorded WOOFi swaps", () => {
  const chain = useArbitrum();
  const vectors = JSON.parse(
    readFileSync(new URL("../vectors/woofi.json", import.meta.url), "utf8"),
  ) as readonly Vector[];

  for (const { id, quoteToken, tokens, expected, ...vector } of vectors) {
    it(`${id} pays on the twin and in the venue's quote what was recorded`, async () => {
      const [owner] = await chain().ethers.getSigners();
      if (owner === undefined) throw new Error("The chain under test has no accounts.");
      const deployed = new Map<string, string>();
      for (const [token, { decimals }] of Object.entries(tokens)) {
        deployed.set(token, await (await deployToken(chain(), "T", decimals)).getAddress());
      }
      const at = (token: string) => deployed.get(token) ?? ZeroAddress;
      const feedOf = ({ chainlink, price }: VectorToken) => BigInt(chainlink ?? price);
      const bases = Object.entries(tokens).filter(([token]) => token !== quoteToken);
      const quoteFeedE8 = BigInt(tokens[quoteToken]?.chainlink ?? 10n ** 8n);
      const twin = await deployWoofiTwin(
        chain(),
        { token: at(quoteToken), feedE8: quoteFeedE8 },
        bases.map(([token, record]) => ({
          token: at(token),
          feedE8: feedOf(record),
          priceE8: BigInt(record.price),
          spread: BigInt(record.spread),
          coeff: BigInt(record.coeff),
          feeRate: BigInt(record.feeRate),
          maxGamma: BigInt(record.maxGamma),
          maxNotionalSwap: BigInt(record.maxNotionalSwap),
        })),
      );
      await twin.oracle.setStaleDuration(vector.staleDuration);
      await twin.oracle.setBound(vector.bound);
      for (const [token, { reserve }] of Object.entries(tokens)) {
        await setTokenBalance(chain(), at(token), twin.deployment.pool, BigInt(reserve));
        await twin.pool.sync(at(token));
      }
      const swap = { tokenIn: at(vector.tokenIn), tokenOut: at(vector.tokenOut), amountIn: BigInt(vector.amountIn) };
      await setTokenBalance(chain(), swap.tokenIn, owner.address, swap.amountIn);
      await erc20(swap.tokenIn, owner).approve(twin.router, swap.amountIn);

      const listed = [...deployed.values()].map((address) => ({ symbol: "T", address, decimals: 18 }));
      const [pool] = await woofi.discover(twin.deployment, listed, readerAt(chain()));
      if (pool === undefined) throw new Error("The venue discovers no pool.");
      const timestamp = BigInt(await chain().networkHelpers.time.latest());
      const state = woofi.decode(pool, await readerAt(chain()).read(woofi.reads(pool)), timestamp);
      if (isRefusal(state)) throw new Error(state.detail);
      expect(woofi.quote(pool, state, swap)).to.equal(BigInt(expected.amountOut));

      await twin.router.swap(swap.tokenIn, swap.tokenOut, swap.amountIn, 0n, owner, ZeroAddress);
      expect(await erc20(swap.tokenOut, owner).balanceOf(owner)).to.equal(BigInt(expected.amountOut));
      if (expected.fee !== undefined) expect(await twin.pool.unclaimedFee()).to.equal(BigInt(expected.fee));
      for (const [token, price] of Object.entries(expected.newPrices ?? {})) {
        expect((await twin.oracle.infos(at(token))).price).to.equal(BigInt(price));
      }
      for (const [token, reserve] of Object.entries(expected.newReserves ?? {})) {
        expect(await twin.pool.poolSize(at(token))).to.equal(BigInt(reserve));
      }
    });
  }
});
