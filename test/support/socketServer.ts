import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";

/** A WebSocket server of single short frames (RFC 6455), which answers as the test wants. */
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
export interface Reply {
  readonly send: (text: string) => void;
  readonly end: () => void;
}

export async function startSocketServer(onRequest: (request: Request, reply: Reply) => void): Promise<SocketServer> {
  let made = 0;
  const open = new Set<Duplex>();
  const server = createServer();
  server.on("upgrade", ({ headers, url }, socket) => {
    made += 1;
    open.add(socket);
    if (url === "/refused") {
      socket.end("HTTP/1.1 401 Unauthorized\r\n\r\n");
      return;
    }
    const accept = createHash("sha1")
      .update(`${headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest("base64");
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    const reply: Reply = { send: (text) => void socket.write(frameOf(text)), end: () => void socket.destroy() };
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => {
      for (const text of textsIn(chunk)) onRequest(JSON.parse(text), reply);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => made,
    close: () => {
      for (const socket of open) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function frameOf(text: string): Buffer {
  const payload = Buffer.from(text);
  const long = payload.length > 125;
  const head = Buffer.alloc(long ? 4 : 2);
  head[0] = 0x81;
  head[1] = long ? 126 : payload.length;
  if (long) head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, payload]);
}

/** The text frames of a client, which are masked. Others, as that of a close, are left out. */
function* textsIn(chunk: Buffer): Generator<string> {
  for (let at = 0; at < chunk.length; ) {
    const opcode = (chunk[at] ?? 0) & 0x0f;
    let length = (chunk[at + 1] ?? 0) & 0x7f;
    at += 2;
    if (length === 126) {
      length = chunk.readUInt16BE(at);
      at += 2;
    }
    const mask = chunk.subarray(at, at + 4);
    const payload = chunk.subarray(at + 4, at + 4 + length).map((byte, index) => byte ^ (mask[index % 4] ?? 0));
    at += 4 + length;
    if (opcode === 1) yield Buffer.from(payload).toString();
  }
}
