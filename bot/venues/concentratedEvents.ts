import { id } from "ethers";
import { maxTick, minTick } from "./concentratedLiquidity.ts";
import { type ConcentratedState, indexAtOrBelow, type Tick, type TickWindow } from "./concentratedSteps.ts";
import type { Log } from "./venue.ts";
import { signed, wordsIn } from "./words.ts";

/** Swap(sender, recipient, amount0, amount1, sqrtPriceX96, liquidity, tick): equal in Uniswap V3 and Algebra. */
export const swapTopic = id("Swap(address,address,int256,int256,uint160,uint128,int24)");

/** PancakeSwap V3's, with its protocol's share of the fee of each token at the end. */
export const pancakeSwapTopic = id("Swap(address,address,int256,int256,uint160,uint128,int24,uint128,uint128)");

/** Mint(sender, owner, tickLower, tickUpper, amount, amount0, amount1): owner and ticks are indexed. */
export const mintTopic = id("Mint(address,address,int24,int24,uint128,uint256,uint256)");

/** Burn(owner, tickLower, tickUpper, amount, amount0, amount1): owner and ticks are indexed. */
export const burnTopic = id("Burn(address,int24,int24,uint128,uint256,uint256)");

/** Returns the state after a swap, a mint or a burn of its pool, "read" where the event leaves what is known of it. */
export function applyEvent<S extends ConcentratedState>(state: S, log: Log): S | "read" {
  switch (log.topics[0]) {
    case swapTopic:
    case pancakeSwapTopic:
      return applySwap(state, log);
    case mintTopic:
      return applyPosition(state, log, wordsIn(log.data)[1]);
    case burnTopic: {
      const amount = wordsIn(log.data)[0];
      return applyPosition(state, log, amount === undefined ? undefined : -amount);
    }
    default:
      return "read";
  }
}

function applySwap<S extends ConcentratedState>(state: S, { data }: Log): S | "read" {
  const [, , sqrtPriceX96, liquidity, tickWord] = wordsIn(data);
  if (sqrtPriceX96 === undefined || liquidity === undefined || tickWord === undefined) return "read";
  const tick = Number(signed(tickWord));
  const { lower, upper, ticks } = state.window;
  if ((tick < lower && lower > minTick) || (tick >= upper && upper < maxTick)) return "read";
  // The swap may have executed orders on its way, and so have removed their ticks.
  const [from, to] = tick < state.tick ? [tick, state.tick] : [state.tick, tick];
  const passed = ticks.slice(Math.max(0, indexAtOrBelow(ticks, from)), indexAtOrBelow(ticks, to + 1) + 1);
  if (passed.some(({ hasLimitOrders }) => hasLimitOrders === true)) return "read";
  return { ...state, sqrtPriceX96, tick, liquidity };
}

/** Adds `amount` of liquidity between two ticks, or takes it away where it is negative. */
function applyPosition<S extends ConcentratedState>(state: S, { topics }: Log, amount: bigint | undefined): S | "read" {
  const [, , lowerTopic, upperTopic] = topics;
  if (amount === undefined || lowerTopic === undefined || upperTopic === undefined) return "read";
  if (amount === 0n) return state;
  const [lower, upper] = [Number(signed(BigInt(lowerTopic))), Number(signed(BigInt(upperTopic)))];
  // One tick for both ends is a limit order of Algebra 2.
  if (lower === upper) return "read";
  const below = withPosition(state.window, lower, amount, amount);
  const window = below === "read" ? below : withPosition(below, upper, amount, -amount);
  if (window === "read") return "read";
  const isInRange = lower <= state.tick && state.tick < upper;
  const liquidity = isInRange ? state.liquidity + amount : state.liquidity;
  return liquidity < 0n ? "read" : { ...state, liquidity, window };
}

/** Returns a window with one end of a position more or less at `at`: a tick comes or goes with its first and last. */
function withPosition(window: TickWindow, at: number, gross: bigint, net: bigint): TickWindow | "read" {
  if (at < window.lower || at > window.upper) return window;
  const index = indexAtOrBelow(window.ticks, at);
  const known = window.ticks[index];
  const isKnown = known?.tick === at;
  if (isKnown && known.hasLimitOrders === true) return "read";
  const before = isKnown ? known : { tick: at, liquidityGross: 0n, liquidityNet: 0n };
  const after: Tick = {
    ...before,
    liquidityGross: before.liquidityGross + gross,
    liquidityNet: before.liquidityNet + net,
  };
  if (after.liquidityGross < 0n) return "read";
  const kept = after.liquidityGross === 0n ? [] : [after];
  return { ...window, ticks: window.ticks.toSpliced(isKnown ? index : index + 1, isKnown ? 1 : 0, ...kept) };
}
