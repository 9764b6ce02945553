import { Interface, toBeHex, toQuantity, ZeroAddress } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import type { Address } from "../../bot/config/chains/chain.ts";
import { decodeRevert, revertData } from "../../bot/rpc/revert.ts";
import type { Call, CallResult, Log } from "../../bot/venues/venue.ts";
import { FuzzProbe__factory } from "../../types/index.js";
import type { Connection } from "../support/arbitrum.ts";
import { balanceSlot, slotOf } from "../support/fund.ts";
import type { Ground, StorageWrite } from "./variant.ts";

/** What the probe does in one call. Without a swap it only reads. */
export interface Performance {
  readonly storage: readonly StorageWrite[];
  readonly steps: readonly Call[];
  readonly reads: readonly Call[];
  readonly swap?: { readonly call: Call; readonly tokenOut: Address };
}

export interface Outcome {
  /** Of the block, in seconds. */
  readonly timestamp: bigint;
  readonly before: readonly CallResult[];
  readonly swap: CallResult;
  readonly received: bigint;
  readonly after: readonly CallResult[];
}

/** The ground, with what the runner does on it. */
export interface Playground extends Ground {
  /** Performs in an `eth_call`, which changes nothing. */
  call(performance: Performance): Promise<Outcome>;
  /** Performs in a transaction, which is undone, and returns the events of the swap. */
  send(performance: Performance): Promise<{ readonly outcome: Outcome; readonly logs: readonly Log[] }>;
}

/** Thrown when the steps of a case do not lead to its state. */
export class StepError extends Error {}

const WORD_BYTES = 32;
const gas = toQuantity(900_000_000n);
const probeAbi = new Interface(FuzzProbe__factory.abi);
const performSelector = probeAbi.getFunction("perform")?.selector;
const reachedTopic = probeAbi.getEvent("Reached")?.topicHash;
const performedTopic = probeAbi.getEvent("Performed")?.topicHash;

/** Puts the probe on a chain. */
export async function createPlayground(connection: Connection): Promise<Playground> {
  const { provider } = connection;
  const [signer] = await connection.ethers.getSigners();
  if (signer === undefined) throw new Error("The chain has no accounts.");
  const from = signer.address;
  const probe = await (await new FuzzProbe__factory(signer).deploy()).waitForDeployment();
  const trader = await probe.getAddress();
  const request = (method: string, params: unknown[]) => provider.request({ method, params });
  const slots = new Map<Address, bigint>();
  for (const { address } of arbitrum.tokens) slots.set(address, await balanceSlot(connection, address, trader));

  async function call({ storage, ...performance }: Performance): Promise<Outcome> {
    const transaction = { from, to: trader, data: encode(performance), gas };
    try {
      const params = [transaction, "latest", overridesOf(storage)];
      return decodeOutcome(String(await request("eth_call", params)));
    } catch (error) {
      throw stepErrorOf(error);
    }
  }

  async function send({ storage, ...performance }: Performance) {
    const snapshot = await request("evm_snapshot", []);
    try {
      for (const { address, slot, value } of storage) {
        await request("hardhat_setStorageAt", [address, toQuantity(slot), toBeHex(value, 32)]);
      }
      await request("eth_sendTransaction", [{ from, to: trader, data: encode(performance), gas }]);
      const logs = (await request("eth_getLogs", [{ fromBlock: "latest", toBlock: "latest" }])) as Log[];
      const of = (topic: string | undefined) => logs.findIndex(({ topics }) => topics[0] === topic);
      const [reached, performed] = [of(reachedTopic), of(performedTopic)];
      const { data = "0x" } = logs[performed] ?? {};
      return {
        outcome: decodeOutcome(data),
        logs: logs.slice(reached + 1, performed),
      };
    } catch (error) {
      throw stepErrorOf(error);
    } finally {
      await request("evm_revert", [snapshot]);
    }
  }

  return {
    connection,
    trader,
    balanceOf(token, holder, amount) {
      const slot = slots.get(token);
      if (slot === undefined) throw new Error(`${token} is no token of the chain file: its balances are unknown.`);
      return { address: token, slot: BigInt(slotOf(holder, slot)), value: amount };
    },
    readerAfter: (storage, steps = []) => ({
      read: async (reads) => (await call({ storage, steps, reads })).before,
    }),
    call,
    send,
  };
}

/** Encodes a call of `perform`, by hand for the reason that outcomes are decoded by hand. */
function encode({ steps, reads, swap }: Omit<Performance, "storage">): string {
  const { call, tokenOut } = swap ?? { call: { target: ZeroAddress, data: "0x" }, tokenOut: ZeroAddress };
  const tails = [encodeCalls(steps), encodeCalls(reads), encodeCall(call)];
  return `${performSelector}${offsetsOf(tails, 4)}${wordOf(tokenOut)}${tails.join("")}`;
}

function encodeCalls(calls: readonly Call[]): string {
  const tails = calls.map(encodeCall);
  return wordOf(calls.length) + offsetsOf(tails, calls.length) + tails.join("");
}

function encodeCall({ target, data }: Call): string {
  const bytes = data.slice(2);
  const padded = bytes.padEnd(Math.ceil(bytes.length / 64) * 64, "0");
  return wordOf(target) + wordOf(2 * WORD_BYTES) + wordOf(bytes.length / 2) + padded;
}

/** Where each of `tails` begins, behind `heads` words. */
function offsetsOf(tails: readonly string[], heads: number): string {
  let offset = heads * WORD_BYTES;
  return tails
    .map((tail) => {
      const word = wordOf(offset);
      offset += tail.length / 2;
      return word;
    })
    .join("");
}

function wordOf(value: number | Address): string {
  return (typeof value === "number" ? value.toString(16) : value.slice(2)).padStart(2 * WORD_BYTES, "0");
}

/**
 * Decodes an outcome, alone in what was returned or logged: word by word, because ethers' decoder takes longer than the
 * chain does.
 */
function decodeOutcome(returned: string): Outcome {
  const word = (at: number) => BigInt(`0x${returned.slice(2 + 2 * at, 66 + 2 * at)}`);
  const place = (base: number, head: number) => base + Number(word(base + head * WORD_BYTES));
  const resultAt = (at: number): CallResult => {
    const bytes = place(at, 1);
    const start = 2 + 2 * (bytes + WORD_BYTES);
    return { success: word(at) !== 0n, data: `0x${returned.slice(start, start + 2 * Number(word(bytes)))}` };
  };
  const resultsAt = (at: number) =>
    Array.from({ length: Number(word(at)) }, (_, index) => resultAt(place(at + WORD_BYTES, index)));
  const outcome = place(0, 0);
  return {
    timestamp: word(outcome),
    before: resultsAt(place(outcome, 1)),
    swap: resultAt(place(outcome, 2)),
    received: word(outcome + 3 * WORD_BYTES),
    after: resultsAt(place(outcome, 4)),
  };
}

/** Groups writes as `eth_call` takes them. */
function overridesOf(storage: readonly StorageWrite[]): Record<Address, { stateDiff: Record<string, string> }> {
  const overrides: Record<Address, { stateDiff: Record<string, string> }> = {};
  for (const { address, slot, value } of storage) {
    overrides[address] ??= { stateDiff: {} };
    overrides[address].stateDiff[toBeHex(slot, 32)] = toBeHex(value, 32);
  }
  return overrides;
}

function stepErrorOf(error: unknown): unknown {
  const data = revertData(error);
  return data === undefined ? error : new StepError(decodeRevert(data, probeAbi).text, { cause: error });
}
