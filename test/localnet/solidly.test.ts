import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";
import { AbiCoder, Interface, MaxUint256, toBeHex, ZeroAddress } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { deploymentsOf } from "../../bot/config/chains/chain.ts";
import { isRefusal } from "../../bot/domain/quote.ts";
import { solidly } from "../../bot/venues/solidly.ts";
import type { Swap } from "../../bot/venues/venue.ts";
import {
  type BridgedToken,
  BridgedToken__factory,
  type SolidlyBorrower,
  SolidlyBorrower__factory,
  type SolidlyFactory,
  SolidlyFactory__factory,
  type SolidlyPair,
  SolidlyPair__factory,
  type SolidlyRouter,
  SolidlyRouter__factory,
} from "../../types/index.js";
import { type Connection, useArbitrum } from "../support/arbitrum.ts";
import { setTokenBalance } from "../support/fund.ts";
import { seededRandom } from "../support/random.ts";
import { readerAt } from "../support/reader.ts";

const coder = AbiCoder.defaultAbiCoder();
const plenty = 10n ** 32n;
/** The whole units of each token with which the pairs of the suite open. */
const depth = 1_000_000n;

interface Market {
  readonly factory: SolidlyFactory;
  readonly router: SolidlyRouter;
  readonly pair: SolidlyPair;
  readonly token0: BridgedToken;
  readonly token1: BridgedToken;
}

interface Opening {
  readonly decimals0: number;
  readonly decimals1: number;
  readonly stable: boolean;
}

/** Deploys tokens, a factory, a router and a pair without liquidity, all of them fresh, also on a fork. */
async function openMarket(owner: HardhatEthersSigner, { decimals0, decimals1, stable }: Opening): Promise<Market> {
  const token0 = await deployToken(owner, decimals0);
  let token1 = await deployToken(owner, decimals1);
  // Pairs sort their tokens by address.
  while ((await token1.getAddress()).toLowerCase() < (await token0.getAddress()).toLowerCase()) {
    token1 = await deployToken(owner, decimals1);
  }
  const factory = await new SolidlyFactory__factory(owner).deploy(owner);
  const router = await new SolidlyRouter__factory(owner).deploy(factory, arbitrum.weth);
  await factory.createPair(token0, token1, stable);
  const pair = SolidlyPair__factory.connect(await factory.getPair(token0, token1, stable), owner);
  for (const token of [token0, token1]) await token.approve(router, MaxUint256);
  await pair.approve(router, MaxUint256);
  return { factory, router, pair, token0, token1 };
}

async function deployToken(owner: HardhatEthersSigner, decimals: number): Promise<BridgedToken> {
  const token = await new BridgedToken__factory(owner).deploy("Token", "T", decimals, owner);
  await token.mint(owner, plenty);
  return token;
}

async function signers({ ethers }: Connection) {
  const [owner, stranger] = await ethers.getSigners();
  if (owner === undefined || stranger === undefined) throw new Error("The network has too few accounts.");
  return { owner, stranger };
}

describe("Ramses V1 at its addresses", () => {
  const chain = useArbitrum();

  for (const { name, generation, factory, router } of deploymentsOf(arbitrum, "solidly")) {
    if (generation !== "solidly") continue;
    it(`${name}'s router names its factory and WETH`, async () => {
      const at = SolidlyRouter__factory.connect(router, chain().ethers.provider);
      expect(await at.factory()).to.equal(factory);
      expect(await at.weth()).to.equal(arbitrum.weth);
    });
  }
});

for (const stable of [false, true]) {
  const kind = stable ? "stable" : "volatile";

  describe(`the Solidly twin with a ${kind} pair`, () => {
    const chain = useArbitrum();
    let owner: HardhatEthersSigner;
    let stranger: HardhatEthersSigner;
    let market: Market;
    let unit0: bigint;
    let unit1: bigint;

    before(async () => {
      ({ owner, stranger } = await signers(chain()));
      market = await openMarket(owner, { decimals0: 18, decimals1: 6, stable });
      [unit0, unit1] = [10n ** 18n, 10n ** 6n];
      const { router, token0, token1 } = market;
      const amounts = [depth * unit0, depth * unit1] as const;
      await router.addLiquidity(token0, token1, stable, ...amounts, 0n, 0n, owner, MaxUint256);
    });

    /** Swaps token0 for token1 through the router. */
    async function swap(
      amountIn: bigint,
      changes: { minOut?: bigint; deadline?: bigint; by?: HardhatEthersSigner } = {},
    ) {
      const { router, token0, token1 } = market;
      const routes = [{ from: await token0.getAddress(), to: await token1.getAddress(), stable }];
      const { minOut = 0n, deadline = MaxUint256, by = owner } = changes;
      return router.connect(by).swapExactTokensForTokens(amountIn, minOut, routes, owner, deadline);
    }

    describe("the pair", () => {
      it("tells its tokens, their units, its reserves and its curve", async () => {
        const { pair, token0, token1 } = market;
        const [a, b] = [await token0.getAddress(), await token1.getAddress()];
        expect([...(await pair.metadata())]).to.deep.equal([unit0, unit1, depth * unit0, depth * unit1, stable, a, b]);
        expect([...(await pair.tokens())]).to.deep.equal([a, b]);
        expect((await pair.getReserves()).slice(0, 2)).to.deep.equal([depth * unit0, depth * unit1]);
        expect(await pair.stable()).to.equal(stable);
        expect(await pair.symbol()).to.equal(stable ? "crAMM-T/T" : "vrAMM-T/T");
      });

      it("sends the fee to the fees contract during the swap, so that the reserves are net of it", async () => {
        const { pair, token0, token1 } = market;
        const amountIn = 10n * unit0;
        const fee = (amountIn * (stable ? 5n : 25n)) / 10_000n;
        const amountOut = await pair.getAmountOut(amountIn, token0);
        const router = await market.router.getAddress();
        await expect(swap(amountIn))
          .to.emit(pair, "Fees")
          .withArgs(router, fee, 0n)
          .and.to.emit(pair, "Sync")
          .withArgs(depth * unit0 + amountIn - fee, depth * unit1 - amountOut)
          .and.to.emit(pair, "Swap")
          .withArgs(router, amountIn, 0n, 0n, amountOut, owner.address);
        expect(await token0.balanceOf(await pair.fees())).to.equal(fee);
        expect(await token0.balanceOf(pair)).to.equal(await pair.reserve0());
        expect(await token1.balanceOf(pair)).to.equal(await pair.reserve1());
      });

      it("takes the fee of its own that the factory holds, before the default of its kind", async () => {
        const { factory, pair, token0 } = market;
        expect(await factory.pairFee(pair)).to.equal(stable ? 5n : 25n);
        const before = await pair.getAmountOut(unit0, token0);
        await factory.setPairFee(pair, 100n);
        expect(await factory.pairFee(pair)).to.equal(100n);
        expect(await factory.getFee(stable), "asked by someone else").to.equal(stable ? 5n : 25n);
        expect(await pair.getAmountOut(unit0, token0)).to.be.lessThan(before);
        await expect(swap(unit0))
          .to.emit(pair, "Fees")
          .withArgs(await market.router.getAddress(), unit0 / 100n, 0n);
        await factory.setPairFee(pair, 0n);
        expect(await factory.pairFee(pair)).to.equal(stable ? 5n : 25n);
      });

      it("reverts IOA when nothing is asked for", async () => {
        await expect(market.pair.swap(0n, 0n, owner, "0x")).to.be.revertedWith("IOA");
      });

      it("reverts IL when a whole reserve is asked for", async () => {
        await expect(market.pair.swap(depth * unit0, 0n, owner, "0x")).to.be.revertedWith("IL");
        await expect(market.pair.swap(0n, depth * unit1, owner, "0x")).to.be.revertedWith("IL");
      });

      it("reverts IT when a token is to receive", async () => {
        await expect(market.pair.swap(1n, 0n, market.token0, "0x")).to.be.revertedWith("IT");
        await expect(market.pair.swap(1n, 0n, market.token1, "0x")).to.be.revertedWith("IT");
      });

      it("reverts IIA when nothing came in", async () => {
        await expect(market.pair.swap(1n, 0n, owner, "0x")).to.be.revertedWith("IIA");
      });

      it("reverts K when too little came in for what goes out", async () => {
        const { pair, token0 } = market;
        await token0.transfer(pair, 10n * unit0);
        const amountOut = await pair.getAmountOut(10n * unit0, token0);
        await expect(pair.swap(0n, amountOut + unit1, owner, "0x")).to.be.revertedWith("K");
        await pair.swap(0n, amountOut, owner, "0x");
      });

      it("reverts without data while the factory is paused", async () => {
        await market.factory.setPause(true);
        await expect(swap(unit0)).to.be.revertedWithoutReason(chain().ethers);
        await market.factory.setPause(false);
        await swap(unit0);
      });

      it("returns what it holds beyond its reserves by skim, and takes it in by sync", async () => {
        const { pair, token0, token1 } = market;
        await token0.transfer(pair, 7n);
        await token1.transfer(pair, 8n);
        await expect(pair.skim(stranger)).to.changeTokenBalances(chain().ethers, token0, [pair, stranger], [-7n, 7n]);
        await token0.transfer(pair, 9n);
        const held = [depth * unit0 + 9n, depth * unit1];
        await expect(pair.sync())
          .to.emit(pair, "Sync")
          .withArgs(...held);
        expect((await pair.getReserves()).slice(0, 2)).to.deep.equal(held);
      });

      it("returns the fees to nobody as long as no distributor is set", async () => {
        const { pair, token0 } = market;
        await swap(unit0);
        await expect(pair.claimFees()).to.emit(pair, "Claim").withArgs(owner.address, owner.address, 0n, 0n);
        expect(await token0.balanceOf(await pair.fees())).to.be.greaterThan(0n);
      });
    });

    describe("the hook", () => {
      let borrower: SolidlyBorrower;

      before(async () => {
        borrower = await new SolidlyBorrower__factory(owner).deploy();
        await market.token0.transfer(borrower, 1_000n * unit0);
      });

      function instruct(target: string, payload: string): string {
        return coder.encode(["address", "bytes"], [target, payload]);
      }

      it("lets the receiver pay during the swap", async () => {
        const { pair, token0, token1 } = market;
        const amountOut = await pair.getAmountOut(unit0, token0);
        const pay = token0.interface.encodeFunctionData("transfer", [await pair.getAddress(), unit0]);
        await expect(pair.swap(0n, amountOut, borrower, instruct(await token0.getAddress(), pay)))
          .to.emit(borrower, "Hooked")
          .withArgs(await pair.getAddress(), owner.address, 0n, amountOut);
        expect(await token1.balanceOf(borrower)).to.equal(amountOut);
      });

      it("reverts IIA when the receiver does not pay", async () => {
        const { pair, token0 } = market;
        const idle = token0.interface.encodeFunctionData("balanceOf", [owner.address]);
        await expect(pair.swap(0n, unit1, borrower, instruct(await token0.getAddress(), idle))).to.be.revertedWith(
          "IIA",
        );
      });

      it("finds the pair locked, without data", async () => {
        const { pair } = market;
        for (const payload of [
          pair.interface.encodeFunctionData("sync"),
          pair.interface.encodeFunctionData("skim", [owner.address]),
          pair.interface.encodeFunctionData("mint", [owner.address]),
          pair.interface.encodeFunctionData("burn", [owner.address]),
          pair.interface.encodeFunctionData("swap", [0n, 1n, owner.address, "0x"]),
        ]) {
          const data = instruct(await pair.getAddress(), payload);
          await expect(pair.swap(0n, unit1, borrower, data)).to.be.revertedWithoutReason(chain().ethers);
        }
      });

      it("reverts without data when the receiver has no code", async () => {
        await expect(market.pair.swap(0n, 1n, stranger, "0x01")).to.be.revertedWithoutReason(chain().ethers);
      });
    });

    describe("the router", () => {
      it("pays what it quotes, by both of its swaps", async () => {
        const { router, pair, token0, token1 } = market;
        const amountOut = await pair.getAmountOut(unit0, token0);
        expect([...(await router.getAmountOut(unit0, token0, token1))]).to.deep.equal([amountOut, stable]);
        const routes = [{ from: await token0.getAddress(), to: await token1.getAddress(), stable }];
        expect([...(await router.getAmountsOut(unit0, routes))]).to.deep.equal([unit0, amountOut]);
        await expect(swap(unit0, { minOut: amountOut })).to.changeTokenBalances(
          chain().ethers,
          token1,
          [pair, owner],
          [-amountOut, amountOut],
        );
        const next = await pair.getAmountOut(unit0, token0);
        await expect(
          router.swapExactTokensForTokensSimple(unit0, next, token0, token1, stable, owner, MaxUint256),
        ).to.changeTokenBalances(chain().ethers, token1, [pair, owner], [-next, next]);
      });

      it("derives the address of every pair", async () => {
        const { router, factory, pair, token0, token1 } = market;
        expect(await router.pairFor(token0, token1, stable)).to.equal(await pair.getAddress());
        expect(await router.pairFor(token1, token0, stable)).to.equal(await pair.getAddress());
        expect(await factory.getPair(token1, token0, stable)).to.equal(await pair.getAddress());
        expect(await router.isPair(pair)).to.equal(true);
        expect(await router.isPair(await router.pairFor(token0, token1, !stable))).to.equal(false);
      });

      it("reverts Router: EXPIRED after the deadline", async () => {
        await expect(swap(unit0, { deadline: 1n })).to.be.revertedWith("Router: EXPIRED");
      });

      it("reverts Router: INSUFFICIENT_OUTPUT_AMOUNT when the quote is below the minimum", async () => {
        const { pair, token0 } = market;
        const minOut = (await pair.getAmountOut(unit0, token0)) + 1n;
        await expect(swap(unit0, { minOut })).to.be.revertedWith("Router: INSUFFICIENT_OUTPUT_AMOUNT");
      });

      it("reverts IOA when so little goes in that nothing comes out", async () => {
        await expect(swap(1n)).to.be.revertedWith("IOA");
        await expect(swap(0n)).to.be.revertedWith("IOA");
      });

      it("reverts without data when the allowance is missing, whatever the token says", async () => {
        await market.token0.transfer(stranger, unit0);
        await expect(swap(unit0, { by: stranger })).to.be.revertedWithoutReason(chain().ethers);
      });

      it("quotes 0 for an unknown pair, and reverts in the swap: by the minimum, or without data when that is 0", async () => {
        const { router, token0, token1 } = market;
        const [from, to] = [await token0.getAddress(), await token1.getAddress()];
        const routes = [{ from, to, stable: !stable }];
        expect([...(await router.getAmountsOut(unit0, routes))]).to.deep.equal([unit0, 0n]);
        await expect(router.swapExactTokensForTokens(unit0, 1n, routes, owner, MaxUint256)).to.be.revertedWith(
          "Router: INSUFFICIENT_OUTPUT_AMOUNT",
        );
        await expect(router.swapExactTokensForTokens(unit0, 0n, routes, owner, MaxUint256)).to.be.revertedWithoutReason(
          chain().ethers,
        );
      });

      it("does not check that a route goes on where the one before ended", async () => {
        const { router, token0, token1 } = market;
        const [from, to] = [await token0.getAddress(), await token1.getAddress()];
        const broken = [
          { from, to, stable },
          { from, to, stable },
        ];
        const amounts = await router.getAmountsOut(1_000n * unit0, broken);
        expect(amounts.length).to.equal(3);
        // The pair is sent its own token1, which it does not take for the token0 that was quoted.
        await expect(router.swapExactTokensForTokens(1_000n * unit0, 0n, broken, owner, MaxUint256)).to.revert(
          chain().ethers,
        );
      });

      it("reverts Router: INVALID_PATH, IDENTICAL_ADDRESSES and ZERO_ADDRESS", async () => {
        const { router, token0 } = market;
        await expect(router.getAmountsOut(1n, [])).to.be.revertedWith("Router: INVALID_PATH");
        await expect(router.pairFor(token0, token0, stable)).to.be.revertedWith("Router: IDENTICAL_ADDRESSES");
        await expect(router.pairFor(token0, ZeroAddress, stable)).to.be.revertedWith("Router: ZERO_ADDRESS");
      });

      it("adds liquidity in the proportion of the reserves and returns it again", async () => {
        const { router, pair, token0, token1 } = market;
        const minted = await router.addLiquidity.staticCall(
          token0,
          token1,
          stable,
          5n * unit0,
          9n * unit1,
          0n,
          0n,
          owner,
          MaxUint256,
        );
        expect([minted.amountA, minted.amountB]).to.deep.equal([5n * unit0, 5n * unit1]);
        const quoted = await router.quoteAddLiquidity(token0, token1, stable, 5n * unit0, 9n * unit1);
        expect([...quoted]).to.deep.equal([...minted]);
        await expect(router.addLiquidity(token0, token1, stable, 5n * unit0, 9n * unit1, 0n, 0n, owner, MaxUint256))
          .to.emit(pair, "Mint")
          .withArgs(await router.getAddress(), 5n * unit0, 5n * unit1);
        const [back0, back1] = await router.quoteRemoveLiquidity(token0, token1, stable, minted.liquidity);
        await expect(router.removeLiquidity(token0, token1, stable, minted.liquidity, back0, back1, owner, MaxUint256))
          .to.emit(pair, "Burn")
          .withArgs(await router.getAddress(), back0, back1, owner.address);
      });

      it("reverts when less than the minimum of a token would be added or returned", async () => {
        const { router, token0, token1 } = market;
        const add = (min0: bigint, min1: bigint, a: bigint, b: bigint) =>
          router.addLiquidity(token0, token1, stable, a * unit0, b * unit1, min0, min1, owner, MaxUint256, {});
        await expect(add(0n, 6n * unit1, 5n, 9n)).to.be.revertedWith("Router: INSUFFICIENT_B_AMOUNT");
        await expect(add(6n * unit0, 0n, 9n, 5n)).to.be.revertedWith("Router: INSUFFICIENT_A_AMOUNT");
        await expect(add(6n * unit0, 0n, 5n, 5n)).to.be.revertedWithoutReason(chain().ethers);
        const remove = (min0: bigint, min1: bigint) =>
          router.removeLiquidity(token0, token1, stable, 10n ** 12n, min0, min1, owner, MaxUint256);
        await expect(remove(depth * unit0, 0n)).to.be.revertedWith("Router: INSUFFICIENT_A_AMOUNT");
        await expect(remove(0n, depth * unit1)).to.be.revertedWith("Router: INSUFFICIENT_B_AMOUNT");
      });
    });
  });
}

describe("the Solidly twin's factory", () => {
  const chain = useArbitrum();
  let owner: HardhatEthersSigner;
  let stranger: HardhatEthersSigner;
  let market: Market;

  before(async () => {
    ({ owner, stranger } = await signers(chain()));
    market = await openMarket(owner, { decimals0: 18, decimals1: 18, stable: false });
  });

  it("creates each pair once, in either order of the tokens, and lists it", async () => {
    const { factory, token0, token1 } = market;
    const stablePair = await factory.createPair.staticCall(token1, token0, true);
    await expect(factory.createPair(token1, token0, true))
      .to.emit(factory, "PairCreated")
      .withArgs(await token0.getAddress(), await token1.getAddress(), true, stablePair, 2n);
    expect(await factory.allPairs(1n)).to.equal(stablePair);
    expect(await factory.allPairsLength()).to.equal(2n);
    await expect(factory.createPair(token0, token1, true)).to.be.revertedWith("PE");
    await expect(factory.createPair(token1, token0, false)).to.be.revertedWith("PE");
    await expect(factory.createPair(token0, token0, false)).to.be.revertedWith("IA");
    await expect(factory.createPair(token0, ZeroAddress, false)).to.be.revertedWith("ZA");
  });

  it("lets only the fee manager set fees, above zero and up to its maximum", async () => {
    const { factory, pair } = market;
    const foreign = factory.connect(stranger);
    await expect(foreign.setFee(true, 1n)).to.be.revertedWith("not fee manager");
    await expect(foreign.setPairFee(pair, 1n)).to.be.revertedWith("not fee manager");
    await expect(factory.setFee(true, 0n)).to.be.revertedWith("fee must be nonzero");
    const tooHigh = (await factory.MAX_FEE()) + 1n;
    await expect(factory.setFee(true, tooHigh)).to.be.revertedWith("fee too high");
    await expect(factory.setPairFee(pair, tooHigh)).to.be.revertedWith("fee too high");
    await factory.setFee(false, 30n);
    expect(await factory.pairFee(pair)).to.equal(30n);
  });

  it("lets only the pauser pause, without data", async () => {
    await expect(market.factory.connect(stranger).setPause(true)).to.be.revertedWithoutReason(chain().ethers);
  });
});

describe("the Solidly twin in any state", () => {
  const chain = useArbitrum();
  const errors = new Interface(["error Error(string reason)", "error Panic(uint256 code)"]);

  /** Returns what the router says that it pays, or why it reverts: a string, "Panic(0x…)", or "" for no data. */
  async function outcome({ router }: Market, from: string, swap: Swap, stable: boolean): Promise<bigint | string> {
    const routes = [{ from: swap.tokenIn, to: swap.tokenOut, stable }];
    const data = router.interface.encodeFunctionData("swapExactTokensForTokens", [
      swap.amountIn,
      0n,
      routes,
      from,
      MaxUint256,
    ]);
    const call = { from, to: await router.getAddress(), data };
    try {
      const result = await chain().provider.request({ method: "eth_call", params: [call, "latest"] });
      const [amounts] = router.interface.decodeFunctionResult("swapExactTokensForTokens", result as string);
      return amounts[1];
    } catch (error) {
      const { data: reverted } = error as { data: string };
      const parsed = reverted === "0x" ? null : errors.parseError(reverted);
      return parsed?.name === "Panic" ? `Panic(${toBeHex(parsed.args[0])})` : (parsed?.args[0] ?? "");
    }
  }

  for (const [seed, opening] of [
    { decimals0: 18, decimals1: 6, stable: false },
    { decimals0: 6, decimals1: 6, stable: true },
    { decimals0: 6, decimals1: 18, stable: true },
    { decimals0: 8, decimals1: 18, stable: true },
  ].entries()) {
    const { decimals0, decimals1, stable } = opening;
    const kind = stable ? "stable" : "volatile";
    it(`pays what the quote says, or reverts as it says: 150 ${kind} states of ${decimals0} and ${decimals1} decimals`, async () => {
      const { owner } = await signers(chain());
      const market = await openMarket(owner, opening);
      const { pair, factory } = market;
      const [a, b] = [await market.token0.getAddress(), await market.token1.getAddress()];
      const [pool] = await solidly.discover(
        {
          venue: "solidly",
          generation: "solidly",
          name: "Twin",
          factory: await factory.getAddress(),
          router: await market.router.getAddress(),
        },
        [
          { symbol: "A", address: a, decimals: decimals0 },
          { symbol: "B", address: b, decimals: decimals1 },
        ],
        readerAt(chain()),
      );
      if (pool === undefined) throw new Error("The pair is not discovered.");
      const random = seededRandom(seed);
      const outcomes = new Set<string>();
      for (let count = 0; count < 150; count++) {
        // Half of the states are near par with 10^0 to 10^12 whole tokens, the others have any reserves at all.
        const whole = 10n ** random.bigint(0n, 12n);
        const [unit0, unit1] = pool.units;
        const held = random.pick([
          [random.bigint(1n, whole * unit0), random.bigint(1n, whole * unit1)],
          [whole * unit0 + random.bigint(0n, unit0), whole * unit1 + random.bigint(0n, unit1)],
          [10n ** random.bigint(0n, 32n), 10n ** random.bigint(0n, 32n)],
        ]);
        for (const [index, token] of [a, b].entries())
          await setTokenBalance(chain(), token, pool.address, held[index] ?? 0n);
        await pair.sync();
        await factory.setPairFee(pair, random.pick([0n, 1n, 30n, 100n, 1000n]));
        const state = solidly.decode(pool, await readerAt(chain()).read(solidly.reads(pool)), 0n);
        if (isRefusal(state)) throw new Error(state.detail);
        expect(state.reserves, "reserves").to.deep.equal(held);
        const [tokenIn, tokenOut] = random.pick([
          [a, b],
          [b, a],
        ]) as [string, string];
        const swap = { tokenIn, tokenOut, amountIn: random.bigint(1n, 10n ** random.bigint(0n, 31n)) };
        const quoted = solidly.quote(pool, state, swap);
        const paid = await outcome(market, owner.address, swap, stable);
        const label = `${swap.amountIn} into ${held}, token0 ${tokenIn === a}, fee ${state.fees[0]}`;
        if (!isRefusal(quoted)) {
          expect(paid, label).to.equal(quoted);
          outcomes.add("paid");
          continue;
        }
        expect(paid, `${label}: ${quoted.detail}`).to.be.a("string");
        expect(quoted.detail.startsWith(`${paid}`), `${label}: ${quoted.detail}, on chain ${paid}`).to.equal(true);
        outcomes.add(`${paid}`);
      }
      expect([...outcomes], "outcomes").to.include.members(stable ? ["paid", "IOA", "Panic(0x11)"] : ["paid", "IOA"]);
    });
  }
});
