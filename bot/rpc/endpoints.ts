import { setTimeout as sleep } from "node:timers/promises";
import { JsonRpcApiProvider, type JsonRpcPayload, makeError, Network } from "ethers";
import type { Chain } from "../config/chains/chain.ts";
import {
  answered,
  failed,
  type Health,
  judge,
  lagOf,
  newestHead,
  orderOf,
  type Problem,
  quarantined,
  released,
  told,
  unknownHealth,
} from "./health.ts";
import { inspect } from "./inspect.ts";
import { connectRpc, type ProblemOf, type RpcProvider, type Subscribe, type Subscription } from "./provider.ts";
import { DisagreementError, FatalError, isTransient, isUnauthorized, wording } from "./retry.ts";
import { revertData } from "./revert.ts";

/** A node by its name, which is what logs show of its URL. */
export interface Endpoint {
  readonly name: string;
  readonly provider: RpcProvider & { destroy(): void };
}

export interface EndpointsOptions {
  readonly chain: Pick<Chain, "id" | "name" | "multicall3">;
  readonly timeoutMs: number;
  /** As many endpoints must agree on what prices a trade. */
  readonly quorum: number;
  readonly maxLagBlocks: bigint;
  /** How often every endpoint is asked for its newest block. */
  readonly watchMs: number;
  /** How often the chain id and the state of every endpoint are checked. */
  readonly checkMs: number;
  /** How often a new block is asked for where no endpoint can push. */
  readonly pollIntervalMs: number;
  /** The pause before an endpoint in quarantine is probed for the first time. */
  readonly probeMs: number;
  readonly onQuarantine: (health: Health) => void;
  /** `outMs` is how long it was in quarantine. */
  readonly onRelease: (health: Health, outMs: number) => void;
}

/** Several endpoints as one. */
export interface Endpoints {
  readonly endpoints: readonly Endpoint[];
  /** Reads from the freshest healthy endpoint, and sends to all. */
  readonly provider: RpcProvider;
  /** The same, but as many endpoints as the quorum asks for must answer an `eth_call` to the byte alike. */
  readonly pricing: RpcProvider;
  readonly healths: () => readonly Health[];
  destroy(): void;
}

/** A subscription that blocks come by. */
interface Followed {
  /** The endpoint that sends them, or undefined where they are asked for. */
  readonly place: number | undefined;
  /** The newest block that was sent, or known when it began. */
  head: bigint | undefined;
  readonly lose: (reason: string) => void;
}

/** Go to every endpoint: the first one that takes it is enough. */
const broadcasts = new Set([
  "eth_sendRawTransaction",
  "eth_sendRawTransactionConditional",
  "eth_sendRawTransactionSync",
]);
/** Only when no endpoint knows it, a transaction is unknown: each of them was sent to, and one may have taken it. */
const lookups = new Set(["eth_getTransactionByHash", "eth_getTransactionReceipt"]);

/** What an endpoint has no answer for, in contrast to what the chain answers. */
const isUnanswered = (error: unknown) => isTransient(error) || isUnauthorized(error);
/** How a node says that it has the transaction already. */
const saysKnown = (error: unknown) => /already (known|imported)|known transaction/i.test(errorText(error));

/** Returns what logs and tables call the endpoints: their hosts, numbered where two are the same. */
export function endpointNames(urls: readonly string[]): readonly string[] {
  const hosts = urls.map((url) => new URL(url).host);
  return hosts.map((host, place) => {
    const before = hosts.slice(0, place).filter((other) => other === host).length;
    return before === 0 ? host : `${host} #${before + 1}`;
  });
}

/**
 * Joins several endpoints, and watches them from the first request on. Which one is asked, and which one is not any more,
 * is decided in `health.ts`.
 */
export function connectEndpoints(urls: readonly string[], options: EndpointsOptions): Endpoints {
  const { chain, quorum, timeoutMs } = options;
  const network = Network.from(chain.id);
  const now = () => performance.now();
  const endpoints = endpointNames(urls).map((name, place) => {
    const recheck = () => void check(place);
    return { name, provider: connectRpc(urls[place] ?? "", chain.id, timeoutMs, recheck) };
  });
  const healths = endpoints.map(({ name }) => unknownHealth(name, now()));
  /** The endpoint that answered the last read. */
  let current: number | undefined;
  let subscription: Followed | undefined;
  let beginning: Promise<void> | undefined;
  /** Whether any endpoint has been healthy: what fails then may come back. */
  let hasServed = false;
  let timer: NodeJS.Timeout | undefined;
  let isDestroyed = false;
  const checkedMs = endpoints.map(() => now());
  /** The endpoints that are being checked, and those that are being asked for their newest block. */
  const [checking, watching] = [new Set<number>(), new Set<number>()];

  const healthOf = (place: number) => healths[place] as Health;
  const endpointOf = (place: number) => endpoints[place] as Endpoint;
  const isHealthy = (place: number) => healthOf(place).quarantine === undefined;

  /** Takes over what is known of an endpoint now, and acts where it has come into quarantine. */
  function set(place: number, next: Health): void {
    const was = healthOf(place).quarantine;
    healths[place] = next;
    if (next.quarantine === undefined || was !== undefined) return;
    options.onQuarantine(next);
    if (subscription?.place === place) subscription.lose(`${next.name} is in quarantine: ${next.quarantine.detail}`);
  }
  const quarantine = (place: number, problem: Problem) =>
    set(place, quarantined(healthOf(place), problem, now(), options));

  function release(place: number): void {
    const before = healthOf(place);
    if (before.quarantine === undefined) return;
    const outMs = now() - before.quarantine.sinceMs;
    healths[place] = released(before, now());
    options.onRelease(healthOf(place), outMs);
    const canPush = endpointOf(place).provider.subscribe !== undefined;
    if (canPush && subscription !== undefined && subscription.place === undefined) {
      subscription.lose(`${before.name} sends blocks by itself, and is healthy again`);
    }
  }

  const tell = (place: number, head: bigint, known: bigint | undefined) =>
    set(place, told(healthOf(place), head, known, now(), options));

  /** Asks one endpoint, and takes in how it answers. */
  async function ask(place: number, method: string, params: unknown[]): Promise<unknown> {
    const [start, known] = [now(), newestHead(healths)];
    try {
      const result = await endpointOf(place).provider.send(method, params);
      // What answers again may be another node.
      if (healthOf(place).failures > 0) void check(place);
      set(place, answered(healthOf(place), now() - start));
      const head = headIn(method, params, result);
      if (head !== undefined) tell(place, head, known);
      return result;
    } catch (error) {
      if (!isUnanswered(error)) set(place, answered(healthOf(place), now() - start));
      else if (!isDestroyed) set(place, failed(healthOf(place), wording(error), now(), options));
      throw error;
    }
  }

  /** Checks chain id and state of an endpoint, and quarantines or releases it by what comes out. */
  async function check(place: number): Promise<void> {
    if (checking.has(place)) return;
    checking.add(place);
    checkedMs[place] = now();
    try {
      const known = newestHead(healths);
      const { provider } = endpointOf(place);
      const { problem, head, latencyMs } = await inspect(provider, chain);
      if (isDestroyed) return;
      if (latencyMs !== undefined) set(place, answered(healthOf(place), latencyMs));
      const found = problem ?? (head && lagOf(head.number, known, options));
      if (head !== undefined) healths[place] = { ...healthOf(place), head: head.number };
      if (found !== undefined) return quarantine(place, found);
      hasServed = true;
      release(place);
    } catch (error) {
      if (isDestroyed) return;
      const health = healthOf(place);
      if (health.quarantine === undefined) set(place, failed(health, wording(error), now(), options));
      // It has proved nothing: what it is out for stands.
      else quarantine(place, health.quarantine);
    } finally {
      checking.delete(place);
    }
  }

  function watch(): void {
    for (const place of endpoints.keys()) {
      const { quarantine } = healthOf(place);
      const isDue =
        quarantine === undefined ? now() - (checkedMs[place] ?? 0) >= options.checkMs : now() >= quarantine.probeAtMs;
      if (isDue) void check(place);
      else if (quarantine === undefined && !watching.has(place)) void readHead(place);
    }
    const { place, head } = subscription ?? {};
    if (place === undefined || head === undefined) return;
    const silence = lagOf(head, newestHead(healths), options);
    if (silence !== undefined) {
      quarantine(place, { ...silence, detail: `it has stopped sending blocks: ${silence.detail}` });
    }
  }

  async function readHead(place: number): Promise<void> {
    watching.add(place);
    // How it answers is all that counts.
    await ask(place, "eth_blockNumber", []).catch(() => undefined);
    watching.delete(place);
  }

  /** Checks every endpoint before the first request, and goes on as soon as one is healthy, or all are checked. */
  function begin(): Promise<void> {
    beginning ??= (async () => {
      const checks = endpoints.map(async (_, place) => {
        await check(place);
        if (healthOf(place).failures > 0 || !isHealthy(place)) throw new Error("It is not healthy.");
      });
      await Promise.any(checks).catch(() => undefined);
      // Most nodes answer about as fast: which of them is the freshest is worth that pause.
      await Promise.race([Promise.allSettled(checks), sleep(options.watchMs, undefined, { ref: false })]);
      if (isDestroyed) return;
      timer = setInterval(watch, options.watchMs);
      timer.unref();
    })();
    return beginning;
  }

  const order = (block?: bigint) => orderOf(healths, { current, block });

  async function read(method: string, params: unknown[], problemOf: ProblemOf | undefined): Promise<unknown> {
    let failure: unknown;
    for (const place of order(blockIn(params))) {
      try {
        const result = await ask(place, method, params);
        const problem = problemIn(result, problemOf) ?? otherBlock(method, params, result);
        if (problem === undefined) {
          current = place;
          return result;
        }
        quarantine(place, problem);
        failure = noAnswer(`${healthOf(place).name}: ${problem.detail}`);
      } catch (error) {
        if (!isUnanswered(error)) throw error;
        failure = error;
      }
    }
    throw failure ?? nobody();
  }

  /** Why nobody can be asked. */
  function nobody(): Error {
    const reasons = healths.map(({ name, quarantine }) => `${name}: ${quarantine?.detail ?? "no answer"}`).join("; ");
    if (!hasServed && healths.every(({ quarantine }) => quarantine?.fault === "wrong-chain")) {
      return new FatalError(`No endpoint serves chain ${chain.id}, ${chain.name}: ${reasons}. Check the RPC URLs.`);
    }
    return noAnswer(`no endpoint is healthy: ${reasons}`);
  }

  /** Sends to every endpoint of the chain: also one that lags may pass it on first. */
  async function broadcast(method: string, params: unknown[]): Promise<unknown> {
    const places = [...endpoints.keys()].filter((place) => healthOf(place).quarantine?.fault !== "wrong-chain");
    if (places.length === 0) throw nobody();
    try {
      return await Promise.any(places.map((place) => ask(place, method, params)));
    } catch (error) {
      const errors: readonly unknown[] = error instanceof AggregateError ? error.errors : [error];
      // Where one did not answer it may have taken it: to pass on another one's refusal would say that nobody has.
      throw errors.find(saysKnown) ?? errors.find(isUnanswered) ?? errors[0];
    }
  }

  /** Looks for a transaction at the freshest endpoint, and where that one does not know it at all others. */
  async function lookUp(method: string, params: unknown[]): Promise<unknown> {
    const [first, ...others] = order();
    if (first === undefined) throw nobody();
    const settled = await Promise.allSettled([ask(first, method, params)]);
    if (settled[0]?.status === "fulfilled" && settled[0].value !== null) return settled[0].value;
    settled.push(...(await Promise.allSettled(others.map((place) => ask(place, method, params)))));
    const found = settled.find((answer) => answer.status === "fulfilled" && answer.value !== null);
    if (found?.status === "fulfilled") return found.value;
    const failure = settled.find((answer) => answer.status === "rejected");
    if (failure?.status === "rejected") throw failure.reason;
    return null;
  }

  async function send(method: string, params: unknown[], problemOf?: ProblemOf): Promise<unknown> {
    await begin();
    if (broadcasts.has(method)) return broadcast(method, params);
    return lookups.has(method) ? lookUp(method, params) : read(method, params, problemOf);
  }

  /** An endpoint's answer to an `eth_call` as one text: what it returned, or what it reverted with. */
  interface Vote {
    readonly place: number;
    readonly answer: string;
    readonly result: unknown;
    readonly error: unknown;
  }

  async function vote(place: number, params: unknown[], problemOf: ProblemOf | undefined): Promise<Vote | undefined> {
    try {
      const result = await ask(place, "eth_call", params);
      const problem = problemIn(result, problemOf);
      if (problem === undefined) return { place, answer: `returned ${result}`, result, error: undefined };
      quarantine(place, problem);
    } catch (error) {
      if (!isUnanswered(error)) {
        return { place, answer: `reverted ${revertData(error) ?? ""}`, result: undefined, error };
      }
    }
    return undefined;
  }

  async function sendAgreed(method: string, params: unknown[], problemOf?: ProblemOf): Promise<unknown> {
    if (method !== "eth_call") return send(method, params, problemOf);
    await begin();
    const places = order(blockIn(params)).filter(isHealthy);
    const votes: Vote[] = [];
    let asked = 0;
    const askMore = async (count: number) => {
      const more = places.slice(asked, asked + count);
      asked += more.length;
      const cast = await Promise.all(more.map((place) => vote(place, params, problemOf)));
      votes.push(...cast.filter((one) => one !== undefined));
    };
    while (votes.length < quorum && asked < places.length) await askMore(quorum - votes.length);
    if (votes.length < quorum) {
      throw noAnswer(`${quorum} endpoints must agree on what prices a trade, and ${votes.length} answered`);
    }
    let verdict = judge(votes);
    const [first] = votes;
    if (verdict.agreed && first !== undefined) {
      current = first.place;
      if (first.error !== undefined) throw first.error;
      return first.result;
    }
    // The others tell who is wrong.
    await askMore(places.length);
    verdict = judge(votes);
    const names = votes.map(({ place }) => healthOf(place).name).join(", ");
    for (const place of verdict.odd) {
      quarantine(place, { fault: "disagrees", detail: `most of ${names} agree on another answer` });
    }
    throw new DisagreementError(
      `${names} answer one question differently: without ${quorum} that agree there is no trade`,
    );
  }

  /** Follows blocks and logs by polling, for whoever takes them as they come. */
  async function subscribeByPolling(
    subscriptions: readonly Subscription[],
    onLost: (reason: string) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const latest = async () =>
      (await read("eth_getBlockByNumber", ["latest", false], undefined)) as { hash: string } | null;
    let taken = (await latest())?.hash;
    const follow = async () => {
      while (!signal.aborted) {
        const header = await latest();
        if (header !== null && header.hash !== taken) {
          taken = header.hash;
          await hand(header);
        }
        await sleep(options.pollIntervalMs, undefined, { signal, ref: false }).catch(() => undefined);
      }
    };
    /** Hands a block on, its logs first: with its header it is complete. */
    const hand = async (header: { readonly hash: string }) => {
      for (const { params, onMessage } of subscriptions.toSorted((a, b) => Number(isHeads(a)) - Number(isHeads(b)))) {
        if (params[0] === "newHeads") onMessage(header);
        else {
          const criteria = { blockHash: header.hash, ...(params[1] as object) };
          const logs = (await read("eth_getLogs", [criteria], undefined)) as readonly unknown[];
          for (const log of logs) onMessage(log);
        }
      }
    };
    follow().catch((error: unknown) => onLost(wording(error)));
  }

  const subscribe: Subscribe = async (subscriptions, onLost) => {
    await begin();
    subscription = undefined;
    const pushing = order().filter((place) => endpointOf(place).provider.subscribe !== undefined && isHealthy(place));
    for (const place of pushing) {
      try {
        return await subscribeTo(place, subscriptions, onLost);
      } catch (error) {
        // A node that answers but refuses is asked for its blocks.
        if (isUnanswered(error)) set(place, failed(healthOf(place), wording(error), now(), options));
      }
    }
    const stop = new AbortController();
    const end = keep(undefined, onLost, () => stop.abort());
    await subscribeByPolling(subscriptions, end.lose, stop.signal);
    return end.stop;
  };

  async function subscribeTo(place: number, subscriptions: readonly Subscription[], onLost: (reason: string) => void) {
    const { provider, name } = endpointOf(place);
    let unsubscribe = () => {};
    const end = keep(place, onLost, () => unsubscribe());
    const watched = subscriptions.map((one) =>
      isHeads(one) ? { ...one, onMessage: noting(place, one.onMessage) } : one,
    );
    try {
      unsubscribe = (await provider.subscribe?.(watched, (reason) => end.lose(`${name}: ${reason}`))) ?? unsubscribe;
    } catch (error) {
      end.forget();
      throw error;
    }
    return end.stop;
  }

  const noting = (place: number, onMessage: Subscription["onMessage"]) => (message: unknown) => {
    const head = numberIn(message);
    if (head !== undefined) {
      if (subscription?.place === place) subscription.head = head;
      tell(place, head, newestHead(healths));
    }
    onMessage(message);
  };

  /** Keeps a subscription as the one that blocks come by. Its loss is told once, and not after it was ended. */
  function keep(place: number | undefined, onLost: (reason: string) => void, unsubscribe: () => void) {
    // What is known by now need not be sent.
    const own: Followed = { place, head: newestHead(healths), lose };
    const forget = () => {
      if (subscription === own) subscription = undefined;
    };
    let isOver = false;
    const stop = () => {
      isOver = true;
      forget();
      unsubscribe();
    };
    function lose(reason: string) {
      if (isOver) return;
      stop();
      onLost(reason);
    }
    subscription = own;
    return { lose, stop, forget };
  }

  const destroy = () => {
    isDestroyed = true;
    clearInterval(timer);
    for (const { provider } of endpoints) provider.destroy();
  };
  return {
    endpoints,
    provider: new RoutedProvider(network, send, subscribe),
    pricing:
      quorum > 1 ? new RoutedProvider(network, sendAgreed, subscribe) : new RoutedProvider(network, send, subscribe),
    healths: () => [...healths],
    destroy,
  };
}

type Send = RpcProvider["send"];

/** An ethers provider whose requests go where `send` takes them. */
class RoutedProvider extends JsonRpcApiProvider {
  readonly subscribe: Subscribe;
  readonly #route: Send;

  constructor(network: Network, route: Send, subscribe: Subscribe) {
    super(network, { staticNetwork: network, batchMaxCount: 1, cacheTimeout: -1 });
    this.#route = route;
    this.subscribe = subscribe;
  }

  override send(method: string, params: unknown[], problemOf?: ProblemOf): Promise<unknown> {
    return this.#route(method, params, problemOf);
  }

  override async _send(payload: JsonRpcPayload | JsonRpcPayload[]) {
    return Promise.all(
      [payload].flat().map(async ({ id, method, params }) => {
        return { id, result: await this.#route(method, params as unknown[]) };
      }),
    );
  }
}

const isHeads = ({ params }: Subscription) => params[0] === "newHeads";

function noAnswer(message: string): Error {
  return makeError(message, "NETWORK_ERROR", { event: "endpoints" });
}

function errorText(error: unknown): string {
  const { message, info } = error as { message?: unknown; info?: { error?: { message?: unknown } } };
  return `${String(message)} ${String(info?.error?.message ?? "")}`;
}

/** An answer that cannot even be read is no better than one of another block. */
function problemIn(result: unknown, problemOf: ProblemOf | undefined): Problem | undefined {
  try {
    return problemOf?.(result);
  } catch (error) {
    return { fault: "stale", detail: wording(error) };
  }
}

/** The number of a header, as the node sends it. */
function numberIn(header: unknown): bigint | undefined {
  const number = (header as { number?: unknown } | null)?.number;
  return typeof number === "string" ? BigInt(number) : undefined;
}

/** Returns the newest block that an answer tells of. */
function headIn(method: string, params: readonly unknown[], result: unknown): bigint | undefined {
  if (method === "eth_blockNumber") return BigInt(String(result));
  return method === "eth_getBlockByNumber" && params[0] === "latest" ? numberIn(result) : undefined;
}

/** Returns the problem of a header that is not the one that was asked for. */
function otherBlock(method: string, params: readonly unknown[], result: unknown): Problem | undefined {
  const asked = blockIn(params);
  const number = numberIn(result);
  if (method !== "eth_getBlockByNumber" || asked === undefined || number === undefined || number === asked)
    return undefined;
  return { fault: "stale", detail: `it answered with block ${number} when it was asked for block ${asked}` };
}

/** The number of the block that a request is about, where it names one. */
function blockIn(params: readonly unknown[]): bigint | undefined {
  const tag = params.find((param) => typeof param === "string" && /^0x[0-9a-f]{1,16}$/i.test(param));
  return tag === undefined ? undefined : BigInt(String(tag));
}
