import { readFileSync } from "node:fs";
import type { Address } from "../bot/config/chains/chain.ts";

/**
 * The market format `dex-market/1`: one JSON object that any engine can be measured on.
 *
 * In the file integers are decimal strings in the units of the contract; ticks, fees in ppm, decimals and versions are
 * numbers. Here the strings are bigints.
 */
export const marketFormat = "dex-market/1";

export interface DexMarket {
  readonly format: typeof marketFormat;
  readonly seed: number;
  /** Standard deviation of the log prices between pools. */
  readonly spread: number;
  /** How many pools are 1 to 3 % off. */
  readonly dislocated: number;
  /** The first is WETH, the second USDC. */
  readonly tokens: readonly MarketToken[];
  readonly pools: readonly MarketPool[];
  /** The addresses of the pools that are off: to check a search by, not to search by. */
  readonly planted: readonly Address[];
}

export interface MarketToken {
  readonly address: Address;
  readonly symbol: string;
  readonly decimals: number;
  readonly usd: number;
}

/** The state of a pool by its kind. A list with one entry a token has the order of the pool's tokens. */
export interface MarketStates {
  /** The fee is inside the product formula. */
  readonly uniswapV2: ReservesState;
  /** The fee is floored off the input first. */
  readonly solidlyVolatile: ReservesState;
  readonly solidlyStable: ReservesState;
  readonly uniswapV3: RangesState & { readonly feePpm: number };
  readonly algebra: RangesState & {
    readonly feeZtoPpm: number;
    readonly feeOtzPpm: number;
    /** `compressed` (1.0, 1.1): a bit stands for 60 ticks; `raw` (1.9): for one. */
    readonly bitmap: "compressed" | "raw";
  };
  /** All fixed point with 18 decimals. */
  readonly balancerWeighted: {
    readonly balances: readonly bigint[];
    readonly weights: readonly bigint[];
    readonly scalingFactors: readonly bigint[];
    readonly swapFee: bigint;
  };
  readonly balancerStable: {
    readonly balances: readonly bigint[];
    /** Decimals times the rate. */
    readonly scalingFactors: readonly bigint[];
    /** Times 1000. */
    readonly amp: bigint;
    readonly swapFee: bigint;
  };
  /** The first token is the quote token, which `bases` leaves out. */
  readonly woofi: {
    readonly version: string;
    readonly quoteReserve: bigint;
    readonly bases: readonly WoofiBaseState[];
  };
  /** The tokens are base and quote. */
  readonly dodo: {
    readonly variant: "dvm" | "dpp" | "dsp" | "classical";
    readonly i: bigint;
    readonly K: bigint;
    readonly B: bigint;
    readonly Q: bigint;
    readonly B0: bigint;
    readonly Q0: bigint;
    /** 0: one, 1: above one, 2: below one. */
    readonly R: number;
    readonly lpFeeRate: bigint;
    readonly mtFeeRate: bigint;
  };
}

interface ReservesState {
  readonly reserves: readonly [bigint, bigint];
  readonly feePpm: number;
}

export interface RangesState {
  readonly sqrtPriceX96: bigint;
  readonly tick: number;
  readonly liquidity: bigint;
  readonly tickSpacing: number;
  /** Index, net and gross liquidity of every initialized tick, ascending. */
  readonly ticks: readonly (readonly [number, bigint, bigint])[];
}

export interface WoofiBaseState {
  readonly reserve: bigint;
  /** Of 100,000. */
  readonly feeRate: bigint;
  readonly maxNotionalSwap: bigint;
  readonly maxGamma: bigint;
  readonly price: bigint;
  readonly priceDecimals: number;
  readonly spread: bigint;
  readonly coeff: bigint;
  readonly feasible: boolean;
}

export type MarketKind = keyof MarketStates;

export interface PoolOf<K extends MarketKind> {
  readonly address: Address;
  readonly kind: K;
  /** Sorted as on chain, but for `dodo` (base, quote) and `woofi` (the quote token first). */
  readonly tokens: readonly Address[];
  readonly state: MarketStates[K];
}

export type MarketPool = { [K in MarketKind]: PoolOf<K> }[MarketKind];

export const marketKinds = [
  "uniswapV2",
  "uniswapV3",
  "algebra",
  "solidlyVolatile",
  "solidlyStable",
  "balancerWeighted",
  "balancerStable",
  "dodo",
  "woofi",
] as const satisfies readonly MarketKind[];

/** The keys whose strings are integers. */
const integerKeys: ReadonlySet<string> = new Set([
  ...["reserves", "sqrtPriceX96", "liquidity", "ticks", "balances", "weights", "scalingFactors", "swapFee", "amp"],
  ...["i", "K", "B", "Q", "B0", "Q0", "lpFeeRate", "mtFeeRate", "quoteReserve", "reserve", "feeRate"],
  ...["maxNotionalSwap", "maxGamma", "price", "spread", "coeff"],
]);

/** Reads a market file. */
export function loadMarket(file: string): DexMarket {
  return parseMarket(readFileSync(file, "utf8"));
}

/** Parses the text of a market file, and fails on any other format and on a kind of pool that the format lacks. */
export function parseMarket(text: string): DexMarket {
  const market = JSON.parse(text, (key, value) => (integerKeys.has(key) ? withBigints(value) : value)) as DexMarket;
  if (market.format !== marketFormat) {
    throw new Error(`The file is of format ${market.format}; give one of ${marketFormat}.`);
  }
  const stranger = market.pools.find(({ kind }) => !marketKinds.includes(kind));
  if (stranger !== undefined) {
    throw new Error(`Pool ${stranger.address} is of kind ${stranger.kind}; known are ${marketKinds.join(", ")}.`);
  }
  return market;
}

/** Writes a market as `parseMarket` reads it. */
export function stringifyMarket(market: DexMarket): string {
  return JSON.stringify(market, (_, value) => (typeof value === "bigint" ? value.toString() : value));
}

function withBigints(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withBigints);
  return typeof value === "string" ? BigInt(value) : value;
}
