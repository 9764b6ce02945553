import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { type FaultProxy, startFaultProxy } from "../support/faultProxy/faultProxy.ts";
import { canHappen, createPlan, type FaultKind, type FaultOptions, faultKinds } from "../support/faultProxy/faults.ts";
import { type ScriptedNode, startScriptedNode } from "../support/scriptedNode.ts";

const always = {
  seed: 1,
  every: 1,
  everyTransaction: 1,
  maxMs: 150,
  limit: Number.POSITIVE_INFINITY,
  stormMs: 1,
  calmMs: 0,
  phaseMs: 0,
};

type Answer = { readonly id?: number; readonly result?: unknown; readonly error?: { readonly message: string } };
type Push = { readonly params: { readonly result: Record<string, unknown> } };
type Header = Readonly<Record<"number" | "hash" | "parentHash", string>>;

// A client without any protection: what it sees is what the proxy does.
describe("chaos: fault proxy", () => {
  let node: ScriptedNode;
  let proxy: FaultProxy;
  const sockets: WebSocket[] = [];

  beforeEach(async () => {
    node = await startScriptedNode("http");
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.close();
    await proxy.close();
    await node.close();
  });

  async function start(kind: FaultKind, change: Partial<FaultOptions> = {}): Promise<void> {
    proxy = await startFaultProxy(node.httpUrl, { ...always, kinds: [kind], ...change });
  }
  const post = (method: string, params: unknown[] = []) => {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 7, method, params });
    return fetch(proxy.url, { method: "POST", body });
  };
  const ask = async (method: string, params: unknown[] = []): Promise<Answer> =>
    (await (await post(method, params)).json()) as Answer;
  const latest = async () => (await ask("eth_getBlockByNumber", ["latest", false])).result as Header;
  const failureOf = (work: Promise<unknown>) => work.then(() => undefined).catch((error: unknown) => error);

  /** A WebSocket to the proxy with everything that came by it. */
  async function connect() {
    const socket = new WebSocket(proxy.socketUrl);
    sockets.push(socket);
    const texts: string[] = [];
    let isClosed = false;
    socket.addEventListener("message", ({ data }) => texts.push(String(data)));
    socket.addEventListener("close", () => {
      isClosed = true;
    });
    await once(socket, "open");
    const send = (method: string, params: unknown[] = [], id = 7) =>
      socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    return { send, texts, isClosed: () => isClosed };
  }
  const until = async (isSo: () => boolean) => {
    const end = performance.now() + 3_000;
    while (!isSo() && performance.now() < end) await sleep(5);
    expect(isSo(), `${isSo} within 3 s`).to.equal(true);
  };
  const pushes = (texts: readonly string[]) => texts.map((one) => (JSON.parse(one) as Push).params.result);
  const forwardedOnes = () => proxy.injected().filter(({ isForwarded }) => isForwarded).length;

  it("passes everything on where no fault is drawn, batches and long messages included", async () => {
    await start("drop", { every: 2 ** 31 });
    node.answers.long = `0x${"ab".repeat(50_000)}`;
    expect(await ask("eth_blockNumber")).to.deep.equal({ jsonrpc: "2.0", id: 7, result: "0x64" });
    expect((await ask("long")).result).to.equal(node.answers.long);
    const body = JSON.stringify(["eth_chainId", "eth_blockNumber"].map((method, id) => ({ id, method, params: [] })));
    const answers = (await (await fetch(proxy.url, { method: "POST", body })).json()) as Answer[];
    expect(answers.map(({ result }) => result)).to.deep.equal(["0xa4b1", "0x64"]);
    const client = await connect();
    client.send("long", [`0x${"cd".repeat(50_000)}`]);
    await until(() => client.texts.length === 1);
    expect((JSON.parse(client.texts[0] ?? "") as Answer).result).to.equal(node.answers.long);
    expect(proxy.injected()).to.deep.equal([]);
  });

  it("drops requests and answers, and in the end cuts what waits for them", async () => {
    await start("drop");
    for (let request = 0; request < 6; request++) expect(await failureOf(post("eth_chainId"))).to.be.instanceOf(Error);
    expect(forwardedOnes()).to.be.within(1, 5);
    expect(node.count("eth_chainId")).to.equal(forwardedOnes());
    const client = await connect();
    client.send("eth_chainId");
    await sleep(50);
    expect(client.texts).to.deep.equal([]);
    expect(client.isClosed()).to.equal(false);
  });

  it("delays answers, for no longer than it may", async () => {
    await start("delay", { maxMs: 60 });
    const began = performance.now();
    for (let request = 0; request < 4; request++) expect((await ask("eth_chainId")).result).to.equal("0xa4b1");
    const tookMs = performance.now() - began;
    const heldMs = proxy.injected().reduce((sum, { durationMs }) => sum + durationMs, 0);
    expect(tookMs).to.be.greaterThan(heldMs - 5);
    expect(proxy.injected().every(({ durationMs }) => durationMs <= 60)).to.equal(true);
  });

  it("sends requests twice, and delivers messages twice", async () => {
    await start("duplicate");
    expect((await ask("eth_chainId")).result).to.equal("0xa4b1");
    expect(node.count("eth_chainId")).to.equal(2);
    const client = await connect();
    client.send("eth_blockNumber");
    await until(() => client.texts.length === 2);
    expect(node.count("eth_blockNumber")).to.equal(2);
    client.send("eth_subscribe", ["newHeads"]);
    await until(() => client.texts.length === 4);
    node.push();
    await until(() => client.texts.length === 6);
    expect(client.texts[5]).to.equal(client.texts[4]);
  });

  it("cuts answers and messages off", async () => {
    await start("truncate");
    const whole = JSON.stringify({ jsonrpc: "2.0", id: 7, result: "0xa4b1" });
    const part = await (await post("eth_chainId")).text();
    expect(part).not.to.equal(whole);
    expect(whole.startsWith(part)).to.equal(true);
    const client = await connect();
    client.send("eth_chainId");
    await until(() => client.texts.length === 1);
    expect(() => JSON.parse(client.texts[0] ?? "")).to.throw();
  });

  for (const [kind, status, message] of [
    ["too-many-requests", 429, "Too Many Requests"],
    ["server-error", 503, "Internal error"],
  ] as const) {
    it(`answers ${status} without asking the node`, async () => {
      await start(kind);
      expect((await post("eth_chainId")).status).to.equal(status);
      const client = await connect();
      client.send("eth_chainId");
      await until(() => client.texts.length === 1);
      expect((JSON.parse(client.texts[0] ?? "") as Answer).error?.message).to.equal(message);
      expect(node.asked).to.deep.equal([]);
    });
  }

  it("resets connections, before and after passing the request on", async () => {
    await start("reset");
    for (let request = 0; request < 6; request++) expect(await failureOf(post("eth_chainId"))).to.be.instanceOf(Error);
    expect(forwardedOnes()).to.be.within(1, 5);
    expect(node.count("eth_chainId")).to.equal(forwardedOnes());
    const client = await connect();
    client.send("eth_chainId");
    await until(() => client.isClosed());
    expect(client.texts).to.deep.equal([]);
  });

  it("lets a WebSocket fall silent without closing it, until the fault is over", async () => {
    await start("silent-socket", { maxMs: 600 });
    const client = await connect();
    client.send("eth_chainId");
    await until(() => proxy.injected().length === 1);
    client.send("eth_blockNumber");
    await sleep((proxy.injected()[0]?.durationMs ?? 0) / 2);
    expect({ texts: client.texts, closed: client.isClosed() }).to.deep.equal({ texts: [], closed: false });
    expect(node.asked, "nothing reaches the node").to.deep.equal([]);
    await until(() => client.isClosed());
  });

  it("serves another chain for a while, also inside of calls", async () => {
    await start("wrong-chain", { limit: 1, maxMs: 400 });
    node.answers.eth_call = `0x${"00".repeat(32)}${(42_161).toString(16).padStart(64, "0")}`;
    expect((await ask("eth_chainId")).result).to.equal("0x1");
    const call = await ask("eth_call", [{}, "latest"]);
    expect(call.result).to.equal(`0x${"00".repeat(32)}${"1".padStart(64, "0")}`);
    await sleep(proxy.injected()[0]?.durationMs);
    expect((await ask("eth_chainId")).result).to.equal("0xa4b1");
    expect((await ask("eth_call", [{}, "latest"])).result).to.equal(node.answers.eth_call);
  });

  it("keeps the newest block what it was for a while, with receipts, nonces and blocks pushed", async () => {
    await start("stale-head", { limit: 1, maxMs: 800 });
    const client = await connect();
    const stale = BigInt(String((await ask("eth_blockNumber")).result));
    expect(stale).to.equal(101n - BigInt(proxy.injected()[0]?.blocks ?? 0));
    client.send("eth_subscribe", ["newHeads"]);
    await until(() => client.texts.length === 1);
    node.head = 110;
    node.push();
    node.answers.eth_getTransactionReceipt = { blockNumber: "0x6e" };
    node.answers.eth_getTransactionByHash = { blockNumber: "0x6e", blockHash: "0x01" };
    const [header, receipt, transaction] = await Promise.all([
      latest(),
      ask("eth_getTransactionReceipt", ["0x01"]),
      ask("eth_getTransactionByHash", ["0x01"]),
      ask("eth_getTransactionCount", ["0x01", "pending"]),
      ask("eth_call", [{}, "latest"]),
    ]);
    expect(BigInt(header.number)).to.equal(stale);
    expect(receipt.result).to.equal(null);
    expect(transaction.result).to.deep.include({ blockNumber: null, blockHash: null });
    const tags = node.asked.flatMap(({ method, params }) => (/Count|call/.test(method) ? [params[1]] : []));
    expect(tags).to.deep.equal([`0x${stale.toString(16)}`, `0x${stale.toString(16)}`]);
    expect(client.texts).to.have.length(1);
    await sleep(proxy.injected()[0]?.durationMs);
    expect((await ask("eth_blockNumber")).result).to.equal("0x6e");
    node.push();
    await until(() => client.texts.length === 2);
  });

  it("answers with the state of an earlier block than it was asked for", async () => {
    await start("stale-state");
    const call = (await ask("eth_call", [{}, "0x64"])).result;
    const { blocks = 0 } = proxy.injected()[0] ?? {};
    expect(blocks).to.be.greaterThan(0);
    expect(BigInt(String(call))).to.equal(BigInt(1_100 - blocks));
  });

  it("tells of an earlier block as the newest one, asked and by itself", async () => {
    await start("rewound-head", { limit: 3 });
    const lies = [BigInt(String((await ask("eth_blockNumber")).result)), BigInt((await latest()).number)];
    const client = await connect();
    client.send("eth_subscribe", ["newHeads"]);
    await until(() => client.texts.length === 1);
    node.push();
    await until(() => client.texts.length === 2);
    lies.push(BigInt(String(pushes(client.texts.slice(1))[0]?.number)));
    expect(lies).to.deep.equal(proxy.injected().map(({ blocks }) => 100n - BigInt(blocks)));
    node.push();
    await until(() => client.texts.length === 3);
    expect(pushes(client.texts.slice(2))[0]?.number).to.equal("0x64");
  });

  it("tells of a block of another branch, and is consistent again", async () => {
    await start("reorg", { limit: 1 });
    const [asked, truth] = [await latest(), await latest()];
    expect(asked.number).to.equal(truth.number);
    expect(asked.hash).not.to.equal(truth.hash);
    expect(asked.parentHash).not.to.equal(truth.parentHash);
  });

  it("sends a block of another branch by itself, after the logs that it removes", async () => {
    await start("reorg", { limit: 1, every: 3 });
    const client = await connect();
    client.send("eth_subscribe", ["newHeads"]);
    client.send("eth_subscribe", ["logs", {}], 8);
    await until(() => client.texts.length === 2);
    const logsOf = (block: number) => ["0x0", "0x1"].map((logIndex) => ({ blockHash: `0x${block}`, logIndex }));
    for (let block = 101; proxy.injected().length === 0 && block < 140; block++) {
      node.head = block;
      node.push(logsOf(block));
      await until(() => client.texts.length >= 2 + (block - 100) * 3);
    }
    await until(() => client.texts.length === 2 + (node.head - 100) * 3 + 2);
    const told = pushes(client.texts.slice(2));
    const at = told.findIndex(({ removed }) => removed === true);
    expect(told.slice(at, at + 2)).to.deep.equal(logsOf(node.head).map((log) => ({ ...log, removed: true })));
    expect(told[at + 2]?.number).to.equal(`0x${node.head.toString(16)}`);
    expect(BigInt(String(told[at + 2]?.hash))).not.to.equal(BigInt(node.head));
  });

  it("hides a receipt for a while, from the transaction's first answer on", async () => {
    node.answers.eth_sendRawTransaction = "0xabc";
    node.answers.eth_getTransactionReceipt = { blockNumber: "0x1" };
    await start("no-receipt", { limit: 1, maxMs: 400 });
    expect((await ask("eth_sendRawTransaction", ["0x02"])).result).to.equal("0xabc");
    expect((await ask("eth_getTransactionReceipt", ["0xabc"])).result).to.equal(null);
    expect((await ask("eth_getTransactionReceipt", ["0xdef"])).result).not.to.equal(null);
    await sleep(proxy.injected()[0]?.durationMs);
    expect((await ask("eth_getTransactionReceipt", ["0xabc"])).result).not.to.equal(null);
  });

  for (const [kind, message] of [
    ["nonce-too-low", "nonce too low"],
    ["already-known", "already known"],
    ["underpriced", "replacement transaction underpriced"],
  ] as const) {
    it(`answers a signed transaction with "${message}", having passed it on and not`, async () => {
      node.answers.eth_sendRawTransaction = "0xabc";
      await start(kind);
      for (let request = 0; request < 8; request++) {
        expect((await ask("eth_sendRawTransaction", ["0x02"])).error?.message).to.equal(message);
      }
      expect(forwardedOnes()).to.be.within(1, 7);
      expect(node.count("eth_sendRawTransaction")).to.equal(forwardedOnes());
      expect((await ask("eth_chainId")).result, "only signed transactions").to.equal("0xa4b1");
    });
  }

  it("counts what it did by kind and method, and does no more than it may", async () => {
    await start("server-error", { limit: 3 });
    const statuses: number[] = [];
    for (const method of ["a", "b", "a", "c", "d"]) statuses.push((await post(method)).status);
    expect(statuses).to.deep.equal([503, 503, 503, 200, 200]);
    const told = proxy.injected().map(({ kind, method }) => `${kind} ${method}`);
    expect(told).to.deep.equal(["server-error a", "server-error b", "server-error a"]);
  });

  it("returns to the truth when it is healed, whatever lasts", async () => {
    await start("stale-head", { maxMs: 60_000 });
    await ask("eth_blockNumber");
    node.head = 200;
    expect((await ask("eth_blockNumber")).result).not.to.equal("0xc8");
    await proxy.heal();
    expect((await ask("eth_blockNumber")).result).to.equal("0xc8");
    await proxy.close();
    await start("delay", { maxMs: 60_000 });
    const held = ask("eth_chainId");
    await until(() => proxy.injected().length === 1);
    await proxy.heal();
    expect((await held).result).to.equal("0xa4b1");
  });
});

describe("chaos: choice of faults", () => {
  const draws = (seed: number) => {
    const plan = createPlan({ ...always, seed, every: 3, everyTransaction: 2, kinds: faultKinds }, () => 0);
    return ["eth_call", "eth_getBlockByNumber", "eth_sendRawTransaction", "eth_blockNumber"].flatMap((method) =>
      Array.from({ length: 25 }, () => plan.draw(method, "http")),
    );
  };

  it("is the same for the same seed, and another for another", () => {
    expect(draws(5)).to.deep.equal(draws(5));
    expect(draws(5)).not.to.deep.equal(draws(6));
  });

  it("reaches every kind", () => {
    const plan = createPlan({ ...always, kinds: faultKinds }, () => 0);
    for (let draw = 0; draw < 400; draw++) {
      plan.draw("eth_sendRawTransaction", "http");
      plan.draw("newHeads", "push");
      plan.draw("eth_call", "socket");
    }
    const reached = new Set(plan.injected().map(({ kind }) => kind));
    expect([...reached].sort()).to.deep.equal([...faultKinds].sort());
  });

  it("is made in storms alone, but for signed transactions", () => {
    let elapsedMs = 0;
    const storms = { ...always, kinds: faultKinds, stormMs: 100, calmMs: 50, phaseMs: 20 };
    const plan = createPlan(storms, () => elapsedMs);
    const meets = (atMs: number, method = "eth_call") => {
      elapsedMs = atMs;
      return plan.draw(method, "http") !== undefined;
    };
    const [before, storm, calm, again] = [19, 119, 120, 170];
    expect([before, storm, calm, again].map((at) => meets(at))).to.deep.equal([false, true, false, true]);
    expect(meets(calm, "eth_sendRawTransaction")).to.equal(true);
  });

  it("lets only happen to a message what can", () => {
    expect(canHappen("silent-socket", "eth_call", "http")).to.equal(false);
    expect(canHappen("too-many-requests", "newHeads", "push")).to.equal(false);
    expect(canHappen("nonce-too-low", "eth_call", "http")).to.equal(false);
    expect(canHappen("stale-head", "eth_getBlockByNumber, named", "http")).to.equal(false);
  });
});
