import { solidityPackedKeccak256 } from "ethers";
import type { Address, VenueName } from "../config/chains/chain.ts";
import type { Pool } from "../venues/venue.ts";

/** One swap through one pool. */
export interface Hop {
  readonly pool: Pool;
  readonly tokenIn: Address;
  readonly tokenOut: Address;
}

/**
 * A closed chain of hops: the last token out is the first token in. Hops between the same two tokens that follow each
 * other are parallel: they share what arrives there.
 */
export interface Route {
  readonly hops: readonly Hop[];
}

/** Returns the token that a route begins and ends with. */
export function borrowedToken(route: Route): Address {
  return firstHop(route).tokenIn;
}

/** Returns the venues that a route passes, in order. */
export function venuesOf(route: Route): readonly VenueName[] {
  return route.hops.map((hop) => hop.pool.venue);
}

/** Returns the hops in groups: a single one, or parallel ones between the same two tokens. */
export function legsOf({ hops }: Route): readonly (readonly [Hop, ...Hop[]])[] {
  const legs: [Hop, ...Hop[]][] = [];
  for (const hop of hops) {
    const leg = legs.at(-1);
    if (leg?.[0].tokenIn === hop.tokenIn && leg[0].tokenOut === hop.tokenOut) leg.push(hop);
    else legs.push([hop]);
  }
  return legs;
}

/** Returns the tokens that a route passes, the borrowed one first and last. */
export function tokensOf(route: Route): readonly Address[] {
  return [borrowedToken(route), ...legsOf(route).map(([{ tokenOut }]) => tokenOut)];
}

/** Draws a route: "WETH -(Ramses V1 + Camelot V3)-> USDC -(WOOFi)-> WETH". */
export function drawRoute(route: Route, symbolOf: (token: Address) => string): string {
  const legs = legsOf(route).map((leg) => {
    const exchanges = leg.map(({ pool }) => pool.deployment).join(" + ");
    return ` -(${exchanges})-> ${symbolOf(leg[0].tokenOut)}`;
  });
  return symbolOf(borrowedToken(route)) + legs.join("");
}

/** Names a route for good: equal for the same pools and tokens in the same order. */
export function routeId(route: Route): string {
  return route.hops.map((hop) => `${hop.pool.id}:${hop.tokenIn}>${hop.tokenOut}`).join("|");
}

/**
 * Names an opportunity for good, in the ledger and in the contract's event: 32 bytes, different for every run of the
 * program (by its `salt`), block and route.
 */
export function opportunityId(salt: string, block: bigint, route: Route): string {
  return solidityPackedKeccak256(["bytes32", "uint256", "string"], [salt, block, routeId(route)]);
}

function firstHop(route: Route): Hop {
  const [first] = route.hops;
  if (first === undefined) throw new Error("A route has at least one hop.");
  return first;
}
