import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { isNoTrade } from "../../../bot/domain/noTrade.ts";
import { type Ledger, openLedger } from "../../../bot/ledger/ledger.ts";
import type { RiskLimits, Stake } from "../../../bot/risk/limits.ts";
import { createReservations, type Reservations } from "../../../bot/risk/reservations.ts";
import { type Random, seededRandom } from "../../support/random.ts";
import { wideLimits } from "../../support/riskLimits.ts";
import { createRiskModel } from "../../support/riskModel.ts";

const token = "0x82aF49447D8a07e3bd95BD0d56f35241523fBab1";

/** Every limit is small enough to be met often. */
const narrowLimits: RiskLimits = {
  maxLossesInARow: 5,
  maxDailyLossBps: 1_000n,
  maxGasPerHourWei: 400n,
  maxGasPerDayWei: 800n,
  maxTradesPerMinute: 4,
  maxOrderUsdE8: 900n,
  maxOrderUnits: new Map([[token, 950n]]),
  maxOpenOrders: 3,
};

const start = 1_700_000_000n;

describe("bot: reservations", () => {
  let folder: string;
  let file: string;
  let ledger: Ledger;
  let reservations: Reservations;
  /** Programs that were killed with the ledger open. */
  const killed: Ledger[] = [];
  const open = (limits: RiskLimits) => {
    ledger = openLedger(file);
    reservations = createReservations(ledger, limits);
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "quintet-"));
    file = join(folder, "ledger.sqlite");
  });
  afterEach(() => {
    for (const one of [ledger, ...killed.splice(0)]) one.close();
    rmSync(folder, { recursive: true });
  });

  const stake = (opportunity: string, change: Partial<Stake> = {}): Stake => ({
    purpose: { kind: "order", opportunity, route: `route of ${opportunity}` },
    token,
    amount: 10n,
    valueUsdE8: 10n,
    maxGasWei: 10n,
    maxLossUsdE8: 10n,
    ...change,
  });
  const reserve = (of: Stake, now = start): number => {
    const id = reservations.reserve(of, now);
    if (isNoTrade(id)) throw new Error(`${id.noTrade}: ${id.detail}`);
    return id;
  };
  const refusalOf = (of: Stake, now = start) => {
    const id = reservations.reserve(of, now);
    if (!isNoTrade(id)) throw new Error(`reserved as ${id}`);
    return id;
  };

  /**
   * Reserves, settles, pauses, resumes, waits and is killed in random order, and compares each answer with the model.
   * `isChanging` adds what no reservation can foresee: reorganizations, and a wallet that is worth something else each day.
   */
  function interleave(steps: number, seed: number, isChanging: boolean): ReadonlyMap<string, number> {
    const random = seededRandom(seed);
    const model = createRiskModel(narrowLimits);
    const counts = new Map<string, number>();
    const ids = new Map<unknown, number>();
    let now = start;
    open(narrowLimits);
    for (let step = 0; step < steps; step++) {
      now += waitOf(random);
      const value = isChanging ? random.bigint(0n, 20_000n) : 8_000n;
      if (random.bigint(0n, 9n) > 0n) {
        ledger.risk.noteCapital(value, now);
        model.noteCapital(value, now);
      }
      const label = `seed ${seed}, step ${step}`;
      const settled = model.entries.filter(({ status }) => status === "booked");
      const opened = model.entries.filter(({ status }) => status === "open");
      // What is not running is mostly resumed before anything else.
      const action = model.state() !== "RUNNING" && random.bigint(0n, 1n) > 0n ? 90n : random.bigint(0n, 99n);
      if (action < 55n) {
        const wanted = randomStake(random, step);
        const answer = reservations.reserve(wanted, now);
        const outcome = isNoTrade(answer) ? answer.noTrade : "reserved";
        counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
        if (model.state() !== "RUNNING") {
          expect(outcome, label).to.equal(model.state().toLowerCase());
        } else if (model.isSpent(now, wanted.maxLossUsdE8)) {
          expect(outcome, label).to.be.oneOf(["loss-streak", "daily-loss", "rolling-loss"]);
          model.halt();
        } else {
          const reasons = model.reasonsAgainst(wanted, now);
          if (isNoTrade(answer)) expect([...reasons], label).to.include(answer.noTrade);
          else expect([...reasons], label).to.deep.equal([]);
        }
        if (!isNoTrade(answer)) {
          model.reserve(wanted, now);
          ids.set(model.entries.at(-1), answer);
        }
      } else if (action < 85n && opened.length > 0) {
        const entry = random.pick(opened);
        const id = ids.get(entry) ?? 0;
        if (random.bigint(0n, 4n) === 0n) {
          reservations.release(id, now);
          model.release(entry);
        } else {
          const isLoss = random.bigint(0n, 9n) < 7n;
          const netUsdE8 = isLoss ? -random.bigint(1n, entry.stake.maxLossUsdE8) : random.bigint(0n, 500n);
          const gasWei = random.bigint(1n, entry.stake.maxGasWei);
          reservations.book(id, { netUsdE8, gasWei }, now);
          model.book(entry, netUsdE8, gasWei, now);
        }
      } else if (action < 87n && isChanging && settled.length > 0) {
        const entry = random.pick(settled);
        reservations.unbook(ids.get(entry) ?? 0);
        model.unbook(entry);
      } else if (action < 89n) {
        ledger.risk.change({ kind: "pause", who: "operator", reason: "paused", detail: "" }, now);
        model.pause();
      } else if (action < 94n) {
        ledger.risk.change({ kind: "resume", who: "operator", reason: "resumed", detail: "" }, now);
        model.resume(now);
      } else if (action < 97n) {
        // Killed before the transaction is written: nothing of it stays.
        const dying = () =>
          ledger.transact(() => {
            reservations.reserve(stake(`killed in ${step}`), now);
            for (const entry of opened) reservations.release(ids.get(entry) ?? 0, now);
            throw new Error("killed");
          });
        expect(dying).to.throw("killed");
      } else {
        // Killed: nobody closes. Or stopped.
        if (random.bigint(0n, 1n) === 0n) killed.push(ledger);
        else ledger.close();
        open(narrowLimits);
      }
      expect(ledger.risk.state().state, label).to.equal(model.state());
      expect(
        reservations.open().map(({ id }) => id),
        label,
      ).to.have.members(model.entries.filter(({ status }) => status === "open").map((entry) => ids.get(entry)));
      if (!isChanging) expect(model.broken(now), label).to.deep.equal([]);
    }
    return counts;
  }

  /** Mostly seconds, sometimes hours, so that every window is left. */
  function waitOf(random: Random): bigint {
    const kind = random.bigint(0n, 99n);
    if (kind < 70n) return random.bigint(0n, 5n);
    return kind < 98n ? random.bigint(10n, 900n) : random.bigint(900n, 40_000n);
  }

  function randomStake(random: Random, step: number): Stake {
    const isOrder = random.bigint(0n, 9n) > 0n;
    return {
      purpose: isOrder
        ? { kind: "order", opportunity: `opportunity ${step}`, route: `route ${random.bigint(0n, 5n)}` }
        : { kind: "conversion", conversion: step },
      token: random.pick([token, "0xother"]),
      amount: random.bigint(1n, 1_000n),
      valueUsdE8: random.bigint(1n, 1_000n),
      maxGasWei: random.bigint(1n, 150n),
      maxLossUsdE8: random.bigint(1n, 250n),
    };
  }

  const everyReason = [
    "reserved",
    "paused",
    "halted",
    "order-too-large",
    "route-open",
    "too-many-open-orders",
    "trades-per-minute",
    "loss-streak",
    "gas-per-hour",
    "gas-per-day",
    "daily-loss",
    "rolling-loss",
    "no-capital",
  ];

  it("hold every limit at every instant, in any order of sends, settlements, kills and restarts", () => {
    const counts = new Map<string, number>();
    for (const seed of [1, 2, 3]) {
      for (const [reason, count] of interleave(1_000, seed, false))
        counts.set(reason, (counts.get(reason) ?? 0) + count);
      for (const one of [ledger, ...killed.splice(0)]) one.close();
      rmSync(file);
    }
    open(narrowLimits);
    for (const reason of everyReason) expect(counts.get(reason) ?? 0, reason).to.be.greaterThan(0);
  });

  it("give no room that a reorganization or a change of the capital has taken", () => {
    for (const seed of [4, 5]) {
      interleave(800, seed, true);
      for (const one of [ledger, ...killed.splice(0)]) one.close();
      rmSync(file);
    }
    open(narrowLimits);
  });

  describe("one by one", () => {
    const day = 86_400n;
    const noon = start - (start % day) + day / 2n;
    const lose = (opportunity: string, usdE8: bigint, now: bigint) => {
      const id = reserve(stake(opportunity, { maxLossUsdE8: usdE8 }), now);
      reservations.book(id, { netUsdE8: -usdE8, gasWei: 1n }, now);
    };
    const set = (limits: Partial<RiskLimits>, capitalUsdE8 = 10_000n) => {
      open({ ...wideLimits, ...limits });
      ledger.risk.noteCapital(capitalUsdE8, noon);
    };

    it("halt after losses in a row, across a restart, until a person resumes", () => {
      set({ maxLossesInARow: 3 });
      for (const nth of ["1", "2", "3"]) lose(nth, 1n, noon);
      expect(ledger.risk.state()).to.deep.include({ state: "HALTED", who: "limits", reason: "loss-streak" });
      ledger.close();
      open({ ...wideLimits, maxLossesInARow: 3 });
      const { noTrade: reason, detail } = refusalOf(stake("4"), noon);
      expect(reason).to.equal("halted");
      expect(detail).to.contain("3 losses in a row, maxLossesInARow is 3").and.to.contain("`bot resume`");
      ledger.risk.change({ kind: "resume", who: "operator", reason: "resumed", detail: "looked" }, noon);
      ledger.risk.noteCapital(10_000n, noon);
      // In the same second: what was acknowledged is known by more than its time.
      for (const nth of ["5", "6"]) lose(nth, 1n, noon);
      expect(ledger.risk.state().state).to.equal("RUNNING");
      lose("7", 1n, noon);
      expect(ledger.risk.state().state).to.equal("HALTED");
    });

    it("count open orders as losses of the streak, and let a gain end it", () => {
      set({ maxLossesInARow: 3 });
      const ids = ["1", "2", "3"].map((nth) => reserve(stake(nth), noon));
      expect(refusalOf(stake("4"), noon).noTrade).to.equal("loss-streak");
      const [first = 0, second = 0, third = 0] = ids;
      reservations.book(first, { netUsdE8: -1n, gasWei: 1n }, noon);
      reservations.book(second, { netUsdE8: 0n, gasWei: 1n }, noon);
      const more = [reserve(stake("5"), noon), reserve(stake("6"), noon)];
      for (const id of [third, ...more]) reservations.book(id, { netUsdE8: -1n, gasWei: 1n }, noon);
      expect(ledger.risk.state().reason).to.equal("loss-streak");
    });

    it("halt at a tenth of the capital lost, and when an order does not fit into the last tenth of that", () => {
      set({ maxDailyLossBps: 1_000n });
      lose("1", 500n, noon);
      expect(refusalOf(stake("2", { maxLossUsdE8: 501n }), noon).noTrade).to.equal("daily-loss");
      expect(ledger.risk.state().state, "half of it is left").to.equal("RUNNING");
      lose("3", 450n, noon);
      reservations.release(reserve(stake("4", { maxLossUsdE8: 50n }), noon), noon);
      expect(ledger.risk.state().state, "an order that fits").to.equal("RUNNING");
      const { noTrade: reason, detail } = refusalOf(stake("5", { maxLossUsdE8: 51n }), noon);
      expect(reason).to.equal("daily-loss");
      expect(detail).to.contain("maxDailyLossPercent of 10.00 %");
      expect(ledger.risk.state()).to.deep.include({ state: "HALTED", reason: "daily-loss" });
    });

    it("keep a loss for 24 hours where the day is a new one", () => {
      set({ maxDailyLossBps: 1_000n });
      const late = noon + day / 2n - 1n;
      lose("1", 900n, late);
      ledger.risk.noteCapital(10_000n, late + 2n);
      expect(refusalOf(stake("2", { maxLossUsdE8: 200n }), late + 2n).noTrade).to.equal("rolling-loss");
      ledger.risk.change({ kind: "resume", who: "operator", reason: "resumed", detail: "" }, late + 3n);
      expect(refusalOf(stake("3"), late + day).noTrade, "the capital is taken anew").to.equal("no-capital");
    });

    it("take the percentage of what the wallet was worth when the 24 hours began, and of no other value", () => {
      set({ maxDailyLossBps: 1_000n }, 10_000n);
      const tomorrow = noon + day;
      ledger.risk.noteCapital(20_000n, tomorrow);
      ledger.risk.noteCapital(90_000n, tomorrow);
      expect(refusalOf(stake("1", { maxLossUsdE8: 1_001n }), tomorrow).noTrade).to.equal("rolling-loss");
      const dayAfter = tomorrow + day;
      ledger.risk.noteCapital(5_000n, dayAfter);
      expect(refusalOf(stake("2", { maxLossUsdE8: 501n }), dayAfter).noTrade).to.equal("daily-loss");
      reserve(stake("3", { maxLossUsdE8: 500n }), dayAfter);
    });

    it("end by themselves to the second: a minute, an hour and 24 hours later", () => {
      set({ maxTradesPerMinute: 1 });
      reservations.release(reserve(stake("1"), noon), noon);
      expect(refusalOf(stake("2"), noon + 59n).detail).to.contain("1 orders in the last 60 s, maxTradesPerMinute is 1");
      reserve(stake("2"), noon + 60n);
      ledger.close();
      rmSync(file);

      set({ maxGasPerHourWei: 15n, maxGasPerDayWei: 25n });
      for (const now of [noon, noon + 3_600n]) {
        reservations.book(reserve(stake(`at ${now}`), now), { netUsdE8: 1n, gasWei: 10n }, now);
        expect(refusalOf(stake("3"), now + 3_599n).noTrade).to.equal("gas-per-hour");
      }
      expect(refusalOf(stake("3"), noon + 7_200n).noTrade).to.equal("gas-per-day");
      ledger.risk.noteCapital(10_000n, noon + day);
      expect(refusalOf(stake("3"), noon + day - 1n).noTrade).to.equal("gas-per-day");
      reserve(stake("3"), noon + day);
    });

    it("leave no room for a loss where the wallet is worth nothing, or nobody knows what", () => {
      set({}, 0n);
      const { noTrade: reason, detail } = refusalOf(stake("1"), noon);
      expect(reason).to.equal("daily-loss");
      expect(detail).to.contain("worth nothing").and.to.contain("fund the wallet");
      expect(refusalOf(stake("2"), noon + 2n * day).noTrade).to.equal("no-capital");
    });

    it("halt where a transaction came to more than was reserved as its worst, and book it all the same", () => {
      set({});
      reservations.book(reserve(stake("1"), noon), { netUsdE8: -11n, gasWei: 10n }, noon);
      expect(ledger.risk.state().reason).to.equal("reservation-exceeded");
      expect(ledger.risk.exposure(noon).lostTodayUsdE8).to.equal(11n);
    });

    it("know a stake again, and refuse to send twice what was settled or grew", () => {
      set({});
      const id = reserve(stake("1"), noon);
      expect(reserve(stake("1"), noon + 1n)).to.equal(id);
      expect(() => reservations.reserve(stake("1", { maxGasWei: 11n }), noon)).to.throw("raise it");
      reservations.book(id, { netUsdE8: 1n, gasWei: 1n }, noon);
      expect(() => reservations.reserve(stake("1"), noon)).to.throw("not sent again");
      expect(() => reservations.release(id, noon)).to.throw("booked");
      reservations.unbook(id);
      expect(reserve(stake("1"), noon)).to.equal(id);
      reservations.release(id, noon);
      reservations.book(id, { netUsdE8: -5n, gasWei: 1n }, noon);
      expect(ledger.risk.exposure(noon).lostTodayUsdE8, "mined after all").to.equal(5n);
    });

    it("take more gas for a replacement in any state, as far as there is room", () => {
      set({ maxGasPerHourWei: 25n, maxDailyLossBps: 30n });
      const id = reserve(stake("1"), noon);
      ledger.risk.change({ kind: "pause", who: "operator", reason: "paused", detail: "" }, noon);
      expect(reservations.raise(id, 20n, noon)).to.equal(undefined);
      expect(reservations.find({ kind: "order", opportunity: "1" })?.stake).to.include({
        maxGasWei: 20n,
        maxLossUsdE8: 20n,
      });
      expect(reservations.raise(id, 26n, noon)?.noTrade).to.equal("gas-per-hour");
      expect(reservations.raise(id, 20n, noon)).to.equal(undefined);
      reservations.release(id, noon);
      expect(() => reservations.raise(id, 21n, noon)).to.throw("released");
    });
  });
});
