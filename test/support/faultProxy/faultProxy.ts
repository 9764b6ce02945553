import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { toQuantity } from "ethers";
import { acceptWebSocket, type WebSocketPeer } from "../webSocketPeer.ts";
import { createPlan, type Fault, type FaultOptions } from "./faults.ts";
import {
  aboutBlock,
  aboutEarlierState,
  asOf,
  ofAnotherBranch,
  ofAnotherChain,
  type RpcHeader,
  type RpcRequest,
} from "./lies.ts";

/** A node as the network and its operator can make it look, by HTTP and WebSocket at one port. */
export interface FaultProxy {
  readonly url: string;
  readonly socketUrl: string;
  /** Every fault so far, in order. */
  readonly injected: () => readonly Fault[];
  /** Ends every fault that lasts, and injects no more: the truth has returned when it resolves. */
  heal(): Promise<void>;
  close(): Promise<void>;
}

type RpcAnswer = { readonly id: unknown } & ({ readonly result: unknown } | { readonly error: unknown });

/** What is held against the truth, until when of `performance.now()`. */
interface Lies {
  otherChainUntil: number;
  staleUntil: number;
  staleHead: bigint;
  /** By hash of a transaction. */
  readonly hiddenUntil: Map<string, number>;
}

/** What a node answers to a signed transaction, in Geth's words. */
const refusals: Readonly<Record<string, { readonly code: number; readonly message: string }>> = {
  "nonce-too-low": { code: -32_000, message: "nonce too low" },
  "already-known": { code: -32_000, message: "already known" },
  underpriced: { code: -32_000, message: "replacement transaction underpriced" },
  "too-many-requests": { code: 429, message: "Too Many Requests" },
  "server-error": { code: -32_603, message: "Internal error" },
};

/** What a request is about, for the choice of its fault: a block that is named cannot be an old newest one. */
function subjectOf({ method, params }: RpcRequest): string {
  return method === "eth_getBlockByNumber" && params?.[0] !== "latest" ? "eth_getBlockByNumber, named" : method;
}

/**
 * Starts a proxy to the node at `target`, an HTTP URL at which it talks WebSocket as well. `onBroadcast` is called when a
 * signed transaction comes, before anything is done with it.
 */
export async function startFaultProxy(
  target: string,
  options: FaultOptions,
  onBroadcast: () => void = () => {},
): Promise<FaultProxy> {
  const startMs = performance.now();
  const plan = createPlan(options, () => performance.now() - startMs);
  const lies: Lies = { otherChainUntil: 0, staleUntil: 0, staleHead: 0n, hiddenUntil: new Map() };
  const healed = new AbortController();
  const closers = new Set<() => void>();
  const now = () => performance.now();

  /** Passes the time that a fault takes, or less when the proxy is healed. */
  const pause = (ms: number) => sleep(ms, undefined, { signal: healed.signal }).catch(() => undefined);

  async function askNode(body: unknown): Promise<unknown> {
    const headers = { "content-type": "application/json" };
    const response = await fetch(target, { method: "POST", headers, body: JSON.stringify(body) });
    return response.json();
  }
  async function headNow(): Promise<bigint> {
    const answer = (await askNode({ jsonrpc: "2.0", id: 0, method: "eth_blockNumber", params: [] })) as {
      result: string;
    };
    return BigInt(answer.result);
  }
  const earlier = (head: bigint, blocks: number) => (head > BigInt(blocks) ? head - BigInt(blocks) : 0n);

  /** Starts what lasts longer than the request that it begins with. */
  async function begin(fault: Fault): Promise<void> {
    if (fault.kind === "wrong-chain") lies.otherChainUntil = now() + fault.durationMs;
    if (fault.kind === "stale-head" && now() >= lies.staleUntil) {
      lies.staleHead = earlier(await headNow(), fault.blocks - 1);
      lies.staleUntil = now() + fault.durationMs;
    }
  }

  /** What the node is asked instead of the request. */
  async function asked(request: RpcRequest, fault: Fault | undefined): Promise<RpcRequest> {
    if (fault?.kind === "stale-state") return aboutEarlierState(request, fault.blocks, await headNow());
    if (fault?.kind === "rewound-head") return aboutBlock(request, earlier(await headNow(), fault.blocks));
    return now() < lies.staleUntil ? aboutBlock(request, lies.staleHead) : request;
  }

  /** What the client is told instead of the node's answer. */
  async function told(request: RpcRequest, answer: RpcAnswer, fault: Fault | undefined): Promise<RpcAnswer> {
    const refusal = fault && refusals[fault.kind];
    if (refusal !== undefined) return { ...base(request), error: refusal };
    if (!("result" in answer)) return answer;
    const { method, params = [] } = request;
    let { result } = answer;
    if (now() < lies.staleUntil) result = asOf(method, result, lies.staleHead);
    if (now() < lies.otherChainUntil) result = ofAnotherChain(method, result);
    if (fault?.kind === "rewound-head" && method === "eth_blockNumber") {
      result = toQuantity(earlier(await headNow(), fault.blocks));
    }
    if (fault?.kind === "reorg" && result !== null) result = ofAnotherBranch(result as RpcHeader);
    if (fault?.kind === "no-receipt") {
      const hash = method === "eth_getTransactionReceipt" ? params[0] : result;
      lies.hiddenUntil.set(String(hash), now() + fault.durationMs);
    }
    if (method === "eth_getTransactionReceipt" && now() < (lies.hiddenUntil.get(String(params[0])) ?? 0)) result = null;
    return { ...answer, result };
  }

  const base = ({ id }: RpcRequest) => ({ jsonrpc: "2.0", id });
  const cut = (whole: string, { percent }: Fault) => whole.slice(0, Math.floor((whole.length * percent) / 100));

  async function answerHttp(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body: RpcRequest | RpcRequest[] = JSON.parse(await text(request));
    const requests = [body].flat();
    const lead = requests.find(({ method }) => method.startsWith("eth_sendRaw")) ?? requests[0];
    if (lead?.method.startsWith("eth_sendRaw")) onBroadcast();
    const fault = lead && plan.draw(subjectOf(lead), "http");
    const faultOf = (one: RpcRequest) => (one === lead ? fault : undefined);
    if (fault !== undefined) await begin(fault);
    const answers =
      fault?.isForwarded === false ? requests.map((one) => ({ ...base(one), result: null })) : await forward();

    async function forward(): Promise<RpcAnswer[]> {
      const forwarded = await Promise.all(requests.map((one) => asked(one, faultOf(one))));
      const first = (await askNode(forwarded)) as RpcAnswer[];
      return fault?.kind === "duplicate" ? ((await askNode(forwarded)) as RpcAnswer[]) : first;
    }

    if (fault?.kind === "reset") return void request.socket.destroy();
    if (fault?.kind === "drop") {
      await pause(fault.durationMs);
      return void request.socket.destroy();
    }
    if (fault?.kind === "delay") await pause(fault.durationMs);
    if (fault?.kind === "too-many-requests") return void response.writeHead(429).end("Too Many Requests");
    if (fault?.kind === "server-error") return void response.writeHead(503).end("Service Unavailable");
    const results = await Promise.all(
      requests.map((one, index) => told(one, answers[index] as RpcAnswer, faultOf(one))),
    );
    const whole = JSON.stringify(Array.isArray(body) ? results : results[0]);
    response.setHeader("content-type", "application/json");
    response.end(fault?.kind === "truncate" ? cut(whole, fault) : whole);
  }

  /** One WebSocket of a client, and the one to the node behind it. */
  function relay(incoming: IncomingMessage, socket: IncomingMessage["socket"]): void {
    const upstream = new WebSocket(target.replace(/^http/, "ws"));
    const opened = new Promise<void>((resolve) => upstream.addEventListener("open", () => resolve()));
    /** By id, requests that the node has not answered. */
    const waiting = new Map<unknown, { readonly request: RpcRequest; readonly fault: Fault | undefined }>();
    const kindOf = new Map<string, string>();
    /** The logs of the newest block that the client was sent, for a reorganization to remove. */
    let lastLogs: { readonly subscription: string; readonly result: Readonly<Record<string, unknown>> }[] = [];
    let silentUntil = 0;
    const isSilent = () => now() < silentUntil;

    const end = () => {
      closers.delete(end);
      client.end();
      upstream.close();
    };
    closers.add(end);
    const client: WebSocketPeer = acceptWebSocket(incoming, socket, {
      onText: (request) => void onRequest(JSON.parse(request)).catch(end),
      onEnd: end,
    });
    upstream.addEventListener("close", end);
    upstream.addEventListener("error", end);
    upstream.addEventListener("message", ({ data }) => void onMessage(JSON.parse(String(data))).catch(end));

    const fallSilent = ({ durationMs }: Fault) => {
      silentUntil = now() + durationMs;
      // What was silent is of no use any more: it ends in the end, so that the truth returns.
      void pause(durationMs).then(end);
    };

    async function onRequest(request: RpcRequest): Promise<void> {
      if (isSilent()) return;
      if (request.method.startsWith("eth_sendRaw")) onBroadcast();
      const fault = plan.draw(subjectOf(request), "socket");
      if (fault?.kind === "silent-socket") return fallSilent(fault);
      if (fault !== undefined) await begin(fault);
      if (fault?.kind === "reset" && !fault.isForwarded) return end();
      if (fault?.kind === "drop" && !fault.isForwarded) return;
      if (fault?.isForwarded === false) {
        return client.send(JSON.stringify(await told(request, { ...base(request), result: null }, fault)));
      }
      waiting.set(request.id, { request, fault });
      await opened;
      const forwarded = JSON.stringify(await asked(request, fault));
      upstream.send(forwarded);
      if (fault?.kind === "duplicate") upstream.send(forwarded);
      if (fault?.kind === "reset") end();
    }

    async function onMessage(
      message: RpcAnswer & { params?: { subscription: string; result: unknown } },
    ): Promise<void> {
      if (isSilent()) return;
      if (message.params !== undefined) return onPush({ ...message, params: message.params });
      const { request, fault } = waiting.get(message.id) ?? { request: undefined, fault: undefined };
      if (request === undefined) return;
      if (fault?.kind !== "duplicate") waiting.delete(message.id);
      if (request.method === "eth_subscribe" && "result" in message) {
        kindOf.set(String(message.result), String(request.params?.[0]));
      }
      if (fault?.kind === "drop") return;
      if (fault?.kind === "delay") await pause(fault.durationMs);
      const whole = JSON.stringify(await told(request, message, fault));
      client.send(fault?.kind === "truncate" ? cut(whole, fault) : whole);
    }

    async function onPush(message: { readonly params: { subscription: string; result: unknown } }): Promise<void> {
      const { subscription, result } = message.params;
      const method = kindOf.get(subscription) ?? "logs";
      const fault = plan.draw(method, "push");
      if (fault !== undefined) await begin(fault);
      if (now() < lies.staleUntil) return;
      const whole = JSON.stringify(message);
      switch (fault?.kind) {
        case "silent-socket":
          return fallSilent(fault);
        case "reset":
          return end();
        case "drop":
          return;
        case "delay":
          await pause(fault.durationMs);
          break;
        case "truncate":
          return client.send(cut(whole, fault));
        case "duplicate":
          client.send(whole);
          break;
        case "rewound-head": {
          const block = earlier(BigInt((result as RpcHeader).number), fault.blocks);
          const params = [toQuantity(block), false];
          const answer = (await askNode({
            jsonrpc: "2.0",
            id: 0,
            method: "eth_getBlockByNumber",
            params,
          })) as RpcAnswer;
          if ("result" in answer) push(subscription, answer.result);
          return;
        }
        case "reorg":
          for (const log of lastLogs) push(log.subscription, { ...log.result, removed: true });
          return push(subscription, ofAnotherBranch(result as RpcHeader));
      }
      if (method === "logs") {
        const log = result as Readonly<Record<string, unknown>>;
        if (lastLogs[0]?.result.blockHash !== log.blockHash) lastLogs = [];
        lastLogs.push({ subscription, result: log });
      }
      client.send(whole);
    }

    function push(subscription: string, result: unknown): void {
      client.send(JSON.stringify({ jsonrpc: "2.0", method: "eth_subscription", params: { subscription, result } }));
    }
  }

  const server = createServer((request, response) => {
    // The node is gone: so is the answer.
    answerHttp(request, response).catch(() => void request.socket.destroy());
  });
  server.on("upgrade", (request, socket) => relay(request, socket as IncomingMessage["socket"]));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const heal = async () => {
    plan.stop();
    healed.abort();
    lies.otherChainUntil = lies.staleUntil = 0;
    lies.hiddenUntil.clear();
    // What was held back goes out now.
    await sleep(0);
  };
  return {
    url: `http://127.0.0.1:${port}`,
    socketUrl: `ws://127.0.0.1:${port}`,
    injected: plan.injected,
    heal,
    async close() {
      await heal();
      for (const end of [...closers]) end();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
