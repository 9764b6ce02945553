import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { expect } from "chai";
import { openDatabase } from "../../bot/ledger/database.ts";
import { allTime, groupings, readReport } from "../../bot/ledger/report.ts";
import { createRetention } from "../../bot/ledger/retention.ts";
import { seededRandom } from "../support/random.ts";
import { account, ledgerBegin, writeRandomLedger } from "../support/randomLedger.ts";

describe("bot: retention", () => {
  let folder: string;
  let file: string;
  let database: DatabaseSync;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "quintet-"));
    file = join(folder, "ledger.sqlite");
    database = openDatabase(file);
  });
  afterEach(() => {
    database.close();
    rmSync(folder, { recursive: true });
  });

  const days = 20;
  const end = ledgerBegin + days * 86_400 + 7_200;
  const count = (table: string, where = "TRUE") =>
    Number(database.prepare(`SELECT count(*) AS rows FROM ${table} WHERE ${where}`).get()?.rows);
  const reports = () => groupings.map((by) => readReport(database, allTime, by));
  const compactAll = (retentionDays: number, kept = 3) => {
    const retention = createRetention(database, kept);
    let calls = 1;
    while (retention.compact({ retentionDays, nowSeconds: end })) calls++;
    return calls;
  };

  for (const seed of [1, 2, 3, 4, 5]) {
    it(`changes no sum of any report to the unit, wherever it cuts (random ledger ${seed})`, () => {
      const random = seededRandom(seed);
      writeRandomLedger(database, { seed, count: 300, days });
      const before = reports();
      let rows = count("opportunities");
      for (let cuts = 0, retentionDays = days; cuts < 3; cuts++) {
        retentionDays -= Number(random.bigint(1n, 6n));
        compactAll(retentionDays);
        expect(count("opportunities")).to.be.lessThan(rows);
        rows = count("opportunities");
        expect(reports()).to.deep.equal(before);
      }
      expect(count("total_opportunities")).to.be.greaterThan(0);
      expect(count("total_results")).to.be.greaterThan(0);
      // A ledger that goes on is added to what was kept.
      writeRandomLedger(database, { seed: seed + 100, count: 100, days });
      const grown = reports();
      compactAll(2);
      expect(reports()).to.deep.equal(grown);
    });
  }

  it("keeps what is unsettled, the last transaction of each account, and the newest results", () => {
    const written = writeRandomLedger(database, { seed: 6, count: 300, days });
    const unsettled = written.filter(({ reached, status }) => reached === 4 && status === undefined);
    const open = count("reservations", "status = 'open'");
    const pending = count("conversions", "status = 'pending'");
    const last = database.prepare("SELECT hash FROM transactions ORDER BY nonce DESC LIMIT 1").get()?.hash;
    const events =
      "INSERT INTO risk_events (at, state, who, reason, detail) VALUES (1, 'HALTED', 'operator', 'r', 'd')";
    database.exec(events);
    compactAll(1, 5);
    const ids = unsettled.map(({ id }) => `'${id}'`).join();
    expect(count("opportunities", `id IN (${ids})`)).to.equal(unsettled.length);
    expect(count("transactions", "status = 'sent'")).to.equal(unsettled.length);
    expect(count("orders", `opportunity IN (${ids})`)).to.equal(unsettled.length);
    expect(count("reservations", "status = 'open'")).to.equal(open);
    expect(count("conversions", "status = 'pending'")).to.equal(pending);
    expect(count("transactions", `hash = '${last}' AND account = '${account}'`)).to.equal(1);
    expect(count("results")).to.be.at.least(5);
    expect(count("risk_events")).to.equal(1);
    expect(count("opportunities"), "everything else that is old is gone").to.be.lessThan(unsettled.length + 30);
    for (const table of ["orders", "verdicts", "results", "balance_changes"]) {
      expect(count(table, "opportunity NOT IN (SELECT id FROM opportunities)"), table).to.equal(0);
    }
    expect(count("receipts", "hash NOT IN (SELECT hash FROM transactions)")).to.equal(0);
  });

  it("gives the space back to the disk, a little with each call", () => {
    writeRandomLedger(database, { seed: 7, count: 3_000, days });
    database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    const before = statSync(file).size;
    const calls = compactAll(1);
    database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    expect(calls).to.be.greaterThan(10);
    expect(statSync(file).size).to.be.lessThan(before / 2);
    expect(database.prepare("PRAGMA integrity_check").get()?.integrity_check).to.equal("ok");
  });

  it("looks for more once an hour only", () => {
    const retention = createRetention(database);
    writeRandomLedger(database, { seed: 8, count: 20, days: 1 });
    const early = { retentionDays: 30, nowSeconds: ledgerBegin };
    // Pages that the migrations left are given back.
    while (retention.compact(early));
    const rows = count("opportunities");
    retention.compact({ retentionDays: 1, nowSeconds: ledgerBegin + 3_599 });
    expect(count("opportunities")).to.equal(rows);
    retention.compact({ retentionDays: 1, nowSeconds: end });
    expect(count("opportunities")).to.be.lessThan(rows);
  });
});
