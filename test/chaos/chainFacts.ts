import { Contract, type Provider } from "ethers";
import type { Address, Token } from "../../bot/config/chains/chain.ts";
import { FlashArbitrage__factory } from "../../types/index.js";
import type { ChainFacts, ChainTransaction } from "./audit.ts";

export interface ChainQuestion {
  readonly account: Address;
  readonly contract: Address;
  readonly treasury: Address;
  readonly tokens: readonly Token[];
  /** The newest block before the bot first ran. */
  readonly fromBlock: number;
}

/** Reads from every block since then what the key sent, and what the treasury gained. */
export async function readChainFacts(
  provider: Provider,
  { account, contract, treasury, tokens, fromBlock }: ChainQuestion,
): Promise<ChainFacts> {
  const toBlock = await provider.getBlockNumber();
  const numbers = Array.from({ length: toBlock - fromBlock }, (_, index) => fromBlock + index + 1);
  const transactions: ChainTransaction[] = [];
  for (const number of numbers) {
    const block = await provider.getBlock(number, true);
    for (const { hash, from } of block?.prefetchedTransactions ?? []) {
      if (from === account) transactions.push(await transactionOf(provider, hash, contract));
    }
  }
  const gains = tokens.map(async ({ address }) => {
    const token = new Contract(address, ["function balanceOf(address) view returns (uint256)"], provider);
    const balanceAt = (blockTag: number): Promise<bigint> =>
      token.getFunction("balanceOf").staticCall(treasury, { blockTag });
    const [before, after] = await Promise.all([balanceAt(fromBlock), balanceAt(toBlock)]);
    return [address, after - before] as const;
  });
  return {
    account,
    firstNonce: await provider.getTransactionCount(account, fromBlock),
    transactions,
    treasuryGains: new Map((await Promise.all(gains)).filter(([, gain]) => gain !== 0n)),
  };
}

async function transactionOf(provider: Provider, hash: string, contract: Address): Promise<ChainTransaction> {
  const [sent, receipt] = await Promise.all([provider.getTransaction(hash), provider.getTransactionReceipt(hash)]);
  if (sent === null || receipt === null) throw new Error(`The chain has ${hash} in a block, and does not know it.`);
  const { interface: abi } = FlashArbitrage__factory.connect(contract);
  const profits = receipt.logs.flatMap((log) => {
    if (log.address !== contract) return [];
    const parsed = abi.parseLog(log);
    if (parsed?.name !== "Arbitrage") return [];
    const { id, token, profit } = parsed.args;
    return [{ opportunity: String(id), token: String(token), profit: profit as bigint }];
  });
  return {
    hash,
    nonce: sent.nonce,
    block: BigInt(receipt.blockNumber),
    blockHash: receipt.blockHash,
    succeeded: receipt.status === 1,
    gasUsed: receipt.gasUsed,
    gasPriceWei: receipt.gasPrice,
    profits,
  };
}
