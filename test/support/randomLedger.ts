import type { DatabaseSync } from "node:sqlite";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { stages } from "../../bot/ledger/totals.ts";
import { seededRandom } from "../../localnet/random.ts";

/** What was written of one opportunity, for a test to add up by itself. */
export interface WrittenOpportunity {
  readonly id: string;
  readonly timestamp: number;
  readonly token: string;
  readonly venues: readonly string[];
  readonly route: string;
  readonly reached: number;
  readonly settledAt: number | undefined;
  readonly status: "landed" | "reverted" | "lost" | undefined;
  readonly realised: bigint;
  readonly netUsdE8: bigint;
  readonly gasWei: bigint;
}

export const ledgerBegin = 1_700_000_000;
export const account = "0x00000000000000000000000000000000000000aa";
const reasons: readonly string[] = ["below-min-profit", "outbid", "diverged", "outdated", "simulation-reverted"];
const routes = [
  "0xp1:A>B|0xp2:B>A",
  "0xp2:B>A|0xp1:A>B",
  "0xp1:A>B|0xp3:B>C|0xp2:C>A",
  "0xp4:A>C|0xp4b:A>C|0xp5:C>A",
] as const;
const venueLists = [
  ["solidly", "woofi"],
  ["woofi", "solidly"],
  ["algebra", "dodo", "solidly"],
  ["balancer", "balancer", "dodo"],
] as const;

/**
 * Writes a ledger with opportunities that got to every stage, over some days, with amounts beyond 64 bits. Some are left
 * unsettled: a transaction that is sent, a reservation that is open.
 */
export function writeRandomLedger(
  database: DatabaseSync,
  { seed, count, days }: { readonly seed: number; readonly count: number; readonly days: number },
): readonly WrittenOpportunity[] {
  const random = seededRandom(seed);
  const upTo = (limit: bigint) => random.bigint(0n, limit - 1n);
  const below = (limit: number) => Number(upTo(BigInt(limit)));
  const one = random.pick;
  const times = Array.from({ length: count }, () => ledgerBegin + below(days * 86_400)).sort((a, b) => a - b);
  const written: WrittenOpportunity[] = [];
  const run = (sql: string, ...values: (string | number | bigint | null)[]) => database.prepare(sql).run(...values);
  database.exec("BEGIN");
  for (const [index, timestamp] of times.entries()) {
    const id = `0x${(seed * 1_000_000 + index).toString(16).padStart(64, "0")}`;
    const block = 1_000 + index;
    const nonce = seed * 10_000 + index;
    const which = below(routes.length);
    const [route, venues] = [routes[which] as string, venueLists[which] as readonly string[]];
    const token = (arbitrum.tokens[which % 2] ?? arbitrum.tokens[0])?.address ?? "";
    const reached = below(stages.length);
    const reason = reached >= 4 ? null : one(reasons);
    run(
      `INSERT INTO opportunities (id, run, block, timestamp, route, venues, token, size_usd_e8, gain_usd_e8, reason, detail)
       VALUES (?, 1, ?, ?, ?, ?, ?, '1', '2', ?, 'd')`,
      ...[id, block, timestamp, route, venues.join(), token, reason],
    );
    const expected = upTo(2n ** 90n);
    if (reached >= 1) {
      run(
        `INSERT INTO orders (opportunity, block, lender, token, amount, fee, expected, min_profit, gas, gas_cost_usd_e8,
           net_usd_e8, deadline) VALUES (?, ?, 'morphoBlue', ?, '5', '0', ?, '1', '300000', '9', '100', ?)`,
        ...[id, block, token, String(expected), timestamp + 30],
      );
    }
    if (reached >= 2) {
      const kind = reached >= 3 ? "confirmed" : one(["diverged", "outdated", "refused"]);
      const cause = kind === "diverged" ? "quote-error" : kind === "outdated" ? "stale-state" : null;
      run(
        "INSERT INTO verdicts (opportunity, kind, simulated, gas, detail, cause) VALUES (?, ?, ?, '1', 'd', ?)",
        ...[id, kind, String(expected), cause],
      );
    }
    let settled: Pick<WrittenOpportunity, "settledAt" | "status" | "realised" | "netUsdE8" | "gasWei"> = {
      settledAt: undefined,
      status: undefined,
      realised: 0n,
      netUsdE8: 0n,
      gasWei: 0n,
    };
    const isSettled = reached === 5 || (reached === 4 && below(4) > 0);
    if (reached >= 4) {
      const hash = `0x${(seed * 1_000_000 + index).toString(16).padStart(64, "f")}`;
      const status = reached === 5 ? "landed" : one(["reverted", "lost"] as const);
      const mined = isSettled && status !== "lost";
      const txStatus = !isSettled ? "sent" : mined ? "mined" : "dropped";
      run(
        `INSERT INTO transactions (hash, purpose, opportunity, account, nonce, policy, status, signed_at_ms, sent_at_ms)
         VALUES (?, 'order', ?, ?, ?, 'plain', ?, ?, ?)`,
        ...[hash, id, account, nonce, txStatus, timestamp * 1_000, timestamp * 1_000],
      );
      run(
        `INSERT INTO reservations (opportunity, route, token, amount, value_usd_e8, max_loss_usd_e8, max_gas_wei, status,
           reserved_at, settled_at) VALUES (?, ?, ?, '5', '6', '7', '8', ?, ?, ?)`,
        ...[id, route, token, isSettled ? "booked" : "open", timestamp, isSettled ? timestamp + 2 : null],
      );
      if (isSettled) {
        const [gasUsed, price] = [300_000n + upTo(10n ** 6n), 10n ** 7n + upTo(10n ** 9n)];
        const realised = status !== "landed" ? 0n : below(5) > 0 ? expected : upTo(2n ** 90n);
        const netUsdE8 = status === "lost" ? 0n : (status === "landed" ? upTo(2n ** 70n) : 0n) - gasUsed;
        const settledAt = timestamp + below(7_200);
        const cause = realised === expected ? null : one(["stale-state", "lost-race", "venue-changed", "gas"]);
        settled = { settledAt, status, realised, netUsdE8, gasWei: mined ? gasUsed * price : 0n };
        if (mined) {
          run(
            "INSERT INTO receipts VALUES (?, ?, NULL, ?, ?, ?, ?)",
            ...[hash, block + 1, status === "landed" ? 1 : 0, String(gasUsed), String(price), settledAt],
          );
          run(
            "INSERT INTO balance_changes VALUES (?, ?, ?, ?, '0', ?, ?)",
            ...[hash, account, token, id, String(realised), block + 1],
          );
        }
        const landed = status === "landed";
        run(
          "INSERT INTO results VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'd', ?)",
          ...[id, status, hash, token, String(expected), String(expected), landed ? String(realised) : null],
          ...[landed ? String(realised) : null, status === "lost" ? null : String(netUsdE8), cause, settledAt],
        );
      }
    }
    written.push({ id, timestamp, token, venues, route, reached: isSettled || reached < 4 ? reached : 4, ...settled });
    if (below(3) === 0) {
      run(
        "INSERT INTO lifetimes (route, first_block, last_block, first_timestamp, last_timestamp, ended) VALUES (?, ?, ?, ?, ?, ?)",
        ...[route, block, block + below(40), timestamp, timestamp + 10, below(10) > 0 ? 1 : 0],
      );
    }
    if (below(4) === 0) {
      run(
        "INSERT INTO quiet_blocks VALUES (?, ?, ?, ?, ?, 'd')",
        ...[block, block + 5, timestamp, 1 + below(6), one(["no-opportunity", "stale-block"])],
      );
    }
    if (below(10) === 0) {
      const hash = `0x${(seed * 1_000_000 + index).toString(16).padStart(64, "c")}`;
      run(
        `INSERT INTO conversions (run, block, kind, token_in, token_out, amount_in, quoted_out, min_out, need, status,
           planned_at) VALUES (1, ?, 'wrap', 'E', 'W', '1', '1', '1', 'gas', ?, ?)`,
        ...[block, one(["done", "failed", "pending"]), timestamp],
      );
      run(
        `INSERT INTO transactions (hash, purpose, conversion, account, nonce, policy, status, signed_at_ms)
         VALUES (?, 'conversion', (SELECT max(id) FROM conversions), ?, ?, 'plain', 'mined', ?)`,
        ...[hash, account, count + nonce, timestamp * 1_000],
      );
      run("INSERT INTO receipts VALUES (?, ?, NULL, 1, '50000', ?, ?)", hash, block + 1, "20000000", timestamp + 1);
    }
  }
  database.exec("COMMIT");
  return written;
}
