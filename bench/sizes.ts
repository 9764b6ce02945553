import type { Address } from "../bot/config/chains/chain.ts";
import { isRefusal } from "../bot/domain/quote.ts";
import type { PoolState } from "../bot/domain/snapshot.ts";
import type { Edge } from "../bot/engine/market.ts";
import { type Leg, outputOf, sizeLegs, wholeLeg } from "../bot/engine/size.ts";
import { curvesOf } from "../bot/pipeline/search.ts";
import { venues } from "../bot/venues/registry.ts";
import { wethOf } from "./decisions.ts";
import { measure } from "./measure.ts";
import { poolStatesOf } from "./pools.ts";
import type { Row } from "./report.ts";
import { syntheticMarket } from "./syntheticMarket.ts";

/** Free, and as much as there is: what one lender or another bounds is not what is measured. */
const loan = { feeShare: 0, limit: 1e24 };
const curveOf = curvesOf(venues);
const routesOfAKind = 200;

/** Measures finding the best amount of routes that pay, together with its exact quotes. */
export function measureSizes(seed: number, budgetMs: number): readonly Row[] {
  // So far apart that many routes pay.
  const market = syntheticMarket({ pools: 600, tokens: 30, seed, spread: 0.01 });
  const routes = payingRoutes(poolStatesOf(market), wethOf(market.tokens));
  const isProduct = (legs: readonly Leg[]) => legs.every(({ edges: [edge] }) => edge?.curve.product !== undefined);
  const works = [
    // A bigint closed form.
    { work: "size, 2 hops in closed form", hops: 2, closed: true, target: 2, peer: 2.1 },
    { work: "size, 3 hops in closed form", hops: 3, closed: true, target: 2, peer: null },
    // Golden section over the quotes of @paraswap/dex-lib, the least of 26 to 195 µs.
    { work: "size, 2 hops elsewhere", hops: 2, closed: false, target: 20, peer: 26 },
    { work: "size, 3 hops elsewhere", hops: 3, closed: false, target: 20, peer: null },
  ] as const;
  return works.flatMap(({ work, hops, closed, target, peer }): Row[] => {
    const sized = routes.filter((legs) => legs.length === hops && isProduct(legs) === closed).slice(0, routesOfAKind);
    if (sized.length === 0) return [];
    const timing = measure(
      (call) => {
        const legs = sized[call % sized.length] as readonly Leg[];
        return outputOf(legs, BigInt(Math.floor(sizeLegs(legs, loan).at)), curveOf);
      },
      { budgetMs },
    );
    const [median, p99] = [timing.medianNs / 1e3, timing.p99Ns / 1e3];
    return [{ work, pools: null, touched: null, unit: "µs", median, p99, stat: "median", target, peer }];
  });
}

/** Returns routes of two and three hops whose rates multiply above one, evenly from all there are. */
function payingRoutes(states: readonly PoolState[], start: Address): readonly (readonly Leg[])[] {
  const edges = states.flatMap(edgesOf);
  const leaving = Map.groupBy(edges, ({ from }) => from);
  const found: Edge[][] = [];
  const extend = (path: readonly Edge[], rate: number) => {
    for (const edge of leaving.get(path.at(-1)?.to ?? start) ?? []) {
      if (path.some(({ pool, to }) => pool === edge.pool || to === edge.to)) continue;
      if (edge.to !== start) {
        if (path.length < 2) extend([...path, edge], rate * edge.curve.rate);
      } else if (path.length > 0 && rate * edge.curve.rate > 1) found.push([...path, edge]);
    }
  };
  extend([], 1);
  // Neighbors in the list share their first pools.
  const stride = 7_919;
  return found.map((_, index) => (found[(index * stride) % found.length] ?? []).map(wholeLeg));
}

function edgesOf({ pool, state }: PoolState): readonly Edge[] {
  return pool.tokens.flatMap((from) =>
    pool.tokens.flatMap((to): Edge[] => {
      const curve = from === to ? undefined : curveOf({ pool, state }, from, to);
      if (curve === undefined || isRefusal(curve)) return [];
      return [{ pool, from, to, curve, logRate: Math.log(curve.rate), gain: 0, current: true }];
    }),
  );
}
