import { seededRandom } from "../../../localnet/random.ts";

/**
 * What can go wrong between bot and node:
 *
 * - `drop`: a request or its answer, or a message that the node sends by itself, never arrives
 * - `delay`: it arrives late
 * - `duplicate`: a request is sent twice, an answer or message by WebSocket delivered twice
 * - `truncate`: an answer or message is cut off
 * - `too-many-requests`, `server-error`: status 429 or 503, by WebSocket an error of that code
 * - `reset`: the connection is cut, before the request is passed on or after
 * - `silent-socket`: a WebSocket passes nothing on any more, and does not close
 * - `wrong-chain`: another chain id, for a while
 * - `stale-head`: the newest block stays what it is, with everything that is asked of it, for a while
 * - `stale-state`: the state of an earlier block than was asked for
 * - `rewound-head`: an earlier block is told of as the newest one
 * - `reorg`: a block of another branch is told of as the newest one, by WebSocket with logs that are removed
 * - `no-receipt`: a transaction has no receipt, for a while
 * - `nonce-too-low`, `already-known`, `underpriced`: the answer to a signed transaction, passed on or not
 */
export const faultKinds = [
  "drop",
  "delay",
  "duplicate",
  "truncate",
  "too-many-requests",
  "server-error",
  "reset",
  "silent-socket",
  "wrong-chain",
  "stale-head",
  "stale-state",
  "rewound-head",
  "reorg",
  "no-receipt",
  "nonce-too-low",
  "already-known",
  "underpriced",
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** A request by HTTP, a request by WebSocket, or what the node sends by itself. */
export type Carrier = "http" | "socket" | "push";

/** A fault that is about to be injected. */
export interface Fault {
  readonly kind: FaultKind;
  /** The request's method, or "newHeads" or "logs". */
  readonly method: string;
  /** Whether the node gets the request. */
  readonly isForwarded: boolean;
  /** How long the fault lasts. */
  readonly durationMs: number;
  /** How many blocks it lies by. */
  readonly blocks: number;
  /** Which part of an answer is kept, in percent. */
  readonly percent: number;
}

export interface FaultOptions {
  readonly seed: number;
  /** One request in as many meets a fault. */
  readonly every: number;
  /** The same for signed transactions, which are rare. */
  readonly everyTransaction: number;
  readonly kinds: readonly FaultKind[];
  /** The longest that a fault lasts. */
  readonly maxMs: number;
  /** No more faults after as many. */
  readonly limit: number;
  /**
   * Faults come in storms of so many milliseconds, with a calm after each, the first one after `phaseMs`. Signed
   * transactions meet theirs at any time.
   */
  readonly stormMs: number;
  readonly calmMs: number;
  readonly phaseMs: number;
}

const isBroadcast = (method: string) => method.startsWith("eth_sendRawTransaction");

/** Faults whose answer is made up without asking the node. */
const answersFromNowhere: readonly FaultKind[] = ["too-many-requests", "server-error"];
/** Faults that may or may not let the request through. */
const forwardsOrNot: readonly FaultKind[] = ["drop", "reset", "nonce-too-low", "already-known", "underpriced"];

/** Returns whether a kind of fault can happen to what is under way. */
export function canHappen(kind: FaultKind, method: string, carrier: Carrier): boolean {
  const readsHead = method === "eth_blockNumber" || method === "eth_getBlockByNumber";
  switch (kind) {
    case "drop":
    case "delay":
    case "truncate":
    case "reset":
    case "duplicate":
      return true;
    case "too-many-requests":
    case "server-error":
      return carrier !== "push";
    case "silent-socket":
      return carrier !== "http";
    case "wrong-chain":
      return method === "eth_chainId" || method === "eth_call";
    case "stale-head":
      return readsHead || method === "newHeads" || method === "eth_getTransactionCount";
    case "stale-state":
      return method === "eth_call";
    case "rewound-head":
      return readsHead || method === "newHeads";
    case "reorg":
      return method === "eth_getBlockByNumber" || method === "newHeads";
    case "no-receipt":
      return method === "eth_getTransactionReceipt" || isBroadcast(method);
    case "nonce-too-low":
    case "already-known":
    case "underpriced":
      return isBroadcast(method);
  }
}

export interface Plan {
  /** Decides on the fault that something under way meets. The same questions get the same answers for the same seed. */
  readonly draw: (method: string, carrier: Carrier) => Fault | undefined;
  readonly injected: () => readonly Fault[];
  /** Draws no more. */
  readonly stop: () => void;
}

/** Creates the choice of faults. `elapsedMs` tells how long it is used. */
export function createPlan(options: FaultOptions, elapsedMs: () => number): Plan {
  const { seed, every, everyTransaction, kinds, maxMs, limit, stormMs, calmMs, phaseMs } = options;
  const random = seededRandom(seed);
  const isStormy = () => {
    const sinceMs = elapsedMs() - phaseMs;
    return sinceMs >= 0 && sinceMs % (stormMs + calmMs) < stormMs;
  };
  const injected: Fault[] = [];
  let isStopped = false;
  return {
    draw(method, carrier) {
      const isHit = random.bigint(1n, BigInt(isBroadcast(method) ? everyTransaction : every)) === 1n;
      // Drawn in any case, so that what one question meets does not hang on how many kinds another could meet.
      const pick = random.bigint(0n, 2n ** 64n);
      const [forward, duration, blocks, percent] = [2n, 1_000n, 8n, 90n].map((max) => random.bigint(1n, max)) as [
        bigint,
        bigint,
        bigint,
        bigint,
      ];
      const possible = kinds.filter((kind) => canHappen(kind, method, carrier));
      if (!isBroadcast(method) && !isStormy()) return undefined;
      if (isStopped || !isHit || possible.length === 0 || injected.length >= limit) return undefined;
      const kind = possible[Number(pick % BigInt(possible.length))] as FaultKind;
      const fault = {
        kind,
        method,
        isForwarded: forwardsOrNot.includes(kind) ? forward === 1n : !answersFromNowhere.includes(kind),
        durationMs: Math.ceil((maxMs * Number(duration)) / 1_000),
        blocks: Number(blocks),
        percent: Number(percent),
      };
      injected.push(fault);
      return fault;
    },
    injected: () => injected,
    stop: () => {
      isStopped = true;
    },
  };
}
