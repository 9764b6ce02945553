import { isNoTrade, type NoTrade, noTrade } from "../domain/noTrade.ts";
import type { Opportunity, Order, Verdict } from "../domain/order.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Call } from "../sender/chain.ts";
import type { Sender, Sent, Signed } from "../sender/sender.ts";
import type { Valuation } from "../sender/settle.ts";
import type { Conditions } from "../sender/submission/submission.ts";

/** An order that the chain confirms, with all that the ledger keeps of it. */
export interface Executable {
  readonly block: bigint;
  /** Seconds, of the block. */
  readonly timestamp: bigint;
  readonly opportunity: Opportunity;
  readonly order: Order;
  readonly verdict: Extract<Verdict, { readonly kind: "confirmed" }>;
  readonly valuation: Valuation;
  /** What is paid for a unit of gas on top of the base fee. */
  readonly tipWei: bigint;
  /** Under which a node that takes conditions mines it. */
  readonly conditions: Conditions | undefined;
}

/** Sends an order, or says why it is not sent. That it is sent does not mean that it is executed. */
export type Execute = (executable: Executable) => Promise<Sent | NoTrade>;

export interface ExecutePorts {
  /** Returns the call of `execute`, checked against what sizing decided, or why it is not what it should be. */
  readonly callOf: (order: Order) => Promise<Call | NoTrade>;
  /** Takes room under the risk limits, or says why there is none: inside of the ledger's transaction. */
  readonly reserve: (executable: Executable, signed: Signed) => NoTrade | undefined;
  /** When a block was seen, in milliseconds. */
  readonly seenAtMs: (block: bigint) => number | undefined;
}

/** The last stage of shadow mode: everything agrees, and nothing is sent. */
export const executeInShadow: Execute = async () =>
  noTrade("shadow-mode", "not executed: shadow mode. The chain confirms the order; `run --live` sends");

/**
 * The last stage of live mode: writes the opportunity, its order, the room under the limits and the signed transaction
 * down, in one piece, and sends. What becomes of it is found out by settlement.
 */
export function createExecute(ledger: Ledger, run: number, sender: Sender, ports: ExecutePorts): Execute {
  return async (executable) => {
    const { block, timestamp, opportunity, order, verdict, tipWei, conditions } = executable;
    const pending = pendingOn(order, ledger);
    if (pending !== undefined) return pending;
    const call = await ports.callOf(order);
    if (isNoTrade(call)) return call;
    return sender.send({
      ...call,
      purpose: "order",
      // A quarter more than the chain's estimate, which was made for the block before.
      gasLimit: (verdict.gas * 5n) / 4n,
      seenAtMs: ports.seenAtMs(order.block),
      tipWei,
      conditions,
      record(signed) {
        const refused = ports.reserve(executable, signed);
        if (refused !== undefined) return refused;
        const sent = { hash: signed.hash, nonce: signed.nonce, refusal: undefined };
        ledger.opportunities.record(run, [{ block, timestamp, opportunity, order, verdict, sent, noTrade: undefined }]);
        return { opportunity: order.id };
      },
    });
  };
}

/** Returns that an order which is not settled yet passes a pool of this one: what it leaves there is not known. */
function pendingOn({ route }: Order, ledger: Ledger): NoTrade | undefined {
  for (const { opportunity, hash } of ledger.transactions.open()) {
    const open = opportunity === undefined ? undefined : ledger.opportunities.sentOrder(opportunity);
    const hops = open?.route.split("|") ?? [];
    const shared = route.hops.find(({ pool }) => hops.some((hop) => hop.startsWith(`${pool.id}:`)));
    if (shared !== undefined) {
      return noTrade("trade-pending", `${hash} is not settled yet and passes ${shared.pool.id} too`);
    }
  }
  return undefined;
}
