import {
  JsonRpcApiProvider,
  type JsonRpcError,
  type JsonRpcPayload,
  type JsonRpcResult,
  makeError,
  type Network,
} from "ethers";
import type { Subscription } from "./provider.ts";

type Answer = JsonRpcResult | JsonRpcError;

/** A request that waits for its answer. */
interface Waiting {
  readonly onAnswer: (answer: Answer) => void;
  readonly onFailure: (error: Error) => void;
}

/** One connection, from opening to its end. */
interface Connection {
  readonly opened: Promise<WebSocket>;
  /** By the id of the request. */
  readonly waiting: Map<number, Waiting>;
  /** By the id that the node gave to the subscription. */
  readonly listeners: Map<string, Subscription["onMessage"]>;
  readonly onLost: Set<(reason: string) => void>;
  /** When the last message came, of `performance.now()`. */
  heardMs: number;
  readonly end: (reason: string) => void;
}

/**
 * Connects to an RPC over a WebSocket when the first request is sent, and again with the next request after the
 * connection has ended. What was asked and not answered by then fails, and can be asked again.
 */
export function connectSocket(url: string, network: Network, timeoutMs: number, onOpen: () => void): SocketProvider {
  return new SocketProvider(url, network, timeoutMs, onOpen);
}

/** ethers' own provider for sockets leaves requests without an answer when the connection ends, and connects only once. */
class SocketProvider extends JsonRpcApiProvider {
  readonly #url: string;
  readonly #timeoutMs: number;
  readonly #onOpen: () => void;
  #connection: Connection | undefined;
  #lastId = 0;

  constructor(url: string, network: Network, timeoutMs: number, onOpen: () => void) {
    super(network, { staticNetwork: network, batchMaxCount: 1, cacheTimeout: -1 });
    this.#url = url;
    this.#timeoutMs = timeoutMs;
    this.#onOpen = onOpen;
  }

  override async send(method: string, params: unknown[]): Promise<unknown> {
    const payload = this.#payload(method, params);
    return this.#resultOf(payload, await this.#ask(payload));
  }

  override async _send(payload: JsonRpcPayload | JsonRpcPayload[]): Promise<Answer[]> {
    return Promise.all([payload].flat().map((single) => this.#ask(single)));
  }

  /** A property, so that it can be handed on alone. */
  readonly subscribe = async (
    subscriptions: readonly Subscription[],
    onLost: (reason: string) => void,
  ): Promise<() => void> => {
    const connection = this.#connect();
    connection.onLost.add(onLost);
    try {
      await Promise.all(
        subscriptions.map(async ({ params, onMessage }) => {
          const payload = this.#payload("eth_subscribe", params);
          const answer = await this.#ask(payload, (early) => {
            // Before anything else arrives: the first message may come right behind the answer.
            if ("result" in early) connection.listeners.set(String(early.result), onMessage);
          });
          this.#resultOf(payload, answer);
        }),
      );
    } catch (error) {
      connection.onLost.delete(onLost);
      connection.end("a subscription failed");
      throw error;
    }
    return () => {
      connection.onLost.delete(onLost);
      connection.end("the subscriptions have ended");
    };
  };

  override destroy(): void {
    this.#connection?.end("the provider was closed");
    super.destroy();
  }

  #payload(method: string, params: unknown[]): JsonRpcPayload & { id: number } {
    this.#lastId += 1;
    return { jsonrpc: "2.0", id: this.#lastId, method, params };
  }

  #resultOf(payload: JsonRpcPayload, answer: Answer): unknown {
    if ("error" in answer) throw this.getRpcError(payload, answer);
    return answer.result;
  }

  /** Sends a request and waits for its answer. A connection by which nothing comes any more is given up. */
  async #ask(payload: JsonRpcPayload, onAnswer?: (answer: Answer) => void): Promise<Answer> {
    const connection = this.#connect();
    const sentMs = performance.now();
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Answer>((resolve, reject) => {
        connection.waiting.set(payload.id, {
          onAnswer(answer) {
            onAnswer?.(answer);
            resolve(answer);
          },
          onFailure: reject,
        });
        timer = setTimeout(() => {
          reject(
            makeError(`no answer in ${this.#timeoutMs} ms`, "TIMEOUT", {
              operation: payload.method,
              reason: "timeout",
            }),
          );
          if (connection.heardMs < sentMs) connection.end(`nothing was heard for ${this.#timeoutMs} ms`);
        }, this.#timeoutMs);
        connection.opened.then((socket) => socket.send(JSON.stringify(payload)), reject);
      });
    } finally {
      clearTimeout(timer);
      connection.waiting.delete(payload.id);
    }
  }

  #connect(): Connection {
    if (this.destroyed) throw makeError("the provider was closed", "UNSUPPORTED_OPERATION", { operation: "connect" });
    this.#connection ??= this.#open();
    return this.#connection;
  }

  #open(): Connection {
    const socket = new WebSocket(this.#url);
    const opening = Promise.withResolvers<WebSocket>();
    const connection: Connection = {
      opened: opening.promise,
      waiting: new Map(),
      listeners: new Map(),
      onLost: new Set(),
      heardMs: performance.now(),
      end: (reason) => {
        if (this.#connection !== connection) return;
        this.#connection = undefined;
        const error = makeError(`the WebSocket has ended: ${reason}`, "NETWORK_ERROR", { event: "close" });
        opening.reject(error);
        for (const { onFailure } of connection.waiting.values()) onFailure(error);
        for (const onLost of connection.onLost) onLost(reason);
        socket.close();
      },
    };
    // Whoever waits for it has the reason.
    opening.promise.catch(() => undefined);
    socket.addEventListener("open", () => {
      opening.resolve(socket);
      this.#onOpen();
    });
    socket.addEventListener("error", () => connection.end("it failed"));
    socket.addEventListener("close", ({ code }) => connection.end(`code ${code}`));
    socket.addEventListener("message", ({ data }) => {
      connection.heardMs = performance.now();
      if (this.#connection !== connection) return;
      const message = parse(String(data));
      if (message === undefined) connection.end("it sent what is no JSON");
      else receive(connection, message);
    });
    return connection;
  }
}

type Message = Answer | { readonly params?: { readonly subscription: string; readonly result: unknown } };

function parse(text: string): Message | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function receive({ waiting, listeners }: Connection, message: Message): void {
  if ("id" in message) waiting.get(Number(message.id))?.onAnswer(message);
  else if ("params" in message && message.params !== undefined) {
    listeners.get(message.params.subscription)?.(message.params.result);
  }
}
