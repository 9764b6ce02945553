import type { Address, Token } from "../bot/config/chains/chain.ts";
import {
  amount0Up,
  amount1Up,
  mulDivDown,
  sqrtDown,
  sqrtPriceAtTick,
  tickAtSqrtPrice,
} from "../bot/venues/concentratedLiquidity.ts";
import { contractAt, creationOf, deployAt, type Localnet } from "./localnet.ts";
import { startPriceE8, unitsWorth } from "./market.ts";
import { mint } from "./tokens.ts";

/** Liquidity between two ticks, both multiples of the pool's tick spacing. */
export interface Position {
  readonly bottomTick: number;
  readonly topTick: number;
  readonly liquidity: bigint;
}

/** A pool that has its price and no liquidity yet. */
export interface OpenedPool {
  readonly pool: Address;
  /** In the order of their addresses. */
  readonly tokens: readonly [Token, Token];
  /** The square root price, times 2^96. */
  readonly price: bigint;
  readonly tickSpacing: number;
}

/** Where `PoolCaller` is: it owns the start positions, and traffic swaps through it. */
export const poolCaller: Address = "0x0000000000000000000000000000000000F00100";

/**
 * The positions of every pool: ticks below and above the start price, and what each side is worth in USD at most. A
 * trade of $5k moves the price by about 0.2 %, one of $50k by about 2 %, and crosses ticks on its way.
 */
const ranges: readonly { readonly below: number; readonly above: number; readonly usd: bigint }[] = [
  { below: 887_220, above: 887_220, usd: 1_000_000n },
  { below: 1_800, above: 1_860, usd: 150_000n },
  { below: 600, above: 540, usd: 60_000n },
  { below: 240, above: 120, usd: 8_000n },
  { below: 60, above: 180, usd: 5_000n },
];

/** Puts the start positions into pools: `add` is the function of `PoolCaller` that knows how they take them. */
export async function addStartPositions(
  localnet: Localnet,
  add: "addToAlgebra" | "addToUniswapV3",
  opened: readonly OpenedPool[],
): Promise<void> {
  const creation = await creationOf("PoolCaller");
  const code = await localnet.connection.ethers.provider.getCode(poolCaller);
  if (code === "0x") await deployAt(localnet, poolCaller, creation);
  const owed = new Map<Token, bigint>();
  const owe = (t: Token, amount: bigint) => owed.set(t, (owed.get(t) ?? 0n) + amount);
  const calls = opened.map(({ pool, tokens, price, tickSpacing }) => {
    const positions = startPositions(tokens, price, tickSpacing);
    const [amount0, amount1] = amountsOf(positions, price);
    owe(tokens[0], amount0);
    owe(tokens[1], amount1);
    return [pool, positions] as const;
  });
  for (const [t, amount] of owed) await mint(localnet, t, poolCaller, amount);
  const caller = contractAt(localnet, poolCaller, creation.abi).getFunction(add);
  // An estimate would run every transaction twice.
  for (const call of calls) await caller(...call, { gasLimit: 30_000_000n });
}

/** Orders two tokens as pools do. */
export function sorted(a: Token, b: Token): readonly [Token, Token] {
  return BigInt(a.address) < BigInt(b.address) ? [a, b] : [b, a];
}

/** Returns the square root price at which token0 and token1 are worth their start prices, rounded down. */
export function startSqrtPriceX96(token0: Token, token1: Token): bigint {
  const numerator = startPriceE8(token0.address) * 10n ** BigInt(token1.decimals);
  const denominator = startPriceE8(token1.address) * 10n ** BigInt(token0.decimals);
  return sqrtDown((numerator << 192n) / denominator);
}

function startPositions(
  [token0, token1]: readonly [Token, Token],
  price: bigint,
  tickSpacing: number,
): readonly Position[] {
  const spaced = (ticks: number) => Math.max(1, Math.round(ticks / tickSpacing)) * tickSpacing;
  const outermost = Math.floor(887_272 / tickSpacing) * tickSpacing;
  const center = Math.floor(tickAtSqrtPrice(price) / tickSpacing) * tickSpacing;
  return ranges.map(({ below, above, usd }) => {
    const bottomTick = Math.max(center - spaced(below), -outermost);
    const topTick = Math.min(center + spaced(above), outermost);
    const lower = sqrtPriceAtTick(bottomTick);
    const upper = sqrtPriceAtTick(topTick);
    const by0 = mulDivDown(unitsWorth(token0, usd) * price, upper, upper - price) >> 96n;
    const by1 = (unitsWorth(token1, usd) << 96n) / (price - lower);
    return { bottomTick, topTick, liquidity: by0 < by1 ? by0 : by1 };
  });
}

/** Returns the units of both tokens that `positions` cost at `price`, which lies inside each of them. */
function amountsOf(positions: readonly Position[], price: bigint): readonly [bigint, bigint] {
  let [amount0, amount1] = [0n, 0n];
  for (const { bottomTick, topTick, liquidity } of positions) {
    amount0 += amount0Up(price, sqrtPriceAtTick(topTick), liquidity);
    amount1 += amount1Up(sqrtPriceAtTick(bottomTick), price, liquidity);
  }
  return [amount0, amount1];
}
