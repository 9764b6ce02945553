import { Transaction, toQuantity } from "ethers";
import { differenceOf } from "../domain/difference.ts";
import { type Causes, causeOf, type PoolChange, type Unexplained } from "../ledger/causes.ts";
import { type EthCall, readAll } from "../rpc/multicall.ts";
import type { RpcProvider } from "../rpc/provider.ts";
import { type Attempt, RpcError } from "../rpc/retry.ts";
import { type Venues, venueOf } from "../venues/registry.ts";
import type { LogSource, Pool } from "../venues/venue.ts";

/** A log with the transaction that it is of. */
export interface PlacedLog {
  readonly address: string;
  readonly topics: readonly string[];
  readonly block: bigint;
  readonly transaction: string;
  readonly transactionIndex: number;
}

export interface ExplainPorts {
  readonly logsOf: (from: bigint, to: bigint, addresses: readonly string[]) => Promise<readonly PlacedLog[]>;
  /** Returns a mined transaction's place in its block, or undefined when it is not mined. */
  readonly placeOf: (hash: string) => Promise<number | undefined>;
  readonly timestampOf: (block: bigint) => Promise<bigint>;
  readonly latestBlock: () => Promise<bigint>;
  readonly ethCallAt: (block: bigint) => EthCall;
}

/** Results that are looked into with one block: the others wait for the next. */
const explainedPerBlock = 4;

/** Where an order was not mined, so many blocks are looked at. */
const lostBlocks = 64n;

/**
 * Creates the function that finds the causes of results that came to something else than expected. It asks the chain what
 * happened to the route's pools between the order's block and its transaction. A result whose question has no answer
 * waits for the next time, also in the next run.
 */
export function createExplain(
  causes: Causes,
  ports: ExplainPorts,
  { pools, multicall3 }: { readonly pools: readonly Pool[]; readonly multicall3: string },
  venues: Venues,
): () => Promise<void> {
  const byId = new Map(pools.map((pool) => [pool.id, pool]));

  const explainOne = async (result: Unexplained): Promise<void> => {
    const { route, raw, mined, ...rest } = result;
    const passed = [...new Set(route.split("|").map((hop) => hop.slice(0, hop.lastIndexOf(":"))))];
    const known = passed.flatMap((id) => byId.get(id) ?? []);
    const changes = await changesOf(result, known);
    const gasLimit = raw === undefined ? undefined : Transaction.from(raw).gasLimit;
    const explanation = causeOf({ ...rest, mined: mined && { ...mined, gasLimit }, changes });
    if (explanation !== undefined) causes.explain(result.opportunity, explanation);
  };

  const changesOf = async ({ block, mined, hash }: Unexplained, known: readonly Pool[]): Promise<PoolChange[]> => {
    const place = mined === undefined ? undefined : await ports.placeOf(hash);
    const newest = await ports.latestBlock();
    const last = mined?.block ?? (newest < block + lostBlocks ? newest : block + lostBlocks);
    if (last <= block || known.length === 0) return [];
    const logs = await ports.logsOf(
      block + 1n,
      last,
      known.flatMap((pool) => emittersOf(pool)),
    );
    const before = logs.filter(
      (log) => log.transaction !== hash && (log.block < last || place === undefined || log.transactionIndex < place),
    );
    const told = known.flatMap((pool) => before.filter((log) => isOf(pool, log)).map((log) => changeOf(pool, log)));
    // A trade says more than what it changed, and the state says what no event told.
    if (told.some(({ kind }) => kind !== "changed")) return told;
    return [...told, ...(await stateChanges(known, block, mined === undefined ? last : last - 1n, last))];
  };

  const emittersOf = (pool: Pool): string[] => {
    const { follow, trades } = venueOf(venues, pool.venue);
    return [trades.source(pool), ...[follow?.source(pool) ?? []].flat()].map(({ address }) => address);
  };

  const isOf = (pool: Pool, log: PlacedLog): boolean => {
    const { follow } = venueOf(venues, pool.venue);
    const told = [follow?.source(pool) ?? []].flat().some((source) => isFrom(source, log));
    return isTrade(pool, log) || (told && (follow?.topics.includes(log.topics[0] ?? "") ?? false));
  };

  const isTrade = (pool: Pool, log: PlacedLog): boolean => {
    const { topics, source } = venueOf(venues, pool.venue).trades;
    return topics.includes(log.topics[0] ?? "") && isFrom(source(pool), log);
  };

  const changeOf = (pool: Pool, log: PlacedLog): PoolChange => {
    const kind = !isTrade(pool, log) ? "changed" : causes.isOurs(log.transaction) ? "traded-by-us" : "traded";
    return { pool: nameOf(pool), kind, detail: `transaction ${log.transaction}` };
  };

  /** Compares the pools' states at the order's block with those that its transaction met. */
  const stateChanges = async (
    known: readonly Pool[],
    from: bigint,
    to: bigint,
    clock: bigint,
  ): Promise<PoolChange[]> => {
    try {
      const statesAt = async (block: bigint, timestamp: bigint) => {
        const parts = known.map((pool) => venueOf(venues, pool.venue).reads(pool));
        const results = await readAll(ports.ethCallAt(block), multicall3, parts.flat());
        let position = 0;
        return known.map((pool, index) => {
          const count = parts[index]?.length ?? 0;
          position += count;
          return venueOf(venues, pool.venue).decode(pool, results.slice(position - count, position), timestamp);
        });
      };
      // What the clock changes counts at the time of the transaction's block.
      const [earlier, later] = await Promise.all([
        statesAt(from, await ports.timestampOf(from)),
        statesAt(to, await ports.timestampOf(clock)),
      ]);
      return known.flatMap((pool, index): PoolChange[] => {
        const difference = differenceOf(later[index], earlier[index]);
        return difference === undefined ? [] : [{ pool: nameOf(pool), kind: "changed", detail: difference }];
      });
    } catch (error) {
      // A node that keeps few states does not know the order's any more: the logs have to do.
      if (error instanceof RpcError) return [];
      throw error;
    }
  };

  return async () => {
    for (const result of causes.unexplained(explainedPerBlock)) {
      try {
        await explainOne(result);
      } catch (error) {
        // Counted and logged where it happens. The result waits for the next time.
        if (error instanceof RpcError) return;
        throw error;
      }
    }
  };
}

function nameOf({ deployment, id }: Pool): string {
  return `${deployment} ${id}`;
}

function isFrom({ address, topic1 }: LogSource, log: PlacedLog): boolean {
  return same(address, log.address) && (topic1 === undefined || same(topic1, log.topics[1] ?? ""));
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

type RpcLog = Record<"address" | "blockNumber" | "transactionHash" | "transactionIndex", string> & {
  readonly topics: readonly string[];
};

/** Builds what finding causes needs of a node. */
export function createExplainPorts(
  rpc: Pick<RpcProvider, "send">,
  attempt: Attempt,
  ethCallAt: ExplainPorts["ethCallAt"],
): ExplainPorts {
  const blockOf = async (tag: string) =>
    (await rpc.send("eth_getBlockByNumber", [tag, false])) as { number: string; timestamp: string };
  return {
    ethCallAt,
    logsOf: (from, to, address) =>
      attempt(`read the logs of blocks ${from} to ${to}`, async () => {
        const filter = { fromBlock: toQuantity(from), toBlock: toQuantity(to), address: [...new Set(address)] };
        const logs = (await rpc.send("eth_getLogs", [filter])) as RpcLog[];
        return logs.map(({ topics, ...log }) => ({
          address: log.address,
          topics,
          block: BigInt(log.blockNumber),
          transaction: log.transactionHash,
          transactionIndex: Number(log.transactionIndex),
        }));
      }),
    placeOf: (hash) =>
      attempt("read a receipt", async () => {
        const receipt = (await rpc.send("eth_getTransactionReceipt", [hash])) as { transactionIndex: string } | null;
        return receipt === null ? undefined : Number(receipt.transactionIndex);
      }),
    timestampOf: (block) =>
      attempt(`read block ${block}`, async () => BigInt((await blockOf(toQuantity(block))).timestamp)),
    latestBlock: () => attempt("read the newest block", async () => BigInt((await blockOf("latest")).number)),
  };
}
