import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { pause, resume, status } from "../../../bot/commands/state.ts";
import { parseSettings } from "../../../bot/config/config.ts";
import { isNoTrade } from "../../../bot/domain/noTrade.ts";
import { type Ledger, openLedger } from "../../../bot/ledger/ledger.ts";
import { createReservations } from "../../../bot/risk/reservations.ts";
import { FatalError } from "../../../bot/rpc/retry.ts";

describe("bot: status, pause and resume", () => {
  let folder: string;
  let ledger: Ledger;
  const file = () => join(folder, "ledger.sqlite");
  const settings = () => parseSettings(JSON.stringify({ ledgerFile: file() }));
  const now = () => BigInt(Math.floor(Date.now() / 1_000));
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "quintet-"));
    ledger = openLedger(file());
    ledger.risk.noteCapital(3_000_00000000n, now());
  });
  afterEach(() => {
    ledger.close();
    rmSync(folder, { recursive: true });
  });

  const printed = (command: (context: Parameters<typeof status>[0]) => void, json = false) => {
    const lines: string[] = [];
    command({ settings: settings(), json, print: (text) => lines.push(text) });
    return lines.join("\n");
  };
  const say = (reason: string) => ({ reason });

  it("are seen by a bot that has the ledger open", () => {
    expect(printed((context) => pause(context, say("lunch")))).to.equal("PAUSED: it was RUNNING");
    expect(ledger.risk.state()).to.include({ state: "PAUSED", who: "operator", detail: "lunch" });
    const resumed = printed((context) => resume(context, say("back")));
    expect(resumed).to.match(/^RUNNING: it was PAUSED since 20.* by operator: paused: lunch$/);
    expect(ledger.risk.state()).to.include({ state: "RUNNING", who: "operator", detail: "back" });
  });

  it("say where there is nothing to change, and why", () => {
    expect(printed((context) => resume(context, say("")))).to.equal("RUNNING. There is nothing to resume");
    const at = now();
    ledger.risk.change({ kind: "degrade", who: "gate", reason: "stale-block", detail: "11 s" }, at);
    expect(printed((context) => resume(context, say("")))).to.contain("stale-block: 11 s. It ends by itself");
    ledger.risk.change({ kind: "halt", who: "limits", reason: "loss-streak", detail: "5 losses" }, at);
    expect(printed((context) => pause(context, say("")))).to.contain("5 losses. Nothing is sent in this state");
    expect(ledger.risk.state().state).to.equal("HALTED");
  });

  it("make no ledger where there is none, which no bot would read", () => {
    const elsewhere = { settings: parseSettings(JSON.stringify({ ledgerFile: join(folder, "none.sqlite") })) };
    const context = { ...elsewhere, json: false, print: () => undefined };
    expect(() => pause(context, say(""))).to.throw(FatalError, "Check ledgerFile");
    expect(() => resume(context, say(""))).to.throw(FatalError, "Check ledgerFile");
    expect(() => status(context)).to.throw(FatalError, "Check ledgerFile");
    expect(existsSync(join(folder, "none.sqlite"))).to.equal(false);
  });

  it("acknowledge losses after a halt, and keep them after a pause", () => {
    const reservations = createReservations(ledger, settings());
    const at = now();
    const id = reservations.reserve(
      {
        purpose: { kind: "order", opportunity: "0x1", route: "r" },
        token: "0x",
        amount: 1n,
        valueUsdE8: 1n,
        maxGasWei: 5n,
        maxLossUsdE8: 5_00000000n,
      },
      at,
    );
    if (isNoTrade(id)) throw new Error(id.detail);
    reservations.book(id, { netUsdE8: -5_00000000n, gasWei: 5n }, at);
    for (const command of [pause, resume]) printed((context) => command(context, say("")));
    expect(ledger.risk.exposure(at).lossesInARow).to.equal(1);
    ledger.risk.change({ kind: "halt", who: "audit", reason: "ledger-mismatch", detail: "" }, at);
    printed((context) => resume(context, say("")));
    const { lossesInARow, lostTodayUsdE8, gasInHourWei, ordersInMinute } = ledger.risk.exposure(at);
    expect([lossesInARow, lostTodayUsdE8]).to.deep.equal([0, 0n]);
    expect([gasInHourWei, ordersInMinute], "these end by themselves").to.deep.equal([5n, 1]);
  });

  it("show the state, the room under every limit and what is open", () => {
    const reservations = createReservations(ledger, settings());
    const stake = {
      purpose: { kind: "order", opportunity: "0x1", route: "r" },
      token: "0x",
      amount: 7n,
      valueUsdE8: 40_00000000n,
      maxGasWei: 10n ** 15n,
      maxLossUsdE8: 3_30000000n,
    } as const;
    expect(reservations.reserve(stake, now())).to.equal(1);
    const text = printed(status);
    expect(text).to.match(/^RUNNING$/m);
    expect(text).to.match(/maxDailyLossPercent, UTC day\s+│ \$300.00 +│ \$0.00 +│ \$3.30 +│ \$296.70 /);
    expect(text).to.match(/maxGasPerHourEther, ETH\s+│ 0.02 +│ 0.0 +│ 0.001 +│ 0.019 /);
    expect(text).to.contain("Open: reservation 1 for order 0x1, worth $40.00, at worst -$3.30.");

    const read = JSON.parse(printed(status, true));
    expect(read).to.include({ state: "RUNNING", since: null });
    const left = read.room.map(({ limit, left: value }: { limit: string; left: string }) => [limit, value]);
    expect(left).to.deep.equal([
      ["maxLossesInARow", "4"],
      ["maxDailyLossPercent, UTC day", "296.7"],
      ["maxDailyLossPercent, 24 hours", "296.7"],
      ["maxGasPerHourEther", "0.019"],
      ["maxGasPerDayEther", "0.099"],
      ["maxTradesPerMinute", "9"],
      ["maxOpenOrders", "2"],
    ]);
    expect(read.reservations).to.deep.equal([
      {
        id: 1,
        kind: "order",
        opportunity: "0x1",
        route: "r",
        token: "0x",
        amount: "7",
        maxLossUsd: "3.3",
        maxGasEther: "0.001",
      },
    ]);
  });
});
