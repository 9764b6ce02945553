import { dataLength, dataSlice, Interface, id, toBeHex, ZeroAddress } from "ethers";
import type { Address, SolidlyDeployment, Token } from "../config/chains/chain.ts";
import type { Curve } from "../domain/curve.ts";
import { isRefusal, type Refusal, refuse } from "../domain/quote.ts";
import { pairFlash } from "../lenders/pairFlash.ts";
import { reserveRatioLimitDown, stableRatioLimitDown } from "./priceLimit.ts";
import { generations } from "./solidly/generations.ts";
import {
  feeDenominators,
  type PairTerms,
  type SolidlyPool,
  type SolidlyState,
  type StateAfter,
} from "./solidly/pool.ts";
import { stableCurve } from "./solidly/stableCurve.ts";
import { volatileCurve } from "./solidly/volatileCurve.ts";
import { type Follow, quoteOnce, type Reader, type Swap, type Venue } from "./venue.ts";

export type { CamelotPair, FixedPair, SolidlyPool, SolidlyState } from "./solidly/pool.ts";

async function discover(
  deployment: SolidlyDeployment,
  tokens: readonly Token[],
  reader: Reader,
): Promise<readonly SolidlyPool[]> {
  const { findPairs, describe, toPool } = generations[deployment.generation];
  const found = await reader.read(
    tokens.flatMap((a, index) =>
      tokens.slice(index + 1).flatMap((b) => findPairs(deployment.factory, a.address, b.address)),
    ),
  );
  const pairs = found
    .map(({ success, data }): Address => (success ? addressOf(data) : ZeroAddress))
    .filter((pair) => pair !== ZeroAddress);
  const calls = pairs.map(describe);
  const results = await reader.read(calls.flat());
  let read = 0;
  return pairs.flatMap((pair, index) => {
    const end = read + (calls[index]?.length ?? 0);
    // A pair that cannot describe itself is no pair of this generation.
    const pool = toPool(deployment, pair, results.slice(read, end));
    read = end;
    return pool ?? [];
  });
}

const addressAbi = new Interface(["function one() view returns (address)"]);

function addressOf(data: string): Address {
  try {
    return addressAbi.decodeFunctionResult("one", data)[0];
  } catch {
    return ZeroAddress;
  }
}

function curve(
  pool: SolidlyPool,
  state: SolidlyState,
  tokenIn: Address,
  tokenOut: Address,
): Curve<SolidlyState> | Refusal {
  const zeroForOne = tokenIn === pool.tokens[0] && tokenOut === pool.tokens[1];
  const oneForZero = tokenIn === pool.tokens[1] && tokenOut === pool.tokens[0];
  if (!zeroForOne && !oneForZero) {
    return refuse("token-not-in-pool", `${tokenIn} to ${tokenOut} in ${pool.address}`);
  }
  if (state.paused) return refuse("paused", "the factory is paused");
  const [i, o] = zeroForOne ? ([0, 1] as const) : ([1, 0] as const);
  const terms: PairTerms = {
    generation: pool.generation,
    stable: state.stable,
    fee: state.fees[i],
    reserveIn: state.reserves[i],
    reserveOut: state.reserves[o],
    unitIn: pool.units[i],
    unitOut: pool.units[o],
  };
  const stateAfter = stateAfterSwaps(terms, state, zeroForOne);
  return state.stable ? stableCurve(terms, stateAfter) : volatileCurve(terms, stateAfter);
}

function stateAfterSwaps(terms: PairTerms, state: SolidlyState, zeroForOne: boolean): StateAfter {
  return (amountIn, amountOut) => {
    if (isRefusal(amountOut)) return amountOut;
    const reserveIn = terms.reserveIn + amountIn - leavingDown(terms, state, amountIn);
    const reserveOut = terms.reserveOut - amountOut;
    return { ...state, reserves: zeroForOne ? [reserveIn, reserveOut] : [reserveOut, reserveIn] };
  };
}

/** What leaves the pair of an input: the whole fee, or for a stable pair of Camelot V2 its owner's share of it. */
function leavingDown(
  { generation, stable, fee }: PairTerms,
  { ownerFeeShare }: SolidlyState,
  amountIn: bigint,
): bigint {
  const denominator = feeDenominators[generation];
  if (generation !== "camelotV2") return (amountIn * fee) / denominator;
  return stable ? (amountIn * ownerFeeShare * fee) / denominator ** 2n : 0n;
}

const topics = {
  sync: id("Sync(uint256,uint256)"),
  camelotSync: id("Sync(uint112,uint112)"),
  feePercentUpdated: id("FeePercentUpdated(uint16,uint16)"),
  setStableSwap: id("SetStableSwap(bool,bool)"),
};

/** All that changes a pair's reserves, fees and curve; what a factory changes for its pairs, none of them logs. */
const follow: Follow<SolidlyPool, SolidlyState> = {
  topics: Object.values(topics),
  source: ({ address }) => ({ address }),
  apply(_, state, { topics: [topic], data }) {
    // Each of the events has two words and no index.
    if (dataLength(data) !== 64) return "read";
    const words = [BigInt(dataSlice(data, 0, 32)), BigInt(dataSlice(data, 32))] as const;
    switch (topic) {
      case topics.sync:
      case topics.camelotSync:
        return { ...state, reserves: words };
      case topics.feePercentUpdated:
        return { ...state, fees: words };
      case topics.setStableSwap:
        return { ...state, stable: words[1] !== 0n };
      default:
        return "read";
    }
  },
};

export const solidly: Venue<SolidlyDeployment, SolidlyPool, SolidlyState> = {
  name: "solidly",

  gas: 130_000n,

  requirements(deployment) {
    const { factory, router, generation } = deployment;
    return { contracts: { factory, router }, expectations: generations[generation].expectations(deployment) };
  },
  discover,
  reads: (pool) => generations[pool.generation].reads(pool),
  decode: (pool, results) => generations[pool.generation].decode(pool, results),
  trades: {
    topics: [id("Swap(address,uint256,uint256,uint256,uint256,address)")],
    source: ({ address }) => ({ address }),
  },
  follow,
  curve,
  quote: (pool, state, swap) => quoteOnce(curve, pool, state, swap),
  lends: pairFlash(({ generation }, { fees, paused }) => {
    const scale = 1_000_000n / feeDenominators[generation];
    return paused ? undefined : [fees[0] * scale, fees[1] * scale];
  }),
  encode(deployment, pool) {
    return { target: deployment.router, data: generations[deployment.generation].hopData(deployment, pool) };
  },
  encodeDirect: (_deployment, { address }, _tokenIn, limit) => ({ target: address, data: toBeHex(limit, 20) }),
  priceLimit,
};

/** A pair of Camelot V2 may become stable, or volatile: it gets the limit that stops no order on either curve. */
function priceLimit(pool: SolidlyPool, swap: Swap, leastOut: bigint): bigint {
  const [unit0, unit1] = pool.units;
  const units = swap.tokenIn === pool.tokens[0] ? ([unit0, unit1] as const) : ([unit1, unit0] as const);
  const volatile = reserveRatioLimitDown(swap, leastOut);
  const stable = stableRatioLimitDown(swap, leastOut, units);
  if ("stable" in pool) return pool.stable ? stable : volatile;
  return stable < volatile ? stable : volatile;
}
