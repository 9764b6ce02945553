import { rpcErrorOf, saysUnsupported, wordsOf } from "../../rpc/rpcError.ts";
import { plainSubmit, type RpcSend, type Submit } from "./submission.ts";

/** The code of EIP-7966 for a transaction that was taken and not mined within the time that was asked for. */
const notYetMined = 4;

/**
 * Hands a transaction over with `eth_sendRawTransactionSync` (EIP-7966), which answers when it is mined, or after `waitMs`.
 * A node without the method is not asked for it again. The receipt that comes back is not believed: settlement looks for
 * itself, and finds it at once.
 */
export function synchronousSubmit(send: RpcSend, waitMs: number): Submit {
  const plain = plainSubmit(send);
  let isOffered = true;
  return async (raw, conditions) => {
    if (!isOffered) return plain(raw, conditions);
    try {
      // Nodes take the time as a quantity, as all numbers of JSON-RPC, though the proposal has a plain number.
      await send("eth_sendRawTransactionSync", [raw, `0x${waitMs.toString(16)}`]);
      return { kind: "accepted", policy: "plain" };
    } catch (error) {
      if (saysUnsupported(error)) {
        isOffered = false;
        return plain(raw, conditions);
      }
      if (rpcErrorOf(error)?.code === notYetMined) return { kind: "accepted", policy: "plain" };
      return { kind: "unclear", policy: "plain", detail: wordsOf(error) };
    }
  };
}
