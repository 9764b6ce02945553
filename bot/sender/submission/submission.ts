import { wordsOf } from "../../rpc/rpcError.ts";

/** The ways in which a signed transaction is handed to a node. */
export const submissionPolicies = ["plain", "conditional", "priorityFee"] as const;
export type SubmissionPolicy = (typeof submissionPolicies)[number];

/** Under which a node that takes conditions puts a transaction into a block. */
export interface Conditions {
  /** What the storage of contracts must hold, by address and slot: each 32 bytes. */
  readonly knownAccounts: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** The last second at which the block may be. */
  readonly timestampMax: bigint;
}

/** What a node said when it was handed a transaction. Whether it was mined is another question. */
export type Submitted =
  | { readonly kind: "accepted"; readonly policy: SubmissionPolicy }
  /** A condition does not hold: the transaction is in no queue, and costs nothing. */
  | { readonly kind: "condition-failed"; readonly policy: SubmissionPolicy; readonly detail: string }
  /** An error or no answer: the node may have taken it all the same. */
  | { readonly kind: "unclear"; readonly policy: SubmissionPolicy; readonly detail: string };

/** Hands a signed transaction to the node, once. It never throws: an error is an answer too. */
export type Submit = (raw: string, conditions: Conditions | undefined) => Promise<Submitted>;

export type RpcSend = (method: string, params: unknown[]) => Promise<unknown>;

/** Hands a transaction over as it is: whoever comes first is served first. */
export function plainSubmit(send: RpcSend): Submit {
  return async (raw) => {
    try {
      await send("eth_sendRawTransaction", [raw]);
      return { kind: "accepted", policy: "plain" };
    } catch (error) {
      return { kind: "unclear", policy: "plain", detail: wordsOf(error) };
    }
  };
}
