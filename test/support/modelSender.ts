import { id as keccakText, Wallet } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import type { NoTrade } from "../../bot/domain/noTrade.ts";
import type { Ledger } from "../../bot/ledger/ledger.ts";
import type { Subject } from "../../bot/ledger/transactions.ts";
import type { SenderChain } from "../../bot/sender/chain.ts";
import { ownKey } from "../../bot/sender/lock.ts";
import { createSender, type Sender, type SenderOptions, type Sent } from "../../bot/sender/sender.ts";
import type { Books, SenderEvent, ValuationOf } from "../../bot/sender/settle.ts";
import type { Submit } from "../../bot/sender/submission/submission.ts";
import { memoryOrder } from "./memoryOrder.ts";
import { type ModelChain, modelData, modelOrderIn } from "./modelChain.ts";

export const modelKey = new Wallet(`0x${"42".repeat(32)}`);

/** One dollar a token, 3,000 for ether. */
export const modelValuation: ValuationOf = () => ({
  tokenPriceE8: 1_00000000n,
  tokenDecimals: 6,
  etherPriceE8: 3_000_00000000n,
});

export interface ModelSetup {
  readonly ledger: Ledger;
  readonly model: ModelChain;
  readonly books: Books;
  readonly events?: SenderEvent[];
  readonly chain?: SenderChain;
  readonly submit?: Submit;
  readonly change?: Partial<SenderOptions>;
}

/** Creates the sender of the model's key, as a program that starts does. */
export function modelSender({ ledger, model, books, events = [], chain, submit, change }: ModelSetup): Sender {
  const options: SenderOptions = {
    chainId: arbitrum.id,
    privateKey: modelKey.privateKey,
    tipWei: 0n,
    maxGasPriceWei: 10n ** 12n,
    baseFeeWei: () => 10n ** 7n,
    books,
    profitIn(logs, opportunity) {
      const order = modelOrderIn(logs[0]?.data ?? "0x");
      return order?.opportunity === opportunity ? BigInt(order.profit) : undefined;
    },
    treasuryAt: async () => modelKey.address,
    halt: () => undefined,
    mayTrade: () => true,
    onEvent: (event) => void events.push(event),
    nowMs: model.nowMs,
    replaceAfterMs: 2_000,
    maxReplacements: 3,
    confirmBlocks: 64n,
    idleMs: 0,
    ...change,
  };
  const lock = ownKey(arbitrum.id, modelKey.address);
  return createSender(lock, ledger, chain ?? model.chain, submit ?? model.submit, options);
}

const { opportunity: sample, order: sampleOrder } = memoryOrder();

/** Sends the order of an opportunity of this name, as `execute` does. */
export async function sendModelOrder(
  sender: Sender,
  ledger: Ledger,
  books: { reserve: (subject: Subject) => void },
  { name, profit, deadline }: { readonly name: string; readonly profit: bigint; readonly deadline: bigint },
): Promise<Sent | NoTrade> {
  const opportunity = keccakText(name);
  const order = { ...sampleOrder, id: opportunity, deadline, expected: profit };
  return sender.send({
    purpose: "order",
    to: arbitrum.weth,
    data: modelData({ opportunity, profit: String(profit), deadline: String(deadline) }),
    valueWei: 0n,
    gasLimit: 400_000n,
    conditions: { knownAccounts: {}, timestampMax: deadline },
    record({ hash, nonce }) {
      books.reserve({ opportunity });
      const verdict = { kind: "confirmed", profit, gas: 300_000n } as const;
      const sent = { hash, nonce, refusal: undefined };
      const found = { ...sample, id: opportunity };
      ledger.opportunities.record(1, [
        { block: 1n, timestamp: 1n, opportunity: found, order, verdict, sent, noTrade: undefined },
      ]);
      return { opportunity };
    },
  });
}

/** Keeps books, and throws on what must never happen. */
export function strictBooks() {
  const status = new Map<string, "open" | "released" | "booked">();
  const net = new Map<string, bigint>();
  const keyOf = ({ opportunity, conversion }: Subject) => opportunity ?? String(conversion);
  const expectStatus = (subject: Subject, ...allowed: string[]) => {
    const now = status.get(keyOf(subject)) ?? "none";
    if (!allowed.includes(now))
      throw new Error(`The books have ${now} for ${keyOf(subject)}, not ${allowed.join(" or ")}.`);
  };
  return {
    status,
    net,
    reserve(subject: Subject) {
      expectStatus(subject, "none");
      status.set(keyOf(subject), "open");
    },
    book(subject: Subject, netUsdE8: bigint) {
      expectStatus(subject, "open", "released");
      status.set(keyOf(subject), "booked");
      net.set(keyOf(subject), netUsdE8);
    },
    bookAtWorst(subject: Subject, costUsdE8: bigint) {
      this.book(subject, -costUsdE8);
    },
    release(subject: Subject) {
      expectStatus(subject, "open");
      status.set(keyOf(subject), "released");
    },
    reopen(subject: Subject) {
      expectStatus(subject, "released", "booked");
      status.set(keyOf(subject), "open");
      net.delete(keyOf(subject));
    },
    raise: () => undefined,
  };
}
