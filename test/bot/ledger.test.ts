import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect } from "chai";
import { noTrade } from "../../bot/domain/noTrade.ts";
import { openLedger } from "../../bot/ledger/ledger.ts";
import { migrations } from "../../bot/ledger/migrations.ts";
import type { MinedReceipt, OrderResult, SignedTransaction } from "../../bot/ledger/transactions.ts";
import { FatalError } from "../../bot/rpc/retry.ts";
import { memoryOrder } from "../support/memoryOrder.ts";

const account = "0x82aF49447D8a07e3bd95BD0d56f35241523fBab1";
const signed = (nonce: number, name = "f"): SignedTransaction => ({
  hash: `0x${nonce.toString(16).padStart(64, name)}`,
  purpose: "order",
  opportunity: `0x${nonce.toString(16).padStart(64, "0")}`,
  conversion: undefined,
  account,
  nonce,
  raw: "0x02",
  policy: "plain",
  maxFeePerGasWei: 2n ** 70n,
  maxPriorityFeePerGasWei: 1n,
  seenAtMs: 9_000,
  signedAtMs: 9_010,
});

const receipt: MinedReceipt = {
  block: 7n,
  blockHash: "0xb7",
  succeeded: true,
  gasUsed: 1n,
  gasPriceWei: 2n ** 70n,
  minedAt: 11n,
};

const resultOf = ({ hash, opportunity = "" }: SignedTransaction, netUsdE8: bigint): OrderResult => ({
  opportunity,
  status: "landed",
  hash,
  token: account,
  expected: 2n ** 90n,
  simulated: 2n ** 90n,
  realised: 2n ** 90n,
  treasuryGain: 2n ** 90n,
  netUsdE8,
  detail: undefined,
});

describe("bot: ledger", () => {
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
    ledger.opportunities.record(1, [
      { block: 100n, timestamp: 1n, opportunity, order: large, verdict, sent: undefined, noTrade: reason },
    ]);
    ledger.close();
    const database = new DatabaseSync(file);
    const rows = database.prepare("SELECT * FROM opportunities").all();
    expect(rows.map(({ id, reason: why }) => [id, why])).to.deep.equal([[order.id, "shadow-mode"]]);
    const [row] = database.prepare("SELECT amount, kind FROM orders JOIN verdicts USING (opportunity)").all();
    expect(row?.amount).to.equal(String(2n ** 100n + 1n));
    expect(row?.kind).to.equal("confirmed");
    database.close();
  });

  it("counts equal reasons of quiet blocks in one row", () => {
    const ledger = openLedger(file);
    for (const block of [5n, 6n, 7n])
      ledger.opportunities.recordBlock(block, block, noTrade("no-opportunity", "nothing"));
    ledger.opportunities.recordBlock(8n, 8n, noTrade("stale-block", "old"));
    ledger.close();
    const database = new DatabaseSync(file);
    const rows = database.prepare("SELECT first_block, last_block, blocks, reason FROM quiet_blocks").all();
    expect(rows.map((row) => Object.values(row))).to.deep.equal([
      [5, 7, 3, "no-opportunity"],
      [8, 8, 1, "stale-block"],
    ]);
    database.close();
  });

  it("remembers open transactions, stopped pools and the day's first value across a restart without a close", () => {
    const killed = openLedger(file);
    killed.transactions.sign(signed(3));
    killed.pools.stop({ pool: "0xpool", block: 9n, detail: "paid less" }, 10n);
    killed.risk.noteCapital(500n, 10n);

    const restarted = openLedger(file);
    const open = { ...signed(3), status: "signed", detail: undefined, sentAtMs: undefined, settledAtMs: undefined };
    expect(restarted.transactions.open()).to.deep.equal([open]);
    expect(restarted.pools.all()).to.deep.equal([{ pool: "0xpool", block: 9n, detail: "paid less" }]);
    restarted.risk.noteCapital(900n, 20n);
    expect(restarted.risk.exposure(20n).capitalToday).to.equal(500n);
    restarted.transactions.mine(open.hash, receipt, 11_000);
    restarted.pools.release();
    expect(restarted.transactions.open()).to.deep.equal([]);
    expect(restarted.pools.all()).to.deep.equal([]);
    restarted.close();
    killed.close();
  });

  it("supersedes the other transactions of a nonce when one is mined, and opens all again when its block is gone", () => {
    const ledger = openLedger(file);
    const [first, second] = [signed(4), signed(4, "e")];
    for (const one of [first, second]) {
      ledger.transactions.sign(one);
      ledger.transactions.sent(one.hash, "plain", 9_020);
    }
    const statuses = () => ledger.transactions.ofNonce(account, 4).map(({ status }) => status);
    ledger.transactions.mine(first.hash, receipt, 11_000);
    ledger.transactions.setResult(resultOf(first, 5n), 11n);
    expect(statuses()).to.deep.equal(["mined", "superseded"]);
    expect(ledger.transactions.unresolved(account)).to.deep.equal([]);
    expect(ledger.transactions.minedSince(account, 7n).map((one) => one.receipt)).to.deep.equal([receipt]);
    expect(ledger.transactions.highestUsedNonce(account)).to.equal(4);
    ledger.transactions.unmine(first.hash);
    expect(statuses()).to.deep.equal(["sent", "sent"]);
    expect(ledger.transactions.results(0n)).to.deep.equal([]);
    expect(ledger.transactions.minedSince(account, 0n)).to.deep.equal([]);
    ledger.transactions.drop(first.hash, "over", 12_000);
    ledger.transactions.drop(second.hash, "over", 12_000);
    expect([...ledger.transactions.takenNonces(account, 0)], "a dropped nonce is free").to.deep.equal([]);
    ledger.transactions.foreign(account, 4, "0xother", "not ours", 13_000);
    expect(statuses()).to.deep.equal(["superseded", "superseded"]);
    expect([...ledger.transactions.takenNonces(account, 0)]).to.deep.equal([4]);
    ledger.close();
  });

  it("brings a ledger of version 1 up to date and keeps what it holds", () => {
    const old = new DatabaseSync(file);
    old.exec(`${migrations[0]}; PRAGMA user_version = 1;`);
    old.exec(`INSERT INTO opportunities VALUES (1, 5, 6, 'r', 'solidly', 't', '1', '2', 'traded', NULL, NULL, '0xa')`);
    old.exec(`INSERT INTO opportunities VALUES (2, 5, 6, 'r', 'dodo', 't', '1', '2', 'no-trade', 'outbid', 'd', NULL)`);
    const trade = (name: string, nonce: number, rest: string) =>
      old.exec(`INSERT INTO trades VALUES ('0x${name}', '0x${name}h', ${nonce}, 't', ${rest})`);
    trade("a", 1, "'landed', '9', '9', 10, 11, 7, '21000', '1', '8', '8', '-5'");
    trade("b", 2, "'reverted', '9', '9', 12, 13, 8, '21000', NULL, NULL, NULL, '-6'");
    trade("c", 3, "'lost', '9', '9', 14, 15, NULL, NULL, NULL, NULL, NULL, NULL");
    old.close();

    const ledger = openLedger(file);
    const { lossesInARow, lostIn24HoursUsdE8, gasInHourWei } = ledger.risk.exposure(20n);
    expect([lossesInARow, lostIn24HoursUsdE8, gasInHourWei]).to.deep.equal([2, 11n, 21_000n]);
    expect(ledger.transactions.results(0n)).to.deep.equal([
      { netUsdE8: -6n, atSeconds: 13n },
      { netUsdE8: -5n, atSeconds: 11n },
    ]);
    ledger.close();
    const database = new DatabaseSync(file);
    const all = (query: string) =>
      database
        .prepare(query)
        .all()
        .map((row) => Object.values(row));
    expect(all("SELECT id, reason FROM opportunities ORDER BY id")).to.deep.equal([
      ["0xa", null],
      ["version-1-2", "outbid"],
    ]);
    expect(all("SELECT hash, status FROM transactions ORDER BY nonce")).to.deep.equal([
      ["0xah", "mined"],
      ["0xbh", "mined"],
      ["0xch", "dropped"],
    ]);
    expect(all("SELECT hash, succeeded FROM receipts ORDER BY hash")).to.deep.equal([
      ["0xah", 1],
      ["0xbh", 0],
    ]);
    database.close();
  });

  it("refuses a file of another schema version, and one that is no ledger", () => {
    const database = new DatabaseSync(file);
    database.exec("CREATE TABLE other (a) STRICT".replace("(a)", "(a TEXT)"));
    database.close();
    expect(() => openLedger(file)).to.throw(FatalError, "schema version 0");
    expect(() => openLedger(join(folder, "missing", "ledger.sqlite"))).to.throw(FatalError, "Check ledgerFile");
  });
});
