import { network } from "hardhat";
import { createArbitrum } from "../../localnet/arbitrum.ts";

/** The chain under test: a fork when ARBITRUM_RPC_URL is set, otherwise the localnet. */
export const isFork = process.env.ARBITRUM_RPC_URL !== undefined;

export type Connection = Awaited<ReturnType<typeof network.create>>;

let shared: Promise<Connection> | undefined;

/** Returns the chain under test: one for the whole run, because building it costs seconds. */
export function arbitrumConnection(): Promise<Connection> {
  shared ??= isFork ? fork() : createArbitrum().then(({ connection }) => connection);
  return shared;
}

async function fork(): Promise<Connection> {
  const url = process.env.ARBITRUM_RPC_URL ?? "";
  const block = process.env.ARBITRUM_FORK_BLOCK;
  const blockNumber = block === undefined ? await newestBlock(url) : Number(block);
  const connection = await network.create({ network: "localnet", override: { forking: { url, blockNumber } } });
  // Calls run on a block of ours: Hardhat knows no hardforks of Arbitrum's, and refuses to execute on the forked block.
  await connection.networkHelpers.mine();
  return connection;
}

async function newestBlock(url: string): Promise<number> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_blockNumber", params: [] });
  const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
  const { result } = (await response.json()) as { result: string };
  return Number(result);
}

/**
 * Lets the localnet's clock go on from its newest block. Otherwise the next block would be as much later as the run has
 * taken until now, and what was posted when the chain was built, as WOOFi's prices, would be stale after five minutes.
 */
async function turnClockBack({ networkHelpers }: Connection): Promise<void> {
  await networkHelpers.time.setNextBlockTimestamp((await networkHelpers.time.latest()) + 1);
  await networkHelpers.mine();
}

/**
 * Gives the enclosing `describe` the chain under test. What its `before` hooks do is undone after the describe, what a
 * test does is undone after the test.
 */
export function useArbitrum(): () => Connection {
  let connection: Connection | undefined;
  let whole: { restore(): Promise<void> } | undefined;
  let single: { restore(): Promise<void> } | undefined;
  before(async function () {
    this.timeout(180_000);
    connection = await arbitrumConnection();
    whole = await connection.networkHelpers.takeSnapshot();
    if (!isFork) await turnClockBack(connection);
  });
  beforeEach(async () => {
    single = await connection?.networkHelpers.takeSnapshot();
  });
  afterEach(async () => {
    await single?.restore();
  });
  after(async () => {
    await whole?.restore();
  });
  return () => {
    if (connection === undefined) throw new Error("useArbitrum(): the chain exists only inside hooks and tests.");
    return connection;
  };
}
