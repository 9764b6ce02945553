import type { Address } from "../config/chains/chain.ts";
import type { Pool } from "../venues/venue.ts";
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

/** Everything that decisions on one block rest on: read together, at that block, and never mixed with another's. */
export interface Snapshot {
  readonly block: Block;
  readonly pools: readonly PoolState[];
  readonly absent: readonly Absence[];
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
