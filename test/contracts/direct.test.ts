import { anyValue } from "@nomicfoundation/hardhat-ethers-chai-matchers/withArgs";
import { expect } from "chai";
import { Contract, concat, Interface, toBeHex, Wallet, ZeroHash } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { deploymentsOf, tokenOf, type VenueName, venueNames } from "../../bot/config/chains/chain.ts";
import { isRefusal } from "../../bot/domain/quote.ts";
import type { BalancerPool } from "../../bot/venues/balancer.ts";
import type { DodoPool } from "../../bot/venues/dodo.ts";
import type { WoofiPool } from "../../bot/venues/woofi.ts";
import { unitsWorth } from "../../localnet/market.ts";
import { isFork, useArbitrum } from "../support/arbitrum.ts";
import { erc20 } from "../support/erc20.ts";
import { deployExecutor, type Executor } from "../support/executor.ts";
import { setTokenBalance } from "../support/fund.ts";
import {
  addCounterLiquidity,
  asksForLessThan,
  counterLeg,
  executeRoute,
  farDeadline,
  type Kind,
  type Leg,
  legThrough,
  loanOf,
  type Market,
  marketOf,
  marketsOf,
  openSpread,
  profitableLoop,
  quoteNow,
  residue,
  straightCounterLeg,
} from "../support/routes.ts";

/** An order of magnitude: small enough for every pool. */
const loanUsd = 300n;

const solidly = firstSolidly();

function firstSolidly() {
  const [deployment] = deploymentsOf(arbitrum, "solidly");
  if (deployment === undefined) throw new Error("The chain file lists no Solidly deployment.");
  return deployment;
}

const routerAbi = [
  "function getAmountsOut(uint256 amountIn, (address from, address to, bool stable)[] routes) view returns (uint256[])",
];

// Balancer's vault is the only way to its pools.
for (const name of venueNames.filter((venue) => venue !== "balancer")) {
  describe(`FlashArbitrage earns straight through ${name}`, () => {
    const chain = useArbitrum();
    let executor: Executor;
    let markets: Market[];

    before(async () => {
      executor = await deployExecutor(chain());
      markets = await marketsOf(chain(), name, "straight");
    });

    async function lend(token: string, amount: bigint): Promise<void> {
      const { operator, address } = executor;
      await setTokenBalance(chain(), token, operator.address, amount);
      await erc20(token, operator).approve(address, amount);
    }

    /** What the newest block pays for a loop from `tokenIn` through the market and back through the counter pair. */
    async function quoteLoop(market: Market, { tokenIn, tokenOut }: Leg, kind: Kind, amount: bigint) {
      const quote = await quoteNow(chain(), market, tokenIn, tokenOut, amount);
      if (isRefusal(quote)) throw new Error(quote.detail);
      const router = new Contract(solidly.router, routerAbi, chain().ethers.provider);
      const route = [{ from: tokenOut, to: tokenIn, stable: kind === "stable" }];
      const [, back] = await router.getFunction("getAmountsOut")(quote, route);
      return { quote, back: BigInt(back) };
    }

    async function earn(market: Market, tokenIn: string, tokenOut: string): Promise<string | undefined> {
      const token = arbitrum.tokens.find(({ address }) => address === tokenIn);
      if (token === undefined) throw new Error(`${tokenIn} is not in the chain file.`);
      const loan = loanOf("operator", tokenIn, unitsWorth(token, loanUsd));
      const amount = loan.amount as bigint;
      await lend(tokenIn, amount);
      const legs = await profitableLoop(chain(), executor, market, [tokenIn, tokenOut], loan);
      if (isRefusal(legs)) return `${market.deployment.name} ${market.pool.id}: ${legs.refused} (${legs.detail})`;
      const [leg, counter] = legs;
      if (leg === undefined || counter === undefined) throw new Error("A loop has two legs.");
      const kind: Kind = "stable" in market.pool && market.pool.stable === false ? "stable" : "volatile";
      const straight = await straightCounterLeg(chain(), counter, kind);
      const { back } = await quoteLoop(market, leg, kind, amount);

      // At the block of the quotes, to the wei: with the router behind it, and with the pair, to which the output goes at once.
      const blockTag = await chain().ethers.provider.getBlockNumber();
      for (const behind of [counter, straight]) {
        const hops = [leg.hop, behind.hop];
        const profit = await executor.flash.execute.staticCall(ZeroHash, loan, hops, 1n, farDeadline, { blockTag });
        expect(profit, `${market.deployment.name} ${market.pool.id}`).to.equal(back - amount);
      }
      const { profit, gained } = await executeRoute(executor, loan, [leg, straight]);
      expect(gained, "the treasury gains the event's profit").to.equal(profit);
      expect(await erc20(tokenIn, executor.operator).balanceOf(executor.operator)).to.equal(amount);
      expect(await residue(chain(), executor, [leg, counter, straight]), "nothing stays").to.deep.equal([]);
      return undefined;
    }

    for (const direction of ["one way", "the other way"] as const) {
      it(`${direction}, what the quotes say to the wei, in every pool of every deployment`, async function () {
        this.timeout(300_000);
        const refusals: string[] = [];
        expect(markets, "pools on this chain").to.not.be.empty;
        for (const market of markets) {
          const [first, second] = market.pool.tokens;
          if (!first || !second) throw new Error(`${market.pool.id} trades fewer than two tokens.`);
          const snapshot = await chain().networkHelpers.takeSnapshot();
          const refusal = await (direction === "one way" ? earn(market, first, second) : earn(market, second, first));
          await snapshot.restore();
          if (refusal !== undefined) refusals.push(refusal);
        }
        if (!isFork) expect(refusals).to.deep.equal([]);
        else if (refusals.length === markets.length) {
          process.stdout.write(
            `      skipped, no pool of ${name} quotes on this block:\n      ${refusals.join("\n      ")}\n`,
          );
          this.skip();
        }
      });
    }

    it("behind a pair, which hands it what it pays", async function () {
      const market = markets.find(({ pool }) => pool.tokens.includes(arbitrum.weth)) ?? markets[0];
      const [first, second] = market?.pool.tokens ?? [];
      if (market === undefined || first === undefined || second === undefined) return this.skip();
      const token = arbitrum.tokens.find(({ address }) => address === first);
      const amount = unitsWorth(token ?? tokenOf(arbitrum, "WETH"), loanUsd);
      await lend(first, amount);
      const loop = await profitableLoop(chain(), executor, market, [first, second], loanOf("operator", first, amount));
      if (isRefusal(loop)) throw new Error(loop.detail);
      const [leg, counter] = loop;
      if (leg === undefined || counter === undefined) throw new Error("A loop has two legs.");
      const kind: Kind = "stable" in market.pool && market.pool.stable === false ? "stable" : "volatile";
      const { quote } = await quoteLoop(market, leg, kind, amount);
      // The same loop from its other token.
      await lend(second, quote);
      const loan = loanOf("operator", second, quote);
      const legs = [await straightCounterLeg(chain(), counter, kind), legThrough(market, first, second)];
      const { profit, gained } = await executeRoute(executor, loan, legs);
      expect(gained).to.equal(profit);
      expect(await residue(chain(), executor, [leg, ...legs]), "nothing stays").to.deep.equal([]);
    });
  });
}

describe("FlashArbitrage earns through Balancer's pools in a row", () => {
  const chain = useArbitrum();
  let executor: Executor;
  let markets: Market[];

  before(async () => {
    executor = await deployExecutor(chain());
    markets = await marketsOf(chain(), "balancer");
  });

  /** Two pools, and the tokens that lead through both: one that only the first has, one of both, one of the second. */
  function rowOf(list: readonly Market[]) {
    for (const first of list) {
      for (const second of list.filter((market) => market !== first)) {
        const middle = first.pool.tokens.find((token) => second.pool.tokens.includes(token));
        const from = first.pool.tokens.find((token) => !second.pool.tokens.includes(token));
        const to = second.pool.tokens.find((token) => !first.pool.tokens.includes(token));
        if (middle && from && to) return { first, second, from, middle, to };
      }
    }
    return undefined;
  }

  it("by one batchSwap, which pays the quotes to the wei", async function () {
    const row = rowOf(markets);
    if (row === undefined) {
      if (!isFork) throw new Error("The localnet has two Balancer pools in a row.");
      return this.skip();
    }
    const { first, second, from, middle, to } = row;
    const token = arbitrum.tokens.find(({ address }) => address === from) ?? tokenOf(arbitrum, "WETH");
    const amount = unitsWorth(token, loanUsd);
    const loan = loanOf("operator", from, amount);
    const { operator, address, flash } = executor;
    await setTokenBalance(chain(), from, operator.address, amount);
    await erc20(from, operator).approve(address, amount);
    const quotes = async () => {
      const half = await quoteNow(chain(), first, from, middle, amount);
      if (isRefusal(half)) throw new Error(half.detail);
      const whole = await quoteNow(chain(), second, middle, to, half);
      if (isRefusal(whole)) throw new Error(whole.detail);
      return whole;
    };
    const legs = [legThrough(first, from, middle), legThrough(second, middle, to)];
    const [one, two] = legs;
    if (one === undefined || two === undefined) throw new Error("Two legs.");
    const data = concat([String(one.hop.data), middle, String(two.hop.data)]);
    const batch: Leg = { ...two, hop: { ...two.hop, data }, tokenIn: from };
    const counter = counterLeg(to, from);
    await addCounterLiquidity(chain(), executor, [from, amount * 100n], [to, (await quotes()) * 100n]);
    const sale = { tokenIn: from, tokenOut: to, amountIn: amount };
    await openSpread(chain(), executor, loan, [batch, counter], sale);

    const blockTag = await chain().ethers.provider.getBlockNumber();
    const router = new Contract(solidly.router, routerAbi, chain().ethers.provider);
    const [, back] = await router.getFunction("getAmountsOut")(await quotes(), [{ from: to, to: from, stable: false }]);
    for (const hops of [
      [one.hop, two.hop, counter.hop],
      [batch.hop, counter.hop],
    ]) {
      const profit = await flash.execute.staticCall(ZeroHash, loan, hops, 1n, farDeadline, { blockTag });
      expect(profit).to.equal(back - amount);
    }
    const { profit, gained } = await executeRoute(executor, loan, [batch, counter]);
    expect(gained).to.equal(profit);
    expect(await residue(chain(), executor, [...legs, counter]), "nothing stays").to.deep.equal([]);
  });
});

describe("FlashArbitrage shows why a pool refuses a hop:", () => {
  const chain = useArbitrum();
  const weth = tokenOf(arbitrum, "WETH").address;

  /** Sends one wei, or `amount`, of WETH straight into the first market of a venue that takes it. */
  async function refusalOf(name: VenueName, amount = 1n) {
    const executor = await deployExecutor(chain());
    const { flash, operator, address } = executor;
    const market = await marketOf(chain(), name, [weth], "straight");
    const tokenOut = market.pool.tokens.find((token) => token !== weth) ?? "";
    await setTokenBalance(chain(), weth, operator.address, amount);
    await erc20(weth, operator).approve(address, amount);
    const legs = [legThrough(market, weth, tokenOut), counterLeg(tokenOut, weth)];
    const hops = legs.map(({ hop }) => hop);
    return { flash, order: flash.execute(ZeroHash, loanOf("operator", weth, amount), hops, 1n, farDeadline) };
  }
  const reason = (text: string) => new Interface(["error Error(string)"]).encodeErrorResult("Error", [text]);

  for (const [name, text] of [
    ["solidly", "IOA"],
    ["uniswapV2", "UniswapV2: INSUFFICIENT_OUTPUT_AMOUNT"],
  ] as const) {
    it(`a pair of ${name} that would pay nothing`, async () => {
      const { flash, order } = await refusalOf(name);
      await expect(order)
        .to.be.revertedWithCustomError(flash, "HopFailed")
        .withArgs(0n, venueNames.indexOf(name), reason(text));
    });
  }

  it("WOOFi's pool when its oracle is stale", async () => {
    const snapshot = await chain().networkHelpers.takeSnapshot();
    await chain().networkHelpers.time.increase(3_600);
    const { flash, order } = await refusalOf("woofi", 10n ** 15n);
    await expect(order)
      .to.be.revertedWithCustomError(flash, "HopFailed")
      .withArgs(0n, venueNames.indexOf("woofi"), reason("WooPPV2: !ORACLE_FEASIBLE"));
    await snapshot.restore();
  });

  it("a pool of Algebra that has no price for so much: it asks for less, and is not paid", async () => {
    const excessive = 10n ** 36n;
    const { flash, order } = await refusalOf("algebra", excessive);
    await expect(order)
      .to.be.revertedWithCustomError(flash, "HopFailed")
      .withArgs(0n, venueNames.indexOf("algebra"), asksForLessThan(excessive));
  });

  it("a pool of DODO that is told to sell what it was not sent pays nothing", async () => {
    const executor = await deployExecutor(chain());
    const { flash, operator, address } = executor;
    const market = await marketOf(chain(), "dodo", [weth], "straight");
    const tokenOut = market.pool.tokens.find((token) => token !== weth) ?? "";
    const amount = 10n ** 15n;
    await setTokenBalance(chain(), weth, operator.address, amount);
    await erc20(weth, operator).approve(address, amount);
    const wrong = legThrough(market, tokenOut, weth);
    const hops = [{ ...wrong.hop, tokenOut }, counterLeg(tokenOut, weth).hop];
    await expect(flash.execute(ZeroHash, loanOf("operator", weth, amount), hops, 1n, farDeadline))
      .to.be.revertedWithCustomError(flash, "HopFailed")
      .withArgs(1n, venueNames.indexOf("solidly"), anyValue);
  });
});

describe("FlashArbitrage gives an order up before it borrows when a pool's price is beyond the hop's limit", () => {
  const chain = useArbitrum();
  const [weth, usdc] = [tokenOf(arbitrum, "WETH").address, tokenOf(arbitrum, "USDC").address];
  /** More than any lender has: a contract that borrows before it looks would show the lender's error. */
  const unborrowable = 2n ** 200n;
  const abi = new Interface([
    "function slot0() view returns (uint160)",
    "function globalState() view returns (uint160)",
    "function getReserves() view returns (uint256, uint256)",
    "function getMidPrice() view returns (uint256)",
    "function getPoolTokenInfo(bytes32 poolId, address token) view returns (uint256 cash, uint256 managed)",
    "function wooracle() view returns (address)",
    "function infos(address base) view returns (uint128 price)",
  ]);

  /** Reads the words that a function of a contract answers with. */
  async function read(target: string, name: string, args: readonly string[] = []): Promise<readonly bigint[]> {
    return [await new Contract(target, abi, chain().ethers.provider).getFunction(name)(...args)].flat();
  }

  /** Returns the price that the contract compares, and whether the limit is the least, as it is of a price that falls. */
  async function priceOf(
    { venue, pool }: Market,
    tokenIn: string,
    tokenOut: string,
  ): Promise<{ price: bigint; isLeast: boolean }> {
    const isZeroForOne = BigInt(tokenIn) < BigInt(tokenOut);
    const ratio = (amountIn = 0n, amountOut = 0n) => ({ price: (amountOut << 80n) / amountIn, isLeast: true });
    switch (venue.name) {
      case "solidly":
      case "uniswapV2": {
        const [first, second] = await read(pool.address, "getReserves");
        return isZeroForOne ? ratio(first, second) : ratio(second, first);
      }
      case "balancer": {
        const { vault, id } = pool as BalancerPool;
        const held = async (token: string) =>
          (await read(vault, "getPoolTokenInfo", [id, token])).reduce((sum, part) => sum + part);
        return ratio(await held(tokenIn), await held(tokenOut));
      }
      case "dodo": {
        const [price = 0n] = await read(pool.address, "getMidPrice");
        return { price, isLeast: tokenIn === (pool as DodoPool).base };
      }
      case "woofi": {
        const [price = 0n] = await read((pool as WoofiPool).oracle, "infos", [weth]);
        return { price, isLeast: tokenIn === weth };
      }
      default: {
        const [price = 0n] = await read(pool.address, venue.name === "algebra" ? "globalState" : "slot0");
        return { price, isLeast: isZeroForOne };
      }
    }
  }

  function limitedHop({ venue, deployment, pool }: Market, tokenIn: string, tokenOut: string, limit: bigint) {
    const hop = venue.encodeDirect?.(deployment, pool, tokenIn, limit);
    if (hop === undefined) throw new Error("The pool cannot be reached straight.");
    return { venue: venueNames.indexOf(venue.name), tokenOut, amountIn: 0n, ...hop };
  }

  for (const name of venueNames) {
    for (const [tokenIn, tokenOut] of [
      [weth, usdc],
      [usdc, weth],
    ] as const) {
      const sold = tokenIn === weth ? "WETH" : "USDC";

      it(`${name}, selling ${sold}, and not at the limit itself`, async () => {
        const { flash } = await deployExecutor(chain());
        const market = await marketOf(chain(), name, [weth, usdc], "straight");
        const { price, isLeast } = await priceOf(market, tokenIn, tokenOut);
        const beyond = isLeast ? price + 1n : price - 1n;
        const order = (limit: bigint) => {
          const hops = [limitedHop(market, tokenIn, tokenOut, limit), counterLeg(tokenOut, tokenIn).hop];
          return flash.execute(ZeroHash, loanOf("aaveV3", tokenIn, unborrowable), hops, 1n, farDeadline);
        };
        await expect(order(beyond))
          .to.be.revertedWithCustomError(flash, "PriceBeyondLimit")
          .withArgs(0n, price, beyond);
        await expect(order(price)).not.to.be.revertedWithCustomError(flash, "PriceBeyondLimit");
      });

      it(`${name}, selling ${sold}, which pays at the limit what it pays without one`, async () => {
        const executor = await deployExecutor(chain());
        const { flash, operator, address } = executor;
        const market = await marketOf(chain(), name, [weth, usdc], "straight");
        const amount = unitsWorth(tokenOf(arbitrum, sold), loanUsd);
        const loan = loanOf("operator", tokenIn, amount);
        await setTokenBalance(chain(), tokenIn, operator.address, amount);
        await erc20(tokenIn, operator).approve(address, amount);
        const legs = await profitableLoop(chain(), executor, market, [tokenIn, tokenOut], loan);
        if (isRefusal(legs)) throw new Error(legs.detail);
        const [open, counter] = legs.map(({ hop }) => hop);
        if (open === undefined || counter === undefined) throw new Error("A loop has two legs.");
        const { price } = await priceOf(market, tokenIn, tokenOut);
        const profitThrough = (hop: typeof open) =>
          flash.execute.staticCall(ZeroHash, loan, [hop, counter], 1n, farDeadline);
        expect(await profitThrough(limitedHop(market, tokenIn, tokenOut, price))).to.equal(await profitThrough(open));
      });
    }
  }

  for (const [target, does, code, error, answer] of [
    ["a token", "refuses to tell a price", undefined, "HopFailed", "0x"],
    ["a contract", "answers nothing", "0x00", "HopAnsweredNothing", undefined],
  ] as const) {
    it(`with the reason of ${target} that ${does}, where a pool should be`, async () => {
      const { flash } = await deployExecutor(chain());
      const address = code === undefined ? usdc : Wallet.createRandom().address;
      if (code !== undefined) await chain().provider.request({ method: "hardhat_setCode", params: [address, code] });
      const venue = venueNames.indexOf("uniswapV3");
      const hop = { venue, target: address, tokenOut: usdc, amountIn: 0n, data: toBeHex(1n, 20) };
      const hops = [hop, counterLeg(usdc, weth).hop];
      await expect(flash.execute(ZeroHash, loanOf("aaveV3", weth, unborrowable), hops, 1n, farDeadline))
        .to.be.revertedWithCustomError(flash, error)
        .withArgs(0n, venue, answer ?? address);
    });
  }

  for (const [name, head] of [
    ["uniswapV2", "0x000bb8"],
    ["balancer", ZeroHash],
  ] as const) {
    it(`a pool of ${name} that holds nothing, whose price is zero`, async () => {
      const { flash } = await deployExecutor(chain());
      const target = Wallet.createRandom().address;
      // It answers every call with two words of zero.
      await chain().provider.request({ method: "hardhat_setCode", params: [target, "0x60405ff3"] });
      const data = concat([head, toBeHex(1n, 20)]);
      const hop = { venue: venueNames.indexOf(name), target, tokenOut: usdc, amountIn: 0n, data };
      const hops = [hop, counterLeg(usdc, weth).hop];
      await expect(flash.execute(ZeroHash, loanOf("aaveV3", weth, unborrowable), hops, 1n, farDeadline))
        .to.be.revertedWithCustomError(flash, "PriceBeyondLimit")
        .withArgs(0n, 0n, 1n);
    });
  }

  it("but for WOOFi's while what was posted is too old to be traded at", async () => {
    const { flash } = await deployExecutor(chain());
    const market = await marketOf(chain(), "woofi", [weth, usdc], "straight");
    const hops = [limitedHop(market, weth, usdc, 2n ** 159n), counterLeg(usdc, weth).hop];
    const order = () => flash.execute(ZeroHash, loanOf("aaveV3", weth, unborrowable), hops, 1n, farDeadline);
    await expect(order()).to.be.revertedWithCustomError(flash, "PriceBeyondLimit");
    const snapshot = await chain().networkHelpers.takeSnapshot();
    await chain().networkHelpers.time.increase(3_600);
    await expect(order()).to.be.revert(chain().ethers);
    await expect(order()).not.to.be.revertedWithCustomError(flash, "PriceBeyondLimit");
    await snapshot.restore();
  });
});
