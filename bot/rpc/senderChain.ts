import { getAddress, Interface, toQuantity, ZeroAddress } from "ethers";
import type { Body, Head, Receipt, SenderChain } from "../sender/chain.ts";
import type { RpcProvider } from "./provider.ts";
import { type Attempt, FatalError, RpcError } from "./retry.ts";
import { revertData } from "./revert.ts";
import { wordsOf } from "./rpcError.ts";

/** A block and a receipt as a node sends them. */
type RpcBlock = Record<"number" | "timestamp" | "hash" | "parentHash", string> & {
  readonly baseFeePerGas?: string;
  readonly transactions: readonly Record<"hash" | "from" | "nonce", string>[];
};
type RpcReceipt = Record<"blockNumber" | "blockHash" | "gasUsed" | "effectiveGasPrice" | "status", string> & {
  readonly logs: Receipt["logs"];
};

const erc20 = new Interface(["function balanceOf(address) view returns (uint256)"]);

/** Builds what sending and settling ask the chain. Its requests are sent as they are, as those for blocks and logs. */
export function createSenderChain(rpc: Pick<RpcProvider, "send">, attempt: Attempt): SenderChain {
  return {
    head: () =>
      attempt("read the newest block", async () => {
        const block = (await rpc.send("eth_getBlockByNumber", ["latest", false])) as RpcBlock | null;
        if (block === null) throw new FatalError("The RPC has no newest block. Check ARBITRUM_RPC_URL.");
        return headFrom(block);
      }),
    bodyOf: (number) =>
      attempt(`read block ${number}`, async () => {
        const block = (await rpc.send("eth_getBlockByNumber", [toQuantity(number), true])) as RpcBlock | null;
        return block === null ? undefined : bodyFrom(block);
      }),
    nonceAt: (account, block) =>
      attempt(`read the nonce at block ${block}`, async () =>
        Number(await rpc.send("eth_getTransactionCount", [account, toQuantity(block)])),
      ),
    receiptOf: (hash) =>
      attempt("read a receipt", async () => {
        const receipt = (await rpc.send("eth_getTransactionReceipt", [hash])) as RpcReceipt | null;
        return receipt === null ? undefined : receiptFrom(receipt);
      }),
    isKnown: (hash) =>
      attempt("look for a transaction", async () => (await rpc.send("eth_getTransactionByHash", [hash])) !== null),
    tryCall: (from, { to, data, valueWei }) =>
      attempt("try a transaction", async () => {
        try {
          const call = { from, to, data, value: toQuantity(valueWei) };
          // At the newest block: its own transactions that wait in the node do not count.
          return { gas: BigInt(String(await rpc.send("eth_estimateGas", [call, "latest"]))) };
        } catch (error) {
          if (revertData(error) === undefined && !saysReverted(error)) throw error;
          return { reverted: wordsOf(error) };
        }
      }),
    async balanceAt(token, account, block) {
      const at = toQuantity(block);
      try {
        return await attempt(`read a balance at block ${block}`, async () => {
          if (token === ZeroAddress) return BigInt(String(await rpc.send("eth_getBalance", [account, at])));
          const call = { to: token, data: erc20.encodeFunctionData("balanceOf", [account]) };
          return BigInt(String(await rpc.send("eth_call", [call, at])));
        });
      } catch (error) {
        if (error instanceof RpcError || error instanceof FatalError) throw error;
        return undefined;
      }
    },
  };
}

/** Whether a node refuses a call for what the call does, in contrast to what the node lacks. */
function saysReverted(error: unknown): boolean {
  return /revert|insufficient funds|insufficient balance|out of gas|exceeds/i.test(wordsOf(error));
}

function headFrom({ number, hash, parentHash, timestamp, baseFeePerGas }: RpcBlock): Head {
  const baseFeeWei = BigInt(baseFeePerGas ?? 0);
  return { number: BigInt(number), hash, parentHash, timestamp: BigInt(timestamp), baseFeeWei };
}

function bodyFrom(block: RpcBlock): Body {
  const transactions = block.transactions.map(({ hash, from, nonce }) => ({
    hash,
    from: getAddress(from),
    nonce: Number(nonce),
  }));
  return { ...headFrom(block), transactions };
}

function receiptFrom({ blockNumber, blockHash, status, gasUsed, effectiveGasPrice, logs }: RpcReceipt): Receipt {
  return {
    block: BigInt(blockNumber),
    blockHash,
    succeeded: Number(status) === 1,
    gasUsed: BigInt(gasUsed),
    gasPriceWei: BigInt(effectiveGasPrice),
    logs,
  };
}
