import { type NoTrade, type NoTradeReason, noTrade } from "../domain/noTrade.ts";

/**
 * What the bot may do.
 *
 * - RUNNING: trades
 * - DEGRADED: sends nothing, because the chain or the RPC cannot be relied on; ends by itself
 * - PAUSED: sends nothing, because the operator said so, until `bot resume`
 * - HALTED: sends nothing, because a person has to look, until `bot resume`
 */
export const riskStateNames = ["RUNNING", "DEGRADED", "PAUSED", "HALTED"] as const;
export type RiskStateName = (typeof riskStateNames)[number];

/** The state that the bot is in, and how it came to it. */
export interface RiskState {
  readonly state: RiskStateName;
  readonly sinceSeconds: bigint;
  /** `operator`, or the name of the check that set it. */
  readonly who: string;
  readonly reason: string;
  /** The actual value and the limit, or the operator's words. */
  readonly detail: string;
}

/** What makes the bot DEGRADED: reasons why a whole block brings no trade, that end without a person. */
export const degradingReasons = [
  "wrong-chain",
  "rpc-failed",
  "rpc-lagging",
  "rpc-disagreement",
  "stale-block",
  "sequencer-down",
  "sequencer-restarted",
] as const satisfies readonly NoTradeReason[];
export type DegradingReason = (typeof degradingReasons)[number];

/**
 * What makes the bot HALTED.
 *
 * - `loss-streak`, `daily-loss`, `rolling-loss`: a limit is used up
 * - `reservation-exceeded`: a transaction cost more than was reserved as its worst
 * - `foreign-transaction`: the key signed a transaction that the ledger does not know
 * - `ledger-mismatch`: the ledger's audit found something else on the chain
 * - `treasury-mismatch`: the treasury gained something else than the contract's event reports
 */
export const haltingReasons = [
  "loss-streak",
  "daily-loss",
  "rolling-loss",
  "reservation-exceeded",
  "foreign-transaction",
  "ledger-mismatch",
  "treasury-mismatch",
] as const;
export type HaltingReason = (typeof haltingReasons)[number];

/** Something that may change the state. */
export type RiskChange =
  | { readonly kind: "degrade"; readonly who: string; readonly reason: DegradingReason; readonly detail: string }
  | { readonly kind: "recover"; readonly who: string; readonly reason: "healthy"; readonly detail: string }
  | { readonly kind: "pause"; readonly who: string; readonly reason: "paused"; readonly detail: string }
  | { readonly kind: "resume"; readonly who: string; readonly reason: "resumed"; readonly detail: string }
  | {
      readonly kind: "halt";
      readonly who: string;
      readonly reason: HaltingReason;
      readonly detail: string;
      /** The opportunity whose result it was, where it was one. */
      readonly opportunity?: string | undefined;
    };

/** Where each change leads from each state. Nothing but a person leads out of PAUSED and HALTED. */
const next: Record<RiskStateName, Record<RiskChange["kind"], RiskStateName>> = {
  RUNNING: { degrade: "DEGRADED", recover: "RUNNING", pause: "PAUSED", resume: "RUNNING", halt: "HALTED" },
  DEGRADED: { degrade: "DEGRADED", recover: "RUNNING", pause: "PAUSED", resume: "DEGRADED", halt: "HALTED" },
  PAUSED: { degrade: "PAUSED", recover: "PAUSED", pause: "PAUSED", resume: "RUNNING", halt: "HALTED" },
  HALTED: { degrade: "HALTED", recover: "HALTED", pause: "HALTED", resume: "RUNNING", halt: "HALTED" },
};

/** The state of a ledger in which nothing has happened yet. */
export const initialState: RiskState = {
  state: "RUNNING",
  sinceSeconds: 0n,
  who: "ledger",
  reason: "new",
  detail: "nothing has happened yet",
};

/** Returns the state that a change leads to, or the same object where it changes nothing that is worth a record. */
export function transition(from: RiskState, { kind, who, reason, detail }: RiskChange, atSeconds: bigint): RiskState {
  const state = next[from.state][kind];
  // A second reason for the same state is one more thing to look into.
  const another = reason !== from.reason && (kind === "halt" || (kind === "degrade" && state === "DEGRADED"));
  return state === from.state && !another ? from : { state, sinceSeconds: atSeconds, who, reason, detail };
}

/** Returns why nothing may be sent in this state, or undefined. */
export function refusalOf({ state, sinceSeconds, who, reason, detail }: RiskState): NoTrade | undefined {
  const since = `since ${new Date(Number(sinceSeconds) * 1_000).toISOString()} by ${who}: ${reason}: ${detail}`;
  switch (state) {
    case "RUNNING":
      return undefined;
    case "DEGRADED":
      return noTrade("degraded", `${since}. It ends by itself`);
    case "PAUSED":
      return noTrade("paused", `${since}. \`bot resume\` ends it`);
    case "HALTED":
      return noTrade("halted", `${since}. Look into the ledger, then \`bot resume\``);
  }
}

/** Narrows a reason to those that degrade. */
export function isDegrading(reason: NoTradeReason): reason is DegradingReason {
  return (degradingReasons as readonly string[]).includes(reason);
}
