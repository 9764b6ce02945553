import { concat, dataLength, dataSlice, Interface, id, toBeHex, ZeroAddress } from "ethers";
import { expectAnswer, expectValue } from "../check/expectation.ts";
import type { Address, Token, UniswapV2Deployment } from "../config/chains/chain.ts";
import type { Curve } from "../domain/curve.ts";
import { type Refusal, refuse } from "../domain/quote.ts";
import { pairFlash } from "../lenders/pairFlash.ts";
import { reserveRatioLimitDown } from "./priceLimit.ts";
import { type Call, type CallResult, type HopCall, type Pool, quoteOnce, type Reader, type Venue } from "./venue.ts";

/** One pair of a factory of Uniswap V2's kind. */
export interface UniswapV2Pool extends Pool {
  readonly venue: "uniswapV2";
  /** token0 and token1, in this order. */
  readonly tokens: readonly [Address, Address];
  /** What the pair keeps of the input, in millionths. */
  readonly feePpm: number;
}

export interface UniswapV2State {
  /** In units of each token, in the order of the pool's tokens. */
  readonly reserves: readonly [bigint, bigint];
}

const factoryAbi = new Interface([
  "function getPair(address tokenA, address tokenB) view returns (address)",
  "function allPairsLength() view returns (uint256)",
]);
const getReserves = new Interface(["function getReserves() view"]).encodeFunctionData("getReserves");

/** Sync(uint112 reserve0, uint112 reserve1): a pair emits it whenever its reserves change. */
const syncTopic = id("Sync(uint112,uint112)");

const WORD_BYTES = 32;
const maxReserve = 2n ** 112n - 1n;
const maxUint256 = 2n ** 256n - 1n;
const million = 1_000_000;

async function discover(
  deployment: UniswapV2Deployment,
  tokens: readonly Token[],
  reader: Reader,
): Promise<readonly UniswapV2Pool[]> {
  const { name, factory, feePpm } = deployment;
  const couples = tokens.flatMap((a, index) => tokens.slice(index + 1).map((b) => sorted(a.address, b.address)));
  const results = await reader.read(
    couples.map((couple) => ({ target: factory, data: factoryAbi.encodeFunctionData("getPair", couple) })),
  );
  return couples.flatMap((couple, index): UniswapV2Pool[] => {
    const result = results[index];
    if (!result?.success || dataLength(result.data) !== WORD_BYTES) return [];
    const address: Address = factoryAbi.decodeFunctionResult("getPair", result.data)[0];
    if (address === ZeroAddress) return [];
    return [{ venue: "uniswapV2", deployment: name, id: address, address, tokens: couple, feePpm }];
  });
}

/** Puts two tokens in the order of token0 and token1. */
function sorted(a: Address, b: Address): readonly [Address, Address] {
  return BigInt(a) < BigInt(b) ? [a, b] : [b, a];
}

function decode(pool: UniswapV2Pool, [result]: readonly CallResult[]): UniswapV2State | Refusal {
  if (!result?.success || dataLength(result.data) < 2 * WORD_BYTES) {
    return refuse("unreadable", `getReserves of ${pool.address} failed`);
  }
  return { reserves: reservesIn(result.data) };
}

/** Decodes the first two words. */
function reservesIn(data: string): readonly [bigint, bigint] {
  return [BigInt(dataSlice(data, 0, WORD_BYTES)), BigInt(dataSlice(data, WORD_BYTES, 2 * WORD_BYTES))];
}

/** The share of the input that a fee leaves, in the numbers of the exchanges: 997/1000, 9975/10000. */
interface KeptShare {
  readonly kept: bigint;
  readonly whole: bigint;
}

/** Made once for each fee: a curve is made of every pool that a block touches. */
const keptShares = new Map<number, KeptShare>();

function keptShare(feePpm: number): KeptShare {
  const known = keptShares.get(feePpm);
  if (known !== undefined) return known;
  const whole = [1_000, 10_000].find((parts) => (feePpm * parts) % million === 0) ?? million;
  const share = { kept: BigInt(whole - (feePpm * whole) / million), whole: BigInt(whole) };
  keptShares.set(feePpm, share);
  return share;
}

function curve(
  pool: UniswapV2Pool,
  { reserves }: UniswapV2State,
  tokenIn: Address,
  tokenOut: Address,
): Curve<UniswapV2State> | Refusal {
  const zeroForOne = tokenIn === pool.tokens[0];
  if (tokenIn !== pool.tokens[zeroForOne ? 0 : 1] || tokenOut !== pool.tokens[zeroForOne ? 1 : 0]) {
    return refuse("token-not-in-pool", `${tokenIn} to ${tokenOut} in ${pool.address}`);
  }
  const [reserveIn, reserveOut] = zeroForOne ? reserves : [reserves[1], reserves[0]];
  const { kept, whole } = keptShare(pool.feePpm);
  const isEmpty = reserveIn === 0n || reserveOut === 0n;
  const wholeReserveIn = reserveIn * whole;
  const maxIn = isEmpty ? 0n : maxReserve - reserveIn;

  /** Says why the library or the pair reverts, in their words and their order. */
  function refusal(amountIn: bigint): Refusal {
    if (amountIn <= 0n) return refuse("zero-amount", "INSUFFICIENT_INPUT_AMOUNT");
    if (isEmpty) return refuse("insufficient-liquidity", `INSUFFICIENT_LIQUIDITY: reserves ${reserves.join(" and ")}`);
    if (amountIn * kept * reserveOut > maxUint256 || amountIn * kept + wholeReserveIn > maxUint256) {
      return refuse("over-limit", `ds-math-mul-overflow: ${amountIn} in is beyond the router's arithmetic`);
    }
    if ((amountIn * kept * reserveOut) / (wholeReserveIn + amountIn * kept) === 0n) {
      return refuse("zero-output", `INSUFFICIENT_OUTPUT_AMOUNT: ${amountIn} in buys nothing`);
    }
    return refuse("over-limit", `OVERFLOW: ${reserveIn} and ${amountIn} do not fit the 112 bits of a reserve`);
  }

  // The pair's K holds for what the library computes, which rounds down.
  function quote(amountIn: bigint): bigint | Refusal {
    if (amountIn > 0n && amountIn <= maxIn) {
      const keptIn = amountIn * kept;
      const amountOut = (keptIn * reserveOut) / (wholeReserveIn + keptIn);
      if (amountOut > 0n) return amountOut;
    }
    return refusal(amountIn);
  }

  const share = Number(kept) / Number(whole);
  const floatOut = isEmpty ? 0 : Number(reserveOut);
  const floatIn = isEmpty ? 1 : Number(reserveIn);
  const limitIn = Number(maxIn);
  // Divided by the share, so that every step of the estimate is monotone.
  const half = floatIn / share;
  return {
    quote,
    after(amountIn) {
      const amountOut = quote(amountIn);
      if (typeof amountOut !== "bigint") return amountOut;
      const [newIn, newOut] = [reserveIn + amountIn, reserveOut - amountOut];
      return { reserves: zeroForOne ? [newIn, newOut] : [newOut, newIn] };
    },
    rate: floatOut / half,
    limitIn,
    estimate: (amountIn) => floatOut / (1 + half / Math.min(amountIn, limitIn)),
    product: { reserveIn: floatIn, reserveOut: floatOut, kept: share },
  };
}

/** Uniswap V2 and the exchanges that copied it: x·y = k with a fee that is constant in the pairs' code. */
export const uniswapV2: Venue<UniswapV2Deployment, UniswapV2Pool, UniswapV2State> = {
  name: "uniswapV2",

  gas: 110_000n,

  requirements({ factory, router, feePpm }) {
    const deep = 10n ** 24n;
    return {
      contracts: { factory, router },
      expectations: [
        expectValue(router, "factory() view returns (address)", [], factory),
        expectAnswer(factory, "allPairsLength() view returns (uint256)"),
        // The router's own formula tells the fee: a millionth of a deep reserve buys itself less the fee, rounded down.
        expectValue(
          router,
          "getAmountOut(uint256 amountIn, uint256 reserveIn, uint256 reserveOut) pure returns (uint256)",
          [BigInt(million), deep, deep],
          BigInt(million - feePpm - 1),
        ),
      ],
    };
  },
  discover,
  reads: ({ address }): readonly Call[] => [{ target: address, data: getReserves }],
  decode,
  trades: {
    topics: [id("Swap(address,uint256,uint256,uint256,uint256,address)")],
    source: ({ address }) => ({ address }),
  },
  follow: {
    topics: [syncTopic],
    source: ({ address }) => ({ address }),
    apply: (_pool, _state, { data }) => ({ reserves: reservesIn(data) }),
  },
  curve,
  quote: (pool, state, swap) => quoteOnce(curve, pool, state, swap),
  lends: pairFlash(({ feePpm }) => [BigInt(feePpm), BigInt(feePpm)]),
  encode: ({ router }): HopCall => ({ target: router, data: "0x" }),
  encodeDirect: (_deployment, { address, feePpm }, _tokenIn, limit) => ({
    target: address,
    data: concat([toBeHex(feePpm, 3), toBeHex(limit, 20)]),
  }),
  priceLimit: (_pool, swap, leastOut) => reserveRatioLimitDown(swap, leastOut),
};
