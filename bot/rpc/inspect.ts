import { toQuantity } from "ethers";
import type { Chain } from "../config/chains/chain.ts";
import type { Problem } from "./health.ts";
import type { RpcProvider } from "./provider.ts";

/** `getCurrentBlockTimestamp()` of Multicall3. */
const currentTimestamp = "0x0f28c97d";

/** What an endpoint says of itself. */
export interface Inspection {
  readonly chainId: bigint;
  readonly head: { readonly number: bigint; readonly timestamp: bigint } | undefined;
  /** What the answer to the simplest request took. */
  readonly latencyMs: number | undefined;
  readonly problem: Problem | undefined;
}

/** Asks an endpoint for its chain, its newest block, and whether that block's state is what it answers with. */
export async function inspect(
  provider: Pick<RpcProvider, "send">,
  { id, name, multicall3 }: Pick<Chain, "id" | "name" | "multicall3">,
): Promise<Inspection> {
  const start = performance.now();
  const chainId = BigInt(String(await provider.send("eth_chainId", [])));
  const latencyMs = performance.now() - start;
  if (chainId !== BigInt(id)) {
    const detail = `it serves chain ${chainId}, not ${id} (${name})`;
    return { chainId, head: undefined, latencyMs, problem: { fault: "wrong-chain", detail } };
  }
  const header = (await provider.send("eth_getBlockByNumber", ["latest", false])) as Record<string, string> | null;
  if (header === null) {
    return { chainId, head: undefined, latencyMs, problem: { fault: "stale", detail: "it has no newest block" } };
  }
  const head = { number: BigInt(header.number ?? 0), timestamp: BigInt(header.timestamp ?? 0) };
  const call = { to: multicall3, data: currentTimestamp };
  const clock = String(await provider.send("eth_call", [call, toQuantity(head.number)]));
  // Whether there is a Multicall3 at all is the self-check's to say.
  const second = clock.length === 66 ? BigInt(clock) : head.timestamp;
  const detail = `block ${head.number} is of second ${head.timestamp}, its state of second ${second}`;
  return { chainId, head, latencyMs, problem: second === head.timestamp ? undefined : { fault: "stale", detail } };
}
