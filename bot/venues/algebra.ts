import { getAddress, Interface, id, toBeHex } from "ethers";
import { expectAnswer, expectValue } from "../check/expectation.ts";
import type { Address, AlgebraDeployment, Token } from "../config/chains/chain.ts";
import type { Curve } from "../domain/curve.ts";
import { isRefusal, type Refusal, refuse } from "../domain/quote.ts";
import { concentratedFlash } from "../lenders/concentratedFlash.ts";
import { concentratedCurve } from "./concentratedCurve.ts";
import { applyEvent, burnTopic, mintTopic, swapTopic } from "./concentratedEvents.ts";
import { maxSqrtPriceX96, maxTick, minSqrtPriceX96, minTick, sqrtPriceAtTick } from "./concentratedLiquidity.ts";
import type { ConcentratedState, Stepping, Tick } from "./concentratedSteps.ts";
import { rootPriceLimit } from "./priceLimit.ts";
import { boundsOf, decodeWindow, liquidityOf, readTables, type TableOfPool, type TickTable } from "./tickTable.ts";
import { type Call, type CallResult, type Log, type Pool, quoteOnce, type Reader, type Venue } from "./venue.ts";
import { readGroups, signed, wordsIn, wordsOf } from "./words.ts";

/**
 * What a pool's `globalState` returns, which tells the generations of Algebra apart:
 *
 * - `singleFee` (1.0, 1.1): price, tick, fee, timepoint index, community fee of each token, unlocked
 * - `directionalFee` (1.9): price, tick, fee of each direction, timepoint index, community fee of each token, unlocked
 * - `linkedTicks` (2): price, tick, previous initialized tick, fee, timepoint index, community fee, unlocked
 * - `unknown`: none of these; the pool is listed and every state of it is refused
 */
export type GlobalStateLayout = "singleFee" | "directionalFee" | "linkedTicks" | "unknown";

export interface AlgebraPool extends Pool {
  readonly venue: "algebra";
  readonly quoter: Address;
  readonly layout: GlobalStateLayout;
  /** How its ticks are counted, and which of them are read. */
  readonly table: TickTable;
}

/** A pool at one block. A fee is in millionths of the input, and undefined where not even one unit can be swapped. */
export interface AlgebraState extends ConcentratedState {
  readonly feeZeroToOne: bigint | undefined;
  readonly feeOneToZero: bigint | undefined;
  /**
   * What `flash` takes of what it lends, in millionths: the fee that is stored, which the next swap may replace. Absent
   * where a pool has one for each direction.
   */
  readonly flashFee?: bigint | undefined;
}

/** Fee(uint16 fee), and Fee(uint16 feeZto, uint16 feeOtz) where each direction has its own. */
const feeTopic = id("Fee(uint16)");
const feesTopic = id("Fee(uint16,uint16)");

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
  trades: { topics: [swapTopic], source: ({ address }) => ({ address }) },
  follow: {
    topics: [swapTopic, mintTopic, burnTopic, feeTopic, feesTopic],
    source: ({ address }) => ({ address }),
    apply,
    // The fee that is due follows the clock as well.
    told: ({ sqrtPriceX96, tick, liquidity, window }) => ({ sqrtPriceX96, tick, liquidity, window }),
  },
  curve,
  quote: (pool, state, swap) => quoteOnce(curve, pool, state, swap),
  lends: concentratedFlash(steppingOf, (_pool, { flashFee }) => flashFee),
  encode: ({ router }) => ({ target: router, data: "0x" }),
  encodeDirect: (_deployment, { address }, _tokenIn, limit) => ({ target: address, data: toBeHex(limit, 20) }),
  priceLimit: (_pool, swap, leastOut) => rootPriceLimit(swap, leastOut),
};

/** The place of the lock among the words of `globalState`. */
const unlockedWord = { singleFee: 6, directionalFee: 7, linkedTicks: 6 } as const;

/** The place of the fee, where there is one for both directions. */
const feeWord = { singleFee: 2, directionalFee: undefined, linkedTicks: 3 } as const;

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
  const [table] = await readTables([tableOf({ pool, tick: tickOf(globalState), spacing: pool.table.spacing })], reader);
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

const tableOf = ({ pool: { address }, tick, spacing }: Candidate): TableOfPool => ({
  tick,
  spacing,
  word: (number) => call(address, "tickTable", [number]),
});

/** Returns each pool under the reading whose ticks the pool confirms, under the likeliest where none has any. */
async function pickReadings(
  candidates: readonly (readonly Candidate[])[],
  reader: Reader,
): Promise<readonly AlgebraPool[]> {
  const readings = candidates.flat();
  const tables = await readTables(readings.map(tableOf), reader);
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

/** The reads that come before those of the tick table. */
const headReads = 4;

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
  const [globalState, liquidity, quoteZeroToOne, quoteOneToZero] = results.slice(0, headReads).map(wordsOf);
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
  const window = decodeWindow(
    table,
    results.slice(headReads),
    "tickTable",
    layout === "linkedTicks" ? linkedTickOf : liquidityOf,
  );
  if (isRefusal(window)) return window;
  const { lower, upper } = window;
  if (tick < lower || tick >= upper) {
    return refuse("beyond-snapshot", `the price is at tick ${tick}, known are ${lower} to ${upper}`);
  }
  const [zeroToOne, oneToZero] = [quoteZeroToOne?.[1], quoteOneToZero?.[1]];
  const hasOneFee = layout !== "directionalFee";
  return {
    sqrtPriceX96: price,
    tick,
    liquidity: active,
    window,
    // At the end of all liquidity only one direction can be asked.
    feeZeroToOne: zeroToOne ?? (hasOneFee ? oneToZero : undefined),
    feeOneToZero: oneToZero ?? (hasOneFee ? zeroToOne : undefined),
    flashFee: globalState?.[feeWord[layout] ?? -1],
  };
}

/** Decodes a tick of the second generation, of which the ninth word tells whether limit orders wait there. */
function linkedTickOf(tick: number, words: readonly bigint[]): Tick {
  return { ...liquidityOf(tick, words), hasLimitOrders: words[8] !== 0n };
}

/* EVENTS */

function apply({ layout }: AlgebraPool, state: AlgebraState, log: Log): AlgebraState | "read" {
  const topic = log.topics[0];
  if (topic !== feeTopic && topic !== feesTopic) return applyEvent(state, log);
  const [first, second = first] = wordsIn(log.data);
  const isDirectional = topic === feesTopic;
  if (first === undefined || isDirectional !== (layout === "directionalFee")) return "read";
  return { ...state, feeZeroToOne: first, feeOneToZero: second, flashFee: isDirectional ? undefined : first };
}

/* QUOTE */

function curve(
  pool: AlgebraPool,
  state: AlgebraState,
  tokenIn: Address,
  tokenOut: Address,
): Curve<AlgebraState> | Refusal {
  const { tokens } = pool;
  const zeroToOne = tokenIn === tokens[0];
  if (tokenIn !== tokens[zeroToOne ? 0 : 1] || tokenOut !== tokens[zeroToOne ? 1 : 0]) {
    return refuse("token-not-in-pool", `${tokenIn} to ${tokenOut}`);
  }
  const fee = zeroToOne ? state.feeZeroToOne : state.feeOneToZero;
  if (fee === undefined) {
    const { lower, upper } = state.window;
    return refuse(
      "insufficient-liquidity",
      `no unit finds liquidity in this direction between ticks ${lower} and ${upper}`,
    );
  }
  return concentratedCurve(state, { zeroToOne, fee, ...steppingOf(pool) });
}

/** Returns how a pool finds where a step of a swap ends. */
export function steppingOf({ layout, table }: AlgebraPool): Stepping {
  return { spacing: table.spacing, stops: layout === "linkedTicks" ? "linked" : "words" };
}
