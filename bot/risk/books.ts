import { larger } from "../domain/amount.ts";
import type { NoTrade } from "../domain/noTrade.ts";
import type { Subject } from "../ledger/transactions.ts";
import type { Stake } from "./limits.ts";
import type { Reservations } from "./reservations.ts";

/**
 * Keeps the reservations of what the sender sends and settles, which it knows by what its transactions belong to. What
 * has no reservation, as what an older version of the program sent, is left alone.
 */
export function createBooks(reservations: Reservations) {
  const withId = <T>({ opportunity, conversion }: Subject, work: (id: number, stake: Stake) => T): T | undefined => {
    const found =
      opportunity !== undefined
        ? reservations.find({ kind: "order", opportunity })
        : conversion !== undefined
          ? reservations.find({ kind: "conversion", conversion })
          : undefined;
    return found && work(found.id, found.stake);
  };
  return {
    /** Books what a subject came to, also when it was released before. */
    book(subject: Subject, netUsdE8: bigint, gasWei: bigint, atSeconds: bigint): void {
      withId(subject, (id) => reservations.book(id, { netUsdE8, gasWei }, atSeconds));
    },
    bookAtWorst(subject: Subject, costUsdE8: bigint, gasWei: bigint, atSeconds: bigint): void {
      withId(subject, (id, { maxLossUsdE8 }) => {
        reservations.book(id, { netUsdE8: -larger(maxLossUsdE8, costUsdE8), gasWei }, atSeconds);
      });
    },
    release(subject: Subject, atSeconds: bigint): void {
      withId(subject, (id) => reservations.release(id, atSeconds));
    },
    reopen(subject: Subject): void {
      withId(subject, reservations.unbook);
    },
    /** Takes more room for what is sent again at a higher price, or says why there is none. */
    raise(subject: Subject, maxGasWei: bigint, atSeconds: bigint): NoTrade | undefined {
      return withId(subject, (id) => reservations.raise(id, maxGasWei, atSeconds));
    },
  };
}
