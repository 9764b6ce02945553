import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { expect } from "chai";
import { Contract, toBeHex } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { deploymentsOf, tokenOf } from "../../bot/config/chains/chain.ts";
import { connectRpc, type RpcProvider } from "../../bot/rpc/provider.ts";
import { createSubmit, type SubmissionSetting } from "../../bot/sender/submission/choose.ts";
import { bidWei } from "../../bot/sender/submission/priorityFee.ts";
import { readConditions } from "../../bot/sender/submission/slots.ts";
import type { Conditions } from "../../bot/sender/submission/submission.ts";
import { useArbitrum } from "../support/arbitrum.ts";
import { memoryOrder } from "../support/memoryOrder.ts";

type Answer = { readonly result: unknown } | { readonly error: { readonly code: number; readonly message: string } };

const conditions: Conditions = { knownAccounts: { "0xpool": { "0x00": "0x01" } }, timestampMax: 1_000n };
const rejected = { error: { code: -32_003, message: "storage slot value mismatch" } };

describe("bot: submission", () => {
  let server: Server;
  let provider: RpcProvider & { destroy(): void };
  let answers: Record<string, Answer>;
  let asked: { readonly method: string; readonly params: unknown[] }[];

  before(async () => {
    server = createServer(async (request, response) => {
      const { id, method, params } = JSON.parse(await text(request));
      asked.push({ method, params });
      const lacking = { error: { code: -32_601, message: `the method ${method} does not exist/is not available` } };
      response
        .setHeader("content-type", "application/json")
        .end(JSON.stringify({ jsonrpc: "2.0", id, ...(answers[method] ?? lacking) }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    provider = connectRpc(`http://127.0.0.1:${port}`, arbitrum.id, 2_000);
  });
  beforeEach(() => {
    answers = { eth_sendRawTransaction: { result: "0xhash" } };
    asked = [];
  });
  after(() => {
    provider.destroy();
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });

  const submitBy = (setting: SubmissionSetting, { stillPays = false, receiptWaitMs = 0 } = {}) =>
    createSubmit(setting, (method, params) => provider.send(method, params), {
      receiptWaitMs,
      stillPays: async () => stillPays,
    });
  const methods = () => asked.map(({ method }) => method.replace("eth_sendRawTransaction", "send"));

  it("hands a transaction over as it is where nothing else is offered, and asks for what is lacking once", async () => {
    const submit = submitBy("auto", { receiptWaitMs: 500 });
    for (let order = 0; order < 2; order++) {
      expect(await submit("0xraw", conditions)).to.deep.equal({ kind: "accepted", policy: "plain" });
    }
    expect(methods()).to.deep.equal(["sendConditional", "sendSync", "send", "send"]);
    expect(asked.at(-1)?.params).to.deep.equal(["0xraw"]);
  });

  it("takes a method that a node calls not supported for lacking, too", async () => {
    answers.eth_sendRawTransactionConditional = { error: { code: -32_004, message: "Method is not supported" } };
    expect((await submitBy("conditional")("0xraw", conditions)).policy).to.equal("plain");
  });

  it("names the pools' slots and the deadline to a node that takes conditions", async () => {
    answers.eth_sendRawTransactionConditional = { result: "0xhash" };
    expect(await submitBy("auto")("0xraw", conditions)).to.deep.equal({ kind: "accepted", policy: "conditional" });
    const expected = { knownAccounts: conditions.knownAccounts, timestampMax: "0x3e8" };
    expect(asked).to.deep.equal([{ method: "eth_sendRawTransactionConditional", params: ["0xraw", expected] }]);
  });

  it("tells a condition that failed from an error, and sends nothing without it when it was asked for", async () => {
    answers.eth_sendRawTransactionConditional = rejected;
    const failed = await submitBy("conditional", { stillPays: true })("0xraw", conditions);
    expect(failed).to.deep.include({ kind: "condition-failed", policy: "conditional" });
    expect(failed.kind === "condition-failed" && failed.detail).to.equal("storage slot value mismatch (-32003)");
    answers.eth_sendRawTransactionConditional = { error: { code: -32_000, message: "nonce too low" } };
    expect((await submitBy("conditional")("0xraw", conditions)).kind).to.equal("unclear");
    expect(methods()).to.deep.equal(["sendConditional", "sendConditional"]);
  });

  it("sends what still pays at the newest state all the same, because a node may hold conditions against an older one", async () => {
    answers.eth_sendRawTransactionConditional = rejected;
    expect((await submitBy("auto", { stillPays: true })("0xraw", conditions)).kind).to.equal("accepted");
    expect((await submitBy("auto", { stillPays: false })("0xraw", conditions)).kind).to.equal("condition-failed");
    expect(methods()).to.deep.equal(["sendConditional", "send", "sendConditional"]);
  });

  it("asks a node that offers it to answer when the transaction is mined, and takes its patience for acceptance", async () => {
    const submit = submitBy("plain", { receiptWaitMs: 500 });
    answers.eth_sendRawTransactionSync = { result: { transactionHash: "0xhash", status: "0x1" } };
    expect((await submit("0xraw", conditions)).kind).to.equal("accepted");
    answers.eth_sendRawTransactionSync = { error: { code: 4, message: "not mined in 500 ms" } };
    expect((await submit("0xraw", undefined)).kind).to.equal("accepted");
    answers.eth_sendRawTransactionSync = { error: { code: -32_000, message: "already known" } };
    expect((await submit("0xraw", undefined)).kind).to.equal("unclear");
    expect(asked.map(({ params }) => params)).to.deep.equal(Array(3).fill(["0xraw", "0x1f4"]));
  });

  it("says of a node that refuses or does not answer that it may have taken it", async () => {
    answers.eth_sendRawTransaction = { error: { code: -32_000, message: "nonce too low" } };
    const refused = await submitBy("plain")("0xraw", undefined);
    expect(refused).to.deep.equal({ kind: "unclear", policy: "plain", detail: "nonce too low (-32000)" });
    const silent = createSubmit("priorityFee", () => Promise.reject(new Error("connection lost")), {
      receiptWaitMs: 0,
      stillPays: async () => false,
    });
    const lost = { kind: "unclear", policy: "priorityFee", detail: "connection lost" };
    expect(await silent("0xraw", undefined)).to.deep.equal(lost);
  });

  it("bids a share of what an order leaves, spread over its gas, and never more than its limit", () => {
    const limits = { bidShareBps: 1_000n, maxBidWei: 10n ** 9n };
    // A tenth of $30 at $3,000 is 0.001 ether: 2 gwei for each of 500,000 gas.
    const share = (limit: bigint) => bidWei(30_00000000n, 500_000n, 3_000_00000000n, { ...limits, maxBidWei: limit });
    expect(share(10n ** 10n)).to.equal(2n * 10n ** 9n);
    expect(share(10n ** 9n)).to.equal(10n ** 9n);
    expect(bidWei(-1n, 500_000n, 3_000_00000000n, limits)).to.equal(0n);
  });

  it("takes the value of each known slot at the order's block, and leaves out what it cannot know", async () => {
    const { order } = memoryOrder();
    const blocks = new Set<bigint>();
    const { knownAccounts, timestampMax } = await readConditions(order, async (_address, _slot, block) => {
      blocks.add(block);
      return "0x7";
    });
    expect([...blocks]).to.deep.equal(
      order.route.hops.some(({ pool }) => pool.venue !== "solidly") ? [order.block] : [],
    );
    const known = order.route.hops.filter(({ pool }) => ["uniswapV2", "uniswapV3", "algebra"].includes(pool.venue));
    expect(Object.keys(knownAccounts)).to.have.members(known.map(({ pool }) => pool.address));
    expect(Object.values(knownAccounts).flatMap((slots) => Object.values(slots))).to.deep.equal(
      known.map(() => toBeHex(7, 32)),
    );
    expect(timestampMax).to.equal(order.deadline);
    const empty = await readConditions(order, async () => toBeHex(0, 32));
    expect(empty.knownAccounts).to.deep.equal({});
  });

  describe("on the chain under test", () => {
    const getConnection = useArbitrum();
    const [weth, usdc] = [tokenOf(arbitrum, "WETH").address, tokenOf(arbitrum, "USDC").address];

    it("finds in each slot what the pool says of its price", async () => {
      const { provider: chain } = getConnection().ethers;
      const call = (address: string, signature: string, ...args: unknown[]) =>
        new Contract(address, [`function ${signature}`], chain).getFunction(signature.split("(")[0] ?? "")(...args);
      let checked = 0;
      const check = async (pool: string, slot: number, price: () => Promise<bigint>) => {
        if (BigInt(pool) === 0n) return;
        const word = BigInt(await chain.getStorage(pool, slot));
        expect(word & (2n ** 112n - 1n), pool).to.equal((await price()) & (2n ** 112n - 1n));
        checked += 1;
      };
      for (const { factory } of deploymentsOf(arbitrum, "uniswapV2")) {
        const pool = await call(factory, "getPair(address,address) view returns (address)", weth, usdc);
        await check(pool, 8, async () => (await call(pool, "getReserves() view returns (uint112,uint112,uint32)"))[0]);
      }
      const slot0 = "slot0() view returns (uint160,int24)";
      for (const { name, factory } of deploymentsOf(arbitrum, "uniswapV3")) {
        if (name.startsWith("Ramses")) continue;
        const pool = await call(factory, "getPool(address,address,uint24) view returns (address)", weth, usdc, 500);
        await check(pool, 0, async () => (await call(pool, slot0))[0]);
      }
      for (const { factory } of deploymentsOf(arbitrum, "algebra")) {
        const pool = await call(factory, "poolByPair(address,address) view returns (address)", weth, usdc);
        await check(pool, 2, async () => (await call(pool, "globalState() view returns (uint160,int24)"))[0]);
      }
      expect(checked > 3, `${checked} pools`).to.equal(true);
    });
  });
});
