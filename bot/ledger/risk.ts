import type { DatabaseSync } from "node:sqlite";
import type { Exposure, OpenStake, Purpose, PurposeKey, Stake } from "../risk/limits.ts";
import { initialState, type RiskChange, type RiskState, type RiskStateName, transition } from "../risk/state.ts";
import { transact } from "./database.ts";

/** Room under the limits that was taken: `open` counts at its worst, `released` for nothing, `booked` for what it was. */
export interface Reservation {
  readonly id: number;
  readonly stake: Stake;
  readonly status: "open" | "released" | "booked";
}

/** What a transaction came to. */
export interface Settled {
  /** After gas, below zero for a loss. */
  readonly netUsdE8: bigint;
  /** With the tip. */
  readonly gasWei: bigint;
}

export interface RiskRecords {
  /** Returns the state that the ledger was left in, whoever set it. */
  state(): RiskState;
  /** Applies a change, and returns the state after it. `resume` out of HALTED acknowledges the losses up to now. */
  change(change: RiskChange, atSeconds: bigint): RiskState;
  /** Writes what the wallet is worth, unless the UTC day has a value already. */
  noteCapital(valueUsdE8: bigint, atSeconds: bigint): void;
  /** Returns what is at stake and what was lost, without the open reservation `exceptId`. */
  exposure(atSeconds: bigint, exceptId?: number): Exposure;
  /** Returns the reservation for something, or undefined. */
  find(purpose: PurposeKey): Reservation | undefined;
  get(id: number): Reservation;
  open(): readonly Reservation[];
  insert(stake: Stake, atSeconds: bigint): number;
  /** Replaces the worst case of an open reservation. */
  raise(id: number, worst: Pick<Stake, "maxGasWei" | "maxLossUsdE8">): void;
  book(id: number, settled: Settled, atSeconds: bigint): void;
  release(id: number, atSeconds: bigint): void;
  reopen(id: number): void;
}

const daySeconds = 86_400n;
const dayOf = (seconds: bigint) => new Date(Number(seconds) * 1_000).toISOString().slice(0, 10);
const startOfDay = (seconds: bigint) => seconds - (seconds % daySeconds);

export function createRiskRecords(database: DatabaseSync): RiskRecords {
  const lastEvent = database.prepare("SELECT * FROM risk_events ORDER BY id DESC LIMIT 1");
  const openRows = database.prepare("SELECT * FROM reservations WHERE status = 'open' ORDER BY id");
  // In lists, because a day may have thousands of rows, and an order waits for the answer.
  const bookedSince = database.prepare(
    `SELECT settled_at > ? AS in_hour, settled_at >= ? AS today, acknowledged, group_concat(net_usd_e8) AS nets,
       group_concat(gas_wei) AS gases
     FROM reservations WHERE status = 'booked' AND settled_at > ? GROUP BY 1, 2, 3`,
  );
  // A row's place among what was booked, not its second, says what came after what.
  const newestBooked = database.prepare(
    `SELECT net_usd_e8, acknowledged FROM reservations
     WHERE place IS NOT NULL AND status = 'booked' AND opportunity IS NOT NULL ORDER BY place DESC`,
  );
  const reservedSince = database.prepare(
    "SELECT count(*) AS orders FROM reservations WHERE opportunity IS NOT NULL AND reserved_at > ?",
  );
  const capitalOf = database.prepare("SELECT value_usd_e8 FROM days WHERE day = ?");

  const state = (): RiskState => {
    const row = lastEvent.get();
    if (row === undefined) return initialState;
    return {
      state: String(row.state) as RiskStateName,
      sinceSeconds: BigInt(Number(row.at)),
      who: String(row.who),
      reason: String(row.reason),
      detail: String(row.detail),
    };
  };
  const lossesInARow = (): number => {
    let losses = 0;
    for (const { net_usd_e8: net, acknowledged } of newestBooked.iterate()) {
      // What was booked before something acknowledged is acknowledged too.
      if (acknowledged === 1 || BigInt(String(net)) >= 0n) break;
      losses += 1;
    }
    return losses;
  };
  const capital = (day: string): bigint | undefined => {
    const row = capitalOf.get(day);
    return row === undefined ? undefined : BigInt(String(row.value_usd_e8));
  };

  return {
    state,

    change(change, at) {
      return transact(database, () => {
        const before = state();
        const after = transition(before, change, at);
        if (after === before) return before;
        const opportunity = change.kind === "halt" ? change.opportunity : undefined;
        database
          .prepare("INSERT INTO risk_events (at, state, who, reason, detail, opportunity) VALUES (?, ?, ?, ?, ?, ?)")
          .run(at, after.state, after.who, after.reason, after.detail, opportunity ?? null);
        if (change.kind === "resume") {
          if (before.state === "HALTED") {
            database.exec("UPDATE reservations SET acknowledged = 1 WHERE status = 'booked'");
          }
          // The percentage is of what the wallet is worth from now on.
          database.prepare("DELETE FROM days WHERE day IN (?, ?)").run(dayOf(at), dayOf(at - daySeconds));
        }
        return after;
      });
    },

    noteCapital(value, at) {
      // Asked first, because even a write that changes nothing takes the ledger's lock.
      if (capital(dayOf(at)) !== undefined) return;
      database.prepare("INSERT OR IGNORE INTO days VALUES (?, ?)").run(dayOf(at), String(value));
    },

    exposure(at, exceptId) {
      const [hourAgo, dayAgo, today] = [at - 3_600n, at - daySeconds, startOfDay(at)];
      let [lostToday, lostIn24Hours, gasInHour, gasIn24Hours] = [0n, 0n, 0n, 0n];
      for (const { in_hour: inHour, today: isToday, acknowledged, nets, gases } of bookedSince.all(
        hourAgo,
        today,
        dayAgo,
      )) {
        const gas = sumOf(gases);
        gasIn24Hours += gas;
        if (inHour === 1) gasInHour += gas;
        if (acknowledged === 1) continue;
        const lost = -sumOf(nets, (net) => net.startsWith("-"));
        lostIn24Hours += lost;
        if (isToday === 1) lostToday += lost;
      }
      const capitalToday = capital(dayOf(at));
      return {
        open: openRows
          .all()
          .map(reservationOf)
          .filter(({ id }) => id !== exceptId)
          .map(({ stake }): OpenStake => stake),
        lossesInARow: lossesInARow(),
        lostTodayUsdE8: lostToday,
        lostIn24HoursUsdE8: lostIn24Hours,
        gasInHourWei: gasInHour,
        gasIn24HoursWei: gasIn24Hours,
        ordersInMinute: Number(reservedSince.get(at - 60n)?.orders),
        capitalToday,
        capital24HoursAgo: capital(dayOf(dayAgo)) ?? capitalToday,
      };
    },

    find(purpose) {
      const [column, key] =
        purpose.kind === "order" ? ["opportunity", purpose.opportunity] : ["conversion", purpose.conversion];
      const row = database.prepare(`SELECT * FROM reservations WHERE ${column} = ?`).get(key as string | number);
      return row && reservationOf(row);
    },

    get(id) {
      const row = database.prepare("SELECT * FROM reservations WHERE id = ?").get(id);
      if (row === undefined) throw new Error(`The ledger has no reservation ${id}.`);
      return reservationOf(row);
    },

    open: () => openRows.all().map(reservationOf),

    insert({ purpose, token, amount, valueUsdE8, maxLossUsdE8, maxGasWei }, at) {
      const [opportunity, conversion, route] =
        purpose.kind === "order" ? [purpose.opportunity, null, purpose.route] : [null, purpose.conversion, null];
      const { lastInsertRowid } = database
        .prepare(
          `INSERT INTO reservations
             (opportunity, conversion, route, token, amount, value_usd_e8, max_loss_usd_e8, max_gas_wei, status, reserved_at)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'open', ?)`,
        )
        .run(
          opportunity,
          conversion,
          route,
          token,
          String(amount),
          String(valueUsdE8),
          String(maxLossUsdE8),
          String(maxGasWei),
          at,
        );
      return Number(lastInsertRowid);
    },

    raise(id, { maxLossUsdE8, maxGasWei }) {
      database
        .prepare("UPDATE reservations SET max_loss_usd_e8 = ?, max_gas_wei = ? WHERE id = ?")
        .run(String(maxLossUsdE8), String(maxGasWei), id);
    },

    book(id, { netUsdE8, gasWei }, at) {
      database
        .prepare(
          `UPDATE reservations SET status = 'booked', settled_at = ?, net_usd_e8 = ?, gas_wei = ?, acknowledged = 0,
             place = (SELECT coalesce(max(place), 0) + 1 FROM reservations) WHERE id = ?`,
        )
        .run(at, String(netUsdE8), String(gasWei), id);
    },

    release(id, at) {
      database.prepare("UPDATE reservations SET status = 'released', settled_at = ? WHERE id = ?").run(at, id);
    },

    reopen(id) {
      database
        .prepare(
          `UPDATE reservations SET status = 'open', settled_at = NULL, net_usd_e8 = NULL, gas_wei = NULL, place = NULL,
             acknowledged = 0 WHERE id = ?`,
        )
        .run(id);
    },
  };
}

/** Adds up a list of integers, or those that count. */
function sumOf(list: unknown, counts: (integer: string) => boolean = () => true): bigint {
  return String(list)
    .split(",")
    .reduce((sum, integer) => (counts(integer) ? sum + BigInt(integer) : sum), 0n);
}

function reservationOf(row: Readonly<Record<string, unknown>>): Reservation {
  const purpose: Purpose =
    row.opportunity === null
      ? { kind: "conversion", conversion: Number(row.conversion) }
      : { kind: "order", opportunity: String(row.opportunity), route: String(row.route ?? "") };
  return {
    id: Number(row.id),
    stake: {
      purpose,
      token: String(row.token),
      amount: BigInt(String(row.amount)),
      valueUsdE8: BigInt(String(row.value_usd_e8)),
      maxGasWei: BigInt(String(row.max_gas_wei)),
      maxLossUsdE8: BigInt(String(row.max_loss_usd_e8)),
    },
    status: String(row.status) as Reservation["status"],
  };
}
