import { expect } from "chai";
import { causeOf, causeOfVerdict, causes, type Evidence, type PoolChange } from "../../bot/ledger/causes.ts";

const landed: Evidence = {
  status: "landed",
  expected: 100n,
  simulated: 100n,
  realised: 100n,
  expectedNetUsdE8: 50n,
  netUsdE8: 50n,
  block: 7n,
  deadline: 1_000n,
  mined: { block: 9n, timestamp: 990n, gasUsed: 300_000n, gasLimit: 500_000n },
  changes: [],
};
const reverted: Evidence = { ...landed, status: "reverted", realised: undefined, netUsdE8: -5n };
const change = (kind: PoolChange["kind"]): PoolChange => ({ pool: `pool-${kind}`, kind, detail: "transaction 0x1" });

describe("bot: causes", () => {
  const cause = (evidence: Evidence) => causeOf(evidence)?.cause;

  it("gives no cause to what came as expected", () => {
    expect(causeOf(landed)).to.equal(undefined);
  });

  it("blames the quotes where the chain says otherwise at the same block", () => {
    expect(cause({ ...landed, simulated: 99n, realised: 99n })).to.equal("quote-error");
    expect(causeOfVerdict({ kind: "diverged", simulated: 99n, detail: "", suspects: [] })).to.equal("quote-error");
  });

  it("blames stale state where the order is right at its block and refused at the newest state, or comes too late", () => {
    expect(causeOfVerdict({ kind: "outdated", profit: 1n, detail: "" })).to.equal("stale-state");
    const late = { ...reverted, mined: { block: 9n, timestamp: 1_001n, gasUsed: 1n, gasLimit: 2n } };
    expect(cause({ ...late, changes: [change("traded")] })).to.equal("stale-state");
    expect(cause({ ...reverted, changes: [change("changed"), change("traded-by-us")] })).to.equal("stale-state");
    expect(cause({ ...reverted, status: "lost", mined: undefined })).to.equal("stale-state");
  });

  it("blames a lost race where others traded a pool of the route first, whether it then lost all or a part", () => {
    const changes = [change("changed"), change("traded")];
    expect(cause({ ...reverted, changes })).to.equal("lost-race");
    expect(cause({ ...landed, realised: 60n, changes })).to.equal("lost-race");
    expect(cause({ ...reverted, status: "lost", mined: undefined, changes })).to.equal("lost-race");
    expect(causeOf({ ...reverted, changes })?.detail).to.equal(
      "pool-traded was traded by others between block 7 and block 9: transaction 0x1",
    );
  });

  it("blames the venue where a pool changed without a trade, and where nothing but the clock and the loan did", () => {
    expect(cause({ ...landed, realised: 60n, changes: [change("changed")] })).to.equal("venue-changed");
    expect(cause(reverted)).to.equal("venue-changed");
  });

  it("blames gas where it ran out, and where it cost more than the trade earned", () => {
    const mined = { block: 9n, timestamp: 990n, gasUsed: 495_000n, gasLimit: 500_000n };
    expect(cause({ ...reverted, mined, changes: [change("traded")] })).to.equal("gas");
    expect(cause({ ...landed, netUsdE8: -1n })).to.equal("gas");
    expect(cause({ ...landed, netUsdE8: -1n, expectedNetUsdE8: -1n })).to.equal(undefined);
  });

  it("has a cause for every difference there is (all combinations)", () => {
    const minings = [undefined, landed.mined, { block: 9n, timestamp: 2_000n, gasUsed: 1n, gasLimit: undefined }];
    const lists = [[], [change("changed")], [change("traded-by-us")], [change("traded")]];
    for (const status of ["landed", "reverted", "lost"] as const)
      for (const realised of [undefined, 99n, 101n])
        for (const mined of minings)
          for (const changes of lists) {
            const found = causeOf({ ...landed, status, realised, mined, changes });
            expect(causes).to.include(found?.cause);
            expect(found?.detail).to.match(/\w/);
          }
  });
});
