import { toQuantity } from "ethers";
import { rpcErrorOf, saysUnsupported, wordsOf } from "../../rpc/rpcError.ts";
import type { RpcSend, Submit } from "./submission.ts";

/** The code with which a node rejects a transaction whose condition does not hold (Arbitrum: "RPC methods"). */
const conditionFailed = -32003;

export interface ConditionalOptions {
  /** What hands over a transaction without conditions, or where the node takes none. */
  readonly otherwise: Submit;
  /**
   * Asked after a condition failed: whether the transaction still pays at the newest state, so that it is handed over
   * without conditions. A node may hold conditions against a state that is seconds old (Arbitrum's
   * `tx-pre-checker.required-state-age`), and then rejects just what answers the newest block.
   */
  readonly stillPays: (raw: string) => Promise<boolean>;
}

/**
 * Hands a transaction over with `eth_sendRawTransactionConditional`: a node that finds a condition broken rejects it before
 * it is executed, which costs no gas. A node without the method is not asked for it again.
 */
export function conditionalSubmit(send: RpcSend, { otherwise, stillPays }: ConditionalOptions): Submit {
  let isOffered = true;
  return async (raw, conditions) => {
    if (!isOffered || conditions === undefined) return otherwise(raw, conditions);
    const { knownAccounts, timestampMax } = conditions;
    try {
      await send("eth_sendRawTransactionConditional", [raw, { knownAccounts, timestampMax: toQuantity(timestampMax) }]);
      return { kind: "accepted", policy: "conditional" };
    } catch (error) {
      if (saysUnsupported(error)) {
        isOffered = false;
        return otherwise(raw, conditions);
      }
      const detail = wordsOf(error);
      if (rpcErrorOf(error)?.code !== conditionFailed) return { kind: "unclear", policy: "conditional", detail };
      if (await stillPays(raw)) return otherwise(raw, conditions);
      return { kind: "condition-failed", policy: "conditional", detail };
    }
  };
}
