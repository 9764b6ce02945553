import type { Address, AskedLenderName, Chain, Token } from "../config/chains/chain.ts";
import type { LoanOffer } from "../domain/lender.ts";
import type { Call, CallResult, Reader } from "../venues/venue.ts";

/** Who borrows, and where. */
export interface Borrower {
  readonly chain: Chain;
  readonly tokens: readonly Token[];
  /** FlashArbitrage, and the key that executes on it: without them the operator's wallet lends nothing. */
  readonly contract: Address | undefined;
  readonly operator: Address | undefined;
}

/** One lender from discovery to offers. `S` is what does not change from block to block. */
export interface Lender<S = unknown> {
  readonly name: AskedLenderName;
  discover(borrower: Borrower, reader: Reader): Promise<S>;
  /** Returns the calls whose results, taken at one block, are the lender's offers. */
  reads(borrower: Borrower, setup: S): readonly Call[];
  /** Decodes the results of `reads`, in their order. A token that cannot be borrowed is not offered. */
  decode(borrower: Borrower, setup: S, results: readonly CallResult[]): readonly LoanOffer[];
}

/** Returns the one integer that a read returned, or undefined. */
export function integerOf(result: CallResult | undefined): bigint | undefined {
  return result?.success && result.data.length >= 66 ? BigInt(result.data.slice(0, 66)) : undefined;
}
