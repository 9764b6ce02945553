import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect } from "chai";
import { noTrade } from "../../bot/domain/noTrade.ts";
import { openLedger, type PendingTrade, type SettledTrade } from "../../bot/ledger/ledger.ts";
import { checkRisk } from "../../bot/risk/limits.ts";
import { FatalError } from "../../bot/rpc/retry.ts";
import { memoryOrder } from "../support/memoryOrder.ts";

const pending = (nonce: number): PendingTrade => ({
  orderId: `0x${nonce.toString(16).padStart(64, "0")}`,
  hash: `0x${nonce.toString(16).padStart(64, "f")}`,
  nonce,
  token: "0x82aF49447D8a07e3bd95BD0d56f35241523fBab1",
  expected: 2n ** 90n,
  simulated: 2n ** 90n,
});

const settled: SettledTrade = { block: 7n, gasUsed: 1n, gasPriceWei: 1n, realised: 2n ** 90n, treasuryGain: 2n ** 90n };

describe("bot: ledger and risk", () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "quintet-"));
    file = join(folder, "ledger.sqlite");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("writes one row for an opportunity, with its reason, and amounts beyond 64 bits to the unit", () => {
    const ledger = openLedger(file);
    const { opportunity, order } = memoryOrder();
    const large = { ...order, amount: 2n ** 100n + 1n };
    const verdict = { kind: "confirmed", profit: order.expected, gas: 300_000n } as const;
    const reason = noTrade("shadow-mode", "not executed");
    ledger.record([
      { block: 100n, timestamp: 1n, opportunity, order: large, verdict, trade: undefined, noTrade: reason },
    ]);
    ledger.close();
    const database = new DatabaseSync(file);
    const rows = database.prepare("SELECT * FROM opportunities").all();
    expect(rows.map(({ outcome, reason: why, order_id }) => [outcome, why, order_id])).to.deep.equal([
      ["no-trade", "shadow-mode", order.id],
    ]);
    const [row] = database.prepare("SELECT amount, kind FROM orders JOIN verdicts ON order_id = id").all();
    expect(row?.amount).to.equal(String(2n ** 100n + 1n));
    expect(row?.kind).to.equal("confirmed");
    database.close();
  });

  it("counts equal reasons of quiet blocks in one row", () => {
    const ledger = openLedger(file);
    for (const block of [5n, 6n, 7n]) ledger.recordBlock(block, block, noTrade("no-opportunity", "nothing"));
    ledger.recordBlock(8n, 8n, noTrade("stale-block", "old"));
    ledger.close();
    const database = new DatabaseSync(file);
    const rows = database.prepare("SELECT first_block, last_block, blocks, reason FROM quiet_blocks").all();
    expect(rows.map((row) => Object.values(row))).to.deep.equal([
      [5, 7, 3, "no-opportunity"],
      [8, 8, 1, "stale-block"],
    ]);
    database.close();
  });

  it("remembers pending trades, stopped pools and the day's first value across a restart without a close", () => {
    const killed = openLedger(file);
    killed.recordPending(pending(3), 10n);
    killed.stopPool({ pool: "0xpool", block: 9n, detail: "paid less" }, 10n);
    expect(killed.valueAtDayStart("2026-01-01", 500n)).to.equal(500n);

    const restarted = openLedger(file);
    expect(restarted.pending()).to.deep.equal([pending(3)]);
    expect(restarted.stoppedPools()).to.deep.equal([{ pool: "0xpool", block: 9n, detail: "paid less" }]);
    expect(restarted.valueAtDayStart("2026-01-01", 900n)).to.equal(500n);
    restarted.settle(pending(3).orderId, { kind: "landed", trade: settled, netUsdE8: 5n }, 11n);
    restarted.releasePools();
    expect(restarted.pending()).to.deep.equal([]);
    expect(restarted.stoppedPools()).to.deep.equal([]);
    restarted.close();
    killed.close();
  });

  it("refuses a file of another schema version, and one that is no ledger", () => {
    const database = new DatabaseSync(file);
    database.exec("CREATE TABLE other (a) STRICT".replace("(a)", "(a TEXT)"));
    database.close();
    expect(() => openLedger(file)).to.throw(FatalError, "schema version 0");
    expect(() => openLedger(join(folder, "missing", "ledger.sqlite"))).to.throw(FatalError, "Check ledgerFile");
  });

  describe("risk", () => {
    const limits = { maxLossesInARow: 3, maxDailyLossBps: 1_000n };
    const noon = 1_700_000_000n;
    const lose = (ledger: ReturnType<typeof openLedger>, nonce: number, netUsdE8: bigint, at: bigint) => {
      ledger.recordPending(pending(nonce), at);
      ledger.settle(pending(nonce).orderId, { kind: "reverted", block: 1n, gasUsed: 1n, netUsdE8 }, at);
    };

    it("stops after losses in a row, across a restart, until they are acknowledged", () => {
      const ledger = openLedger(file);
      for (const nonce of [1, 2]) lose(ledger, nonce, -1n, noon + BigInt(nonce));
      expect(checkRisk(ledger, limits, noon + 3n, 10n ** 12n)).to.equal(undefined);
      lose(ledger, 3, -1n, noon + 3n);
      ledger.close();
      const restarted = openLedger(file);
      const halt = checkRisk(restarted, limits, noon + 4n, 10n ** 12n);
      expect(halt?.noTrade).to.equal("loss-streak");
      expect(halt?.detail).to.contain("3 losses in a row, the limit is 3");
      restarted.acknowledgeLosses(noon + 5n);
      expect(checkRisk(restarted, limits, noon + 6n, 10n ** 12n)).to.equal(undefined);
      restarted.close();
    });

    it("lets a gain end the streak", () => {
      const ledger = openLedger(file);
      for (const [nonce, net] of [-1n, -1n, 5n, -1n, -1n].entries()) lose(ledger, nonce, net, noon + BigInt(nonce));
      expect(checkRisk(ledger, limits, noon + 9n, 10n ** 12n)).to.equal(undefined);
      ledger.close();
    });

    it("stops at a tenth of what the wallet was worth when the day began, and goes on the next day", () => {
      const ledger = openLedger(file);
      expect(checkRisk(ledger, limits, noon, 1_000n)).to.equal(undefined);
      lose(ledger, 1, -100n, noon + 1n);
      expect(checkRisk(ledger, limits, noon + 2n, 9_999n)?.noTrade).to.equal("daily-loss");
      expect(checkRisk(ledger, limits, noon + 86_400n, 900n)).to.equal(undefined);
      ledger.close();
    });
  });
});
