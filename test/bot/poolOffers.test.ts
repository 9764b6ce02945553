import { expect } from "chai";
import { getAddress, toBeHex } from "ethers";
import type { VenueName } from "../../bot/config/chains/chain.ts";
import { isNoTrade } from "../../bot/domain/noTrade.ts";
import { isRefusal } from "../../bot/domain/quote.ts";
import type { PoolState } from "../../bot/domain/snapshot.ts";
import { concentratedFlash } from "../../bot/lenders/concentratedFlash.ts";
import { dodoFlash } from "../../bot/lenders/dodoFlash.ts";
import { pairFlash } from "../../bot/lenders/pairFlash.ts";
import { offersOf, type PoolLender } from "../../bot/lenders/poolLender.ts";
import { createPoolOffers } from "../../bot/lenders/poolOffers.ts";
import { createDecide } from "../../bot/pipeline/decide.ts";
import { createOpportunitySearch, curvesOf } from "../../bot/pipeline/search.ts";
import { size } from "../../bot/pipeline/size.ts";
import { amount0Down, amount1Down, sqrtPriceAtTick } from "../../bot/venues/concentratedLiquidity.ts";
import type { ConcentratedState, Stepping } from "../../bot/venues/concentratedSteps.ts";
import { type Venues, venueOf, venues } from "../../bot/venues/registry.ts";
import type { Pool, Venue } from "../../bot/venues/venue.ts";
import { seededRandom } from "../../localnet/random.ts";
import {
  dislocatedPools,
  memoryPool,
  memorySnapshot,
  memoryVenues,
  offer,
  productCurve,
  type Reserves,
  usdc,
  wbtc,
  weth,
} from "../support/memoryMarket.ts";
import { memoryOptions, memoryOrders } from "../support/memoryOrder.ts";

/** A pool of WETH and USDC, unless it is told other tokens. `number` makes its address. */
function poolOf(number: number, venue: VenueName = "uniswapV2", tokens = [weth.address, usdc.address]): Pool {
  const address = getAddress(toBeHex(number, 20));
  return { venue, deployment: "test", id: address, address, tokens };
}

/** A pair whose state tells its fees. */
interface Pair {
  readonly reserves: readonly [bigint, bigint];
  readonly feesPpm?: readonly [bigint, bigint];
}
const pairs = pairFlash<Pool, Pair>((_pool, { feesPpm }) => feesPpm);

/** A state of a pool with concentrated liquidity: one position from tick -100 to 100, at `tick`. */
function positionAt(tick: number, liquidity = 10n ** 18n): ConcentratedState {
  const ticks = [
    { tick: -100, liquidityNet: liquidity, liquidityGross: liquidity },
    { tick: 100, liquidityNet: -liquidity, liquidityGross: liquidity },
  ];
  const isInRange = tick >= -100 && tick < 100;
  return {
    sqrtPriceX96: sqrtPriceAtTick(tick),
    tick,
    liquidity: isInRange ? liquidity : 0n,
    window: { lower: -200, upper: 200, ticks },
  };
}
const stepping: Stepping = { spacing: 10, stops: "words" };

describe("bot: what a pool offers", () => {
  it("a pair lends all but the last unit of each reserve, for the fee on the token that comes back", () => {
    const pool = poolOf(1);
    expect(offersOf(pairs as PoolLender, pool, { reserves: [101n, 202n], feesPpm: [1n, 2n] })).to.deep.equal([
      { lender: "pairFlash", source: pool, token: weth.address, available: 100n, feeRate: 1n },
      { lender: "pairFlash", source: pool, token: usdc.address, available: 201n, feeRate: 2n },
    ]);
  });

  it("a pair lends nothing where it does not swap, has one unit, or keeps all that comes back", () => {
    const offers = (state: Pair) => offersOf(pairs as PoolLender, poolOf(1), state).map(({ token }) => token);
    expect(offers({ reserves: [100n, 100n] }), "does not swap").to.deep.equal([]);
    expect(offers({ reserves: [1n, 2n], feesPpm: [1n, 1n] }), "one unit").to.deep.equal([usdc.address]);
    expect(offers({ reserves: [9n, 9n], feesPpm: [999_999n, 1_000_000n] }), "keeps all").to.deep.equal([weth.address]);
  });

  it("a pool of DODO lends what it holds for nothing, and a classical one nothing", () => {
    const lender = dodoFlash as PoolLender;
    const state = { baseBalance: 7n, quoteBalance: 8n };
    for (const variant of ["dvm", "dpp", "dsp"]) {
      const pool = { ...poolOf(1, "dodo"), variant };
      expect(offersOf(lender, pool, state), variant).to.deep.equal([
        { lender: "dodoFlash", source: pool, token: weth.address, available: 7n, feeRate: 0n },
        { lender: "dodoFlash", source: pool, token: usdc.address, available: 8n, feeRate: 0n },
      ]);
    }
    expect(offersOf(lender, { ...poolOf(1, "dodo"), variant: "classical" } as Pool, state)).to.deep.equal([]);
  });

  it("a pool with concentrated liquidity lends what its known positions hold, and never more", () => {
    const lender = concentratedFlash<Pool, ConcentratedState>(
      () => stepping,
      () => 500n,
    ) as PoolLender;
    for (const tick of [-100, -37, 0, 99]) {
      const state = positionAt(tick);
      const price = state.sqrtPriceX96;
      const held = [
        amount0Down(price, sqrtPriceAtTick(100), state.liquidity),
        amount1Down(sqrtPriceAtTick(-100), price, state.liquidity),
      ] as const;
      const offers = offersOf(lender, poolOf(1, "uniswapV3"), state);
      for (const [index, token] of [weth.address, usdc.address].entries()) {
        const holds = held[index] ?? 0n;
        const offered = offers.find((each) => each.token === token);
        const available = offered?.available ?? 0n;
        expect(available <= holds, `${available} of ${holds} at ${tick}`).to.equal(true);
        expect(holds - available <= holds / 1_000_000_000n + 1n, `${available} of ${holds} at ${tick}`).to.equal(true);
        if (holds > 0n) expect(offered?.feeRate).to.equal(500n);
      }
    }
  });

  it("a pool with concentrated liquidity lends nothing without liquidity in range, or where its fee is not known", () => {
    const lenderOf = (feePpm: bigint | undefined) =>
      concentratedFlash<Pool, ConcentratedState>(
        () => stepping,
        () => feePpm,
      ) as PoolLender;
    const offers = (feePpm: bigint | undefined, tick: number) =>
      offersOf(lenderOf(feePpm), poolOf(1, "uniswapV3"), positionAt(tick)).length;
    expect(offers(500n, 0)).to.equal(2);
    expect(offers(500n, 150), "out of range").to.equal(0);
    expect(offers(undefined, 0), "no fee").to.equal(0);
  });

  it("a pool with a moving fee, with a fee for each direction, or of a venue that does not lend, lends nothing", () => {
    const offers = (venue: VenueName, pool: object, state: object) => {
      const lender = venueOf(venues, venue).lends;
      return lender && offersOf(lender, { ...poolOf(1, venue), ...pool }, state).map((each) => each.feeRate);
    };
    const table = { spacing: 10 };
    const position = positionAt(0);
    const uniswap = { ...position, feePpm: 500 };
    expect(offers("uniswapV3", { hasMovingFee: false, table }, uniswap)).to.deep.equal([500n, 500n]);
    expect(offers("uniswapV3", { hasMovingFee: true, table }, uniswap)).to.deep.equal([]);
    expect(offers("algebra", { table }, { ...position, flashFee: 100n })).to.deep.equal([100n, 100n]);
    expect(offers("algebra", { table }, position)).to.deep.equal([]);
    expect(offers("balancer", {}, position)).to.equal(undefined);
    expect(offers("woofi", {}, position)).to.equal(undefined);
  });
});

/** The venues without a chain, each of them changed. */
function everyVenue(change: (venue: Venue) => Venue): Venues {
  const changed = Object.entries(memoryVenues).map(([name, venue]) => [name, change(venue as Venue)]);
  return Object.fromEntries(changed) as Venues;
}

/** Pools whose states are pairs, and how often they are looked at. */
function lendingVenues(): { readonly venues: Venues; readonly looks: () => number } {
  let looks = 0;
  const lends: PoolLender<Pool, Pair> = {
    ...pairs,
    sides(pool, state) {
      looks += 1;
      return pairs.sides(pool, state);
    },
  };
  const lending = { ...memoryVenues, uniswapV2: { ...memoryVenues.uniswapV2, lends: lends as PoolLender } };
  return { venues: lending, looks: () => looks };
}

/** A pair that lends `available` units of WETH for `feePpm`, and no USDC. */
function lendingPair(number: number, available: bigint, feePpm: bigint): PoolState {
  const state: Pair = { reserves: [available + 1n, 1n], feesPpm: [feePpm, feePpm] };
  return { pool: poolOf(number), state };
}

describe("bot: which pools are offered", () => {
  const offered = (pools: readonly PoolState[]) =>
    createPoolOffers(lendingVenues().venues)(pools).map(({ source }) => Number(source?.address));

  it("the cheapest first, and of equal fee the deepest", () => {
    const pools = [lendingPair(1, 10n, 300n), lendingPair(2, 20n, 100n), lendingPair(3, 30n, 300n)];
    expect(offered(pools)).to.deep.equal([2, 3, 1]);
  });

  it("none that three cheaper ones reach at least as far as", () => {
    const cheap = [lendingPair(1, 10n, 1n), lendingPair(2, 10n, 2n), lendingPair(3, 10n, 3n)];
    expect(offered([...cheap, lendingPair(4, 10n, 4n), lendingPair(5, 9n, 5n)])).to.deep.equal([1, 2, 3]);
    expect(offered([...cheap, lendingPair(4, 11n, 4n)]), "reaches further").to.deep.equal([1, 2, 3, 4]);
    expect(offered([...cheap.slice(1), lendingPair(4, 10n, 4n)]), "beside two").to.deep.equal([2, 3, 4]);
  });

  it("at most six of a token, the cheapest, and of every token its own", () => {
    const deeper = Array.from({ length: 9 }, (_, index) =>
      lendingPair(9 - index, 100n - BigInt(index), 9n - BigInt(index)),
    );
    expect(offered(deeper)).to.deep.equal([1, 2, 3, 4, 5, 6]);
    const other = { ...lendingPair(20, 1n, 50n), pool: poolOf(20, "uniswapV2", [wbtc.address, usdc.address]) };
    expect(offered([...deeper, other])).to.deep.equal([1, 2, 3, 4, 5, 6, 20]);
  });

  it("no pool of a venue that does not lend", () => {
    const { state } = lendingPair(1, 10n, 1n);
    expect(offered([{ pool: poolOf(1, "solidly"), state }, lendingPair(2, 10n, 1n)])).to.deep.equal([2]);
  });

  it("as their states are now: one that changed is ranked again, and one that is gone is not offered", () => {
    const poolOffers = createPoolOffers(lendingVenues().venues);
    const ranked = (pools: readonly PoolState[]) =>
      poolOffers(pools).map(({ source, available }) => [Number(source?.address), available]);
    const [first, second] = [lendingPair(1, 10n, 1n), lendingPair(2, 20n, 2n)];
    expect(ranked([first, second])).to.deep.equal([
      [1, 10n],
      [2, 20n],
    ]);
    expect(ranked([lendingPair(1, 30n, 3n), second])).to.deep.equal([
      [2, 20n],
      [1, 30n],
    ]);
    expect(ranked([second])).to.deep.equal([[2, 20n]]);
    expect(ranked([lendingPair(2, 0n, 2n)]), "holds nothing any more").to.deep.equal([]);
    expect(ranked([first, second]), "is there again").to.deep.equal([
      [1, 10n],
      [2, 20n],
    ]);
  });

  it("without looking again at a pool whose state is the same", () => {
    const { venues: lending, looks } = lendingVenues();
    const poolOffers = createPoolOffers(lending);
    const [first, second] = [lendingPair(1, 10n, 1n), lendingPair(2, 20n, 2n)];
    const before = poolOffers([first, second]);
    expect(looks()).to.equal(2);
    expect(poolOffers([first, second])).to.deep.equal(before);
    expect(looks()).to.equal(2);
    poolOffers([first, lendingPair(2, 21n, 2n)]);
    expect(looks()).to.equal(3);
  });
});

describe("bot: which lenders sizing tries", () => {
  const usd = (units: bigint) => units * 10n ** 6n;
  const lend = (lender: Parameters<typeof offer>[0], units: bigint, feeRate = 0n, source?: Pool) => ({
    ...offer(lender, usdc.address, usd(units), feeRate),
    source,
  });

  /** What goes into the first hop with each lender that is tried, in their order, and the pools that are quoted. */
  function tryLenders(offers: readonly ReturnType<typeof lend>[], pools = dislocatedPools(), splits = false) {
    const snapshot = memorySnapshot(pools, { offers });
    const amounts: bigint[] = [];
    const quoted = new Set<string>();
    const curve: Venue["curve"] = ({ id }, state, tokenIn, tokenOut) => {
      const exact = productCurve(state as Reserves, tokenIn, tokenOut);
      if (isRefusal(exact)) return exact;
      const quote = (amountIn: bigint) => {
        if (tokenIn === usdc.address) amounts.push(amountIn / usd(1n));
        quoted.add(id);
        return exact.quote(amountIn);
      };
      return { ...exact, quote };
    };
    const recording = everyVenue((venue) => ({ ...venue, curve }));
    const { opportunities, market } = createOpportunitySearch(recording, memoryOptions)(snapshot);
    const [opportunity] = opportunities;
    if (opportunity === undefined) throw new Error("The snapshot has no opportunity.");
    // What the search has quoted is not asked about.
    amounts.length = 0;
    quoted.clear();
    const sized = size(opportunity, snapshot, { market, curveOf: curvesOf(recording), splits }, memoryOptions);
    return { amounts, quoted, sized };
  }

  it("the cheapest first, and of equal fee the one that takes the least gas", () => {
    const lenders = [
      lend("operator", 100n),
      lend("balancerV3", 200n),
      lend("morphoBlue", 300n),
      lend("dodoFlash", 400n, 0n, poolOf(1)),
      lend("concentratedFlash", 500n, 100n, poolOf(2)),
      lend("aaveV3", 600n, 5n),
      lend("pairFlash", 700n, 3_000n, poolOf(3)),
    ];
    expect(tryLenders(lenders.toReversed()).amounts).to.deep.equal([100n, 200n, 300n, 400n, 500n, 600n, 700n]);
  });

  it("none that costs no less and reaches no further than one before", () => {
    const dodo = (units: bigint) => lend("dodoFlash", units, 0n, poolOf(1));
    expect(tryLenders([lend("morphoBlue", 300n), dodo(300n), dodo(299n)]).amounts).to.deep.equal([300n]);
    expect(tryLenders([lend("morphoBlue", 300n), dodo(301n)]).amounts).to.deep.equal([300n, 301n]);
    // Its fee is higher and its gas is less.
    const concentrated = lend("concentratedFlash", 200n, 100n, poolOf(2));
    expect(tryLenders([dodo(300n), concentrated]).amounts).to.deep.equal([300n, 200n]);
  });

  it("none dearer where one before reaches as far as pays", () => {
    const { amounts, sized } = tryLenders([lend("aaveV3", 10_000_000n, 5n), lend("morphoBlue", 1_000_000n)]);
    expect(amounts.length).to.equal(1);
    expect(!isNoTrade(sized) && sized.lender).to.equal("morphoBlue");
  });

  it("no pool that a hop passes: it is locked while it waits for what it lent", () => {
    const [first, second] = dislocatedPools().map(({ pool }) => pool);
    for (const source of [first, second]) {
      const own = lend("dodoFlash", 500n, 0n, source);
      const { sized } = tryLenders([own]);
      expect(isNoTrade(sized) && sized.detail).to.contain("the lock of the only one covers a hop");
      const aave = tryLenders([own, lend("aaveV3", 400n, 5n)]);
      expect(aave.amounts).to.deep.equal([400n]);
      expect(!isNoTrade(aave.sized) && aave.sized.lender).to.equal("aaveV3");
      const beside = tryLenders([own, lend("dodoFlash", 300n, 0n, poolOf(9, "solidly"))]).sized;
      expect(!isNoTrade(beside) && beside.source?.address).to.equal(poolOf(9).address);
    }
  });

  it("and gives no share of a hop to the pool that lends, but lets another lender have it", () => {
    const [cheap, dear] = dislocatedPools();
    if (cheap === undefined || dear === undefined) throw new Error("two pools");
    const twin = memoryPool(3, "dodo", dear.state as Reserves);
    const pools = [cheap, dear, twin];
    // Which of the two alike the search puts into the route is its affair: the other one lends.
    const unused = memoryOrders(memorySnapshot(pools))[0]?.opportunity.route.hops.every(
      ({ pool }) => pool !== twin.pool,
    )
      ? twin.pool
      : dear.pool;
    const own = lend("dodoFlash", 1_000_000n, 0n, unused);
    const alone = tryLenders([own], pools, true);
    expect([...alone.quoted]).not.to.include(unused.id);
    expect(!isNoTrade(alone.sized) && alone.sized.source?.id).to.equal(unused.id);
    const both = tryLenders([own, lend("aaveV3", 1_000_000n, 5n)], pools, true);
    expect([...both.quoted], "Aave is tried, and shares the hop").to.include(unused.id);
    expect(tryLenders([own, lend("aaveV3", 1_000_000n, 5n)], pools, false).quoted.has(unused.id)).to.equal(false);
  });

  it("finances no route through a pool that lends to it, whatever the market", () => {
    const lends = {
      name: "dodoFlash",
      sides: ({ tokens }: Pool, state: unknown) =>
        tokens.map((token) => ({ available: (state as Reserves).get(token) ?? 0n, feePpm: 0n })),
    } satisfies PoolLender;
    const lending = everyVenue((venue) => ({ ...venue, lends }));
    const random = seededRandom(11);
    let orders = 0;
    for (let round = 0; round < 20; round++) {
      const decide = createDecide(lending, {
        ...memoryOptions,
        maxOrderUsdE8: 10n ** 15n,
        maxOrderUnits: new Map(),
        ownCapitalProfile: "moderate",
        maxOwnEtherBps: 5_000n,
      });
      const pools = Array.from({ length: 5 }, (_, index) =>
        memoryPool(
          index + 1,
          random.pick(["solidly", "algebra", "uniswapV2"] as const),
          new Map([
            [weth.address, 1_000n * 10n ** 18n],
            [usdc.address, random.bigint(2_960_000n, 3_040_000n) * 10n ** 6n],
          ]),
        ),
      );
      for (const { order } of decide(memorySnapshot(pools, { offers: [] })).candidates) {
        if (order === undefined) continue;
        orders += 1;
        expect(order.source).not.to.equal(undefined);
        expect(order.route.hops.map(({ pool }) => pool.id)).not.to.include(order.source?.id);
      }
    }
    expect(orders > 10, `${orders} orders`).to.equal(true);
  });
});
