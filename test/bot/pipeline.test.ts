import { expect } from "chai";
import { AbiCoder, Interface } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { isNoTrade, noTrade } from "../../bot/domain/noTrade.ts";
import { refuse } from "../../bot/domain/quote.ts";
import type { Snapshot } from "../../bot/domain/snapshot.ts";
import { type Ledger, openLedger } from "../../bot/ledger/ledger.ts";
import {
  createExecute,
  type ExecutePorts,
  executeInShadow,
  type Receipt,
  reconcile,
} from "../../bot/pipeline/execute.ts";
import { gate } from "../../bot/pipeline/gate.ts";
import { createObserve, type Market, type ObservePorts } from "../../bot/pipeline/observe.ts";
import { type BotPorts, createStep } from "../../bot/pipeline/run.ts";
import { type CallExecute, simulate } from "../../bot/pipeline/simulate.ts";
import { RpcError } from "../../bot/rpc/retry.ts";
import type { Pool } from "../../bot/venues/venue.ts";
import { feedOf } from "../../localnet/chainlink.ts";
import { dislocatedPools, memoryPool, memorySnapshot, memoryVenues, usdc, weth } from "../support/memoryMarket.ts";
import { memoryOrder } from "../support/memoryOrder.ts";

const valuation = { tokenPriceE8: 1_00000000n, tokenDecimals: 6, etherPriceE8: 3_000_00000000n };

describe("bot: pipeline", () => {
  describe("observe", () => {
    const block = { number: 50n, timestamp: 1_000n, baseFeeWei: 1n };
    const aggregate3 = new Interface([
      "function aggregate3((address target, bool allowFailure, bytes callData)[] calls)",
    ]);
    const word = (...values: bigint[]) =>
      AbiCoder.defaultAbiCoder().encode(
        values.map(() => "uint256"),
        values,
      );
    const reserves = AbiCoder.defaultAbiCoder().encode(["uint256[]"], [[5n, 7n]]);
    const [first, second] = dislocatedPools();
    if (first === undefined || second === undefined) throw new Error("two pools");
    const market: Market = {
      borrower: { chain: arbitrum, tokens: arbitrum.tokens, contract: undefined, operator: undefined },
      pools: [first.pool, second.pool],
      lenderSetups: new Map(),
      undiscovered: new Map(),
    };
    const ethFeed = feedOf(weth.address);

    /** A chain of one block that answers each read alone. `answers` goes by target and overrules the rest. */
    function ports(answers: Record<string, string | undefined>, asked: bigint[] = []): ObservePorts {
      const answer = (target: string, data: string): readonly [boolean, string] => {
        if (target in answers) return [answers[target] !== undefined, answers[target] ?? "0x"];
        if (data.startsWith("0x3408e470")) return [true, word(42_161n)];
        if (data.startsWith("0x0f28c97d")) return [true, word(block.timestamp)];
        if (data.startsWith("0xfeaf968c")) return [true, word(1n, 100n, 500n, 900n, 1n)];
        return [true, data === "0x" ? reserves : word(0n)];
      };
      return {
        latestBlock: async () => block,
        ethCallAt: (number) => async (_to, data) => {
          asked.push(number);
          const [calls] = aggregate3.decodeFunctionData("aggregate3", data);
          const results = calls.map(({ target, callData }: { target: string; callData: string }) =>
            answer(target, callData),
          );
          return AbiCoder.defaultAbiCoder().encode(["(bool,bytes)[]"], [results]);
        },
      };
    }
    const observe = async (answers: Record<string, string | undefined> = {}, asked: bigint[] = []) => {
      const observed = await createObserve(market, memoryVenues, ports(answers, asked))();
      if (isNoTrade(observed)) throw new Error(observed.detail);
      return observed;
    };

    it("reads everything in one call that is pinned to the block", async () => {
      const asked: bigint[] = [];
      const snapshot = await observe({}, asked);
      expect(asked).to.deep.equal([50n]);
      expect(snapshot.block).to.equal(block);
      expect(snapshot.pools.map(({ pool }) => pool.id)).to.deep.equal([first.pool.id, second.pool.id]);
      expect(snapshot.pricesE8.get(weth.address)).to.equal(100n);
    });

    it("leaves out a pool that cannot be read or decoded, with the reason, and keeps the others", async () => {
      for (const answer of [undefined, "0x1234"]) {
        const snapshot = await observe({ [first.pool.address]: answer });
        expect(snapshot.pools.map(({ pool }) => pool.id)).to.deep.equal([second.pool.id]);
        expect(snapshot.absent.map(({ refusal }) => refusal.refused)).to.deep.equal(["unreadable"]);
      }
    });

    it("finds out again what to read of a pool that has outgrown it, and has it on the next block", async () => {
      const grown = { ...first.pool, address: second.pool.address };
      const venues = {
        ...memoryVenues,
        solidly: {
          ...memoryVenues.solidly,
          decode: (pool: Pool) =>
            pool.address === grown.address ? new Map() : refuse("beyond-snapshot", "the price left the window"),
          rediscover: async () => grown,
        },
      };
      const observeNext = createObserve(market, venues, ports({}));
      const absentOf = async () => {
        const observed = await observeNext();
        return isNoTrade(observed) ? [observed.noTrade] : observed.absent.map(({ refusal }) => refusal.refused);
      };
      expect(await absentOf()).to.deep.equal(["beyond-snapshot"]);
      expect(await absentOf()).to.deep.equal([]);
    });

    it("takes a price only from a feed that answers, above zero, within its heartbeat", async () => {
      const stale = word(1n, 100n, 0n, 0n, 1n);
      const late = { ...block, timestamp: 100_000n };
      const cases: [string | undefined, string][] = [
        [undefined, "cannot be read"],
        [word(1n, 0n, 500n, 900n, 1n), "answers 0"],
      ];
      for (const [answer, reason] of cases) {
        const snapshot = await observe({ [ethFeed.address]: answer });
        expect(snapshot.pricesE8.has(weth.address)).to.equal(false);
        expect(snapshot.unpriced.get(weth.address)).to.contain(reason);
      }
      const aged = ports({ [ethFeed.address]: stale });
      const answers = createObserve(market, memoryVenues, {
        latestBlock: async () => late,
        ethCallAt: (number) => async (to, data) =>
          (await aged.ethCallAt(number)(to, data)).replaceAll(word(1_000n).slice(2), word(100_000n).slice(2)),
      });
      const snapshot = await answers();
      if (isNoTrade(snapshot)) throw new Error(snapshot.detail);
      expect(snapshot.unpriced.get(weth.address)).to.equal("its feed's answer is 100000 s old, the limit is 86400 s");
    });

    it("does not mix blocks or chains", async () => {
      const reasonOf = async (answers: Record<string, string>) => {
        const observed = await createObserve(market, memoryVenues, ports(answers))();
        return isNoTrade(observed) && observed.noTrade;
      };
      // Multicall3 answers both questions here: the chain id is then the timestamp, and the timestamp the chain id.
      expect(await reasonOf({ [arbitrum.multicall3]: word(1_000n) })).to.equal("wrong-chain");
      expect(await reasonOf({ [arbitrum.multicall3]: word(42_161n) })).to.equal("rpc-lagging");
    });

    it("does not go back to an older block", async () => {
      let number = 50n;
      const inner = ports({});
      const observeNext = createObserve(market, memoryVenues, {
        ...inner,
        latestBlock: async () => ({ ...block, number }),
      });
      expect(isNoTrade(await observeNext())).to.equal(false);
      number = 49n;
      const observed = await observeNext();
      expect(isNoTrade(observed) && observed.noTrade).to.equal("rpc-lagging");
    });
  });

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
    const { order } = memoryOrder();
    const receipt: Receipt = {
      block: 101n,
      succeeded: true,
      gasUsed: 300_000n,
      gasPriceWei: 10n ** 7n,
      realised: order.expected,
    };
    let ledger: Ledger;
    let sent: string[];
    beforeEach(() => {
      ledger = openLedger(":memory:");
      sent = [];
    });
    afterEach(() => ledger.close());

    const ports = (change: Partial<ExecutePorts> = {}): ExecutePorts => ({
      sign: async () => ({ raw: "0xraw", hash: "0xhash", nonce: 4 }),
      broadcast: async (raw) => {
        expect(ledger.pending(), "written down before it is sent").to.have.length(1);
        sent.push(raw);
      },
      receiptOf: async () => receipt,
      isKnown: async () => true,
      nextNonce: async () => 4,
      treasuryGain: async () => order.expected,
      nowSeconds: () => 1_000n,
      sleepMs: async () => undefined,
      wording: String,
      ...change,
    });
    const execute = (change: Partial<ExecutePorts> = {}) =>
      createExecute(ledger, ports(change), { receiptTimeoutSeconds: 1, receiptPollMs: 250 })(
        order,
        order.expected,
        300_000n,
        valuation,
      );
    const reasonOf = async (change: Partial<ExecutePorts>) => {
      const result = await execute(change);
      return isNoTrade(result) && result.noTrade;
    };

    it("reports nothing as executed in shadow mode", async () => {
      const result = await executeInShadow(order, order.expected, 1n, valuation);
      expect(isNoTrade(result) && result.noTrade).to.equal("shadow-mode");
      expect(isNoTrade(result) && result.detail).to.contain("not executed");
    });

    it("writes down, sends once, and reconciles the event with the treasury's balance", async () => {
      const trade = await execute();
      if (isNoTrade(trade)) throw new Error(trade.detail);
      expect(sent).to.deep.equal(["0xraw"]);
      expect(trade.realised).to.equal(order.expected);
      expect(trade.treasuryGain).to.equal(order.expected);
      expect(ledger.pending()).to.deep.equal([]);
      const [result] = ledger.results(0n);
      // 300,000 gas at 0.01 gwei and $3,000: 0.9 cents.
      expect(result?.netUsdE8).to.equal(order.expected * 100n - 900_000n);
    });

    it("counts a transaction that failed on chain as a loss of its gas", async () => {
      expect(
        await reasonOf({ receiptOf: async () => ({ ...receipt, succeeded: false, realised: undefined }) }),
      ).to.equal("reverted");
      expect(ledger.results(0n).map(({ netUsdE8 }) => netUsdE8)).to.deep.equal([-900_000n]);
    });

    it("trusts the receipt, not the node's answer to sending", async () => {
      const broadcast = async () => Promise.reject(new Error("connection lost"));
      const trade = await execute({ broadcast });
      expect(isNoTrade(trade)).to.equal(false);
    });

    it("forgets what the node refused and does not know", async () => {
      const broadcast = async () => Promise.reject(new Error("nonce too low"));
      const lost = { broadcast, receiptOf: async () => undefined, isKnown: async () => false };
      expect(await reasonOf(lost)).to.equal("send-failed");
      expect(ledger.pending()).to.deep.equal([]);
    });

    it("keeps a transaction without a receipt pending, and settles it after a restart", async () => {
      expect(await reasonOf({ receiptOf: async () => undefined })).to.equal("not-mined");
      expect(ledger.pending()).to.have.length(1);
      expect(await reconcile(ledger, ports({ receiptOf: async () => undefined }), () => valuation)).to.have.length(1);
      expect(await reconcile(ledger, ports(), () => valuation)).to.deep.equal([]);
      expect(ledger.results(0n)).to.have.length(1);
    });

    it("gives a pending transaction up when its nonce is used or the node has dropped it", async () => {
      for (const change of [{ nextNonce: async () => 5 }, { isKnown: async () => false }]) {
        ledger.close();
        ledger = openLedger(":memory:");
        await execute({ receiptOf: async () => undefined });
        const open = await reconcile(ledger, ports({ receiptOf: async () => undefined, ...change }), () => valuation);
        expect(open).to.deep.equal([]);
        expect(ledger.results(0n)).to.deep.equal([]);
      }
    });
  });

  describe("run", () => {
    const options = {
      chain: arbitrum,
      maxHops: 3,
      tipWei: 0n,
      maxPriceDeviationBps: 500n,
      maxProfitBps: 300n,
      minProfitUsdE8: 1n,
      deadlineSeconds: 30n,
      opportunitiesPerBlock: 10,
      maxBlockAgeSeconds: 10n,
      sequencerGraceSeconds: 0n,
      maxGasPriceWei: 10n ** 9n,
      maxLossesInARow: 5,
      maxDailyLossBps: 1_000n,
    } as const;
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
    const stepper = (snapshot: Snapshot, change: Partial<BotPorts> = {}) =>
      createStep(
        ledger,
        memoryVenues,
        {
          observe: async () => snapshot,
          callExecute: confirm,
          execute: executeInShadow,
          reconcile: async () => [],
          nowSeconds: () => snapshot.block.timestamp,
          ...change,
        },
        options,
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
      const stopped = ledger.stoppedPools().map(({ pool }) => pool);
      expect(stopped.length).to.be.greaterThan(1);
      const restarted = await stepper(snapshot)();
      expect(restarted.snapshot?.absent.map(({ pool }) => pool.id)).to.have.members(stopped);
      expect(restarted.snapshot?.absent[0]?.refusal.refused).to.equal("stopped");
    });

    it("asks the chain nothing while something stands against a trade, and says what", async () => {
      const stale = { nowSeconds: () => 2_000_000n };
      const { outcomes, noTrade: halt } = await stepper(memorySnapshot(dislocatedPools()), stale)();
      expect(halt?.noTrade).to.equal("stale-block");
      expect(outcomes.map(({ noTrade: none }) => none?.noTrade)).to.deep.equal(["stale-block"]);
      expect(simulated).to.deep.equal([]);
    });

    it("sends nothing while an earlier transaction is pending", async () => {
      const open = { orderId: "0x", hash: "0xhash", nonce: 3, token: "", expected: 1n, simulated: 1n };
      const { noTrade: halt } = await stepper(memorySnapshot(dislocatedPools()), { reconcile: async () => [open] })();
      expect(halt?.noTrade).to.equal("trade-pending");
      expect(simulated).to.deep.equal([]);
    });

    it("survives an RPC that does not answer", async () => {
      const observe = async () => Promise.reject(new RpcError("no answer"));
      const step = await stepper(memorySnapshot([]), { observe })();
      expect(step.noTrade?.noTrade).to.equal("rpc-failed");
      const callExecute = async () => Promise.reject(new RpcError("no answer"));
      const { outcomes } = await stepper(memorySnapshot(dislocatedPools()), { callExecute })();
      expect(outcomes.map(({ noTrade: none }) => none?.noTrade)).to.deep.equal(["rpc-failed"]);
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
