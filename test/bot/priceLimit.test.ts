import { expect } from "chai";
import { getAddress, toBeHex } from "ethers";
import { isRefusal } from "../../bot/domain/quote.ts";
import { type BalancerPool, type BalancerState, balancer } from "../../bot/venues/balancer.ts";
import { divWadDown, mulWadDown } from "../../bot/venues/dodo/integers.ts";
import { withAdjustedTargets } from "../../bot/venues/dodo/pricing.ts";
import { type DodoPool, type DodoState, type DodoVariant, dodo, rState } from "../../bot/venues/dodo.ts";
import { reserveRatioLimitDown, rootPriceLimit, stableRatioLimitDown } from "../../bot/venues/priceLimit.ts";
import { type SolidlyPool, type SolidlyState, solidly } from "../../bot/venues/solidly.ts";
import { type WoofiBaseState, type WoofiPool, type WoofiState, woofi } from "../../bot/venues/woofi.ts";
import { type Random, seededRandom } from "../support/random.ts";

const [token0, token1] = [getAddress(toBeHex(1, 20)), getAddress(toBeHex(2, 20))];
const e18 = 10n ** 18n;
const q96 = 2n ** 96n;

describe("bot: the worst price at which a swap can deliver enough", () => {
  const amountIn = 3n * 10n ** 18n;
  const leastOut = 7n * 10n ** 9n;
  const zeroForOne = { tokenIn: token0, tokenOut: token1, amountIn };
  const oneForZero = { tokenIn: token1, tokenOut: token0, amountIn };

  it("of a pair is the ratio of what is needed to what goes in, rounded down", () => {
    const limit = reserveRatioLimitDown(zeroForOne, leastOut);
    expect(limit * amountIn <= leastOut << 80n).to.equal(true);
    expect((limit + 1n) * amountIn > leastOut << 80n).to.equal(true);
  });

  it("of a pool that is sold token0 is a root from which on the price is enough, rounded down", () => {
    const root = rootPriceLimit(zeroForOne, leastOut);
    expect(root * root * amountIn <= leastOut * q96 * q96).to.equal(true);
    expect((root + 1n) * (root + 1n) * amountIn > leastOut * q96 * q96).to.equal(true);
  });

  it("of a pool that is sold token1 is a root up to which the price is enough, rounded up", () => {
    const root = rootPriceLimit(oneForZero, leastOut);
    expect(root * root * leastOut >= amountIn * q96 * q96).to.equal(true);
    expect((root - 2n) * (root - 2n) * leastOut < amountIn * q96 * q96).to.equal(true);
  });

  it("is none where nothing goes in, nothing is needed, or it does not fit", () => {
    const stableLimit: typeof rootPriceLimit = (swap, least) => stableRatioLimitDown(swap, least, [e18, e18]);
    for (const limit of [reserveRatioLimitDown, rootPriceLimit, stableLimit]) {
      expect(limit({ ...zeroForOne, amountIn: 0n }, leastOut)).to.equal(0n);
      expect(limit(zeroForOne, 0n)).to.equal(0n);
      expect(limit({ ...zeroForOne, amountIn: 1n }, 2n ** 200n)).to.equal(0n);
    }
  });
});

describe("bot: the price limit of a pair of Solidly", () => {
  /** A pair of any decimals and any shape, and what it is asked. */
  function draw(random: Random, generation: SolidlyPool["generation"], stable: boolean) {
    const units = [10n ** random.pick([6n, 8n, 18n]), 10n ** random.pick([6n, 18n])] as const;
    const address = getAddress(toBeHex(3, 20));
    const parts = { venue: "solidly", deployment: "Test", id: address, address, factory: address } as const;
    const tokens = [token0, token1] as const;
    const pool: SolidlyPool =
      generation === "camelotV2"
        ? { ...parts, units, tokens, generation }
        : { ...parts, units, tokens, generation, stable };
    const side = (unit: bigint) => random.bigint(1n, 10_000n) * 1_000n * unit + random.bigint(0n, unit);
    const reserves = [side(units[0]), side(units[1])] as const;
    const state: SolidlyState = { reserves, fees: [1n, 1n], stable, paused: false, ownerFeeShare: 0n };
    const [i, o] = random.pick([[0, 1] as const, [1, 0] as const]);
    const amountIn = reserves[i] / random.pick([10n, 1_000n, 100_000n]);
    const swap = { tokenIn: tokens[i], tokenOut: tokens[o], amountIn };
    const ratioDown = (reserves[o] << 80n) / reserves[i];
    const scaled = [(reserves[i] * e18) / units[i], (reserves[o] * e18) / units[o]] as const;
    return { pool, state, swap, ratioDown, scaled, units: [units[i], units[o]] as const };
  }

  const limitOf = ({ pool, swap }: ReturnType<typeof draw>, leastOut: bigint) =>
    solidly.priceLimit?.(pool, swap, leastOut) ?? 0n;

  const kinds = (["solidly", "velodromeV2", "camelotV2"] as const).flatMap((generation) =>
    [false, true].map((stable) => ({ generation, stable })),
  );
  for (const { generation, stable } of kinds) {
    it(`ends no order that a ${stable ? "stable" : "volatile"} pair of ${generation} can pay`, () => {
      const random = seededRandom(43);
      let quoted = 0;
      for (let round = 0; round < 1_000; round++) {
        const drawn = draw(random, generation, stable);
        const quote = solidly.quote(drawn.pool, drawn.state, drawn.swap);
        if (isRefusal(quote)) continue;
        quoted += 1;
        const limit = limitOf(drawn, quote);
        expect(limit <= drawn.ratioDown, `${limit} at ${drawn.ratioDown}`).to.equal(true);
      }
      expect(quoted).to.be.greaterThan(900);
    });
  }

  it("ends an order that the spot price of a stable pair cannot pay, by one part in 10^9", () => {
    const random = seededRandom(44);
    for (let round = 0; round < 1_000; round++) {
      const drawn = draw(random, "solidly", true);
      const { swap, ratioDown, scaled, units } = drawn;
      const [x, y] = scaled;
      const price = [y * (3n * x * x + y * y), x * (x * x + 3n * y * y)] as const;
      const fairOut = (swap.amountIn * units[1] * price[0]) / (units[0] * price[1]);
      const limit = limitOf(drawn, fairOut + fairOut / 10n ** 9n + 2n);
      expect(limit > ratioDown, `${limit} at ${ratioDown}`).to.equal(true);
    }
  });

  it("is a limit of a pair of Camelot V2 too where both of its curves give one", () => {
    const random = seededRandom(45);
    const { pool } = draw(random, "camelotV2", false);
    const swap = { tokenIn: token0, tokenOut: token1, amountIn: pool.units[0] };
    const leastOut = 3_000n * pool.units[1];
    expect(solidly.priceLimit?.(pool, swap, leastOut)).to.equal(reserveRatioLimitDown(swap, leastOut));
    const cheap = pool.units[1] / 3_000n;
    expect(solidly.priceLimit?.(pool, swap, cheap)).to.equal(stableRatioLimitDown(swap, cheap, pool.units));
  });
});

describe("bot: the price limit of a pool of DODO", () => {
  const parts = { deployment: "DODO", id: "pool", address: "pool", adapter: "a", routeProxy: "r", approveProxy: "p" };
  const pool = (variant: DodoVariant): DodoPool => ({
    ...{ venue: "dodo", variant, tokens: [token0, token1], base: token0, quote: token1, direct: true },
    ...parts,
  });

  /** `PMMPricing.getMidPrice` of DODOEX/contractV2, as the pools answer. */
  function midPriceDown({ i, K, B, Q, B0, Q0, R }: DodoState): bigint {
    const [reserve, target] = R === rState.belowOne ? [Q, Q0] : [B, B0];
    const steepness = e18 - K + mulWadDown(K, divWadDown((target * target) / reserve, reserve));
    return R === rState.belowOne ? divWadDown(i, steepness) : mulWadDown(i, steepness);
  }

  /**
   * A pool in any state that a swap leads to, and a swap through it. It takes a basis point: the targets of a pool without a
   * fee can be off by more than the units that the limit leaves.
   */
  function draw(random: Random, variant: DodoVariant) {
    const [baseUnit, quoteUnit] = [10n ** random.pick([8n, 18n]), 10n ** random.pick([6n, 18n])];
    const i = (random.bigint(1n, 10n ** 7n) * quoteUnit * 10n ** 15n) / baseUnit;
    const B = random.bigint(10n, 10_000n) * baseUnit + random.bigint(0n, baseUnit);
    const Q = (B * i) / e18 + random.bigint(1n, quoteUnit);
    const fees = { lpFeeRate: 10n ** 14n, mtFeeRate: 0n, routeFeeRate: 0n };
    const K = random.pick([0n, e18 / 10_000n, e18 / 4n, e18]);
    const reserves = { B, Q, baseBalance: B, quoteBalance: Q };
    const start: DodoState =
      variant === "dvm"
        ? withAdjustedTargets({ ...fees, ...reserves, i, K, B0: B, Q0: 0n, R: rState.aboveOne })
        : { ...fees, ...reserves, i, K, B0: B, Q0: Q, R: rState.one };
    const swapOf = (sellsBase: boolean, share: bigint) =>
      sellsBase
        ? { tokenIn: token0, tokenOut: token1, amountIn: B / share }
        : { tokenIn: token1, tokenOut: token0, amountIn: Q / share };
    const before = swapOf(random.pick([true, false]), random.pick([2n, 3n, 10n, 1_000n]));
    const curve = dodo.curve(pool(variant), start, before.tokenIn, before.tokenOut);
    const moved = isRefusal(curve) ? curve : curve.after(before.amountIn);
    const state = isRefusal(moved) || random.pick([true, false, false]) ? start : moved;
    const sellsBase = random.pick([true, false]);
    return { state, sellsBase, swap: swapOf(sellsBase, random.pick([3n, 10n, 1_000n, 10n ** 6n])) };
  }

  for (const variant of ["dvm", "dpp", "dsp"] as const) {
    it(`ends no order that a ${variant} can pay`, () => {
      const random = seededRandom(46);
      let quoted = 0;
      for (let round = 0; round < 2_000; round++) {
        const { state, sellsBase, swap } = draw(random, variant);
        const quote = dodo.quote(pool(variant), state, swap);
        if (isRefusal(quote)) continue;
        quoted += 1;
        const [limit, price] = [dodo.priceLimit?.(pool(variant), swap, quote) ?? 0n, midPriceDown(state)];
        expect(limit === 0n || (sellsBase ? price >= limit : price <= limit), `${limit} at ${price}`).to.equal(true);
      }
      expect(quoted).to.be.greaterThan(900);
    });
  }

  it("ends an order that the price of its first unit cannot pay, by one part in 10^6", () => {
    const random = seededRandom(47);
    for (let round = 0; round < 1_000; round++) {
      const { state, sellsBase, swap } = draw(random, "dsp");
      const price = midPriceDown(state);
      const fairOut = sellsBase ? (swap.amountIn * price) / e18 : (swap.amountIn * e18) / price;
      if (fairOut < 10n ** 9n || price < 10n ** 8n) continue;
      const limit = dodo.priceLimit?.(pool("dsp"), swap, fairOut + fairOut / 10n ** 6n) ?? 0n;
      expect(sellsBase ? price < limit : price > limit, `${limit} at ${price}`).to.equal(true);
    }
  });
});

describe("bot: the price limit of a pool of Balancer", () => {
  /** A weighted pool of any balances, weights and decimals. */
  function draw(random: Random) {
    const weight = (random.bigint(1n, 99n) * e18) / 100n;
    const weights = [weight, e18 - weight];
    const units = [10n ** random.pick([6n, 18n]), 10n ** random.pick([8n, 18n])] as const;
    const scalingFactors = units.map((unit) => e18 * (e18 / unit));
    const pool: BalancerPool = {
      ...{
        venue: "balancer",
        deployment: "Balancer V2",
        id: "0x",
        address: getAddress(toBeHex(4, 20)),
        vault: "vault",
      },
      ...{
        tokens: [token0, token1],
        formula: { kind: "weighted", weights, powerShortcuts: random.pick([true, false]) },
      },
      registered: [token0, token1].map((address, index) => ({ address, scalingFactor: scalingFactors[index] ?? e18 })),
    };
    const balances = [0, 1].map(
      (index) => random.bigint(10n, 10n ** 6n) * (units[index] ?? 1n) + random.bigint(0n, 9n),
    );
    const state: BalancerState = {
      ...{ balances, scalingFactors, swapFeePercentage: 10n ** 14n, amplification: 0n, paused: false },
    };
    const [i, o] = random.pick([[0, 1] as const, [1, 0] as const]);
    const [balanceIn = 0n, balanceOut = 0n] = [balances[i], balances[o]];
    const [weightIn = 0n, weightOut = 0n] = [weights[i], weights[o]];
    const tokens = [token0, token1] as const;
    const swap = { tokenIn: tokens[i], tokenOut: tokens[o], amountIn: balanceIn / random.pick([5n, 100n, 10_000n]) };
    const fairOut = (swap.amountIn * balanceOut * weightIn) / (balanceIn * weightOut);
    return { pool, state, swap, ratioDown: (balanceOut << 80n) / balanceIn, fairOut };
  }

  it("ends no order that a weighted one can pay", () => {
    const random = seededRandom(48);
    let quoted = 0;
    for (let round = 0; round < 2_000; round++) {
      const { pool, state, swap, ratioDown } = draw(random);
      const quote = balancer.quote(pool, state, swap);
      if (isRefusal(quote)) continue;
      quoted += 1;
      const limit = balancer.priceLimit?.(pool, swap, quote) ?? 0n;
      expect(limit <= ratioDown, `${limit} at ${ratioDown}`).to.equal(true);
    }
    expect(quoted).to.be.greaterThan(900);
  });

  it("ends an order that the spot price of a weighted one cannot pay, by one part in 10^9", () => {
    const random = seededRandom(49);
    for (let round = 0; round < 1_000; round++) {
      const { pool, swap, ratioDown, fairOut } = draw(random);
      const limit = balancer.priceLimit?.(pool, swap, fairOut + fairOut / 10n ** 9n + 1n) ?? 0n;
      expect(limit > ratioDown, `${limit} at ${ratioDown}`).to.equal(true);
    }
  });

  it("is none in a stable one", () => {
    const { pool, swap } = draw(seededRandom(50));
    const stable: BalancerPool = {
      ...pool,
      formula: { kind: "stable", bptIndex: undefined, invariantRounding: "down" },
    };
    expect(balancer.priceLimit?.(stable, swap, swap.amountIn)).to.equal(0n);
  });
});

describe("bot: the price limit of WOOFi's pool", () => {
  const [usdc, weth, wbtc] = [1, 2, 3].map((number) => getAddress(toBeHex(number, 20))) as [string, string, string];
  const holding = { reserve: 2n ** 120n, balance: 2n ** 120n, capBalance: undefined };

  function draw(random: Random) {
    const ether: WoofiBaseState = {
      ...{ address: weth, unit: e18, priceUnit: 10n ** 8n, holding, feeRate: random.pick([0n, 25n]) },
      ...{ maxGamma: e18 / 100n, maxNotionalSwap: 2n ** 127n, spread: random.pick([0n, 10n ** 14n]) },
      ...{ coeff: random.pick([0n, 1_550_000_000n]), price: random.bigint(10n ** 7n, 10n ** 12n), oracle: undefined },
    };
    const bitcoin = { ...ether, address: wbtc, unit: 10n ** 8n };
    const pool: WoofiPool = {
      ...{ venue: "woofi", version: "2.1", deployment: "WOOFi", id: "pool", address: "pool", router: "r", oracle: "o" },
      ...{ tokens: [usdc, weth, wbtc], quoteToken: usdc, quoteUnit: 10n ** 6n, bases: [ether, bitcoin] },
    };
    const bases = new Map([ether, bitcoin].map((base) => [base.address, base]));
    const state: WoofiState = { quote: holding, unclaimedFee: 0n, bases };
    const base = random.pick([ether, bitcoin]);
    const sellsBase = random.pick([true, false]);
    const amountIn = random.bigint(10n ** 6n, 10n ** random.pick([7n, 9n, 11n]));
    const swap = sellsBase
      ? { tokenIn: base.address, tokenOut: usdc, amountIn: (amountIn * base.unit) / 10n ** 9n }
      : { tokenIn: usdc, tokenOut: base.address, amountIn };
    return { pool, state, base, sellsBase, swap, price: base.price as bigint };
  }

  it("ends no order that it can pay", () => {
    const random = seededRandom(51);
    let quoted = 0;
    for (let round = 0; round < 2_000; round++) {
      const { pool, state, sellsBase, swap, price } = draw(random);
      const quote = woofi.quote(pool, state, swap);
      if (isRefusal(quote) || quote === 0n) continue;
      quoted += 1;
      const limit = woofi.priceLimit?.(pool, swap, quote) ?? 0n;
      expect(limit === 0n || (sellsBase ? price >= limit : price <= limit), `${limit} at ${price}`).to.equal(true);
    }
    expect(quoted).to.be.greaterThan(900);
  });

  it("ends an order that the oracle's price cannot pay, by one part in 10^6", () => {
    const random = seededRandom(52);
    for (let round = 0; round < 1_000; round++) {
      const { pool, base, sellsBase, swap, price } = draw(random);
      const scale = base.unit * base.priceUnit;
      const fairOut = sellsBase
        ? (swap.amountIn * price * pool.quoteUnit) / scale
        : (swap.amountIn * scale) / (price * pool.quoteUnit);
      if (fairOut < 10n ** 7n) continue;
      const limit = woofi.priceLimit?.(pool, swap, fairOut + fairOut / 10n ** 6n + 2n) ?? 0n;
      expect(sellsBase ? price < limit : price > limit, `${limit} at ${price}`).to.equal(true);
    }
  });

  it("is none between two bases", () => {
    const { pool } = draw(seededRandom(53));
    expect(woofi.priceLimit?.(pool, { tokenIn: weth, tokenOut: wbtc, amountIn: e18 }, 1n)).to.equal(0n);
  });
});
