import { expect } from "chai";
import { poolStatesOf } from "../../../bench/pools.ts";
import { syntheticMarket } from "../../../bench/syntheticMarket.ts";
import { isRefusal, refuse } from "../../../bot/domain/quote.ts";
import { createMarket, type Edge, type Market } from "../../../bot/engine/market.ts";
import { type Leg, outputOf, sizeLegs, wholeLeg } from "../../../bot/engine/size.ts";
import { splitLegs } from "../../../bot/engine/split.ts";
import { curvesOf } from "../../../bot/pipeline/search.ts";
import { venues } from "../../../bot/venues/registry.ts";
import { type Random, seededRandom } from "../../../localnet/random.ts";

const curveOf = curvesOf(venues);
const loan = { feeShare: 0, limit: 1e30 };

/** A market of every kind of pool, whose prices are far enough apart that many routes pay. */
function mixedMarket(seed: number) {
  const file = syntheticMarket({ pools: 400, tokens: 12, seed, spread: 0.01 });
  const tokens = file.tokens.map(({ address }) => address);
  const market = createMarket(tokens, tokens[0] ?? "", curveOf);
  market.update(poolStatesOf(file));
  /** What a unit of each token is worth in USD. */
  const unitUsd = new Map(file.tokens.map(({ address, usd, decimals }) => [address, usd / 10 ** decimals]));
  return { market, unitUsd };
}

/**
 * What the pools' rounding is worth along a route, in units of its token: they drop up to a unit a step, and WOOFi a few of
 * its quote token between two others. No search for a size sees below that.
 */
function dustOf(legs: readonly Leg[], unitUsd: ReadonlyMap<string, number>): bigint {
  const steps = 8;
  const quoteUnitsUsd = 4e-6;
  const usd = legs.reduce((sum, { edges: [edge] }) => sum + steps * (unitUsd.get(edge?.to ?? "") ?? 0), quoteUnitsUsd);
  return BigInt(Math.ceil(usd / (unitUsd.get(legs[0]?.edges[0]?.from ?? "") ?? 1)));
}

/** A random route of two or three hops that earns something at its best. */
function randomRoute(market: Market, random: Random): readonly Leg[] | undefined {
  const hops = Number(random.bigint(2n, 3n));
  const tokens = [Number(random.bigint(0n, 2n))];
  while (tokens.length < hops) {
    const next = Number(random.bigint(0n, BigInt(market.size - 1)));
    if (!tokens.includes(next)) tokens.push(next);
  }
  const edges: Edge[] = [];
  for (const [i, from] of tokens.entries()) {
    const pair = market.pair(from, tokens[(i + 1) % tokens.length] ?? 0);
    if (pair === undefined || pair.edges.length === 0) return undefined;
    // Of the better pools, so that enough routes pay.
    edges.push(random.pick(pair.edges.slice(0, 4)));
  }
  if (new Set(edges.map(({ pool }) => pool)).size < edges.length) return undefined;
  const legs = edges.map(wholeLeg);
  return sizeLegs(legs, loan).value > 0 ? legs : undefined;
}

/** What a route earns for exactly `amount`, or a loss of everything where a pool refuses. */
function profitAt(legs: readonly Leg[], amount: bigint): bigint {
  const out = amount > 0n ? outputOf(legs, amount, curveOf) : 0n;
  return isRefusal(out) ? -amount : out - amount;
}

const larger = (a: bigint, b: bigint) => (a > b ? a : b);

/** The best of a grid of sizes over ten decades around `amount`, refined three times around its best point. */
function byForce(legs: readonly Leg[], amount: bigint): bigint {
  let best = { at: amount, profit: profitAt(legs, amount) };
  const consider = (at: bigint) => {
    const profit = profitAt(legs, at);
    if (profit > best.profit) best = { at, profit };
  };
  for (let exponent = -12; exponent <= 12; exponent++) {
    consider(exponent < 0 ? amount >> BigInt(-exponent) : amount << BigInt(exponent));
  }
  for (let width = 2n; width < 10n ** 5n; width *= 20n) {
    const center = best.at;
    for (let i = -40n; i <= 40n; i++) consider(center + (center * i) / (40n * width));
  }
  return best.profit;
}

/** Eighty steps of a ternary search between nothing and sixteen times `amount`. */
function byTernary(legs: readonly Leg[], amount: bigint): bigint {
  let [low, high] = [0n, amount * 16n];
  let best = 0n;
  for (let step = 0; step < 80 && high - low > 2n; step++) {
    const [left, right] = [low + (high - low) / 3n, high - (high - low) / 3n];
    const [atLeft, atRight] = [profitAt(legs, left), profitAt(legs, right)];
    best = larger(best, larger(atLeft, atRight));
    if (atLeft < atRight) low = left;
    else high = right;
  }
  return best;
}

describe("engine: size", () => {
  it("is within a millionth of brute force on a thousand random routes, and no worse than a ternary search", () => {
    const random = seededRandom(1);
    let { market, unitUsd } = mixedMarket(1);
    let beyondDust = 0;
    const kinds = new Set<string>();
    for (let routes = 0, tried = 0; routes < 1_000; tried++) {
      if (tried % 4_000 === 3_999) ({ market, unitUsd } = mixedMarket(tried));
      const legs = randomRoute(market, random);
      if (legs === undefined) continue;
      const amount = BigInt(Math.floor(sizeLegs(legs, loan).at));
      const profit = profitAt(legs, amount);
      const name = legs.map(({ edges: [edge] }) => edge?.pool.id).join();
      const dust = dustOf(legs, unitUsd);
      const forced = byForce(legs, amount);
      expect(profit >= forced - forced / 1_000_000n - dust, `${name}: ${profit} of ${forced}`).to.equal(true);
      const ternary = byTernary(legs, amount);
      expect(profit >= ternary - dust, `${name}: ${profit} against ${ternary} of a ternary search`).to.equal(true);
      for (const { edges } of legs) for (const { pool } of edges) kinds.add(pool.venue);
      if (profit > dust * 100_000n) beyondDust++;
      routes++;
    }
    expect(beyondDust >= 500, `${beyondDust} routes earn far more than the dust`).to.equal(true);
    expect(kinds.size, "every venue takes part").to.equal(7);
  }).timeout(120_000);

  it("asks no constant-product pool for more than it takes", () => {
    const [token, pool] = ["0x", { venue: "balancer", deployment: "", id: "", address: "", tokens: [] }] as const;
    const hop = (reserveOut: number, limitIn: number): Leg => {
      const estimate = (amountIn: number) => reserveOut / (1 + 1e24 / Math.min(amountIn, limitIn));
      const product = { reserveIn: 1e24, reserveOut, kept: 1 };
      const refused = () => refuse("over-limit", "not asked");
      const curve = { quote: refused, after: refused, rate: reserveOut / 1e24, limitIn, estimate, product };
      return wholeLeg({ pool, from: token, to: token, curve, logRate: 0, gain: 0, current: true });
    };
    // Without limits the best of 1.21 a unit is at (√1.21 − 1)/2.1 · 1e24 = 4.8e22.
    expect(sizeLegs([hop(1.1e24, 1e24), hop(1.1e24, 1e24)], loan).at / 1e22).to.be.within(4.76, 4.77);
    for (const legs of [
      [hop(1.1e24, 1e22), hop(1.1e24, 1e24)],
      [hop(1.1e24, 1e24), hop(1.1e24, 1.09e22)],
    ]) {
      const { at, value } = sizeLegs(legs, loan);
      expect(at / 1e22).to.be.within(0.98, 1.001);
      expect(value > 0).to.equal(true);
    }
  });

  it("never earns less by splitting, and more where parallel pools are alike", () => {
    const random = seededRandom(2);
    const { market, unitUsd } = mixedMarket(2);
    let gained = 0;
    for (let routes = 0; routes < 100; ) {
      const legs = randomRoute(market, random);
      if (legs === undefined) continue;
      routes++;
      const whole = { legs, top: sizeLegs(legs, loan) };
      const split = splitLegs(market, whole, loan, () => 0);
      expect(split.top.value >= whole.top.value, `${split.top.value} after ${whole.top.value}`).to.equal(true);
      for (const { shares } of split.legs)
        expect(Math.abs(shares.reduce((a, b) => a + b, 0) - 1) < 1e-9).to.equal(true);
      const exact = Number(profitAt(split.legs, BigInt(Math.floor(split.top.at))));
      const tolerance = split.top.value * 1e-3 + 4 * Number(dustOf(legs, unitUsd));
      expect(Math.abs(exact - split.top.value) <= tolerance, `${exact} paid, ${split.top.value} estimated`).to.equal(
        true,
      );
      if (split.top.value > whole.top.value * 1.01) gained++;
    }
    expect(gained > 30, `${gained} of 100 routes gain`).to.equal(true);
  });
});
