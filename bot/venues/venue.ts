import type { Requirements } from "../check/expectation.ts";
import type { Address, Deployment, Token, VenueName } from "../config/chains/chain.ts";
import type { Curve } from "../domain/curve.ts";
import { isRefusal, type Quote, type Refusal } from "../domain/quote.ts";
import type { PoolLender } from "../lenders/poolLender.ts";

/** One read of a contract. */
export interface Call {
  readonly target: Address;
  readonly data: string;
}

/** What a read returned. A read that reverts is `success: false` and does not fail the reads beside it. */
export interface CallResult {
  readonly success: boolean;
  readonly data: string;
}

/** Reads contracts, all of one batch at one block. */
export interface Reader {
  read(calls: readonly Call[]): Promise<readonly CallResult[]>;
}

/** One market of a deployment: what does not change from block to block. */
export interface Pool {
  readonly venue: VenueName;
  /** The name of the pool's deployment. */
  readonly deployment: string;
  /** Unique on the chain. */
  readonly id: string;
  readonly address: Address;
  /** Any two of these can be swapped. */
  readonly tokens: readonly Address[];
}

/** A swap of exactly `amountIn` units of `tokenIn`. */
export interface Swap {
  readonly tokenIn: Address;
  readonly tokenOut: Address;
  readonly amountIn: bigint;
}

/** Where a hop is sent, and the data that its venue needs: the part of the contract's `Hop` that a venue knows. */
export interface HopCall {
  readonly target: Address;
  readonly data: string;
}

/** Where a pool's events come from. Pools that share an emitter are told apart by the event's first indexed argument. */
export interface LogSource {
  readonly address: Address;
  readonly topic1?: string;
}

/** One event, as `eth_getLogs` and a subscription give it. */
export interface Log {
  readonly address: Address;
  readonly topics: readonly string[];
  readonly data: string;
}

/** How the states of a venue's pools follow the chain from one full read to the next. */
export interface Follow<P extends Pool = Pool, S = unknown> {
  /** The first topic of every event that changes what a pool pays. */
  readonly topics: readonly string[];
  /**
   * Where a pool's events come from, several where more than one contract tells of it, or undefined where its price moves
   * without any: it is read at every block.
   */
  source(pool: P): LogSource | readonly LogSource[] | undefined;
  /** Returns the state after an event of the pool, or "read" where the event does not tell it. */
  apply(pool: P, state: S, log: Log): S | "read";
  /**
   * Returns what of a state events tell, where some of it moves without them (an adaptive fee): such a pool is read
   * before an order is made through it. Where events tell all of this one, that is the state itself; without this method
   * they tell all of every one.
   */
  told?(state: S): unknown;
}

/** The first topics of a swap's events, and where they come from. */
export interface Trades<P extends Pool = Pool> {
  readonly topics: readonly string[];
  source(pool: P): LogSource;
}

/** One call pattern from end to end. `D`, `P` and `S` are its deployment, its pool and the state of its pool. */
export interface Venue<D extends Deployment = Deployment, P extends Pool = Pool, S = unknown> {
  readonly name: D["venue"];
  /** Gas that a hop takes, rounded up from what the localnet measures: it ranks orders before the chain is asked. */
  readonly gas: bigint;
  /** Returns what has to hold on the chain for a deployment to be used. */
  requirements(deployment: D, tokens: readonly Token[]): Requirements;
  /** Lists the deployment's pools that trade at least two of `tokens`. */
  discover(deployment: D, tokens: readonly Token[], reader: Reader): Promise<readonly P[]>;
  /**
   * Finds out again what `discover` knew of a pool. A venue has it when its pools change between blocks: it is the way
   * out when a state is refused as `beyond-snapshot`.
   */
  rediscover?(pool: P, reader: Reader): Promise<P>;
  /** Returns the calls whose results, taken at one block, are the pool's state. */
  reads(pool: P): readonly Call[];
  /** Decodes the results of `reads`, in their order. `timestamp` is that of the block, in seconds. */
  decode(pool: P, results: readonly CallResult[], timestamp: bigint): S | Refusal;
  /** The events of a swap, which tell a pool that others traded from one that changed otherwise. */
  readonly trades: Trades<P>;
  /** How states follow the chain without being read. A venue without it is read at every block. */
  readonly follow?: Follow<P, S>;
  /** Prepares one direction through a pool, for quotes that are equal to the wei in a block of the same timestamp. */
  curve(pool: P, state: S, tokenIn: Address, tokenOut: Address): Curve<S> | Refusal;
  /** Quotes a single swap: `curve`, asked once. */
  quote(pool: P, state: S, swap: Swap): Quote;
  /** How the venue's pools lend what they hold. A venue without it has none that do. */
  readonly lends?: PoolLender<P, S>;
  /** Encodes a swap for FlashArbitrage through the venue's router, where it has one. */
  encode(deployment: D, pool: P, tokenIn: Address, tokenOut: Address): HopCall;
  /**
   * Encodes a swap straight through the pool, which takes less gas and pays the same: undefined for a pool without such a
   * way. A venue without it has no router besides.
   * @param limit the worst price at which the swap is worth beginning, in the number of the venue's library in
   * `contracts/venues`; zero for none
   */
  encodeDirect?(deployment: D, pool: P, tokenIn: Address, limit: bigint): HopCall | undefined;
  /** Returns the limit that such a swap carries, for an order that needs `leastOut` of `amountIn` to pay; zero for none. */
  priceLimit?(pool: P, swap: Swap, leastOut: bigint): bigint;
}

/** Encodes a swap the cheapest way that there is. */
export function encodeCheapest<D extends Deployment, P extends Pool>(
  venue: Venue<D, P>,
  deployment: D,
  pool: P,
  tokenIn: Address,
  tokenOut: Address,
  limit = 0n,
): HopCall {
  return venue.encodeDirect?.(deployment, pool, tokenIn, limit) ?? venue.encode(deployment, pool, tokenIn, tokenOut);
}

/** Quotes a single swap by its curve: what every venue's `quote` is. */
export function quoteOnce<P extends Pool, S>(
  curve: Venue<Deployment, P, S>["curve"],
  pool: P,
  state: S,
  { tokenIn, tokenOut, amountIn }: Swap,
): Quote {
  const prepared = curve(pool, state, tokenIn, tokenOut);
  return isRefusal(prepared) ? prepared : prepared.quote(amountIn);
}
