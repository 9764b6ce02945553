import type { DatabaseSync } from "node:sqlite";
import type { Verdict } from "../domain/order.ts";

/**
 * Why an order came to something else than its quotes said. Closed, so that the ledger can count causes.
 *
 * - `quote-error`: the quotes were wrong: the chain says otherwise at the same block
 * - `stale-state`: right at its block, and too old when it met the newest state
 * - `lost-race`: somebody else traded a pool of the route before the transaction was mined
 * - `venue-changed`: a pool of the route, or the loan, changed without a trade: a fee, a pause, a price, liquidity, the clock
 * - `gas`: it ran out of gas, or gas and tip cost more than expected
 */
export const causes = ["stale-state", "lost-race", "quote-error", "venue-changed", "gas"] as const;
export type Cause = (typeof causes)[number];

export interface Explanation {
  readonly cause: Cause;
  /** One sentence with the evidence. */
  readonly detail: string;
}

/** Something that happened to a pool of the route after the order's block and before its transaction. */
export interface PoolChange {
  readonly pool: string;
  readonly kind: "traded" | "traded-by-us" | "changed";
  /** Where it was seen: the transaction, or what differs. */
  readonly detail: string;
}

/** What is known of a settled order. Amounts are in units of its token. */
export interface Evidence {
  readonly status: "landed" | "reverted" | "lost";
  readonly expected: bigint;
  readonly simulated: bigint;
  /** Undefined where nothing landed. */
  readonly realised: bigint | undefined;
  readonly expectedNetUsdE8: bigint;
  readonly netUsdE8: bigint | undefined;
  readonly block: bigint;
  /** The last second at which to execute. */
  readonly deadline: bigint;
  /** Undefined when it was not mined. */
  readonly mined: Mined | undefined;
  /** In the order in which they happened. */
  readonly changes: readonly PoolChange[];
}

export interface Mined {
  readonly block: bigint;
  /** Of the block, in seconds. */
  readonly timestamp: bigint;
  readonly gasUsed: bigint;
  /** Undefined when the transaction was not written down in full. */
  readonly gasLimit: bigint | undefined;
}

/** Returns why a simulation differs from the quotes, or undefined when it does not. */
export function causeOfVerdict(verdict: Verdict): Cause | undefined {
  switch (verdict.kind) {
    case "diverged":
      return "quote-error";
    case "outdated":
      return "stale-state";
    case "confirmed":
    case "refused":
      return undefined;
  }
}

/** Returns why a settled order came to something else than expected, or undefined when it did not. */
export function causeOf(evidence: Evidence): Explanation | undefined {
  const { status, expected, simulated, realised, expectedNetUsdE8, netUsdE8, mined } = evidence;
  if (simulated !== expected) {
    return { cause: "quote-error", detail: `the quotes said ${expected}, the chain ${simulated} at the same block` };
  }
  if (status === "landed" && realised === expected) {
    if (netUsdE8 === undefined || netUsdE8 >= 0n || expectedNetUsdE8 < 0n) return undefined;
    const gas = mined === undefined ? "" : ` for ${mined.gasUsed} gas`;
    return {
      cause: "gas",
      detail: `it paid what was expected and lost by its gas: ${netUsdE8} instead of ${expectedNetUsdE8} of 1e-8 USD${gas}`,
    };
  }
  if (status === "reverted" && mined !== undefined && isOutOfGas(mined)) {
    return { cause: "gas", detail: `it used ${mined.gasUsed} gas of a limit of ${mined.gasLimit}` };
  }
  if (status === "reverted" && mined !== undefined && mined.timestamp > evidence.deadline) {
    const late = mined.timestamp - evidence.deadline;
    return { cause: "stale-state", detail: `block ${mined.block} came ${late} s after the order's deadline` };
  }
  return causeOfChanges(evidence);
}

function causeOfChanges({ changes, block, mined }: Evidence): Explanation {
  const told = (kind: PoolChange["kind"]) => changes.find((change) => change.kind === kind);
  const until = mined === undefined ? "it was given up" : `block ${mined.block}`;
  const between = `between block ${block} and ${until}`;
  const traded = told("traded");
  if (traded !== undefined) {
    return { cause: "lost-race", detail: `${traded.pool} was traded by others ${between}: ${traded.detail}` };
  }
  const own = told("traded-by-us");
  if (own !== undefined) {
    return { cause: "stale-state", detail: `${own.pool} was traded by this key ${between}: ${own.detail}` };
  }
  const changed = told("changed");
  if (changed !== undefined) {
    return { cause: "venue-changed", detail: `${changed.pool} changed without a trade ${between}: ${changed.detail}` };
  }
  if (mined === undefined) {
    return { cause: "stale-state", detail: "it was not mined in time, and no pool of the route had changed" };
  }
  return {
    cause: "venue-changed",
    detail: `no pool of the route logged anything ${between}: the loan, the contract or the clock changed`,
  };
}

/** A call gets 63 of 64 parts of the gas that is left: where a hop runs out of it, the rest is what the contract had kept. */
function isOutOfGas({ gasUsed, gasLimit }: Mined): boolean {
  return gasLimit !== undefined && gasUsed * 64n >= gasLimit * 63n;
}

/** A settled order that came to something else than expected, of which no cause is known. */
export interface Unexplained extends Omit<Evidence, "changes"> {
  readonly opportunity: string;
  /** The transaction that was mined, or the last one that was not. */
  readonly hash: string;
  /** As it was sent: a route's id. */
  readonly route: string;
  /** As it was signed, where it was written down. */
  readonly raw: string | undefined;
}

export interface Causes {
  /** Returns results without a cause that need one, the oldest first. */
  unexplained(limit: number): readonly Unexplained[];
  explain(opportunity: string, explanation: Explanation): void;
  /** Whether a transaction is one of this ledger's. */
  isOurs(hash: string): boolean;
}

export function createCauses(database: DatabaseSync): Causes {
  const differing = database.prepare(
    `SELECT r.*, d.net_usd_e8 AS expected_net_usd_e8, d.deadline, d.block AS order_block,
       coalesce(d.route, o.route) AS route, m.block AS mined_block, m.gas_used, m.mined_at, t.raw
     FROM results r
       JOIN orders d ON d.opportunity = r.opportunity
       JOIN opportunities o ON o.id = r.opportunity
       LEFT JOIN receipts m ON m.hash = r.hash
       LEFT JOIN transactions t ON t.hash = r.hash
     WHERE r.cause IS NULL
       AND (r.status <> 'landed' OR r.realised <> r.expected OR r.simulated <> r.expected
         OR (r.net_usd_e8 LIKE '-%' AND d.net_usd_e8 NOT LIKE '-%'))
     ORDER BY r.settled_at LIMIT ?`,
  );
  const setCause = database.prepare(
    "UPDATE results SET cause = ?, detail = coalesce(detail || ': ', '') || ? WHERE opportunity = ?",
  );
  const transaction = database.prepare("SELECT 1 FROM transactions WHERE hash = ?");
  const optional = (value: unknown) => (value === null ? undefined : BigInt(String(value)));
  return {
    unexplained: (limit) =>
      differing.all(limit).map((row) => ({
        opportunity: String(row.opportunity),
        hash: String(row.hash),
        route: String(row.route),
        raw: row.raw === null ? undefined : String(row.raw),
        status: row.status as Evidence["status"],
        expected: BigInt(String(row.expected)),
        simulated: BigInt(String(row.simulated)),
        realised: optional(row.realised),
        expectedNetUsdE8: BigInt(String(row.expected_net_usd_e8)),
        netUsdE8: optional(row.net_usd_e8),
        block: BigInt(String(row.order_block)),
        deadline: BigInt(String(row.deadline)),
        mined:
          row.mined_block === null
            ? undefined
            : {
                block: BigInt(String(row.mined_block)),
                timestamp: BigInt(String(row.mined_at ?? 0)),
                gasUsed: BigInt(String(row.gas_used)),
                gasLimit: undefined,
              },
      })),
    explain(opportunity, { cause, detail }) {
      setCause.run(cause, detail, opportunity);
    },
    isOurs: (hash) => transaction.get(hash) !== undefined,
  };
}
