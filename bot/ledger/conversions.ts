import type { DatabaseSync } from "node:sqlite";
import type { Address } from "../config/chains/chain.ts";

/** One transaction of the wallet's own: a conversion, or the approval that one or an order needs. */
export interface ConversionRecord {
  /** The opportunity that it is made for, if it is for one. */
  readonly opportunity: string | undefined;
  /** That it was planned on. */
  readonly block: bigint;
  readonly kind: "wrap" | "unwrap" | "swap" | "approve";
  /** Whose router it calls or approves: undefined for wrapping. */
  readonly deployment: string | undefined;
  /** The zero address is ether. An approval has its token for both. */
  readonly from: Address;
  readonly to: Address;
  /** What it spends, or what is approved. */
  readonly amountIn: bigint;
  /** What its quote says, and what it delivers at least: zero for an approval. */
  readonly quotedOut: bigint;
  readonly minOut: bigint;
  /** What it is for. */
  readonly need: string;
}

/** `planned` was never sent. `pending` may be anything between signed and mined: the ledger's transactions tell. */
export type ConversionStatus = "planned" | "pending" | "done" | "failed";

export interface LedgerConversion extends ConversionRecord {
  readonly id: number;
  readonly status: ConversionStatus;
  /** What the balance grew by. Undefined unless done, and where the node had forgotten the balances. */
  readonly received: bigint | undefined;
  readonly detail: string | undefined;
  /** In seconds. */
  readonly plannedAt: bigint;
  readonly settledAt: bigint | undefined;
}

export interface Conversions {
  /** Writes a conversion down, before its transaction is sent or in place of sending, and returns its id. */
  plan(run: number, record: ConversionRecord, status: "planned" | "pending", detail: string, atSeconds: bigint): number;
  /** Writes what became of it. */
  settle(
    id: number,
    result: { readonly status: "done" | "failed"; readonly received: bigint | undefined; readonly detail: string },
    atSeconds: bigint,
  ): void;
  /** Makes conversions pending again whose transaction is open again, because its block has left the chain. */
  reopen(): void;
  pending(): readonly LedgerConversion[];
  /** Returns the newest ones of a status, the newest first. */
  newest(status: ConversionStatus, count: number): readonly LedgerConversion[];
}

export function createConversions(database: DatabaseSync): Conversions {
  const insert = database.prepare(
    `INSERT INTO conversions (run, opportunity, block, kind, deployment, token_in, token_out, amount_in, quoted_out,
       min_out, need, status, detail, planned_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
  );
  const setResult = database.prepare(
    "UPDATE conversions SET status = ?, received = ?, detail = ?, settled_at = ? WHERE id = ?",
  );
  const reopen = database.prepare(
    `UPDATE conversions SET status = 'pending', received = NULL, settled_at = NULL
     WHERE status IN ('done', 'failed') AND id IN
       (SELECT conversion FROM transactions WHERE conversion IS NOT NULL AND status IN ('signed', 'sent'))`,
  );
  const pending = database.prepare("SELECT * FROM conversions WHERE status = 'pending' ORDER BY id");
  const newest = database.prepare("SELECT * FROM conversions WHERE status = ? ORDER BY id DESC LIMIT ?");

  return {
    plan(
      run,
      { opportunity, block, kind, deployment, from, to, amountIn, quotedOut, minOut, need },
      status,
      detail,
      at,
    ) {
      const amounts = [amountIn, quotedOut, minOut].map(String);
      const names = [opportunity ?? null, block, kind, deployment ?? null, from, to] as const;
      const row = insert.get(run, ...names, ...amounts, need, status, detail, at);
      return Number(row?.id);
    },
    settle(id, { status, received, detail }, at) {
      setResult.run(status, received?.toString() ?? null, detail, at, id);
    },
    reopen() {
      reopen.run();
    },
    pending() {
      return pending.all().map(conversionFrom);
    },
    newest(status, count) {
      return newest.all(status, count).map(conversionFrom);
    },
  };
}

function conversionFrom(row: Record<string, unknown>): LedgerConversion {
  const optional = <T>(value: unknown, of: (value: string) => T) => (value === null ? undefined : of(String(value)));
  return {
    id: Number(row.id),
    opportunity: optional(row.opportunity, String),
    block: BigInt(String(row.block)),
    kind: row.kind as LedgerConversion["kind"],
    deployment: optional(row.deployment, String),
    from: String(row.token_in),
    to: String(row.token_out),
    amountIn: BigInt(String(row.amount_in)),
    quotedOut: BigInt(String(row.quoted_out)),
    minOut: BigInt(String(row.min_out)),
    need: String(row.need),
    status: row.status as ConversionStatus,
    received: optional(row.received, BigInt),
    detail: optional(row.detail, String),
    plannedAt: BigInt(String(row.planned_at)),
    settledAt: optional(row.settled_at, BigInt),
  };
}
