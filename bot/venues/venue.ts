import type { Requirements } from "../check/expectation.ts";
import type { Address, Deployment, Token, VenueName } from "../config/chains/chain.ts";
import type { Quote, Refusal } from "../domain/quote.ts";

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
  /** Quotes a swap against `state`: equal to the wei to what the pool pays in a block of the same timestamp. */
  quote(pool: P, state: S, swap: Swap): Quote;
  /** Encodes a swap for FlashArbitrage. */
  encode(deployment: D, pool: P, tokenIn: Address, tokenOut: Address): HopCall;
}
