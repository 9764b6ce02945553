import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";
import { AbiCoder, type FunctionFragment, ZeroAddress } from "ethers";
import { arbitrum } from "../../../bot/config/chains/arbitrum.ts";
import type { Address } from "../../../bot/config/chains/chain.ts";
import { isRefusal, type Refusal } from "../../../bot/domain/quote.ts";
import type { CallResult } from "../../../bot/venues/venue.ts";
import { type WoofiPool, type WoofiState, woofi } from "../../../bot/venues/woofi.ts";
import { useArbitrum } from "../../support/arbitrum.ts";
import { erc20 } from "../../support/erc20.ts";
import { setTokenBalance } from "../../support/fund.ts";
import { type Random, seededRandom } from "../../support/random.ts";
import { readerAt } from "../../support/reader.ts";
import { freshenWoofi, type Woofi, woofiOf } from "../../support/woofi.ts";

describe("the WooFi venue", () => {
  const chain = useArbitrum();
  let venue: Woofi;
  let pool: WoofiPool;
  let trader: HardhatEthersSigner;

  before(async () => {
    venue = await woofiOf(chain());
    await freshenWoofi(chain());
    const [found] = await woofi.discover(venue.deployment, arbitrum.tokens, readerAt(chain()));
    if (found === undefined) throw new Error("The venue discovers no pool.");
    pool = found;
    const [, , , , , account] = await chain().ethers.getSigners();
    if (account === undefined) throw new Error("The chain under test has too few accounts.");
    trader = account;
    for (const token of pool.tokens) {
      await setTokenBalance(chain(), token, trader.address, 10n ** 30n);
      await erc20(token, trader).approve(venue.router, 2n ** 256n - 1n);
    }
  });

  /** The time of the next block, which the next transaction gets. */
  async function nextTimestamp(): Promise<bigint> {
    const timestamp = BigInt(await chain().networkHelpers.time.latest()) + 1n;
    await chain().networkHelpers.time.setNextBlockTimestamp(timestamp);
    return timestamp;
  }

  async function stateAt(timestamp: bigint): Promise<WoofiState> {
    const state = woofi.decode(pool, await readerAt(chain()).read(woofi.reads(pool)), timestamp);
    if (isRefusal(state)) throw new Error(`The pool is refused: ${state.refused}, ${state.detail}`);
    return state;
  }

  /** Swaps through the router and returns what arrived. */
  async function swap(tokenIn: Address, tokenOut: Address, amountIn: bigint): Promise<bigint> {
    const token = erc20(tokenOut, trader);
    const held = await token.balanceOf(trader);
    await venue.router
      .connect(trader)
      .swap(tokenIn, tokenOut, amountIn, 0n, trader, ZeroAddress, { gasLimit: 2_000_000n });
    return (await token.balanceOf(trader)) - held;
  }

  /** Posts a price within the oracle's bound of Chainlink's, with a random spread and coefficient. */
  async function repost(random: Random, base: Address): Promise<void> {
    const { oracle } = venue;
    const reference = await priceOf(base);
    const bound = await oracle.bound();
    const price = reference + (random.bigint(-bound, bound) * reference) / (2n * 10n ** 18n);
    const spread = random.bigint(0n, 2n * 10n ** 15n);
    const coeff = random.bigint(0n, 10n ** 10n);
    await oracle["postState(address,uint128,uint64,uint64)"](base, price, spread, coeff);
  }

  /** A random amount of `tokenIn` worth up to a twentieth of the reserve of `tokenOut`. */
  async function amountFor(random: Random, tokenIn: Address, tokenOut: Address): Promise<bigint> {
    const { reserve } = await venue.pool.tokenInfos(tokenOut);
    const limit = (reserve * (await unitValue(tokenOut))) / (await unitValue(tokenIn)) / 20n;
    return random.bigint(1n, random.pick([limit, limit, limit / 1_000n, 1_000n]) + 1n);
  }

  /** What one unit of a token is worth in units of the quote token, scaled by 1e36. */
  async function unitValue(token: Address): Promise<bigint> {
    const base = pool.bases.find(({ address }) => address === token);
    if (base === undefined) return 10n ** 36n;
    return ((await priceOf(token)) * pool.quoteUnit * 10n ** 36n) / base.unit / base.priceUnit;
  }

  it("discovers one pool of the quote token and the bases that the pool trades", async () => {
    expect(pool.address).to.equal(venue.deployment.pool);
    expect(pool.tokens[0]).to.equal(venue.deployment.quoteToken);
    expect(pool.tokens).to.include(arbitrum.weth);
    expect(new Set(pool.tokens).size).to.equal(pool.bases.length + 1);
    const [small] = await woofi.discover(
      venue.deployment,
      arbitrum.tokens.filter(({ symbol }) => symbol === "USDC" || symbol === "WETH" || symbol === "DAI"),
      readerAt(chain()),
    );
    expect(small?.tokens).to.deep.equal([venue.deployment.quoteToken, arbitrum.weth]);
  });

  it("discovers no pool without the quote token, and none behind a router that swaps elsewhere", async () => {
    const bases = arbitrum.tokens.filter(({ address }) => address !== venue.deployment.quoteToken);
    expect(await woofi.discover(venue.deployment, bases, readerAt(chain()))).to.deep.equal([]);
    const elsewhere = { ...venue.deployment, pool: venue.deployment.oracle };
    expect(await woofi.discover(elsewhere, arbitrum.tokens, readerAt(chain()))).to.deep.equal([]);
  });

  it("encodes a hop to the router that swaps WETH as itself", () => {
    const { target, data } = woofi.encode(venue.deployment, pool, arbitrum.weth, pool.quoteToken);
    expect(target).to.equal(venue.deployment.router);
    expect(AbiCoder.defaultAbiCoder().decode(["bool", "bool"], data).toArray()).to.deep.equal([false, false]);
  });

  const directions = {
    "a base for the quote token": (random: Random, traded: readonly Address[]) => [
      random.pick(traded),
      pool.quoteToken,
    ],
    "the quote token for a base": (random: Random, traded: readonly Address[]) => [
      pool.quoteToken,
      random.pick(traded),
    ],
    "a base for another base": (random: Random, traded: readonly Address[]) => {
      const sold = random.pick(traded);
      return [sold, random.pick(traded.filter((base) => base !== sold))];
    },
  } as const;
  for (const [seed, [direction, pick]] of Object.entries(directions).entries()) {
    it(`quotes to the wei what 100 random swaps of ${direction} pay, and knows the state after each`, async () => {
      const random = seededRandom(seed + 1);
      const traded: Address[] = [];
      for (const { address } of pool.bases) {
        if ((await venue.pool.tokenInfos(address)).reserve > 0n) traded.push(address);
      }
      let paid = 0;
      for (let swaps = 0; paid < 100 && swaps < 300; swaps++) {
        const [tokenIn = "", tokenOut = ""] = pick(random, traded);
        const bases = [tokenIn, tokenOut].filter((token) => token !== pool.quoteToken);
        for (const base of bases) if (random.bigint(0n, 3n) === 0n) await repost(random, base);
        const amountIn = await amountFor(random, tokenIn, tokenOut);
        const timestamp = await nextTimestamp();
        const curve = woofi.curve(pool, await stateAt(timestamp), tokenIn, tokenOut);
        const quoted = isRefusal(curve) ? curve : curve.quote(amountIn);
        const label = `swap ${swaps} of ${amountIn} ${tokenIn} for ${tokenOut}`;
        if (isRefusal(curve) || isRefusal(quoted)) {
          await expectRevert(swap(tokenIn, tokenOut, amountIn), isRefusal(curve) ? curve : (quoted as Refusal), label);
          // Swaps of one direction move the price out of the oracle's bound: the poster brings it back.
          for (const base of bases) await repost(random, base);
        } else {
          expect(await swap(tokenIn, tokenOut, amountIn), label).to.equal(quoted);
          expect(curve.after(amountIn), label).to.deep.equal(await stateAt(timestamp));
          paid++;
        }
      }
      expect(paid).to.equal(100);
    });
  }

  /** What makes the pool revert with a reason, done to one base, in the order of the pool's checks. */
  const obstacles: Readonly<Record<string, (base: Address, random: Random) => Promise<unknown>>> = {
    "WooracleV2_2: !min": async (base) => setRange(base, await priceOf(base), 2n ** 128n - 1n),
    "WooracleV2_2: !max": async (base) => setRange(base, 0n, await priceOf(base)),
    "WooPPV2: !ORACLE_FEASIBLE": async (base, random) => {
      const off = random.pick([-1n, 1n]) * ((await venue.oracle.bound()) + 10n ** 15n);
      return postState(base, ((await priceOf(base)) * (10n ** 18n + off)) / 10n ** 18n, 10n ** 9n);
    },
    "WooPPV2: !maxNotionalValue": (base, random) => venue.pool.setMaxNotionalSwap(base, random.pick([0n, 10n ** 8n])),
    "WooPPV2: !gamma": async (base, random) => {
      await postState(base, await priceOf(base), 10n ** 12n);
      return venue.pool.setMaxGamma(base, random.pick([0n, 10n ** 14n]));
    },
    "WooPPV2: INSUFF_BALANCE": async (base) => {
      await postState(base, await priceOf(base), 0n);
      return venue.pool.setTokenInfo(base, 25, 0n, 2n ** 128n - 1n);
    },
  };

  it("refuses a swap exactly where the router reverts, with the same reason", async () => {
    const random = seededRandom(4);
    for (const [reason, obstruct] of Object.entries(obstacles)) {
      const seen = new Set<string>();
      for (let swaps = 0; swaps < 25; swaps++) {
        const snapshot = await chain().networkHelpers.takeSnapshot();
        const tokenIn = random.pick(pool.tokens);
        const tokenOut = random.pick(pool.tokens.filter((token) => token !== tokenIn));
        await obstruct(random.pick([tokenIn, tokenOut].filter((token) => token !== pool.quoteToken)), random);
        const amountIn = (await amountFor(random, tokenIn, tokenOut)) * random.pick([1n, 30n]);
        const quoted = woofi.quote(pool, await stateAt(await nextTimestamp()), { tokenIn, tokenOut, amountIn });
        const label = `swap ${swaps} of ${amountIn} ${tokenIn} for ${tokenOut}`;
        if (isRefusal(quoted)) {
          seen.add(quoted.detail.split(" (")[0] ?? "");
          await expectRevert(swap(tokenIn, tokenOut, amountIn), quoted, label);
        } else {
          expect(await swap(tokenIn, tokenOut, amountIn), label).to.equal(quoted);
        }
        await snapshot.restore();
      }
      expect([...seen]).to.include(reason);
    }
  });

  async function priceOf(base: Address): Promise<bigint> {
    return (await venue.oracle.cloPrice(base)).refPrice;
  }

  async function postState(base: Address, price: bigint, coeff: bigint): Promise<unknown> {
    return venue.oracle["postState(address,uint128,uint64,uint64)"](base, price, 10n ** 14n, coeff);
  }

  async function setRange(base: Address, min: bigint, max: bigint): Promise<unknown> {
    await postState(base, await priceOf(base), 10n ** 9n);
    await venue.oracle.setGuardian(await venue.oracle.owner(), true);
    return venue.oracle.setRange(base, min, max);
  }

  /** Expects the reason of a refusal. Beyond the reserve it is the pool's subtraction that fails. */
  async function expectRevert(swapped: Promise<unknown>, { detail }: Refusal, label: string): Promise<void> {
    const [reason = ""] = detail.split(" (");
    if (reason.startsWith("WooPPV2: INSUFF")) await expect(swapped, label).to.be.revertedWithPanic(0x11);
    else await expect(swapped, label).to.be.revertedWith(reason);
  }

  describe("refuses", () => {
    const usd = 10n ** 6n;

    async function quoteOf(tokenIn: Address, tokenOut: Address, amountIn: bigint, lateSeconds = 0n) {
      return woofi.quote(pool, await stateAt((await nextTimestamp()) + lateSeconds), { tokenIn, tokenOut, amountIn });
    }

    it("a token that the pool does not trade, and a token for itself", async () => {
      const refusal = { refused: "token-not-in-pool" };
      expect(await quoteOf(ZeroAddress, pool.quoteToken, usd)).to.include(refusal);
      expect(await quoteOf(pool.quoteToken, ZeroAddress, usd)).to.include(refusal);
      expect(await quoteOf(arbitrum.weth, arbitrum.weth, usd)).to.include(refusal);
    });

    it("an amount of 0", async () => {
      expect(await quoteOf(pool.quoteToken, arbitrum.weth, 0n)).to.include({ refused: "zero-amount" });
    });

    it("a price that is one second too old in the block that it is asked for", async () => {
      const age = (await venue.oracle.staleDuration()) - ((await nextTimestamp()) - (await venue.oracle.timestamp()));
      expect(await quoteOf(pool.quoteToken, arbitrum.weth, usd, age)).to.be.a("bigint");
      const stale = await quoteOf(pool.quoteToken, arbitrum.weth, usd, age + 1n);
      expect(stale).to.include({ refused: "stale-price" });
      expect(stale)
        .to.have.property("detail")
        .that.matches(/^WooPPV2: !ORACLE_FEASIBLE \(fresh until /);
    });

    it("every swap of a paused pool", async () => {
      await venue.pool.pause();
      const state = woofi.decode(pool, await readerAt(chain()).read(woofi.reads(pool)), await nextTimestamp());
      expect(state).to.deep.equal({ refused: "paused", detail: "Pausable: paused" });
    });

    it("every swap of a pool from which the oracle takes no prices", async () => {
      await venue.oracle.setWooPP(ZeroAddress);
      const state = woofi.decode(pool, await readerAt(chain()).read(woofi.reads(pool)), await nextTimestamp());
      expect(state).to.deep.equal({ refused: "paused", detail: "WooracleV2_2: !Admin" });
      await expect(swap(pool.quoteToken, arbitrum.weth, usd)).to.be.revertedWith("WooracleV2_2: !Admin");
    });

    it("to sell a token of which the pool holds less than its reserve", async () => {
      const held = await erc20(arbitrum.weth, trader).balanceOf(pool.address);
      await setTokenBalance(chain(), arbitrum.weth, pool.address, held - 1_000n);
      const unit = 10n ** 18n;
      expect(await quoteOf(arbitrum.weth, pool.quoteToken, unit)).to.include({ refused: "invariant" });
      await expect(swap(arbitrum.weth, pool.quoteToken, unit)).to.be.revertedWith("WooPPV2: !BASE");
      expect(await quoteOf(arbitrum.weth, pool.quoteToken, 999n)).to.deep.equal({
        refused: "invariant",
        detail: "Panic(0x11)",
      });
      await expect(swap(arbitrum.weth, pool.quoteToken, 999n)).to.be.revertedWithPanic(0x11);
    });
  });

  describe("decodes", () => {
    /** The results of the venue's reads, one of them replaced. */
    async function resultsWith({ selector }: FunctionFragment, result: CallResult): Promise<readonly CallResult[]> {
      const calls = woofi.reads(pool);
      const results = await readerAt(chain()).read(calls);
      return calls.map((call, index) => (call.data.startsWith(selector) ? result : (results[index] ?? result)));
    }

    it("a pool with one unreadable base without that base", async () => {
      const failed: CallResult = { success: false, data: "0x" };
      const state = woofi.decode(
        pool,
        await resultsWith(venue.oracle.interface.getFunction("infos"), failed),
        await nextTimestamp(),
      );
      if (isRefusal(state)) throw new Error(state.detail);
      const swapped = { tokenIn: pool.quoteToken, tokenOut: arbitrum.weth, amountIn: 10n ** 6n };
      expect(woofi.quote(pool, state, swapped)).to.include({ refused: "unreadable" });
    });

    it("a pool of which a shared read fails as unreadable", async () => {
      const failed: CallResult = { success: false, data: "0x" };
      const state = woofi.decode(
        pool,
        await resultsWith(venue.oracle.interface.getFunction("timestamp"), failed),
        await nextTimestamp(),
      );
      expect(state).to.include({ refused: "unreadable" });
    });

    it("the cap of the balance that some deployed pools return as a fifth value of a token", async () => {
      const { reserve } = await venue.pool.tokenInfos(arbitrum.weth);
      const five = AbiCoder.defaultAbiCoder().encode(
        ["uint192", "uint16", "uint128", "uint128", "uint192"],
        [reserve, 25n, 3n * 10n ** 15n, 10n ** 12n, reserve + 10n ** 18n],
      );
      const results = await resultsWith(venue.pool.interface.getFunction("tokenInfos"), { success: true, data: five });
      const state = woofi.decode(pool, results, await nextTimestamp());
      if (isRefusal(state)) throw new Error(state.detail);
      const sold = { tokenIn: arbitrum.weth, tokenOut: pool.quoteToken };
      expect(woofi.quote(pool, state, { ...sold, amountIn: 10n ** 18n })).to.be.a("bigint");
      const capped = woofi.quote(pool, state, { ...sold, amountIn: 10n ** 18n + 1n });
      expect(capped).to.include({ refused: "over-limit" });
      expect(capped)
        .to.have.property("detail")
        .that.matches(/^WooPPV2: !CAP /);
    });
  });
});
