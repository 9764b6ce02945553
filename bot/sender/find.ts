import type { Address } from "../config/chains/chain.ts";
import type { Body, Head, SenderChain } from "./chain.ts";

/** The transaction that used a nonce, and its block. */
export interface NonceUser {
  readonly hash: string;
  readonly body: Body;
}

/**
 * Finds the transaction that used a nonce, which by `head` is used: first the block, by how many transactions of the
 * account are mined up to one and another, from the head back in growing strides, because nodes forget old states; then
 * the transaction in the block itself. Returns undefined where the node's answers do not fit together.
 */
export async function findNonceUser(
  chain: Pick<SenderChain, "nonceAt" | "bodyOf">,
  account: Address,
  nonce: number,
  head: Head,
): Promise<NonceUser | undefined> {
  const isUsedAt = async (block: bigint) => (await chain.nonceAt(account, block)) > nonce;
  let used = head.number;
  let unused = -1n;
  for (let stride = 1n; used > 0n; stride *= 4n) {
    const block = head.number > stride ? head.number - stride : 0n;
    if (!(await isUsedAt(block))) {
      unused = block;
      break;
    }
    used = block;
  }
  while (used - unused > 1n) {
    const middle = (used + unused) / 2n;
    if (await isUsedAt(middle)) used = middle;
    else unused = middle;
  }
  const body = await chain.bodyOf(used);
  const transaction = body?.transactions.find((one) => one.from === account && one.nonce === nonce);
  return body === undefined || transaction === undefined ? undefined : { hash: transaction.hash, body };
}
