import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { toBeHex } from "ethers";
import type { Request } from "./socketServer.ts";
import { acceptWebSocket, type WebSocketPeer } from "./webSocketPeer.ts";

/** A node that answers as the test wants, by HTTP or WebSocket. Block n is of second 1000 + n. */
export interface ScriptedNode {
  readonly url: string;
  /** By HTTP, whatever `url` is. */
  readonly httpUrl: string;
  /** Every request that came, in order. */
  readonly asked: { readonly method: string; readonly params: readonly unknown[] }[];
  chainId: number;
  head: number;
  /** How many blocks before the one that is asked for its state is. */
  stateLag: number;
  /** Cuts the connection instead of answering. */
  isDown: boolean;
  /** By method, the answers that are not those of a sound node. A text beginning with "error:" is an error. */
  readonly answers: Record<string, unknown>;
  /** Sends the header of the newest block, and logs before it, to whoever subscribed. */
  push(logs?: readonly unknown[]): void;
  /** Ends every WebSocket, between two requests. */
  cut(): void;
  /** Requests of one method, in number. */
  count(method: string): number;
  close(): Promise<void>;
}

export async function startScriptedNode(kind: "http" | "socket", head = 100): Promise<ScriptedNode> {
  const [sockets, subscribers] = [new Set<WebSocketPeer>(), new Set<WebSocketPeer>()];
  const headerOf = (number: number) => ({
    number: `0x${number.toString(16)}`,
    timestamp: `0x${(1_000 + number).toString(16)}`,
    hash: toBeHex(number, 32),
    parentHash: toBeHex(number - 1, 32),
  });
  const resultOf = (method: string, [first, second]: readonly unknown[]): unknown => {
    if (method in node.answers) return node.answers[method];
    if (method === "eth_chainId") return `0x${node.chainId.toString(16)}`;
    if (method === "eth_blockNumber") return `0x${node.head.toString(16)}`;
    if (method === "eth_getBlockByNumber") return headerOf(first === "latest" ? node.head : Number(first));
    if (method === "eth_call") return toBeHex(1_000 + Number(second) - node.stateLag, 32);
    if (method === "eth_subscribe") return first === "newHeads" ? "0x1" : "0x2";
    return null;
  };
  const answerTo = ({ id, method, params }: Request): string => {
    node.asked.push({ method, params });
    const result = resultOf(method, params);
    const failure = typeof result === "string" && result.startsWith("error:") ? result.slice(6) : undefined;
    const body = failure === undefined ? { result } : { error: { code: -32_000, message: failure } };
    return JSON.stringify({ jsonrpc: "2.0", id, ...body });
  };
  const server = createServer(async (request, response) => {
    if (node.isDown) return void request.socket.destroy();
    const body: Request | Request[] = JSON.parse(await text(request));
    const answers = Array.isArray(body) ? `[${body.map(answerTo).join(",")}]` : answerTo(body);
    response.setHeader("content-type", "application/json").end(answers);
  });
  server.on("upgrade", (incoming, socket) => {
    const peer: WebSocketPeer = acceptWebSocket(incoming, socket, {
      onText(message) {
        const request: Request = JSON.parse(message);
        if (node.isDown) return peer.end();
        peer.send(answerTo(request));
        if (request.method === "eth_subscribe") subscribers.add(peer);
      },
      onEnd: () => {
        sockets.delete(peer);
        subscribers.delete(peer);
      },
    });
    sockets.add(peer);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const httpUrl = `http://127.0.0.1:${port}`;
  const node: ScriptedNode = {
    url: kind === "http" ? httpUrl : httpUrl.replace("http", "ws"),
    httpUrl,
    asked: [],
    chainId: 42_161,
    head,
    stateLag: 0,
    isDown: false,
    answers: {},
    push: (logs = []) => {
      const messages = [
        ...logs.map((result) => ({ subscription: "0x2", result })),
        { subscription: "0x1", result: headerOf(node.head) },
      ];
      for (const params of messages) {
        for (const { send } of subscribers) send(JSON.stringify({ method: "eth_subscription", params }));
      }
    },
    cut: () => {
      for (const { end } of sockets) end();
    },
    count: (method) => node.asked.filter((request) => request.method === method).length,
    close: () => {
      node.cut();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return node;
}
