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

/** Draws a route: "WETH -(Ramses V1)-> USDC -(WOOFi)-> WETH". */
export function drawRoute(route: Route, symbolOf: (token: Address) => string): string {
  const hops = route.hops.map((hop) => ` -(${hop.pool.deployment})-> ${symbolOf(hop.tokenOut)}`);
  return symbolOf(borrowedToken(route)) + hops.join("");
}

/** Names a route for good: equal for the same pools and tokens in the same order. */
export function routeId(route: Route): string {
  return route.hops.map((hop) => `${hop.pool.id}:${hop.tokenIn}>${hop.tokenOut}`).join("|");
}

/** Names an order for the chain: 32 bytes, different for every block, route and amount. */
export function orderId(chainId: number, block: bigint, route: Route, amount: bigint): string {
  return solidityPackedKeccak256(["uint256", "uint256", "string", "uint256"], [chainId, block, routeId(route), amount]);
}

function firstHop(route: Route): Hop {
  const [first] = route.hops;
  if (first === undefined) throw new Error("A route has at least one hop.");
  return first;
}
