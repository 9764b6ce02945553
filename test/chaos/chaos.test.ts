import { expect } from "chai";
import { runChaos } from "./chaos.ts";
import { quantile } from "./latency.ts";
import { drawReport } from "./report.ts";

// A localnet of its own, on a fork as well: faults and kills are the subject, whatever the chain.
describe("chaos: a short run", () => {
  it("keeps the ledger the chain's, through faults and kills", async function () {
    this.timeout(400_000);
    const report = await runChaos({
      faults: 30,
      seed: 7,
      every: 3,
      baselineSeconds: 0,
      maxSeconds: 150,
      settleSeconds: 90,
      maxLifeSeconds: 12,
      intervalMs: 300,
      progress: () => undefined,
    });
    expect(report.holds, drawReport(report)).to.equal(true);
    expect(report.kills, "kills").to.be.greaterThan(0);
  });

  it("measures by the smallest value that so many percent do not exceed", () => {
    const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
    expect([50, 99, 100].map((percent) => quantile(hundred, percent))).to.deep.equal([50, 99, 100]);
    expect(quantile([7], 99)).to.equal(7);
    expect(quantile([], 50)).to.equal(undefined);
  });
});
