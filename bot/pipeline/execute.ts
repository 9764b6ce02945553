import type { Address } from "../config/chains/chain.ts";
import { valueUsdE8 } from "../domain/amount.ts";
import { weiInUsdE8Up } from "../domain/gas.ts";
import { isNoTrade, type NoTrade, noTrade } from "../domain/noTrade.ts";
import type { Order, Trade } from "../domain/order.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { PendingTrade, Settlement } from "../ledger/transactions.ts";
import { stakeOf } from "../risk/limits.ts";
import type { Reservations } from "../risk/reservations.ts";

/** A transaction that is signed and not yet sent: its hash is known, so that it can be written down first. */
export interface SignedTransaction {
  readonly raw: string;
  readonly hash: string;
  readonly nonce: number;
  /** All that it may pay for gas, with the tip. */
  readonly maxGasWei: bigint;
}

/** What the chain says of a mined transaction of `execute`. */
export interface Receipt {
  readonly block: bigint;
  readonly succeeded: boolean;
  readonly gasUsed: bigint;
  readonly gasPriceWei: bigint;
  /** The profit in the contract's event for this order, or undefined when there is no such event. */
  readonly realised: bigint | undefined;
}

export interface ExecutePorts {
  /** Signs the order's transaction, unless what it says is not what was decided. */
  readonly sign: (order: Order, gasLimit: bigint) => Promise<SignedTransaction | NoTrade>;
  readonly broadcast: (raw: string) => Promise<void>;
  readonly receiptOf: (hash: string, orderId: string) => Promise<Receipt | undefined>;
  /** Returns whether the node still knows a transaction that is not mined. */
  readonly isKnown: (hash: string) => Promise<boolean>;
  /** Returns the nonce of the operator's next transaction, counting mined ones only. */
  readonly nextNonce: () => Promise<number>;
  /** Returns how much the treasury's balance of a token grew over a block. */
  readonly treasuryGain: (token: Address, block: bigint) => Promise<bigint>;
  readonly nowSeconds: () => bigint;
  readonly sleepMs: (duration: number) => Promise<void>;
  readonly wording: (error: unknown) => string;
}

/** What settling needs beyond the chain: to value the result in USD. */
export interface Valuation {
  readonly tokenPriceE8: bigint;
  readonly tokenDecimals: number;
  readonly etherPriceE8: bigint;
}

export interface ExecuteOptions {
  readonly receiptTimeoutSeconds: number;
  readonly receiptPollMs: number;
}

/** Carries an order out, or says why it is not. */
export type Execute = (order: Order, simulated: bigint, gas: bigint, valuation: Valuation) => Promise<Trade | NoTrade>;

/** The last stage of shadow mode: everything agrees, and nothing is sent. */
export const executeInShadow: Execute = async () =>
  noTrade("shadow-mode", "not executed: shadow mode. The chain confirms the order; `run --live` sends");

/**
 * The last stage of live mode: writes the transaction down, sends it, waits for its receipt, and compares the profit that
 * the contract's event reports with what the treasury gained.
 */
export function createExecute(
  ledger: Ledger,
  reservations: Reservations,
  ports: ExecutePorts,
  options: ExecuteOptions,
): Execute {
  const settle = settleIn(ledger, reservations);
  return async (order, simulated, gas, valuation) => {
    // A quarter more than the chain's estimate, which was made for the block before.
    const signed = await ports.sign(order, (gas * 5n) / 4n);
    if (isNoTrade(signed)) return signed;
    const { raw, hash, nonce, maxGasWei } = signed;
    const { id: orderId, token, expected } = order;
    const pending = { orderId, hash, nonce, token, expected, simulated };
    const reserved = ledger.transact(() => {
      const reservation = reservations.reserve(stakeOf(order, maxGasWei, valuation), ports.nowSeconds());
      if (!isNoTrade(reservation)) ledger.transactions.recordPending(pending, ports.nowSeconds());
      return reservation;
    });
    if (isNoTrade(reserved)) return reserved;
    let refused: unknown;
    try {
      await ports.broadcast(raw);
    } catch (error) {
      // The node may have taken it all the same: only the receipt tells.
      refused = error;
    }
    const receipt = await waitForReceipt(hash, orderId, refused === undefined, ports, options);
    if (receipt === undefined) {
      if (refused === undefined) {
        return noTrade("not-mined", `${hash} has no receipt after ${options.receiptTimeoutSeconds} s`);
      }
      if (await ports.isKnown(hash))
        return noTrade("not-mined", `${hash} waits in the node: ${ports.wording(refused)}`);
      settle(pending, { kind: "lost" }, ports.nowSeconds());
      return noTrade("send-failed", ports.wording(refused));
    }
    const settlement = await settlementOf(receipt, token, valuation, ports);
    settle(pending, settlement, ports.nowSeconds());
    if (settlement.kind !== "landed") return noTrade("reverted", `${hash} was mined and failed`);
    return { order, simulated, hash, ...settlement.trade };
  };
}

/**
 * Settles what an earlier run left pending, from the chain. Returns what is still open.
 *
 * A transaction that the node does not know any more, and one whose nonce another transaction has used, is lost.
 */
export async function reconcile(
  ledger: Ledger,
  reservations: Reservations,
  ports: ExecutePorts,
  valuationOf: (token: Address) => Valuation | undefined,
): Promise<readonly PendingTrade[]> {
  const settle = settleIn(ledger, reservations);
  const open: PendingTrade[] = [];
  for (const pending of ledger.transactions.pending()) {
    const { orderId, hash, token, nonce } = pending;
    const receipt = await ports.receiptOf(hash, orderId);
    const valuation = valuationOf(token);
    if (receipt !== undefined && valuation !== undefined) {
      settle(pending, await settlementOf(receipt, token, valuation, ports), ports.nowSeconds());
    } else if (receipt === undefined && ((await ports.nextNonce()) > nonce || !(await ports.isKnown(hash)))) {
      settle(pending, { kind: "lost" }, ports.nowSeconds());
    } else {
      open.push(pending);
    }
  }
  return open;
}

/** Returns the function that writes what a transaction ended as, and books or releases its room, both or neither. */
function settleIn(ledger: Ledger, reservations: Reservations) {
  return (pending: PendingTrade, settlement: Settlement, now: bigint): void =>
    ledger.transact(() => {
      ledger.transactions.settle(pending, settlement, now);
      const id = reservations.find({ kind: "order", opportunity: pending.orderId })?.id;
      if (id === undefined) return;
      if (settlement.kind === "lost") reservations.release(id, now);
      else reservations.book(id, settlement, now);
    });
}

async function waitForReceipt(
  hash: string,
  orderId: string,
  accepted: boolean,
  ports: ExecutePorts,
  { receiptTimeoutSeconds, receiptPollMs }: ExecuteOptions,
): Promise<Receipt | undefined> {
  // The timeout counts polls, not the clock: the time that an answer takes comes on top.
  const polls = accepted ? Math.ceil((receiptTimeoutSeconds * 1_000) / receiptPollMs) : 1;
  for (let poll = 0; poll < polls; poll++) {
    const receipt = await ports.receiptOf(hash, orderId);
    if (receipt !== undefined) return receipt;
    await ports.sleepMs(receiptPollMs);
  }
  return undefined;
}

async function settlementOf(
  { block, succeeded, gasUsed, gasPriceWei, realised }: Receipt,
  token: Address,
  { tokenPriceE8, tokenDecimals, etherPriceE8 }: Valuation,
  ports: ExecutePorts,
): Promise<Settlement> {
  const gasWei = gasUsed * gasPriceWei;
  const cost = weiInUsdE8Up(gasWei, etherPriceE8);
  if (!succeeded || realised === undefined) return { kind: "reverted", block, gasUsed, gasWei, netUsdE8: -cost };
  const treasuryGain = await ports.treasuryGain(token, block);
  const value = valueUsdE8(realised, { decimals: tokenDecimals }, tokenPriceE8);
  return {
    kind: "landed",
    gasWei,
    trade: { block, gasUsed, gasPriceWei, realised, treasuryGain },
    netUsdE8: value - cost,
  };
}
