import pRetry from "p-retry";

/** Runs work against the RPC, and again with back-off while the failure is transient. */
export type Attempt = <T>(what: string, work: () => Promise<T>) => Promise<T>;

export interface RetryCounts {
  attempts: number;
  retries: number;
  failures: number;
}

/** Thrown when the RPC gives no answer after all retries. The bot can go on with the next block. */
export class RpcError extends Error {
  override readonly name: string = "RpcError";
}

/** Thrown when endpoints answer differently what prices a trade. */
export class DisagreementError extends RpcError {
  override readonly name = "DisagreementError";
}

/** Thrown when going on makes no sense: says what, the limit, and what to do. */
export class FatalError extends Error {
  override readonly name = "FatalError";
}

export interface RetryOptions {
  readonly retries: number;
  readonly minDelayMs: number;
  readonly onRetry: (what: string, error: Error, attempt: number) => void;
  readonly counts: RetryCounts;
}

/** Errors of this code, status or wording go away by themselves; all others are the chain's answer. */
const transientCodes = new Set([
  "TIMEOUT",
  "NETWORK_ERROR",
  "SERVER_ERROR",
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ETIMEDOUT",
]);
const transientWords =
  /header not found|unknown block|block not found|rate limit|too many requests|limit exceeded|timeout|timed out/i;

export function isTransient(error: unknown): boolean {
  if (typeof error !== "object" || error === null) return false;
  const { code, message, shortMessage } = error as { code?: unknown; message?: unknown; shortMessage?: unknown };
  if (isUnauthorized(error)) return false;
  if (isGarbled(error) || isTroubled(error)) return true;
  if (typeof code === "string" && transientCodes.has(code)) return true;
  return transientWords.test(`${String(shortMessage ?? "")} ${String(message ?? "")}`) && code !== "CALL_EXCEPTION";
}

export function isUnauthorized(error: unknown): boolean {
  const status = (error as { response?: { statusCode?: unknown } } | null)?.response?.statusCode;
  return status === 401 || status === 403;
}

/** Whether an answer came that is none: no JSON, as one that was cut off, or that of another request. */
function isGarbled(error: object): boolean {
  const { operation, shortMessage } = error as { operation?: unknown; shortMessage?: unknown };
  return operation === "bodyJson" || String(shortMessage).startsWith("missing response for request");
}

/** Errors of JSON-RPC that speak of the node and not of the chain: internal error, limit exceeded, and statuses of HTTP. */
const troubledCodes = new Set([-32_603, -32_005, 429, 500, 502, 503, 504]);

/** Whether the node answered that it cannot answer now. ethers takes any error of an `eth_call` for one of the call. */
function isTroubled(error: object): boolean {
  const { info, error: inner } = error as { info?: { error?: unknown }; error?: unknown };
  const answer = (info?.error ?? inner) as { code?: unknown; message?: unknown; data?: unknown } | undefined;
  if (typeof answer !== "object" || answer === null) return false;
  const message = String(answer.message ?? "");
  if (/revert/i.test(message) || (answer.data ?? undefined) !== undefined) return false;
  return transientWords.test(message) || troubledCodes.has(Number(answer.code));
}

/** Creates the one way to the RPC. */
export function createAttempt({ retries, minDelayMs, onRetry, counts }: RetryOptions): Attempt {
  return async (what, work) => {
    counts.attempts += 1;
    try {
      return await pRetry(work, {
        retries,
        minTimeout: minDelayMs,
        factor: 2,
        randomize: true,
        shouldRetry: ({ error }) => isTransient(error),
        onFailedAttempt: ({ error, attemptNumber, retriesLeft }) => {
          if (!isTransient(error) || retriesLeft === 0) return;
          counts.retries += 1;
          onRetry(what, error, attemptNumber);
        },
      });
    } catch (cause) {
      if (cause instanceof Error && isUnauthorized(cause)) {
        throw new FatalError(`${what}: the RPC refuses the request (401 or 403). Check the key in ARBITRUM_RPC_URL.`, {
          cause,
        });
      }
      if (!isTransient(cause)) throw cause;
      counts.failures += 1;
      throw new RpcError(
        `${what}: no answer from the RPC after ${retries + 1} attempts: ${wording(cause)}. Check the node and ARBITRUM_RPC_URL.`,
        { cause },
      );
    }
  };
}

/** Returns an error's own words in one line. */
export function wording(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { shortMessage } = error as { shortMessage?: unknown };
  return (typeof shortMessage === "string" ? shortMessage : error.message).split("\n")[0] ?? "";
}
