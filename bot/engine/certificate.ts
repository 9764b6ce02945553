import type { Address } from "../config/chains/chain.ts";
import type { Market } from "./market.ts";

/**
 * A proof that no cycle of any length pays: a price for every token such that no pool pays out more than went in at these
 * prices. Going around a cycle, the prices cancel out, so what comes back is never more than what was sent, but for the
 * dust of the pools' rounding: a pool that floors its fee may keep one unit less than the rate says.
 */
export interface Certificate {
  readonly tokens: readonly { readonly token: Address; readonly price: number }[];
  readonly rates: readonly PoolRate[];
}

/** The best that a unit gets in one direction of a pool, rounded up. */
export interface PoolRate {
  readonly pool: string;
  readonly tokenIn: Address;
  readonly tokenOut: Address;
  readonly rateUp: number;
}

/** A cycle whose rates multiply above one: what stands against a certificate. */
export interface PayingCycle {
  readonly hops: readonly PoolRate[];
  readonly product: number;
}

/** Covers the rounding errors of a curve's rate, which is computed in doubles. */
const roundUp = 1 + 2 ** -40;
/** A distance that falls by less than this has not fallen; each hop is charged more, so that the prices' rounding fits. */
const rounding = 1e-14;
const slack = 2 ** -43;

/** Returns the proof that no cycle pays, or a cycle that does. */
export function certify(market: Market): Certificate | PayingCycle {
  const { tokens, size } = market;
  const rates: PoolRate[] = [];
  const best = new Map<number, PoolRate>();
  for (const at of market.pairs()) {
    const pair = market.pair(Math.floor(at / size), at % size);
    for (const { pool, from, to, curve } of pair?.edges ?? []) {
      const rate = { pool: pool.id, tokenIn: from, tokenOut: to, rateUp: curve.rate * roundUp };
      rates.push(rate);
      if (!best.has(at)) best.set(at, rate);
    }
  }
  const shortest = shortestPaths(market, best);
  if ("hops" in shortest) return shortest;
  const price = (index: number) => Math.exp(shortest.distances[index] ?? 0);
  return { tokens: tokens.map((token, index) => ({ token, price: price(index) })), rates };
}

/** Returns the first pool that breaks a certificate, or undefined where it proves what it claims. In exact arithmetic. */
export function refute({ tokens, rates }: Certificate): PoolRate | undefined {
  const prices = new Map(tokens.map(({ token, price }) => [token, fractionOf(price)]));
  return rates.find(({ tokenIn, tokenOut, rateUp }) => {
    const [paid, got] = [prices.get(tokenIn), prices.get(tokenOut)];
    if (paid === undefined || got === undefined) return true;
    const rate = fractionOf(rateUp);
    // rate · got ≤ paid, multiplied out: a double is a fraction of two integers.
    return rate.numerator * got.numerator * paid.denominator > paid.numerator * rate.denominator * got.denominator;
  });
}

interface Fraction {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** Returns exactly what a double is. */
function fractionOf(value: number): Fraction {
  if (!(value > 0 && value < Infinity)) throw new RangeError(`${value} is no price or rate: it has to be above zero.`);
  const bits = new BigUint64Array(new Float64Array([value]).buffer)[0] ?? 0n;
  const mantissa = (bits & ((1n << 52n) - 1n)) | (1n << 52n);
  const exponent = (bits >> 52n) - 1_075n;
  return exponent >= 0n
    ? { numerator: mantissa << exponent, denominator: 1n }
    : { numerator: mantissa, denominator: 1n << -exponent };
}

/**
 * Bellman-Ford over the logarithms of the best rates, from a source that reaches every token: the distances are the
 * prices' logarithms, and a distance that still falls after as many rounds as there are tokens lies on a paying cycle.
 */
function shortestPaths(
  { size }: Market,
  best: ReadonlyMap<number, PoolRate>,
): { readonly distances: Float64Array } | PayingCycle {
  const distances = new Float64Array(size);
  const last: (PoolRate & { from: number })[] = [];
  let falling = -1;
  for (let round = 0; round <= size; round++) {
    falling = -1;
    for (const [at, rate] of best) {
      const [from, to] = [Math.floor(at / size), at % size];
      const reached = (distances[from] ?? 0) - Math.log(rate.rateUp) - slack;
      if (reached < (distances[to] ?? 0) - rounding) {
        distances[to] = reached;
        last[to] = { ...rate, from };
        falling = to;
      }
    }
    if (falling < 0) return { distances };
  }
  // Every step back from a distance that keeps falling ends on the cycle.
  for (let i = 0; i < size; i++) falling = last[falling]?.from ?? falling;
  const hops: PoolRate[] = [];
  for (let at = falling; hops.length === 0 || at !== falling; ) {
    const hop = last[at];
    if (hop === undefined) break;
    const { from, ...rate } = hop;
    hops.unshift(rate);
    at = from;
  }
  return { hops, product: hops.reduce((product, { rateUp }) => product * rateUp, 1) };
}
