import { Transaction, Wallet } from "ethers";
import type { Address } from "../config/chains/chain.ts";
import { isNoTrade, type NoTrade, noTrade } from "../domain/noTrade.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { LedgerTransaction, SignedTransaction, Subject } from "../ledger/transactions.ts";
import { FatalError } from "../rpc/retry.ts";
import type { Call, Head, SenderChain } from "./chain.ts";
import { type FeeLimits, type Fees, feesAbove, firstFees } from "./fees.ts";
import type { KeyLock } from "./lock.ts";
import { createSettlement, type Settle, type SettleOptions } from "./settle.ts";
import type { Conditions, Submit } from "./submission/submission.ts";

/** What somebody wants sent. */
export interface SendRequest extends Call {
  readonly purpose: "order" | "conversion";
  readonly gasLimit: bigint;
  /** What is paid for a unit of gas on top of the base fee, in place of the configured tip. */
  readonly tipWei?: bigint | undefined;
  /** When the block that it answers was seen. */
  readonly seenAtMs?: number | undefined;
  readonly conditions?: Conditions | undefined;
  /**
   * Writes into the ledger what belongs to the transaction, and takes the room under the risk limits: in one piece with the
   * signed transaction, before it is sent. Returns what the transaction belongs to, or, before it writes anything that
   * says it is sent, why it is not.
   */
  readonly record: (signed: Signed) => Subject | NoTrade;
}

/** What `record` is told of the transaction. */
export interface Signed {
  readonly hash: string;
  readonly nonce: number;
  /** The most that its gas can cost. */
  readonly maxGasWei: bigint;
}

/** A transaction that was handed to the node: not executed yet, as far as is known. */
export interface Sent {
  readonly hash: string;
  readonly nonce: number;
  /** What the node answered if it did not accept it. It may have taken it all the same: settlement finds out. */
  readonly refusal: string | undefined;
}

/** The only way to send with a key. */
export interface Sender {
  readonly account: Address;
  /**
   * Signs with the lowest free nonce, writes down, sends, and does not wait for a receipt: `settle` does the rest. One call
   * after the other takes its nonce; handing over to the node may overlap.
   */
  readonly send: (request: SendRequest) => Promise<Sent | NoTrade>;
  /**
   * Looks at every transaction that is not settled, and at the blocks of those that were settled lately. Returns the
   * orders whose result became known.
   */
  readonly settle: Settle;
}

export interface SenderOptions extends SettleOptions, FeeLimits {
  readonly chainId: number;
  readonly privateKey: string;
  /** The base fee of the newest block that the bot has seen. */
  readonly baseFeeWei: () => bigint;
}

/** What sending and settling share. */
export interface SenderState {
  readonly account: Address;
  /** Runs one piece of work after the other. */
  readonly queue: <T>(work: () => Promise<T>) => Promise<T>;
  /** How many transactions of the account are mined, by the newest look at the chain. */
  used: number | undefined;
  /** When each transaction was handed to the node in this run, and those that are on their way to it. */
  readonly broadcastMs: Map<string, number>;
  readonly inFlight: Set<string>;
  /** Writes a transaction down and returns it. Nothing is sent. */
  readonly sign: (draft: Draft, record: SendRequest["record"]) => Promise<LedgerTransaction | NoTrade>;
  /** Hands a transaction to the node, and writes down that it was. Returns what the node said if it did not accept it. */
  readonly broadcast: (transaction: LedgerTransaction, conditions?: Conditions) => Promise<string | undefined>;
}

/** A transaction before it is signed. */
export interface Draft extends Call, Fees {
  readonly purpose: SignedTransaction["purpose"];
  readonly nonce: number;
  readonly gasLimit: bigint;
  readonly seenAtMs: number | undefined;
}

/**
 * Creates the sender of a key.
 *
 * @throws FatalError when the lock is not that of the key
 */
export function createSender(
  lock: KeyLock,
  ledger: Ledger,
  chain: SenderChain,
  submit: Submit,
  options: SenderOptions,
): Sender {
  const { chainId, privateKey, maxGasPriceWei, nowMs } = options;
  const wallet = new Wallet(privateKey);
  const account = wallet.address;
  if (lock.account !== account || lock.chainId !== chainId) {
    throw new FatalError(`The lock is that of ${lock.account} on chain ${lock.chainId}: take that of ${account}.`);
  }
  const { transactions } = ledger;
  transactions.adopt(account);

  const state: SenderState = {
    account,
    queue: createQueue(),
    used: undefined,
    broadcastMs: new Map(),
    inFlight: new Set(),

    async sign({ purpose, to, data, valueWei, gasLimit, nonce, seenAtMs, ...rest }, record) {
      const { maxFeePerGasWei, maxPriorityFeePerGasWei } = rest;
      const fees = { maxFeePerGas: maxFeePerGasWei, maxPriorityFeePerGas: maxPriorityFeePerGasWei };
      const raw = await wallet.signTransaction({
        type: 2,
        chainId,
        nonce,
        to,
        data,
        value: valueWei,
        gasLimit,
        ...fees,
      });
      const hash = Transaction.from(raw).hash ?? "";
      return ledger.transact(() => {
        const subject = record({ hash, nonce, maxGasWei: gasLimit * maxFeePerGasWei });
        if (isNoTrade(subject)) return subject;
        const price = { maxFeePerGasWei, maxPriorityFeePerGasWei };
        const signedAtMs = nowMs();
        const signed = {
          hash,
          purpose,
          ...subject,
          account,
          nonce,
          raw,
          policy: "plain",
          ...price,
          seenAtMs,
          signedAtMs,
        };
        transactions.sign(signed);
        return { ...signed, status: "signed", detail: undefined, sentAtMs: undefined, settledAtMs: undefined };
      });
    },

    async broadcast(transaction, conditions) {
      const { hash, raw = "" } = transaction;
      const atMs = nowMs();
      state.inFlight.add(hash);
      try {
        const submitted = await submit(raw, conditions);
        transactions.sent(hash, submitted.policy, atMs);
        if (submitted.kind === "condition-failed") settlement.lose(transaction, submitted.detail);
        if (submitted.kind === "unclear") transactions.note(hash, submitted.detail);
        return submitted.kind === "accepted" ? undefined : submitted.detail;
      } finally {
        state.inFlight.delete(hash);
        state.broadcastMs.set(hash, nowMs());
      }
    },
  };

  const settlement = createSettlement(state, ledger, chain, options);

  /** Returns the lowest nonce that is free by the ledger and the chain. */
  const freeNonce = (used: number) => {
    let nonce = Math.max(used, (transactions.highestUsedNonce(account) ?? -1) + 1);
    const taken = transactions.takenNonces(account, nonce);
    while (taken.has(nonce)) nonce += 1;
    return nonce;
  };

  const draftOf = ({ purpose, to, data, valueWei, gasLimit, seenAtMs, tipWei }: SendRequest, used: number) => {
    const nonce = freeNonce(used);
    const first = firstFees(options.baseFeeWei(), { tipWei: tipWei ?? options.tipWei, maxGasPriceWei });
    // What was dropped may still turn up: the node must prefer the new one.
    const fees = feesAbove(first, transactions.ofNonce(account, nonce), maxGasPriceWei);
    return fees && { purpose, to, data, valueWei, gasLimit, seenAtMs, nonce, ...fees };
  };

  return {
    account,
    async send(request) {
      const signed = await state.queue(async () => {
        state.used ??= await countOf(chain, account);
        const draft = draftOf(request, state.used);
        if (draft !== undefined) return state.sign(draft, request.record);
        const detail = "a transaction that takes the nonce of an earlier one would offer more than maxGasPriceGwei";
        return noTrade("gas-price-above-limit", detail);
      });
      if (isNoTrade(signed)) return signed;
      const refusal = await state.broadcast(signed, request.conditions);
      return { hash: signed.hash, nonce: signed.nonce, refusal };
    },
    settle: settlement.settle,
  };
}

async function countOf(chain: SenderChain, account: Address): Promise<number> {
  const { number }: Head = await chain.head();
  return chain.nonceAt(account, number);
}

function createQueue(): SenderState["queue"] {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work);
    last = next.catch(() => undefined);
    return next;
  };
}
