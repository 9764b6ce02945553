import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { backup, DatabaseSync } from "node:sqlite";
import { deserialize, serialize } from "node:v8";
import { expect } from "chai";
import { Wallet } from "ethers";
import { createBot, openRpc } from "../../bot/bot.ts";
import { replay as replayCommand } from "../../bot/commands/replay.ts";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { chains, parseConfig } from "../../bot/config/config.ts";
import { differenceOf } from "../../bot/domain/difference.ts";
import type { Snapshot } from "../../bot/domain/snapshot.ts";
import { openDatabase, openReader } from "../../bot/ledger/database.ts";
import { openLedger } from "../../bot/ledger/ledger.ts";
import { createRetention } from "../../bot/ledger/retention.ts";
import { createLog } from "../../bot/log.ts";
import { compare, decideAgain, replay } from "../../bot/pipeline/replay.ts";
import { FatalError } from "../../bot/rpc/retry.ts";
import { ownKey } from "../../bot/sender/lock.ts";
import { venues } from "../../bot/venues/registry.ts";
import { createArbitrum } from "../../localnet/arbitrum.ts";
import { createTraffic } from "../../localnet/traffic.ts";
import { deployExecutor } from "../support/executor.ts";

// The traffic concerns the localnet's own process, so that these tests build one, on a fork as well.
describe("bot: replay", () => {
  let folder: string;
  let file: string;
  let last: Snapshot | undefined;
  before(async function () {
    this.timeout(180_000);
    folder = mkdtempSync(join(tmpdir(), "quintet-"));
    file = join(folder, "ledger.sqlite");
    await runLive(25);
  });
  after(() => folder && rmSync(folder, { recursive: true }));

  /** Lets the bot trade live while others trade. */
  async function runLive(rounds: number): Promise<void> {
    const localnet = await createArbitrum();
    const { connection } = localnet;
    const operator = Wallet.createRandom();
    const executor = await deployExecutor(connection);
    await executor.flash.connect(executor.owner).setOperator(operator, true);
    await connection.networkHelpers.setBalance(operator.address, 10n ** 18n);
    const config = parseConfig({
      file: JSON.stringify({ contract: executor.address, ledgerFile: file, minProfitUsd: "0.5" }),
      env: { ARBITRUM_RPC_URL: "http://in.process", QUINTET_OPERATOR_PRIVATE_KEY: operator.privateKey },
      needs: { contract: true, operator: true },
    });
    const log = createLog("silent", (line) => line);
    const rpc = await openRpc(connection.ethers.provider, config, log);
    const ledger = openLedger(file);
    const lock = ownKey(arbitrum.id, operator.address);
    const bot = await createBot({ config, rpc, ledger, log, mode: "live", lock });
    const traffic = await createTraffic(localnet, { seed: 5 });
    for (let round = 0; round < rounds; round++) {
      await traffic.step();
      last = (await bot.step()).snapshot;
    }
    ledger.close();
  }

  const ids = (database: DatabaseSync) =>
    database
      .prepare("SELECT id FROM opportunities ORDER BY block, id")
      .all()
      .map(({ id }) => String(id));

  it("finds every recorded opportunity again: routes, amounts, quotes, profit and order to the unit", () => {
    const database = openReader(file);
    const of = database.prepare("SELECT id FROM opportunities WHERE run = ? AND snapshot = ?");
    let opportunities = 0;
    let snapshots = 0;
    for (const { run, id: last } of database.prepare("SELECT run, max(id) AS id FROM snapshots GROUP BY run").all()) {
      for (const decided of decideAgain(database, Number(run), Number(last), venues, chains)) {
        snapshots++;
        for (const { id } of of.all(Number(run), decided.snapshotId)) {
          const compared = compare(database, String(id), decided);
          const differing = compared.filter((each) => each.recorded !== each.replayed);
          expect(differing, String(id)).to.deep.equal([]);
          expect(compared.length).to.be.greaterThan(10);
          opportunities++;
        }
      }
    }
    expect(opportunities).to.equal(ids(database).length);
    expect(opportunities).to.be.greaterThan(50);
    expect(snapshots, "searches that rest on snapshots before").to.be.greaterThan(10);
    const landed = database.prepare("SELECT count(*) AS landed FROM results WHERE status = 'landed'").get()?.landed;
    expect(Number(landed)).to.be.greaterThan(3);
    database.close();
  });

  it("says what differs, with exit code 1: a quote that was recorded one unit higher", () => {
    const database = new DatabaseSync(file);
    const id = ids(database)[0] ?? "";
    const { quotes } = database.prepare("SELECT quotes FROM orders WHERE opportunity = ?").get(id) ?? {};
    const [first = "", ...rest] = String(quotes).split(",");
    const set = (value: string) =>
      database.prepare("UPDATE orders SET quotes = ? WHERE opportunity = ?").run(value, id);
    set([String(BigInt(first) + 1n), ...rest].join());
    const lines: string[] = [];
    const context = { settings: { chain: arbitrum, ledgerFile: file }, print: (line: string) => lines.push(line) };
    expect(replayCommand({ ...context, json: true } as never, id)).to.equal(false);
    const { compared, identical, version } = JSON.parse(lines[0] ?? "");
    expect(identical).to.equal(false);
    expect(version.recorded).to.equal(version.replayed);
    const differing = compared.filter(
      (each: { recorded: string; replayed: string }) => each.recorded !== each.replayed,
    );
    expect(differing.map(({ name }: { name: string }) => name)).to.deep.equal(["quotes"]);
    set(String(quotes));
    expect(replayCommand({ ...context, json: false } as never, id)).to.equal(true);
    expect(lines.join("\n")).to.contain("Identical to the unit");
    database.exec("UPDATE journals SET version = '0.0.9 abc'");
    replayCommand({ ...context, json: false } as never, id);
    expect(lines.join("\n")).to.contain("decided by other code: version 0.0.9 abc");
    database.close();
  });

  it("finds again, after older states are deleted, what is not old", async () => {
    const copy = join(folder, "copy.sqlite");
    await backup(new DatabaseSync(file), copy);
    const database = openDatabase(copy);
    const newest = "SELECT run, max(id) AS id, max(timestamp) AS at FROM snapshots";
    const { run, id: last, at } = database.prepare(newest).get() ?? {};
    // As if the search had begun anew in the middle, the days of both halves being far from each other.
    const middle = Number(last) - 8;
    const day = 86_400;
    database.prepare("UPDATE snapshots SET anew = 1 WHERE id = ?").run(middle);
    const again = [...decideAgain(database, Number(run), Number(last), venues, chains)].at(-1);
    for (const table of ["snapshots", "opportunities"]) {
      const column = table === "snapshots" ? "id" : "snapshot";
      database.prepare(`UPDATE ${table} SET timestamp = timestamp - ? WHERE ${column} < ?`).run(40 * day, middle);
    }
    const states = () => Number(database.prepare("SELECT count(*) AS states FROM states").get()?.states);
    const before = states();
    const retention = createRetention(database, 1);
    while (retention.compact({ retentionDays: 30, nowSeconds: Number(at) + day }));
    expect(states()).to.be.lessThan(before);
    expect(database.prepare("SELECT min(id) AS id FROM snapshots").get()?.id).to.equal(middle);
    const kept = [...decideAgain(database, Number(run), Number(last), venues, chains)].at(-1);
    const orders = (decided: typeof kept) =>
      decided?.candidates.map(({ order, opportunity }) => order ?? opportunity.id);
    expect(kept?.candidates.length).to.be.greaterThan(0);
    expect(differenceOf(orders(kept), orders(again))).to.equal(undefined);
    database.close();
  });

  it("refuses what is not recorded, or not with its states", () => {
    const database = new DatabaseSync(file);
    expect(() => replay(database, "0x00", venues, chains)).to.throw(FatalError, "no opportunity 0x00");
    const id = ids(database)[0] ?? "";
    database.prepare("UPDATE opportunities SET snapshot = NULL WHERE id = ?").run(id);
    expect(() => replay(database, id, venues, chains)).to.throw(FatalError, "does not hold the states");
    database.close();
  });

  it("keeps no secret, and of an unchanged pool nothing", () => {
    const database = openReader(file);
    const [{ options } = {}] = database.prepare("SELECT options FROM journals").all();
    expect(Object.keys(deserialize(options as Uint8Array) as object)).not.to.include.members(["operatorPrivateKey"]);
    const pools = last?.pools.length ?? 0;
    const rows = database.prepare("SELECT count(*) AS rows FROM states WHERE part = ''").get()?.rows;
    const snapshots = database.prepare("SELECT count(*) AS rows FROM snapshots").get()?.rows;
    expect(Number(rows)).to.be.lessThan(pools + Number(snapshots) * (pools / 2));
    database.close();
  });

  it("gets every pool's state back as it was", () => {
    expect(last?.pools.length).to.be.greaterThan(50);
    for (const { pool, state } of last?.pools ?? []) {
      expect(differenceOf(deserialize(serialize(state)), state), pool.id).to.equal(undefined);
      expect(differenceOf(deserialize(serialize(pool)), pool), pool.id).to.equal(undefined);
    }
  });
});
