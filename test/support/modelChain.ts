import { hexlify, keccak256, Transaction, toBeHex, toUtf8Bytes, toUtf8String, ZeroAddress } from "ethers";
import type { Address } from "../../bot/config/chains/chain.ts";
import type { Body, Receipt, SenderChain } from "../../bot/sender/chain.ts";
import type { Submit, Submitted } from "../../bot/sender/submission/submission.ts";

/** What a transaction of the model does, written into its data: an order of an opportunity, or nothing. */
export interface ModelOrder {
  readonly opportunity: string;
  readonly profit: string;
  /** The last second at which it succeeds. */
  readonly deadline: string;
}

/** A transaction on the model's chain, with what came of it. */
export interface ModelMined {
  readonly hash: string;
  readonly from: Address;
  readonly nonce: number;
  readonly succeeded: boolean;
  readonly order: ModelOrder | undefined;
  readonly gasUsed: bigint;
  readonly gasPriceWei: bigint;
  readonly block: bigint;
}

interface ModelBlock extends Body {
  readonly mined: readonly ModelMined[];
}

export function modelData(order: ModelOrder): string {
  return hexlify(toUtf8Bytes(JSON.stringify(order)));
}

export function modelOrderIn(data: string): ModelOrder | undefined {
  return data === "0x" ? undefined : (JSON.parse(toUtf8String(data)) as ModelOrder);
}

/** How the node behaves. All of it may change at any time. */
export interface ModelFaults {
  /** How many blocks behind the chain the node says to be. */
  lag: number;
  /** Receipts that the node keeps to itself, and transactions that it denies to know. */
  hidesReceipts: boolean;
  deniesTransactions: boolean;
  /** What it does with what it is handed: take it and say so, take it and fail, fail, or say so and forget it. */
  submits: "takes" | "takes-and-fails" | "fails" | "forgets" | "refuses-condition";
  /** How much too high the number of mined transactions is. */
  nonceLie: number;
  hidesBlocks: boolean;
}

/**
 * A chain of one account, with a mempool and one node, without a network: blocks hold transactions by nonce, a replacement has to pay a
 * tenth more, an order succeeds up to its deadline while its opportunity is open. It is written down from the rules of
 * Ethereum, not from what the sender expects.
 */
export function createModelChain(beginSeconds: bigint, account: Address) {
  let blocks: ModelBlock[] = [];
  let branch = 0;
  let nowMs = Number(beginSeconds) * 1_000;
  const mempool = new Map<string, Transaction>();
  /** Opportunities that no longer pay. */
  const gone = new Set<string>();
  const faults: ModelFaults = {
    lag: 0,
    hidesReceipts: false,
    deniesTransactions: false,
    submits: "takes",
    nonceLie: 0,
    hidesBlocks: false,
  };
  const calm = { ...faults };

  const newest = () => blocks.at(-1) as ModelBlock;
  const head = () => blocks[Math.max(0, blocks.length - 1 - faults.lag)] as ModelBlock;
  /** How many transactions are mined up to each block. */
  const counts: number[] = [];
  const countOf = () => counts[blocks.length - 1] ?? 0;
  const minedAll = () => blocks.flatMap(({ mined }) => mined);
  const isOnChain = (opportunity: string) =>
    minedAll().some(({ order, succeeded }) => succeeded && order?.opportunity === opportunity);

  function take(raw: string): void {
    const transaction = Transaction.from(raw);
    const { hash, nonce } = transaction;
    if (hash === null) throw new Error("unsigned");
    if (nonce < countOf()) throw new Error("nonce too low");
    if (mempool.has(hash)) throw new Error("already known");
    const other = [...mempool.values()].find((one) => one.nonce === nonce);
    if (other !== undefined) {
      const isEnough = (mine: bigint | null, its: bigint | null) =>
        (mine ?? 0n) > (its ?? 0n) && (mine ?? 0n) * 10n >= (its ?? 0n) * 11n;
      const pays =
        isEnough(transaction.maxFeePerGas, other.maxFeePerGas) &&
        isEnough(transaction.maxPriorityFeePerGas, other.maxPriorityFeePerGas);
      if (!pays) throw new Error("replacement transaction underpriced");
      mempool.delete(other.hash ?? "");
    }
    mempool.set(hash, transaction);
  }

  /** Mines the transactions that are next, as many as `most`, in a block `seconds` later. */
  function mine(most = Number.POSITIVE_INFINITY, seconds = 1n): ModelBlock {
    const parent = blocks.at(-1);
    const number = parent === undefined ? 0n : parent.number + 1n;
    const timestamp = parent === undefined ? beginSeconds : parent.timestamp + seconds;
    const mined: ModelMined[] = [];
    for (let count = 0; count < most; count++) {
      const next = [...mempool.values()].find(({ nonce }) => nonce === countOf() + mined.length);
      if (next?.hash == null) break;
      mempool.delete(next.hash);
      const order = modelOrderIn(next.data);
      const pays =
        order === undefined ||
        (timestamp <= BigInt(order.deadline) && !gone.has(order.opportunity) && !isOnChain(order.opportunity));
      const gasUsed = order === undefined ? 21_000n : pays ? 300_000n : 60_000n;
      const gasPriceWei = next.maxFeePerGas ?? 0n;
      const { hash, nonce } = next;
      mined.push({ hash, from: account, nonce, succeeded: pays, order, gasUsed, gasPriceWei, block: number });
    }
    const hash = keccak256(toBeHex(number * 1_000_000n + BigInt(branch), 32));
    const transactions = mined.map(({ hash: of, from, nonce }) => ({ hash: of, from, nonce }));
    const block = {
      number,
      hash,
      parentHash: parent?.hash ?? "0x",
      timestamp,
      baseFeeWei: 10n ** 7n,
      transactions,
      mined,
    };
    counts[blocks.length] = countOf() + mined.length;
    blocks.push(block);
    nowMs = Math.max(nowMs, Number(timestamp) * 1_000);
    return block;
  }

  /** Takes the newest blocks off the chain. What they held waits again, or is forgotten. */
  function reorganize(count: number, keeps: (hash: string) => boolean, raws: ReadonlyMap<string, string>): void {
    const gone = blocks.slice(blocks.length - count);
    blocks = blocks.slice(0, blocks.length - count);
    branch += 1;
    for (const { hash } of gone.flatMap(({ mined }) => mined)) {
      const raw = raws.get(hash);
      if (raw === undefined || !keeps(hash)) continue;
      try {
        take(raw);
      } catch {
        // Another one with its nonce waits already.
      }
    }
  }

  const chain: SenderChain = {
    head: async () => head(),
    bodyOf: async (number) => (faults.hidesBlocks || number > head().number ? undefined : blocks[Number(number)]),
    nonceAt: async (_account, block) => (counts[Math.min(Number(block), blocks.length - 1)] ?? 0) + faults.nonceLie,
    receiptOf: async (hash): Promise<Receipt | undefined> => {
      const mined = minedAll().find((one) => one.hash === hash);
      if (mined === undefined || faults.hidesReceipts) return undefined;
      const { block, succeeded, gasUsed, gasPriceWei, order } = mined;
      const logs =
        succeeded && order !== undefined ? [{ address: ZeroAddress, topics: [], data: modelData(order) }] : [];
      return { block, blockHash: blocks[Number(block)]?.hash ?? "", succeeded, gasUsed, gasPriceWei, logs };
    },
    isKnown: async (hash) =>
      !faults.deniesTransactions && (mempool.has(hash) || minedAll().some((one) => one.hash === hash)),
    tryCall: async (_from, { data }) => {
      const order = modelOrderIn(data);
      if (order === undefined) return { gas: 21_000n };
      const pays =
        head().timestamp < BigInt(order.deadline) && !gone.has(order.opportunity) && !isOnChain(order.opportunity);
      return pays ? { gas: 300_000n } : { reverted: "it does not pay any more" };
    },
    balanceAt: async () => 0n,
  };

  const submit: Submit = async (raw, conditions) => {
    const unclear = (detail: string): Submitted => ({ kind: "unclear", policy: "plain", detail });
    const submits = conditions === undefined && faults.submits === "refuses-condition" ? "takes" : faults.submits;
    switch (submits) {
      case "fails":
        return unclear("connection refused");
      case "forgets":
        return { kind: "accepted", policy: "plain" };
      case "refuses-condition":
        return { kind: "condition-failed", policy: "conditional", detail: "storage slot value mismatch (-32003)" };
      default:
        try {
          take(raw);
        } catch (error) {
          return unclear(String(error));
        }
        return submits === "takes" ? { kind: "accepted", policy: "plain" } : unclear("timeout");
    }
  };

  mine();
  return {
    chain,
    submit,
    faults,
    calm: () => Object.assign(faults, calm),
    take,
    mine,
    reorganize,
    mempool,
    gone,
    minedAll,
    countOf,
    newest,
    length: () => blocks.length,
    nowMs: () => nowMs,
    wait: (ms: number) => {
      nowMs += ms;
    },
  };
}

export type ModelChain = ReturnType<typeof createModelChain>;
