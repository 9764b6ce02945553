import type { RiskLimits, Stake } from "../../bot/risk/limits.ts";

/** One stake and what became of it. */
interface Entry {
  readonly stake: Stake;
  readonly reservedAt: bigint;
  status: "open" | "released" | "booked";
  net: bigint;
  gas: bigint;
  settledAt: bigint;
  /** Counts what was booked, from one. */
  place: number;
  acknowledged: boolean;
}

const day = 86_400n;
const sum = (values: readonly bigint[]) => values.reduce((total, value) => total + value, 0n);

/** The limits by their definitions: it keeps all that ever happened, and adds up anew each time. */
export function createRiskModel(limits: RiskLimits) {
  const entries: Entry[] = [];
  const capital = new Map<bigint, bigint>();
  let state: "RUNNING" | "PAUSED" | "HALTED" = "RUNNING";
  let places = 0;

  const isOrder = ({ stake }: Entry) => stake.purpose.kind === "order";
  const open = () => entries.filter(({ status }) => status === "open");
  const booked = () => entries.filter(({ status }) => status === "booked").sort((a, b) => a.place - b.place);

  function streak(): number {
    let losses = 0;
    for (const entry of booked().filter(isOrder)) {
      if (entry.net >= 0n) losses = 0;
      else if (!entry.acknowledged) losses += 1;
    }
    return losses;
  }
  const lostIn = (isIn: (entry: Entry) => boolean) =>
    sum(booked().flatMap((entry) => (isIn(entry) && entry.net < 0n && !entry.acknowledged ? [-entry.net] : [])));
  const lostToday = (now: bigint) => lostIn(({ settledAt }) => settledAt / day === now / day);
  const lostRolling = (now: bigint) => lostIn(({ settledAt }) => settledAt > now - day);
  const gasSince = (since: bigint) => sum(booked().flatMap(({ settledAt, gas }) => (settledAt > since ? [gas] : [])));
  const share = (value: bigint | undefined) =>
    value === undefined ? undefined : (value * limits.maxDailyLossBps) / 10_000n;
  const limitToday = (now: bigint) => share(capital.get(now / day));
  const limitRolling = (now: bigint) => share(capital.get(now / day - 1n) ?? capital.get(now / day));

  /** Whether a person has to look, if something with this worst case is to be sent. */
  function isSpent(now: bigint, worst: bigint): boolean {
    const spent = (lost: bigint, limit: bigint | undefined) =>
      limit !== undefined && lost > 0n && (lost >= limit || (lost + worst > limit && 10n * lost >= 9n * limit));
    return (
      streak() >= limits.maxLossesInARow ||
      spent(lostToday(now), limitToday(now)) ||
      spent(lostRolling(now), limitRolling(now))
    );
  }

  return {
    entries,
    state: () => state,
    isSpent,

    /** Returns the reasons for which a stake has to be refused while the state is RUNNING and nothing is spent. */
    reasonsAgainst(stake: Stake, now: bigint): ReadonlySet<string> {
      const reasons = new Set<string>();
      const orders = open().filter(isOrder);
      const worstLoss = sum(open().map((entry) => entry.stake.maxLossUsdE8)) + stake.maxLossUsdE8;
      const worstGas = sum(open().map((entry) => entry.stake.maxGasWei)) + stake.maxGasWei;
      const most = limits.maxOrderUnits.get(stake.token);
      if (stake.valueUsdE8 > limits.maxOrderUsdE8) reasons.add("order-too-large");
      if (most !== undefined && stake.amount > most) reasons.add("order-too-large");
      if (stake.purpose.kind === "order") {
        const { route } = stake.purpose;
        if (orders.some(({ stake: { purpose } }) => purpose.kind === "order" && purpose.route === route)) {
          reasons.add("route-open");
        }
        if (orders.length + 1 > limits.maxOpenOrders) reasons.add("too-many-open-orders");
        const sent = entries.filter((entry) => isOrder(entry) && entry.reservedAt > now - 60n).length;
        if (sent + 1 > limits.maxTradesPerMinute) reasons.add("trades-per-minute");
        if (streak() + orders.length + 1 > limits.maxLossesInARow) reasons.add("loss-streak");
      }
      if (gasSince(now - 3_600n) + worstGas > limits.maxGasPerHourWei) reasons.add("gas-per-hour");
      if (gasSince(now - day) + worstGas > limits.maxGasPerDayWei) reasons.add("gas-per-day");
      const [today, rolling] = [limitToday(now), limitRolling(now)];
      if (today === undefined || rolling === undefined) reasons.add("no-capital");
      if (today !== undefined && lostToday(now) + worstLoss > today) reasons.add("daily-loss");
      if (rolling !== undefined && lostRolling(now) + worstLoss > rolling) reasons.add("rolling-loss");
      return reasons;
    },

    /** Returns the limits that do not hold, by what has happened alone. */
    broken(now: bigint): readonly string[] {
      const [today, rolling] = [limitToday(now), limitRolling(now)];
      const holds: Record<string, boolean> = {
        maxLossesInARow: streak() <= limits.maxLossesInARow,
        maxOpenOrders: open().filter(isOrder).length <= limits.maxOpenOrders,
        maxTradesPerMinute:
          entries.filter((entry) => isOrder(entry) && entry.reservedAt > now - 60n).length <= limits.maxTradesPerMinute,
        maxGasPerHour: gasSince(now - 3_600n) <= limits.maxGasPerHourWei,
        maxGasPerDay: gasSince(now - day) <= limits.maxGasPerDayWei,
        lossOfDay: today === undefined || lostToday(now) <= today,
        lossOf24Hours: rolling === undefined || lostRolling(now) <= rolling,
      };
      return Object.keys(holds).filter((limit) => holds[limit] === false);
    },

    reserve(stake: Stake, now: bigint): void {
      const nothing = { net: 0n, gas: 0n, settledAt: 0n, place: 0, acknowledged: false };
      entries.push({ stake, reservedAt: now, status: "open", ...nothing });
    },
    book(entry: Entry, net: bigint, gas: bigint, now: bigint): void {
      places += 1;
      Object.assign(entry, { status: "booked", net, gas, settledAt: now, place: places });
      if (isSpent(now, 0n)) state = "HALTED";
    },
    release(entry: Entry): void {
      entry.status = "released";
    },
    unbook(entry: Entry): void {
      entry.status = "open";
      entry.acknowledged = false;
    },
    halt(): void {
      state = "HALTED";
    },
    pause(): void {
      if (state === "RUNNING") state = "PAUSED";
    },
    resume(now: bigint): void {
      if (state === "RUNNING") return;
      if (state === "HALTED") for (const entry of booked()) entry.acknowledged = true;
      capital.delete(now / day);
      capital.delete(now / day - 1n);
      state = "RUNNING";
    },
    noteCapital(value: bigint, now: bigint): void {
      if (!capital.has(now / day)) capital.set(now / day, value);
    },
  };
}
