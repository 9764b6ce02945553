import { FetchRequest, JsonRpcProvider, Network } from "ethers";

/**
 * Connects to an RPC over HTTP. Nothing is sent before the first request, and the chain id is asked for by the caller:
 * ethers' own detection would try for ever and write to the console.
 */
export function connectRpc(url: string, chainId: number, timeoutMs: number): JsonRpcProvider {
  const request = new FetchRequest(url);
  request.timeout = timeoutMs;
  // Retries are counted and logged by `createAttempt`, not hidden in the transport.
  request.setThrottleParams({ maxAttempts: 1 });
  const network = Network.from(chainId);
  return new JsonRpcProvider(request, network, { staticNetwork: network, batchStallTime: 0, cacheTimeout: -1 });
}
