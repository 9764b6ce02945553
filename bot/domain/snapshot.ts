import type { Address } from "../config/chains/chain.ts";
import type { Pool } from "../venues/venue.ts";
import type { DataFee } from "./gas.ts";
import type { LoanOffer } from "./lender.ts";
import type { Refusal } from "./quote.ts";

/** The block that a snapshot is pinned to. */
export interface Block {
  readonly number: bigint;
  /** In seconds. */
  readonly timestamp: bigint;
  readonly baseFeeWei: bigint;
}

/** A pool with its state at the snapshot's block: what its venue's `decode` returned. */
export interface PoolState {
  readonly pool: Pool;
  readonly state: unknown;
}

/** Something that is not traded on this block, and why. */
export interface Absence {
  readonly pool: Pool;
  readonly refusal: Refusal;
}

/** What FlashArbitrage says of itself and of the operator. Without an operator nobody is one. */
export interface ContractState {
  readonly paused: boolean;
  readonly isOperator: boolean;
  readonly treasury: Address;
}

/** What the operator's wallet holds. */
export interface WalletState {
  readonly etherWei: bigint;
  /** By token, in units of its decimals. */
  readonly tokens: ReadonlyMap<Address, bigint>;
}

/** What the sequencer uptime feed says. */
export interface SequencerState {
  readonly up: boolean;
  /** When that began, in seconds. */
  readonly since: bigint;
}

/** What was followed by events and is not what the chain has. */
export interface Divergence {
  /** The pool's id. */
  readonly pool: string;
  readonly block: bigint;
  readonly detail: string;
}

/** What decisions rest on besides the pools. It moves slowly, and may be some seconds older than the pools. */
export interface Context {
  readonly offers: readonly LoanOffer[];
  /** Fresh prices by token, in USD with 8 decimals. */
  readonly pricesE8: ReadonlyMap<Address, bigint>;
  /** Why a token has no price. */
  readonly unpriced: ReadonlyMap<Address, string>;
  /** Undefined when the feed cannot be read. */
  readonly sequencer: SequencerState | undefined;
  /** Undefined when no contract is configured, or it does not answer as FlashArbitrage. */
  readonly contract: ContractState | undefined;
  /** Undefined when no operator is configured. */
  readonly wallet: WalletState | undefined;
}

/** Everything that decisions on one block rest on. Every pool's state is that of the block. */
export interface Snapshot extends Context {
  readonly block: Block;
  /** A pool that did not change since the last snapshot is the same object, with the same state. */
  readonly pools: readonly PoolState[];
  readonly absent: readonly Absence[];
  /** The ids of the pools whose state, or absence, is another than in the last snapshot: at first, of all. */
  readonly touched: readonly string[];
  /** What a check against the chain has found since the last snapshot. These pools are absent from now on. */
  readonly divergences: readonly Divergence[];
  /** Undefined when the chain does not tell. */
  readonly dataFee: DataFee | undefined;
}
