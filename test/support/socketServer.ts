import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { acceptWebSocket, type WebSocketPeer } from "./webSocketPeer.ts";

/** A WebSocket server which answers as the test wants. */
export interface SocketServer {
  readonly url: string;
  readonly connections: () => number;
  close(): Promise<void>;
}

export interface Request {
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
}

/** What a request can do: send text, or end the connection. */
export type Reply = WebSocketPeer;

export async function startSocketServer(onRequest: (request: Request, reply: Reply) => void): Promise<SocketServer> {
  let made = 0;
  const open = new Set<Reply>();
  const server = createServer();
  server.on("upgrade", (request, socket) => {
    made += 1;
    if (request.url === "/refused") {
      socket.end("HTTP/1.1 401 Unauthorized\r\n\r\n");
      return;
    }
    const reply = acceptWebSocket(request, socket, { onText: (text) => onRequest(JSON.parse(text), reply) });
    open.add(reply);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => made,
    close: () => {
      for (const { end } of open) end();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
