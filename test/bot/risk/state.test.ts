import { expect } from "chai";
import { noTrade, noTradeReasons } from "../../../bot/domain/noTrade.ts";
import { type Ledger, openLedger } from "../../../bot/ledger/ledger.ts";
import {
  degradingReasons,
  type haltingReasons,
  isDegrading,
  type RiskChange,
  type RiskState,
  type RiskStateName,
  refusalOf,
  riskStateNames,
  transition,
} from "../../../bot/risk/state.ts";
import { createWatch } from "../../../bot/risk/watch.ts";

const stateOf = (state: RiskStateName, reason = "earlier"): RiskState => ({
  state,
  sinceSeconds: 5n,
  who: "somebody",
  reason,
  detail: "something",
});
const degrade = (reason: (typeof degradingReasons)[number] = "stale-block"): RiskChange => ({
  kind: "degrade",
  who: "gate",
  reason,
  detail: "old",
});
const recover: RiskChange = { kind: "recover", who: "gate", reason: "healthy", detail: "" };
const pause: RiskChange = { kind: "pause", who: "operator", reason: "paused", detail: "lunch" };
const resume: RiskChange = { kind: "resume", who: "operator", reason: "resumed", detail: "back" };
const halt = (reason: (typeof haltingReasons)[number] = "loss-streak"): RiskChange => ({
  kind: "halt",
  who: "limits",
  reason,
  detail: "5 losses",
});

describe("bot: risk state", () => {
  describe("transitions", () => {
    /** Where a change leads from RUNNING, DEGRADED, PAUSED and HALTED. */
    const table: readonly (readonly [string, RiskChange, readonly RiskStateName[]])[] = [
      ["a block that is not sound", degrade(), ["DEGRADED", "DEGRADED", "PAUSED", "HALTED"]],
      ["sound blocks", recover, ["RUNNING", "RUNNING", "PAUSED", "HALTED"]],
      ["bot pause", pause, ["PAUSED", "PAUSED", "PAUSED", "HALTED"]],
      ["bot resume", resume, ["RUNNING", "DEGRADED", "RUNNING", "RUNNING"]],
      ["what a person has to look into", halt(), ["HALTED", "HALTED", "HALTED", "HALTED"]],
    ];
    for (const [name, change, to] of table) {
      it(`lead from every state by ${name} to ${to.join(", ")}`, () => {
        expect(riskStateNames.map((from) => transition(stateOf(from), change, 9n).state)).to.deep.equal(to);
      });
    }

    it("leave a state that does not change as it was, with its time and its reason", () => {
      const running = stateOf("RUNNING");
      for (const change of [recover, resume]) expect(transition(running, change, 9n)).to.equal(running);
      const halted = stateOf("HALTED", "loss-streak");
      for (const change of [halt(), pause, recover, degrade()]) expect(transition(halted, change, 9n)).to.equal(halted);
      const paused = stateOf("PAUSED", "paused");
      for (const change of [pause, degrade(), recover]) expect(transition(paused, change, 9n)).to.equal(paused);
    });

    it("record one more reason to be HALTED or DEGRADED", () => {
      const other = transition(stateOf("HALTED", "loss-streak"), halt("foreign-transaction"), 9n);
      expect(other).to.include({ state: "HALTED", reason: "foreign-transaction", sinceSeconds: 9n });
      const degraded = transition(stateOf("DEGRADED", "stale-block"), degrade("sequencer-down"), 9n);
      expect(degraded).to.include({ state: "DEGRADED", reason: "sequencer-down" });
    });

    it("name who set the state, and say what ends it", () => {
      const refusals = riskStateNames.map((name) => refusalOf(stateOf(name)));
      expect(refusals.map((refusal) => refusal?.noTrade)).to.deep.equal([undefined, "degraded", "paused", "halted"]);
      expect(refusals[1]?.detail).to.contain("by somebody: earlier: something").and.to.contain("ends by itself");
      for (const refusal of refusals.slice(2)) expect(refusal?.detail).to.contain("`bot resume`");
    });

    it("take for degrading what ends without a person, and nothing else", () => {
      expect(noTradeReasons.filter(isDegrading)).to.have.members([...degradingReasons]);
      for (const reason of ["gas-price-above-limit", "contract-paused", "no-opportunity", "halted"] as const) {
        expect(isDegrading(reason), reason).to.equal(false);
      }
    });
  });

  describe("watch", () => {
    let ledger: Ledger;
    beforeEach(() => {
      ledger = openLedger(":memory:");
    });
    afterEach(() => ledger.close());
    const stale = noTrade("stale-block", "11 s old");
    const watchOf = (live = true) => createWatch(ledger.risk, { recoverBlocks: 3, live });

    it("degrades on a block that is not sound, and ends that after sound blocks in a row", () => {
      const watch = watchOf();
      expect(watch(1n, undefined, 1n)).to.equal(undefined);
      expect(watch(2n, stale, 2n)?.noTrade).to.equal("degraded");
      for (const block of [3n, 4n]) expect(watch(block, undefined, block)?.noTrade).to.equal("degraded");
      expect(watch(5n, noTrade("sequencer-down", "an outage"), 5n)?.detail).to.contain("sequencer-down");
      for (const block of [6n, 7n, 7n, 7n]) expect(watch(block, undefined, block)?.noTrade).to.equal("degraded");
      expect(watch(8n, undefined, 8n)).to.equal(undefined);
      expect(ledger.risk.state()).to.include({ state: "RUNNING", who: "gate", reason: "healthy" });
    });

    it("degrades where not even a block is observed, and not for what is no fault of chain or RPC", () => {
      const watch = watchOf();
      expect(watch(undefined, noTrade("rpc-failed", "no answer"), 1n)?.noTrade).to.equal("degraded");
      const other = watchOf();
      ledger.risk.change(resume, 2n);
      for (const block of [1n, 2n, 3n]) other(block, noTrade("gas-price-above-limit", "2 gwei"), block);
      expect(ledger.risk.state().state).to.equal("RUNNING");
    });

    it("goes on after a restart in the state that the last run left, and counts sound blocks anew", () => {
      watchOf()(1n, stale, 1n);
      const restarted = watchOf();
      for (const block of [2n, 3n]) expect(restarted(block, undefined, block)?.noTrade).to.equal("degraded");
      expect(restarted(4n, undefined, 4n)).to.equal(undefined);
    });

    it("sees at the next block what another process has set, and never lifts it", () => {
      const watch = watchOf();
      expect(watch(1n, undefined, 1n)).to.equal(undefined);
      ledger.risk.change(pause, 2n);
      for (const block of [2n, 3n, 4n, 5n, 6n]) expect(watch(block, undefined, block)?.noTrade).to.equal("paused");
      ledger.risk.change(halt(), 7n);
      for (const block of [7n, 8n, 9n, 10n]) expect(watch(block, undefined, block)?.noTrade).to.equal("halted");
      expect(watch(11n, stale, 11n)?.noTrade).to.equal("halted");
      ledger.risk.change(resume, 12n);
      expect(watch(12n, undefined, 12n)).to.equal(undefined);
    });

    it("sets nothing in shadow mode, and keeps to what a person has set", () => {
      const watch = watchOf(false);
      expect(watch(1n, stale, 1n)).to.equal(undefined);
      expect(ledger.risk.state().state).to.equal("RUNNING");
      watchOf()(2n, stale, 2n);
      expect(watch(3n, undefined, 3n), "another bot's doubt").to.equal(undefined);
      ledger.risk.change(pause, 4n);
      expect(watch(4n, undefined, 4n)?.noTrade).to.equal("paused");
    });
  });
});
