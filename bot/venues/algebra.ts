import { getAddress, Interface } from "ethers";
import { expectAnswer, expectValue } from "../check/expectation.ts";
import type { Address, AlgebraDeployment, Token } from "../config/chains/chain.ts";
import { type Quote, type Refusal, refuse } from "../domain/quote.ts";
import {
  maxSqrtPriceX96,
  maxTick,
  minSqrtPriceX96,
  minTick,
  sqrtPriceAtTick,
  stepExactIn,
} from "./concentratedLiquidity.ts";
import { sampledCurve } from "./sampledCurve.ts";
import {
  boundsOf,
  nextInitialized,
  nextStopInWord,
  type Stop,
  type TickTable,
  tickTable,
  wordsAround,
} from "./tickTable.ts";
import type { Call, CallResult, Pool, Reader, Swap, Venue } from "./venue.ts";

/**
 * What a pool's `globalState` returns, which tells the generations of Algebra apart:
 *
 * - `singleFee` (1.0, 1.1): price, tick, fee, timepoint index, community fee of each token, unlocked
 * - `directionalFee` (1.9): price, tick, fee of each direction, timepoint index, community fee of each token, unlocked
 * - `linkedTicks` (2): price, tick, previous initialized tick, fee, timepoint index, community fee, unlocked
 * - `unknown`: none of these; the pool is listed and every state of it is refused
 */
export type GlobalStateLayout = "singleFee" | "directionalFee" | "linkedTicks" | "unknown";

/** A pool, with the window of its tick table in which swaps are quoted. */
export interface AlgebraPool extends Pool {
  readonly venue: "algebra";
  readonly quoter: Address;
  readonly layout: GlobalStateLayout;
  readonly table: TickTable;
}

/** A pool at one block. A fee is in millionths of the input, and undefined where not even one unit can be swapped. */
export interface AlgebraState {
  readonly sqrtPriceX96: bigint;
  readonly tick: number;
  readonly liquidity: bigint;
  readonly feeZeroToOne: bigint | undefined;
  readonly feeOneToZero: bigint | undefined;
  /** The ticks of the pool's table, in their order. */
  readonly ticks: readonly TickState[];
}

export interface TickState {
  /** What crossing the tick upward adds to the liquidity. */
  readonly liquidityNet: bigint;
  readonly hasLimitOrders: boolean;
}

export const algebra: Venue<AlgebraDeployment, AlgebraPool, AlgebraState> = {
  name: "algebra",

  gas: 150_000n,

  requirements({ factory, poolDeployer, router, quoter }, [tokenA, tokenB]) {
    return {
      contracts: { factory, poolDeployer, router, quoter },
      expectations: [
        expectValue(router, "factory() view returns (address)", [], factory),
        expectValue(quoter, "factory() view returns (address)", [], factory),
        expectValue(factory, "poolDeployer() view returns (address)", [], poolDeployer),
        expectAnswer(factory, "poolByPair(address a, address b) view returns (address)", [
          tokenA?.address,
          tokenB?.address,
        ]),
      ],
    };
  },
  discover,
  rediscover,
  reads,
  decode,
  curve: (pool, state, tokenIn, tokenOut) => sampledCurve(quote, pool, state, tokenIn, tokenOut),
  quote,
  encode: ({ router }) => ({ target: router, data: "0x" }),
};

/** How many ticks on either side of the price the window holds at least: a fifth of the price. */
const reachTicks = 2_048;

/** The place of the lock among the words of `globalState`. */
const unlockedWord = { singleFee: 6, directionalFee: 7, linkedTicks: 6 } as const;

const abi = Interface.from([
  "function poolByPair(address, address) view returns (address)",
  "function globalState()",
  "function liquidity() view returns (uint128)",
  "function tickSpacing() view returns (int24)",
  "function tickSpacingLimitOrders() view returns (int24)",
  "function tickTable(int16 word) view returns (uint256)",
  "function ticks(int24 tick)",
  "function quoteExactInputSingle(address tokenIn, address tokenOut, uint256 amountIn, uint160 limitSqrtPrice) returns (uint256 amountOut, uint16 fee)",
]);

const call = (target: Address, name: string, args: readonly unknown[] = []): Call => ({
  target,
  data: abi.encodeFunctionData(name, [...args]),
});

/** Reads groups of calls in one batch. */
async function readGroups(
  reader: Reader,
  groups: readonly (readonly Call[])[],
): Promise<readonly (readonly CallResult[])[]> {
  const results = await reader.read(groups.flat());
  let taken = 0;
  return groups.map(({ length }) => {
    taken += length;
    return results.slice(taken - length, taken);
  });
}

/** Returns the words that a read returned, as unsigned integers: none when it failed. */
function wordsOf(result: CallResult | undefined): readonly bigint[] {
  if (!result?.success) return [];
  const count = Math.floor((result.data.length - 2) / 64);
  return Array.from({ length: count }, (_, i) => BigInt(`0x${result.data.slice(2 + 64 * i, 66 + 64 * i)}`));
}

const signed = (word: bigint): bigint => BigInt.asIntN(256, word);

/* DISCOVERY */

/** A pool under one reading of its tick table, which may turn out to be the wrong one. */
interface Candidate {
  readonly pool: Omit<AlgebraPool, "table">;
  readonly tick: number;
  readonly spacing: number;
}

async function discover(
  deployment: AlgebraDeployment,
  tokens: readonly Token[],
  reader: Reader,
): Promise<readonly AlgebraPool[]> {
  const pairs = tokens.flatMap((a, i) => tokens.slice(i + 1).map((b) => sorted(a.address, b.address)));
  const listed = await reader.read(pairs.map((pair) => call(deployment.factory, "poolByPair", pair)));
  const bases = pairs.flatMap((pair, i) => {
    const [word] = wordsOf(listed[i]);
    if (word === undefined || word === 0n) return [];
    const address = getAddress(`0x${word.toString(16).padStart(40, "0")}`);
    const { name, quoter } = deployment;
    return [{ venue: "algebra" as const, deployment: name, id: address, address, tokens: pair, quoter }];
  });
  const heads = await readGroups(
    reader,
    bases.map(({ address }) => [
      call(address, "globalState"),
      call(address, "tickSpacing"),
      call(address, "tickSpacingLimitOrders"),
    ]),
  );
  const candidates = bases.map((base, i): readonly Candidate[] => {
    const [globalState, tickSpacing, limitOrders] = heads[i] ?? [];
    const layout = layoutOf(globalState, limitOrders);
    const tick = tickOf(globalState);
    const spacing = Number(signed(wordsOf(tickSpacing)[0] ?? 1n));
    return spacingsOf(layout, spacing).map((each) => ({ pool: { ...base, layout }, tick, spacing: each }));
  });
  return pickReadings(candidates, reader);
}

/**
 * Reads a pool's window of ticks again, around the price of now. This is the way out when a pool's state is refused as
 * `beyond-snapshot`: a position was added or removed, or the price left the window.
 */
export async function rediscover(pool: AlgebraPool, reader: Reader): Promise<AlgebraPool> {
  const [globalState] = await reader.read([call(pool.address, "globalState")]);
  const [table] = await readTables([{ pool, tick: tickOf(globalState), spacing: pool.table.spacing }], reader);
  return table === undefined ? pool : { ...pool, table };
}

function sorted(a: Address, b: Address): readonly [Address, Address] {
  return BigInt(a) < BigInt(b) ? [a, b] : [b, a];
}

function layoutOf(globalState: CallResult | undefined, limitOrders: CallResult | undefined): GlobalStateLayout {
  const { length } = wordsOf(globalState);
  if (length === 8) return "directionalFee";
  // Seven words either way: only the second generation knows limit orders.
  if (length === 7) return limitOrders?.success && wordsOf(limitOrders).length > 0 ? "linkedTicks" : "singleFee";
  return "unknown";
}

function tickOf(globalState: CallResult | undefined): number {
  return Number(signed(wordsOf(globalState)[1] ?? 0n));
}

/**
 * Returns how many ticks a bit of the tick table may stand for, the likeliest first. The first generation counts in
 * tick spacings until 1.9 and in ticks from there, and no function tells which.
 */
function spacingsOf(layout: GlobalStateLayout, tickSpacing: number): readonly number[] {
  if (layout === "singleFee" && tickSpacing > 1) return [tickSpacing, 1];
  if (layout === "directionalFee" && tickSpacing > 1) return [1, tickSpacing];
  return [1];
}

async function readTables(candidates: readonly Candidate[], reader: Reader): Promise<readonly TickTable[]> {
  const windows = candidates.map(({ tick, spacing }) => wordsAround(tick, spacing, reachTicks));
  const groups = await readGroups(
    reader,
    candidates.map(({ pool }, i) => (windows[i] ?? []).map((word) => call(pool.address, "tickTable", [word]))),
  );
  return candidates.map(({ spacing }, i) => {
    const words = (groups[i] ?? []).map((result) => wordsOf(result)[0] ?? 0n);
    return tickTable(spacing, windows[i]?.[0] ?? 0, words);
  });
}

/** Returns each pool under the reading whose ticks the pool confirms, under the likeliest where none has any. */
async function pickReadings(
  candidates: readonly (readonly Candidate[])[],
  reader: Reader,
): Promise<readonly AlgebraPool[]> {
  const readings = candidates.flat();
  const tables = await readTables(readings, reader);
  const pools = readings.flatMap(({ pool }, i) => {
    const table = tables[i];
    return table === undefined ? [] : [{ ...pool, table }];
  });
  const ticks = await readGroups(
    reader,
    pools.map(({ address, table }) => table.ticks.map((tick) => call(address, "ticks", [tick]))),
  );
  const confirmed = pools.filter((_, i) => {
    const liquidities = (ticks[i] ?? []).map((result) => wordsOf(result)[0] ?? 0n);
    return liquidities.length > 0 && liquidities.every((liquidity) => liquidity > 0n);
  });
  const byAddress = (address: Address) => (pool: AlgebraPool) => pool.address === address;
  return candidates.flatMap(([first]) => {
    if (first === undefined) return [];
    const pool = [...confirmed, ...pools].find(byAddress(first.pool.address));
    return pool === undefined ? [] : [pool];
  });
}

/* STATE */

function reads(pool: AlgebraPool): readonly Call[] {
  const { address, quoter, table } = pool;
  const [token0, token1] = pool.tokens;
  if (pool.layout === "unknown") return [];
  const { lower, upper } = boundsOf(table);
  return [
    call(address, "globalState"),
    call(address, "liquidity"),
    // One unit is enough to be told the fee, and the limit keeps an empty pool from walking all its words.
    call(quoter, "quoteExactInputSingle", [token0, token1, 1n, priceWithin(lower - 1)]),
    call(quoter, "quoteExactInputSingle", [token1, token0, 1n, priceWithin(upper + 1)]),
    ...table.words.map((_, offset) => call(address, "tickTable", [table.firstWord + offset])),
    ...table.ticks.map((tick) => call(address, "ticks", [tick])),
  ];
}

/** Returns the price at `tick`, or the nearest price that a pool takes as a limit. */
function priceWithin(tick: number): bigint {
  if (tick <= minTick) return minSqrtPriceX96;
  return tick >= maxTick ? maxSqrtPriceX96 : sqrtPriceAtTick(tick);
}

function decode(pool: AlgebraPool, results: readonly CallResult[]): AlgebraState | Refusal {
  const { layout, table } = pool;
  if (layout === "unknown") return refuse("unreadable", "globalState() has none of the known layouts");
  const [globalState, liquidity, quoteZeroToOne, quoteOneToZero, ...rest] = results.map(wordsOf);
  const [price, tickWord] = globalState ?? [];
  const unlocked = globalState?.[unlockedWord[layout]];
  if (price === undefined || tickWord === undefined || unlocked === undefined) {
    return refuse("unreadable", "globalState() failed or changed its layout");
  }
  const active = liquidity?.[0];
  if (active === undefined) return refuse("unreadable", "liquidity() failed");
  if (price === 0n) return refuse("insufficient-liquidity", "the pool has no price yet");
  if (unlocked === 0n) return refuse("paused", "the pool is locked");
  const tick = Number(signed(tickWord));
  const moved = changedWord(table, rest.slice(0, table.words.length));
  if (moved !== undefined) return moved;
  const { lower, upper } = boundsOf(table);
  if (tick < lower || tick >= upper) {
    return refuse("beyond-snapshot", `the price is at tick ${tick}, known are ${lower} to ${upper}`);
  }
  const ticks: TickState[] = [];
  for (const [i, known] of table.ticks.entries()) {
    const words = rest[table.words.length + i];
    const liquidityNet = words?.[1];
    if (liquidityNet === undefined) return refuse("unreadable", `ticks(${known}) failed`);
    ticks.push({ liquidityNet: signed(liquidityNet), hasLimitOrders: layout === "linkedTicks" && words?.[8] !== 0n });
  }
  return {
    sqrtPriceX96: price,
    tick,
    liquidity: active,
    feeZeroToOne: quoteZeroToOne?.[1],
    feeOneToZero: quoteOneToZero?.[1],
    ticks,
  };
}

/** Refuses where a word of the tick table is not what was discovered: a tick was added or removed. */
function changedWord(table: TickTable, words: readonly (readonly bigint[])[]): Refusal | undefined {
  for (const [offset, known] of table.words.entries()) {
    const word = words[offset]?.[0];
    if (word === undefined) return refuse("unreadable", `tickTable(${table.firstWord + offset}) failed`);
    if (word !== known) {
      const hex = (bits: bigint) => `0x${bits.toString(16)}`;
      const place = `tickTable(${table.firstWord + offset})`;
      return refuse("beyond-snapshot", `${place} is ${hex(word)}, known is ${hex(known)}`);
    }
  }
  return undefined;
}

/* QUOTE */

function quote(pool: AlgebraPool, state: AlgebraState, { tokenIn, tokenOut, amountIn }: Swap): Quote {
  const [token0, token1] = pool.tokens;
  const zeroToOne = tokenIn === token0 && tokenOut === token1;
  if (!zeroToOne && !(tokenIn === token1 && tokenOut === token0)) {
    return refuse("token-not-in-pool", `${tokenIn} to ${tokenOut}`);
  }
  if (amountIn <= 0n) return refuse("zero-amount", "the pool swaps no amount of zero");
  if (amountIn >= 1n << 255n) return refuse("over-limit", "the pool takes amounts below 2^255");
  const fee = zeroToOne ? state.feeZeroToOne : state.feeOneToZero;
  if (fee === undefined) {
    const { lower, upper } = boundsOf(pool.table);
    return refuse(
      "insufficient-liquidity",
      `no unit finds liquidity in this direction between ticks ${lower} and ${upper}`,
    );
  }
  const amountOut = swapExactIn(pool, state, { zeroToOne, amountIn, fee });
  return amountOut === 0n ? refuse("zero-output", `${amountIn} units buy nothing`) : amountOut;
}

/** Walks the price from stop to stop until the input is spent, and returns the output. */
function swapExactIn(
  { layout, table }: AlgebraPool,
  state: AlgebraState,
  { zeroToOne, amountIn, fee }: { readonly zeroToOne: boolean; readonly amountIn: bigint; readonly fee: bigint },
): Quote {
  const limit = zeroToOne ? minSqrtPriceX96 : maxSqrtPriceX96;
  const linked = layout === "linkedTicks";
  const nextStop = linked ? nextLinkedStop : nextStopInWord;
  let { sqrtPriceX96: price, tick, liquidity } = state;
  let remaining = amountIn;
  let amountOut = 0n;
  if (zeroToOne ? price <= limit : price >= limit) return refuse("insufficient-liquidity", "the price is at its limit");
  for (;;) {
    const stop = nextStop(table, tick, zeroToOne);
    if (stop === undefined) return beyond(table, remaining, amountIn);
    const stopPrice = sqrtPriceAtTick(stop.tick);
    const target = zeroToOne === stopPrice < limit ? limit : stopPrice;
    const step = stepExactIn({ zeroToOne, price, target, liquidity, available: remaining, fee });
    price = step.price;
    remaining -= step.amountIn + step.feeAmount;
    amountOut += step.amountOut;
    if (price !== stopPrice) break;
    // Reached without a tick there: linked ticks know no edges, so the step should have been longer.
    if (linked && stop.index === undefined) return beyond(table, remaining, amountIn);
    const crossed = stop.index === undefined ? undefined : state.ticks[stop.index];
    if (crossed !== undefined) {
      if (crossed.hasLimitOrders) return refuse("beyond-snapshot", `limit orders at tick ${stop.tick} are not read`);
      liquidity += zeroToOne ? -crossed.liquidityNet : crossed.liquidityNet;
      if (liquidity < 0n) return refuse("invariant", `liquidity below zero at tick ${stop.tick}`);
    }
    tick = zeroToOne ? stop.tick - 1 : stop.tick;
    if (remaining === 0n) break;
  }
  if (remaining > 0n) return refuse("insufficient-liquidity", `${remaining} of ${amountIn} units find no liquidity`);
  return amountOut;
}

/** Returns the next initialized tick however far it is, the edge of the window where there is none in it. */
function nextLinkedStop(table: TickTable, tick: number, zeroToOne: boolean): Stop {
  const { lower, upper } = boundsOf(table);
  return nextInitialized(table, tick, zeroToOne) ?? { tick: zeroToOne ? lower : upper, index: undefined };
}

function beyond(table: TickTable, remaining: bigint, amountIn: bigint): Refusal {
  const { lower, upper } = boundsOf(table);
  return refuse("beyond-snapshot", `${remaining} of ${amountIn} units go beyond ticks ${lower} to ${upper}`);
}
