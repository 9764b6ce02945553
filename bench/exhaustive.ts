import type { Address } from "../bot/config/chains/chain.ts";
import type { Curve } from "../bot/domain/curve.ts";
import { isRefusal } from "../bot/domain/quote.ts";
import type { Hop, Route } from "../bot/domain/route.ts";
import type { PoolState } from "../bot/domain/snapshot.ts";
import { venueOf, venues } from "../bot/venues/registry.ts";

/** The most that a cycle of tokens pays through any of its pools. */
export interface CycleProfit {
  readonly route: Route;
  /** In units of the token that is borrowed. */
  readonly amount: bigint;
  readonly profit: bigint;
}

export interface ExhaustiveParameters {
  /** The token that every cycle begins with. */
  readonly start: Address;
  readonly maxHops: 2 | 3;
  /** The least and the largest size, in units of `start`. */
  readonly low: bigint;
  readonly high: bigint;
  /** Whether to leave out cycles whose pools' rates multiply to one or less: no size of them can pay. */
  readonly byRate: boolean;
}

interface Edge extends Hop {
  readonly curve: Curve;
}

/** Two sizes of the grid stand to each other as 100 to this. */
const gridPercent = 115n;
/** A top of the grid is climbed where it reaches this share of the highest, as one to this. */
const rivalShare = 10n;
const goldenThousandths = 618n;
const climbSteps = 45;

/**
 * Tries every cycle of pools of 2 to `maxHops` hops, without passing a pool or a token twice, at every size of a fine
 * grid, climbs from every top of the grid, and returns the best of every cycle of tokens that pays.
 *
 * It takes nothing from the engine but the exact quotes of its curves, so that the engine can be held against it.
 */
export function exhaustiveSearch(
  states: readonly PoolState[],
  { start, maxHops, low, high, byRate }: ExhaustiveParameters,
): readonly CycleProfit[] {
  const leaving = edgesByToken(states);
  const sizes: bigint[] = [];
  for (let size = low; size <= high; size = (size * gridPercent) / 100n) sizes.push(size);
  const found = new Map<string, CycleProfit>();

  const close = (path: readonly Edge[], outputs: readonly (bigint | undefined)[]) => {
    const best = climb(path, sizes, outputs);
    if (best === undefined || best.profit <= 0n) return;
    const key = path.map(({ tokenIn }) => tokenIn).join(" ");
    const before = found.get(key);
    if (before === undefined || before.profit < best.profit) found.set(key, { route: { hops: path }, ...best });
  };
  const extend = (path: readonly Edge[], rate: number, amounts: readonly (bigint | undefined)[]) => {
    for (const edge of leaving.get(path.at(-1)?.tokenOut ?? start) ?? []) {
      if (path.some(({ pool, tokenOut }) => pool === edge.pool || tokenOut === edge.tokenOut)) continue;
      const closes = edge.tokenOut === start;
      if (closes ? path.length === 0 : path.length + 1 >= maxHops) continue;
      if (closes && byRate && rate * edge.curve.rate <= 1) continue;
      const outputs = amounts.map((amount) => (amount === undefined ? undefined : outputOf(edge, amount)));
      if (closes) close([...path, edge], outputs);
      else extend([...path, edge], rate * edge.curve.rate, outputs);
    }
  };
  extend([], 1, sizes);
  return [...found.values()];
}

function edgesByToken(states: readonly PoolState[]): ReadonlyMap<Address, readonly Edge[]> {
  const leaving = new Map<Address, Edge[]>();
  for (const { pool, state } of states) {
    const { curve: curveOf } = venueOf(venues, pool.venue);
    for (const tokenIn of pool.tokens) {
      for (const tokenOut of pool.tokens) {
        const curve = tokenIn === tokenOut ? undefined : curveOf(pool, state, tokenIn, tokenOut);
        if (curve === undefined || isRefusal(curve)) continue;
        const edge = { pool, tokenIn, tokenOut, curve };
        const edges = leaving.get(tokenIn);
        if (edges === undefined) leaving.set(tokenIn, [edge]);
        else edges.push(edge);
      }
    }
  }
  return leaving;
}

function outputOf({ curve }: Edge, amountIn: bigint): bigint | undefined {
  const out = curve.quote(amountIn);
  return typeof out === "bigint" ? out : undefined;
}

/** Returns the size that pays the most, from the tops of the grid upward. */
function climb(
  path: readonly Edge[],
  sizes: readonly bigint[],
  outputs: readonly (bigint | undefined)[],
): { readonly amount: bigint; readonly profit: bigint } | undefined {
  let best: { amount: bigint; profit: bigint } | undefined;
  const profitOf = (amount: bigint, out: bigint | undefined): bigint | undefined => {
    const profit = out === undefined ? undefined : out - amount;
    if (profit !== undefined && (best === undefined || profit > best.profit)) best = { amount, profit };
    return profit;
  };
  const profits = sizes.map((size, index) => profitOf(size, outputs[index]));
  const highest = best?.profit ?? 0n;
  if (highest <= 0n) return best;
  for (const [index, profit] of profits.entries()) {
    if (profit === undefined || profit * rivalShare < highest) continue;
    const [before, after] = [profits[index - 1], profits[index + 1]];
    if ((before !== undefined && before > profit) || (after !== undefined && after > profit)) continue;
    const size = sizes[index] ?? 0n;
    golden((amount) => profitOf(amount, outputAlong(path, amount)), sizes[index - 1] ?? size, sizes[index + 1] ?? size);
  }
  return best;
}

function outputAlong(path: readonly Edge[], amount: bigint): bigint | undefined {
  let held: bigint | undefined = amount;
  for (const edge of path) {
    if (held === undefined || held === 0n) return undefined;
    held = outputOf(edge, held);
  }
  return held;
}

/** A golden section from `low` to `high` that shows `see` every size it comes by. */
function golden(see: (amount: bigint) => bigint | undefined, low: bigint, high: bigint): void {
  const inner = () => ((high - low) * goldenThousandths) / 1_000n;
  let [left, right] = [high - inner(), low + inner()];
  let [atLeft, atRight] = [see(left), see(right)];
  for (let step = 0; step < climbSteps && high - low > 3n; step++) {
    if (atRight === undefined || (atLeft !== undefined && atLeft >= atRight)) {
      [high, right, atRight] = [right, left, atLeft];
      left = high - inner();
      atLeft = see(left);
    } else {
      [low, left, atLeft] = [left, right, atRight];
      right = low + inner();
      atRight = see(right);
    }
  }
}
