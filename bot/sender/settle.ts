import { Transaction } from "ethers";
import type { Address } from "../config/chains/chain.ts";
import { valueUsdE8 } from "../domain/amount.ts";
import { weiInUsdE8Up } from "../domain/gas.ts";
import { isNoTrade, type NoTrade } from "../domain/noTrade.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { SentOrder } from "../ledger/opportunities.ts";
import type {
  BalanceChange,
  LedgerTransaction,
  MinedReceipt,
  NonceTransactions,
  OrderResult,
  Subject,
} from "../ledger/transactions.ts";
import type { Body, Call, Head, Receipt, SenderChain } from "./chain.ts";
import { type FeeLimits, feesAbove, firstFees } from "./fees.ts";
import { findNonceUser } from "./find.ts";
import type { SenderState } from "./sender.ts";

/** What is needed to value a result in USD, with 8 decimals. */
export interface Valuation {
  readonly tokenPriceE8: bigint;
  readonly tokenDecimals: number;
  readonly etherPriceE8: bigint;
}

/** Values a token and ether, or ether alone. Undefined where a price is missing. */
export type ValuationOf = (token: Address | undefined) => Valuation | undefined;

/** An order whose result became known. */
export interface Settled {
  readonly result: OrderResult;
  /** That of the transaction that was mined with the order's nonce, if it is one of ours. */
  readonly receipt: MinedReceipt | undefined;
}

export type Settle = (valuationOf: ValuationOf) => Promise<readonly Settled[]>;

/** What happened to a transaction besides being settled. */
export interface SenderEvent {
  readonly event: "sent-again" | "replaced" | "cancelled" | "dropped" | "left-the-chain" | "foreign" | "unexplained";
  readonly nonce: number;
  readonly hash: string | undefined;
  readonly detail: string;
}

/** Keeps what the room under the risk limits came to. All are called inside of the ledger's transaction. */
export interface Books {
  /** Books what a subject came to, also when it was released before. */
  readonly book: (subject: Subject, netUsdE8: bigint, gasWei: bigint, atSeconds: bigint) => void;
  /** Books what was mined at the loss that was reserved for it, or at its cost where that is more. */
  readonly bookAtWorst: (subject: Subject, costUsdE8: bigint, gasWei: bigint, atSeconds: bigint) => void;
  /** Gives the room back: nothing was mined. */
  readonly release: (subject: Subject, atSeconds: bigint) => void;
  /** Takes more room for what is sent again at a higher price, or says why there is none. */
  readonly raise: (subject: Subject, maxGasWei: bigint, atSeconds: bigint) => NoTrade | undefined;
  /** Takes a booking back, because its block has left the chain: the room is taken again. */
  readonly reopen: (subject: Subject) => void;
}

/** What the chain tells that a person has to look into. */
export interface HaltCause {
  readonly reason: "foreign-transaction" | "treasury-mismatch";
  readonly detail: string;
  readonly opportunity?: string | undefined;
}

export interface SettleOptions extends FeeLimits {
  readonly books: Books;
  /** Returns the profit in the contract's event for an opportunity, or undefined when there is no such event. */
  readonly profitIn: (logs: Receipt["logs"], opportunity: string) => bigint | undefined;
  /** Returns whom profit went to at a block. Undefined where the node forgot the state. */
  readonly treasuryAt: (block: bigint) => Promise<Address | undefined>;
  /** Stops trading until a person has looked. Called inside of the ledger's transaction. */
  readonly halt: (cause: HaltCause, atSeconds: bigint) => void;
  /** Whether orders may be sent again. What may not is left to its deadline, or cancelled. */
  readonly mayTrade: () => boolean;
  readonly onEvent: (event: SenderEvent) => void;
  readonly nowMs: () => number;
  /** How long a transaction may wait in the node until it is replaced, or be unknown to it until it is sent again. */
  readonly replaceAfterMs: number;
  /** How many transactions replace one that is stuck. */
  readonly maxReplacements: number;
  /** How many blocks a receipt is checked again for a reorganization. */
  readonly confirmBlocks: bigint;
  /** How long nothing is asked while nothing is open. */
  readonly idleMs: number;
}

/** The zero address: ether. */
const ether = "0x0000000000000000000000000000000000000000";

/** Gas of the transfer to self that cancels, where the node does not say: more than any chain asks for. */
const cancelGas = 200_000n;

/** How many nonces that the ledger does not know are looked up at once. */
const foreignAtOnce = 4;

const isOpen = ({ status }: LedgerTransaction) => status === "signed" || status === "sent";

/**
 * Creates the settlement of a key's transactions.
 *
 * Nothing is concluded from what a node does not say. A transaction is mined when a block of the chain holds it; a nonce
 * is foreign when a block holds another transaction with it; a transaction is dropped when a block later than its deadline
 * has not seen its nonce used, so that it can only fail from then on.
 */
export function createSettlement(
  state: SenderState,
  ledger: Ledger,
  chain: SenderChain,
  options: SettleOptions,
): { readonly settle: Settle; readonly lose: (transaction: LedgerTransaction, detail: string) => void } {
  const { account } = state;
  const { transactions } = ledger;
  const { books, nowMs, maxGasPriceWei, onEvent } = options;
  const nowSeconds = () => BigInt(Math.floor(nowMs() / 1_000));

  let last: Head | undefined;
  /** Whether blocks of settled transactions may have left the chain. At the start nobody knows. */
  let isDoubtful = true;
  /** From this nonce on, what the chain has and the ledger has not is foreign. */
  let baseline: number | undefined;
  /** The nonce of which was last said that nobody knows what used it. */
  let unexplained: number | undefined;
  let lookedMs = Number.NEGATIVE_INFINITY;

  /** Takes back what was mined in blocks that are on the chain no more. */
  async function recheck(head: Head): Promise<void> {
    let isSure = true;
    for (const { hash, nonce, receipt } of transactions.minedSince(account, head.number - options.confirmBlocks)) {
      const body = receipt.blockHash === "" ? undefined : await chain.bodyOf(receipt.block);
      if (body === undefined || receipt.block > head.number) {
        // The node is behind: that says nothing.
        isSure &&= receipt.blockHash === "";
      } else if (body.hash !== receipt.blockHash) {
        ledger.transact(() => {
          const subjects = subjectsOf(transactions.ofNonce(account, nonce));
          transactions.unmine(hash);
          for (const subject of subjects) books.reopen(subject);
        });
        onEvent({ event: "left-the-chain", nonce, hash, detail: `block ${receipt.block} is ${body.hash} now` });
      }
    }
    isDoubtful = !isSure;
  }

  /** Returns the receipt of a transaction, once the block that it names is on the chain and holds it. */
  async function provenReceipt(hash: string): Promise<{ receipt: Receipt; body: Body } | undefined> {
    const receipt = await chain.receiptOf(hash);
    if (receipt === undefined) return undefined;
    const body = await chain.bodyOf(receipt.block);
    if (body?.hash !== receipt.blockHash || !body.transactions.some((one) => one.hash === hash)) return undefined;
    return { receipt, body };
  }

  async function settleNonce(group: NonceTransactions, head: Head, used: number, valuationOf: ValuationOf) {
    for (const transaction of group.transactions) {
      const proven = await provenReceipt(transaction.hash);
      if (proven !== undefined) return settleMined(group, transaction, proven, valuationOf);
    }
    if (group.nonce >= used) return undefined;
    const user = await findNonceUser(chain, account, group.nonce, head);
    const ours = group.transactions.find(({ hash }) => hash === user?.hash);
    // Where it is ours its receipt will come. Where nobody is found the node does not know enough.
    if (user !== undefined && ours === undefined) return settleForeign(group.nonce, user.hash, user.body);
    return undefined;
  }

  /** Writes what was mined, what it came to, and that nothing else of the nonce will be. */
  async function settleMined(
    { nonce }: NonceTransactions,
    mined: LedgerTransaction,
    { receipt, body }: { readonly receipt: Receipt; readonly body: Body },
    valuationOf: ValuationOf,
  ): Promise<readonly Settled[] | undefined> {
    const { hash, opportunity } = mined;
    const order = opportunity === undefined ? undefined : ledger.opportunities.sentOrder(opportunity);
    const valuation = valuationOf(order?.token);
    // Without a price the result cannot be booked: it stays open, which is how the limits count it at its worst.
    if (valuation === undefined) return undefined;
    const changes = await balanceChanges(mined, order, receipt);
    const gasWei = receipt.gasUsed * receipt.gasPriceWei;
    const costE8 = weiInUsdE8Up(gasWei, valuation.etherPriceE8);
    const { block, blockHash, succeeded, gasUsed, gasPriceWei } = receipt;
    const minedReceipt = { block, blockHash, succeeded, gasUsed, gasPriceWei, minedAt: body.timestamp };

    const settled: Settled[] = [];
    ledger.transact(() => {
      // As they are now: handing one over may have ended while the chain was asked.
      const all = transactions.ofNonce(account, nonce);
      transactions.mine(hash, minedReceipt, nowMs());
      for (const change of changes) transactions.changeBalance(change);
      for (const subject of subjectsOf(all)) {
        const isMined = subject.opportunity === opportunity && subject.conversion === mined.conversion;
        if (!isMined) {
          if (isReserved(subject, all)) books.release(subject, nowSeconds());
          const result = lostResult(subject, all, `another transaction was mined with nonce ${nonce}`);
          if (result !== undefined) settled.push(write({ result, receipt: minedReceipt }));
          continue;
        }
        const result = order && resultOf(mined, order, receipt, costE8, valuation, changes);
        // What a conversion loses to its price is not known here.
        if (mined.purpose === "conversion" && succeeded) books.bookAtWorst(subject, costE8, gasWei, nowSeconds());
        else books.book(subject, result?.netUsdE8 ?? -costE8, gasWei, nowSeconds());
        if (result !== undefined) settled.push(write({ result, receipt: minedReceipt }));
      }
    });
    return settled;
  }

  function write(settled: Settled): Settled {
    const { hash, opportunity, token, realised, treasuryGain } = settled.result;
    transactions.setResult(settled.result, nowSeconds());
    // More is no reason: anybody can send tokens to the treasury.
    if (realised !== undefined && treasuryGain !== undefined && treasuryGain < realised) {
      const detail = `${hash} reports a profit of ${realised} units of ${token}, the treasury gained ${treasuryGain}`;
      options.halt({ reason: "treasury-mismatch", detail, opportunity }, nowSeconds());
    }
    return settled;
  }

  function resultOf(
    { hash, purpose, opportunity = "" }: LedgerTransaction,
    { token, expected, simulated }: SentOrder,
    { succeeded, logs }: Receipt,
    costE8: bigint,
    { tokenDecimals: decimals, tokenPriceE8 }: Valuation,
    changes: readonly BalanceChange[],
  ): OrderResult {
    const common = { opportunity, hash, token, expected, simulated };
    const nothing = { realised: undefined, treasuryGain: undefined, netUsdE8: -costE8 };
    if (purpose === "cancel") return { ...common, ...nothing, status: "lost", detail: "it was cancelled" };
    const realised = succeeded ? options.profitIn(logs, opportunity) : undefined;
    if (realised === undefined) {
      const detail = succeeded ? "it was mined without the contract's event" : "it was mined and failed";
      return { ...common, ...nothing, status: "reverted", detail };
    }
    const gain = changes.find((change) => change.token === token);
    const treasuryGain = gain && gain.after - gain.before;
    const netUsdE8 = valueUsdE8(realised, { decimals }, tokenPriceE8) - costE8;
    return { ...common, status: "landed", realised, treasuryGain, netUsdE8, detail: undefined };
  }

  /** Reads what a transaction changed: the account's ether, and the treasury's balance of the order's token. */
  async function balanceChanges(
    { hash, opportunity }: LedgerTransaction,
    order: SentOrder | undefined,
    { block }: Receipt,
  ): Promise<readonly BalanceChange[]> {
    const change = async (token: Address, of: Address): Promise<BalanceChange | undefined> => {
      const [before, after] = await Promise.all([
        chain.balanceAt(token, of, block - 1n),
        chain.balanceAt(token, of, block),
      ]);
      if (before === undefined || after === undefined) return undefined;
      return { hash, account: of, token, opportunity, before, after, block };
    };
    const treasury = order && (await options.treasuryAt(block));
    const changes = await Promise.all([
      change(ether, account),
      order && treasury !== undefined ? change(order.token, treasury) : undefined,
    ]);
    return changes.filter((one) => one !== undefined);
  }

  function settleForeign(nonce: number, hash: string, body: Body): readonly Settled[] {
    const detail = `${hash} in block ${body.number} used nonce ${nonce} of ${account}, and this ledger did not send it`;
    const settled: Settled[] = [];
    ledger.transact(() => {
      const ours = transactions.ofNonce(account, nonce);
      transactions.foreign(account, nonce, hash, detail, nowMs());
      const remedy = "stop the other program, or give it a key of its own";
      options.halt({ reason: "foreign-transaction", detail: `${detail}: ${remedy}` }, nowSeconds());
      for (const subject of subjectsOf(ours)) {
        if (isReserved(subject, ours)) books.release(subject, nowSeconds());
        const result = lostResult(subject, ours, detail);
        if (result !== undefined) settled.push(write({ result, receipt: undefined }));
      }
    });
    onEvent({ event: "foreign", nonce, hash, detail });
    return settled;
  }

  /**
   * Writes what used nonces of the account without being in the ledger. Returns the lowest nonce that is used and of which
   * nobody knows by what, or the lowest that is not used.
   */
  async function findForeign(head: Head, used: number): Promise<number> {
    const unresolved = new Set(transactions.unresolved(account).map(({ nonce }) => nonce));
    if (baseline === undefined) {
      const highest = transactions.highestUsedNonce(account);
      baseline = Math.min(highest === undefined ? used : highest + 1, used, ...unresolved);
    }
    const taken = transactions.takenNonces(account, baseline);
    for (let looked = 0; baseline < used && looked < foreignAtOnce; baseline++) {
      if (taken.has(baseline) || unresolved.has(baseline)) continue;
      looked += 1;
      const user = await findNonceUser(chain, account, baseline, head);
      if (user === undefined) {
        const detail = `it is used up to block ${head.number}, and the node does not say by what: nothing above it is settled`;
        if (unexplained !== baseline) onEvent({ event: "unexplained", nonce: baseline, hash: undefined, detail });
        unexplained = baseline;
        break;
      }
      settleForeign(baseline, user.hash, user.body);
    }
    return baseline;
  }

  /** The last second at which any of the transactions can do more than fail, or undefined where there is none. */
  function deadlineOf(all: readonly LedgerTransaction[]): bigint | undefined {
    let latest: bigint | undefined;
    for (const { opportunity, conversion } of all) {
      if (conversion !== undefined) return undefined;
      const deadline = opportunity === undefined ? 0n : ledger.opportunities.sentOrder(opportunity)?.deadline;
      if (deadline === undefined) return undefined;
      latest = latest === undefined || deadline > latest ? deadline : latest;
    }
    return latest;
  }

  /** Looks after a nonce that is not used yet: `highest` is the highest one that something waits with. */
  async function careFor(group: NonceTransactions, { head, used, highest }: Scene): Promise<Care> {
    const { nonce, transactions: all } = group;
    const open = all.filter(isOpen);
    const newest = open.at(-1);
    if (newest === undefined || open.some(({ hash }) => state.inFlight.has(hash))) return {};
    if (waited(newest) < options.replaceAfterMs) return {};
    const known = await Promise.all(open.map(({ hash }) => chain.isKnown(hash)));
    const isKnown = known.some(Boolean);
    const deadline = deadlineOf(open);
    const isOver = deadline !== undefined && head.timestamp > deadline;
    if (!isKnown && isOver && nonce >= highest) {
      const detail = `block ${head.number} is after its deadline, its nonce is unused, and the node does not know it`;
      return { settled: loseAll(open, detail) };
    }
    const call = callOf(newest);
    // A ledger of version 1 kept no raw transactions: what it sent can only be waited for.
    if (call === undefined) return {};
    const verdict = await judge(newest, call, { isOver, isNext: nonce === used });
    if (!isKnown) {
      if (verdict === "good") {
        onEvent({ event: "sent-again", nonce, hash: newest.hash, detail: "the node does not know it" });
        return { send: newest };
      }
      // An order is over soon by itself, at no cost. What never is, or keeps others waiting, has to be cancelled.
      return deadline === undefined || nonce < highest ? cancel(nonce, all, newest, head) : {};
    }
    // What waits behind another one is not stuck by itself, and what another run sent has waited since then.
    const sinceMs = nowMs() - (newest.sentAtMs ?? newest.signedAtMs);
    if (nonce > used || sinceMs < options.replaceAfterMs) return {};
    const isReplaced = verdict === "good" && newest.purpose !== "cancel";
    return isReplaced ? replace(nonce, all, newest, call, head) : cancel(nonce, all, newest, head);
  }

  /** Judges whether a transaction should still be mined. One that waits behind others may need what they do first. */
  async function judge(
    { purpose }: LedgerTransaction,
    call: Call,
    { isOver, isNext }: { readonly isOver: boolean; readonly isNext: boolean },
  ): Promise<"good" | "bad"> {
    if (purpose === "cancel") return "good";
    if (isOver || (purpose === "order" && !options.mayTrade())) return "bad";
    return !isNext || "gas" in (await chain.tryCall(account, call)) ? "good" : "bad";
  }

  /** For how long this run has not handed a transaction to the node, in ms. */
  function waited({ hash }: LedgerTransaction): number {
    return nowMs() - (state.broadcastMs.get(hash) ?? Number.NEGATIVE_INFINITY);
  }

  /** Sends the same again for more: what the higher fee costs comes out of what the order was to leave. */
  async function replace(
    nonce: number,
    all: readonly LedgerTransaction[],
    { purpose, opportunity, conversion, raw = "" }: LedgerTransaction,
    call: Call,
    head: Head,
  ): Promise<Care> {
    const { gasLimit } = Transaction.from(raw);
    const send = await signAbove(nonce, all, { ...call, purpose, opportunity, conversion, gasLimit }, head);
    if (send === undefined) return {};
    onEvent({ event: "replaced", nonce, hash: send.hash, detail: `it waited for ${options.replaceAfterMs} ms` });
    return { send };
  }

  /** Uses a nonce for nothing, so that what waits with it cannot be mined. */
  async function cancel(
    nonce: number,
    all: readonly LedgerTransaction[],
    { opportunity, conversion }: Subject,
    head: Head,
  ): Promise<Care> {
    const call = { to: account, data: "0x", valueWei: 0n };
    const trial = await chain.tryCall(account, call);
    const gasLimit = "gas" in trial ? (trial.gas * 5n) / 4n : cancelGas;
    const send = await signAbove(nonce, all, { ...call, purpose: "cancel", opportunity, conversion, gasLimit }, head);
    if (send === undefined) return {};
    onEvent({ event: "cancelled", nonce, hash: send.hash, detail: "what waits with its nonce would fail now" });
    return { send };
  }

  async function signAbove(
    nonce: number,
    all: readonly LedgerTransaction[],
    draft: Call & Subject & Pick<LedgerTransaction, "purpose"> & { readonly gasLimit: bigint },
    head: Head,
  ): Promise<LedgerTransaction | undefined> {
    if (all.filter(isOpen).length > options.maxReplacements) return undefined;
    const fees = feesAbove(firstFees(head.baseFeeWei, options), all, maxGasPriceWei);
    if (fees === undefined) return undefined;
    const { opportunity, conversion, ...rest } = draft;
    const subject = { opportunity, conversion };
    const signed = await state.sign(
      { ...rest, ...fees, nonce, seenAtMs: undefined },
      // What fills the nonce of something dropped has no room any more: its small cost is booked when it is mined.
      ({ maxGasWei }) => (isReserved(subject, all) && books.raise(subject, maxGasWei, nowSeconds())) || subject,
    );
    return isNoTrade(signed) ? undefined : signed;
  }

  /** Fills a nonce that became free below one that is waited for, which could not be mined before it. */
  async function fillGap({ head, used, highest }: Scene): Promise<LedgerTransaction | undefined> {
    const first = Math.max(used, (transactions.highestUsedNonce(account) ?? -1) + 1);
    const taken = transactions.takenNonces(account, first);
    for (let nonce = first; nonce < highest; nonce++) {
      if (taken.has(nonce)) continue;
      const dropped = transactions.ofNonce(account, nonce);
      return (await cancel(nonce, dropped, dropped.at(-1) ?? {}, head)).send;
    }
    return undefined;
  }

  /** Drops transactions of one nonce. What belongs to none that is left is lost. */
  function loseAll(lost: readonly LedgerTransaction[], detail: string): readonly Settled[] {
    const settled: Settled[] = [];
    ledger.transact(() => {
      const [{ nonce } = { nonce: -1 }] = lost;
      const before = transactions.ofNonce(account, nonce);
      for (const { hash } of lost) {
        transactions.drop(hash, detail, nowMs());
        onEvent({ event: "dropped", nonce, hash, detail });
      }
      const after = transactions.ofNonce(account, nonce);
      for (const subject of subjectsOf(lost)) {
        if (!isReserved(subject, before) || isReserved(subject, after)) continue;
        books.release(subject, nowSeconds());
        const result = lostResult(subject, before, detail);
        if (result !== undefined) settled.push(write({ result, receipt: undefined }));
      }
    });
    return settled;
  }

  /** What an order came to of whose transactions none was mined. */
  function lostResult(subject: Subject, all: readonly LedgerTransaction[], detail: string): OrderResult | undefined {
    const { opportunity } = subject;
    const order = opportunity === undefined ? undefined : ledger.opportunities.sentOrder(opportunity);
    const hash = all.findLast((one) => isSame(one, subject))?.hash;
    if (opportunity === undefined || order === undefined || hash === undefined) return undefined;
    const { token, expected, simulated } = order;
    const nothing = { realised: undefined, treasuryGain: undefined, netUsdE8: undefined };
    return { opportunity, status: "lost", hash, token, expected, simulated, ...nothing, detail };
  }

  async function look(valuationOf: ValuationOf): Promise<{ settled: Settled[]; sends: LedgerTransaction[] }> {
    const settled: Settled[] = [];
    const sends: LedgerTransaction[] = [];
    const isIdle = !isDoubtful && !transactions.open().some((transaction) => transaction.account === account);
    if (isIdle && nowMs() - lookedMs < options.idleMs) return { settled, sends };

    const head = await chain.head();
    const used = await chain.nonceAt(account, head.number);
    isDoubtful ||= last === undefined || (head.hash !== last.hash && head.parentHash !== last.hash);
    if (isDoubtful) await recheck(head);
    // Before anything later is settled: so that all nonces below a settled one are always explained, also after a crash.
    const explained = await findForeign(head, used);
    const groups = transactions.unresolved(account);
    const highest = groups.findLast((group) => group.transactions.some(isOpen))?.nonce ?? -1;
    const scene = { head, used, highest };
    for (const group of groups) {
      if (group.nonce < used && group.nonce > explained) continue;
      // What was dropped is looked at once its nonce is used: it may have turned up.
      if (group.nonce >= used && !group.transactions.some(isOpen)) continue;
      const result = await settleNonce(group, head, used, valuationOf);
      if (result !== undefined) settled.push(...result);
      else if (group.nonce >= used) {
        const care = await careFor(group, scene);
        settled.push(...(care.settled ?? []));
        if (care.send !== undefined) sends.push(care.send);
      }
    }
    const filler = await fillGap(scene);
    if (filler !== undefined) sends.push(filler);
    state.used = used;
    last = head;
    lookedMs = nowMs();
    return { settled, sends };
  }

  return {
    async settle(valuationOf) {
      const { settled, sends } = await state.queue(() => look(valuationOf));
      // Outside of the queue: a node that does not answer keeps nobody from sending.
      await Promise.all(sends.map((transaction) => state.broadcast(transaction)));
      return settled;
    },
    lose(transaction, detail) {
      loseAll([transaction], detail);
    },
  };
}

/** The chain as one look at it sees it. */
interface Scene {
  readonly head: Head;
  readonly used: number;
  /** The highest nonce that something waits with, or -1. */
  readonly highest: number;
}

/** What looking after a nonce came to. */
interface Care {
  readonly settled?: readonly Settled[];
  readonly send?: LedgerTransaction | undefined;
}

/** Returns what transactions belong to, each subject once. */
function subjectsOf(all: readonly LedgerTransaction[]): readonly Subject[] {
  const subjects: Subject[] = [];
  for (const { opportunity, conversion } of all) {
    if (opportunity === undefined && conversion === undefined) continue;
    if (!subjects.some((one) => isSame(one, { opportunity, conversion }))) subjects.push({ opportunity, conversion });
  }
  return subjects;
}

/** Whether room is taken for a subject: what only uses up the nonce of something dropped has none. */
function isReserved(subject: Subject, all: readonly LedgerTransaction[]): boolean {
  return all.some((one) => isOpen(one) && one.purpose !== "cancel" && isSame(one, subject));
}

function isSame(a: Subject, b: Subject): boolean {
  return a.opportunity === b.opportunity && a.conversion === b.conversion;
}

function callOf({ raw }: LedgerTransaction): Call | undefined {
  if (raw === undefined) return undefined;
  const { to, data, value } = Transaction.from(raw);
  return { to: to ?? ether, data, valueWei: value };
}
