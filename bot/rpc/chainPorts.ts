import { getAddress, type Provider, type TransactionRequest, toQuantity } from "ethers";
import { FlashArbitrage__factory } from "../../types/index.js";
import type { Address, Chain } from "../config/chains/chain.ts";
import type { Order } from "../domain/order.ts";
import { type AmountLimits, checkAmount } from "../pipeline/amountCheck.ts";
import { encodeOrder } from "../pipeline/encode.ts";
import type { ExecutePorts } from "../pipeline/execute.ts";
import type { ChainLog, Header, LogFilter, SubscribePorts } from "../pipeline/heads.ts";
import type { MirrorPorts } from "../pipeline/mirror.ts";
import type { CallExecute } from "../pipeline/simulate.ts";
import { type FeeLimits, firstFees } from "../sender/fees.ts";
import type { SettleOptions } from "../sender/settle.ts";
import type { Venues } from "../venues/registry.ts";
import type { RpcProvider } from "./provider.ts";
import { type Attempt, FatalError, RpcError } from "./retry.ts";
import { decodeRevert, revertData } from "./revert.ts";

/**
 * Builds what the first stage needs. Its requests are sent as they are: ethers' own blocks have no bloom and no bytes to
 * spare for it, and formatting what is read at every block takes longer than using it. What prices a trade is read by
 * `pricing`.
 */
export function createObservePorts(
  rpc: Pick<RpcProvider, "send">,
  attempt: Attempt,
  pricing: Pick<RpcProvider, "send"> = rpc,
): Omit<MirrorPorts, "onReset"> {
  const callAt =
    (provider: Pick<RpcProvider, "send">): MirrorPorts["ethCallAt"] =>
    (block) =>
    (to, data, problemOf) =>
      attempt(`read the state of block ${block}`, async () =>
        String(await provider.send("eth_call", [{ to, data }, toQuantity(block)], problemOf)),
      );
  const blockAt = async (tag: string) => headerFrom(await rpc.send("eth_getBlockByNumber", [tag, false]));
  return {
    latestBlock: () =>
      attempt("read the newest block", async () => {
        const header = await blockAt("latest");
        if (header === undefined) throw new FatalError("The RPC has no newest block. Check ARBITRUM_RPC_URL.");
        return header;
      }),
    headerOf: (number) => attempt(`read the header of block ${number}`, () => blockAt(toQuantity(number))),
    logsOf: (blockHash, filter) =>
      attempt(`read the logs of block ${blockHash}`, async () => {
        const logs = await rpc.send("eth_getLogs", [{ blockHash, ...criteriaOf(filter) }]);
        return (logs as RpcLog[]).map(logFrom);
      }),
    ethCallAt: callAt(rpc),
    agreedCallAt: callAt(pricing),
  };
}

/** Builds what taking blocks as they come needs, of a provider that can subscribe. */
export function createSubscribe(
  subscribe: NonNullable<RpcProvider["subscribe"]>,
  attempt: Attempt,
): SubscribePorts["subscribe"] {
  return (filter, { onHeader, onLog, onLost }) =>
    attempt("subscribe to blocks and logs", () =>
      subscribe(
        [
          {
            params: ["newHeads"],
            onMessage: (message) => {
              const header = headerFrom(message);
              if (header !== undefined) onHeader(header);
            },
          },
          { params: ["logs", criteriaOf(filter)], onMessage: (message) => onLog(logFrom(message as RpcLog)) },
        ],
        onLost,
      ),
    );
}

/** A header and a log as a node sends them. */
type RpcHeader = Record<"number" | "timestamp" | "hash" | "parentHash", string> & {
  readonly baseFeePerGas?: string;
  readonly logsBloom?: string;
};
type RpcLog = Record<"address" | "data" | "blockHash" | "blockNumber" | "logIndex", string> & {
  readonly topics: readonly string[];
  readonly removed?: boolean;
};

/** Denies nothing: for a provider that leaves the bloom out of its headers. */
const fullBloom = `0x${"ff".repeat(256)}`;

function criteriaOf({ addresses, topics }: LogFilter) {
  return { ...(addresses !== undefined && { address: addresses }), topics: [topics] };
}

function headerFrom(message: unknown): Header | undefined {
  if (message === null) return undefined;
  const { number, timestamp, baseFeePerGas, hash, parentHash, logsBloom } = message as RpcHeader;
  return {
    number: BigInt(number),
    timestamp: BigInt(timestamp),
    baseFeeWei: BigInt(baseFeePerGas ?? 0),
    hash,
    parentHash,
    logsBloom: logsBloom ?? fullBloom,
  };
}

function logFrom({ address, topics, data, blockHash, blockNumber, logIndex, removed }: RpcLog): ChainLog {
  return {
    address,
    topics,
    data,
    blockHash,
    blockNumber: BigInt(blockNumber),
    index: Number(logIndex),
    removed: removed === true,
  };
}

export interface ExecutorOptions extends AmountLimits, FeeLimits {
  readonly provider: Provider;
  /** Simulates, where several endpoints have to agree on what prices a trade; without it, `provider` does. */
  readonly pricing?: Provider;
  readonly attempt: Attempt;
  readonly chain: Chain;
  readonly venues: Venues;
  readonly contract: Address;
  readonly operator: Address;
  /** The base fee of the newest block that the bot has seen. */
  readonly baseFeeWei: () => bigint;
}

/** What simulating, executing and settling orders ask of FlashArbitrage. */
export interface Executor extends Pick<ExecutePorts, "callOf">, Pick<SettleOptions, "profitIn" | "treasuryAt"> {
  readonly callExecute: CallExecute;
}

/** Builds what simulating and executing need: FlashArbitrage through Typechain, called by the operator. */
export function createExecutor(options: ExecutorOptions): Executor {
  const { provider, pricing = provider, attempt, chain, venues, contract, operator } = options;
  const flash = FlashArbitrage__factory.connect(contract, provider);

  const transactionOf = async (order: Order): Promise<TransactionRequest> => {
    const { id, loan, hops, minProfit, deadline } = encodeOrder(order, chain, venues);
    const { to, data } = await flash.execute.populateTransaction(id, loan, hops, minProfit, deadline);
    // WooFi's pool reverts above a gas price of its own: the simulation offers what the transaction will.
    const { maxFeePerGasWei, maxPriorityFeePerGasWei } = firstFees(options.baseFeeWei(), options);
    const fees = { maxFeePerGas: maxFeePerGasWei, maxPriorityFeePerGas: maxPriorityFeePerGasWei };
    return { from: operator, to, data, ...fees };
  };

  /** Decodes a revert, and throws on what is none. */
  const contractErrorOf = (error: unknown) => {
    const data = revertData(error);
    if (data === undefined) throw error;
    return decodeRevert(data, flash.interface);
  };

  const callExecute: CallExecute = async (order) => {
    const request = await transactionOf(order);
    const [called, estimated] = await Promise.allSettled([
      attempt("simulate an order", () => pricing.call({ ...request, blockTag: order.block })),
      // At the newest state, which is the one that the transaction meets.
      attempt("estimate the gas of an order", () => provider.estimateGas(request)),
    ]);
    if (called.status === "rejected") return { kind: "reverted", error: contractErrorOf(called.reason) };
    const [profit] = flash.interface.decodeFunctionResult("execute", called.value);
    if (estimated.status === "fulfilled") return { kind: "returned", profit, gas: estimated.value };
    return { kind: "outdated", profit, error: contractErrorOf(estimated.reason) };
  };

  return {
    callExecute,
    async callOf(order) {
      const { to, data, value } = await transactionOf(order);
      const unsigned = { to: String(to), data: String(data), value: BigInt(value ?? 0n) };
      const refused = checkAmount(unsigned, order, { chain, contract, abi: flash.interface }, options);
      return refused ?? { to: unsigned.to, data: unsigned.data, valueWei: unsigned.value };
    },
    profitIn(logs, id) {
      for (const { address, topics, data } of logs) {
        const parsed =
          getAddress(address) === contract ? flash.interface.parseLog({ topics: [...topics], data }) : null;
        if (parsed?.name === "Arbitrage" && parsed.args.id === id) return parsed.args.profit;
      }
      return undefined;
    },
    treasuryAt: (block) =>
      attempt("read the treasury", () => flash.treasury({ blockTag: block })).catch((error: unknown) => {
        if (error instanceof RpcError || error instanceof FatalError) throw error;
        return undefined;
      }),
  };
}
