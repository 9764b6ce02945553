import type { Market } from "./market.ts";
import type { Costs } from "./search.ts";

export interface CycleLimits {
  readonly maxHops: number;
  /** By token: zero where nobody lends it. */
  readonly preference: Float64Array;
  readonly costs: Costs;
  /** What the bound on the net profit has to exceed. */
  readonly floor: number;
}

/**
 * Visits every cycle of 2 to `maxHops` pairs that passes one of the `changed` pairs, can be financed, multiplies above
 * one at its pairs' best rates, and may leave more than the floor after the least costs. It passes no token twice, and is visited once.
 *
 * @param visit gets the pairs as `from · size + to`, from the preferred token on, and the bound on the net profit
 */
export function cyclesThrough(
  market: Market,
  changed: readonly number[],
  { maxHops, preference, costs, floor }: CycleLimits,
  visit: (pairs: readonly number[], bound: number) => void,
): void {
  const { logRates, gains, neighbors, size } = market;
  const order = new Map(changed.map((at, index) => [at, index]));
  const least = Array.from({ length: maxHops + 1 }, (_, hops) => costs.least(hops));

  const offer = (index: number, tokens: readonly number[], bound: number) => {
    const pairs = tokens.map((token, i) => token * size + (tokens[(i + 1) % tokens.length] ?? 0));
    // A cycle through several changed pairs is visited from the first of them.
    for (const at of pairs) if ((order.get(at) ?? index) < index) return;
    let start = 0;
    for (let i = 1; i < tokens.length; i++) {
      if ((preference[tokens[i] ?? 0] ?? 0) > (preference[tokens[start] ?? 0] ?? 0)) start = i;
    }
    if ((preference[tokens[start] ?? 0] ?? 0) <= 0) return;
    visit([...pairs.slice(start), ...pairs.slice(0, start)], bound);
  };

  for (let index = 0; index < changed.length; index++) {
    const at = changed[index] ?? 0;
    const u = Math.floor(at / size);
    const v = at % size;
    const log1 = logRates[at] ?? 0;
    if (log1 === -Infinity) continue;
    const gain1 = gains[at] ?? 0;
    const back = v * size + u;
    const bound2 = gain1 + (gains[back] ?? 0) - (least[2] ?? 0);
    if (log1 + (logRates[back] ?? 0) > 0 && bound2 > floor) offer(index, [u, v], bound2);
    if (maxHops < 3) continue;
    const fromV = neighbors[v] ?? [];
    for (let i = 0; i < fromV.length; i++) {
      const w = fromV[i] ?? 0;
      if (w === u) continue;
      const log2 = log1 + (logRates[v * size + w] ?? 0);
      if (log2 === -Infinity) continue;
      const gain2 = gain1 + (gains[v * size + w] ?? 0);
      const close3 = w * size + u;
      if (log2 + (logRates[close3] ?? 0) > 0) {
        const bound3 = gain2 + (gains[close3] ?? 0) - (least[3] ?? 0);
        if (bound3 > floor) offer(index, [u, v, w], bound3);
      }
      if (maxHops < 4) continue;
      const fromW = neighbors[w] ?? [];
      for (let j = 0; j < fromW.length; j++) {
        const y = fromW[j] ?? 0;
        const close4 = y * size + u;
        const step = w * size + y;
        if (log2 + (logRates[step] ?? 0) + (logRates[close4] ?? 0) > 0 && y !== u && y !== v) {
          const bound4 = gain2 + (gains[step] ?? 0) + (gains[close4] ?? 0) - (least[4] ?? 0);
          if (bound4 > floor) offer(index, [u, v, w, y], bound4);
        }
      }
    }
  }
}
