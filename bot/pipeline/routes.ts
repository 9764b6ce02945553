import type { Address } from "../config/chains/chain.ts";
import type { Hop, Route } from "../domain/route.ts";
import type { Pool } from "../venues/venue.ts";

/** A cycle of hops, and the routes that it is: one for each of its tokens that can be borrowed. */
export interface Cycle {
  /** Indexes into `RouteSet.hops`. */
  readonly hops: readonly number[];
  readonly routes: readonly Route[];
}

/** All that the search looks through. It changes with the pools and not with the block. */
export interface RouteSet {
  readonly hops: readonly Hop[];
  readonly cycles: readonly Cycle[];
}

/** Lists every cycle of 2 to `maxHops` hops that passes no pool and no token twice and touches a borrowable token. */
export function buildRoutes(pools: readonly Pool[], borrowable: ReadonlySet<Address>, maxHops: 2 | 3): RouteSet {
  const hops = pools.flatMap((pool) =>
    pool.tokens.flatMap((tokenIn) =>
      pool.tokens.flatMap((tokenOut) => (tokenIn === tokenOut ? [] : [{ pool, tokenIn, tokenOut }])),
    ),
  );
  const leaving = Map.groupBy(hops.keys(), (index) => hops[index]?.tokenIn ?? "");
  const order = new Map([...leaving.keys()].map((token, index) => [token, index]));
  const rank = (token: Address) => order.get(token) ?? 0;

  const cycles: Cycle[] = [];
  const extend = (path: readonly number[], passed: readonly Hop[], first: Hop, last: Hop) => {
    for (const index of leaving.get(last.tokenOut) ?? []) {
      const hop = hops[index];
      if (hop === undefined || passed.some(({ pool }) => pool.id === hop.pool.id)) continue;
      if (hop.tokenOut === first.tokenIn) {
        const routes = rotations([...passed, hop]).filter(({ hops: [start] }) => borrowable.has(start?.tokenIn ?? ""));
        if (routes.length > 0) cycles.push({ hops: [...path, index], routes });
        continue;
      }
      // A cycle is found once, from its token of the lowest rank.
      if (path.length + 1 >= maxHops || rank(hop.tokenOut) < rank(first.tokenIn)) continue;
      if (passed.some(({ tokenIn }) => tokenIn === hop.tokenOut)) continue;
      extend([...path, index], [...passed, hop], first, hop);
    }
  };
  for (const [index, hop] of hops.entries()) {
    if (rank(hop.tokenOut) > rank(hop.tokenIn)) extend([index], [hop], hop, hop);
  }
  return { hops, cycles };
}

function rotations(hops: readonly Hop[]): readonly Route[] {
  return hops.map((_, start) => ({ hops: [...hops.slice(start), ...hops.slice(0, start)] }));
}
