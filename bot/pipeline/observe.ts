import { Interface } from "ethers";
import type { Address, Chain, Deployment, LenderName } from "../config/chains/chain.ts";
import type { LoanOffer } from "../domain/lender.ts";
import { isNoTrade, type NoTrade, noTrade } from "../domain/noTrade.ts";
import { isRefusal, refuse } from "../domain/quote.ts";
import type { Absence, Block, ContractState, PoolState, Snapshot, WalletState } from "../domain/snapshot.ts";
import { type Borrower, integerOf } from "../lenders/lender.ts";
import { lenders } from "../lenders/registry.ts";
import { decodeReads, type EthCall, encodeReads, readAll } from "../rpc/multicall.ts";
import { type Venues, venueOf } from "../venues/registry.ts";
import type { Call, CallResult, Pool, Reader } from "../venues/venue.ts";

export interface ObservePorts {
  readonly latestBlock: () => Promise<Block>;
  /** Sends one `eth_call` pinned to a block. */
  readonly ethCallAt: (block: bigint) => EthCall;
}

/** What is found once and read at every block. */
export interface Market {
  readonly borrower: Borrower;
  readonly pools: readonly Pool[];
  /** By lender, what its `discover` returned. A lender that is not in here is not asked. */
  readonly lenderSetups: ReadonlyMap<LenderName, unknown>;
  /** Deployments whose pools could not be listed, with the reason. */
  readonly undiscovered: ReadonlyMap<string, string>;
}

const multicall3 = new Interface([
  "function getCurrentBlockTimestamp() view returns (uint256)",
  "function getChainId() view returns (uint256)",
  "function getEthBalance(address account) view returns (uint256)",
]);
const erc20 = new Interface(["function balanceOf(address account) view returns (uint256)"]);
const aggregator = new Interface([
  "function latestRoundData() view returns (uint80, int256, uint256, uint256, uint80)",
]);
const flashArbitrage = new Interface([
  "function paused() view returns (bool)",
  "function isOperator(address account) view returns (bool)",
  "function treasury() view returns (address)",
]);

/** What the self-check has left. */
export interface Sound {
  readonly deployments: readonly Deployment[];
  readonly lenders: readonly LenderName[];
}

/** Lists the pools of the deployments from their factories, and what each lender needs to be asked. */
export async function discover(
  borrower: Borrower,
  { deployments, lenders: soundLenders }: Sound,
  venues: Venues,
  ports: ObservePorts,
): Promise<Market> {
  const { multicall3: address } = borrower.chain;
  const { number } = await ports.latestBlock();
  const reader = { read: (calls: readonly Call[]) => readAll(ports.ethCallAt(number), address, calls) };
  const undiscovered = new Map<string, string>();
  const pools: Pool[] = [];
  for (const deployment of deployments) {
    const venue = venueOf(venues, deployment.venue);
    try {
      pools.push(...(await venue.discover(deployment, borrower.tokens, reader)));
    } catch (error) {
      undiscovered.set(deployment.name, error instanceof Error ? error.message : String(error));
    }
  }
  const lenderSetups = new Map<LenderName, unknown>();
  for (const name of soundLenders) lenderSetups.set(name, await lenders[name].discover(borrower, reader));
  return { borrower, pools, lenderSetups, undiscovered };
}

/** A part of the one read of a block: its calls, and what it makes of their results. */
interface Section<T> {
  readonly calls: readonly Call[];
  readonly decode: (results: readonly CallResult[], block: Block) => T;
}

/**
 * Returns the function that observes the newest block: its header, and then everything else in one `eth_call` of
 * Multicall3 pinned to it. The calldata is the same for every block, so it is encoded once, and again only when a pool has
 * outgrown what is read of it.
 */
export function createObserve(market: Market, venues: Venues, ports: ObservePorts): () => Promise<Snapshot | NoTrade> {
  const { multicall3: address } = market.borrower.chain;
  let plan = planReads(market, market.pools, venues);
  let newest = 0n;

  return async () => {
    const block = await ports.latestBlock();
    if (block.number < newest) {
      return noTrade("rpc-lagging", `the RPC answered with block ${block.number} after block ${newest}`);
    }
    newest = block.number;
    const returned = await ports.ethCallAt(block.number)(address, plan.calldata);
    const snapshot = plan.decode(decodeReads(returned, plan.reads), block);
    if (isNoTrade(snapshot)) return snapshot;
    const outgrown = snapshot.absent.filter(({ refusal }) => refusal.refused === "beyond-snapshot");
    if (outgrown.length > 0) {
      const reader = { read: (calls: readonly Call[]) => readAll(ports.ethCallAt(block.number), address, calls) };
      const ids = new Set(outgrown.map(({ pool }) => pool.id));
      const pools = plan.pools.map((pool) =>
        ids.has(pool.id) ? (venueOf(venues, pool.venue).rediscover?.(pool, reader) ?? pool) : pool,
      );
      plan = planReads(market, await Promise.all(pools), venues);
    }
    return snapshot;
  };
}

/** The one read of every block, and what it is made of. */
interface ReadPlan {
  readonly pools: readonly Pool[];
  readonly calldata: string;
  /** How many reads `calldata` holds. */
  readonly reads: number;
  readonly decode: (results: readonly CallResult[], block: Block) => Snapshot | NoTrade;
}

function planReads(market: Market, pools: readonly Pool[], venues: Venues): ReadPlan {
  const { chain } = market.borrower;
  const context = contextSection(chain);
  const poolSections = pools.map((pool) => poolSection(pool, venues));
  const offers = lenderSections(market);
  const feeds = feedSection(chain);
  const sequencer = sequencerSection(chain);
  const contract = contractSection(market.borrower);
  const wallet = walletSection(market.borrower);

  // In the order in which `decode` takes them.
  const sections: readonly Section<unknown>[] = [
    context,
    ...poolSections,
    ...offers,
    feeds,
    sequencer,
    contract,
    wallet,
  ];
  const calls = sections.flatMap((section) => section.calls);
  const decode = (results: readonly CallResult[], block: Block): Snapshot | NoTrade => {
    let position = 0;
    const take = <T>(section: Section<T>): T => {
      const part = results.slice(position, position + section.calls.length);
      position += section.calls.length;
      return section.decode(part, block);
    };
    const mismatch = take(context);
    if (mismatch !== undefined) return mismatch;
    const states: PoolState[] = [];
    const absent: Absence[] = [];
    for (const section of poolSections) {
      const read = take(section);
      if ("refusal" in read) absent.push(read);
      else states.push(read);
    }
    const loans = offers.flatMap(take);
    return {
      block,
      pools: states,
      absent,
      offers: loans,
      ...take(feeds),
      sequencer: take(sequencer),
      contract: take(contract),
      wallet: take(wallet),
    };
  };
  return { pools, calldata: encodeReads(calls), reads: calls.length, decode };
}

/** Checks that the state is of the block that was asked for, on the chain that was asked for. */
function contextSection({ multicall3: target, id }: Chain): Section<NoTrade | undefined> {
  return {
    calls: [
      { target, data: multicall3.encodeFunctionData("getChainId") },
      { target, data: multicall3.encodeFunctionData("getCurrentBlockTimestamp") },
    ],
    decode: ([chainId, clock], block) => {
      const [served, timestamp] = [integerOf(chainId), integerOf(clock)];
      if (served !== BigInt(id)) return noTrade("wrong-chain", `the RPC serves chain ${served}, not ${id}`);
      if (timestamp === block.timestamp) return undefined;
      return noTrade("rpc-lagging", `the header is of second ${block.timestamp}, the state of second ${timestamp}`);
    },
  };
}

function poolSection(pool: Pool, venues: Venues): Section<PoolState | Absence> {
  const venue = venueOf(venues, pool.venue);
  return {
    calls: venue.reads(pool),
    decode: (results, { timestamp }) => {
      const state = decodeOrRefuse(() => venue.decode(pool, results, timestamp));
      return isRefusal(state) ? { pool, refusal: state } : { pool, state };
    },
  };
}

/** A pool whose answers break its decoder is absent; it does not take the block with it. */
function decodeOrRefuse(decode: () => unknown): unknown {
  try {
    return decode();
  } catch (error) {
    return refuse("unreadable", error instanceof Error ? error.message : String(error));
  }
}

function lenderSections({ borrower, lenderSetups }: Market): readonly Section<readonly LoanOffer[]>[] {
  return [...lenderSetups].map(([name, setup]) => ({
    calls: lenders[name].reads(borrower, setup),
    decode: (results) => lenders[name].decode(borrower, setup, results),
  }));
}

/** Reads the tokens' prices alone. `timestamp` is that of the block that `reader` reads, in seconds. */
export async function readPrices(chain: Chain, reader: Reader, timestamp: bigint): Promise<Prices> {
  const section = feedSection(chain);
  return section.decode(await reader.read(section.calls), { number: 0n, timestamp, baseFeeWei: 0n });
}

interface Prices {
  readonly pricesE8: ReadonlyMap<Address, bigint>;
  readonly unpriced: ReadonlyMap<Address, string>;
}

function feedSection(chain: Chain): Section<Prices> {
  const feeds = chain.tokens.flatMap(({ address }) => {
    const feed = chain.feeds.usd[address];
    return feed === undefined ? [] : [{ token: address, ...feed }];
  });
  return {
    calls: feeds.map(({ address }) => ({ target: address, data: aggregator.encodeFunctionData("latestRoundData") })),
    decode: (results, { timestamp }) => {
      const pricesE8 = new Map<Address, bigint>();
      const unpriced = new Map(chain.tokens.map(({ address }) => [address, "no feed is configured"]));
      for (const [index, { token, heartbeatSeconds }] of feeds.entries()) {
        const round = roundOf(results[index]);
        if (round === undefined) unpriced.set(token, "its feed cannot be read");
        else if (round.answer <= 0n) unpriced.set(token, `its feed answers ${round.answer}`);
        else if (round.updatedAt + BigInt(heartbeatSeconds) < timestamp) {
          const age = timestamp - round.updatedAt;
          unpriced.set(token, `its feed's answer is ${age} s old, the limit is ${heartbeatSeconds} s`);
        } else {
          pricesE8.set(token, round.answer);
          unpriced.delete(token);
        }
      }
      return { pricesE8, unpriced };
    },
  };
}

function sequencerSection(chain: Chain): Section<Snapshot["sequencer"]> {
  return {
    calls: [{ target: chain.feeds.sequencerUptime, data: aggregator.encodeFunctionData("latestRoundData") }],
    decode: ([result]) => {
      const round = roundOf(result);
      // A round that began at 0 is not initialised yet (Chainlink's L2 sequencer feeds).
      if (round === undefined || round.startedAt === 0n) return undefined;
      return { up: round.answer === 0n, since: round.startedAt };
    },
  };
}

function contractSection({ contract, operator }: Borrower): Section<ContractState | undefined> {
  if (contract === undefined) return { calls: [], decode: () => undefined };
  return {
    calls: [
      { target: contract, data: flashArbitrage.encodeFunctionData("paused") },
      { target: contract, data: flashArbitrage.encodeFunctionData("treasury") },
      ...(operator === undefined
        ? []
        : [{ target: contract, data: flashArbitrage.encodeFunctionData("isOperator", [operator]) }]),
    ],
    decode: ([paused, treasury, isOperator]) => {
      const [isPaused, treasuryWord] = [integerOf(paused), integerOf(treasury)];
      if (isPaused === undefined || treasuryWord === undefined || treasury === undefined) return undefined;
      const [address] = flashArbitrage.decodeFunctionResult("treasury", treasury.data);
      return { paused: isPaused === 1n, isOperator: integerOf(isOperator) === 1n, treasury: String(address) };
    },
  };
}

function walletSection({ chain, tokens, operator }: Borrower): Section<WalletState | undefined> {
  if (operator === undefined) return { calls: [], decode: () => undefined };
  return {
    calls: [
      { target: chain.multicall3, data: multicall3.encodeFunctionData("getEthBalance", [operator]) },
      ...tokens.map(({ address }) => ({ target: address, data: erc20.encodeFunctionData("balanceOf", [operator]) })),
    ],
    decode: ([ether, ...balances]) => {
      const etherWei = integerOf(ether);
      if (etherWei === undefined) return undefined;
      const held = tokens.flatMap(({ address }, index) => {
        const balance = integerOf(balances[index]);
        return balance === undefined ? [] : [[address, balance] as const];
      });
      return { etherWei, tokens: new Map(held) };
    },
  };
}

interface Round {
  readonly answer: bigint;
  readonly startedAt: bigint;
  readonly updatedAt: bigint;
}

function roundOf(result: CallResult | undefined): Round | undefined {
  if (!result?.success || result.data.length < 2 + 5 * 64) return undefined;
  const [, answer, startedAt, updatedAt] = aggregator.decodeFunctionResult("latestRoundData", result.data);
  return { answer, startedAt, updatedAt };
}
