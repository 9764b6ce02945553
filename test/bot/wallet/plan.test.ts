import { expect } from "chai";
import { arbitrum } from "../../../bot/config/chains/arbitrum.ts";
import { type Address, tokenOf } from "../../../bot/config/chains/chain.ts";
import { divideUp, larger, valueUsdE8 } from "../../../bot/domain/amount.ts";
import { weiInUsdE8Up } from "../../../bot/domain/gas.ts";
import { type Asset, assetsOf, ether } from "../../../bot/wallet/asset.ts";
import {
  type Conversion,
  type Holdings,
  isNoPlan,
  type Needs,
  type PendingConversion,
  type Plan,
  type PlanContext,
  planConversions,
  type QuoteConversion,
} from "../../../bot/wallet/plan.ts";
import { startPriceE8 } from "../../../localnet/market.ts";
import { type Random, seededRandom } from "../../../localnet/random.ts";

const usdE8 = 10n ** 8n;
const one = 10_000n;
const [weth, usdc, wbtc] = [tokenOf(arbitrum, "WETH"), tokenOf(arbitrum, "USDC"), tokenOf(arbitrum, "WBTC")];
const dai = tokenOf(arbitrum, "DAI");
const assets = assetsOf(arbitrum);
const pricesE8 = new Map(arbitrum.tokens.map(({ address }) => [address, startPriceE8(address)]));

const assetOf = (list: readonly Asset[], address: Address): Asset => {
  const asset = list.find((candidate) => candidate.address === address);
  if (asset === undefined) throw new Error(address);
  return asset;
};

/** Pools between every two assets, each worth `depthUsd` a side, with a fee of 0.3 %; wrapping is one to one. */
function poolsOf(depthUsd: bigint): QuoteConversion {
  return (from, to, amountIn) => {
    const [a, b] = [assetOf(assets, from), assetOf(assets, to)];
    if (a.pricedBy === b.pricedBy) return { amountOut: amountIn, via: { kind: from === ether ? "wrap" : "unwrap" } };
    const reserve = (asset: Asset) =>
      (depthUsd * usdE8 * 10n ** BigInt(asset.decimals)) / (pricesE8.get(asset.pricedBy) ?? 1n);
    const kept = amountIn * 997n;
    const amountOut = (kept * reserve(b)) / (reserve(a) * 1_000n + kept);
    const via = { kind: "swap", deployment: "SushiSwap V2", path: [a.pricedBy, b.pricedBy] } as const;
    return amountOut === 0n ? undefined : { amountOut, via };
  };
}

const context: PlanContext = {
  assets,
  pricesE8,
  quote: poolsOf(500_000n),
  gasReserveWei: 5n * 10n ** 15n,
  conversionMarginBps: 100n,
  conversionSlippageBps: 30n,
  minConversionUsdE8: 2n * usdE8,
  maxConversionLossBps: 100n,
  conversionGasWei: 3n * 10n ** 13n,
};

const milliEther = 10n ** 15n;
const holding = (balances: Record<Address, bigint>, pending: readonly PendingConversion[] = []): Holdings => ({
  balances: new Map(Object.entries(balances)),
  pending,
});
const needs = (token: Address, amount: bigint, gasWei = 10n ** 14n): Needs => ({ order: { token, amount }, gasWei });
const refill: Needs = { order: undefined, gasWei: 0n };

function planOf(holdings: Holdings, wanted: Needs, change: Partial<PlanContext> = {}): Plan {
  const plan = planConversions(holdings, wanted, { ...context, ...change });
  if (isNoPlan(plan)) throw new Error(`${plan.noPlan}: ${plan.detail}`);
  return plan;
}

function reasonOf(holdings: Holdings, wanted: Needs, change: Partial<PlanContext> = {}): string | undefined {
  const plan = planConversions(holdings, wanted, { ...context, ...change });
  return isNoPlan(plan) ? plan.noPlan : undefined;
}

describe("wallet: plan", () => {
  it("plans nothing where everything is there, and says what covers it", () => {
    const plan = planOf(holding({ [ether]: 10n * milliEther, [usdc.address]: 400n * 10n ** 6n }), {
      order: { token: usdc.address, amount: 400n * 10n ** 6n },
      gasWei: milliEther,
    });
    expect(plan.conversions).to.deep.equal([]);
    expect(plan.needs).to.deep.equal([
      "400 USDC for an order, 400 USDC there: covered",
      "0.006 ETH for gas, 0.01 ETH there: covered",
    ]);
  });

  it("wraps what is short of wrapped ether with the margin, and keeps the reserve", () => {
    const { conversions } = planOf(
      holding({ [ether]: 500n * milliEther, [weth.address]: 20n * milliEther }),
      needs(weth.address, 120n * milliEther),
    );
    expect(conversions).to.have.length(1);
    const [wrap] = conversions;
    expect(wrap?.via).to.deep.equal({ kind: "wrap" });
    expect([wrap?.from, wrap?.to, wrap?.amountIn]).to.deep.equal([ether, weth.address, 101n * milliEther]);
    expect(wrap?.minOut).to.equal(101n * milliEther);
    expect(wrap?.reason).to.equal("0.12 WETH for an order, 0.02 WETH there");
  });

  it("buys gas with what is held when ether falls under the reserve, for the conversion's own gas too", () => {
    const { conversions } = planOf(holding({ [ether]: 2n * milliEther, [usdc.address]: 10n ** 9n }), refill);
    const [swap] = conversions;
    if (swap === undefined) throw new Error("nothing");
    const short = 3n * milliEther + context.conversionGasWei;
    const target = short + divideUp(short, 100n);
    expect([swap.from, swap.to, conversions.length]).to.deep.equal([usdc.address, ether, 1]);
    expect(swap.amountOut >= target).to.equal(true);
    expect((context.quote(usdc.address, ether, swap.amountIn - 1n)?.amountOut ?? 0n) < target).to.equal(true);
    expect(swap.minOut >= short, "the least that it delivers is what is short").to.equal(true);
  });

  it("prefers to unwrap, which costs gas alone, to a swap", () => {
    const held = holding({ [ether]: milliEther, [usdc.address]: 10n ** 9n, [weth.address]: 10n ** 18n });
    expect(planOf(held, refill).conversions.map(({ via }) => via.kind)).to.deep.equal(["unwrap"]);
  });

  it("does not unwrap what the order needs", () => {
    const held = holding({ [ether]: milliEther, [usdc.address]: 10n ** 9n, [weth.address]: 10n ** 17n });
    const { conversions } = planOf(held, needs(weth.address, 10n ** 17n));
    expect(conversions.map(({ from, to }) => [from, to])).to.deep.equal([[usdc.address, ether]]);
  });

  it("covers an order and the gas in one plan", () => {
    const held = holding({ [ether]: milliEther, [usdc.address]: 10n ** 9n });
    const { conversions } = planOf(held, needs(weth.address, 10n ** 17n));
    expect(conversions.map(({ from, to }) => [from, to])).to.deep.equal([
      [usdc.address, weth.address],
      [usdc.address, ether],
    ]);
  });

  it("spends several holdings where none is enough alone", () => {
    const held = holding({
      [ether]: 10n * milliEther,
      [usdc.address]: 200n * 10n ** 6n,
      [dai.address]: 150n * 10n ** 18n,
    });
    const { conversions } = planOf(held, needs(weth.address, 10n ** 17n));
    expect(conversions).to.have.length(2);
    expect(conversions.every(({ to }) => to === weth.address)).to.equal(true);
  });

  it("does not convert dust, neither to cover it nor to spend it", () => {
    expect(reasonOf(holding({ [ether]: 10n ** 18n }), needs(weth.address, 10n ** 12n))).to.equal("below-minimum");
    const held = holding({ [ether]: 10n * milliEther, [usdc.address]: 10n ** 6n, [wbtc.address]: 100n });
    expect(reasonOf(held, needs(weth.address, 10n ** 17n))).to.equal("not-enough");
    // A few cents under the reserve are borne.
    const near = holding({ [ether]: 5n * milliEther - 10n ** 13n, [usdc.address]: 10n ** 9n });
    expect(planOf(near, refill).conversions).to.deep.equal([]);
  });

  it("does not bear a shortage, however small, without which the order's gas cannot be paid", () => {
    const held = holding({ [ether]: 10n ** 12n, [usdc.address]: 10n ** 9n });
    const wanted = needs(usdc.address, 10n ** 6n, 10n ** 13n);
    expect(reasonOf(held, wanted, { gasReserveWei: 0n })).to.equal("below-minimum");
  });

  it("says why there is no plan", () => {
    const poor = holding({ [ether]: 10n * milliEther });
    expect(reasonOf(poor, needs(weth.address, 10n ** 18n))).to.equal("not-enough");
    const unpriced = new Map([...pricesE8].filter(([token]) => token !== wbtc.address));
    const rich = holding({ [ether]: 10n ** 18n, [usdc.address]: 10n ** 9n });
    expect(reasonOf(rich, needs(wbtc.address, 10n ** 6n), { pricesE8: unpriced })).to.equal("no-price");
    expect(reasonOf(rich, refill, { pricesE8: new Map() })).to.equal("no-price");
    expect(reasonOf(rich, needs(wbtc.address, 10n ** 6n), { quote: poolsOf(20_000n) })).to.equal("too-costly");
    // Nothing pays for the gas of a conversion.
    expect(reasonOf(holding({ [ether]: 1n, [usdc.address]: 10n ** 9n }), refill)).to.equal("not-enough");
  });

  it("spends nothing without a checked price", () => {
    const unpriced = new Map([...pricesE8].filter(([token]) => token !== usdc.address));
    const held = holding({ [ether]: milliEther, [usdc.address]: 10n ** 9n });
    expect(reasonOf(held, refill, { pricesE8: unpriced })).to.equal("not-enough");
  });

  it("counts what is pending as there, and does not spend it", () => {
    const gas = { maxGasWei: context.conversionGasWei };
    const wrapping = { from: ether, to: weth.address, amountIn: 101n * milliEther, minOut: 101n * milliEther, ...gas };
    const held = { [ether]: 500n * milliEther, [weth.address]: 20n * milliEther };
    expect(planOf(holding(held, [wrapping]), needs(weth.address, 120n * milliEther)).conversions).to.deep.equal([]);
    const buying = { from: usdc.address, to: weth.address, amountIn: 10n ** 9n, minOut: 10n ** 17n, ...gas };
    const bought = holding({ [ether]: milliEther, [usdc.address]: 10n ** 9n }, [buying]);
    expect(reasonOf(bought, refill), "neither the dollars nor what they will buy").to.equal("not-enough");
  });
});

/* PROPERTIES */

/** A wallet of a few of the assets, in dollars between nothing and a few thousand. */
function randomHoldings(random: Random): Holdings {
  const balances = new Map(
    assets.flatMap((asset) => {
      if (random.bigint(0n, 2n) === 0n) return [];
      const usd = random.pick([random.bigint(0n, 5n * usdE8), random.bigint(0n, 3_000n * usdE8)]);
      const priceE8 = pricesE8.get(asset.pricedBy) ?? 1n;
      return [[asset.address, (usd * 10n ** BigInt(asset.decimals)) / priceE8 + random.bigint(0n, 2n)] as const];
    }),
  );
  const pending = random.bigint(0n, 3n) > 0n ? [] : [randomPending(random, balances)];
  return { balances, pending };
}

function randomPending(random: Random, balances: ReadonlyMap<Address, bigint>): PendingConversion {
  const [from, to] = [random.pick(assets).address, random.pick(assets).address];
  const amountIn = random.bigint(0n, balances.get(from) ?? 0n);
  const amountOut = amountIn === 0n || from === to ? 0n : (context.quote(from, to, amountIn)?.amountOut ?? 0n);
  return { from, to, amountIn, minOut: (amountOut * 997n) / 1_000n, maxGasWei: context.conversionGasWei };
}

function randomNeeds(random: Random): Needs {
  if (random.bigint(0n, 3n) === 0n) return refill;
  const token = random.pick(arbitrum.tokens);
  const usd = random.bigint(1n, 700n * usdE8);
  const amount = (usd * 10n ** BigInt(token.decimals)) / (pricesE8.get(token.address) ?? 1n) + 1n;
  return { order: { token: token.address, amount }, gasWei: random.bigint(0n, 10n ** 15n) };
}

/** Random settings under which the margin makes up for the slippage. */
function randomContext(random: Random): PlanContext {
  const conversionSlippageBps = random.bigint(0n, 200n);
  const least = divideUp(conversionSlippageBps * one, one - conversionSlippageBps);
  return {
    ...context,
    quote: poolsOf(random.pick([5_000n, 50_000n, 500_000n])),
    gasReserveWei: random.bigint(0n, 10n ** 16n),
    conversionSlippageBps,
    conversionMarginBps: least + random.bigint(0n, 200n),
    minConversionUsdE8: random.bigint(usdE8 / 100n, 10n * usdE8),
    maxConversionLossBps: random.bigint(0n, 1_000n),
    conversionGasWei: random.bigint(0n, 10n ** 14n),
  };
}

const pendingOf = (
  { from, to, amountIn, minOut }: Conversion,
  { conversionGasWei }: PlanContext,
): PendingConversion => ({ from, to, amountIn, minOut, maxGasWei: conversionGasWei });

/** Makes a conversion on a wallet, and fails where it spends what is not there. */
function make(
  balances: Map<Address, bigint>,
  { from, to, amountIn, amountOut, minOut }: Conversion,
  { conversionGasWei }: PlanContext,
  random: Random,
): void {
  const pay = (asset: Address, amount: bigint) => {
    const left = (balances.get(asset) ?? 0n) - amount;
    if (left < 0n) throw new Error(`An overdraft of ${-left} units of ${asset}.`);
    balances.set(asset, left);
  };
  pay(ether, random.bigint(0n, conversionGasWei));
  pay(from, amountIn);
  balances.set(to, (balances.get(to) ?? 0n) + random.bigint(minOut, amountOut));
}

describe("wallet: plan, on random wallets", () => {
  /** Runs `check` on every plan with conversions among so many random cases. */
  function eachPlan(
    seed: number,
    cases: number,
    check: (plan: Plan, holdings: Holdings, wanted: Needs, settings: PlanContext, random: Random) => void,
  ): void {
    const random = seededRandom(seed);
    let plans = 0;
    for (let round = 0; round < cases; round++) {
      const [holdings, wanted, settings] = [randomHoldings(random), randomNeeds(random), randomContext(random)];
      const plan = planConversions(holdings, wanted, settings);
      if (isNoPlan(plan) || plan.conversions.length === 0) continue;
      plans += 1;
      check(plan, holdings, wanted, settings, random);
    }
    expect(plans > cases / 10, `${plans} of ${cases} cases have conversions`).to.equal(true);
  }

  it("spends no more than is held, not pending and not reserved", () => {
    eachPlan(1, 1_500, ({ conversions }, { balances, pending }, { order, gasWei }, settings) => {
      for (const { address } of assets) {
        const spent = conversions.reduce((sum, { from, amountIn }) => (from === address ? sum + amountIn : sum), 0n);
        const leaving = pending.reduce((sum, { from, amountIn }) => (from === address ? sum + amountIn : sum), 0n);
        const gas = pending.reduce((sum, { maxGasWei }) => sum + maxGasWei, 0n);
        const own = BigInt(conversions.length) * settings.conversionGasWei;
        const left = (balances.get(address) ?? 0n) - leaving - (address === ether ? gas : 0n) - spent;
        if (address === ether) expect(left >= own, "gas is paid").to.equal(true);
        if (spent === 0n) continue;
        const reserved = address === ether ? settings.gasReserveWei + gasWei + own : 0n;
        const ordered = order?.token === address ? order.amount : 0n;
        expect(left >= reserved + ordered, `${left} left of ${address}`).to.equal(true);
      }
    });
  }).timeout(120_000);

  it("can be made on the wallet, and leaves nothing to plan: pending, done, or some of it done", () => {
    eachPlan(2, 1_500, ({ conversions }, { balances, pending }, wanted, settings, random) => {
      const done = new Map(balances);
      const none = (list: readonly PendingConversion[], what: string) => {
        const again = planConversions({ balances: done, pending: list }, wanted, settings);
        if (isNoPlan(again)) throw new Error(`${what}: ${again.noPlan}: ${again.detail}`);
        expect(again.conversions, what).to.deep.equal([]);
      };
      const open = conversions.map((conversion) => pendingOf(conversion, settings));
      none([...pending, ...open], "all pending");
      for (const [index, conversion] of conversions.entries()) {
        make(done, conversion, settings, random);
        none([...pending, ...open.slice(index + 1)], `${index + 1} of ${conversions.length} done`);
      }
    });
  }).timeout(120_000);

  it("never turns back what it has bought, also when it plans again after each conversion", () => {
    let replanned = 0;
    eachPlan(3, 1_500, (_, { balances }, wanted, settings, random) => {
      const done = new Map(balances);
      const made: Conversion[] = [];
      for (;;) {
        const again = planConversions({ balances: done, pending: [] }, wanted, settings);
        const [next] = isNoPlan(again) ? [] : again.conversions;
        if (next === undefined) break;
        make(done, next, settings, random);
        made.push(next);
        expect(made.length <= assets.length, "it ends").to.equal(true);
      }
      if (made.length > 1) replanned += 1;
      for (const [index, { from }] of made.entries()) {
        expect(
          made.slice(0, index).some(({ to }) => to === from),
          "a way back",
        ).to.equal(false);
      }
    });
    expect(replanned > 25, `${replanned} of several conversions`).to.equal(true);
  }).timeout(120_000);

  it("covers what is short with the margin, and not a unit of input more", () => {
    eachPlan(4, 1_500, ({ conversions }, { balances, pending }, { order, gasWei }, settings) => {
      const gas = BigInt(conversions.length) * settings.conversionGasWei;
      for (const target of new Set(conversions.map(({ to }) => to))) {
        const into = conversions.filter(({ to }) => to === target);
        const spent = conversions.reduce((sum, { from, amountIn }) => (from === target ? sum + amountIn : sum), 0n);
        let there = (balances.get(target) ?? 0n) - spent;
        for (const { from, to, amountIn, minOut, maxGasWei } of pending) {
          if (from === target) there -= amountIn;
          if (to === target) there += minOut;
          if (target === ether) there -= maxGasWei;
        }
        const needed = target === ether ? settings.gasReserveWei + gasWei + gas : (order?.amount ?? 0n);
        const short = needed - there;
        const wanted = short + divideUp(short * settings.conversionMarginBps, one);
        const bought = into.reduce((sum, { amountOut }) => sum + amountOut, 0n);
        expect(bought >= wanted, `${bought} of ${wanted}`).to.equal(true);
        expect(into.reduce((sum, { minOut }) => sum + minOut, 0n) >= short, "at the least").to.equal(true);
        const last = into.at(-1);
        if (last === undefined) throw new Error("nothing");
        const less = settings.quote(last.from, last.to, last.amountIn - 1n)?.amountOut ?? 0n;
        expect(bought - last.amountOut + less < wanted, "one unit less is not enough").to.equal(true);
        for (const { from, amountIn } of into) {
          const source = assetOf(assets, from);
          const valueE8 = valueUsdE8(amountIn, source, pricesE8.get(source.pricedBy) ?? 0n);
          expect(valueE8 >= settings.minConversionUsdE8, "dust").to.equal(true);
        }
      }
    });
  }).timeout(120_000);

  it("is as cheap as the cheapest of all ways on small wallets", () => {
    const random = seededRandom(5);
    let [plans, several] = [0, 0];
    for (let round = 0; round < 3_000; round++) {
      const small = smallCase(random);
      const plan = planConversions(small.holdings, small.needs, small.context);
      const forced = cheapestByForce(small);
      if (isNoPlan(plan)) {
        expect(forced, `${plan.noPlan}: ${plan.detail}`).to.equal(undefined);
        continue;
      }
      expect(plan.costUsdE8).to.equal(forced);
      if (plan.conversions.length > 0) plans += 1;
      if (plan.conversions.length > 1) several += 1;
    }
    expect(plans > 300 && several > 50, `${plans} plans, ${several} of several conversions`).to.equal(true);
  }).timeout(120_000);
});

/* BRUTE FORCE */

interface Small {
  readonly holdings: Holdings;
  readonly needs: Needs;
  readonly context: PlanContext;
}

/** A wallet of ether and three tokens in a few units each, with a table of what every amount buys. */
function smallCase(random: Random): Small {
  const list: Asset[] = ["ETH", "A", "B", "C"].map((symbol) => {
    const address = symbol === "ETH" ? ether : symbol;
    return { symbol, address, decimals: 0, pricedBy: symbol === "ETH" ? "A" : symbol };
  });
  const prices = new Map(["A", "B", "C"].map((token) => [token, random.bigint(1n, 5n) * usdE8]));
  const tables = new Map<string, readonly bigint[]>();
  for (const from of list) {
    for (const to of list) {
      const [paid, got] = [prices.get(from.pricedBy) ?? 1n, prices.get(to.pricedBy) ?? 1n];
      const most = larger(paid / got, 1n) * 2n;
      const outs = [0n];
      // No less for more, and now and then nothing more.
      while (outs.length < 40) outs.push((outs.at(-1) ?? 0n) + random.bigint(0n, most));
      tables.set(`${from.address}>${to.address}`, outs);
    }
  }
  const quote: QuoteConversion = (from, to, amountIn) => {
    const amountOut = tables.get(`${from}>${to}`)?.[Number(amountIn)] ?? 0n;
    return amountOut === 0n ? undefined : { amountOut, via: { kind: "swap", deployment: "", path: [from, to] } };
  };
  const balances = new Map(list.map(({ address }) => [address, random.bigint(0n, 24n)]));
  const token = random.pick(["A", "B", "C"]);
  const order = random.bigint(0n, 4n) === 0n ? undefined : { token, amount: random.bigint(1n, 40n) };
  return {
    holdings: { balances, pending: [] },
    needs: { order, gasWei: order === undefined ? 0n : random.bigint(0n, 3n) },
    context: {
      assets: list,
      pricesE8: prices,
      quote,
      gasReserveWei: random.bigint(0n, 12n),
      conversionMarginBps: random.bigint(0n, 2_000n),
      conversionSlippageBps: 0n,
      minConversionUsdE8: random.bigint(0n, 3n * usdE8),
      maxConversionLossBps: random.bigint(0n, 10_000n),
      conversionGasWei: random.bigint(0n, 2n),
    },
  };
}

/** The least cost of all ways to cover both needs, tried one by one, or undefined where there is none. */
function cheapestByForce({ holdings: { balances }, needs: { order, gasWei }, context: at }: Small): bigint | undefined {
  const worth = (address: Address, amount: bigint) =>
    amount * (at.pricesE8.get(assetOf(at.assets, address).pricedBy) ?? 0n);
  const gasUsdE8 = weiInUsdE8Up(at.conversionGasWei, worth(ether, 1n));
  const held = (address: Address) => balances.get(address) ?? 0n;
  type Spent = readonly (readonly [Address, bigint])[];
  interface Tried {
    readonly spent: Spent;
    readonly cost: bigint;
  }

  /** Every way to spend some holdings whole and one in part, the least of it that is enough. */
  function* ways(to: Address, short: bigint, spendable: (address: Address, count: number) => bigint): Generator<Tried> {
    if (worth(to, short) < at.minConversionUsdE8) return;
    const outOf = (source: Address, amount: bigint) => at.quote(source, to, amount)?.amountOut ?? 0n;
    const sources = at.assets.map(({ address }) => address).filter((address) => address !== to);
    for (let members = 1; members < 2 ** sources.length; members++) {
      const chosen = sources.filter((_, index) => (members >> index) % 2 === 1);
      const needed = short + (to === ether ? BigInt(chosen.length) * at.conversionGasWei : 0n);
      const target = needed + divideUp(needed * at.conversionMarginBps, one);
      for (const last of chosen) {
        const most = spendable(last, chosen.length);
        const whole = chosen
          .filter((source) => source !== last)
          .map((source) => [source, spendable(source, chosen.length)] as const);
        const before = whole.reduce((sum, [source, amount]) => sum + outOf(source, amount), 0n);
        if (before >= target) continue;
        let amount = 1n;
        while (amount <= most && before + outOf(last, amount) < target) amount += 1n;
        if (amount > most) continue;
        const spent: Spent = [...whole, [last, amount]];
        const fits = spent.every(([source, paid]) => {
          const [out, value] = [outOf(source, paid), worth(source, paid)];
          const isSound = paid > 0n && out > 0n && value >= at.minConversionUsdE8;
          return isSound && worth(to, out) * one >= value * (one - at.maxConversionLossBps);
        });
        if (!fits) continue;
        const lost = spent.map(([source, paid]) => worth(source, paid) - worth(to, outOf(source, paid)));
        yield { spent, cost: lost.reduce((sum, each) => sum + each, 0n) + BigInt(spent.length) * gasUsdE8 };
      }
    }
  }

  const etherNeeded = at.gasReserveWei + gasWei;
  const orderShort = order === undefined ? 0n : order.amount - held(order.token);
  const free: Tried = { spent: [], cost: 0n };
  const orderWays =
    order === undefined || orderShort <= 0n
      ? [free]
      : ways(order.token, orderShort, (address, count) =>
          address === ether ? held(ether) - etherNeeded - BigInt(count) * at.conversionGasWei : held(address),
        );
  let best: bigint | undefined;
  for (const first of orderWays) {
    const spentOf = (address: Address) =>
      first.spent.reduce((sum, [from, paid]) => (from === address ? sum + paid : sum), 0n);
    const left = held(ether) - spentOf(ether) - BigInt(first.spent.length) * at.conversionGasWei;
    const isBorne = left >= etherNeeded || (worth(ether, etherNeeded - left) < at.minConversionUsdE8 && left >= gasWei);
    const kept = (address: Address) =>
      address === order?.token ? order.amount + divideUp(order.amount * at.conversionMarginBps, one) : 0n;
    const etherWays = isBorne
      ? [free]
      : ways(ether, etherNeeded - left, (address) => held(address) - spentOf(address) - kept(address));
    for (const second of etherWays) {
      const count = BigInt(first.spent.length + second.spent.length);
      if (count * at.conversionGasWei > held(ether) - spentOf(ether)) continue;
      const cost = first.cost + second.cost;
      if (best === undefined || cost < best) best = cost;
    }
  }
  return best;
}
