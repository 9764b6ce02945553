import { expect } from "chai";
import { isNoTrade } from "../../bot/domain/noTrade.ts";
import type { Order } from "../../bot/domain/order.ts";
import { isRefusal } from "../../bot/domain/quote.ts";
import type { Route } from "../../bot/domain/route.ts";
import type { Snapshot } from "../../bot/domain/snapshot.ts";
import { createOpportunitySearch } from "../../bot/pipeline/search.ts";
import {
  dislocatedPools,
  memoryPool,
  memorySnapshot,
  memoryVenues,
  offer,
  productCurve,
  type Reserves,
  usdc,
  weth,
} from "../support/memoryMarket.ts";
import { memoryOptions, memoryOrders } from "../support/memoryOrder.ts";

const opportunitiesOf = (snapshot: Snapshot) => memoryOrders(snapshot).map(({ opportunity }) => opportunity);

function sizeBest(snapshot: Snapshot, change: Parameters<typeof memoryOrders>[1] = {}) {
  const [best] = memoryOrders(snapshot, change);
  if (best === undefined) throw new Error("no opportunity");
  return best.sized;
}

function orderOf(sized: ReturnType<typeof sizeBest>): Order {
  if (isNoTrade(sized)) throw new Error(sized.detail);
  return sized;
}

/** What the dislocated pools pay for `amount` along a route. */
function outputAt(route: Route, amount: bigint): bigint {
  return route.hops.reduce((held, { pool, tokenIn, tokenOut }) => {
    const state = dislocatedPools().find((each) => each.pool.id === pool.id)?.state as Reserves;
    const curve = productCurve(state, tokenIn, tokenOut);
    const out = isRefusal(curve) ? curve : curve.quote(held);
    if (isRefusal(out)) throw new Error(out.detail);
    return out;
  }, amount);
}

describe("bot: search and size", () => {
  describe("search", () => {
    it("finds the profitable direction of two pools that are apart, and not the other", () => {
      const pools = dislocatedPools();
      const found = opportunitiesOf(memorySnapshot(pools));
      expect(found.length).to.equal(1);
      const buys = found[0]?.route.hops.find(({ tokenOut }) => tokenOut === weth.address);
      expect(buys?.pool.id).to.equal(pools[0]?.pool.id);
    });

    it("finds nothing where the fees are wider than the spread", () => {
      const [pool] = dislocatedPools();
      if (pool === undefined) throw new Error("no pool");
      expect(
        opportunitiesOf(memorySnapshot([pool, memoryPool(2, "dodo", pool.state as Map<string, bigint>)])),
      ).to.deep.equal([]);
    });

    it("borrows no token without a price, and orders nothing through one", () => {
      const pricesE8 = new Map([[weth.address, 3_000_00000000n]]);
      const [best] = memoryOrders(memorySnapshot(dislocatedPools(), { pricesE8 }));
      expect(best?.opportunity.route.hops[0]?.tokenIn).to.equal(weth.address);
      expect(best?.sized).to.include({ noTrade: "no-price" });
    });

    it("prices again what changed, as a search from nothing does", () => {
      const [first, second] = dislocatedPools();
      if (first === undefined || second === undefined) throw new Error("two pools");
      const again = createOpportunitySearch(memoryVenues, memoryOptions);
      expect(again(memorySnapshot([first, second])).opportunities.length).to.equal(1);
      const level = { pool: second.pool, state: first.state };
      expect(again(memorySnapshot([first, level])).opportunities).to.deep.equal([]);
      expect(again(memorySnapshot([first, second])).opportunities.length).to.equal(1);
      expect(again(memorySnapshot([first])).opportunities, "a pool that is gone").to.deep.equal([]);
    });
  });

  describe("size", () => {
    it("is the best amount to a millionth of the profit", () => {
      const order = orderOf(sizeBest(memorySnapshot(dislocatedPools())));
      const profitAt = (amount: bigint) => outputAt(order.route, amount) - amount;
      let best = 0n;
      for (let amount = order.amount / 2n; amount < order.amount * 2n; amount += order.amount / 5_000n) {
        const profit = profitAt(amount);
        if (profit > best) best = profit;
      }
      expect(order.expected).to.equal(profitAt(order.amount));
      expect(order.expected * 1_000_000n >= best * 999_999n, `${order.expected} of ${best}`).to.equal(true);
    });

    it("never borrows more than the lender has", () => {
      const available = 1_000n * 10n ** 6n;
      const snapshot = memorySnapshot(dislocatedPools(), { offers: [offer("morphoBlue", usdc.address, available)] });
      expect(orderOf(sizeBest(snapshot)).amount).to.equal(available);
    });

    it("takes the lender that leaves the most, and the one with a fee only where the free one is exhausted", () => {
      const deep = offer("aaveV3", usdc.address, 10n ** 13n, 5n);
      const free = (available: bigint) => offer("morphoBlue", usdc.address, available);
      const lenderOf = (...offers: Snapshot["offers"][number][]) =>
        orderOf(sizeBest(memorySnapshot(dislocatedPools(), { offers }))).lender;
      expect(lenderOf(deep, free(10n ** 13n))).to.equal("morphoBlue");
      expect(lenderOf(deep, free(100n * 10n ** 6n))).to.equal("aaveV3");
      expect(lenderOf(free(10n ** 13n), offer("operator", usdc.address, 10n ** 13n))).to.equal("operator");
    });

    it("does not finance a Balancer hop with Balancer's loan", () => {
      const pools = dislocatedPools(["balancer", "solidly"]);
      const balancer = offer("balancerV2", usdc.address, 10n ** 13n);
      const sized = sizeBest(memorySnapshot(pools, { offers: [balancer] }));
      expect(isNoTrade(sized) && sized.noTrade).to.equal("no-lender");
      const aave = offer("aaveV3", usdc.address, 10n ** 13n, 5n);
      expect(orderOf(sizeBest(memorySnapshot(pools, { offers: [balancer, aave] }))).lender).to.equal("aaveV3");
    });

    it("asks the contract for a profit that pays for gas and the minimum", () => {
      const order = orderOf(
        sizeBest(memorySnapshot(dislocatedPools(), { offers: [offer("morphoBlue", usdc.address, 10n ** 13n)] }), {
          minProfitUsdE8: 2_00000000n,
        }),
      );
      expect(order.minProfit).to.equal((order.gasCostUsdE8 + 2_00000000n + 99n) / 100n);
    });

    it("counts what the chain takes for the data of an order", () => {
      const dataFee = { fixedWei: 0n, weiPerByte: 10n ** 12n, asGas: true };
      const [cheap, dear] = [
        orderOf(sizeBest(memorySnapshot(dislocatedPools()))),
        orderOf(sizeBest(memorySnapshot(dislocatedPools()), { dataFee })),
      ];
      // 280 bytes of two hops at 1e12 wei each, at $3,000 an ether.
      expect(dear.gasCostUsdE8 - cheap.gasCostUsdE8).to.equal(84_000_000n);
      expect(cheap.netUsdE8 - dear.netUsdE8).to.equal(84_000_000n);
      expect(dear.minProfit > cheap.minProfit).to.equal(true);
    });

    it("shares a hop between pools where that nets more than the hop costs", () => {
      const [cheap, dear] = dislocatedPools();
      if (cheap === undefined || dear === undefined) throw new Error("two pools");
      const twin = memoryPool(3, "dodo", dear.state as Map<string, bigint>);
      const snapshot = memorySnapshot([cheap, dear, twin]);
      const whole = orderOf(sizeBest(memorySnapshot([cheap, dear])));
      const shared = orderOf(sizeBest(snapshot));
      expect(shared.route.hops.length).to.equal(3);
      expect(shared.netUsdE8 > whole.netUsdE8, `${shared.netUsdE8} against ${whole.netUsdE8}`).to.equal(true);
      const [fixed] = shared.amountsIn.filter((amount) => amount > 0n);
      expect(shared.amountsIn.filter((amount) => amount > 0n).length, "all but the last of a leg").to.equal(1);
      // The two pools are alike, so that half of what arrives goes to each.
      const at = shared.amountsIn.indexOf(fixed ?? 0n);
      const arriving = at === 0 ? shared.amount : (shared.quotes[at - 1] ?? 0n);
      expect(Math.abs(Number(fixed) / Number(arriving) - 0.5) < 0.001, `${fixed} of ${arriving}`).to.equal(true);
      const costly = orderOf(sizeBest(snapshot, { gasPriceWei: 10n ** 15n }));
      expect(costly.route.hops.length, "a hop that costs more than it brings").to.equal(2);
    });
  });

  describe("price sanity", () => {
    const reasonOf = (change: Parameters<typeof memoryOrders>[1]) => {
      const sized = sizeBest(memorySnapshot(dislocatedPools()), change);
      return isNoTrade(sized) ? `${sized.noTrade}: ${sized.detail}` : "an order";
    };

    it("refuses a pool that pays more than Chainlink's prices allow", () => {
      // One pool pays 2 % more than the feeds say, less its fee and what the order moves the price.
      expect(reasonOf({ maxPriceDeviationBps: 200n })).to.equal("an order");
      expect(reasonOf({ maxPriceDeviationBps: 50n })).to.match(
        /^too-good-to-be-true: Camelot V3 0x\w+ pays \$[\d,.]+ for \$[\d,.]+ by .*, maxPriceDeviationPercent is 0\.50 %$/,
      );
    });

    it("refuses a profit that is absurd for the amount", () => {
      expect(reasonOf({ maxProfitBps: 100n })).to.equal("an order");
      expect(reasonOf({ maxProfitBps: 10n })).to.match(/^too-good-to-be-true: the profit is 0\.\d\d % of the amount/);
    });
  });
});
