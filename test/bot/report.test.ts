import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { expect } from "chai";
import { parseTime, report } from "../../bot/commands/report.ts";
import { parseSettings } from "../../bot/config/config.ts";
import { openDatabase } from "../../bot/ledger/database.ts";
import { openLedger } from "../../bot/ledger/ledger.ts";
import { allTime, type Grouping, groupings, readReport } from "../../bot/ledger/report.ts";
import { FatalError } from "../../bot/rpc/retry.ts";
import { ledgerBegin, type WrittenOpportunity, writeRandomLedger } from "../support/randomLedger.ts";

const settingsOf = (ledgerFile: string) => parseSettings(JSON.stringify({ ledgerFile }));

describe("bot: report", () => {
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

  const hour = (seconds: number) => new Date(seconds * 1_000).toISOString().slice(11, 13);
  const keys: Record<Grouping, (each: WrittenOpportunity) => readonly [readonly string[], readonly string[]]> = {
    token: ({ token }) => [[token], [token]],
    venue: ({ venues }) => [[...new Set(venues)], [...new Set(venues)]],
    route: ({ route }) => [[route], [route]],
    hour: ({ timestamp, settledAt = 0 }) => [[hour(timestamp)], [hour(settledAt)]],
  };

  /** Adds up by hand what a group of the report holds. */
  const addedUp = (written: readonly WrittenOpportunity[], by: Grouping) => {
    const sums = new Map<
      string,
      { found: number; landed: number; failed: number; realised: bigint; net: bigint; gas: bigint }
    >();
    const at = (key: string, token: string) => {
      const name = `${key} ${token}`;
      const sum = sums.get(name) ?? { found: 0, landed: 0, failed: 0, realised: 0n, net: 0n, gas: 0n };
      sums.set(name, sum);
      return sum;
    };
    for (const each of written) {
      const [found, settled] = keys[by](each);
      for (const key of found) at(key, each.token).found++;
      if (each.status === undefined) continue;
      for (const key of settled) {
        const sum = at(key, each.token);
        if (each.status === "landed") sum.landed++;
        else sum.failed++;
        sum.realised += each.realised;
        sum.net += each.netUsdE8;
        sum.gas += each.gasWei;
      }
    }
    return sums;
  };

  for (const by of groupings) {
    it(`adds profit, gas and counts up by ${by}, to the unit`, () => {
      const written = writeRandomLedger(database, { seed: 7, count: 400, days: 3 });
      const { groups } = readReport(database, allTime, by);
      const read = groups.map(({ key, token, found, landed, reverted, lost, realised, netUsdE8, gasWei }) => [
        `${key} ${token}`,
        { found, landed, failed: reverted + lost, realised, net: netUsdE8, gas: gasWei },
      ]);
      expect(new Map(read as [string, never][])).to.deep.equal(addedUp(written, by));
      expect(
        groups.some(({ realised }) => realised > 2n ** 64n),
        "amounts beyond SQLite's integers",
      ).to.equal(true);
    });
  }

  it("counts how far opportunities got, and every reason why no further", () => {
    const written = writeRandomLedger(database, { seed: 8, count: 300, days: 1 });
    const { funnel, stops } = readReport(database, allTime, "token");
    expect(funnel.map(({ opportunities }) => opportunities)).to.deep.equal(
      [0, 1, 2, 3, 4, 5].map((stage) => written.filter(({ reached }) => reached >= stage).length),
    );
    const stopped = stops.reduce((sum, { opportunities }) => sum + opportunities, 0);
    expect(stopped).to.equal(written.filter(({ reached }) => reached < 5).length);
    const pending = written.filter(({ reached, status }) => reached === 4 && status === undefined).length;
    expect(pending).to.be.greaterThan(0);
    expect(stops).to.deep.include({ reached: "sent", reason: "pending", opportunities: pending });
  });

  it("reports a period: from its beginning up to its end, which is left out", () => {
    const written = writeRandomLedger(database, { seed: 9, count: 200, days: 2 });
    const middle = written[100]?.timestamp ?? 0;
    const before = readReport(database, { sinceSeconds: 0, untilSeconds: middle }, "token");
    const after = readReport(database, { ...allTime, sinceSeconds: middle }, "token");
    const found = (read: typeof before) => read.funnel[0]?.opportunities ?? 0;
    expect(found(before)).to.equal(written.filter(({ timestamp }) => timestamp < middle).length);
    expect(found(before) + found(after)).to.equal(200);
    const settled = written.filter(({ settledAt }) => settledAt !== undefined && settledAt >= middle);
    expect(after.totals.reduce((sum, each) => sum + each.realised, 0n)).to.equal(
      settled.reduce((sum, each) => sum + each.realised, 0n),
    );
  });

  it("shows in one row what an opportunity was expected to pay, simulated and realised, with the cause", () => {
    writeRandomLedger(database, { seed: 10, count: 200, days: 1 });
    const rows = database.prepare("SELECT * FROM history").all();
    expect(rows).to.have.length(200);
    const differing = rows.filter(({ status, expected, realised }) => status === "landed" && expected !== realised);
    expect(differing.length).to.be.greaterThan(0);
    for (const row of differing) {
      expect(row.cause, String(row.opportunity)).to.be.a("string");
      expect(row.simulated).to.equal(row.expected);
      const [transaction] = JSON.parse(String(row.transactions));
      expect(transaction.hash).to.equal(row.hash);
      const [change] = JSON.parse(String(row.balance_changes));
      expect(change.after).to.equal(row.realised);
      expect(row.reservation).to.equal("booked");
    }
    const diverged = rows.find(({ verdict }) => verdict === "diverged");
    expect(diverged?.cause).to.equal("quote-error");
  });

  const printed = (options: { json?: boolean; csv?: boolean; by?: Grouping }) => {
    let text = "";
    const context = { settings: settingsOf(file), json: options.json ?? false };
    const print = (line: string) => {
      text += `${line}\n`;
    };
    const { csv = false, by = "token" } = options;
    report({ ...context, print }, { by, csv, since: undefined, until: undefined });
    return text;
  };

  it("prints the same numbers as a table, as JSON and as CSV", () => {
    writeRandomLedger(database, { seed: 11, count: 300, days: 2 });
    const { groups } = readReport(database, allTime, "token");
    const json = JSON.parse(printed({ json: true }));
    const [head, ...lines] = printed({ csv: true }).trim().split("\n");
    const table = printed({});
    expect(json.groups).to.have.length(groups.length);
    expect(lines).to.have.length(groups.length);
    for (const [index, group] of groups.entries()) {
      expect(json.groups[index].realised).to.equal(String(group.realised));
      const fields = Object.fromEntries((head ?? "").split(",").map((name, i) => [name, lines[index]?.split(",")[i]]));
      expect(fields.realised).to.equal(String(group.realised));
      expect(fields.gas_wei).to.equal(String(group.gasWei));
      expect(fields.token).to.equal(group.token);
    }
    for (const word of ["lost-race", "below-min-profit", "fail rate", "lived for blocks", "no-opportunity"]) {
      expect(table).to.contain(word);
    }
    expect(printed({ by: "route" })).to.contain("-(0xp1)->");
    expect(printed({ by: "venue" })).to.contain("every venue that it passes");
    expect(printed({ by: "hour" })).to.contain(":00 UTC");
  });

  it("reads while a bot writes, twice at once, and sees whole blocks only", () => {
    const bot = openLedger(file);
    writeRandomLedger(database, { seed: 12, count: 50, days: 1 });
    const found = () => readReport(database, allTime, "token").funnel[0]?.opportunities;
    bot.transact(() => {
      database.exec("SELECT 1");
      bot.opportunities.recordBlock(1n, 1n, { noTrade: "no-opportunity", detail: "d" });
      expect(printed({ json: true })).to.contain('"opportunities":50');
      expect(found()).to.equal(50);
    });
    bot.close();
  });

  it("refuses to read a ledger of an older version, and one that is not there, and changes neither", () => {
    database.exec("PRAGMA user_version = 1");
    expect(() => printed({})).to.throw(FatalError, "start the bot once");
    expect(() =>
      report(
        { settings: settingsOf(join(folder, "none")), json: false, print: () => undefined },
        {
          by: "token",
          csv: false,
          since: undefined,
          until: undefined,
        },
      ),
    ).to.throw(FatalError, "Check ledgerFile");
    expect(database.prepare("PRAGMA user_version").get()?.user_version).to.equal(1);
  });

  it("takes times as ISO 8601 in UTC, or as durations before now", () => {
    const now = ledgerBegin;
    expect(parseTime("90m", now)).to.equal(now - 5_400);
    expect(parseTime("24h", now)).to.equal(now - 86_400);
    expect(parseTime("2w", now)).to.equal(now - 14 * 86_400);
    expect(parseTime("2026-01-31", now)).to.equal(Date.UTC(2026, 0, 31) / 1_000);
    expect(parseTime("2026-01-31T12:30", now)).to.equal(Date.UTC(2026, 0, 31, 12, 30) / 1_000);
    expect(parseTime("2026-01-31T12:30:05+02:00", now)).to.equal(Date.UTC(2026, 0, 31, 10, 30, 5) / 1_000);
    for (const wrong of ["yesterday", "5y", "2026-13-01", "12", "1.5h"])
      expect(parseTime(wrong, now), wrong).to.equal(undefined);
  });
});
