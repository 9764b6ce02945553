import { keccak256, toQuantity } from "ethers";

/** A request of JSON-RPC. */
export interface RpcRequest {
  readonly id: unknown;
  readonly method: string;
  readonly params?: readonly unknown[];
}

/** A header as a node sends it. */
export type RpcHeader = Readonly<Record<string, unknown>> & { readonly number: string; readonly hash: string };

/** By method, where its block tag stands. */
const tagPlaces: Readonly<Record<string, number>> = {
  eth_call: 1,
  eth_estimateGas: 1,
  eth_getBalance: 1,
  eth_getBlockByNumber: 0,
  eth_getCode: 1,
  eth_getStorageAt: 2,
  eth_getTransactionCount: 1,
};

const namesNewest = (tag: unknown) => tag === undefined || tag === "latest" || tag === "pending";

/** Turns a request about the newest block into one about an earlier one. */
export function aboutBlock(request: RpcRequest, block: bigint): RpcRequest {
  const place = tagPlaces[request.method];
  const params = [...(request.params ?? [])];
  if (place === undefined || !namesNewest(params[place])) return request;
  params[place] = toQuantity(block);
  return { ...request, params };
}

/** Turns a call at one block into the same call at an earlier one. */
export function aboutEarlierState(request: RpcRequest, blocks: number, head: bigint): RpcRequest {
  const [call, tag] = request.params ?? [];
  const asked = namesNewest(tag) ? head : BigInt(String(tag));
  const earlier = asked > BigInt(blocks) ? asked - BigInt(blocks) : 0n;
  return { ...request, params: [call, toQuantity(earlier)] };
}

/** What a node that knows no block after `head` answers instead. */
export function asOf(method: string, result: unknown, head: bigint): unknown {
  if (method === "eth_blockNumber") return toQuantity(head);
  const number = (result as { blockNumber?: unknown } | null)?.blockNumber;
  if (typeof number !== "string" || BigInt(number) <= head) return result;
  if (method === "eth_getTransactionReceipt") return null;
  if (method !== "eth_getTransactionByHash") return result;
  return { ...(result as object), blockNumber: null, blockHash: null, transactionIndex: null };
}

const chainIdWord = (42_161).toString(16).padStart(64, "0");
const otherIdWord = "1".padStart(64, "0");

/** What another chain answers to the question for its id, asked alone or among the calls of Multicall3. */
export function ofAnotherChain(method: string, result: unknown): unknown {
  if (method === "eth_chainId") return "0x1";
  return typeof result === "string" ? result.replaceAll(chainIdWord, otherIdWord) : result;
}

/** A header of another branch with the same number. */
export function ofAnotherBranch(header: RpcHeader): RpcHeader {
  const [hash, parentHash] = [keccak256(header.hash), keccak256(keccak256(header.hash))];
  return { ...header, hash, parentHash };
}
