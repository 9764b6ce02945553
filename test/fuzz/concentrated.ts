import { Contract, Interface } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { type Address, type Deployment, tokenOf } from "../../bot/config/chains/chain.ts";
import { isRefusal } from "../../bot/domain/quote.ts";
import { maxSqrtPriceX96, maxTick, minSqrtPriceX96, sqrtPriceAtTick } from "../../bot/venues/concentratedLiquidity.ts";
import type { TickTable } from "../../bot/venues/tickTable.ts";
import { tickTable, wordsAround } from "../../bot/venues/tickTable.ts";
import type { Call, Pool, Venue } from "../../bot/venues/venue.ts";
import { poolCaller } from "../../localnet/concentrated.ts";
import { PoolCaller__factory } from "../../types/index.js";
import type { Connection } from "../support/arbitrum.ts";
import type { Random } from "../support/random.ts";
import { readerAt } from "../support/reader.ts";
import type { Arrangement, FuzzVariant, Ground, StorageWrite } from "./variant.ts";

/** Ticks are counted in the pool's tick spacing from the center, prices in ticks and units of the price from it. */
export type PoolNumbers = {
  readonly pool: bigint;
  readonly center: bigint;
  readonly fee: bigint;
  readonly positions: readonly { readonly from: bigint; readonly width: bigint; readonly liquidity: bigint }[];
  /** Where the price starts, and where it is moved to before the swap: every crossing leaves its mark on the tick. */
  readonly prices: readonly { readonly tick: bigint; readonly units: bigint }[];
  readonly zeroToOne: bigint;
  readonly amountIn: bigint;
};

/** A pool whose ticks are read. */
type TickPool = Pool & { readonly table: TickTable };

/** A pool that was made for the fuzz, without a price. */
export interface FreshPool {
  readonly pool: TickPool;
  readonly tickSpacing: number;
  /** Makes the fee the one with which the pool starts. */
  readonly feeWrites: (fee: bigint) => readonly StorageWrite[];
}

export interface PoolKind {
  readonly name: string;
  readonly venue: Venue;
  readonly deployment: Deployment & { readonly factory: Address };
  /** The function of `PoolCaller` that adds positions. */
  readonly add: "addToAlgebra" | "addToUniswapV3";
  /** How much of the tick table is read: all of it, or the bot's window, which no swap is made to leave. */
  readonly window: "whole" | "around";
  /** How the factory creates a pool, and what it is told beyond the two tokens. */
  readonly createPool: string;
  readonly tiers: readonly (readonly unknown[])[];
  /** Where a pool keeps the fee that it starts with, of 16 bits, in a word that holds other things as well. */
  readonly feePlace?: { readonly slot: bigint; readonly bit: bigint };
  readonly reasons?: FuzzVariant["reasons"];
}

const [tokenA, tokenB] = [tokenOf(arbitrum, "DAI"), tokenOf(arbitrum, "USDT")];

/** No pool of the localnet trades these, so that every pool here is new. */
export const freshTokens = [tokenA, tokenB] as const;

/** Enough for every position and every move, and below the 128 bits of Algebra's reserves. */
const supply = 2n ** 126n;

/** What fits in Algebra's 16 bits. */
const maxFee = 65_535n;

const poolAbi = new Interface(["function initialize(uint160 sqrtPriceX96)"]);
const caller = PoolCaller__factory.createInterface();

export function concentratedVariant(kind: PoolKind): FuzzVariant<PoolNumbers> {
  const { name, venue, deployment, reasons } = kind;
  return {
    name,
    reasons: {
      "input left": ["insufficient-liquidity"],
      // Liquidity that no single unit reaches is as good as none.
      "no output": ["zero-output", "insufficient-liquidity"],
      // A pool looks at the amount before it looks for liquidity; without any there is no curve that could be asked.
      AS: ["zero-amount", "insufficient-liquidity"],
      SPL: ["insufficient-liquidity"],
      ...reasons,
    },
    async prepare(ground) {
      const pools = await createPools(ground.connection, kind);
      return {
        draw: (random) => drawNumbers(random, pools.length),
        async arrange(numbers) {
          const fresh = pools[Number(numbers.pool)];
          const made = fresh && (await arrangementOf(kind, ground, fresh, numbers));
          if (made === undefined) return undefined;
          return { ...made, venue: throughPool(venue), deployment: poolDeployment(deployment) };
        },
      };
    },
  };
}

/** The swap is made in the pool itself: a router pays what a pool asks for, and does not say what is left. */
const throughPool = (venue: Venue): Venue => ({
  ...venue,
  encode: (_deployment, { address }) => ({ target: address, data: "0x" }),
});

const poolDeployment = ({ name }: Deployment): Deployment => ({
  venue: "uniswapV3",
  name,
  factory: poolCaller,
  feesPpm: [],
});

function drawNumbers(random: Random, pools: number): PoolNumbers {
  const count = Number(random.bigint(0n, 7n));
  const scale = random.pick([1n, 1n, 8n, 60n]);
  return {
    pool: random.bigint(0n, BigInt(pools - 1)),
    center: random.bigint(-400n, 400n),
    fee: random.bigint(0n, maxFee),
    positions: Array.from({ length: count + 1 }, () => ({
      from: random.bigint(-20n, 20n) * scale,
      width: random.bigint(1n, 20n) * scale,
      liquidity: random.bigint(1n, 10n ** random.bigint(3n, 24n)),
    })),
    prices: Array.from({ length: Number(random.bigint(1n, 3n)) }, () => ({
      tick: random.bigint(-20n, 20n) * scale,
      units: random.pick([0n, 0n, 1n, random.bigint(-(10n ** 24n), 10n ** 24n)]),
    })),
    zeroToOne: random.bigint(0n, 1n),
    amountIn: random.bigint(0n, 10n ** random.bigint(1n, 30n)),
  };
}

async function arrangementOf(
  { venue, add, window }: PoolKind,
  { balanceOf, readerAfter }: Ground,
  { pool, tickSpacing, feeWrites }: FreshPool,
  { center, fee, positions, prices, zeroToOne, amountIn }: PoolNumbers,
): Promise<Pick<Arrangement, "pool" | "swap" | "storage" | "steps" | "estimateSlack"> | undefined> {
  const tickOf = (offset: bigint) => Number(center + offset) * tickSpacing;
  const priceOf = ({ tick, units }: PoolNumbers["prices"][number]) => {
    const price = sqrtPriceAtTick(tickOf(tick)) + units;
    return price < minSqrtPriceX96 ? minSqrtPriceX96 : price > maxSqrtPriceX96 ? maxSqrtPriceX96 : price;
  };
  const ends = positions.flatMap(({ from, width }) => [tickOf(from), tickOf(from + width)]);
  const isValid =
    prices.length > 0 &&
    ends.every((tick) => Math.abs(tick) <= maxTick) &&
    prices.every(({ tick }) => Math.abs(tickOf(tick)) < maxTick) &&
    positions.every(({ width, liquidity }) => width > 0n && liquidity > 0n) &&
    fee >= 0n &&
    fee <= maxFee;
  if (!isValid || amountIn < 0n) return undefined;

  const [token0 = "", token1 = ""] = pool.tokens;
  const storage = [balanceOf(token0, poolCaller, supply), balanceOf(token1, poolCaller, supply), ...feeWrites(fee)];
  const added = positions.map(({ from, width, liquidity }) => ({
    bottomTick: tickOf(from),
    topTick: tickOf(from + width),
    liquidity,
  }));
  const through = (data: string): Call => ({ target: poolCaller, data });
  const [first = 0n, ...moves] = prices.map(priceOf).filter((price, i, all) => price !== all[i - 1]);
  const steps: readonly Call[] = [
    { target: pool.address, data: poolAbi.encodeFunctionData("initialize", [first]) },
    through(caller.encodeFunctionData(add as "addToAlgebra", [pool.address, added])),
    ...moves.map((price, i) =>
      through(caller.encodeFunctionData("moveTo", [pool.address, price < (moves[i - 1] ?? first), price])),
    ),
  ];
  const reader = readerAfter(storage, steps);
  // Every step of a swap may round a unit of either token away: there is one for each word at most, and one for each tick.
  const price = Number(moves.at(-1) ?? first) / 2 ** 96;
  const slackOf = (stepCount: number) => stepCount * (1 + (zeroToOne === 1n ? price ** 2 : price ** -2));
  const { spacing } = pool.table;
  const [tokenIn, tokenOut] = zeroToOne === 1n ? [token0, token1] : [token1, token0];
  if (window === "whole") {
    const numbers = wordsAround(0, spacing, maxTick);
    const words = numbers.map((number) => wordAt(number, spacing, ends));
    const known = { ...pool, table: tickTable(spacing, numbers[0] ?? 0, words) } as Pool;
    return {
      pool: known,
      swap: { tokenIn, tokenOut, amountIn },
      storage,
      steps,
      estimateSlack: slackOf(words.length + ends.length + 2),
    };
  }
  const known = ((await venue.rediscover?.(pool, reader)) ?? pool) as TickPool;
  const { table } = known;
  const state = venue.decode(known, await reader.read(venue.reads(known)), 0n);
  const curve = isRefusal(state) ? state : venue.curve(known, state, tokenIn, tokenOut);
  const limit = isRefusal(curve) ? 0n : BigInt(Math.floor(Math.min(curve.limitIn, 2 ** 126)));
  const within = amountIn < limit ? amountIn : limit;
  return {
    pool: known,
    swap: { tokenIn, tokenOut, amountIn: within },
    storage,
    steps,
    estimateSlack: slackOf(ends.length + table.words.length + 2),
  };
}

/** Returns a word of a tick table in which these ticks are initialized. */
function wordAt(number: number, spacing: number, ticks: readonly number[]): bigint {
  const slots = ticks.map((tick) => tick / spacing).filter((slot) => slot >> 8 === number);
  return slots.reduce((word, slot) => word | (1n << BigInt(slot & 255)), 0n);
}

/** Creates the pools of a kind, and finds them by the venue's own discovery. */
async function createPools(connection: Connection, kind: PoolKind): Promise<readonly FreshPool[]> {
  const { venue, deployment, createPool, tiers, feePlace } = kind;
  const { provider } = connection.ethers;
  const [owner] = await connection.ethers.getSigners();
  const factory = new Contract(deployment.factory, [`function ${createPool}`], owner);
  const pair = freshTokens.map(({ address }) => address);
  const known = new Set(await discovered());
  for (const tier of tiers) {
    await (await factory.getFunction("createPool")(...pair, ...tier, { gasLimit: 30_000_000n })).wait();
  }
  const pools = (await discovered()).filter(({ id }) => ![...known].some((each) => each.id === id));
  return Promise.all(
    pools.map(async (pool) => {
      const contract = new Contract(pool.address, ["function tickSpacing() view returns (int24)"], provider);
      const word = feePlace && BigInt(await provider.getStorage(pool.address, feePlace.slot));
      return {
        pool,
        tickSpacing: Number(await contract.getFunction("tickSpacing")()),
        feeWrites(fee) {
          if (feePlace === undefined || word === undefined) return [];
          const { slot, bit } = feePlace;
          return [{ address: pool.address, slot, value: (word & ~(maxFee << bit)) | (fee << bit) }];
        },
      };
    }),
  );

  async function discovered(): Promise<readonly TickPool[]> {
    return (await venue.discover(deployment, freshTokens, readerAt(connection))) as readonly TickPool[];
  }
}
