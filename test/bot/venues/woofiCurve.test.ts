import { expect } from "chai";
import type { Address } from "../../../bot/config/chains/chain.ts";
import type { Curve } from "../../../bot/domain/curve.ts";
import { isRefusal, refuse } from "../../../bot/domain/quote.ts";
import {
  type WoofiBaseState,
  type WoofiHolding,
  type WoofiPool,
  type WoofiState,
  type WoofiVersion,
  woofi,
} from "../../../bot/venues/woofi.ts";
import { isNear } from "../../support/near.ts";
import { seededRandom } from "../../support/random.ts";
import recorded from "../../vectors/woofi-2.0.json" with { type: "json" };

const one = 10n ** 18n;
const [usdc, weth, wbtc] = ["usdc", "weth", "wbtc"];

function holding(reserve: bigint): WoofiHolding {
  return { reserve, balance: reserve, capBalance: undefined };
}

function poolOf(
  quoteToken: Address,
  quoteUnit: bigint,
  bases: readonly WoofiBaseState[],
  version: WoofiVersion = "2.1",
) {
  const pool: WoofiPool = {
    venue: "woofi",
    version,
    deployment: "WOOFi",
    id: "pool",
    address: "pool",
    tokens: [quoteToken, ...bases.map(({ address }) => address)],
    router: "router",
    oracle: "oracle",
    quoteToken,
    quoteUnit,
    bases,
  };
  return pool;
}

function stateOf(quoteReserve: bigint, bases: readonly WoofiBaseState[]): WoofiState {
  return {
    quote: holding(quoteReserve),
    unclaimedFee: 0n,
    bases: new Map(bases.map((base) => [base.address, base])),
  };
}

const ether: WoofiBaseState = {
  address: weth,
  unit: one,
  priceUnit: 10n ** 8n,
  holding: holding(500n * one),
  feeRate: 25n,
  maxGamma: 3n * 10n ** 15n,
  maxNotionalSwap: 10n ** 12n,
  spread: 27n * 10n ** 13n,
  coeff: 1_550_000_000n,
  price: 3_000n * 10n ** 8n,
  oracle: undefined,
};
const bitcoin: WoofiBaseState = {
  ...ether,
  address: wbtc,
  unit: 10n ** 8n,
  holding: holding(20n * 10n ** 8n),
  spread: 25n * 10n ** 13n,
  coeff: 4_920_000_000n,
  price: 60_000n * 10n ** 8n,
};
const pool = poolOf(usdc, 10n ** 6n, [ether, bitcoin]);
const state = stateOf(10n ** 12n, [ether, bitcoin]);

function curveOf(tokenIn: Address, tokenOut: Address, of = { pool, state }): Curve<WoofiState> {
  const curve = woofi.curve(of.pool, of.state, tokenIn, tokenOut);
  if (isRefusal(curve)) throw new Error(`${curve.refused}: ${curve.detail}`);
  return curve;
}

function afterSwap(curve: Curve<WoofiState>, amountIn: bigint): WoofiState {
  const after = curve.after(amountIn);
  if (isRefusal(after)) throw new Error(`${after.refused}: ${after.detail}`);
  return after;
}

function baseIn({ bases }: WoofiState, token: Address): WoofiBaseState {
  const base = bases.get(token);
  if (base === undefined || isRefusal(base)) throw new Error(`no ${token}`);
  return base;
}

describe("a WooFi curve", () => {
  const directions = [
    [weth, usdc],
    [usdc, weth],
    [weth, wbtc],
    [wbtc, usdc],
  ] as const;

  for (const [tokenIn, tokenOut] of directions) {
    it(`from ${tokenIn} to ${tokenOut} estimates what it quotes, up to its limit and no further`, () => {
      const random = seededRandom(7);
      const curve = curveOf(tokenIn, tokenOut);
      const limit = BigInt(Math.floor(curve.limitIn));
      let last = 0;
      for (let n = 1n; n <= 200n; n++) {
        const amountIn = (limit * n) / 200n - random.bigint(0n, limit / 1_000n);
        const quoted = curve.quote(amountIn);
        if (isRefusal(quoted)) throw new Error(`${amountIn}: ${quoted.detail}`);
        const estimate = curve.estimate(Number(amountIn));
        const rounding = 3 + Number(quoted) * 1e-9;
        expect(isNear(estimate, Number(quoted), rounding), `${estimate} for ${quoted}`).to.equal(true);
        expect(Number(quoted)).to.be.at.most(curve.rate * Number(amountIn) + 1);
        expect(estimate).to.be.greaterThan(last);
        last = estimate;
      }
      expect(curve.quote(limit + limit / 1_000n + 2n)).to.have.property("refused");
      expect(curve.estimate(curve.limitIn * 2)).to.equal(curve.estimate(curve.limitIn));
    });
  }

  it("is limited by what the pool holds where that is less than the caps", () => {
    const poor = { ...ether, holding: holding(one) };
    const of = { pool: poolOf(usdc, 10n ** 6n, [poor, bitcoin]), state: stateOf(10n ** 9n, [poor, bitcoin]) };
    for (const [tokenIn, tokenOut] of [
      [usdc, weth],
      [weth, usdc],
      [wbtc, weth],
    ] as const) {
      const curve = curveOf(tokenIn, tokenOut, of);
      const limit = BigInt(Math.floor(curve.limitIn));
      expect(curve.quote(limit)).to.be.a("bigint");
      expect(curve.quote(limit + limit / 1_000_000n + 2n)).to.have.property("refused", "insufficient-liquidity");
    }
  });

  it("takes nothing where the pool holds less of the token than its reserve", () => {
    const short: WoofiState = {
      ...state,
      quote: { reserve: 10n ** 12n, balance: 10n ** 12n - 1n, capBalance: undefined },
    };
    const curve = curveOf(usdc, weth, { pool, state: short });
    expect([curve.rate, curve.limitIn, curve.estimate(1e6)]).to.deep.equal([0, 0, 0]);
    expect(curve.quote(10n ** 6n)).to.have.property("detail", "WooPPV2: !QUOTE (1 less than its reserve)");
    expect(curve.after(10n ** 6n)).to.deep.equal(curve.quote(10n ** 6n));
  });

  it("is refused where the oracle does not let a base trade", () => {
    const stale = { ...ether, price: refuse("stale-price", "WooPPV2: !ORACLE_FEASIBLE") };
    const of = { pool, state: stateOf(10n ** 12n, [stale, bitcoin]) };
    for (const [tokenIn, tokenOut] of directions.slice(0, 3)) {
      expect(woofi.curve(of.pool, of.state, tokenIn, tokenOut)).to.have.property("refused", "stale-price");
    }
  });

  describe("after a swap", () => {
    it("prices a second one at the posted price, and at the wider spread once the move exceeds the stored one", () => {
      const steep = { ...ether, spread: 10n ** 14n };
      const curve = curveOf(weth, usdc, { pool, state: stateOf(10n ** 12n, [steep, bitcoin]) });
      // gamma = 3,000 · 1.55e9 a WETH = 4.65e12
      const [small, large] = [afterSwap(curve, one), afterSwap(curve, 300n * one)];
      expect(baseIn(small, weth)).to.include({ price: 299_998_605_000n, spread: 10n ** 14n });
      const { price, spread } = baseIn(large, weth);
      expect(price).to.equal((3_000n * 10n ** 8n * (one - 1_395n * 10n ** 12n)) / one);
      const kept = ((one - 1_395n * 10n ** 12n) * one) / (one - 10n ** 14n);
      expect(spread).to.equal(one - kept);
    });

    it("moves amounts and fees between reserve, balance and unclaimed fees", () => {
      const curve = curveOf(weth, usdc);
      const out = curve.quote(one);
      if (isRefusal(out)) throw new Error(out.detail);
      const { quote, unclaimedFee, bases } = afterSwap(curve, one);
      expect(unclaimedFee).to.equal(((out + unclaimedFee) * 25n) / 100_000n);
      expect(quote).to.deep.equal(holding(10n ** 12n - out - unclaimedFee));
      expect(baseIn({ ...state, bases }, weth).holding).to.deep.equal(holding(501n * one));
      expect(baseIn({ ...state, bases }, wbtc)).to.equal(bitcoin);
    });

    it("leaves a base untradable where the posted price leaves the oracle's bounds", () => {
      const oracle = {
        posted: 3_000n * 10n ** 8n,
        freshUntil: 300n,
        timestamp: 100n,
        reference: 3_000n * 10n ** 8n,
        bound: 10n ** 15n,
        preferred: false,
        min: 0n,
        max: 10n ** 20n,
      };
      const bounded = { ...ether, oracle };
      const curve = curveOf(weth, usdc, { pool, state: stateOf(10n ** 12n, [bounded, bitcoin]) });
      expect(baseIn(afterSwap(curve, one), weth).price).to.equal(299_998_605_000n);
      expect(baseIn(afterSwap(curve, 300n * one), weth).price).to.have.property("refused", "stale-price");
    });
  });

  describe("of generation 2.0", () => {
    for (const record of recorded) {
      it(`${record.id}: ${record.amountIn} pay ${record.expectedAmountOut ?? record.expectError}`, () => {
        const bases = Object.entries(record.tokens)
          .filter(([token]) => token !== record.quoteToken)
          .map(
            ([address, token]): WoofiBaseState => ({
              address,
              unit: 10n ** BigInt(token.decimals),
              priceUnit: 10n ** 8n,
              holding: holding(BigInt(token.reserve)),
              feeRate: BigInt(token.feeRate),
              maxGamma: 0n,
              maxNotionalSwap: 0n,
              spread: BigInt(token.spread),
              coeff: BigInt(token.coeff),
              price: BigInt(token.price),
              oracle: undefined,
            }),
          );
        const quoteToken = Object.entries(record.tokens).find(([token]) => token === record.quoteToken)?.[1];
        const of = {
          pool: poolOf(record.quoteToken, 10n ** BigInt(quoteToken?.decimals ?? 0), bases, "2.0"),
          state: stateOf(BigInt(quoteToken?.reserve ?? 0), bases),
        };
        const curve = curveOf(record.tokenIn, record.tokenOut, of);
        const quoted = curve.quote(BigInt(record.amountIn));
        if (record.expectedAmountOut === null) return expect(quoted).to.have.property("refused");
        expect(quoted).to.equal(BigInt(record.expectedAmountOut));
        if (record.expectedNewPrice !== null) {
          const after = afterSwap(curve, BigInt(record.amountIn));
          const bought = baseIn(after, record.tokenOut);
          expect(bought).to.include({ price: BigInt(record.expectedNewPrice), spread: BigInt(250_000_000_000_000) });
        }
      });
    }
  });
});
