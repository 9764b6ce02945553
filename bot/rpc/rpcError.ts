import { wording } from "./retry.ts";

/** What a node answered instead of a result. */
export interface RpcAnswerError {
  readonly code: number;
  readonly message: string;
}

/** Returns the error object of a node's answer, however deep a library wraps it, or undefined where there was no answer. */
export function rpcErrorOf(error: unknown): RpcAnswerError | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const { code, message, error: inner, info, cause } = error as Record<string, unknown>;
  for (const nested of [inner, info, cause]) {
    const found = rpcErrorOf(nested);
    if (found !== undefined) return found;
  }
  return typeof code === "number" && typeof message === "string" ? { code, message } : undefined;
}

/** Whether a node says that it has no such method: JSON-RPC's own code, or that of EIP-1474. */
export function saysUnsupported(error: unknown): boolean {
  const answer = rpcErrorOf(error);
  if (answer === undefined) return false;
  return (
    answer.code === -32601 ||
    answer.code === -32004 ||
    /method .*(not|n't) (exist|supported|found|available)/i.test(answer.message)
  );
}

/** Returns the node's own words with their code, or those of the transport. */
export function wordsOf(error: unknown): string {
  const answer = rpcErrorOf(error);
  return answer === undefined ? wording(error) : `${answer.message} (${answer.code})`;
}
