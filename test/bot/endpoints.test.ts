import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { connectEndpoints, type Endpoints, type EndpointsOptions, endpointNames } from "../../bot/rpc/endpoints.ts";
import { DisagreementError, FatalError } from "../../bot/rpc/retry.ts";
import { type ScriptedNode, startScriptedNode } from "../support/scriptedNode.ts";

const call = { to: `0x${"11".repeat(20)}`, data: "0x" };

describe("bot: several endpoints", () => {
  let nodes: ScriptedNode[];
  let joined: Endpoints | undefined;
  /** Faults and releases, in order, with the place of the endpoint. */
  let events: string[];

  beforeEach(() => {
    nodes = [];
    events = [];
  });
  afterEach(async () => {
    joined?.destroy();
    await Promise.all(nodes.map((node) => node.close()));
  });

  async function start(...kinds: ("http" | "socket")[]): Promise<ScriptedNode[]> {
    nodes = await Promise.all(kinds.map((kind) => startScriptedNode(kind)));
    return nodes;
  }
  function join(change: Partial<EndpointsOptions> = {}): Endpoints {
    const names = endpointNames(nodes.map(({ url }) => url));
    joined = connectEndpoints(
      nodes.map(({ url }) => url),
      {
        chain: arbitrum,
        timeoutMs: 300,
        quorum: 1,
        maxLagBlocks: 5n,
        watchMs: 20,
        checkMs: 100_000,
        probeMs: 50,
        pollIntervalMs: 20,
        onQuarantine: ({ name, quarantine }) => events.push(`${names.indexOf(name)} ${quarantine?.fault}`),
        onRelease: ({ name }) => events.push(`${names.indexOf(name)} released`),
        ...change,
      },
    );
    return joined;
  }
  const until = async (isSo: () => boolean) => {
    const end = performance.now() + 3_000;
    while (!isSo() && performance.now() < end) await sleep(5);
    expect(isSo(), `${isSo} within 3 s, after ${events.join(", ")}`).to.equal(true);
  };
  const failureOf = (work: Promise<unknown>) => work.then(() => undefined).catch((error: unknown) => error);
  const ask = (endpoints: Endpoints, method = "eth_gasPrice") => endpoints.provider.send(method, []);

  it("are named by their hosts alone, numbered where two are the same", () => {
    const names = endpointNames(["https://a.example/v2/secret", "wss://b.example:8546", "https://a.example/v3/secret"]);
    expect(names).to.deep.equal(["a.example", "b.example:8546", "a.example #2"]);
  });

  it("are read from the freshest, and from the next at once where that one does not answer", async () => {
    const [first, second] = (await start("http", "http")) as [ScriptedNode, ScriptedNode];
    second.head = 104;
    [first.answers.eth_gasPrice, second.answers.eth_gasPrice] = ["0x1", "0x2"];
    const endpoints = join({ watchMs: 100_000 });
    expect(await ask(endpoints)).to.equal("0x2");
    second.isDown = true;
    expect(await ask(endpoints)).to.equal("0x1");
    expect(events).to.deep.equal([]);
  });

  it("repeat no question that the chain has answered", async () => {
    const [first, second] = (await start("http", "http")) as [ScriptedNode, ScriptedNode];
    second.head = 90;
    first.answers.eth_gasPrice = "error:execution reverted";
    second.answers.eth_gasPrice = "0x2";
    const endpoints = join({ maxLagBlocks: 50n });
    expect(String(await failureOf(ask(endpoints)))).to.contain("execution reverted");
    expect(second.count("eth_gasPrice")).to.equal(0);
  });

  it("never read from one of another chain, which is released when it serves the right one", async () => {
    const [first, second] = (await start("http", "http")) as [ScriptedNode, ScriptedNode];
    first.chainId = 1;
    first.head = 1_000_000;
    const endpoints = join();
    await ask(endpoints);
    expect(first.count("eth_gasPrice")).to.equal(0);
    expect(events).to.deep.equal(["0 wrong-chain"]);
    await endpoints.provider.send("eth_sendRawTransaction", ["0x"]);
    expect(first.count("eth_sendRawTransaction"), "signed transactions are of one chain").to.equal(0);
    first.chainId = 42_161;
    first.head = second.head;
    await until(() => events.includes("0 released"));
  });

  it("stop for good where every one serves another chain", async () => {
    for (const node of await start("http", "http")) node.chainId = 1;
    const failure = await failureOf(ask(join()));
    expect(failure).to.be.instanceOf(FatalError);
    expect(String(failure)).to.contain("it serves chain 1, not 42161");
  });

  it("are waited for where all serve another chain after one has served the right one", async () => {
    const [first, second] = (await start("http", "http")) as [ScriptedNode, ScriptedNode];
    const endpoints = join({ checkMs: 20 });
    await ask(endpoints);
    first.chainId = second.chainId = 1;
    await until(() => events.length === 2);
    const failure = await failureOf(ask(endpoints));
    expect(failure).to.deep.include({ code: "NETWORK_ERROR" });
    expect(String(failure)).to.contain("it serves chain 1, not 42161");
    second.isDown = true;
    await sleep(100);
    expect(String(await failureOf(ask(endpoints))), "what it is out for stands").to.match(/chain 1,.*chain 1,/);
    first.chainId = 42_161;
    await until(() => events.includes("0 released"));
    expect(await ask(endpoints)).to.equal(null);
  });

  it("are checked for their chain now and then, and after a failure", async () => {
    const [first, second] = (await start("http", "http")) as [ScriptedNode, ScriptedNode];
    second.head = 90;
    const endpoints = join({ checkMs: 50, maxLagBlocks: 50n });
    await ask(endpoints);
    first.chainId = 10;
    await until(() => events.includes("0 wrong-chain"));
    endpoints.destroy();
    events = [];
    [first.chainId, first.head] = [42_161, 100];
    const other = join({ watchMs: 20, maxLagBlocks: 50n });
    await ask(other);
    first.isDown = true;
    await ask(other);
    first.chainId = 10;
    first.isDown = false;
    await until(() => events.includes("0 wrong-chain"));
  });

  it("are checked for their chain when a WebSocket has been opened again", async () => {
    const [first] = (await start("socket", "http")) as [ScriptedNode, ScriptedNode];
    const endpoints = join();
    await ask(endpoints);
    first.chainId = 10;
    first.cut();
    await until(() => events.includes("0 wrong-chain"));
    expect(endpoints.healths()[0]?.failures).to.equal(0);
  });

  it("leave out one that falls behind, until it has caught up", async () => {
    const [first, second] = (await start("http", "http")) as [ScriptedNode, ScriptedNode];
    const endpoints = join();
    await ask(endpoints);
    second.head = 106;
    await until(() => events.includes("0 lagging"));
    second.answers.eth_gasPrice = "0x2";
    expect(await ask(endpoints)).to.equal("0x2");
    expect(endpoints.healths()[0]?.quarantine?.detail).to.contain("its newest block is 100, 6 behind 106");
    first.head = 106;
    await until(() => events.includes("0 released"));
  });

  it("leave out one that answers with another block than it was asked for, and take the next one's answer", async () => {
    const [first, second] = (await start("http", "http")) as [ScriptedNode, ScriptedNode];
    const endpoints = join({ probeMs: 100_000, maxLagBlocks: 50n });
    await ask(endpoints);
    first.answers.eth_getBlockByNumber = { number: "0x5f", timestamp: "0x1", hash: "0x01" };
    second.head = 90;
    const header = await endpoints.provider.send("eth_getBlockByNumber", ["0x60", false]);
    expect(header).to.deep.include({ number: "0x60" });
    expect(events).to.deep.equal(["0 stale"]);
  });

  it("leave out one whose answer the reader proves wrong", async () => {
    const [first, second] = (await start("http", "http")) as [ScriptedNode, ScriptedNode];
    second.head = 98;
    [first.answers.eth_gasPrice, second.answers.eth_gasPrice] = ["0x1", "0x2"];
    const endpoints = join({ probeMs: 100_000 });
    const problemOf = (answer: unknown) =>
      answer === "0x1" ? ({ fault: "stale", detail: "it is old" } as const) : undefined;
    expect(await endpoints.provider.send("eth_gasPrice", [], problemOf)).to.equal("0x2");
    expect(events).to.deep.equal(["0 stale"]);
  });

  it("leave out one whose state is not that of its own newest block", async () => {
    const [first] = (await start("http", "http")) as [ScriptedNode, ScriptedNode];
    const endpoints = join({ checkMs: 50 });
    await ask(endpoints);
    first.stateLag = 3;
    await until(() => events.includes("0 stale"));
    expect(endpoints.healths()[0]?.quarantine?.detail).to.contain(
      "block 100 is of second 1100, its state of second 1097",
    );
    first.stateLag = 0;
    await until(() => events.includes("0 released"));
  });

  it("leave out one that does not answer again and again, until it does", async () => {
    const [first] = (await start("http", "http")) as [ScriptedNode, ScriptedNode];
    const endpoints = join();
    await ask(endpoints);
    first.isDown = true;
    await until(() => events.includes("0 failing"));
    first.isDown = false;
    await until(() => events.includes("0 released"));
  });

  it("are tried all the same where all of them are in quarantine for lagging or failing", async () => {
    const [first] = (await start("http")) as [ScriptedNode];
    const endpoints = join({ probeMs: 100_000 });
    await ask(endpoints);
    first.isDown = true;
    await until(() => events.includes("0 failing"));
    first.isDown = false;
    expect(await ask(endpoints)).to.equal(null);
  });

  describe("and a signed transaction", () => {
    const send = (endpoints: Endpoints) => endpoints.provider.send("eth_sendRawTransaction", ["0x00"]);

    it("go to all, and one that takes it is enough", async () => {
      const [first, second] = (await start("http", "http")) as [ScriptedNode, ScriptedNode];
      first.answers.eth_sendRawTransaction = "error:nonce too low";
      second.answers.eth_sendRawTransaction = "0xabc";
      expect(await send(join())).to.equal("0xabc");
      expect([first, second].map((node) => node.count("eth_sendRawTransaction"))).to.deep.equal([1, 1]);
    });

    it("count as refused only when every one has refused: who does not answer may have taken it", async () => {
      const [first, second] = (await start("http", "http")) as [ScriptedNode, ScriptedNode];
      for (const node of [first, second]) node.answers.eth_sendRawTransaction = "error:nonce too low";
      const endpoints = join({ watchMs: 100_000 });
      expect(await failureOf(send(endpoints))).to.deep.include({ code: "NONCE_EXPIRED" });
      second.isDown = true;
      expect(await failureOf(send(endpoints))).to.deep.include({ code: "ECONNRESET" });
      first.answers.eth_sendRawTransaction = "error:already known";
      expect(String(await failureOf(send(endpoints)))).to.contain("already known");
    });

    it("is unknown only when no endpoint knows it", async () => {
      const [first, second] = (await start("http", "http")) as [ScriptedNode, ScriptedNode];
      second.head = 98;
      const endpoints = join({ watchMs: 100_000 });
      const look = () => endpoints.provider.send("eth_getTransactionByHash", ["0x01"]);
      expect(await look()).to.equal(null);
      second.answers.eth_getTransactionByHash = { hash: "0x01" };
      expect(await look()).to.deep.equal({ hash: "0x01" });
      second.isDown = true;
      expect(await failureOf(look()), "nobody can say").to.deep.include({ code: "ECONNRESET" });
      expect(first.count("eth_getTransactionByHash")).to.equal(3);
    });
  });

  describe("under a quorum", () => {
    const price = (endpoints: Endpoints) => endpoints.pricing.send("eth_call", [call, "0x64"]);

    it("give an answer on which as many agree to the byte, and ask no more of them", async () => {
      await start("http", "http", "http");
      const endpoints = join({ quorum: 2, watchMs: 100_000 });
      await ask(endpoints);
      const before = nodes.map((node) => node.count("eth_call"));
      expect(BigInt(String(await price(endpoints)))).to.equal(1_100n);
      const asked = nodes.map((node, place) => node.count("eth_call") - (before[place] ?? 0));
      expect(asked.sort()).to.deep.equal([0, 1, 1]);
    });

    it("agree on a revert by its data", async () => {
      for (const node of await start("http", "http")) node.answers.eth_call = "error:execution reverted";
      const endpoints = join({ quorum: 2, watchMs: 100_000 });
      expect(await failureOf(price(endpoints))).to.deep.include({ code: "CALL_EXCEPTION" });
    });

    it("give none where they differ, and leave out the odd one that a third tells", async () => {
      const [first] = (await start("http", "http", "http")) as ScriptedNode[];
      const endpoints = join({ quorum: 2, watchMs: 100_000 });
      await ask(endpoints);
      if (first !== undefined) first.answers.eth_call = "0x01";
      await until(() => endpoints.healths().every(({ head }) => head === 100n));
      for (let read = 0; read < 3 && events.length === 0; read++) {
        const failure = await failureOf(price(endpoints));
        if (failure !== undefined) expect(failure).to.be.instanceOf(DisagreementError);
      }
      expect(events).to.deep.equal(["0 disagrees"]);
      expect(BigInt(String(await price(endpoints)))).to.equal(1_100n);
    });

    it("give none where two differ and nobody can tell who is wrong", async () => {
      const [, second] = (await start("http", "http")) as ScriptedNode[];
      const endpoints = join({ quorum: 2, watchMs: 100_000 });
      await ask(endpoints);
      if (second !== undefined) second.answers.eth_call = "0x01";
      expect(await failureOf(price(endpoints))).to.be.instanceOf(DisagreementError);
      expect(events).to.deep.equal([]);
    });

    it("give none where fewer of them answer", async () => {
      const [, second] = (await start("http", "http")) as ScriptedNode[];
      const endpoints = join({ quorum: 2, watchMs: 100_000 });
      await ask(endpoints);
      if (second !== undefined) second.isDown = true;
      const failure = await failureOf(price(endpoints));
      expect(String(failure)).to.contain("2 endpoints must agree on what prices a trade, and 1 answered");
    });
  });

  describe("and a subscription", () => {
    async function follow(endpoints: Endpoints) {
      const [heads, logs, lost]: [string[], unknown[], string[]] = [[], [], []];
      const stop = await endpoints.provider.subscribe?.(
        [
          { params: ["newHeads"], onMessage: (header) => heads.push((header as { number: string }).number) },
          { params: ["logs", { topics: [] }], onMessage: (log) => logs.push(log) },
        ],
        (reason) => lost.push(reason),
      );
      return { heads, logs, lost, stop };
    }

    it("comes by an endpoint that pushes, and moves when that one is quarantined", async () => {
      const [http, first, second] = (await start("http", "socket", "socket")) as [
        ScriptedNode,
        ScriptedNode,
        ScriptedNode,
      ];
      const endpoints = join({ probeMs: 100_000 });
      const { heads, lost } = await follow(endpoints);
      const pushing = first.count("eth_subscribe") > 0 ? first : second;
      const other = pushing === first ? second : first;
      pushing.push();
      await until(() => heads.length === 1);
      pushing.isDown = true;
      http.head = other.head = 101;
      await until(() => lost.length === 1);
      await until(() => events.length === 1);
      const again = await follow(endpoints);
      other.push();
      await until(() => again.heads.length === 1);
      expect(other.count("eth_subscribe")).to.equal(2);
      expect(lost).to.have.length(1);
    });

    it("is polled where no endpoint pushes, logs before the header, and goes back to one that does", async () => {
      const [http, socket] = (await start("http", "socket")) as [ScriptedNode, ScriptedNode];
      socket.isDown = true;
      http.answers.eth_getLogs = [{ log: 1 }];
      const endpoints = join({ maxLagBlocks: 50n });
      await ask(endpoints);
      await until(() => events.includes("1 failing"));
      const { heads, logs, lost } = await follow(endpoints);
      http.head = 101;
      await until(() => heads.length === 1);
      expect([heads, logs]).to.deep.equal([["0x65"], [{ log: 1 }]]);
      socket.isDown = false;
      await until(() => lost.length === 1);
      expect(lost[0]).to.contain("sends blocks by itself, and is healthy again");
    });

    for (const pushed of [0, 1]) {
      it(`is lost with an endpoint that answers but sends nothing after ${pushed} blocks`, async () => {
        const [http, socket] = (await start("http", "socket")) as [ScriptedNode, ScriptedNode];
        const endpoints = join({ probeMs: 100_000 });
        const { heads, lost } = await follow(endpoints);
        for (let block = 0; block < pushed; block++) socket.push();
        await until(() => heads.length === pushed);
        http.head = socket.head = 107;
        await until(() => lost.length === 1);
        expect(lost[0]).to.contain("it has stopped sending blocks");
        expect(events).to.deep.equal(["1 lagging"]);
      });
    }

    it("is not lost by whoever ends it", async () => {
      const [, socket] = (await start("http", "socket")) as [ScriptedNode, ScriptedNode];
      const endpoints = join({ maxLagBlocks: 50n });
      const { lost, stop } = await follow(endpoints);
      stop?.();
      socket.isDown = true;
      await until(() => events.includes("1 failing"));
      expect(lost).to.deep.equal([]);
    });
  });
});
