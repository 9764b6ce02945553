import { expect } from "chai";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { larger } from "../../bot/domain/amount.ts";
import { isNoTrade } from "../../bot/domain/noTrade.ts";
import type { Order } from "../../bot/domain/order.ts";
import type { Snapshot } from "../../bot/domain/snapshot.ts";
import { buildRoutes } from "../../bot/pipeline/routes.ts";
import { search } from "../../bot/pipeline/search.ts";
import { maximize, quoteRoute, size } from "../../bot/pipeline/size.ts";
import {
  dislocatedPools,
  memoryPool,
  memorySnapshot,
  offer,
  quoteOf,
  usdc,
  wbtc,
  weth,
} from "../support/memoryMarket.ts";

const borrowable = new Set([weth.address, usdc.address]);

function opportunitiesOf(snapshot: Snapshot, maxHops: 2 | 3 = 3) {
  const pools = snapshot.pools.map(({ pool }) => pool);
  const routes = buildRoutes(pools, borrowable, maxHops);
  return search(routes, snapshot, arbitrum.tokens, quoteOf(snapshot.pools), 10);
}

function sizeBest(snapshot: Snapshot, minProfitUsdE8 = 0n) {
  const [best] = opportunitiesOf(snapshot);
  if (best === undefined) throw new Error("no opportunity");
  return size(best, snapshot, quoteOf(snapshot.pools), {
    chainId: 42161,
    tokens: arbitrum.tokens,
    wrappedEther: arbitrum.weth,
    minProfitUsdE8,
    deadlineSeconds: 30n,
    hopGas: () => 150_000n,
    gasPriceWei: snapshot.block.baseFeeWei,
  });
}

function orderOf(sized: ReturnType<typeof size>): Order {
  if (isNoTrade(sized)) throw new Error(sized.detail);
  return sized;
}

describe("bot: search and size", () => {
  describe("routes", () => {
    const pools = [
      ...dislocatedPools(),
      memoryPool(3, "balancer", new Map([weth, usdc, wbtc].map(({ address }) => [address, 10n ** 12n]))),
      memoryPool(4, "dodo", new Map([wbtc, weth].map(({ address }) => [address, 10n ** 12n]))),
    ].map(({ pool }) => pool);

    it("are closed, continuous, pass no pool twice, and begin with a token that can be borrowed", () => {
      const { cycles } = buildRoutes(pools, borrowable, 3);
      expect(cycles.length).to.be.greaterThan(0);
      for (const { hops } of cycles.flatMap(({ routes }) => routes)) {
        expect(borrowable.has(hops[0]?.tokenIn ?? "")).to.equal(true);
        expect(hops.at(-1)?.tokenOut).to.equal(hops[0]?.tokenIn);
        for (const [index, hop] of hops.slice(1).entries()) expect(hop.tokenIn).to.equal(hops[index]?.tokenOut);
        expect(new Set(hops.map(({ pool }) => pool.id)).size).to.equal(hops.length);
      }
    });

    it("list every cycle once", () => {
      const { cycles } = buildRoutes(pools, borrowable, 3);
      const names = cycles.map(({ hops }) => {
        const least = hops.indexOf(Math.min(...hops));
        return [...hops.slice(least), ...hops.slice(0, least)].join();
      });
      expect(new Set(names).size).to.equal(names.length);
      // WETH/USDC: three pools, so 3 · 2 ordered pairs. WETH/WBTC: pools 3 and 4, both ways round.
      expect(cycles.filter(({ hops }) => hops.length === 2).length).to.equal(6 + 2);
      // WETH-USDC-WBTC and back: WBTC-USDC is pool 3 alone, WBTC-WETH is then pool 4, WETH-USDC is 1 or 2.
      expect(cycles.filter(({ hops }) => hops.length === 3).length).to.equal(2 * 2);
      expect(buildRoutes(pools, borrowable, 2).cycles.length).to.equal(8);
    });
  });

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

    it("leaves out tokens without a price", () => {
      const pricesE8 = new Map([[weth.address, 3_000_00000000n]]);
      expect(opportunitiesOf(memorySnapshot(dislocatedPools(), { pricesE8 }))).to.deep.equal([]);
    });
  });

  describe("size", () => {
    it("comes within a ten-thousandth of the closed-form optimum", () => {
      const snapshot = memorySnapshot(dislocatedPools());
      const order = orderOf(sizeBest(snapshot));
      const profitAt = (amount: bigint) => {
        const out = quoteRoute(order.route, amount, quoteOf(snapshot.pools))?.at(-1) ?? 0n;
        return out - amount;
      };
      let best = 0n;
      for (let amount = order.amount / 2n; amount < order.amount * 2n; amount += order.amount / 500n) {
        const profit = profitAt(amount);
        if (profit > best) best = profit;
      }
      expect(order.expected).to.equal(profitAt(order.amount));
      expect(order.expected * 10_000n >= best * 9_999n, `${order.expected} of ${best}`).to.equal(true);
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
      const order = orderOf(sizeBest(memorySnapshot(dislocatedPools()), 2_00000000n));
      expect(order.minProfit).to.equal((order.gasCostUsdE8 + 2_00000000n + 99n) / 100n);
    });

    it("survives a profit with two tops", () => {
      const tops = (amount: bigint) => {
        const near = (center: bigint, height: bigint, width: bigint) =>
          height - ((amount - center) * (amount - center)) / width;
        const [low, high] = [near(1_000n, 50n, 10_000n), near(60_000n, 90n, 10_000_000n)];
        return larger(low, high);
      };
      const top = maximize(tops, 1_000n, 1_000_000n);
      expect(Number(top?.profit)).to.be.greaterThan(88);
    });

    it("returns no amount that the pools refuse", () => {
      const refusing = (amount: bigint) => (amount > 700n ? undefined : amount);
      const top = maximize(refusing, 5_000n, 100_000n);
      expect(Number(top?.amount)).to.be.within(690, 700);
    });
  });
});
