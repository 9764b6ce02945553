import { keccak256, MaxUint256 } from "ethers";
import { arbitrum } from "../bot/config/chains/arbitrum.ts";
import { deploymentsOf, type UniswapV2Deployment } from "../bot/config/chains/chain.ts";
import { type Creation, deployAt, type Localnet, publishedCreation } from "./localnet.ts";
import { token, unitsWorth } from "./market.ts";
import { approveMax, mint } from "./tokens.ts";

/** The pairs of each exchange, with their liquidity a side in US dollars at the start prices. */
const pairs: Readonly<Record<string, readonly { a: string; b: string; usd: bigint }[]>> = {
  "Uniswap V2": [
    { a: "WETH", b: "USDC", usd: 900_000n },
    { a: "WBTC", b: "WETH", usd: 400_000n },
    { a: "ARB", b: "WETH", usd: 300_000n },
  ],
  "SushiSwap V2": [
    { a: "WETH", b: "USDC", usd: 500_000n },
    { a: "WETH", b: "USDT", usd: 500_000n },
    { a: "ARB", b: "WETH", usd: 500_000n },
  ],
  "PancakeSwap V2": [
    { a: "WETH", b: "USDC", usd: 350_000n },
    { a: "WETH", b: "USDT", usd: 250_000n },
  ],
  "Zyberswap V2": [
    { a: "WETH", b: "USDC.e", usd: 250_000n },
    { a: "ARB", b: "USDC.e", usd: 200_000n },
  ],
};

/** SushiSwap V2, whose router DODO's route proxy may call. */
export const sushiswap = named("SushiSwap V2");

function named(name: string): UniswapV2Deployment {
  const found = deploymentsOf(arbitrum, "uniswapV2").find((deployment) => deployment.name === name);
  if (found === undefined) throw new Error(`The chain file lists no ${name}.`);
  return found;
}

/** The fee of Uniswap V2 itself, and the other one that the chain file has. */
const [publishedFeePpm, quarterPercentPpm] = [3_000, 2_500];

/** What an exchange is made of: a factory, whose code contains the pair's, and a router. */
interface Exchange {
  readonly factory: Creation;
  readonly router: Creation;
}

/**
 * Puts every exchange of Uniswap V2's kind at its addresses, from the published bytecode of Uniswap V2, with liquidity.
 *
 * All pairs are Uniswap's and so have other addresses than on Arbitrum, and their errors begin with `UniswapV2`. The fee
 * is a constant of that bytecode, and no package ships pairs with 0.25 %: those of PancakeSwap and Zyberswap are Uniswap's
 * with 1/400 written over 3/1000.
 */
export async function deployUniswapV2(localnet: Localnet): Promise<void> {
  for (const deployment of deploymentsOf(arbitrum, "uniswapV2")) await deployExchange(localnet, deployment);
}

async function deployExchange(localnet: Localnet, { name, factory, router, feePpm }: UniswapV2Deployment) {
  const { owner } = localnet;
  const exchange = exchangeWith(feePpm);
  await deployAt(localnet, factory, exchange.factory, [owner.address]);
  const routerContract = await deployAt(localnet, router, exchange.router, [factory, arbitrum.weth]);
  const listed = pairs[name] ?? [];
  for (const traded of new Set(listed.flatMap(({ a, b }) => [a, b]))) {
    await approveMax(localnet, token(traded), router);
  }
  for (const { a, b, usd } of listed) {
    const [tokenA, tokenB] = [token(a), token(b)];
    const [amountA, amountB] = [unitsWorth(tokenA, usd), unitsWorth(tokenB, usd)];
    await mint(localnet, tokenA, owner.address, amountA);
    await mint(localnet, tokenB, owner.address, amountB);
    // No minimum: the first to add liquidity sets the price.
    const amounts = [amountA, amountB, 0n, 0n];
    await routerContract.getFunction("addLiquidity")(tokenA.address, tokenB.address, ...amounts, owner, MaxUint256);
  }
}

/** @throws when there is no code for the fee, or the published code is another than this knows */
export function exchangeWith(feePpm: number): Exchange {
  const pair = publishedCreation("@uniswap/v2-core/build/UniswapV2Pair.json");
  const factory = publishedCreation("@uniswap/v2-core/build/UniswapV2Factory.json");
  const router = publishedCreation("@uniswap/v2-periphery/build/UniswapV2Router02.json");
  if (feePpm === publishedFeePpm) return { factory, router };
  if (feePpm !== quarterPercentPpm) throw new Error(`The localnet has no Uniswap V2 pair with a fee of ${feePpm} ppm.`);
  const quarterPair = replaceCode(pair, quarterPercentK);
  return {
    factory: replaceCode(factory, quarterPercentK),
    router: replaceCode(router, [
      ...quarterPercentQuotes,
      // The router derives the addresses of pairs from the hash of their code.
      { published: keccak256(pair.bytecode).slice(2), replaced: keccak256(quarterPair.bytecode).slice(2), times: 1 },
    ]),
  };
}

interface Replacement {
  readonly published: string;
  readonly replaced: string;
  /** How often the published code has it. */
  readonly times: number;
}

/** The pair's K: balance · 1000 − amountIn · 3 against 1000², as balance · 400 − amountIn against 400². */
const quarterPercentK: readonly Replacement[] = [
  { published: "600363ffffffff6121e816", replaced: "600163ffffffff6121e816", times: 2 },
  { published: "6103e863ffffffff6121e816", replaced: "61019063ffffffff6121e816", times: 1 },
  { published: "620f4240", replaced: "62027100", times: 1 },
];

/** The router's getAmountOut and getAmountIn: 997 of 1000, as 399 of 400. */
const quarterPercentQuotes: readonly Replacement[] = [
  { published: "6103e5", replaced: "61018f", times: 2 },
  { published: "6103e8", replaced: "610190", times: 2 },
];

function replaceCode({ abi, bytecode }: Creation, replacements: readonly Replacement[]): Creation {
  let code = bytecode;
  for (const { published, replaced, times } of replacements) {
    const found = code.split(published).length - 1;
    if (found !== times) throw new Error(`The published code has ${published} ${found} times, not ${times} times.`);
    code = code.replaceAll(published, replaced);
  }
  return { abi, bytecode: code };
}
