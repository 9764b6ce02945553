import type { DatabaseSync } from "node:sqlite";
import type { Trade } from "../domain/order.ts";
import { transact } from "./database.ts";

/** A transaction that was written down before it was sent and has no receipt yet. */
export interface PendingTrade {
  /** The opportunity's id. */
  readonly orderId: string;
  readonly hash: string;
  readonly nonce: number;
  readonly token: string;
  readonly expected: bigint;
  readonly simulated: bigint;
}

/** What a transaction ended as, with its effect in USD (8 decimals) after gas. */
export type Settlement =
  | { readonly kind: "landed"; readonly trade: SettledTrade; readonly netUsdE8: bigint }
  | { readonly kind: "reverted"; readonly block: bigint; readonly gasUsed: bigint; readonly netUsdE8: bigint }
  | { readonly kind: "lost" };

export type SettledTrade = Pick<Trade, "block" | "gasUsed" | "gasPriceWei" | "realised" | "treasuryGain">;

export interface Transactions {
  /** Writes a transaction down before it is sent. */
  recordPending(pending: PendingTrade, sentAtSeconds: bigint): void;
  settle(pending: PendingTrade, settlement: Settlement, atSeconds: bigint): void;
  pending(): readonly PendingTrade[];
  /** Returns the net results of the settled transactions since `sinceSeconds`, the newest first. */
  results(sinceSeconds: bigint): readonly { readonly netUsdE8: bigint; readonly atSeconds: bigint }[];
}

export function createTransactions(database: DatabaseSync): Transactions {
  return {
    recordPending({ orderId, hash, nonce, token, expected, simulated }, at) {
      transact(database, () => {
        database
          .prepare(
            `INSERT INTO transactions (hash, purpose, opportunity, account, nonce, policy, status, detail, signed_at_ms, sent_at_ms)
             VALUES (?, 'order', ?, '', ?, 'plain', 'sent', ?, ?, ?)`,
          )
          .run(hash, orderId, nonce, JSON.stringify([token, `${expected}`, `${simulated}`]), at * 1000n, at * 1000n);
      });
    },

    settle({ orderId, hash, token, expected, simulated }, settlement, at) {
      const trade = settlement.kind === "landed" ? settlement.trade : undefined;
      const mined = settlement.kind === "lost" ? undefined : (trade ?? settlement);
      transact(database, () => {
        database
          .prepare("UPDATE transactions SET status = ?, settled_at_ms = ? WHERE hash = ?")
          .run(mined === undefined ? "dropped" : "mined", at * 1000n, hash);
        if (mined !== undefined && "block" in mined) {
          const gasPrice = trade === undefined ? null : String(trade.gasPriceWei);
          database
            .prepare("INSERT INTO receipts VALUES (?, ?, NULL, ?, ?, ?, ?)")
            .run(hash, mined.block, trade === undefined ? 0 : 1, String(mined.gasUsed), gasPrice, at);
        }
        const amounts = [trade?.realised, trade?.treasuryGain].map((value) => value?.toString() ?? null);
        const net = settlement.kind === "lost" ? null : String(settlement.netUsdE8);
        database
          .prepare("INSERT INTO results VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL, ?)")
          .run(
            orderId,
            settlement.kind,
            hash,
            token,
            String(expected),
            String(simulated),
            ...(amounts as [string, string]),
            net,
            at,
          );
      });
    },

    pending() {
      return database
        .prepare("SELECT * FROM transactions WHERE status IN ('signed', 'sent') ORDER BY nonce")
        .all()
        .map((row) => {
          const [token, expected, simulated] = JSON.parse(String(row.detail)) as [string, string, string];
          return {
            orderId: String(row.opportunity),
            hash: String(row.hash),
            nonce: Number(row.nonce),
            token,
            expected: BigInt(expected),
            simulated: BigInt(simulated),
          };
        });
    },

    results(since) {
      return database
        .prepare(
          `SELECT net_usd_e8, settled_at FROM results JOIN transactions USING (hash)
           WHERE net_usd_e8 IS NOT NULL AND settled_at > ? ORDER BY settled_at DESC, nonce DESC`,
        )
        .all(since)
        .map((row) => ({ netUsdE8: BigInt(String(row.net_usd_e8)), atSeconds: BigInt(String(row.settled_at)) }));
    },
  };
}
