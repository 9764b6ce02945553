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

/** What FlashArbitrage says of itself and of the operator. */
export interface ContractState {
  readonly paused: boolean;
  readonly isOperator: boolean;
  readonly treasury: Address;
  readonly operatorBalanceWei: bigint;
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
  /** Undefined when no contract or no operator is configured. */
  readonly contract: ContractState | undefined;
}
