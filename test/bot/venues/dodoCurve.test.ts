import { expect } from "chai";
import type { Curve } from "../../../bot/domain/curve.ts";
import { isRefusal, type Refusal } from "../../../bot/domain/quote.ts";
import { buyBaseToken, withExpectedTargets } from "../../../bot/venues/dodo/classicalPricing.ts";
import { withAdjustedTargets } from "../../../bot/venues/dodo/pricing.ts";
import { type DodoPool, type DodoState, type DodoVariant, dodo, openTerms, rState } from "../../../bot/venues/dodo.ts";
import { isNear } from "../../support/near.ts";
import { seededRandom } from "../../support/random.ts";
import recorded from "../../vectors/dodo-classical.json" with { type: "json" };

const one = 10n ** 18n;
const [base, quote] = ["base", "quote"];

function poolOf(variant: DodoVariant): DodoPool {
  const proxies = { adapter: "adapter", routeProxy: "route proxy", approveProxy: "approve proxy" };
  const tokens = { tokens: [base, quote], base, quote };
  return { venue: "dodo", deployment: "DODO", id: "pool", address: "pool", variant, ...tokens, ...proxies };
}

/** A pool of WETH and a dollar token with 6 decimals, in a state of R. */
function stateOf(variant: DodoVariant, R: DodoState["R"], K = one / 4n): DodoState {
  const even = { B: 100n * one, Q: 300_000n * 10n ** 6n, B0: 100n * one, Q0: 300_000n * 10n ** 6n };
  const reserves = {
    [rState.one]: even,
    [rState.aboveOne]: { ...even, B: 90n * one, Q: 333_333n * 10n ** 6n },
    [rState.belowOne]: { ...even, B: 111n * one, Q: 270_000n * 10n ** 6n },
  }[R];
  const { B, Q } = reserves;
  const fees = { lpFeeRate: 8n * 10n ** 14n, mtFeeRate: 2n * 10n ** 14n, routeFeeRate: 15n * 10n ** 14n };
  const state: DodoState = { ...fees, i: 3_000n * 10n ** 6n, K, ...reserves, R, baseBalance: B, quoteBalance: Q };
  if (variant === "classical") return withExpectedTargets({ ...state, classical: openTerms });
  return withAdjustedTargets(variant === "dvm" ? { ...state, Q0: 0n } : state);
}

function curveOf(variant: DodoVariant, state: DodoState, sellsBase: boolean): Curve<DodoState> {
  const [tokenIn = "", tokenOut = ""] = sellsBase ? [base, quote] : [quote, base];
  const curve = dodo.curve(poolOf(variant), state, tokenIn, tokenOut);
  if (isRefusal(curve)) throw new Error(`${curve.refused}: ${curve.detail}`);
  return curve;
}

function outOf(quoted: bigint | Refusal): bigint {
  if (isRefusal(quoted)) throw new Error(`${quoted.refused}: ${quoted.detail}`);
  return quoted;
}

const { one: even, aboveOne, belowOne } = rState;
const cases = (["dsp", "dpp", "classical"] as const).flatMap((variant) =>
  [even, aboveOne, belowOne].flatMap((R) => [true, false].map((sellsBase) => ({ variant, R, sellsBase }))),
);
const machine = [true, false].map((sellsBase) => ({ variant: "dvm" as const, R: aboveOne, sellsBase }));

describe("a DODO curve", () => {
  for (const { variant, R, sellsBase } of [...cases, ...machine]) {
    const sold = sellsBase ? "base" : "quote";
    it(`of a ${variant} pool in state ${R} estimates what it quotes for ${sold}, across its targets`, () => {
      const random = seededRandom(11);
      const state = stateOf(variant, R);
      const curve = curveOf(variant, state, sellsBase);
      const reserve = sellsBase ? state.B : state.Q;
      const limit = curve.limitIn < Number(reserve) ? BigInt(Math.floor(curve.limitIn)) : reserve;
      // A unit of the token with 6 decimals is worth 1/3e9 WETH: the pool's rounding, in units of the other token.
      const slack = 4 + (sellsBase ? 0 : 4 / 3e-9);
      let [last, refused] = [0, 0];
      for (let n = 1n; n <= 300n; n++) {
        const amountIn = (limit * n) / 300n - random.bigint(0n, limit / 1_000n);
        const answer = curve.quote(amountIn);
        // Some amounts of quote buy base that costs one unit more: the helper rounds otherwise than the pool.
        if (isRefusal(answer) && answer.detail === "BUY_BASE_COST_TOO_MUCH" && ++refused < 30) continue;
        const quoted = Number(outOf(answer));
        const estimate = curve.estimate(Number(amountIn));
        expect(isNear(estimate, quoted, slack + 1e-9 * quoted), `${estimate} for ${quoted}`).to.equal(true);
        expect(quoted, `${amountIn}`).to.be.at.most(curve.rate * Number(amountIn) + slack);
        expect(estimate).to.be.greaterThan(last);
        last = estimate;
      }
      expect(curve.estimate(Number.MAX_VALUE)).to.equal(curve.estimate(curve.limitIn));
    });
  }

  it("of a vending machine ends where it has bought back what it sold", () => {
    const state = stateOf("dvm", aboveOne);
    const curve = curveOf("dvm", state, true);
    expect(curve.limitIn).to.equal(Number(state.B0 - state.B));
    expect(curve.quote(state.B0 - state.B)).to.be.a("bigint");
    expect(curve.quote(state.B0 - state.B + 1n)).to.have.property("detail", "TARGET_IS_ZERO");
  });

  it("ends where the pool's root is too small to be told from 0", () => {
    const curve = curveOf("dsp", { ...stateOf("dsp", even, 10n ** 11n), Q0: 10n ** 6n, Q: 10n ** 6n }, true);
    const limit = BigInt(Math.floor(curve.limitIn));
    expect(curve.quote(limit)).to.be.a("bigint");
    expect(curve.quote(limit + limit / 1_000n)).to.have.property("detail", "DODOMath: should not be zero");
  });

  it("with k = 1 is a constant product, but for the way back to a target", () => {
    for (const { variant, R, sellsBase } of [...cases, ...machine]) {
      if (variant === "classical") continue;
      const curve = curveOf(variant, stateOf(variant, R, one), sellsBase);
      const isBack = R === (sellsBase ? aboveOne : belowOne);
      expect(curve.product === undefined, `${variant} ${R} ${sellsBase}`).to.equal(isBack);
      if (curve.product === undefined) continue;
      const { reserveIn, reserveOut, kept } = curve.product;
      const amountIn = sellsBase ? 7n * one : 21_000n * 10n ** 6n;
      const product = (reserveOut * kept * Number(amountIn)) / (reserveIn + kept * Number(amountIn));
      expect(isNear(product / Number(outOf(curve.quote(amountIn))), 1, 1e-9)).to.equal(true);
    }
    expect(curveOf("dsp", stateOf("dsp", even), true).product).to.equal(undefined);
  });

  it("sells with the input what someone sent to the pool before", () => {
    const state = stateOf("dsp", even);
    const stray = { ...state, baseBalance: state.B + one };
    const [plain, richer] = [curveOf("dsp", state, true), curveOf("dsp", stray, true)];
    expect(richer.quote(2n * one)).to.equal(plain.quote(3n * one));
    expect(richer.estimate(2e18)).to.equal(plain.estimate(3e18));
    const after = richer.after(2n * one);
    expect(after).to.deep.equal(plain.after(3n * one));
  });

  it("takes nothing where the pool holds less than its reserve", () => {
    const state = stateOf("dsp", even);
    const curve = curveOf("dsp", { ...state, baseBalance: state.B - 1n }, true);
    expect([curve.rate, curve.limitIn, curve.estimate(1e18)]).to.deep.equal([0, 0, 0]);
    expect(curve.quote(1n)).to.have.property("detail", "DODORouteProxy: Return amount is not enough");
    expect(curveOf("dsp", { ...state, baseBalance: state.B - 2n }, true).quote(1n)).to.have.property(
      "detail",
      "SUB_ERROR",
    );
  });

  it("is refused where what stays behind exceeds 112 bits, of either token", () => {
    const state = stateOf("dsp", even);
    const full = { ...state, baseBalance: 2n ** 112n + 10n ** 20n };
    expect(curveOf("dsp", full, false).quote(10n ** 9n)).to.have.property("refused", "over-limit");
    expect(curveOf("dsp", { ...full, baseBalance: 2n ** 112n }, false).quote(10n ** 9n)).to.be.a("bigint");
  });

  it("pays the whole of a reserve whose square root is 0, instead of reverting", () => {
    const rates = { lpFeeRate: 0n, mtFeeRate: 0n, routeFeeRate: 0n };
    const state = {
      ...rates,
      i: 2n * 10n ** 9n,
      K: 10n ** 15n,
      B: 10n ** 8n,
      Q: 1n,
      B0: 9n * 10n ** 7n,
      Q0: 1n,
      R: belowOne,
    };
    const curve = curveOf("dsp", { ...state, baseBalance: 10n ** 8n, quoteBalance: 1n }, true);
    expect(curve.quote(21_029_168n)).to.equal(1n);
  });

  it("follows vending machines and stable pools by their events, and reads the others at every block", () => {
    const sources = (["dvm", "dsp", "dpp", "classical"] as const).map((variant) =>
      dodo.follow?.source(poolOf(variant)),
    );
    expect(sources).to.deep.equal([{ address: "pool" }, { address: "pool" }, undefined, undefined]);
    const log = { address: "pool", topics: [dodo.follow?.topics[0] ?? ""], data: "0x" };
    expect(dodo.follow?.apply(poolOf("dvm"), stateOf("dvm", aboveOne), log)).to.equal("read");
  });
});

describe("a classical DODO curve", () => {
  it("is refused where the pool's owner has stopped trades, or one direction of them", () => {
    const state = stateOf("classical", even);
    const refusal = (classical: Partial<typeof openTerms>, tokenIn: string | undefined) =>
      dodo.curve(
        poolOf("classical"),
        { ...state, classical: { ...openTerms, ...classical } },
        tokenIn ?? "",
        (tokenIn === base ? quote : base) ?? "",
      );
    expect(refusal({ tradeAllowed: false }, base)).to.deep.equal({ refused: "paused", detail: "TRADE_NOT_ALLOWED" });
    expect(refusal({ sellingAllowed: false }, base)).to.have.property("detail", "SELLING_NOT_ALLOWED");
    expect(refusal({ buyingAllowed: false }, quote)).to.have.property("detail", "BUYING_NOT_ALLOWED");
    expect(refusal({ buyingAllowed: false }, base)).to.not.have.property("refused");
    expect(refusal({ sellingAllowed: false }, quote)).to.not.have.property("refused");
  });

  it("ends where the pool's own limit of a balance is reached", () => {
    const state = stateOf("classical", even);
    const limits = { baseLimit: state.B + one, quoteLimit: state.Q + 10n ** 9n };
    const limited = { ...state, classical: { ...openTerms, ...limits } };
    const selling = curveOf("classical", limited, true);
    expect(selling.limitIn).to.equal(1e18);
    expect(selling.quote(one)).to.be.a("bigint");
    expect(selling.quote(one + 1n)).to.deep.equal({ refused: "over-limit", detail: "BASE_BALANCE_LIMIT_EXCEEDED" });
    const buying = curveOf("classical", limited, false);
    expect(buying.quote(10n ** 9n)).to.be.a("bigint");
    expect(buying.quote(10n ** 9n + 10n)).to.have.property("detail", "QUOTE_BALANCE_LIMIT_EXCEEDED");
  });

  it("sells and pays what the adapter holds, and leaves there what a purchase did not cost", () => {
    const state = stateOf("classical", belowOne);
    const holding = { ...openTerms, adapterBase: one, adapterQuote: 10n ** 6n };
    const withDust = { ...state, classical: holding };
    const plain = outOf(curveOf("classical", { ...state, routeFeeRate: 0n }, true).quote(3n * one));
    const curve = curveOf("classical", { ...withDust, routeFeeRate: 0n }, true);
    expect(curve.quote(2n * one)).to.equal(plain + 10n ** 6n);
    expect(isNear(curve.estimate(2e18), Number(plain + 10n ** 6n), 2)).to.equal(true);
    expect(curve.after(2n * one))
      .to.have.property("classical")
      .that.deep.equals(openTerms);

    const buying = curveOf("classical", withDust, false);
    const unit = curveOf("classical", state, false);
    expect(buying.quote(10n ** 9n)).to.equal(unit.quote(10n ** 9n + 10n ** 6n));
    const after = buying.after(10n ** 9n);
    if (isRefusal(after)) throw new Error(after.detail);
    expect(after.classical?.adapterBase).to.equal(one);
    const spent = after.Q - state.Q;
    expect(after.classical?.adapterQuote).to.equal(10n ** 9n + 10n ** 6n - spent);
  });

  /**
   * One record pays although buying is stopped: its simulator asks whether base may be sold when quote is, and the pool asks
   * whether base may be bought.
   */
  for (const record of recorded) {
    const { kind, sells, amountIn, amountOut } = record;
    it(`${record.id}: ${amountIn} of ${sells} for ${amountOut ?? record.expectError}, ${kind}`, () => {
      const numbers = Object.fromEntries(Object.entries(record.state).map(([name, value]) => [name, BigInt(value)]));
      const pmm = { ...numbers, R: Number(record.state.R) } as unknown as DodoState;
      const { trade, selling, buying } = record.allowed;
      const state: DodoState = {
        ...pmm,
        routeFeeRate: 0n,
        baseBalance: pmm.B,
        quoteBalance: pmm.Q,
        classical: { ...openTerms, tradeAllowed: trade, sellingAllowed: selling, buyingAllowed: buying },
      };
      const [tokenIn = "", tokenOut = ""] = sells === "base" ? [base, quote] : [quote, base];
      const curve = dodo.curve(poolOf("classical"), state, tokenIn, tokenOut);
      if (kind === "exactOut" && amountIn !== null) {
        return expect(buyBaseToken(state, BigInt(amountOut ?? 0)).paid).to.equal(BigInt(amountIn));
      }
      if (!trade) return expect(curve).to.have.property("detail", "TRADE_NOT_ALLOWED");
      if (!buying) expect(curve).to.have.property("detail", "BUYING_NOT_ALLOWED");
      if (amountOut === null || amountIn === null) return;
      const open = curveOf("classical", { ...state, classical: openTerms }, sells === "base");
      expect(open.quote(BigInt(amountIn))).to.equal(BigInt(amountOut));
    });
  }
});
