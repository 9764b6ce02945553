import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect } from "chai";
import { type Ledger, openLedger } from "../../../bot/ledger/ledger.ts";
import { checkTiming, createLifeWatch, type Life } from "../../../bot/risk/timing.ts";
import { seededRandom } from "../../support/random.ts";

const limits = {
  refuseSlowRoutes: true,
  lifetimeSamples: 5,
  minLifetimeSamples: 3,
  latencySamples: 5,
  minLatencyBlocks: 1,
};

describe("bot: timing", () => {
  describe("orders that come too late", () => {
    it("are refused where a transaction takes longer than the route usually pays, with both numbers", () => {
      const refused = checkTiming([1, 2, 9], [3, 3, 4], limits);
      expect(refused?.noTrade).to.equal("slower-than-route");
      expect(refused?.detail).to.contain("takes 3 blocks (the median of 3 transactions)");
      expect(refused?.detail).to.contain("pays for 2 (the median of its last 3 lives)");
    });

    it("are sent where it takes as long as the route pays, and where too little is known of the route", () => {
      expect(checkTiming([1, 3, 9], [3, 3, 4], limits)).to.equal(undefined);
      expect(checkTiming([1, 1], [50], limits)).to.equal(undefined);
    });

    it("are judged by the mean of both middles, and by no less than the floor", () => {
      expect(checkTiming([1, 2, 3, 4], [2, 3], limits), "2.5 and 2.5").to.equal(undefined);
      expect(checkTiming([1, 2, 3, 4], [2, 4], limits)?.noTrade).to.equal("slower-than-route");
      expect(checkTiming([1, 1, 1], [], limits)).to.equal(undefined);
      expect(checkTiming([1, 1, 1], [1], { ...limits, minLatencyBlocks: 2 })?.detail).to.contain("minLatencyBlocks");
    });
  });

  describe("lives", () => {
    const see = (watch: ReturnType<typeof createLifeWatch>, block: bigint, routes: string[], isDisturbed = false) =>
      watch({ block, timestamp: block * 10n, routes, isDisturbed });
    const shapes = (lives: readonly Life[]) =>
      lives.map(({ route, firstBlock, lastBlock, isWhole }) => [route, firstBlock, lastBlock, isWhole]);

    it("last from the first to the last of consecutive blocks", () => {
      const watch = createLifeWatch();
      expect(see(watch, 1n, [])).to.deep.equal([]);
      for (const block of [2n, 3n, 4n]) expect(see(watch, block, ["a", "b"])).to.deep.equal([]);
      expect(see(watch, 5n, ["b"])).to.deep.equal([
        { route: "a", firstBlock: 2n, lastBlock: 4n, firstTimestamp: 20n, lastTimestamp: 40n, isWhole: true },
      ]);
      expect(see(watch, 5n, []), "the same block once more").to.deep.equal([]);
      expect(shapes(see(watch, 6n, ["a"]))).to.deep.equal([["b", 2n, 5n, true]]);
      expect(shapes(see(watch, 7n, [])), "a second life").to.deep.equal([["a", 6n, 6n, true]]);
    });

    it("are not whole where a gap, a rewound chain or a restart hides their beginning or their end", () => {
      const watch = createLifeWatch();
      see(watch, 1n, ["a"]);
      expect(shapes(see(watch, 2n, [])), "there before the first block").to.deep.equal([["a", 1n, 1n, false]]);
      see(watch, 3n, ["b"]);
      expect(shapes(see(watch, 6n, ["b"])), "over a gap").to.deep.equal([["b", 3n, 3n, false]]);
      expect(shapes(see(watch, 5n, ["c"])), "rewound").to.deep.equal([["b", 6n, 6n, false]]);
      expect(shapes(see(watch, 6n, []))).to.deep.equal([["c", 5n, 5n, false]]);
    });

    it("are not whole where the bot itself has traded", () => {
      const watch = createLifeWatch();
      see(watch, 1n, []);
      expect(shapes(see(watch, 2n, ["a"], true))).to.deep.equal([["a", 2n, 2n, false]]);
      see(watch, 3n, ["a"]);
      expect(shapes(see(watch, 4n, []))).to.deep.equal([["a", 3n, 3n, false]]);
    });

    it("that are whole are those of a chain of which every block is known", () => {
      const random = seededRandom(11);
      for (let run = 0; run < 200; run++) {
        const length = 40;
        const pays = Array.from({ length }, () => random.bigint(0n, 2n) > 0n);
        const isSeen = Array.from({ length }, () => random.bigint(0n, 9n) > 0n);
        const watch = createLifeWatch();
        const found = isSeen.flatMap((seen, block) =>
          seen ? see(watch, BigInt(block), pays[block] ? ["a"] : []) : [],
        );
        const whole = found
          .filter((life) => life.isWhole)
          .map((life) => [Number(life.firstBlock), Number(life.lastBlock)]);
        const expected: number[][] = [];
        for (let first = 1; first < length; first++) {
          let last = first;
          while (last + 1 < length && pays[last + 1]) last += 1;
          const around = Array.from({ length: last - first + 3 }, (_, index) => first - 1 + index);
          const isLife = pays[first] && !pays[first - 1] && last + 1 < length && around.every((block) => isSeen[block]);
          if (isLife) expected.push([first, last]);
        }
        expect(whole, `run ${run}`).to.deep.equal(expected);
      }
    });
  });

  describe("records", () => {
    let folder: string;
    let ledger: Ledger;
    let database: DatabaseSync;
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), "quintet-"));
      ledger = openLedger(join(folder, "ledger.sqlite"));
      database = new DatabaseSync(join(folder, "ledger.sqlite"));
    });
    afterEach(() => {
      database.close();
      ledger.close();
      rmSync(folder, { recursive: true });
    });
    const life = (route: string, firstBlock: bigint, lastBlock: bigint, isWhole = true): Life => ({
      route,
      firstBlock,
      lastBlock,
      firstTimestamp: 1n,
      lastTimestamp: 2n,
      isWhole,
    });

    it("keep a route's lives, the newest first, and leave out those that are not whole", () => {
      ledger.lifetimes.record([life("a", 1n, 1n), life("b", 1n, 9n), life("a", 5n, 8n), life("a", 20n, 90n, false)]);
      ledger.lifetimes.record([life("a", 30n, 31n)]);
      expect(ledger.lifetimes.of("a", 2)).to.deep.equal([2, 4]);
      expect(ledger.lifetimes.of("a", 9)).to.deep.equal([2, 4, 1]);
      expect(ledger.lifetimes.of("c", 9)).to.deep.equal([]);
    });

    it("tell how many blocks the last orders took that were mined, and leave out what was no order", () => {
      expect(ledger.lifetimes.latencies(9)).to.deep.equal([]);
      const sent = (name: string, purpose: string, decided: number, mined: number | undefined) => {
        database.exec(`INSERT INTO orders (opportunity, block, lender, token, amount, fee, expected, min_profit, gas,
          gas_cost_usd_e8, net_usd_e8, deadline) VALUES ('${name}', ${decided}, '', '', '', '', '', '', '', '', '', 0)`);
        database.exec(`INSERT INTO transactions (hash, purpose, opportunity, account, nonce, policy, status, signed_at_ms)
          VALUES ('${name}', '${purpose}', '${name}', '', ${decided}, 'plain', 'mined', 0)`);
        if (mined === undefined) return;
        database.exec(`INSERT INTO receipts (hash, block, succeeded, gas_used) VALUES ('${name}', ${mined}, 1, '1')`);
      };
      sent("a", "order", 10, 11);
      sent("b", "order", 20, 24);
      sent("c", "cancel", 30, 39);
      sent("d", "order", 40, undefined);
      sent("e", "order", 50, 52);
      expect(ledger.lifetimes.latencies(9)).to.deep.equal([2, 4, 1]);
      expect(ledger.lifetimes.latencies(2)).to.deep.equal([2, 4]);
    });
  });
});
