import type { DatabaseSync } from "node:sqlite";
import type { Address } from "../config/chains/chain.ts";
import { transact } from "./database.ts";

/** What a transaction belongs to: an opportunity, a conversion of the wallet's, or neither. */
export interface Subject {
  readonly opportunity?: string | undefined;
  readonly conversion?: number | undefined;
}

/** A transaction when it is written down: signed, and not yet sent. */
export interface SignedTransaction extends Subject {
  readonly hash: string;
  readonly purpose: "order" | "conversion" | "cancel";
  readonly account: Address;
  readonly nonce: number;
  /** Undefined for what a ledger of version 1 held, which did not keep it. */
  readonly raw: string | undefined;
  /** The submission policy. */
  readonly policy: string;
  readonly maxFeePerGasWei: bigint;
  readonly maxPriorityFeePerGasWei: bigint;
  /** When the block that it answers was seen. */
  readonly seenAtMs: number | undefined;
  readonly signedAtMs: number;
}

/** A transaction of the ledger. `migrations.ts` says what its status means. */
export interface LedgerTransaction extends SignedTransaction {
  readonly status: "signed" | "sent" | "mined" | "superseded" | "dropped";
  readonly detail: string | undefined;
  readonly sentAtMs: number | undefined;
  readonly settledAtMs: number | undefined;
}

/** Where a transaction was mined, and what it cost. */
export interface MinedReceipt {
  readonly block: bigint;
  readonly blockHash: string;
  readonly succeeded: boolean;
  readonly gasUsed: bigint;
  readonly gasPriceWei: bigint;
  /** The block's, in seconds. */
  readonly minedAt: bigint;
}

/** What an order came to. Amounts are in units of `token`. */
export interface OrderResult {
  readonly opportunity: string;
  readonly status: "landed" | "reverted" | "lost";
  /** The transaction that used the nonce, where it is one of the order's, or the last one that did not. */
  readonly hash: string;
  readonly token: Address;
  readonly expected: bigint;
  readonly simulated: bigint;
  /** The profit in the contract's event, and what the treasury gained over the block. Undefined unless landed. */
  readonly realised: bigint | undefined;
  readonly treasuryGain: bigint | undefined;
  /** After gas, in USD with 8 decimals. Undefined where nothing was mined. */
  readonly netUsdE8: bigint | undefined;
  readonly detail: string | undefined;
}

/** What a transaction changed in a balance. The zero address is ether. */
export interface BalanceChange {
  readonly hash: string;
  readonly account: Address;
  readonly token: Address;
  readonly opportunity: string | undefined;
  readonly before: bigint;
  readonly after: bigint;
  readonly block: bigint;
}

/** All transactions of one nonce, in the order in which they were signed. */
export interface NonceTransactions {
  readonly nonce: number;
  readonly transactions: readonly LedgerTransaction[];
}

export interface Transactions {
  /** Gives the transactions of a ledger of version 1, which had one account and did not name it, to that account. */
  adopt(account: Address): void;
  /** Writes a transaction down before it is sent. */
  sign(transaction: SignedTransaction): void;
  /** Writes that it was handed to a node, and by which policy. The first time counts. */
  sent(hash: string, policy: string, atMs: number): void;
  /** Writes the newest word on a transaction. */
  note(hash: string, detail: string): void;
  /** Writes that it can do nothing any more, or was refused: its nonce is free again. */
  drop(hash: string, detail: string, atMs: number): void;
  /** Writes that it was mined: the other transactions of its nonce are superseded. */
  mine(hash: string, receipt: MinedReceipt, atMs: number): void;
  /** Takes all that `mine` and a result wrote back: its block has left the chain. Every transaction of the nonce is open. */
  unmine(hash: string): void;
  /** Writes that a transaction which is not in the ledger has used a nonce. Ours of that nonce are superseded. */
  foreign(account: Address, nonce: number, hash: string | undefined, detail: string, atMs: number): void;
  /** Writes what an order came to, in place of what was written before. */
  setResult(result: OrderResult, atSeconds: bigint): void;
  changeBalance(change: BalanceChange): void;

  /** Returns the nonces of which no transaction is known to be mined: the lowest first. */
  unresolved(account: Address): readonly NonceTransactions[];
  /** Returns what may still be mined, of all accounts: the lowest nonce first. */
  open(): readonly LedgerTransaction[];
  /** Returns the transactions of a conversion, in the order in which they were signed, with the receipt of the mined one. */
  ofConversion(conversion: number): readonly (LedgerTransaction & { readonly receipt: MinedReceipt | undefined })[];
  ofNonce(account: Address, nonce: number): readonly LedgerTransaction[];
  /** Returns the mined transactions from a block on, with their receipts: the newest first. */
  minedSince(account: Address, block: bigint): readonly (LedgerTransaction & { readonly receipt: MinedReceipt })[];
  /** Returns the nonces from `from` on that a transaction has or may still use, foreign ones included. */
  takenNonces(account: Address, from: number): ReadonlySet<number>;
  /** Returns the highest nonce that was used on the chain, as far as the ledger knows. */
  highestUsedNonce(account: Address): number | undefined;
  /** Returns the net results of the settled orders since `sinceSeconds`, the newest first. */
  results(sinceSeconds: bigint): readonly { readonly netUsdE8: bigint; readonly atSeconds: bigint }[];
}

export function createTransactions(database: DatabaseSync): Transactions {
  const insert = database.prepare(
    "INSERT INTO transactions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'signed', NULL, ?, ?, NULL, NULL)",
  );
  const setSent = database.prepare(
    `UPDATE transactions SET status = iif(status = 'signed', 'sent', status),
       policy = iif(sent_at_ms IS NULL, ?, policy), sent_at_ms = coalesce(sent_at_ms, ?) WHERE hash = ?`,
  );
  const setStatus = database.prepare("UPDATE transactions SET status = ?, settled_at_ms = ? WHERE hash = ?");
  const setDetail = database.prepare("UPDATE transactions SET detail = ? WHERE hash = ?");
  const supersede = database.prepare(
    "UPDATE transactions SET status = 'superseded', settled_at_ms = ? WHERE account = ? AND nonce = ? AND hash <> ?",
  );
  const byHash = database.prepare("SELECT * FROM transactions WHERE hash = ?");
  const byNonce = database.prepare("SELECT * FROM transactions WHERE account = ? AND nonce = ? ORDER BY rowid");
  // Once a nonce is used, nothing of it is signed, sent or dropped any more.
  const unresolved = database.prepare(
    `SELECT * FROM transactions INDEXED BY transactions_by_status
     WHERE account = ? AND status IN ('signed', 'sent', 'dropped') ORDER BY nonce, rowid`,
  );
  const open = database.prepare("SELECT * FROM transactions WHERE status IN ('signed', 'sent') ORDER BY nonce, rowid");
  const insertReceipt = database.prepare("INSERT OR REPLACE INTO receipts VALUES (?, ?, ?, ?, ?, ?, ?)");
  const insertResult = database.prepare(
    "INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, ?, ?)",
  );

  return {
    adopt(account) {
      database.prepare("UPDATE transactions SET account = ? WHERE account = ''").run(account);
    },

    sign({ hash, purpose, opportunity, conversion, account, nonce, raw, policy, ...rest }) {
      const { maxFeePerGasWei, maxPriorityFeePerGasWei, seenAtMs, signedAtMs } = rest;
      insert.run(
        hash,
        purpose,
        opportunity ?? null,
        conversion ?? null,
        account,
        nonce,
        raw ?? null,
        policy,
        String(maxFeePerGasWei),
        String(maxPriorityFeePerGasWei),
        seenAtMs ?? null,
        signedAtMs,
      );
    },

    sent(hash, policy, atMs) {
      setSent.run(policy, atMs, hash);
    },

    note(hash, detail) {
      setDetail.run(detail, hash);
    },

    drop(hash, detail, atMs) {
      transact(database, () => {
        setStatus.run("dropped", atMs, hash);
        setDetail.run(detail, hash);
      });
    },

    mine(hash, { block, blockHash, succeeded, gasUsed, gasPriceWei, minedAt }, atMs) {
      transact(database, () => {
        const { account, nonce } = existing(byHash.get(hash), hash);
        supersede.run(atMs, account, nonce, hash);
        setStatus.run("mined", atMs, hash);
        insertReceipt.run(hash, block, blockHash, succeeded ? 1 : 0, String(gasUsed), String(gasPriceWei), minedAt);
      });
    },

    unmine(hash) {
      transact(database, () => {
        const { account, nonce } = existing(byHash.get(hash), hash);
        const opportunities = "SELECT opportunity FROM transactions WHERE account = ? AND nonce = ?";
        database.prepare(`DELETE FROM results WHERE opportunity IN (${opportunities})`).run(account, nonce);
        database.prepare("DELETE FROM receipts WHERE hash = ?").run(hash);
        database.prepare("DELETE FROM balance_changes WHERE hash = ?").run(hash);
        database
          .prepare("UPDATE transactions SET status = 'sent', settled_at_ms = NULL WHERE account = ? AND nonce = ?")
          .run(account, nonce);
      });
    },

    foreign(account, nonce, hash, detail, atMs) {
      transact(database, () => {
        supersede.run(atMs, account, nonce, "");
        database
          .prepare("INSERT OR REPLACE INTO foreign_transactions VALUES (?, ?, ?, ?, ?)")
          .run(account, nonce, hash ?? null, detail, atMs);
      });
    },

    setResult({ opportunity, status, hash, token, expected, simulated, realised, treasuryGain, netUsdE8, detail }, at) {
      const text = (value: bigint | undefined) => value?.toString() ?? null;
      insertResult.run(
        opportunity,
        status,
        hash,
        token,
        String(expected),
        String(simulated),
        text(realised),
        text(treasuryGain),
        text(netUsdE8),
        detail ?? null,
        at,
      );
    },

    changeBalance({ hash, account, token, opportunity, before, after, block }) {
      database
        .prepare("INSERT OR REPLACE INTO balance_changes VALUES (?, ?, ?, ?, ?, ?, ?)")
        .run(hash, account, token, opportunity ?? null, String(before), String(after), block);
    },

    unresolved(account) {
      const groups = Map.groupBy(unresolved.all(account).map(transactionFrom), ({ nonce }) => nonce);
      return [...groups].map(([nonce, transactions]) => ({ nonce, transactions }));
    },

    open() {
      return open.all().map(transactionFrom);
    },

    ofConversion(conversion) {
      return database
        .prepare(
          "SELECT * FROM transactions LEFT JOIN receipts USING (hash) WHERE conversion = ? ORDER BY transactions.rowid",
        )
        .all(conversion)
        .map((row) => ({ ...transactionFrom(row), receipt: row.block === null ? undefined : receiptFrom(row) }));
    },

    ofNonce(account, nonce) {
      return byNonce.all(account, nonce).map(transactionFrom);
    },

    minedSince(account, block) {
      return database
        .prepare(
          // The new receipts first: nearly all transactions of an account are mined.
          `SELECT * FROM receipts CROSS JOIN transactions USING (hash)
           WHERE block >= ? AND +account = ? AND +status = 'mined' ORDER BY nonce DESC`,
        )
        .all(block, account)
        .map((row) => ({ ...transactionFrom(row), receipt: receiptFrom(row) }));
    },

    takenNonces(account, from) {
      const rows = database
        .prepare(
          `SELECT nonce FROM transactions WHERE account = ? AND nonce >= ? AND status <> 'dropped'
           UNION SELECT nonce FROM foreign_transactions WHERE account = ? AND nonce >= ?`,
        )
        .all(account, from, account, from);
      return new Set(rows.map(({ nonce }) => Number(nonce)));
    },

    highestUsedNonce(account) {
      const row = database
        .prepare(
          `SELECT max(nonce) AS nonce FROM (
             SELECT max(nonce) AS nonce FROM transactions WHERE account = ? AND status = 'mined'
             UNION ALL SELECT max(nonce) FROM foreign_transactions WHERE account = ?)`,
        )
        .get(account, account);
      return row?.nonce === null || row === undefined ? undefined : Number(row.nonce);
    },

    results(since) {
      return database
        .prepare(
          `SELECT net_usd_e8, settled_at FROM results LEFT JOIN transactions USING (hash)
           WHERE net_usd_e8 IS NOT NULL AND settled_at > ? ORDER BY settled_at DESC, nonce DESC`,
        )
        .all(since)
        .map((row) => ({ netUsdE8: BigInt(String(row.net_usd_e8)), atSeconds: BigInt(String(row.settled_at)) }));
    },
  };
}

type Row = Record<string, unknown>;

function existing(row: Row | undefined, hash: string): LedgerTransaction {
  if (row === undefined) throw new Error(`The ledger has no transaction ${hash}.`);
  return transactionFrom(row);
}

function transactionFrom(row: Row): LedgerTransaction {
  const optional = <T>(value: unknown, of: (value: unknown) => T) => (value === null ? undefined : of(value));
  return {
    hash: String(row.hash),
    purpose: row.purpose as LedgerTransaction["purpose"],
    opportunity: optional(row.opportunity, String),
    conversion: optional(row.conversion, Number),
    account: String(row.account),
    nonce: Number(row.nonce),
    raw: optional(row.raw, String),
    policy: String(row.policy),
    maxFeePerGasWei: BigInt(String(row.max_fee_per_gas_wei ?? 0)),
    maxPriorityFeePerGasWei: BigInt(String(row.max_priority_fee_per_gas_wei ?? 0)),
    status: row.status as LedgerTransaction["status"],
    detail: optional(row.detail, String),
    seenAtMs: optional(row.seen_at_ms, Number),
    signedAtMs: Number(row.signed_at_ms),
    sentAtMs: optional(row.sent_at_ms, Number),
    settledAtMs: optional(row.settled_at_ms, Number),
  };
}

function receiptFrom(row: Row): MinedReceipt {
  return {
    block: BigInt(String(row.block)),
    blockHash: String(row.block_hash ?? ""),
    succeeded: row.succeeded === 1,
    gasUsed: BigInt(String(row.gas_used)),
    gasPriceWei: BigInt(String(row.gas_price_wei ?? 0)),
    minedAt: BigInt(String(row.mined_at ?? 0)),
  };
}
