import type { Deployment, VenueName } from "../config/chains/chain.ts";
import { algebra } from "./algebra.ts";
import { balancer } from "./balancer.ts";
import { dodo } from "./dodo.ts";
import { solidly } from "./solidly.ts";
import { uniswapV2 } from "./uniswapV2.ts";
import { uniswapV3 } from "./uniswapV3.ts";
import type { Venue } from "./venue.ts";
import { woofi } from "./woofi.ts";

/** Every venue's module by its name. A forgotten one does not compile. */
export type Venues = { readonly [V in VenueName]: Venue<Extract<Deployment, { venue: V }>> };

export const venues: Venues = { solidly, algebra, woofi, dodo, balancer, uniswapV2, uniswapV3 };

/** Returns the module of a venue. */
export function venueOf(registry: Venues, name: VenueName): Venue {
  return registry[name];
}
