import { Interface } from "ethers";
import type { AskedLenderName, Chain, Deployment } from "../config/chains/chain.ts";
import type { LoanOffer } from "../domain/lender.ts";
import { type NoTrade, noTrade } from "../domain/noTrade.ts";
import { isRefusal, refuse } from "../domain/quote.ts";
import type { Absence, Block, Context, ContractState, PoolState, WalletState } from "../domain/snapshot.ts";
import { type Borrower, integerOf } from "../lenders/lender.ts";
import { lenders } from "../lenders/registry.ts";
import type { Problem } from "../rpc/health.ts";
import { type EthCall, readAll } from "../rpc/multicall.ts";
import { type Venues, venueOf } from "../venues/registry.ts";
import type { Call, CallResult, Pool } from "../venues/venue.ts";
import { priceSection } from "./prices.ts";

export interface ObservePorts {
  readonly latestBlock: () => Promise<Block>;
  /** Sends one `eth_call` pinned to a block. */
  readonly ethCallAt: (block: bigint) => EthCall;
}

/** What is found once, to be followed from block to block. */
export interface Market {
  readonly borrower: Borrower;
  readonly pools: readonly Pool[];
  /** By lender, what its `discover` returned. A lender that is not in here is not asked. */
  readonly lenderSetups: ReadonlyMap<AskedLenderName, unknown>;
  /** Deployments whose pools could not be listed, with the reason. */
  readonly undiscovered: ReadonlyMap<string, string>;
}

const multicall3 = new Interface([
  "function getCurrentBlockTimestamp() view returns (uint256)",
  "function getChainId() view returns (uint256)",
  "function getEthBalance(address account) view returns (uint256)",
]);
const erc20 = new Interface(["function balanceOf(address account) view returns (uint256)"]);
const flashArbitrage = new Interface([
  "function paused() view returns (bool)",
  "function isOperator(address account) view returns (bool)",
  "function treasury() view returns (address)",
]);

/** What the self-check has left. */
export interface Sound {
  readonly deployments: readonly Deployment[];
  readonly lenders: readonly AskedLenderName[];
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
  const lenderSetups = new Map<AskedLenderName, unknown>();
  for (const name of soundLenders) lenderSetups.set(name, await lenders[name].discover(borrower, reader));
  return { borrower, pools, lenderSetups, undiscovered };
}

/** A part of a read: its calls, and what it makes of their results. */
export interface Section<T> {
  readonly calls: readonly Call[];
  readonly decode: (results: readonly CallResult[], block: Block) => T;
}

/** As many calls as an RPC node's usual limit of gas for one `eth_call`, 50 million, leaves room for. */
const callsPerRead = 3_000;

/**
 * Reads at one block, in one `eth_call` of Multicall3 pinned to it, or in as few as its limit of gas allows. Returns why
 * nothing can be made of the answers when they are of another chain or another block.
 */
export async function readPinned(
  { multicall3: target, id }: Chain,
  ports: Pick<ObservePorts, "ethCallAt">,
  block: Block,
  calls: readonly Call[],
): Promise<readonly CallResult[] | NoTrade> {
  const proof = ["getChainId", "getCurrentBlockTimestamp"].map((name) => ({
    target,
    data: multicall3.encodeFunctionData(name),
  }));
  const ethCall = ports.ethCallAt(block.number);
  const count = Math.ceil(calls.length / callsPerRead);
  const parts = Array.from({ length: count }, (_, index) => [
    ...proof,
    ...calls.slice(index * callsPerRead, (index + 1) * callsPerRead),
  ]);
  const problemOf = ([chainId, clock]: readonly CallResult[]): Problem | undefined => {
    const [served, timestamp] = [integerOf(chainId), integerOf(clock)];
    if (served !== BigInt(id)) return { fault: "wrong-chain", detail: `the RPC serves chain ${served}, not ${id}` };
    if (timestamp === block.timestamp) return undefined;
    const detail = `the header is of second ${block.timestamp}, the state of second ${timestamp}`;
    return { fault: "stale", detail };
  };
  const read = await Promise.all(parts.map((part) => readAll(ethCall, target, part, problemOf)));
  for (const results of read) {
    const problem = problemOf(results);
    if (problem !== undefined) {
      return noTrade(problem.fault === "wrong-chain" ? "wrong-chain" : "rpc-lagging", problem.detail);
    }
  }
  return read.flatMap((results) => results.slice(proof.length));
}

/** Returns the function that hands each section its part of what was read for them, in the order of the calls. */
export function partsOf(results: readonly CallResult[], block: Block): <T>(section: Section<T>) => T {
  let position = 0;
  return ({ calls, decode }) => {
    const part = results.slice(position, position + calls.length);
    position += calls.length;
    return decode(part, block);
  };
}

/** Everything that is read besides the pools. */
export function contextSection(market: Market, sequencerGraceSeconds: bigint): Section<Context> {
  const { borrower } = market;
  const offers = lenderSections(market);
  const prices = priceSection(borrower.chain, sequencerGraceSeconds);
  const contract = contractSection(borrower);
  const wallet = walletSection(borrower);
  return {
    calls: [...offers, prices, contract, wallet].flatMap(({ calls }) => calls),
    decode: (results, block) => {
      const take = partsOf(results, block);
      // In the order of the calls.
      return {
        offers: offers.flatMap(take),
        ...take(prices),
        contract: take(contract),
        wallet: take(wallet),
      };
    },
  };
}

export function poolSection(pool: Pool, venues: Venues): Section<PoolState | Absence> {
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
