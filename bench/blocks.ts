import type { Curve } from "../bot/domain/curve.ts";
import { isRefusal } from "../bot/domain/quote.ts";
import type { PoolState } from "../bot/domain/snapshot.ts";
import { venueOf, venues } from "../bot/venues/registry.ts";
import { createRandom, type Random } from "./random.ts";

/** The states of the pools that one block changes. */
export type Block = readonly PoolState[];

export interface BlockParameters {
  readonly blocks: number;
  /** How many pools each block changes. */
  readonly touched: number;
  readonly seed: number;
}

/** The price impact of a swap is log-normal: half of them cost the trader less than three basis points. */
const medianImpact = 0.0003;
const sigma = 1.2;
const maxImpact = 0.02;

/**
 * Makes blocks of trades: in each, one swap goes through every one of `touched` pools, chosen anew and evenly. A pool that
 * takes none of the swaps that are tried changes its state to an equal one.
 */
export function makeBlocks(states: readonly PoolState[], { blocks, touched, seed }: BlockParameters): readonly Block[] {
  const random = createRandom(seed);
  return Array.from({ length: blocks }, () => {
    const chosen = new Set<PoolState>();
    while (chosen.size < Math.min(touched, states.length)) chosen.add(random.pick(states));
    return [...chosen].map((before) => {
      for (let trial = 0; trial < trials; trial++) {
        const after = traded(before, random);
        if (after !== undefined) return after;
      }
      return { pool: before.pool, state: Object.assign({}, before.state) };
    });
  });
}

const trials = 3;

/** Returns a pool after a swap, or undefined where it refuses the swap. */
function traded({ pool, state }: PoolState, random: Random): PoolState | undefined {
  const tokenIn = random.pick(pool.tokens);
  const tokenOut = random.pick(pool.tokens.filter((token) => token !== tokenIn));
  const impact = Math.min(maxImpact, random.logNormal(medianImpact, sigma));
  const curve = venueOf(venues, pool.venue).curve(pool, state, tokenIn, tokenOut);
  if (isRefusal(curve)) return undefined;
  const after = curve.after(BigInt(Math.floor(amountOfImpact(curve, impact))));
  return isRefusal(after) ? undefined : { pool, state: after };
}

/** Returns about the input that gets a rate of 1 − `impact` of the curve's first, or the largest that it takes. */
function amountOfImpact(curve: Curve, impact: number): number {
  let [low, high] = [0, Math.log2(Math.min(curve.limitIn, 2 ** 110))];
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2;
    const amount = 2 ** middle;
    if (curve.estimate(amount) > curve.rate * amount * (1 - impact)) low = middle;
    else high = middle;
  }
  return 2 ** low;
}
