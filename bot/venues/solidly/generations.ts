import { AbiCoder, Interface, ZeroAddress } from "ethers";
import { type Expectation, expectAnswer, expectValue } from "../../check/expectation.ts";
import type { Address, SolidlyDeployment, SolidlyGeneration } from "../../config/chains/chain.ts";
import { type Refusal, refuse } from "../../domain/quote.ts";
import type { Call, CallResult } from "../venue.ts";
import { type CamelotPair, type FixedPair, feeDenominators, type SolidlyPool, type SolidlyState } from "./pool.ts";

/** How the contracts of one generation are asked, and how its routers are told. */
export interface GenerationCalls<P extends SolidlyPool = SolidlyPool> {
  expectations(deployment: SolidlyDeployment): readonly Expectation[];
  /** The calls of the factory that answer with the pairs of two tokens, or with the zero address. */
  findPairs(factory: Address, tokenA: Address, tokenB: Address): readonly Call[];
  /** The calls by whose results `toPool` knows a pair. */
  describe(pair: Address): readonly Call[];
  /** Returns the pool, or undefined where what answers is no pair of the generation. */
  toPool(deployment: SolidlyDeployment, pair: Address, results: readonly CallResult[]): P | undefined;
  reads(pool: P): readonly Call[];
  decode(pool: P, results: readonly CallResult[]): SolidlyState | Refusal;
  /** What a hop of the contract needs to know besides the tokens. */
  hopData(deployment: SolidlyDeployment, pool: P): string;
}

const factoryAbi = new Interface([
  "function getPair(address tokenA, address tokenB, bool stable) view returns (address)",
  "function getPair(address tokenA, address tokenB) view returns (address)",
  "function getPool(address tokenA, address tokenB, bool stable) view returns (address)",
  "function pairFee(address pair) view returns (uint256)",
  "function getFee(bool stable) view returns (uint256)",
  "function getFee(address pool, bool stable) view returns (uint256)",
  "function isPaused() view returns (bool)",
  "function feeInfo() view returns (uint256 ownerFeeShare, address feeTo)",
]);

const pairAbi = new Interface([
  "function metadata() view returns (uint256 dec0, uint256 dec1, uint256 r0, uint256 r1, bool st, address t0, address t1)",
  "function getReserves() view returns (uint256 reserve0, uint256 reserve1, uint256 blockTimestampLast)",
]);

const camelotPairAbi = new Interface([
  "function token0() view returns (address)",
  "function token1() view returns (address)",
  "function precisionMultiplier0() view returns (uint256)",
  "function precisionMultiplier1() view returns (uint256)",
  "function getReserves() view returns (uint112 reserve0, uint112 reserve1, uint16 token0FeePercent, uint16 token1FeePercent)",
  "function stableSwap() view returns (bool)",
]);

const coder = AbiCoder.defaultAbiCoder();

function call(abi: Interface, target: Address, signature: string, args: readonly unknown[] = []): Call {
  return { target, data: abi.encodeFunctionData(signature, [...args]) };
}

function decodeResult(abi: Interface, signature: string, result: CallResult | undefined) {
  if (result === undefined || !result.success) return undefined;
  try {
    return abi.decodeFunctionResult(signature, result.data);
  } catch {
    // An answer of another shape is as good as none.
    return undefined;
  }
}

/** Reads `metadata`, which the first and the Velodrome V2 generation share. */
function fixedPair(
  generation: FixedPair["generation"],
  deployment: SolidlyDeployment,
  pair: Address,
  [result]: readonly CallResult[],
): FixedPair | undefined {
  const metadata = decodeResult(pairAbi, "metadata", result);
  if (metadata === undefined) return undefined;
  return {
    ...namesOf(deployment, pair),
    generation,
    stable: metadata.st,
    tokens: [metadata.t0, metadata.t1],
    units: [metadata.dec0, metadata.dec1],
  };
}

function namesOf({ name, factory }: SolidlyDeployment, pair: Address) {
  return { venue: "solidly", deployment: name, id: pair, address: pair, factory } as const;
}

function unreadableReserves({ address }: SolidlyPool): Refusal {
  return refuse("unreadable", `getReserves of ${address} failed`);
}

/** The state of a pair with one fee, which the factory tells; refused where there is none or it is no fraction. */
function singleFeeState(
  pool: FixedPair,
  reservesResult: CallResult | undefined,
  fee: bigint | undefined,
  pausedResult: CallResult | undefined,
): SolidlyState | Refusal {
  const reserves = decodeResult(pairAbi, "getReserves", reservesResult);
  if (reserves === undefined) return unreadableReserves(pool);
  if (fee === undefined) return refuse("unreadable", `the factory ${pool.factory} tells no fee of ${pool.address}`);
  const denominator = feeDenominators[pool.generation];
  if (fee > denominator) return refuse("unreadable", `a fee of ${fee}/${denominator} is not a fraction`);
  return {
    reserves: [reserves[0], reserves[1]],
    fees: [fee, fee],
    stable: pool.stable,
    // A factory without a pause cannot be paused.
    paused: decodeResult(factoryAbi, "isPaused", pausedResult)?.[0] ?? false,
    ownerFeeShare: 0n,
  };
}

/**
 * The first generation. Its factories tell the fee in two ways: the fee of the pair itself comes first (`pairFee`, Ramses);
 * where there is none or it is 0, the fee of all pairs of its kind applies (`getFee`, Velodrome V1).
 */
const solidly: GenerationCalls<FixedPair> = {
  expectations: ({ factory, router }) => [
    expectValue(router, "factory() view returns (address)", [], factory),
    expectAnswer(factory, "allPairsLength() view returns (uint256)"),
  ],
  findPairs: (factory, a, b) =>
    [false, true].map((stable) => call(factoryAbi, factory, "getPair(address,address,bool)", [a, b, stable])),
  describe: (pair) => [call(pairAbi, pair, "metadata")],
  toPool: (deployment, pair, results) => fixedPair("solidly", deployment, pair, results),
  reads: (pool) => [
    call(pairAbi, pool.address, "getReserves"),
    call(factoryAbi, pool.factory, "pairFee", [pool.address]),
    call(factoryAbi, pool.factory, "getFee(bool)", [pool.stable]),
    call(factoryAbi, pool.factory, "isPaused"),
  ],
  decode(pool, [reserves, pairFeeResult, kindFeeResult, paused]) {
    const pairFee: bigint = decodeResult(factoryAbi, "pairFee", pairFeeResult)?.[0] ?? 0n;
    const kindFee: bigint | undefined = decodeResult(factoryAbi, "getFee(bool)", kindFeeResult)?.[0];
    return singleFeeState(pool, reserves, pairFee === 0n ? kindFee : pairFee, paused);
  },
  hopData: (_, pool) => coder.encode(["bool"], [pool.stable]),
};

const velodromeV2: GenerationCalls<FixedPair> = {
  expectations: ({ factory, router }) => [
    expectValue(router, "defaultFactory() view returns (address)", [], factory),
    expectAnswer(factory, "allPoolsLength() view returns (uint256)"),
  ],
  findPairs: (factory, a, b) =>
    [false, true].map((stable) => call(factoryAbi, factory, "getPool(address,address,bool)", [a, b, stable])),
  describe: (pair) => [call(pairAbi, pair, "metadata")],
  toPool: (deployment, pair, results) => fixedPair("velodromeV2", deployment, pair, results),
  reads: (pool) => [
    call(pairAbi, pool.address, "getReserves"),
    call(factoryAbi, pool.factory, "getFee(address,bool)", [pool.address, pool.stable]),
    call(factoryAbi, pool.factory, "isPaused"),
  ],
  decode(pool, [reserves, fee, paused]) {
    return singleFeeState(pool, reserves, decodeResult(factoryAbi, "getFee(address,bool)", fee)?.[0], paused);
  },
  hopData: ({ factory }, pool) => coder.encode(["bool", "address"], [pool.stable, factory]),
};

const camelotV2: GenerationCalls<CamelotPair> = {
  expectations: ({ factory, router }) => [
    expectValue(router, "factory() view returns (address)", [], factory),
    expectAnswer(factory, "feeInfo() view returns (uint256, address)"),
  ],
  findPairs: (factory, a, b) => [call(factoryAbi, factory, "getPair(address,address)", [a, b])],
  describe: (pair) => pairParts.map((part) => call(camelotPairAbi, pair, part)),
  toPool(deployment, pair, results) {
    const [token0, token1, unit0, unit1] = pairParts.map(
      (part, index) => decodeResult(camelotPairAbi, part, results[index])?.[0],
    );
    if (token0 === undefined || token1 === undefined || unit0 === undefined || unit1 === undefined) return undefined;
    return { ...namesOf(deployment, pair), generation: "camelotV2", tokens: [token0, token1], units: [unit0, unit1] };
  },
  reads: ({ address, factory }) => [
    call(camelotPairAbi, address, "getReserves"),
    call(camelotPairAbi, address, "stableSwap"),
    call(factoryAbi, factory, "feeInfo"),
  ],
  decode(pool, [reservesResult, stableResult, feeInfoResult]) {
    const reserves = decodeResult(camelotPairAbi, "getReserves", reservesResult);
    if (reserves === undefined) return unreadableReserves(pool);
    const stable: boolean | undefined = decodeResult(camelotPairAbi, "stableSwap", stableResult)?.[0];
    if (stable === undefined) return refuse("unreadable", `stableSwap of ${pool.address} failed`);
    const feeInfo = decodeResult(factoryAbi, "feeInfo", feeInfoResult);
    if (feeInfo === undefined) return refuse("unreadable", `feeInfo of ${pool.factory} failed`);
    return {
      reserves: [reserves.reserve0, reserves.reserve1],
      fees: [reserves.token0FeePercent, reserves.token1FeePercent],
      stable,
      // There is no pause.
      paused: false,
      ownerFeeShare: feeInfo.feeTo === ZeroAddress ? 0n : feeInfo.ownerFeeShare,
    };
  },
  hopData: () => "0x",
};

const pairParts = ["token0", "token1", "precisionMultiplier0", "precisionMultiplier1"] as const;

export const generations: Readonly<Record<SolidlyGeneration, GenerationCalls>> = { solidly, velodromeV2, camelotV2 };
