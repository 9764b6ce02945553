import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { CurrencyAmount, Token } = require("@uniswap/sdk-core");
const { Pool, TICK_SPACINGS } = require("@uniswap/v3-sdk");
const { version } = packageOf("@uniswap/v3-sdk");

const network = 42161;

/** Quotes one pool: the SDK's router builds on the same function. */
export const peer = {
  name: "@uniswap/v3-sdk",
  version,
  kinds: ["uniswapV3"],
  asynchronous: true,
  make({ kind, tokens: members, state }, tokenIn, tokenOut, tokens) {
    if (kind !== "uniswapV3" || !(state.feePpm in TICK_SPACINGS)) return undefined;
    const tokenOf = (address) => new Token(network, address, tokens.get(address).decimals);
    const [token0, token1] = members.map(tokenOf);
    const ticks = state.ticks.map(([index, liquidityNet, liquidityGross]) => ({
      index,
      liquidityNet: liquidityNet.toString(),
      liquidityGross: liquidityGross.toString(),
    }));
    const { feePpm, sqrtPriceX96, liquidity, tick } = state;
    const pool = new Pool(token0, token1, feePpm, sqrtPriceX96.toString(), liquidity.toString(), tick, ticks);
    if (!members.includes(tokenOut)) return undefined;
    const from = tokenIn === members[0] ? token0 : token1;
    return {
      wrap: (amount) => CurrencyAmount.fromRawAmount(from, amount.toString()),
      quote: (amount) => pool.getOutputAmount(amount),
      unwrap: ([out]) => BigInt(out.quotient.toString()),
    };
  },
};

/** The package file, which the package does not export. */
function packageOf(name) {
  const entry = require.resolve(name);
  return require(`${entry.slice(0, entry.lastIndexOf(`${name}/`) + name.length)}/package.json`);
}
