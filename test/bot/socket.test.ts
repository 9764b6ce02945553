import { expect } from "chai";
import { connectRpc, isSocketUrl } from "../../bot/rpc/provider.ts";
import { isTransient, wording } from "../../bot/rpc/retry.ts";
import { type Reply, type Request, type SocketServer, startSocketServer } from "../support/socketServer.ts";

const answer = ({ id }: Request, result: unknown) => JSON.stringify({ jsonrpc: "2.0", id, result });
const notification = (subscription: string, result: unknown) =>
  JSON.stringify({ jsonrpc: "2.0", method: "eth_subscription", params: { subscription, result } });

describe("bot: WebSocket", () => {
  let server: SocketServer;
  let provider: ReturnType<typeof connectRpc>;
  let onRequest: (request: Request, reply: Reply) => void;

  beforeEach(async () => {
    onRequest = (request, { send }) => send(answer(request, request.method));
    server = await startSocketServer((request, reply) => onRequest(request, reply));
    provider = connectRpc(`${server.url}/v2/a-providers-key`, 42161, 200);
  });
  afterEach(async () => {
    provider.destroy();
    await server.close();
  });

  const failureOf = (work: Promise<unknown>) => work.then(() => undefined).catch((error: unknown) => error);
  const send = (method: string) => provider.send(method, []);
  const subscribe = (onMessage: (message: unknown) => void, onLost: (reason: string) => void) => {
    if (provider.subscribe === undefined) throw new Error("A socket subscribes.");
    return provider.subscribe([{ params: ["newHeads"], onMessage }], onLost);
  };

  it("is chosen by the URL's protocol", () => {
    expect(["ws://n", "wss://n", "http://n", "https://n"].map(isSocketUrl)).to.deep.equal([true, true, false, false]);
    expect(connectRpc("http://node.example", 42161, 200).subscribe).to.equal(undefined);
  });

  it("matches answers to requests by their id, over one connection", async () => {
    const held: (() => void)[] = [];
    onRequest = (request, reply) => {
      held.push(() => reply.send(answer(request, request.method)));
      if (held.length === 2) for (const reply of held.reverse()) reply();
    };
    expect(await Promise.all([send("first"), send("second")])).to.deep.equal(["first", "second"]);
    expect(server.connections()).to.equal(1);
  });

  it("gives an error of the node as ethers gives it", async () => {
    onRequest = ({ id }, reply) =>
      reply.send(JSON.stringify({ id, error: { code: 3, message: "execution reverted", data: "0x1234" } }));
    const failure = await failureOf(provider.call({ to: `0x${"11".repeat(20)}`, data: "0x" }));
    expect(failure).to.deep.include({ code: "CALL_EXCEPTION", data: "0x1234" });
    expect(isTransient(failure)).to.equal(false);
  });

  it("fails what is not answered when the connection ends, and connects again with the next request", async () => {
    onRequest = (_request, reply) => reply.end();
    const failure = await failureOf(send("eth_chainId"));
    expect(isTransient(failure)).to.equal(true);
    expect(wording(failure)).to.contain("the WebSocket has ended").and.not.to.contain("a-providers-key");
    onRequest = (request, reply) => reply.send(answer(request, "again"));
    expect(await send("eth_chainId")).to.equal("again");
    expect(server.connections()).to.equal(2);
  });

  it("gives up a connection by which nothing comes, and only such a one", async () => {
    const lost: string[] = [];
    onRequest = (request, reply) => {
      if (request.method === "eth_subscribe") reply.send(answer(request, "0x1"));
      if (request.method === "slow") setTimeout(() => reply.send(notification("0x1", "alive")), 100);
    };
    await subscribe(
      () => undefined,
      (reason) => lost.push(reason),
    );
    expect(await failureOf(send("slow"))).to.deep.include({ code: "TIMEOUT" });
    expect(lost).to.deep.equal([]);
    const failure = await failureOf(send("dead"));
    expect(failure).to.deep.include({ code: "TIMEOUT" });
    expect(isTransient(failure)).to.equal(true);
    expect(lost).to.deep.equal(["nothing was heard for 200 ms"]);
  });

  it("hands on what is sent right behind the answer to the subscription", async () => {
    const heard: unknown[] = [];
    onRequest = (request, reply) => {
      reply.send(answer(request, "0x1"));
      reply.send(notification("0x1", "first"));
      reply.send(notification("0x2", "another's"));
    };
    await subscribe(
      (message) => heard.push(message),
      () => undefined,
    );
    await failureOf(send("eth_chainId"));
    expect(heard.slice(0, 1)).to.deep.equal(["first"]);
    expect(heard).not.to.include("another's");
  });

  it("tells the subscriber once that the connection has ended, but not that he ended it", async () => {
    const lost: string[] = [];
    onRequest = (request, reply) => {
      reply.send(answer(request, "0x1"));
      if (request.method === "end") reply.end();
      if (request.method === "garble") reply.send("<html>");
    };
    const subscribed = () =>
      subscribe(
        () => undefined,
        (reason) => lost.push(reason),
      );
    const unsubscribe = await subscribed();
    unsubscribe();
    await subscribed();
    await failureOf(send("end"));
    await failureOf(send("eth_chainId"));
    expect(lost).to.have.length(1);
    await subscribed();
    await failureOf(send("garble"));
    await failureOf(send("eth_chainId"));
    expect(lost).to.have.length(2);
    expect(lost[1]).to.equal("it sent what is no JSON");
  });

  it("fails a subscription that the node refuses, or whose connection cannot be made", async () => {
    onRequest = ({ id }, reply) =>
      reply.send(JSON.stringify({ id, error: { code: -32601, message: "method not found" } }));
    const refused = await failureOf(
      subscribe(
        () => undefined,
        () => expect.fail("it was never there"),
      ),
    );
    expect(isTransient(refused)).to.equal(false);
    for (const url of [`${server.url}/refused`, "ws://127.0.0.1:1"]) {
      const unreachable = connectRpc(url, 42161, 200);
      expect(isTransient(await failureOf(unreachable.send("eth_chainId", [])))).to.equal(true);
      unreachable.destroy();
    }
  });

  it("asks nothing any more after it was closed", async () => {
    await send("eth_chainId");
    provider.destroy();
    expect(await failureOf(send("eth_chainId"))).to.deep.include({ code: "UNSUPPORTED_OPERATION" });
    expect(server.connections()).to.equal(1);
  });
});
