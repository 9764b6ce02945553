import { isDeepStrictEqual } from "node:util";
import { Interface } from "ethers";
import { isRefusal, type Refusal, type RefusalReason } from "../../bot/domain/quote.ts";
import { decodeRevert } from "../../bot/rpc/revert.ts";
import type { Log } from "../../bot/venues/venue.ts";
import { routerCall } from "../../localnet/routers.ts";
import type { Outcome, Performance, Playground } from "./ground.ts";
import type { Arrangement, FuzzVariant } from "./variant.ts";

/** What is compared of a case. */
export type Check = "quote" | "after" | "estimate" | "follow";

/** How a case ended: the chain paid the quote, both refused, or the bot and the chain differ. */
export type Verdict =
  | { readonly kind: "paid" }
  | { readonly kind: "refused"; readonly reason: RefusalReason }
  | { readonly kind: "differs"; readonly check: Check; readonly detail: string };

const differs = (check: Check, detail: string): Verdict => ({ kind: "differs", check, detail });

/** Two parts in 1e9. */
const estimateTolerance = 2e-9;
const defaultSlackUnits = 2;

/**
 * Compares the bot with the chain in one case: the quote with what arrives, or the refusal with the revert's reason; the
 * state after the swap with what is read; the estimate with the quote; and, in a transaction, the state that follows the
 * events with what is read.
 */
export async function judge(
  playground: Playground,
  variant: FuzzVariant,
  arrangement: Arrangement,
  { inTransaction }: { readonly inTransaction: boolean },
): Promise<Verdict> {
  const performance = performanceOf(playground, arrangement);
  if (!inTransaction) return compare(variant, arrangement, await playground.call(performance));
  const { outcome, logs } = await playground.send(performance);
  const verdict = compare(variant, arrangement, outcome);
  return verdict.kind === "paid" ? (followed(arrangement, outcome, logs) ?? verdict) : verdict;
}

function performanceOf(
  { trader, balanceOf }: Playground,
  { venue, deployment, pool, swap, storage = [], steps = [] }: Arrangement,
): Performance {
  const { tokenIn, tokenOut, amountIn } = swap;
  const hop = venue.encode(deployment, pool, tokenIn, tokenOut);
  const { spender, to, data } = routerCall(deployment, hop, swap, trader);
  return {
    storage: [...storage, balanceOf(tokenIn, trader, amountIn)],
    steps: [...steps, { target: tokenIn, data: erc20.encodeFunctionData("approve", [spender, amountIn]) }],
    reads: venue.reads(pool),
    swap: { call: { target: to, data }, tokenOut },
  };
}

const erc20 = new Interface(["function approve(address spender, uint256 amount)"]);

function compare(variant: FuzzVariant, arrangement: Arrangement, outcome: Outcome): Verdict {
  const { venue, pool, swap } = arrangement;
  const { tokenIn, tokenOut, amountIn } = swap;
  const reason = outcome.swap.success ? undefined : reasonOf(outcome.swap.data);
  const state = venue.decode(pool, outcome.before, outcome.timestamp);
  if (isRefusal(state)) return compareRefusal(variant, state, reason);
  const quoted = venue.quote(pool, state, swap);
  if (isRefusal(quoted)) return compareRefusal(variant, quoted, reason);
  // The router is asked for one unit at least.
  if (quoted === 0n && reason !== undefined && variant.reasons?.[reason]?.includes("zero-output")) {
    return { kind: "refused", reason: "zero-output" };
  }
  if (reason !== undefined) return differs("quote", `quoted ${quoted}, reverted ${reason}`);
  if (quoted !== outcome.received) return differs("quote", `quoted ${quoted}, paid ${outcome.received}`);

  const curve = venue.curve(pool, state, tokenIn, tokenOut);
  if (isRefusal(curve)) return differs("quote", `quoted ${quoted}, but no curve: ${curve.detail}`);
  const expected = curve.after(amountIn);
  const read = venue.decode(pool, outcome.after, outcome.timestamp);
  if (!isDeepStrictEqual(expected, read)) return differs("after", `expected ${show(expected)}, read ${show(read)}`);

  if (Number(amountIn) <= curve.limitIn) {
    const estimate = curve.estimate(Number(amountIn));
    const slack = arrangement.estimateSlack ?? defaultSlackUnits * (1 + curve.rate);
    const off = Math.abs(estimate - Number(quoted));
    // The negation of what holds: a NaN is off as well.
    if (!(off <= slack + estimateTolerance * Number(quoted))) {
      return differs("estimate", `quoted ${quoted}, estimated ${estimate}`);
    }
  }
  return { kind: "paid" };
}

function compareRefusal({ reasons }: FuzzVariant, { refused, detail }: Refusal, reason: string | undefined): Verdict {
  if (reason === undefined) return differs("quote", `refused as ${refused} (${detail}), paid`);
  const named = detail.includes(reason) || reasons?.[reason]?.includes(refused);
  if (!named) return differs("quote", `refused as ${refused} (${detail}), reverted ${reason}`);
  return { kind: "refused", reason: refused };
}

/** Follows the swap's events, and says where that differs from what is read. */
function followed({ venue, pool }: Arrangement, outcome: Outcome, logs: readonly Log[]): Verdict | undefined {
  const listed = venue.follow?.source(pool);
  if (venue.follow === undefined || listed === undefined) return undefined;
  const sources = [listed].flat();
  const { topics, apply, told = (state: unknown) => state } = venue.follow;
  let state: unknown = venue.decode(pool, outcome.before, outcome.timestamp);
  for (const log of logs) {
    const [topic0 = "", topic1] = log.topics;
    const isOurs = sources.some(
      ({ address, topic1: id = topic1 }) =>
        sameHex(log.address, address) && id?.toLowerCase() === topic1?.toLowerCase(),
    );
    if (!isOurs || !topics.includes(topic0)) continue;
    state = apply(pool, state, log);
    if (state === "read") return undefined;
  }
  const read = venue.decode(pool, outcome.after, outcome.timestamp);
  if (isDeepStrictEqual(told(state), told(read))) return undefined;
  return differs("follow", `followed to ${show(state)}, read ${show(read)}`);
}

function sameHex(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** Returns a revert's reason without its prefix: "K" of "UniswapV2: K". */
function reasonOf(data: string): string {
  const { text } = decodeRevert(data, new Interface([]));
  const [, quoted] = /^"(?:[^"]*: )?(.*)"$/.exec(text) ?? [];
  return quoted ?? text;
}

function show(value: unknown): string {
  return JSON.stringify(value, (_, inner) => (typeof inner === "bigint" ? `${inner}` : inner));
}
