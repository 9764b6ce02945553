import { expect } from "chai";
import { id as keccakText } from "ethers";
import { isNoTrade, noTrade } from "../../bot/domain/noTrade.ts";
import { type Ledger, openLedger } from "../../bot/ledger/ledger.ts";
import type { SenderChain } from "../../bot/sender/chain.ts";
import { feesAbove } from "../../bot/sender/fees.ts";
import { ownKey } from "../../bot/sender/lock.ts";
import { createSender, type Sender, type Sent } from "../../bot/sender/sender.ts";
import type { SenderEvent } from "../../bot/sender/settle.ts";
import type { Submit } from "../../bot/sender/submission/submission.ts";
import { createModelChain, type ModelChain } from "../support/modelChain.ts";
import { modelKey, modelSender, modelValuation, sendModelOrder, strictBooks } from "../support/modelSender.ts";

const account = modelKey.address;
const begin = 1_000_000n;

describe("bot: sender", () => {
  let model: ModelChain;
  let ledger: Ledger;
  let books: ReturnType<typeof strictBooks>;
  let events: SenderEvent[];
  let sender: Sender;
  const start = (change: Partial<Parameters<typeof modelSender>[0]> = {}) =>
    modelSender({ ledger, model, books, events, ...change });
  beforeEach(() => {
    model = createModelChain(begin, account);
    ledger = openLedger(":memory:");
    books = strictBooks();
    events = [];
    sender = start();
  });
  afterEach(() => ledger.close());

  const send = async (name: string, by: Sender = sender, deadline = begin + 30n): Promise<Sent> => {
    const sent = await sendModelOrder(by, ledger, books, { name, profit: 5_000_000n, deadline });
    if (isNoTrade(sent)) throw new Error(sent.detail);
    return sent;
  };
  const settle = (by: Sender = sender) => by.settle(modelValuation);
  const statusesOf = (nonce: number) => ledger.transactions.ofNonce(account, nonce).map(({ status }) => status);
  /** Never comes back, as a program that was killed at this place. */
  const killed = () => new Promise<never>(() => {});

  it("writes down before it sends, does not wait for a receipt, and settles the profit once", async () => {
    let written: unknown;
    const submit: Submit = async (raw, conditions) => {
      written = ledger.transactions.open().map(({ status }) => status);
      return model.submit(raw, conditions);
    };
    sender = start({ submit });
    const { hash, nonce, refusal } = await send("a");
    expect(written).to.deep.equal(["signed"]);
    expect([nonce, refusal]).to.deep.equal([0, undefined]);
    expect(statusesOf(0)).to.deep.equal(["sent"]);
    expect(await settle()).to.deep.equal([]);
    model.mine();
    const [settled] = await settle();
    expect(settled?.result).to.include({ status: "landed", hash, realised: 5_000_000n, opportunity: keccakText("a") });
    // 300,000 gas at 0.02 gwei and $3,000: 1.8 cents.
    expect(settled?.result.netUsdE8).to.equal(5_00000000n - 1_800_000n);
    expect(statusesOf(0)).to.deep.equal(["mined"]);
    expect(await settle(), "once").to.deep.equal([]);
    expect([...books.net.values()]).to.deep.equal([5_00000000n - 1_800_000n]);
  });

  it("takes one nonce after the other, also for sends at once", async () => {
    const sent = await Promise.all(["a", "b", "c"].map((name) => send(name)));
    expect(sent.map(({ nonce }) => nonce)).to.deep.equal([0, 1, 2]);
    model.mine();
    expect((await settle()).map(({ result }) => result.status)).to.deep.equal(["landed", "landed", "landed"]);
  });

  it("keeps nobody from sending while a node does not answer", async () => {
    const submit: Submit = async (raw, conditions) => {
      await model.submit(raw, conditions);
      return killed();
    };
    sender = start({ submit });
    void send("a");
    void send("b");
    await settle();
    expect([...model.mempool.values()].map(({ nonce }) => nonce)).to.deep.equal([0, 1]);
  });

  it("sends nothing that is refused room, and keeps what the refusal wrote", async () => {
    const refused = await sender.send({
      purpose: "order",
      to: account,
      data: "0x",
      valueWei: 0n,
      gasLimit: 1n,
      record() {
        ledger.pools.stop({ pool: "0xpool", block: 1n, detail: "written by the refusal" }, 1n);
        return noTrade("trade-pending", "no room");
      },
    });
    expect(isNoTrade(refused) && refused.detail).to.equal("no room");
    expect(ledger.transactions.open()).to.deep.equal([]);
    expect(model.mempool.size).to.equal(0);
    expect(ledger.pools.all()).to.have.length(1);
  });

  it("books a transaction that was mined and failed as the loss of its gas", async () => {
    await send("a");
    model.gone.add(keccakText("a"));
    model.mine();
    const [settled] = await settle();
    expect(settled?.result).to.include({ status: "reverted", netUsdE8: -360_000n });
  });

  it("refuses to work under the lock of another key", () => {
    const options = { chainId: 42_161, privateKey: modelKey.privateKey } as Parameters<typeof createSender>[4];
    const lock = ownKey(42_161, "0x82aF49447D8a07e3bd95BD0d56f35241523fBab1");
    expect(() => createSender(lock, ledger, model.chain, model.submit, options)).to.throw("take that of");
  });

  describe("after it was killed", () => {
    it("between writing and sending: sends the same transaction while it still pays", async () => {
      void send("a", start({ submit: killed }));
      await sender.settle(modelValuation);
      const [written] = ledger.transactions.open();
      const restarted = start();
      await settle(restarted);
      expect([...model.mempool.keys()]).to.deep.equal([written?.hash]);
      model.mine();
      expect((await settle(restarted)).map(({ result }) => result.status)).to.deep.equal(["landed"]);
    });

    it("between writing and sending: lets what no longer pays run out, and gives its nonce to the next at a higher fee", async () => {
      void send("a", start({ submit: killed }));
      await new Promise((resolve) => setTimeout(resolve, 20));
      const [written] = ledger.transactions.open();
      model.gone.add(keccakText("a"));
      const restarted = start();
      for (let block = 0; block < 31; block++) {
        model.mine();
        await settle(restarted);
        if (block < 28) expect(statusesOf(0), `block ${block}`).to.deep.equal(["signed"]);
      }
      expect(statusesOf(0)).to.deep.equal(["dropped"]);
      expect(model.mempool.size).to.equal(0);
      const next = await send("b", restarted, begin + 90n);
      expect(next.nonce).to.equal(0);
      const [, second] = ledger.transactions.ofNonce(account, 0);
      expect((second?.maxFeePerGasWei ?? 0n) * 8n >= (written?.maxFeePerGasWei ?? 0n) * 9n).to.equal(true);
    });

    it("between sending and recording: finds it by its hash and sends nothing twice", async () => {
      let submits = 0;
      const submit: Submit = async (raw, conditions) => {
        submits += 1;
        await model.submit(raw, conditions);
        return submits === 1 ? killed() : model.submit(raw, conditions);
      };
      void send("a", start({ submit }));
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(statusesOf(0)).to.deep.equal(["signed"]);
      model.mine();
      const restarted = start({ submit });
      expect((await settle(restarted)).map(({ result }) => result.status)).to.deep.equal(["landed"]);
      expect(submits).to.equal(1);
      expect((await send("b", restarted)).nonce).to.equal(1);
    });

    it("before the receipt: settles what was mined meanwhile", async () => {
      await send("a");
      model.mine();
      const restarted = start();
      expect((await settle(restarted)).map(({ result }) => result.status)).to.deep.equal(["landed"]);
      expect(books.status.get(keccakText("a"))).to.equal("booked");
    });
  });

  describe("a transaction that waits", () => {
    const waitIn = async (by: Sender, ms: number) => {
      model.wait(ms);
      model.mine(0, 0n);
      return settle(by);
    };

    it("is replaced at a fee that the node takes while it still pays, and one of them lands", async () => {
      await send("a");
      await waitIn(sender, 1_000);
      expect(statusesOf(0), "not yet").to.deep.equal(["sent"]);
      await waitIn(sender, 2_000);
      expect(statusesOf(0)).to.deep.equal(["sent", "sent"]);
      expect(model.mempool.size, "the node has taken the second in place of the first").to.equal(1);
      model.mine();
      expect((await settle()).map(({ result }) => result.status)).to.deep.equal(["landed"]);
      expect(statusesOf(0)).to.deep.equal(["superseded", "mined"]);
    });

    it("is cancelled when a newer block has killed it, and the cancellation is booked", async () => {
      await send("a");
      model.gone.add(keccakText("a"));
      await waitIn(sender, 3_000);
      expect(ledger.transactions.open().map(({ purpose }) => purpose)).to.deep.equal(["order", "cancel"]);
      model.mine();
      const [settled] = await settle();
      expect(settled?.result.status).to.equal("lost");
      expect((settled?.result.netUsdE8 ?? 0n) < 0n).to.equal(true);
      expect(statusesOf(0)).to.deep.equal(["superseded", "mined"]);
    });

    it("is replaced a few times and no more, and never above the highest gas price", async () => {
      await send("a", sender, begin + 3_600n);
      for (let wait = 0; wait < 8; wait++) await waitIn(sender, 3_000);
      expect(ledger.transactions.open()).to.have.length(4);
      ledger.close();
      ledger = openLedger(":memory:");
      model = createModelChain(begin, account);
      books = strictBooks();
      const dear = start({ change: { maxGasPriceWei: 2n * 10n ** 7n + 1n } });
      await send("b", dear);
      await waitIn(dear, 3_000);
      expect(ledger.transactions.open()).to.have.length(1);
    });

    it("is left to run out while the risk state forbids trading", async () => {
      const halted = start({ change: { mayTrade: () => false } });
      await send("a", halted);
      await waitIn(halted, 3_000);
      expect(ledger.transactions.open().map(({ purpose }) => purpose)).to.deep.equal(["order", "cancel"]);
    });
  });

  describe("a node that drops, lies or lags", () => {
    it("is handed what it has forgotten again", async () => {
      await send("a");
      model.mempool.clear();
      model.wait(3_000);
      model.mine();
      await settle();
      expect(model.mempool.size).to.equal(1);
      expect(events.map(({ event }) => event)).to.deep.equal(["sent-again"]);
    });

    it("drops nothing that a stale head, a hidden receipt or a denial could be wrong about", async () => {
      await send("a");
      for (let block = 0; block < 10; block++) model.mine();
      Object.assign(model.faults, { hidesReceipts: true, deniesTransactions: true });
      await settle();
      expect(statusesOf(0), "its nonce is used").to.deep.equal(["sent"]);
      model.faults.lag = 10;
      await settle();
      expect(statusesOf(0), "the head is from before its deadline").to.deep.equal(["sent"]);
      model.calm();
      expect((await settle()).map(({ result }) => result.status)).to.deep.equal(["landed"]);
    });

    it("is not believed a receipt whose block does not hold the transaction", async () => {
      const { hash } = await send("a");
      const lie = {
        block: 0n,
        blockHash: model.newest().hash,
        succeeded: true,
        gasUsed: 1n,
        gasPriceWei: 1n,
        logs: [],
      };
      const chain: SenderChain = { ...model.chain, receiptOf: async () => lie };
      expect(await settle(start({ chain }))).to.deep.equal([]);
      expect(ledger.transactions.open().map((one) => one.hash)).to.deep.equal([hash]);
    });

    it("may mine a transaction that was given up: it is found, and its result corrected", async () => {
      await send("a");
      const [old] = [...model.mempool.values()];
      model.mempool.clear();
      model.gone.add(keccakText("a"));
      for (let block = 0; block < 32; block++) model.mine();
      model.wait(60_000);
      expect((await settle()).map(({ result }) => result.status)).to.deep.equal(["lost"]);
      expect(books.status.get(keccakText("a"))).to.equal("released");
      model.take(old?.serialized ?? "");
      model.mine();
      expect((await settle()).map(({ result }) => result.status)).to.deep.equal(["reverted"]);
      expect(statusesOf(0)).to.deep.equal(["mined"]);
      expect(books.status.get(keccakText("a"))).to.equal("booked");
    });
  });

  it("gives up at once what the node refused for its condition, and lets the next order have its nonce", async () => {
    model.faults.submits = "refuses-condition";
    const { refusal } = await send("a");
    expect(refusal).to.contain("-32003");
    expect(statusesOf(0)).to.deep.equal(["dropped"]);
    expect(books.status.get(keccakText("a"))).to.equal("released");
    model.calm();
    expect((await send("b")).nonce).to.equal(0);
  });

  it("fills a nonce that became free below one that waits", async () => {
    model.faults.submits = "forgets";
    await send("a");
    await send("b");
    const [first] = ledger.transactions.open();
    ledger.transactions.drop(first?.hash ?? "", "as if refused", 1);
    books.release({ opportunity: keccakText("a") });
    model.calm();
    await settle();
    expect(statusesOf(0)).to.deep.equal(["dropped", "sent"]);
    model.mine();
    model.wait(3_000);
    await settle();
    model.mine();
    expect((await settle()).map(({ result }) => result.status)).to.deep.equal(["landed"]);
  });

  it("gives room back once, also where what filled the nonce of a lost order is dropped in turn", async () => {
    model.faults.submits = "refuses-condition";
    await send("a");
    model.faults.submits = "forgets";
    await send("b");
    const [second] = ledger.transactions.open();
    expect(second?.nonce, "the nonce of the first was free").to.equal(0);
    await send("c");
    ledger.transactions.drop(second?.hash ?? "", "as if refused", 1);
    books.release({ opportunity: keccakText("b") });
    await settle();
    expect(statusesOf(0)).to.deep.equal(["dropped", "dropped", "sent"]);
    for (let block = 0; block < 32; block++) model.mine();
    for (let look = 0; look < 4; look++) {
      model.wait(60_000);
      await settle();
    }
    expect(ledger.transactions.open()).to.deep.equal([]);
    expect([...books.status.values()]).to.deep.equal(["released", "released", "released"]);
  });

  describe("a transaction of another program with the same key", () => {
    const foreign = async (nonce: number) => {
      const raw = await modelKey.signTransaction({
        type: 2,
        chainId: 42_161,
        nonce,
        to: account,
        gasLimit: 21_000n,
        maxFeePerGas: 10n ** 9n,
        maxPriorityFeePerGas: 10n ** 8n,
      });
      model.take(raw);
    };

    it("is found in the block that holds it, when it takes the nonce of an order", async () => {
      await send("a");
      await foreign(0);
      model.mine();
      for (let block = 0; block < 9; block++) model.mine();
      const [settled] = await settle();
      expect(settled?.result.status).to.equal("lost");
      expect(statusesOf(0)).to.deep.equal(["superseded"]);
      expect(events.map(({ event, nonce }) => [event, nonce])).to.deep.equal([["foreign", 0]]);
      expect((await send("b")).nonce).to.equal(1);
    });

    it("is found when it takes a nonce that the ledger has not used", async () => {
      await settle();
      await foreign(0);
      model.mine();
      await settle();
      expect(events.map(({ event }) => event)).to.deep.equal(["foreign"]);
      expect((await send("a")).nonce).to.equal(1);
    });

    it("is not suspected of what the key did before this ledger was there", async () => {
      await foreign(0);
      model.mine();
      await settle();
      expect(events).to.deep.equal([]);
      expect((await send("a")).nonce).to.equal(1);
    });
  });

  describe("a reorganization", () => {
    it("opens what it took off the chain again, takes the booking back, and books what is mined then", async () => {
      const { hash } = await send("a");
      const raws = new Map(ledger.transactions.open().map((one) => [one.hash, one.raw ?? ""]));
      model.mine();
      await settle();
      model.reorganize(1, () => false, raws);
      model.mine();
      model.wait(3_000);
      await settle();
      expect(statusesOf(0)).to.deep.equal(["sent"]);
      expect(books.net.size).to.equal(0);
      expect(events.map(({ event }) => event)).to.deep.equal(["left-the-chain", "sent-again"]);
      model.mine();
      expect((await settle()).map(({ result }) => result.hash)).to.deep.equal([hash]);
      expect(books.net.size).to.equal(1);
    });

    it("is noticed at the start", async () => {
      await send("a");
      const raws = new Map(ledger.transactions.open().map((one) => [one.hash, one.raw ?? ""]));
      model.mine();
      await settle();
      model.reorganize(1, () => true, raws);
      model.mine(0);
      const restarted = start();
      await settle(restarted);
      expect(statusesOf(0)).to.deep.equal(["sent"]);
    });

    it("is not concluded from a head that went back", async () => {
      await send("a");
      model.mine();
      await settle();
      model.mine();
      model.faults.lag = 2;
      await settle();
      expect(statusesOf(0)).to.deep.equal(["mined"]);
      model.calm();
      await settle();
      expect(statusesOf(0)).to.deep.equal(["mined"]);
    });
  });

  it("raises both fees by an eighth at least above every earlier one, or not at all", () => {
    const fees = { maxFeePerGasWei: 100n, maxPriorityFeePerGasWei: 0n };
    const earlier = [
      { maxFeePerGasWei: 1_001n, maxPriorityFeePerGasWei: 0n },
      { maxFeePerGasWei: 17n, maxPriorityFeePerGasWei: 800n },
    ];
    expect(feesAbove(fees, [], 100n)).to.deep.equal(fees);
    expect(feesAbove(fees, earlier, 10_000n)).to.deep.equal({ maxFeePerGasWei: 1_127n, maxPriorityFeePerGasWei: 900n });
    expect(feesAbove(fees, earlier, 1_126n)).to.equal(undefined);
  });
});
