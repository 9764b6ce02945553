import { expect } from "chai";
import {
  answered,
  failed,
  type Health,
  judge,
  newestHead,
  orderOf,
  quarantined,
  released,
  told,
  unknownHealth,
} from "../../bot/rpc/health.ts";

const limits = { maxLagBlocks: 5n, probeMs: 1_000 };
const at = (head: bigint, change: Partial<Health> = {}): Health => ({ ...unknownHealth("node", 0), head, ...change });
const lagging = { fault: "lagging", detail: "", sinceMs: 0, probeAtMs: 0 } as const;
const order = (healths: readonly Health[], current?: number, block?: bigint) => orderOf(healths, { current, block });

describe("bot: health of endpoints", () => {
  it("asks the freshest first, and stays where no other is more than two blocks ahead", () => {
    expect(order([at(10n), at(12n), at(11n)])).to.deep.equal([1, 2, 0]);
    expect(order([at(10n), at(12n)], 0)).to.deep.equal([0, 1]);
    expect(order([at(10n), at(13n)], 0)).to.deep.equal([1, 0]);
  });

  it("asks last who has just failed, or has not told of the block that is asked for", () => {
    expect(order([at(12n, { failures: 1 }), at(10n)], 0)).to.deep.equal([1, 0]);
    expect(order([at(10n), at(11n)], 0, 11n)).to.deep.equal([1, 0]);
    expect(order([at(12n), at(11n)], 1, 11n)).to.deep.equal([1, 0]);
  });

  it("asks the quicker one of two that are as fresh", () => {
    expect(order([at(10n, { latencyMs: 20 }), at(10n, { latencyMs: 5 })])).to.deep.equal([1, 0]);
  });

  it("asks nobody in quarantine while one is healthy, and then only those that lag or fail", () => {
    const wrong = at(99n, { quarantine: { ...lagging, fault: "wrong-chain" } });
    const stale = at(99n, { quarantine: { ...lagging, fault: "stale" } });
    const odd = at(99n, { quarantine: { ...lagging, fault: "disagrees" } });
    const late = at(7n, { quarantine: lagging });
    expect(order([wrong, late, at(1n)])).to.deep.equal([2]);
    expect(order([wrong, late, stale, odd])).to.deep.equal([1]);
    expect(order([wrong])).to.deep.equal([]);
  });

  it("quarantines one whose newest block is further behind than the limit, with both numbers", () => {
    expect(told(at(1n), 95n, 100n, 0, limits).quarantine).to.equal(undefined);
    const late = told(at(1n), 94n, 100n, 7, limits);
    expect(late.quarantine).to.deep.include({ fault: "lagging", sinceMs: 7, probeAtMs: 1_007 });
    expect(late.quarantine?.detail).to.equal("its newest block is 94, 6 behind 100: the limit is 5");
  });

  it("quarantines one at the third request in a row without an answer, and counts anew after an answer", () => {
    const twice = failed(failed(at(1n), "timeout", 0, limits), "timeout", 0, limits);
    expect(twice.quarantine).to.equal(undefined);
    expect(failed(twice, "timeout", 0, limits).quarantine?.fault).to.equal("failing");
    expect(failed(answered(twice, 5), "timeout", 0, limits).quarantine).to.equal(undefined);
  });

  it("doubles the pause before the next probe with each strike, up to a minute, and forgives after ten minutes", () => {
    const problem = { fault: "stale", detail: "" } as const;
    let health = at(1n);
    const pauses: number[] = [];
    for (let strike = 0; strike < 8; strike++) {
      health = quarantined(health, problem, 0, limits);
      pauses.push(health.quarantine?.probeAtMs ?? 0);
    }
    expect(pauses).to.deep.equal([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
    const soon = quarantined(released(health, 0), problem, 1_000, limits);
    expect(soon.quarantine?.probeAtMs).to.equal(61_000);
    const late = quarantined(released(health, 0), problem, 600_000, limits);
    expect(late.quarantine?.probeAtMs).to.equal(601_000);
  });

  it("measures against the newest block of a healthy endpoint only", () => {
    expect(newestHead([at(10n), at(99n, { quarantine: lagging })])).to.equal(10n);
    expect(newestHead([])).to.equal(undefined);
  });

  it("tells who is odd where most agree, and nobody where none has a majority", () => {
    const votes = (...answers: string[]) => answers.map((answer, place) => ({ place, answer }));
    expect(judge(votes("a", "a"))).to.deep.equal({ agreed: true, odd: [] });
    expect(judge(votes("a", "b", "a"))).to.deep.equal({ agreed: false, odd: [1] });
    expect(judge(votes("a", "b"))).to.deep.equal({ agreed: false, odd: [] });
    expect(judge(votes("a", "a", "b", "b"))).to.deep.equal({ agreed: false, odd: [] });
  });
});
