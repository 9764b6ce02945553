import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { openDatabase, openReader, transact } from "../../bot/ledger/database.ts";
import { migrations } from "../../bot/ledger/migrations.ts";
import { allTime, readReport } from "../../bot/ledger/report.ts";
import { FatalError } from "../../bot/rpc/retry.ts";
import { seededRandom } from "../support/random.ts";

const writer = fileURLToPath(new URL("../support/ledgerWriter.ts", import.meta.url));
const perBlock = 5;

describe("bot: a ledger whose writer is killed", function () {
  this.timeout(120_000);
  const random = seededRandom(1);
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "quintet-"));
    file = join(folder, "ledger.sqlite");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Starts a writer, kills it some time after it has said `until`, and returns what it has said. */
  async function writeAndKill(until: RegExp, afterMs: number): Promise<string> {
    const child = spawn(process.execPath, ["--import", "tsx", writer, file, String(perBlock)]);
    let said = "";
    let complaint = "";
    child.stderr.on("data", (chunk) => {
      complaint += String(chunk);
    });
    const reached = new Promise<void>((resolve) => {
      child.stdout.on("data", (chunk) => {
        said += String(chunk);
        if (until.test(said)) resolve();
      });
    });
    const ended = once(child, "exit");
    await Promise.race([reached, ended]);
    await delay(afterMs);
    child.kill("SIGKILL");
    await ended;
    expect(complaint).to.equal("");
    return said;
  }

  it("holds every block that was written, each whole, and no part of another", async () => {
    for (let kill = 0; kill < 3; kill++) {
      const said = await writeAndKill(/^\d+ 3$/m, Number(random.bigint(0n, 300n)));
      const [run = 0, last = 0] = (said.trim().split("\n").at(-1) ?? "").split(" ").map(Number);
      const database = openDatabase(file);
      expect(database.prepare("PRAGMA integrity_check").get()?.integrity_check).to.equal("ok");
      const blocks = database
        .prepare(
          `SELECT o.block, count(*) AS opportunities, count(d.opportunity) AS orders, count(v.opportunity) AS verdicts
           FROM (SELECT o.* FROM opportunities o WHERE run = ?) o
             LEFT JOIN orders d ON d.opportunity = o.id LEFT JOIN verdicts v ON v.opportunity = o.id
           GROUP BY o.block ORDER BY o.block`,
        )
        .all(run);
      expect(blocks.length, `run ${run}: what was said to be written is there`).to.be.within(last, last + 1);
      for (const [index, { block, ...counts }] of blocks.entries()) {
        expect(block).to.equal(index + 1);
        expect(Object.values(counts)).to.deep.equal([perBlock, perBlock, perBlock]);
      }
      const quiet = database.prepare("SELECT detail FROM quiet_blocks ORDER BY rowid DESC LIMIT 1").get()?.detail;
      expect(quiet, "the block's parts are of one piece").to.equal(String(blocks.length));
      database.close();
    }
  });

  it("lets two readers report while it is written, whole blocks only", async () => {
    const writing = writeAndKill(/^\d+ 40$/m, 0);
    let reports = 0;
    let isOver = false;
    void writing.finally(() => {
      isOver = true;
    });
    while (!isOver) {
      await delay(20);
      try {
        const readers = [openReader(file), openReader(file)];
        for (const reader of readers) {
          const found = readReport(reader, allTime, "token").funnel[0]?.opportunities ?? 0;
          expect(found % perBlock).to.equal(0);
          if (found > 0) reports++;
          reader.close();
        }
      } catch (error) {
        // Before the writer has made it, there is no ledger.
        if (!(error instanceof FatalError)) throw error;
      }
    }
    await writing;
    expect(reports).to.be.greaterThan(2);
  });

  it("is migrated as a whole or not at all", async () => {
    const old = new DatabaseSync(file);
    old.exec(`${migrations[0]}; PRAGMA user_version = 1; BEGIN`);
    const insert = old.prepare(
      "INSERT INTO opportunities VALUES (NULL, ?, 6, 'r', 'solidly', 't', '1', '2', 'no-trade', 'outbid', ?, NULL)",
    );
    const rows = 60_000;
    for (let index = 0; index < rows; index++) insert.run(index, "a detail that makes the migration take its time");
    old.exec("COMMIT");
    old.close();
    const versions = new Set<number>();
    for (let kill = 0; kill < 4; kill++) {
      await writeAndKill(/opening/, kill * 60);
      const killed = new DatabaseSync(file);
      const version = Number(killed.prepare("PRAGMA user_version").get()?.user_version);
      versions.add(version);
      const isOld = killed.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'trades'").get() !== undefined;
      expect([1, migrations.length]).to.include(version);
      expect(isOld, "the schema is that of the version").to.equal(version === 1);
      killed.close();
    }
    expect([...versions], "a kill came before the end").to.include(1);
    const database = openDatabase(file);
    const kept = database.prepare("SELECT count(*) AS rows FROM opportunities WHERE id LIKE 'version-1-%'").get()?.rows;
    expect(kept).to.equal(rows);
    database.close();
  });

  it("says that the disk is full, or that the file cannot be written, and what to do, and keeps what it holds", () => {
    const database = openDatabase(file);
    const add = () =>
      database.prepare("INSERT INTO runs (salt, mode, started_at_ms, settings) VALUES (?, 'live', 1, ?)");
    transact(database, () => add().run("0x1", "{}"));
    const pages = Number(database.prepare("PRAGMA page_count").get()?.page_count);
    database.exec(`PRAGMA max_page_count = ${pages + 2}`);
    const tooMuch = () => transact(database, () => add().run("0x2", "x".repeat(100_000)));
    expect(tooMuch).to.throw(FatalError, "is full. Nothing is traded without it: free disk space");
    database.exec("PRAGMA max_page_count = 1000000; PRAGMA query_only = ON");
    expect(() => transact(database, () => add().run("0x3", "{}"))).to.throw(
      FatalError,
      "make the file and its folder writable",
    );
    database.exec("PRAGMA query_only = OFF");
    expect(
      database
        .prepare("SELECT salt FROM runs")
        .all()
        .map(({ salt }) => salt),
    ).to.deep.equal(["0x1"]);
    database.close();
  });
});
