import { expect } from "chai";
import { ZeroHash } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { isNoTrade, type NoTradeReason, noTrade } from "../../bot/domain/noTrade.ts";
import type { Order } from "../../bot/domain/order.ts";
import { routeId } from "../../bot/domain/route.ts";
import type { PoolState, Snapshot } from "../../bot/domain/snapshot.ts";
import { type Ledger, openLedger } from "../../bot/ledger/ledger.ts";
import {
  createExecute,
  type Executable,
  type Execute,
  type ExecutePorts,
  executeInShadow,
} from "../../bot/pipeline/execute.ts";
import { gate } from "../../bot/pipeline/gate.ts";
import { type BotOptions, type BotPorts, createStep } from "../../bot/pipeline/run.ts";
import { type CallExecute, simulate } from "../../bot/pipeline/simulate.ts";
import { DisagreementError, RpcError } from "../../bot/rpc/retry.ts";
import type { Sender } from "../../bot/sender/sender.ts";
import type { Settled } from "../../bot/sender/settle.ts";
import type { Pool } from "../../bot/venues/venue.ts";
import {
  dislocatedPools,
  memoryPool,
  memorySnapshot,
  memoryVenues,
  usdc,
  wbtc,
  weth,
} from "../support/memoryMarket.ts";
import { memoryOrder } from "../support/memoryOrder.ts";
import { createModelChain, type ModelChain } from "../support/modelChain.ts";
import { modelKey, modelSender, modelValuation, strictBooks } from "../support/modelSender.ts";

const valuation = { tokenPriceE8: 1_00000000n, tokenDecimals: 6, etherPriceE8: 3_000_00000000n };

describe("bot: pipeline", () => {
  describe("gate", () => {
    const limits = { maxBlockAgeSeconds: 10n, sequencerGraceSeconds: 3_600n, maxGasPriceWei: 10n ** 9n };
    const snapshot = memorySnapshot([]);
    const reason = (change: Partial<Snapshot>, now = snapshot.block.timestamp) =>
      gate({ ...snapshot, ...change }, now, limits)?.noTrade;

    it("opens on a fresh block of a healthy chain", () => {
      expect(reason({}, snapshot.block.timestamp + 10n)).to.equal(undefined);
    });

    it("names what stands against a trade", () => {
      const { timestamp, ...block } = snapshot.block;
      const contract = { paused: false, isOperator: true, treasury: weth.address };
      expect(reason({}, timestamp + 11n)).to.equal("stale-block");
      expect(reason({ sequencer: undefined })).to.equal("sequencer-down");
      expect(reason({ sequencer: { up: false, since: 0n } })).to.equal("sequencer-down");
      expect(reason({ sequencer: { up: true, since: timestamp - 3_599n } })).to.equal("sequencer-restarted");
      expect(reason({ block: { ...block, timestamp, baseFeeWei: 10n ** 9n + 1n } })).to.equal("gas-price-above-limit");
      expect(reason({ contract: undefined })).to.equal("no-contract");
      expect(reason({ wallet: undefined })).to.equal("no-contract");
      expect(reason({ contract: { ...contract, paused: true } })).to.equal("contract-paused");
      expect(reason({ contract: { ...contract, isOperator: false } })).to.equal("not-operator");
      expect(reason({ wallet: { etherWei: 1n, tokens: new Map() } })).to.equal("gas-balance-too-low");
    });
  });

  describe("simulate", () => {
    const { order } = memoryOrder();
    const pools = order.route.hops.map(({ pool }) => pool.id);
    const verdictOf = (simulation: Awaited<ReturnType<CallExecute>>, proven: readonly string[] = []) =>
      simulate(
        order,
        async () => simulation,
        (pool) => proven.includes(pool),
      );
    const reverted = (name: string, ...args: unknown[]) =>
      ({ kind: "reverted", error: { name, args, text: `${name}(…)` } }) as const;

    it("confirms what the chain pays to the unit", async () => {
      const verdict = await verdictOf({ kind: "returned", profit: order.expected, gas: 1n });
      expect(verdict.kind).to.equal("confirmed");
    });

    it("takes one unit of difference for a divergence, and suspects the pools that nothing vouches for", async () => {
      const simulation = { kind: "returned", profit: order.expected - 1n, gas: 1n } as const;
      const verdict = await verdictOf(simulation, pools.slice(0, 1));
      if (verdict.kind !== "diverged") throw new Error(verdict.kind);
      expect(verdict.suspects).to.deep.equal(pools.slice(1));
      expect(verdict.simulated).to.equal(order.expected - 1n);
      const all = await verdictOf(simulation, pools);
      expect(all.kind === "diverged" && all.suspects).to.deep.equal(pools);
    });

    it("accuses the hop that the contract names", async () => {
      const verdict = await verdictOf(reverted("HopFailed", 1n, 0n, "0x"));
      expect(verdict.kind === "diverged" && verdict.suspects).to.deep.equal([pools[1]]);
    });

    it("reads the profit that was reached out of the contract's refusal", async () => {
      const verdict = await verdictOf(reverted("InsufficientProfit", -5n, 1n));
      expect(verdict.kind === "diverged" && verdict.simulated).to.equal(-5n);
    });

    it("does not blame a pool for a market that has moved on since", async () => {
      const error = { name: "InsufficientProfit", args: [-5n, 1n], text: "InsufficientProfit(…)" };
      const verdict = await verdictOf({ kind: "outdated", profit: order.expected, error });
      expect(verdict).to.deep.equal({ kind: "outdated", profit: order.expected, detail: error.text });
    });

    it("does not blame a pool for a lender, a deadline or a missing right", async () => {
      for (const name of ["NotOperator", "DeadlinePassed", "", "LoanNotDelivered"]) {
        expect((await verdictOf(reverted(name))).kind, name).to.equal("refused");
      }
    });
  });

  describe("execute", () => {
    it("reports nothing as executed in shadow mode", async () => {
      const { opportunity, order } = memoryOrder();
      const verdict = { kind: "confirmed", profit: order.expected, gas: 1n } as const;
      const result = await executeInShadow({
        block: 1n,
        timestamp: 1n,
        opportunity,
        order,
        verdict,
        valuation,
        tipWei: 0n,
        conditions: undefined,
      });
      expect(isNoTrade(result) && result.noTrade).to.equal("shadow-mode");
      expect(isNoTrade(result) && result.detail).to.contain("not executed");
    });

    describe("live", () => {
      let ledger: Ledger;
      let model: ModelChain;
      let sender: Sender;
      const [first, second] = [`0x${"1".repeat(64)}`, `0x${"2".repeat(64)}`];
      beforeEach(() => {
        ledger = openLedger(":memory:");
        model = createModelChain(1_000n, modelKey.address);
        const books = strictBooks();
        for (const opportunity of [first, second]) books.reserve({ opportunity });
        sender = modelSender({ ledger, model, books });
      });
      afterEach(() => ledger.close());

      const { opportunity, order } = memoryOrder();
      const executable = (id: string, change: Partial<Order> = {}): Executable => ({
        block: 100n,
        timestamp: 1_000n,
        opportunity: { ...opportunity, id },
        order: { ...order, id, ...change },
        verdict: { kind: "confirmed", profit: order.expected, gas: 400_000n },
        valuation,
        tipWei: 7n,
        conditions: undefined,
      });
      const ports = (change: Partial<ExecutePorts> = {}): ExecutePorts => ({
        callOf: async () => ({ to: weth.address, data: "0x", valueWei: 0n }),
        reserve: () => undefined,
        seenAtMs: () => 999_990,
        ...change,
      });
      const execute = (one: Executable, change: Partial<ExecutePorts> = {}) =>
        createExecute(ledger, 1, sender, ports(change))(one);
      it("writes opportunity, order, verdict and transaction down, and sends with a quarter more gas", async () => {
        const sent = await execute(executable(first));
        expect(isNoTrade(sent)).to.equal(false);
        expect(ledger.opportunities.sentOrder(first)).to.deep.equal({
          route: routeId(order.route),
          token: order.token,
          expected: order.expected,
          simulated: order.expected,
          deadline: order.deadline,
        });
        const [transaction] = ledger.transactions.open();
        expect(transaction?.opportunity).to.equal(first);
        expect([transaction?.seenAtMs, transaction?.sentAtMs]).to.deep.equal([999_990, 1_000_000]);
        const [waiting] = model.mempool.values();
        expect([waiting?.gasLimit, waiting?.maxPriorityFeePerGas]).to.deep.equal([500_000n, 7n]);
      });

      it("writes and sends nothing where there is no room under the limits, or the call is not what it should be", async () => {
        const none = noTrade("too-many-open-orders", "3 are open");
        expect(await execute(executable(first), { reserve: () => none })).to.equal(none);
        const wrong = noTrade("amount-refused", "another amount");
        expect(await execute(executable(first), { callOf: async () => wrong })).to.equal(wrong);
        expect(ledger.opportunities.sentOrder(first)).to.equal(undefined);
        expect(model.mempool.size).to.equal(0);
      });

      it("sends no order through a pool that an open one passes, until that one is settled", async () => {
        await execute(executable(first));
        const refused = await execute(executable(second));
        expect(isNoTrade(refused) && refused.noTrade).to.equal("trade-pending");
        expect(isNoTrade(refused) && refused.detail).to.contain(order.route.hops[0]?.pool.id);
        const elsewhere = order.route.hops.map((hop) => ({ ...hop, pool: { ...hop.pool, id: `${hop.pool.id}9` } }));
        expect(isNoTrade(await execute(executable(second, { route: { hops: elsewhere } })))).to.equal(false);
        model.mine();
        await sender.settle(modelValuation);
        expect(isNoTrade(await execute(executable(`0x${"3".repeat(64)}`)))).to.equal(false);
      });
    });
  });

  describe("run", () => {
    const options = {
      chain: arbitrum,
      run: { id: 1, salt: ZeroHash },
      bid: undefined,
      maxHops: 3,
      tipWei: 0n,
      maxPriceDeviationBps: 500n,
      maxProfitBps: 300n,
      minProfitUsdE8: 1n,
      minProfitOverCostBps: 0n,
      recoverBlocks: 1,
      live: true,
      refuseSlowRoutes: true,
      lifetimeSamples: 20,
      minLifetimeSamples: 1,
      latencySamples: 20,
      minLatencyBlocks: 1,
      tradingWindows: [],
      tradingTimeZone: "UTC",
      deadlineSeconds: 30n,
      opportunitiesPerBlock: 10,
      maxBlockAgeSeconds: 10n,
      sequencerGraceSeconds: 0n,
      maxGasPriceWei: 10n ** 9n,
      maxOrderUsdE8: 10n ** 15n,
      maxOrderUnits: new Map(),
      ownCapitalProfile: "moderate",
      maxOwnEtherBps: 5_000n,
    } satisfies BotOptions;
    let ledger: Ledger;
    let simulated: string[];
    beforeEach(() => {
      ledger = openLedger(":memory:");
      simulated = [];
    });
    afterEach(() => ledger.close());

    const confirm: CallExecute = async (order) => {
      simulated.push(order.id);
      return { kind: "returned", profit: order.expected, gas: 300_000n };
    };
    const stepper = (snapshot: Snapshot, change: Partial<BotPorts> = {}, settings: Partial<BotOptions> = {}) =>
      createStep(
        ledger,
        memoryVenues,
        {
          observe: async () => snapshot,
          confirm: async () => snapshot,
          callExecute: confirm,
          execute: executeInShadow,
          conditionsOf: async () => undefined,
          settle: async () => [],
          nowSeconds: () => snapshot.block.timestamp,
          ...change,
        },
        { ...options, ...settings },
      );
    const threePools = () => {
      const reserves = new Map([
        [weth.address, 1_000n * 10n ** 18n],
        [usdc.address, 3_090_000n * 10n ** 6n],
      ]);
      return [...dislocatedPools(), memoryPool(3, "dodo", reserves)];
    };

    it("simulates the order that leaves the most, and says of every other that it was outbid", async () => {
      const { outcomes } = await stepper(memorySnapshot(threePools()))();
      const best = outcomes.reduce((a, b) => ((a.order?.netUsdE8 ?? 0n) > (b.order?.netUsdE8 ?? 0n) ? a : b));
      expect(simulated).to.deep.equal([best.order?.id]);
      expect(outcomes.map(({ noTrade: none }) => none?.noTrade).sort()).to.deep.equal(
        [...outcomes.slice(1).map(() => "outbid"), "shadow-mode"].sort(),
      );
    });

    it("stops the pools of a divergence, also after a restart, and goes on with the others", async () => {
      const snapshot = memorySnapshot(threePools());
      const lie: CallExecute = async (order) => ({ kind: "returned", profit: order.expected + 1n, gas: 1n });
      const { outcomes } = await stepper(snapshot, { callExecute: lie })();
      expect(outcomes.some(({ noTrade: none }) => none?.noTrade === "diverged")).to.equal(true);
      const stopped = ledger.pools.all().map(({ pool }) => pool);
      expect(stopped.length).to.be.greaterThan(1);
      const restarted = await stepper(snapshot)();
      expect(restarted.snapshot?.absent.map(({ pool }) => pool.id)).to.have.members(stopped);
      expect(restarted.snapshot?.absent[0]?.refusal.refused).to.equal("stopped");
    });

    it("stops no pool for an answer that is another the second time: that accuses the RPC", async () => {
      let asked = 0;
      const stale: CallExecute = async (order) => {
        asked += 1;
        return { kind: "returned", profit: order.expected + (asked === 1 ? 1n : 0n), gas: 1n };
      };
      const { outcomes } = await stepper(memorySnapshot(threePools()), { callExecute: stale })();
      const reasons = outcomes.map(({ noTrade: none }) => none?.noTrade);
      expect(reasons).to.include("rpc-disagreement").and.not.to.include("diverged");
      expect(ledger.pools.all()).to.deep.equal([]);
    });

    it("stops the pool that a check has found to be wrong, also after a restart", async () => {
      const pools = threePools();
      const pool = pools[0]?.pool.id ?? "";
      const divergences = [{ pool, block: 90n, detail: "reserves[0] is 1n, not 2n" }];
      const first = await stepper(memorySnapshot(pools, { divergences }))();
      expect(first.snapshot?.absent.map((absence) => absence.pool.id)).to.deep.equal([pool]);
      expect(ledger.pools.all()).to.deep.equal(divergences);
      const restarted = await stepper(memorySnapshot(pools))();
      expect(restarted.snapshot?.absent.map((absence) => absence.pool.id)).to.deep.equal([pool]);
    });

    it("makes sure of the pools of its orders, and of no others, before it asks the chain", async () => {
      const snapshot = memorySnapshot(threePools());
      const asked: string[][] = [];
      const confirm = async (pools: readonly Pool[]) => {
        asked.push(pools.map(({ id }) => id));
        return snapshot;
      };
      const { outcomes } = await stepper(snapshot, { confirm })();
      const best = [...outcomes]
        .sort((a, b) => Number((b.order?.netUsdE8 ?? 0n) - (a.order?.netUsdE8 ?? 0n)))
        .slice(0, 3)
        .flatMap(({ order }) => order?.route.hops.map(({ pool }) => pool.id) ?? []);
      expect(asked).to.have.length(1);
      expect(asked[0]).to.have.members([...new Set(best)]);
      const quiet = memorySnapshot(threePools().slice(0, 1));
      await stepper(quiet, { confirm })();
      expect(asked, "without an order").to.have.length(1);
    });

    it("decides anew where making sure shows another state", async () => {
      const known = memorySnapshot(threePools());
      const gone = memorySnapshot(threePools().slice(0, 1));
      const { outcomes, snapshot } = await stepper(known, { confirm: async () => gone })();
      expect(outcomes).to.deep.equal([]);
      expect(snapshot?.pools).to.equal(gone.pools);
      expect(simulated).to.deep.equal([]);
    });

    it("gives up a block whose pools are another each time, and one on which trading is halted meanwhile", async () => {
      const changing = async () => memorySnapshot(threePools());
      const restless = await stepper(memorySnapshot(threePools()), { confirm: changing })();
      expect(restless.noTrade?.noTrade).to.equal("outdated");
      const paused = memorySnapshot(threePools(), {
        contract: { paused: true, isOperator: true, treasury: weth.address },
      });
      const halted = await stepper(memorySnapshot(threePools()), { confirm: async () => paused })();
      expect(halted.noTrade?.noTrade).to.equal("contract-paused");
      const lagging = async () => noTrade("rpc-lagging", "another second");
      const step = await stepper(memorySnapshot(threePools()), { confirm: lagging })();
      expect(step.noTrade?.noTrade).to.equal("rpc-lagging");
      expect(simulated).to.deep.equal([]);
    });

    it("asks the chain nothing while something stands against a trade, and says what", async () => {
      const stale = { nowSeconds: () => 2_000_000n };
      const { outcomes, noTrade: halt } = await stepper(memorySnapshot(dislocatedPools()), stale)();
      expect(halt?.noTrade).to.equal("stale-block");
      expect(outcomes.map(({ noTrade: none }) => none?.noTrade)).to.deep.equal(["stale-block"]);
      expect(simulated).to.deep.equal([]);
    });

    it("calls an order sent, and executed only once it is settled", async () => {
      const snapshot = memorySnapshot(dislocatedPools());
      let looks = 0;
      let settled: Settled[] = [];
      const settle = async () => {
        looks += 1;
        return settled;
      };
      const execute: Execute = async () => ({ hash: "0xhash", nonce: 3, refusal: undefined });
      const step = stepper(snapshot, { execute, settle });
      const first = await step();
      expect(looks, "before and after sending").to.equal(2);
      expect(first.trades).to.deep.equal([]);
      const order = first.sent?.order;
      if (order === undefined) throw new Error("nothing was sent");
      expect(first.outcomes.find(({ sent }) => sent !== undefined)?.noTrade).to.equal(undefined);
      const profit = { expected: order.expected, simulated: order.expected, realised: 7n, treasuryGain: 7n };
      const result = { ...profit, opportunity: order.id, hash: "0xhash", token: order.token, netUsdE8: 1n };
      const receipt = { block: 101n, blockHash: "0xb", succeeded: true, gasUsed: 5n, gasPriceWei: 2n, minedAt: 1n };
      settled = [{ result: { ...result, status: "landed", detail: undefined }, receipt }];
      const [trade] = (await step()).trades;
      expect(trade?.order.id).to.equal(order.id);
      expect([trade?.realised, trade?.block, trade?.gasUsed]).to.deep.equal([7n, 101n, 5n]);
    });

    it("goes by the risk state: paused, halted, and degraded by a block until sound ones have come", async () => {
      const at = (number: bigint, timestamp = 1_000_000n) =>
        memorySnapshot(dislocatedPools(), { block: { number, timestamp, baseFeeWei: 10_000_000n } });
      let now = at(100n);
      const step = stepper(
        now,
        {
          observe: async () => now,
          confirm: async () => now,
          nowSeconds: () => 1_000_000n,
        },
        { recoverBlocks: 2 },
      );
      const reasonsOf = async (snapshot: Snapshot) => {
        now = snapshot;
        const { noTrade: halt, outcomes } = await step();
        return [halt?.noTrade, ...outcomes.map(({ noTrade: none }) => none?.noTrade)];
      };
      expect(await reasonsOf(at(101n, 900_000n)), "it says which").to.deep.equal(["stale-block", "stale-block"]);
      expect(await reasonsOf(at(102n))).to.deep.equal(["degraded", "degraded"]);
      expect(await reasonsOf(at(103n))).to.deep.equal([undefined, "shadow-mode"]);
      ledger.risk.change({ kind: "pause", who: "operator", reason: "paused", detail: "lunch" }, 1_000_000n);
      expect(await reasonsOf(at(104n))).to.deep.equal(["paused", "paused"]);
      ledger.risk.change({ kind: "halt", who: "audit", reason: "ledger-mismatch", detail: "one wei" }, 1_000_000n);
      expect(await reasonsOf(at(105n, 900_000n))).to.deep.equal(["halted", "halted"]);
      expect(simulated).to.have.length(1);
    });

    it("writes down what the wallet is worth when a day begins, in live mode and with a price of ether", async () => {
      const capital = () => ledger.risk.exposure(1_000_000n).capitalToday;
      const snapshot = memorySnapshot([], { wallet: { etherWei: 10n ** 18n, tokens: new Map([[usdc.address, 5n]]) } });
      await stepper(snapshot, {}, { live: false })();
      const unpriced = { ...snapshot, pricesE8: new Map([[usdc.address, 1_00000000n]]) };
      await stepper(unpriced)();
      expect(capital()).to.equal(undefined);
      await stepper(snapshot)();
      await stepper({ ...snapshot, wallet: { etherWei: 0n, tokens: new Map() } })();
      expect(capital()).to.equal(3_000_00000000n + 500n);
    });

    it("trades in the configured hours alone", async () => {
      // The block's time is 13:46 UTC.
      const hours = (from: number, to: number) => ({ tradingWindows: [{ from, to }] });
      const closed = await stepper(memorySnapshot(dislocatedPools()), {}, hours(0, 826))();
      expect(closed.noTrade?.noTrade).to.equal("outside-trading-windows");
      expect(simulated).to.deep.equal([]);
      const open = await stepper(memorySnapshot(dislocatedPools()), {}, hours(826, 827))();
      expect(open.outcomes.map(({ noTrade: none }) => none?.noTrade)).to.deep.equal(["shadow-mode"]);
    });

    it("measures how long a route pays, and refuses it once a transaction takes longer", async () => {
      const pools = dislocatedPools();
      const at = (number: bigint, ...paying: PoolState[]) =>
        memorySnapshot(paying, { block: { number, timestamp: 1_000_000n, baseFeeWei: 10_000_000n } });
      let now = at(1n);
      const ports = { observe: async () => now, confirm: async () => now };
      const step = stepper(now, ports, { minLatencyBlocks: 3 });
      const reasonsOf = async (snapshot: Snapshot) => {
        now = snapshot;
        return (await step()).outcomes.map(({ noTrade: none }) => none?.noTrade);
      };
      await reasonsOf(at(1n));
      for (const block of [2n, 3n]) expect(await reasonsOf(at(block, ...pools))).to.deep.equal(["shadow-mode"]);
      await reasonsOf(at(4n));
      expect(await reasonsOf(at(5n, ...pools)), "two blocks are too few").to.deep.equal(["slower-than-route"]);
      // It goes on being measured: it pays for eight blocks now, which makes five of both lives.
      for (const block of [6n, 7n, 8n, 9n, 10n, 11n, 12n]) await reasonsOf(at(block, ...pools));
      await reasonsOf(at(13n));
      expect(await reasonsOf(at(14n, ...pools))).to.deep.equal(["shadow-mode"]);
      const off = stepper(now, ports, { minLatencyBlocks: 100, refuseSlowRoutes: false });
      expect((await off()).outcomes.map(({ noTrade: none }) => none?.noTrade)).to.deep.equal(["shadow-mode"]);
    });

    it("tries the next order where a limit refuses one alone, and no other where it refuses all", async () => {
      const tried: string[] = [];
      const execute =
        (reason: NoTradeReason) =>
        async ({ order }: { order: Order }) => {
          tried.push(order.id);
          return noTrade(reason, "no room");
        };
      const ofBitcoin = (index: number, venue: "uniswapV2" | "uniswapV3", units: bigint) =>
        memoryPool(
          index,
          venue,
          new Map([
            [weth.address, 1_000n * 10n ** 18n],
            [wbtc.address, units * 10n ** 8n],
          ]),
        );
      const pools = [...dislocatedPools(), ofBitcoin(4, "uniswapV2", 50n), ofBitcoin(5, "uniswapV3", 51n)];
      await stepper(memorySnapshot(pools), { execute: execute("route-open") })();
      expect(tried).to.have.length(2);
      tried.length = 0;
      await stepper(memorySnapshot(pools), { execute: execute("gas-per-hour") })();
      expect(tried).to.have.length(1);
    });

    it("survives an RPC that does not answer", async () => {
      const observe = async () => Promise.reject(new RpcError("no answer"));
      const step = await stepper(memorySnapshot([]), { observe })();
      expect(step.noTrade?.noTrade).to.equal("rpc-failed");
      expect(ledger.risk.state()).to.include({ state: "DEGRADED", reason: "rpc-failed" });
      ledger.risk.change({ kind: "pause", who: "operator", reason: "paused", detail: "lunch" }, 1n);
      expect((await stepper(memorySnapshot([]), { observe })()).noTrade?.noTrade).to.equal("paused");
      ledger.risk.change({ kind: "resume", who: "operator", reason: "resumed", detail: "back" }, 2n);
      const callExecute = async () => Promise.reject(new RpcError("no answer"));
      const { outcomes } = await stepper(memorySnapshot(dislocatedPools()), { callExecute })();
      expect(outcomes.map(({ noTrade: none }) => none?.noTrade)).to.deep.equal(["rpc-failed"]);
    });

    it("makes no trade of what endpoints that have to agree answer differently, says so, and is degraded", async () => {
      const degraded = () => ledger.risk.state().reason;
      const callExecute = async () => Promise.reject(new DisagreementError("two answers"));
      const { outcomes } = await stepper(memorySnapshot(dislocatedPools()), { callExecute })();
      expect(outcomes.map(({ noTrade: none }) => none?.noTrade)).to.deep.equal(["rpc-disagreement"]);
      expect(degraded()).to.equal("rpc-disagreement");
      await stepper(memorySnapshot(dislocatedPools()))();
      expect(degraded(), "a sound block").to.equal("healthy");
      const confirm = async () => Promise.reject(new DisagreementError("two answers"));
      const { noTrade: halt } = await stepper(memorySnapshot(dislocatedPools()), { confirm })();
      expect(halt).to.deep.equal({ noTrade: "rpc-disagreement", detail: "two answers" });
      expect(degraded()).to.equal("rpc-disagreement");
    });

    it("does not send an order whose real gas eats the profit", async () => {
      const dear: CallExecute = async (order) => ({ kind: "returned", profit: order.expected, gas: 10n ** 13n });
      const { outcomes } = await stepper(memorySnapshot(dislocatedPools()), { callExecute: dear })();
      expect(outcomes.map(({ noTrade: none }) => none?.noTrade)).to.deep.equal(["below-min-profit"]);
    });

    it("gives a reason from the closed list for a block without an opportunity", async () => {
      const step = await stepper(memorySnapshot([]))();
      expect(step.noTrade).to.deep.equal(
        noTrade("no-opportunity", "no cycle of 2 to 3 hops through 0 pools pays for its gas"),
      );
    });
  });
});
