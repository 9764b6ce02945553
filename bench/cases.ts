import type { Address } from "../bot/config/chains/chain.ts";
import type { DexMarket, MarketKind, MarketPool, MarketToken, RangesState } from "./market.ts";
import { tokensByAddress } from "./pools.ts";

/** One swap to quote. */
export interface QuoteCase {
  readonly pool: MarketPool;
  readonly tokenIn: Address;
  readonly tokenOut: Address;
  readonly amountIn: bigint;
}

/** What a quote is measured of: a kind of pool, and where it makes a difference how far the swap goes. */
export const quoteVariants = [
  "Uniswap V2",
  "Solidly volatile",
  "Solidly stable",
  "Uniswap V3 in range",
  "Uniswap V3 over 2–48 ticks",
  "Algebra in range",
  "Algebra over 2–48 ticks",
  "Balancer weighted",
  "Balancer stable",
  "WooFi",
  "DODO",
] as const;
export type QuoteVariant = (typeof quoteVariants)[number];

/** Shares of what the pool holds, by value: a small trade to a large one. */
const depthShares = [0.0001, 0.001, 0.01, 0.04];
/** Shares of the way to the next initialized tick. */
const rangeShares = [0.05, 0.3, 0.6, 0.9];
const crossedTicks = [2, 3, 5, 8, 12, 20, 32, 48];
const poolsOfAKind = 40;

/** Chooses swaps of every variant that the market has pools for: both directions of its first pools, at several sizes. */
export function quoteCases(market: DexMarket): ReadonlyMap<QuoteVariant, readonly QuoteCase[]> {
  const tokens = tokensByAddress(market);
  const some = <K extends MarketKind>(kind: K) =>
    market.pools.filter((pool) => pool.kind === kind).slice(0, poolsOfAKind);
  const byDepth = (kind: MarketKind) => some(kind).flatMap((pool) => depthCases(pool, tokens));
  const cases: readonly (readonly [QuoteVariant, readonly QuoteCase[]])[] = [
    ["Uniswap V2", byDepth("uniswapV2")],
    ["Solidly volatile", byDepth("solidlyVolatile")],
    ["Solidly stable", byDepth("solidlyStable")],
    ["Uniswap V3 in range", some("uniswapV3").flatMap(inRangeCases)],
    ["Uniswap V3 over 2–48 ticks", some("uniswapV3").flatMap(crossingCases)],
    ["Algebra in range", some("algebra").flatMap(inRangeCases)],
    ["Algebra over 2–48 ticks", some("algebra").flatMap(crossingCases)],
    ["Balancer weighted", byDepth("balancerWeighted")],
    ["Balancer stable", byDepth("balancerStable")],
    ["WooFi", byDepth("woofi")],
    ["DODO", byDepth("dodo")],
  ];
  return new Map(cases.filter(([, { length }]) => length > 0));
}

/** One swap through each of the market's first pools, of all kinds in their shares: a hundredth of what the pool holds. */
export function marketCases(market: DexMarket): readonly QuoteCase[] {
  const tokens = tokensByAddress(market);
  return market.pools.slice(0, mixedPools).flatMap((pool) => {
    const swaps =
      pool.kind === "uniswapV3" || pool.kind === "algebra" ? inRangeCases(pool) : depthCases(pool, tokens, [0.01]);
    return swaps.slice(0, 1);
  });
}

const mixedPools = 500;

/** Every ordered pair of a pool's tokens. */
export function directionsOf({ tokens }: MarketPool): readonly (readonly [Address, Address])[] {
  return tokens.flatMap((tokenIn) =>
    tokens.flatMap((tokenOut) => (tokenIn === tokenOut ? [] : [[tokenIn, tokenOut] as const])),
  );
}

function depthCases(
  pool: MarketPool,
  tokens: ReadonlyMap<Address, MarketToken>,
  shares = depthShares,
): readonly QuoteCase[] {
  return directionsOf(pool).flatMap(([tokenIn, tokenOut]) => {
    const [into, out] = [tokens.get(tokenIn), tokens.get(tokenOut)];
    if (into === undefined || out === undefined) return [];
    const worthOut = (Number(heldOf(pool, tokenOut)) / 10 ** out.decimals) * out.usd;
    const depth = (worthOut / into.usd) * 10 ** into.decimals;
    return shares
      .map((share) => BigInt(Math.floor(depth * share)) | 1n)
      .map((amountIn) => ({ pool, tokenIn, tokenOut, amountIn }));
  });
}

/** How many units of a token a pool without ranges holds. */
function heldOf(pool: MarketPool, token: Address): bigint {
  const index = pool.tokens.indexOf(token);
  switch (pool.kind) {
    case "uniswapV2":
    case "solidlyVolatile":
    case "solidlyStable":
      return pool.state.reserves[index] ?? 0n;
    case "balancerWeighted":
    case "balancerStable":
      return pool.state.balances[index] ?? 0n;
    case "woofi":
      return index === 0 ? pool.state.quoteReserve : (pool.state.bases[index - 1]?.reserve ?? 0n);
    case "dodo":
      return index === 0 ? pool.state.B : pool.state.Q;
    default:
      throw new Error(`A pool of kind ${pool.kind} holds what its ticks say.`);
  }
}

/* RANGES */

function inRangeCases(pool: MarketPool): readonly QuoteCase[] {
  return rangeCases(pool, (inputs) => rangeShares.map((share) => share * (inputs[0] ?? 0)));
}

/** Swaps that end in the middle of the range behind the last tick that they cross. */
function crossingCases(pool: MarketPool): readonly QuoteCase[] {
  return rangeCases(pool, (inputs) =>
    crossedTicks
      .filter((crossed) => crossed < inputs.length)
      .map((crossed) => ((inputs[crossed - 1] ?? 0) + (inputs[crossed] ?? 0)) / 2),
  );
}

function rangeCases(
  pool: MarketPool,
  amountsOf: (inputs: readonly number[]) => readonly number[],
): readonly QuoteCase[] {
  if (pool.kind !== "uniswapV3" && pool.kind !== "algebra") return [];
  return directionsOf(pool).flatMap(([tokenIn, tokenOut]) => {
    const zeroForOne = tokenIn === pool.tokens[0];
    return amountsOf(inputsToTicks(pool.state, zeroForOne, feePpmOf(pool, zeroForOne)))
      .filter((amount) => amount >= 1_000)
      .map((amount) => ({ pool, tokenIn, tokenOut, amountIn: BigInt(Math.floor(amount)) | 1n }));
  });
}

function feePpmOf(pool: MarketPool, zeroForOne: boolean): number {
  if (pool.kind === "algebra") return zeroForOne ? pool.state.feeZtoPpm : pool.state.feeOtzPpm;
  return pool.kind === "uniswapV3" ? pool.state.feePpm : 0;
}

/**
 * About how much has to go in for the price to reach each initialized tick ahead, without the last one, which bounds the
 * pool's whole range.
 */
function inputsToTicks(state: RangesState, zeroForOne: boolean, feePpm: number): readonly number[] {
  const ahead = zeroForOne
    ? state.ticks.filter(([index]) => index <= state.tick).toReversed()
    : state.ticks.filter(([index]) => index > state.tick);
  let root = Number(state.sqrtPriceX96) / 2 ** 96;
  let liquidity = Number(state.liquidity);
  let input = 0;
  return ahead.slice(0, -1).map(([index, net]) => {
    const next = 1.0001 ** (index / 2);
    input += (liquidity * (zeroForOne ? 1 / next - 1 / root : next - root)) / (1 - feePpm / 1e6);
    liquidity += zeroForOne ? -Number(net) : Number(net);
    root = next;
    return input;
  });
}
