import type { Address } from "../config/chains/chain.ts";

/** The newest block as a node tells it. */
export interface Head {
  readonly number: bigint;
  readonly hash: string;
  readonly parentHash: string;
  /** In seconds. */
  readonly timestamp: bigint;
  readonly baseFeeWei: bigint;
}

/** A block with who sent what in it. */
export interface Body extends Head {
  readonly transactions: readonly { readonly hash: string; readonly from: Address; readonly nonce: number }[];
}

/** What a node says of a mined transaction. */
export interface Receipt {
  readonly block: bigint;
  readonly blockHash: string;
  readonly succeeded: boolean;
  readonly gasUsed: bigint;
  readonly gasPriceWei: bigint;
  /** The logs of the transaction, for whoever knows what they mean. */
  readonly logs: readonly { readonly address: string; readonly topics: readonly string[]; readonly data: string }[];
}

/** What a transaction calls. */
export interface Call {
  readonly to: Address;
  readonly data: string;
  readonly valueWei: bigint;
}

/** What the newest state makes of a call: the gas that it takes, or why it fails. */
export type Trial = { readonly gas: bigint } | { readonly reverted: string };

/** What sending and settling ask a node. All but `submit` are asked again while the failure is transient. */
export interface SenderChain {
  readonly head: () => Promise<Head>;
  /** Returns the block of a number with its transactions, or undefined where the node has none. */
  readonly bodyOf: (block: bigint) => Promise<Body | undefined>;
  /** Returns how many transactions of the account are mined up to a block. */
  readonly nonceAt: (account: Address, block: bigint) => Promise<number>;
  readonly receiptOf: (hash: string) => Promise<Receipt | undefined>;
  /** Returns whether the node has a transaction, mined or waiting. */
  readonly isKnown: (hash: string) => Promise<boolean>;
  readonly tryCall: (from: Address, call: Call) => Promise<Trial>;
  /** Returns an account's balance after a block: the zero address is ether. Undefined where the node forgot the state. */
  readonly balanceAt: (token: Address, account: Address, block: bigint) => Promise<bigint | undefined>;
}
