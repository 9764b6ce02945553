import type { Curve } from "../bot/domain/curve.ts";
import { isRefusal } from "../bot/domain/quote.ts";
import type { PoolState } from "../bot/domain/snapshot.ts";
import { venueOf, venues } from "../bot/venues/registry.ts";
import { marketCases, type QuoteCase, type QuoteVariant, quoteCases } from "./cases.ts";
import type { DexMarket } from "./market.ts";
import { measure } from "./measure.ts";
import { poolStateOf, tokensByAddress } from "./pools.ts";
import type { Row } from "./report.ts";

/** Quotes to reach, and what the strongest TypeScript engine takes for one, in µs. */
const quoteFigures: Readonly<Record<QuoteVariant, { readonly target: number; readonly peer: number }>> = {
  // @paraswap/dex-lib 5.0.6, on two cores with Node 24.
  "Uniswap V2": { target: 0.3, peer: 0.38 },
  "Solidly volatile": { target: 0.3, peer: 0.38 },
  "Solidly stable": { target: 2.5, peer: 3.9 },
  "Uniswap V3 in range": { target: 1.5, peer: 5.4 },
  "Uniswap V3 over 2–48 ticks": { target: 8, peer: 24 },
  "Algebra in range": { target: 1.5, peer: 5.6 },
  "Algebra over 2–48 ticks": { target: 8, peer: 31 },
  "Balancer weighted": { target: 2.5, peer: 3.5 },
  "Balancer stable": { target: 3, peer: 4.9 },
  WooFi: { target: 0.4, peer: 0.38 },
  // @dodoex/api.
  DODO: { target: 2.5, peer: 35 },
};

/** @sushiswap/tines, a constant-product pool, in ns. */
const screen = { target: 40, peer: 17 };

/** A curve and the swaps that are asked of it. */
interface PreparedCase {
  readonly state: PoolState;
  readonly swap: QuoteCase;
  readonly curve: Curve;
}

/** Measures one quote, one estimate and the making of one curve, for every variant that the market has pools for. */
export function measureQuotes(market: DexMarket, budgetMs: number): readonly Row[] {
  const cases = [...quoteCases(market)].map(([variant, swaps]) => [variant, prepare(market, swaps)] as const);
  const quotes = cases.map(([variant, prepared]): Row => {
    const timing = measure(
      (call) => {
        const { curve, swap } = prepared[call % prepared.length] as PreparedCase;
        return curve.quote(swap.amountIn);
      },
      { budgetMs },
    );
    return {
      ...unmarketed,
      work: `quote: ${variant}`,
      unit: "µs",
      median: timing.medianNs / 1e3,
      p99: timing.p99Ns / 1e3,
      ...quoteFigures[variant],
    };
  });
  const mixed = ["the market's pools in turn", prepare(market, marketCases(market))] as const;
  const estimates = [...cases, mixed].map(([variant, prepared]): Row => {
    const amounts = Float64Array.from(prepared, ({ swap }) => Number(swap.amountIn));
    const curves = prepared.map(({ curve }) => curve);
    const timing = measure(
      () => {
        let sum = 0;
        for (let i = 0; i < curves.length; i++) sum += (curves[i] as Curve).estimate(amounts[i] as number);
        return sum;
      },
      { budgetMs, perCall: curves.length },
    );
    const figures = variant === mixed[0] || variant === "Uniswap V2" ? screen : { target: null, peer: null };
    return {
      ...unmarketed,
      work: `screen one hop: ${variant}`,
      unit: "ns",
      median: timing.medianNs,
      p99: timing.p99Ns,
      ...figures,
    };
  });
  const curves = cases.map(([variant, prepared]): Row => {
    const timing = measure(
      (call) => {
        const { state, swap } = prepared[call % prepared.length] as PreparedCase;
        const curve = venueOf(venues, state.pool.venue).curve(state.pool, state.state, swap.tokenIn, swap.tokenOut);
        return isRefusal(curve) ? 0 : curve.rate;
      },
      { budgetMs },
    );
    return {
      ...unmarketed,
      work: `curve: ${variant}`,
      unit: "µs",
      median: timing.medianNs / 1e3,
      p99: timing.p99Ns / 1e3,
      target: null,
      peer: null,
    };
  });
  return [...quotes, ...estimates, ...curves];
}

const unmarketed = { pools: null, touched: null, stat: "median" } as const;

/** Makes the curve of every swap, one for each pool and direction, and has it quote once. */
function prepare(market: DexMarket, swaps: readonly QuoteCase[]): readonly PreparedCase[] {
  const tokens = tokensByAddress(market);
  const states = new Map<string, PoolState>();
  const curves = new Map<string, Curve>();
  return swaps.map((swap) => {
    const { pool, tokenIn, tokenOut, amountIn } = swap;
    const state = states.get(pool.address) ?? poolStateOf(pool, tokens);
    states.set(pool.address, state);
    const key = `${pool.address} ${tokenIn} ${tokenOut}`;
    const curve =
      curves.get(key) ?? venueOf(venues, state.pool.venue).curve(state.pool, state.state, tokenIn, tokenOut);
    if (isRefusal(curve)) throw new Error(`${pool.kind} ${pool.address} makes no curve: ${curve.detail}`);
    curves.set(key, curve);
    const out = curve.quote(amountIn);
    if (isRefusal(out)) throw new Error(`${pool.kind} ${pool.address} refuses ${amountIn}: ${out.detail}`);
    return { state, swap, curve };
  });
}
