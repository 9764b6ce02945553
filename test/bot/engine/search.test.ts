import { expect } from "chai";
import { createMarket, type Edge, type Market } from "../../../bot/engine/market.ts";
import { type Borrowing, type Costs, createSearch, everyPair } from "../../../bot/engine/search.ts";
import { sizeLegs, wholeLeg } from "../../../bot/engine/size.ts";
import { type Random, seededRandom } from "../../../localnet/random.ts";
import { memoryPool, productCurve, type Reserves } from "../../support/memoryMarket.ts";

const tokens = Array.from({ length: 7 }, (_, index) => `token ${index}`);
const free: Costs = { least: () => 1, of: () => 1 };

const integer = (random: Random, min: number, max: number) => Number(random.bigint(BigInt(min), BigInt(max)));

function randomPool(random: Random, index: number, spreadPpm: bigint) {
  const a = integer(random, 0, tokens.length - 1);
  const b = (a + integer(random, 1, tokens.length - 1)) % tokens.length;
  const depth = 10n ** BigInt(integer(random, 19, 22));
  const off = 1_000_000n + random.bigint(-spreadPpm, spreadPpm);
  const reserves = new Map([
    [tokens[a] ?? "", depth],
    [tokens[b] ?? "", (depth * off) / 1_000_000n],
  ]);
  return memoryPool(index, "dodo", reserves);
}

function marketOf(pools: ReturnType<typeof randomPool>[]): Market {
  const market = createMarket(tokens, tokens[0] ?? "", ({ state }, tokenIn, tokenOut) =>
    productCurve(state as Reserves, tokenIn, tokenOut),
  );
  market.update(pools);
  return market;
}

const borrowing: Borrowing = {
  preference: new Float64Array([2, 0, 0, 1, 0, 0, 0]),
  feeShare: new Float64Array(7),
  limit: new Float64Array(7).fill(1e30),
};

/** The most that any closed route of 2 to 4 hops earns that passes token 0 or 3 and no token twice, pool by pool. */
function bestByForce(market: Market): number {
  const edges: Edge[] = [...market.pairs()].flatMap(
    (at) => market.pair(Math.floor(at / market.size), at % market.size)?.edges ?? [],
  );
  let best = 0;
  const extend = (route: readonly Edge[]) => {
    const last = route.at(-1);
    for (const edge of edges) {
      if (edge.from !== last?.to || route.some(({ pool }) => pool === edge.pool)) continue;
      if (edge.to === route[0]?.from) {
        const loan = { feeShare: 0, limit: 1e30 };
        best = Math.max(best, sizeLegs([...route, edge].map(wholeLeg), loan).value);
      } else if (route.length < 3 && !route.some(({ from }) => from === edge.to)) extend([...route, edge]);
    }
  };
  for (const edge of edges) if (edge.from === tokens[0] || edge.from === tokens[3]) extend([edge]);
  return best;
}

describe("engine: search", () => {
  it("finds the best route of all, through any pools", () => {
    for (let seed = 1; seed <= 15; seed++) {
      const random = seededRandom(seed);
      const market = marketOf(Array.from({ length: 24 }, (_, index) => randomPool(random, index, 20_000n)));
      const [best] = createSearch(market, { maxHops: 4, limit: 5 }).run(everyPair(market), borrowing, free);
      const forced = bestByForce(market);
      if (forced === 0) continue;
      // The value of token 3 is near that of token 0, not equal: the routes are compared where they begin.
      expect((best?.profit ?? 0) / forced > 0.98, `seed ${seed}: ${best?.profit} of ${forced}`).to.equal(true);
    }
  });

  it("finds after many updates what a search from nothing finds", () => {
    const random = seededRandom(99);
    const pools = Array.from({ length: 30 }, (_, index) => randomPool(random, index, 10_000n));
    const market = marketOf(pools);
    const search = createSearch(market, { maxHops: 4, limit: 8 });
    search.run(everyPair(market), borrowing, free);
    for (let block = 0; block < 60; block++) {
      const touched = Array.from({ length: 3 }, () => integer(random, 0, pools.length - 1));
      for (const index of touched) {
        const { pool, state } = pools[index] as (typeof pools)[number];
        const moved = [...(state as Reserves)].map(
          ([token, reserve]) => [token, (reserve * random.bigint(990_000n, 1_010_000n)) / 1_000_000n] as const,
        );
        pools[index] = { pool, state: new Map(moved) };
      }
      const changed = touched.map((index) => pools[index] as (typeof pools)[number]);
      const found = search.run(market.update(changed), borrowing, free);
      const anew = createSearch(market, { maxHops: 4, limit: 8 }).run(everyPair(market), borrowing, free);
      expect(found.length, `block ${block}`).to.equal(anew.length);
      for (const [index, { net }] of anew.entries()) {
        expect(Math.abs((found[index]?.net ?? 0) / net - 1) < 1e-4, `block ${block}, route ${index}`).to.equal(true);
      }
    }
  });

  it("bounds every route's profit by the gains of its pairs", () => {
    const random = seededRandom(5);
    const market = marketOf(Array.from({ length: 24 }, (_, index) => randomPool(random, index, 30_000n)));
    const found = createSearch(market, { maxHops: 4, limit: 1_000 }).run(everyPair(market), borrowing, free);
    expect(found.length).to.be.greaterThan(20);
    for (const { edges, profit } of found) {
      const bound = edges.reduce((sum, { from, to }) => {
        const at = (market.indexOf(from) ?? 0) * market.size + (market.indexOf(to) ?? 0);
        return sum + (market.gains[at] ?? 0);
      }, 0);
      const value = market.values[market.indexOf(edges[0]?.from ?? "") ?? 0] ?? 0;
      expect(profit * value <= bound * (1 + 1e-9), `${profit * value} above ${bound}`).to.equal(true);
    }
  });

  it("begins every route with a token that somebody lends, and passes no token twice", () => {
    const random = seededRandom(6);
    const market = marketOf(Array.from({ length: 24 }, (_, index) => randomPool(random, index, 30_000n)));
    const found = createSearch(market, { maxHops: 4, limit: 1_000 }).run(everyPair(market), borrowing, free);
    for (const { edges } of found) {
      expect([tokens[0], tokens[3]]).to.include(edges[0]?.from);
      expect(new Set(edges.map(({ from }) => from)).size).to.equal(edges.length);
      for (const [index, { to }] of edges.entries()) expect(to).to.equal(edges[(index + 1) % edges.length]?.from);
    }
    const names = found.map(({ edges }) => edges.map(({ from }) => from).join());
    expect(new Set(names).size, "each once").to.equal(names.length);
  });

  it("finds nothing where the costs exceed every profit", () => {
    const random = seededRandom(6);
    const market = marketOf(Array.from({ length: 24 }, (_, index) => randomPool(random, index, 30_000n)));
    const costly: Costs = { least: () => 1e30, of: () => 1e30 };
    expect(createSearch(market, { maxHops: 4, limit: 5 }).run(everyPair(market), borrowing, costly)).to.deep.equal([]);
  });
});
