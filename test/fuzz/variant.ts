import type { Address, Deployment } from "../../bot/config/chains/chain.ts";
import type { RefusalReason } from "../../bot/domain/quote.ts";
import type { Call, Pool, Reader, Swap, Venue } from "../../bot/venues/venue.ts";
import type { Connection } from "../support/arbitrum.ts";
import type { Random } from "../support/random.ts";

/** What a case is made of: integers only, so that a failing case can be shrunk and written down. Not an interface. */
export type Numbers = bigint | readonly Numbers[] | { readonly [name: string]: Numbers };

/** One kind of pool that is fuzzed: a venue has one for each formula and generation that it quotes. */
export interface FuzzVariant<N extends Numbers = Numbers> {
  /** The venue and the kind: "balancer/weighted2021". Unique. */
  readonly name: string;
  /**
   * What the pool reverts with, without a prefix, that a refusal of the quote does not repeat in its detail, and the
   * refusals that mean it. "no reason" is a revert without data. `zero-output` also means a quote of nothing, where the
   * pool would pay that and only the router's minimum of one unit reverts.
   */
  readonly reasons?: Readonly<Record<string, readonly RefusalReason[]>>;
  /** Builds once what all cases need on the chain. */
  prepare(ground: Ground): Promise<FuzzSubject<N>>;
}

/** A variant on a chain. */
export interface FuzzSubject<N extends Numbers = Numbers> {
  /** Draws a case. */
  draw(random: Random): N;
  /** Says how a case is brought about, or returns undefined where the numbers make none: a shrunk case may not. */
  arrange(numbers: N): Arrangement | undefined | Promise<Arrangement | undefined>;
}

/** A state, and a swap in it. The chain is changed for this case only. */
export interface Arrangement {
  readonly venue: Venue;
  readonly deployment: Deployment;
  readonly pool: Pool;
  /** The runner gives the trader `amountIn` and approves whom the venue's router call names. */
  readonly swap: Swap;
  /** Storage that is written first. */
  readonly storage?: readonly StorageWrite[];
  /** Calls that the trader then makes, all of which must succeed. */
  readonly steps?: readonly Call[];
  /**
   * How far the estimate may be from the quote besides two parts in 1e9, in units of the output: a pool's own rounding.
   * Two units of either token where it is absent.
   */
  readonly estimateSlack?: number;
}

export interface StorageWrite {
  readonly address: Address;
  readonly slot: bigint;
  readonly value: bigint;
}

/** The chain that variants are prepared on. */
export interface Ground {
  readonly connection: Connection;
  /** The contract that makes the steps and the swap of every case. */
  readonly trader: Address;
  /** Returns the write that makes `amount` the balance of `holder`. */
  balanceOf(token: Address, holder: Address, amount: bigint): StorageWrite;
  /** Reads the chain as it is after these writes and steps. */
  readerAfter(storage: readonly StorageWrite[], steps?: readonly Call[]): Reader;
}
