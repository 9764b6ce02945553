import { estimateCostWei } from "../bot/domain/gas.ts";
import { isRefusal } from "../bot/domain/quote.ts";
import type { Route } from "../bot/domain/route.ts";
import { outputOf, wholeLeg } from "../bot/engine/size.ts";
import { curvesOf } from "../bot/pipeline/search.ts";
import { venues } from "../bot/venues/registry.ts";
import { charges, createDecisions, lentUnits, wethOf } from "./decisions.ts";
import { type ExhaustiveParameters, exhaustiveSearch } from "./exhaustive.ts";
import type { DexMarket } from "./market.ts";
import { poolStatesOf } from "./pools.ts";
import type { Row } from "./report.ts";
import { syntheticMarket } from "./syntheticMarket.ts";

/** The largest market whose cycles are all tried without leaving any out by its rates. */
const smallPools = 150;

/** Measures what the search finds of all that an exhaustive search finds: markets of every kind, and one of V2 alone. */
export function measureProfits(seed: number, { mixedMarkets }: { readonly mixedMarkets: number }): readonly Row[] {
  const mixed = Array.from({ length: mixedMarkets }, (_, index) =>
    syntheticMarket({ pools: 100, tokens: 20, seed: seed + index, dislocated: 8 }),
  );
  const products = syntheticMarket({ pools: 1_000, tokens: 60, seed, kinds: ["uniswapV2"] });
  return [
    // Nine fixed sizes in a market of Uniswap V2 pools.
    { ...profitRow("mixed markets", mixed), peer: null },
    { ...profitRow("Uniswap V2 alone", [products]), peer: 98.4 },
  ];
}

function profitRow(name: string, markets: readonly DexMarket[]): Row {
  let [found, all] = [0n, 0n];
  for (const market of markets) {
    const [ours, theirs] = profitsIn(market);
    found += ours;
    all += theirs;
  }
  return {
    work: `profit found of an exhaustive search, ${name}`,
    pools: markets[0]?.pools.length ?? 0,
    touched: null,
    unit: "%",
    median: all === 0n ? 100 : Number((found * 1_000_000n) / all) / 10_000,
    p99: null,
    stat: "median",
    target: 99.9,
    peer: null,
  };
}

/** The profits after gas of all cycles of tokens that pay, in wei: as the search finds them, and as they are. */
function profitsIn(market: DexMarket): readonly [found: bigint, all: bigint] {
  const states = poolStatesOf(market);
  const curveOf = curvesOf(venues);
  const decisions = createDecisions(market, { maxHops: 3, lent: 1, opportunities: Number.MAX_SAFE_INTEGER });
  const searched = decisions.search(
    states,
    states.map(({ pool }) => pool.id),
  );
  let found = 0n;
  for (const { found: each, route } of searched.opportunities) {
    const amount = BigInt(Math.floor(each.amount));
    const out = outputOf(each.edges.map(wholeLeg), amount, curveOf);
    if (!isRefusal(out)) found += afterGas(out - amount, route);
  }
  const parameters: ExhaustiveParameters = {
    start: wethOf(market.tokens),
    maxHops: 3,
    low: 10n ** 14n,
    high: lentUnits(market.tokens[0]),
    byRate: market.pools.length > smallPools,
  };
  const all = exhaustiveSearch(states, parameters).reduce(
    (sum, { profit, route }) => sum + afterGas(profit, route),
    0n,
  );
  return [found, all];
}

/** What a profit in wei leaves, or nothing where the gas is more. */
function afterGas(profit: bigint, route: Route): bigint {
  const net = profit - estimateCostWei(route, "operator", charges);
  return net > 0n ? net : 0n;
}
