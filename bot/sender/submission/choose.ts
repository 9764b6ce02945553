import { conditionalSubmit } from "./conditional.ts";
import { plainSubmit, type RpcSend, type Submit } from "./submission.ts";
import { synchronousSubmit } from "./synchronous.ts";

/** What may be configured. `auto` is conditional where the node takes conditions, and plain where it does not. */
export const submissionSettings = ["auto", "plain", "conditional", "priorityFee"] as const;
export type SubmissionSetting = (typeof submissionSettings)[number];

/** Whether a setting makes use of conditions. */
export function takesConditions(setting: SubmissionSetting): boolean {
  return setting === "auto" || setting === "conditional";
}

export interface SubmitOptions {
  /** How long a node that offers it may hold its answer back until the transaction is mined: 0 for not at all. */
  readonly receiptWaitMs: number;
  /** Whether a signed transaction still pays at the newest state. */
  readonly stillPays: (raw: string) => Promise<boolean>;
}

/** Returns how transactions are handed to a node. What the node offers is found out by the first one. */
export function createSubmit(
  setting: SubmissionSetting,
  send: RpcSend,
  { receiptWaitMs, stillPays }: SubmitOptions,
): Submit {
  const plain = receiptWaitMs > 0 ? synchronousSubmit(send, receiptWaitMs) : plainSubmit(send);
  switch (setting) {
    case "plain":
      return plain;
    case "priorityFee":
      return async (raw, conditions) => ({ ...(await plain(raw, conditions)), policy: "priorityFee" });
    case "conditional":
      // Nothing is sent without its conditions after they failed.
      return conditionalSubmit(send, { otherwise: plain, stillPays: async () => false });
    case "auto":
      return conditionalSubmit(send, { otherwise: plain, stillPays });
  }
}
