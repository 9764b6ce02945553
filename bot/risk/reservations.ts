import { formatEther } from "ethers";
import { divideUp, formatUsd } from "../domain/amount.ts";
import { type NoTrade, noTrade } from "../domain/noTrade.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Reservation, Settled } from "../ledger/risk.ts";
import { checkRaise, checkStake, haltOf, type PurposeKey, type RiskLimits, type Stake } from "./limits.ts";
import { type HaltingReason, refusalOf } from "./state.ts";

/**
 * Room under the limits: reserved before something is sent, and booked or released after. What is open counts at its
 * worst, so that no order of sends, settlements and restarts exceeds a limit.
 *
 * Every function is synchronous and is part of the caller's `ledger.transact`, if there is one: a transaction and its
 * reservation are written together or not at all.
 */
export interface Reservations {
  /**
   * Reserves room for a stake and returns the reservation's id, or says why there is none.
   *
   * What is reserved already for the same purpose is returned.
   *
   * @throws Error when that was settled, or is less than the stake: nothing is sent twice
   */
  readonly reserve: (stake: Stake, nowSeconds: bigint) => number | NoTrade;
  /**
   * Takes more room for gas, for what replaces or cancels an open transaction, or says why there is none. It is asked in
   * every state: what is open is to be settled also while nothing new is sent.
   */
  readonly raise: (id: number, maxGasWei: bigint, nowSeconds: bigint) => NoTrade | undefined;
  /** Writes what came of it. Halts the bot where a limit is used up, or more was spent than was reserved. */
  readonly book: (id: number, settled: Settled, nowSeconds: bigint) => void;
  /** Gives the room back: nothing was mined, and nothing can be any more. */
  readonly release: (id: number, nowSeconds: bigint) => void;
  /** Takes a booking or a release back: the block that it rested on has left the chain. */
  readonly unbook: (id: number) => void;
  readonly find: (purpose: PurposeKey) => Reservation | undefined;
  /** Returns what is open, the oldest first. */
  readonly open: () => readonly Reservation[];
}

export function createReservations(ledger: Pick<Ledger, "risk" | "transact">, limits: RiskLimits): Reservations {
  const { risk } = ledger;
  return {
    reserve: (stake, now) =>
      ledger.transact(() => {
        const stands = refusalOf(risk.state());
        if (stands !== undefined) return stands;
        const known = risk.find(stake.purpose);
        if (known !== undefined) return idOf(known, stake);
        const exposure = risk.exposure(now);
        const halt = haltOf(exposure, limits, stake.maxLossUsdE8);
        if (halt !== undefined) {
          risk.change({ kind: "halt", who: "limits", ...halt }, now);
          return noTrade(halt.reason, `${halt.detail}. Look into the ledger, then \`bot resume\``);
        }
        return checkStake(stake, exposure, limits) ?? risk.insert(stake, now);
      }),

    raise: (id, maxGasWei, now) =>
      ledger.transact(() => {
        const { status, stake } = risk.get(id);
        if (status !== "open") throw new Error(`Reservation ${id} was ${status}: nothing replaces what is settled.`);
        if (maxGasWei <= stake.maxGasWei) return undefined;
        // The loss grows at most as the gas does, which is a part of it.
        const raised = { ...stake, maxGasWei, maxLossUsdE8: divideUp(stake.maxLossUsdE8 * maxGasWei, stake.maxGasWei) };
        const refused = checkRaise(raised, risk.exposure(now, id), limits);
        if (refused === undefined) risk.raise(id, raised);
        return refused;
      }),

    book: (id, settled, now) =>
      ledger.transact(() => {
        const { status, stake } = risk.get(id);
        if (status === "booked") return;
        const opportunity = stake.purpose.kind === "order" ? stake.purpose.opportunity : undefined;
        const halted = (reason: HaltingReason, detail: string) =>
          risk.change({ kind: "halt", who: "limits", reason, detail, opportunity }, now);
        risk.book(id, settled, now);
        const { gasWei, netUsdE8 } = settled;
        if (gasWei > stake.maxGasWei || -netUsdE8 > stake.maxLossUsdE8) {
          const [net, worst] = [netUsdE8, -stake.maxLossUsdE8].map(formatUsd);
          const detail =
            `reservation ${id} came to ${net} with ${formatEther(gasWei)} ETH of gas, its worst case was ${worst} ` +
            `with ${formatEther(stake.maxGasWei)} ETH`;
          halted("reservation-exceeded", detail);
        }
        const halt = haltOf(risk.exposure(now), limits, 0n);
        if (halt !== undefined) halted(halt.reason, halt.detail);
      }),

    release: (id, now) =>
      ledger.transact(() => {
        const { status } = risk.get(id);
        if (status === "booked") throw new Error(`Reservation ${id} is booked: take the booking back first.`);
        if (status === "open") risk.release(id, now);
      }),

    unbook: (id) =>
      ledger.transact(() => {
        if (risk.get(id).status !== "open") risk.reopen(id);
      }),

    find: risk.find,
    open: risk.open,
  };
}

/** Returns the id of what is reserved for a stake already. */
function idOf({ id, status, stake: reserved }: Reservation, stake: Stake): number {
  if (status !== "open") throw new Error(`Reservation ${id} was ${status}: what it was for is not sent again.`);
  const isCovered =
    stake.token === reserved.token &&
    stake.amount <= reserved.amount &&
    stake.maxGasWei <= reserved.maxGasWei &&
    stake.maxLossUsdE8 <= reserved.maxLossUsdE8;
  if (!isCovered) throw new Error(`Reservation ${id} is for less than what is to be sent: raise it.`);
  return id;
}
