import { FetchRequest, JsonRpcProvider, Network, type Provider } from "ethers";
import type { Problem } from "./health.ts";
import { connectSocket } from "./socket.ts";

/** An ethers provider that takes any request. */
export type RpcProvider = Provider & {
  /**
   * Sends a request. Where there are several endpoints, an answer in which `problemOf` finds a problem is held against the
   * one that gave it, and the next one is asked; a single one's is returned as it is.
   */
  send(method: string, params: unknown[], problemOf?: ProblemOf): Promise<unknown>;
  /** Subscribes to what the node sends by itself. A provider without it can only be asked. */
  readonly subscribe?: Subscribe;
};

/** Returns what proves an answer to be wrong, or undefined. */
export type ProblemOf = (answer: unknown) => Problem | undefined;

/**
 * Subscribes to several kinds of messages at once. `onLost` is called when the connection that they come by has ended;
 * the function that is returned ends it.
 */
export type Subscribe = (
  subscriptions: readonly Subscription[],
  onLost: (reason: string) => void,
) => Promise<() => void>;

export interface Subscription {
  /** The parameters of `eth_subscribe`. */
  readonly params: unknown[];
  readonly onMessage: (message: unknown) => void;
}

/** Whether a URL is one of a WebSocket, by which the node can send by itself. */
export function isSocketUrl(url: string): boolean {
  return /^wss?:$/.test(new URL(url).protocol);
}

/**
 * Connects to an RPC. Nothing is sent before the first request, and the chain id is asked for by the caller: ethers' own
 * detection would try for ever and write to the console. `onOpen` is called whenever a WebSocket has been opened.
 */
export function connectRpc(
  url: string,
  chainId: number,
  timeoutMs: number,
  onOpen: () => void = () => {},
): RpcProvider & { destroy(): void } {
  const network = Network.from(chainId);
  if (isSocketUrl(url)) return connectSocket(url, network, timeoutMs, onOpen);
  const request = new FetchRequest(url);
  request.timeout = timeoutMs;
  // Retries are counted and logged by `createAttempt`, not hidden in the transport.
  request.setThrottleParams({ maxAttempts: 1 });
  return new JsonRpcProvider(request, network, { staticNetwork: network, batchStallTime: 0, cacheTimeout: -1 });
}
