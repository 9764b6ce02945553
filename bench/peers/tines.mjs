import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { CLRPool, ConstantProductRPool, StableSwapRPool } = require("@sushiswap/tines");
const { version } = require("@sushiswap/tines/package.json");

const million = 1_000_000;

/** Sushi's router counts in floats, whole units of the token. */
export const peer = {
  name: "@sushiswap/tines",
  version,
  kinds: ["uniswapV2", "solidlyVolatile", "solidlyStable", "uniswapV3", "algebra"],
  asynchronous: false,
  make(pool, tokenIn, tokenOut, tokens) {
    const [from, to] = [pool.tokens.indexOf(tokenIn), pool.tokens.indexOf(tokenOut)];
    const members = pool.tokens.map((address) => ({
      address,
      name: address,
      symbol: address,
      decimals: tokens.get(address).decimals,
    }));
    const made = from < 0 || to < 0 ? undefined : makers[pool.kind]?.(pool, members, from === 0);
    if (made === undefined) return undefined;
    const direction = from === 0;
    return {
      wrap: Number,
      quote: (amount) => made.calcOutByIn(amount, direction).out,
      unwrap: (out) => BigInt(Math.floor(out)),
    };
  },
};

const makers = {
  uniswapV2: product,
  solidlyVolatile: product,
  solidlyStable: ({ address, state }, [token0, token1]) => {
    const [reserve0, reserve1] = state.reserves;
    const whole = { elastic: 1n, base: 1n };
    const { decimals: decimals0 } = token0;
    const { decimals: decimals1 } = token1;
    const fee = state.feePpm / million;
    return new StableSwapRPool(address, token0, token1, fee, reserve0, reserve1, decimals0, decimals1, whole, whole);
  },
  uniswapV3: (pool, members) => ranges(pool, members, pool.state.feePpm),
  algebra: (pool, members, direction) => ranges(pool, members, direction ? pool.state.feeZtoPpm : pool.state.feeOtzPpm),
};

function product({ address, state }, [token0, token1]) {
  return new ConstantProductRPool(address, token0, token1, state.feePpm / million, ...state.reserves);
}

function ranges({ address, state }, [token0, token1], feePpm) {
  const { tickSpacing, liquidity, sqrtPriceX96, tick } = state;
  // Liquidity is added at even multiples of the spacing and removed at odd ones.
  const ticks = state.ticks.map(([index, net]) => ({
    index,
    DLiquidity: (index / tickSpacing) % 2 === 0 ? net : -net,
  }));
  const lowest = ticks[0]?.index ?? 0;
  // The constructor puts a tick in front where the lowest is not the lowest of all.
  const offset = lowest > -887272 ? 1 : 0;
  const nearest = ticks.findLastIndex(({ index }) => index <= tick) + offset;
  const plenty = 2n ** 100n;
  return new CLRPool(
    ...[address, token0, token1, feePpm / million, tickSpacing],
    ...[plenty, plenty, liquidity, sqrtPriceX96, nearest, ticks],
  );
}
