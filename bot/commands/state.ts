import { formatEther, formatUnits } from "ethers";
import { formatUsd } from "../domain/amount.ts";
import { openReader } from "../ledger/database.ts";
import { openLedger } from "../ledger/ledger.ts";
import { createRiskRecords } from "../ledger/risk.ts";
import { type Room, roomUnder } from "../risk/limits.ts";
import type { RiskChange, RiskState } from "../risk/state.ts";
import type { LedgerContext } from "./context.ts";
import { drawTable } from "./present.ts";

export interface StateOptions {
  /** The operator's words. */
  readonly reason: string;
}

const nowSeconds = () => BigInt(Math.floor(Date.now() / 1_000));

type Wanted = Extract<RiskChange, { kind: "pause" | "resume" }>;

/** Lets nothing be sent until `resume`. A running bot sees it at its next block. */
export function pause(context: LedgerContext, { reason }: StateOptions): void {
  change(context, { kind: "pause", who: "operator", reason: "paused", detail: reason });
}

/** Goes on after `pause`, or after a halt, whose losses count no more. A running bot sees it at its next block. */
export function resume(context: LedgerContext, { reason }: StateOptions): void {
  change(context, { kind: "resume", who: "operator", reason: "resumed", detail: reason });
}

function change({ settings, json, print }: LedgerContext, wanted: Wanted): void {
  // One that is not there is not made: the bot that is meant works with another.
  openReader(settings.ledgerFile).close();
  const ledger = openLedger(settings.ledgerFile);
  try {
    const [before, after] = ledger.transact(() => [ledger.risk.state(), ledger.risk.change(wanted, nowSeconds())]);
    if (json) print(JSON.stringify({ before: stateJson(before), after: stateJson(after) }));
    else if (after.state !== before.state) print(`${after.state}: it was ${describe(before)}`);
    else print(`${describe(after)}${unchanged[after.state]}`);
  } finally {
    ledger.close();
  }
}

/** Why a state is what it was before. */
const unchanged: Record<RiskState["state"], string> = {
  RUNNING: ". There is nothing to resume",
  DEGRADED: ". It ends by itself",
  PAUSED: "",
  HALTED: ". Nothing is sent in this state: `bot resume` ends it",
};

/** Prints the state, and the room that is left under every limit. */
export function status({ settings, json, print }: LedgerContext): void {
  const database = openReader(settings.ledgerFile);
  try {
    const risk = createRiskRecords(database);
    const state = risk.state();
    const rooms = roomUnder(risk.exposure(nowSeconds()), settings);
    const open = risk.open();
    if (json) {
      const reservations = open.map(({ id, stake }) => ({
        id,
        ...stake.purpose,
        token: stake.token,
        amount: String(stake.amount),
        maxLossUsd: formatUnits(stake.maxLossUsdE8, 8),
        maxGasEther: formatEther(stake.maxGasWei),
      }));
      const room = rooms.map(({ limit, unit, ...values }) => ({
        limit,
        unit,
        ...Object.fromEntries(Object.entries(values).map(([key, value]) => [key, plainAmount(value, unit)])),
      }));
      print(JSON.stringify({ ...stateJson(state), room, reservations }));
      return;
    }
    print(describe(state));
    const format = (value: bigint | undefined, unit: Room["unit"]) =>
      value === undefined ? "unknown" : unit === "USD" ? formatUsd(value) : plainAmount(value, unit);
    print(
      drawTable(
        ["limit", "at most", "settled", "open at worst", "room left"],
        rooms.map(({ limit, unit, most, settled, open, left }) => [
          unit === "ETH" ? `${limit}, ETH` : limit,
          ...[most, settled, open, left].map((value) => format(value, unit)),
        ]),
      ),
    );
    for (const { id, stake } of open) {
      const what =
        stake.purpose.kind === "order"
          ? `order ${stake.purpose.opportunity}`
          : `conversion ${stake.purpose.conversion}`;
      print(
        `Open: reservation ${id} for ${what}, worth ${formatUsd(stake.valueUsdE8)}, at worst ${formatUsd(-stake.maxLossUsdE8)}.`,
      );
    }
  } finally {
    database.close();
  }
}

function describe({ state, sinceSeconds, who, reason, detail }: RiskState): string {
  return sinceSeconds === 0n ? state : `${state} since ${timeOf(sinceSeconds)} by ${who}: ${reason}: ${detail}`;
}

function stateJson({ state, sinceSeconds, who, reason, detail }: RiskState) {
  return { state, since: sinceSeconds === 0n ? null : timeOf(sinceSeconds), who, reason, detail };
}

const timeOf = (seconds: bigint) => new Date(Number(seconds) * 1_000).toISOString();

function plainAmount(value: bigint | undefined, unit: Room["unit"]): string {
  if (value === undefined) return "unknown";
  return unit === "ETH" ? formatEther(value) : unit === "USD" ? formatUnits(value, 8) : String(value);
}
