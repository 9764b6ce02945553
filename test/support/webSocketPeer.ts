import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

/** The server's end of a WebSocket that carries texts (RFC 6455). */
export interface WebSocketPeer {
  readonly send: (text: string) => void;
  /** Cuts the connection, without a word. */
  readonly end: () => void;
}

export interface WebSocketListener {
  readonly onText: (text: string) => void;
  readonly onEnd?: () => void;
}

/** Answers a client's request to talk WebSocket on a connection. */
export function acceptWebSocket(
  { headers }: IncomingMessage,
  socket: Duplex,
  { onText, onEnd = () => {} }: WebSocketListener,
): WebSocketPeer {
  const accept = createHash("sha1")
    .update(`${headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest("base64");
  const lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"];
  socket.write(`${lines.join("\r\n")}\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
  socket.on("error", () => undefined);
  socket.on("close", onEnd);
  const read = frameReader(onText, () => socket.end());
  socket.on("data", read);
  return {
    send: (text) => {
      if (socket.writable) socket.write(frameOf(text));
    },
    end: () => void socket.destroy(),
  };
}

const opcodes = { continuation: 0, text: 1, close: 8 };

function frameOf(text: string): Buffer {
  const payload = Buffer.from(text);
  const head = Buffer.alloc(payload.length > 65_535 ? 10 : payload.length > 125 ? 4 : 2);
  head[0] = 0x80 | opcodes.text;
  if (head.length === 2) head[1] = payload.length;
  else {
    head[1] = head.length === 4 ? 126 : 127;
    if (head.length === 4) head.writeUInt16BE(payload.length, 2);
    else head.writeBigUInt64BE(BigInt(payload.length), 2);
  }
  return Buffer.concat([head, payload]);
}

/** Returns what takes a client's bytes as they come, and hands on the texts in them. Pings are left unanswered. */
function frameReader(onText: (text: string) => void, onClose: () => void): (chunk: Buffer) => void {
  let bytes = Buffer.alloc(0);
  let parts: Buffer[] = [];
  return (chunk) => {
    bytes = Buffer.concat([bytes, chunk]);
    for (let frame = firstFrame(bytes); frame !== undefined; frame = firstFrame(bytes)) {
      bytes = bytes.subarray(frame.length);
      if (frame.opcode === opcodes.close) onClose();
      if (frame.opcode !== opcodes.text && frame.opcode !== opcodes.continuation) continue;
      parts.push(frame.payload);
      if (!frame.isLast) continue;
      const text = Buffer.concat(parts).toString();
      parts = [];
      onText(text);
    }
  };
}

/** Returns the frame that bytes begin with, unmasked, or undefined while some of it is missing. */
function firstFrame(bytes: Buffer) {
  if (bytes.length < 2) return undefined;
  const [first = 0, second = 0] = bytes;
  const short = second & 0x7f;
  const headLength = 2 + (short === 127 ? 8 : short === 126 ? 2 : 0) + 4;
  if (bytes.length < headLength) return undefined;
  const size = short === 127 ? Number(bytes.readBigUInt64BE(2)) : short === 126 ? bytes.readUInt16BE(2) : short;
  const length = headLength + size;
  if (bytes.length < length) return undefined;
  const mask = bytes.subarray(headLength - 4, headLength);
  const payload = Buffer.from(bytes.subarray(headLength, length));
  for (let at = 0; at < size; at++) payload[at] = (payload[at] ?? 0) ^ (mask[at % 4] ?? 0);
  return { isLast: (first & 0x80) !== 0, opcode: first & 0x0f, payload, length };
}
