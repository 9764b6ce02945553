import { getAddress, Interface, id, toBeHex } from "ethers";
import { expectAnswer, expectValue } from "../check/expectation.ts";
import type { Address, Token, UniswapV3Deployment } from "../config/chains/chain.ts";
import type { Curve } from "../domain/curve.ts";
import { isRefusal, type Refusal, refuse } from "../domain/quote.ts";
import { concentratedFlash } from "../lenders/concentratedFlash.ts";
import { concentratedCurve } from "./concentratedCurve.ts";
import { applyEvent, burnTopic, mintTopic, pancakeSwapTopic, swapTopic } from "./concentratedEvents.ts";
import type { ConcentratedState, Stepping } from "./concentratedSteps.ts";
import { rootPriceLimit } from "./priceLimit.ts";
import { decodeWindow, readTables, type TableOfPool, type TickTable } from "./tickTable.ts";
import { type Call, type CallResult, type Log, type Pool, quoteOnce, type Reader, type Venue } from "./venue.ts";
import { readGroups, signed, wordsIn, wordsOf } from "./words.ts";

export interface UniswapV3Pool extends Pool {
  readonly venue: "uniswapV3";
  /** The fee by which the factory lists the pool, in millionths of the input. */
  readonly feePpm: number;
  /** Whether its fee is what `currentFee()` says, and not that for ever (Ramses CL). */
  readonly hasMovingFee: boolean;
  /** How its ticks are counted, and which of them are read. */
  readonly table: TickTable;
}

export interface UniswapV3State extends ConcentratedState {
  /** In millionths of the input. */
  readonly feePpm: number;
}

/** FeeAdjustment(uint24 oldFee, uint24 newFee), of Ramses CL. */
const feeTopic = id("FeeAdjustment(uint24,uint24)");

/** Uniswap V3, and the exchanges that kept its pools' interface. */
export const uniswapV3: Venue<UniswapV3Deployment, UniswapV3Pool, UniswapV3State> = {
  name: "uniswapV3",

  gas: 130_000n,

  requirements({ factory, poolDeployer, feesPpm }, [tokenA, tokenB]) {
    const [feePpm] = feesPpm;
    return {
      contracts: poolDeployer === undefined ? { factory } : { factory, poolDeployer },
      expectations: [
        expectAnswer(factory, "getPool(address tokenA, address tokenB, uint24 fee) view returns (address)", [
          tokenA?.address,
          tokenB?.address,
          feePpm,
        ]),
        ...feesPpm.map((fee) =>
          expectAnswer(factory, "feeAmountTickSpacing(uint24 fee) view returns (int24)", [fee], ([spacing]) =>
            spacing > 0n ? undefined : "is 0: the factory has no such fee",
          ),
        ),
        ...(poolDeployer === undefined
          ? []
          : [expectValue(factory, "poolDeployer() view returns (address)", [], poolDeployer)]),
      ],
    };
  },
  discover,
  rediscover,
  reads,
  decode,
  trades: { topics: [swapTopic, pancakeSwapTopic], source: ({ address }) => ({ address }) },
  follow: {
    topics: [swapTopic, pancakeSwapTopic, mintTopic, burnTopic, feeTopic],
    source: ({ address }) => ({ address }),
    apply,
  },
  curve,
  quote: (pool, state, swap) => quoteOnce(curve, pool, state, swap),
  lends: concentratedFlash(
    steppingOf,
    // Nothing says which of its two fees a pool with a moving one takes for a loan.
    ({ hasMovingFee }, { feePpm }) => (hasMovingFee ? undefined : BigInt(feePpm)),
  ),
  encode: (_deployment, { address }) => ({ target: address, data: "0x" }),
  encodeDirect: (_deployment, { address }, _tokenIn, limit) => ({
    target: address,
    data: limit === 0n ? "0x" : toBeHex(limit, 20),
  }),
  priceLimit: (_pool, swap, leastOut) => rootPriceLimit(swap, leastOut),
};

const abi = Interface.from([
  "function getPool(address, address, uint24) view returns (address)",
  "function slot0()",
  "function liquidity() view returns (uint128)",
  "function tickSpacing() view returns (int24)",
  "function currentFee() view returns (uint24)",
  "function tickBitmap(int16 word) view returns (uint256)",
  "function ticks(int24 tick)",
]);

const call = (target: Address, name: string, args: readonly unknown[] = []): Call => ({
  target,
  data: abi.encodeFunctionData(name, [...args]),
});

/** The place of the lock among the words of `slot0`. The word before, the protocol's share of the fee, is no matter. */
const unlockedWord = 6;

/* DISCOVERY */

async function discover(
  { name, factory, feesPpm }: UniswapV3Deployment,
  tokens: readonly Token[],
  reader: Reader,
): Promise<readonly UniswapV3Pool[]> {
  const keys = tokens.flatMap((a, i) =>
    tokens
      .slice(i + 1)
      .flatMap((b) => feesPpm.map((feePpm) => ({ pair: sorted(a.address, b.address), feePpm }) as const)),
  );
  const listed = await reader.read(keys.map(({ pair, feePpm }) => call(factory, "getPool", [...pair, feePpm])));
  const bases = keys.flatMap(({ pair, feePpm }, i) => {
    const [word] = wordsOf(listed[i]);
    if (word === undefined || word === 0n) return [];
    const address = getAddress(`0x${word.toString(16).padStart(40, "0")}`);
    return [{ venue: "uniswapV3" as const, deployment: name, id: address, address, tokens: pair, feePpm }];
  });
  const heads = await readGroups(
    reader,
    bases.map(({ address }) => [call(address, "slot0"), call(address, "tickSpacing"), call(address, "currentFee")]),
  );
  const places = bases.map(({ address }, i) => {
    const [slot0, tickSpacing] = heads[i] ?? [];
    return tableOf(address, slot0, Number(signed(wordsOf(tickSpacing)[0] ?? 1n)));
  });
  const tables = await readTables(places, reader);
  return bases.flatMap((base, i): UniswapV3Pool[] => {
    const [, , currentFee] = heads[i] ?? [];
    const table = tables[i];
    return table === undefined ? [] : [{ ...base, hasMovingFee: wordsOf(currentFee).length > 0, table }];
  });
}

/** Reads a pool's window of ticks again, around the price of now. */
async function rediscover(pool: UniswapV3Pool, reader: Reader): Promise<UniswapV3Pool> {
  const [slot0] = await reader.read([call(pool.address, "slot0")]);
  const [table] = await readTables([tableOf(pool.address, slot0, pool.table.spacing)], reader);
  return table === undefined ? pool : { ...pool, table };
}

function sorted(a: Address, b: Address): readonly [Address, Address] {
  return BigInt(a) < BigInt(b) ? [a, b] : [b, a];
}

const tableOf = (address: Address, slot0: CallResult | undefined, spacing: number): TableOfPool => ({
  tick: Number(signed(wordsOf(slot0)[1] ?? 0n)),
  spacing,
  word: (number) => call(address, "tickBitmap", [number]),
});

/* STATE */

function reads({ address, hasMovingFee, table }: UniswapV3Pool): readonly Call[] {
  return [
    call(address, "slot0"),
    call(address, "liquidity"),
    ...(hasMovingFee ? [call(address, "currentFee")] : []),
    ...table.words.map((_, offset) => call(address, "tickBitmap", [table.firstWord + offset])),
    ...table.ticks.map((tick) => call(address, "ticks", [tick])),
  ];
}

function decode(pool: UniswapV3Pool, results: readonly CallResult[]): UniswapV3State | Refusal {
  const { table, hasMovingFee } = pool;
  const headReads = hasMovingFee ? 3 : 2;
  const [slot0, liquidity, currentFee] = results.slice(0, headReads).map(wordsOf);
  const [sqrtPriceX96, tickWord] = slot0 ?? [];
  const unlocked = slot0?.[unlockedWord];
  if (sqrtPriceX96 === undefined || tickWord === undefined || unlocked === undefined) {
    return refuse("unreadable", "slot0() failed or has another layout");
  }
  const active = liquidity?.[0];
  if (active === undefined) return refuse("unreadable", "liquidity() failed");
  const feePpm = hasMovingFee ? currentFee?.[0] : BigInt(pool.feePpm);
  if (feePpm === undefined) return refuse("unreadable", "currentFee() failed");
  if (sqrtPriceX96 === 0n) return refuse("insufficient-liquidity", "the pool has no price yet");
  if (unlocked === 0n) return refuse("paused", "the pool is locked");
  const window = decodeWindow(table, results.slice(headReads), "tickBitmap");
  if (isRefusal(window)) return window;
  const tick = Number(signed(tickWord));
  const { lower, upper } = window;
  if (tick < lower || tick >= upper) {
    return refuse("beyond-snapshot", `the price is at tick ${tick}, known are ${lower} to ${upper}`);
  }
  return { sqrtPriceX96, tick, liquidity: active, window, feePpm: Number(feePpm) };
}

function apply(_pool: UniswapV3Pool, state: UniswapV3State, log: Log): UniswapV3State | "read" {
  if (log.topics[0] !== feeTopic) return applyEvent(state, log);
  const newFee = wordsIn(log.data)[1];
  return newFee === undefined ? "read" : { ...state, feePpm: Number(newFee) };
}

/* QUOTE */

function curve(
  pool: UniswapV3Pool,
  state: UniswapV3State,
  tokenIn: Address,
  tokenOut: Address,
): Curve<UniswapV3State> | Refusal {
  const { tokens } = pool;
  const zeroToOne = tokenIn === tokens[0];
  if (tokenIn !== tokens[zeroToOne ? 0 : 1] || tokenOut !== tokens[zeroToOne ? 1 : 0]) {
    return refuse("token-not-in-pool", `${tokenIn} to ${tokenOut}`);
  }
  return concentratedCurve(state, { zeroToOne, fee: BigInt(state.feePpm), ...steppingOf(pool) });
}

/** Returns how a pool finds where a step of a swap ends. */
export function steppingOf({ table }: UniswapV3Pool): Stepping {
  return { spacing: table.spacing, stops: "words" };
}
