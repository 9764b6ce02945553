import { isRefusal, type Refusal, refuse } from "../domain/quote.ts";
import type { Pool } from "../venues/venue.ts";
import type { CurveOf, Edge } from "./market.ts";
import { finest, type Maximum, maximize, maximizeNear } from "./maximum.ts";

/** Pools between the same two tokens that share what arrives there, with the share of each. The shares add up to one. */
export interface Leg {
  readonly edges: readonly Edge[];
  readonly shares: readonly number[];
}

/** What the loan takes and how large it can be, in units of the route's token. */
export interface Loan {
  readonly feeShare: number;
  readonly limit: number;
  /** Whether the lender's lock covers a pool, so that no leg can be shared with it. Without it there is none. */
  readonly locks?: (pool: Pool) => boolean;
}

/** A leg that one pool has to itself. */
export const wholeLeg = (edge: Edge): Leg => ({ edges: [edge], shares: [1] });

/** Estimates what a route pays for `amountIn`. */
export function estimateLegs(legs: readonly Leg[], amountIn: number): number {
  let held = amountIn;
  for (const leg of legs) held = estimateLeg(leg, held);
  return held;
}

/** Estimates what a route leaves of `amount` after the loan's fee: below zero where it loses. */
export function estimateProfit(legs: readonly Leg[], amount: number, feeShare: number): number {
  return estimateLegs(legs, amount) - amount * (1 + feeShare);
}

function estimateLeg({ edges, shares }: Leg, amountIn: number): number {
  if (edges.length === 1) return edges[0]?.curve.estimate(amountIn) ?? 0;
  let out = 0;
  for (let i = 0; i < edges.length; i++) out += edges[i]?.curve.estimate(amountIn * (shares[i] ?? 0)) ?? 0;
  return out;
}

/**
 * Returns the amount that leaves the most after the loan's fee, and what it leaves, as estimates; at zero where none does.
 *
 * In closed form where every hop is constant-product, otherwise by a search that survives several tops.
 *
 * @param hint an amount near the best one, if one is known
 * @param tolerance how exact the amount is, relative, where it is searched
 */
export function sizeLegs(legs: readonly Leg[], { feeShare, limit }: Loan, hint = 0, tolerance = finest): Maximum {
  const closed = closedForm(legs, feeShare);
  const profitOf = (amount: number) => estimateProfit(legs, amount, feeShare);
  if (closed !== undefined) {
    const at = Math.min(closed, limit);
    if (!(at >= 1)) return { at: 0, value: 0 };
    if (isWithinLimits(legs, at)) return { at, value: profitOf(at) };
  }
  const low = Math.min(1e3, limit);
  if (!(low >= 1)) return { at: 0, value: 0 };
  const top =
    hint > low && hint < limit
      ? maximizeNear(profitOf, hint, low, limit, tolerance)
      : maximize(profitOf, low, limit, tolerance);
  return top.value > 0 ? top : { at: 0, value: 0 };
}

/**
 * Hops of the form out = a·in / (b + c·in) compose to one of the same form, A·x / (B + C·x), which exceeds (1 + fee)·x by
 * the most at x = (√(A·B / (1 + fee)) − B) / C.
 */
function closedForm(legs: readonly Leg[], feeShare: number): number | undefined {
  let [A, B, C] = [1, 1, 0];
  for (const { edges } of legs) {
    const product = edges[0]?.curve.product;
    if (product === undefined || edges.length > 1) return undefined;
    const { reserveIn, reserveOut, kept } = product;
    // Scaled by reserveIn, which keeps the numbers near one.
    const [a, c] = [(kept * reserveOut) / reserveIn, kept / reserveIn];
    [A, C] = [a * A, C + c * A];
  }
  const root = Math.sqrt((A * B) / (1 + feeShare));
  return root > B ? (root - B) / C : 0;
}

/** Whether no hop of legs of one pool each gets more than its curve is good for. */
function isWithinLimits(legs: readonly Leg[], amount: number): boolean {
  let held = amount;
  return legs.every(({ edges: [edge] }) => {
    const fits = edge !== undefined && held <= edge.curve.limitIn;
    held = edge?.curve.estimate(held) ?? 0;
    return fits;
  });
}

/** One hop of an order in integers: what goes in, and what its quote says comes out. */
export interface SizedHop {
  readonly edge: Edge;
  readonly amountIn: bigint;
  readonly amountOut: bigint;
}

const shareBits = 40;

/**
 * Quotes a route exactly, hop by hop: a pool that is passed twice is quoted at its state after the first swap. Of a leg
 * with several pools the last takes what the shares, rounded down, have left.
 */
export function quoteLegs(legs: readonly Leg[], amount: bigint, curveOf: CurveOf): readonly SizedHop[] | Refusal {
  const hops: SizedHop[] = [];
  let held = amount;
  for (const { edges, shares } of legs) {
    let rest = held;
    let out = 0n;
    for (let i = 0; i < edges.length; i++) {
      const edge = edges[i] as Edge;
      const last = i === edges.length - 1;
      const amountIn = last
        ? rest
        : (held * BigInt(Math.floor((shares[i] ?? 0) * 2 ** shareBits))) >> BigInt(shareBits);
      const curve = curveNow(edge, hops, curveOf);
      if (isRefusal(curve)) return curve;
      const amountOut = curve.quote(amountIn);
      if (isRefusal(amountOut)) return amountOut;
      hops.push({ edge, amountIn, amountOut });
      rest -= amountIn;
      out += amountOut;
    }
    held = out;
  }
  return hops;
}

/** Returns an edge's curve at the pool's state after the hops before, where they pass the same pool. */
function curveNow(edge: Edge, before: readonly SizedHop[], curveOf: CurveOf): Edge["curve"] | Refusal {
  let state: unknown;
  for (const hop of before) {
    if (hop.edge.pool !== edge.pool) continue;
    const curve =
      state === undefined ? hop.edge.curve : curveOf({ pool: edge.pool, state }, hop.edge.from, hop.edge.to);
    if (isRefusal(curve)) return curve;
    state = curve.after(hop.amountIn);
    if (isRefusal(state)) return state;
  }
  return state === undefined ? edge.curve : curveOf({ pool: edge.pool, state }, edge.from, edge.to);
}

/** Returns what a route pays for exactly `amount`, in units of its token, or the refusal of a hop. */
export function outputOf(legs: readonly Leg[], amount: bigint, curveOf: CurveOf): bigint | Refusal {
  const hops = quoteLegs(legs, amount, curveOf);
  if (isRefusal(hops)) return hops;
  const { edges } = legs.at(-1) ?? { edges: [] };
  const paid = hops.slice(hops.length - edges.length);
  return paid.length === 0
    ? refuse("zero-amount", "a route has a hop")
    : paid.reduce((sum, hop) => sum + hop.amountOut, 0n);
}
