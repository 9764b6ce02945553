import { type Order, poolsOf, type Verdict } from "../domain/order.ts";
import type { ContractError } from "../rpc/revert.ts";
import { joinedHops } from "./encode.ts";

/** What `eth_call` of `execute` at the order's block said, and the gas estimate at the newest state. */
export type Simulation =
  | { readonly kind: "returned"; readonly profit: bigint; readonly gas: bigint }
  /** It returned at the order's block, and reverts at the newest state. */
  | { readonly kind: "outdated"; readonly profit: bigint; readonly error: ContractError }
  | { readonly kind: "reverted"; readonly error: ContractError };

/** Asks the chain what `execute` would do with an order, from the operator and at the real gas price. */
export type CallExecute = (order: Order) => Promise<Simulation>;

/** Errors of FlashArbitrage that accuse the hop which their first argument counts. */
const hopErrors = new Set(["HopFailed", "HopAnsweredNothing", "HopInputUnspent", "InvalidHopData"]);

/** Errors of FlashArbitrage that accuse the lender. A reason that is none of its errors comes from the lender as well. */
const loanErrors = new Set(["LoanNotDelivered", "UnexpectedLoan", "UnannouncedCallback", "ForeignInitiator"]);

/**
 * Simulates an order at the block of its snapshot, where the quotes have to be right to the wei.
 *
 * A hop that fails, a pool that does not lend, or a profit that differs, is a divergence. Where the chain does not say which pool is at fault, all
 * pools of the order are suspects that `isProven` does not vouch for, or all of them if it vouches for every one.
 */
export async function simulate(
  order: Order,
  callExecute: CallExecute,
  isProven: (poolId: string) => boolean,
): Promise<Verdict> {
  const simulation = await callExecute(order);
  const pools = poolsOf(order).map(({ id }) => id);
  const unproven = pools.filter((id) => !isProven(id));
  const suspects = unproven.length > 0 ? unproven : pools;
  if (simulation.kind !== "reverted") {
    const { profit } = simulation;
    if (profit !== order.expected) {
      return { kind: "diverged", simulated: profit, detail: difference(order, profit), suspects };
    }
    if (simulation.kind === "returned") return { kind: "confirmed", profit, gas: simulation.gas };
    return { kind: "outdated", profit, detail: simulation.error.text };
  }
  const { error } = simulation;
  if (hopErrors.has(error.name)) {
    const accused = joinedHops(order)[Number(error.args[0])]?.map((index) => pools[index] ?? "");
    return {
      kind: "diverged",
      simulated: undefined,
      detail: error.text,
      suspects: accused ?? suspects,
    };
  }
  if (error.name === "InsufficientProfit" && typeof error.args[0] === "bigint" && error.args[0] !== order.expected) {
    return { kind: "diverged", simulated: error.args[0], detail: difference(order, error.args[0]), suspects };
  }
  if (order.source !== undefined && (error.name === "" || loanErrors.has(error.name))) {
    return { kind: "diverged", simulated: undefined, detail: error.text, suspects: [order.source.id] };
  }
  return { kind: "refused", detail: error.text };
}

function difference(order: Order, simulated: bigint): string {
  return `the quotes say ${order.expected}, the chain says ${simulated}`;
}
