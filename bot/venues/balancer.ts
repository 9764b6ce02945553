import { AbiCoder, concat, dataLength, dataSlice, Interface, type Result, toBeHex } from "ethers";
import { expectAnswer } from "../check/expectation.ts";
import type { Address, BalancerDeployment, Token } from "../config/chains/chain.ts";
import type { Curve } from "../domain/curve.ts";
import { type Quote, type Refusal, type RefusalReason, refuse } from "../domain/quote.ts";
import { follow, swapTopic } from "./balancer/events.ts";
import { mulDownFixed, ONE } from "./balancer/fixedPoint.ts";
import type { FormulaCurve } from "./balancer/formula.ts";
import { BalancerRevert, balancerErrors } from "./balancer/revert.ts";
import {
  type InvariantRounding,
  type StableSide,
  type StableTerms,
  stableCurve,
  stableTerms,
} from "./balancer/stable.ts";
import { type WeightedSide, weightedCurve } from "./balancer/weighted.ts";
import { reserveRatioLimitDown } from "./priceLimit.ts";
import {
  type Call,
  type CallResult,
  type HopCall,
  type Pool,
  quoteOnce,
  type Reader,
  type Swap,
  type Venue,
} from "./venue.ts";

/** Where a token's rate comes from. */
interface RateSource {
  /** The read of the pool's cache, whose first word is the rate and whose last word is the second when it expires. */
  readonly cache: Call;
  /** The read of the rate that the pool renews the cache with, in the first swap after it has expired. */
  readonly renewal: Call;
  /** Whether that swap itself still takes the old rate: a StablePhantomPool scales before it renews the cache. */
  readonly renewsLate: boolean;
}

/** A token as its pool knows it. */
export interface RegisteredToken {
  readonly address: Address;
  /** Brings an amount to 18 decimals, as a fixed point number with 18 decimals: 10^(36 − decimals). */
  readonly scalingFactor: bigint;
  /** Absent where the pool does not scale by a rate. */
  readonly rate?: RateSource;
}

/** The pool's formula, with what never changes in it. */
export type Formula = WeightedFormula | StableFormula;

export interface WeightedFormula {
  readonly kind: "weighted";
  /** With 18 decimals, in the order of `registered`. */
  readonly weights: readonly bigint[];
  /** Whether exponents 1, 2 and 4 are multiplied out. */
  readonly powerShortcuts: boolean;
}

export interface StableFormula {
  readonly kind: "stable";
  /** The place of the pool's own token, which is registered but not part of the formula. */
  readonly bptIndex: number | undefined;
  readonly invariantRounding: InvariantRounding;
}

export interface BalancerPool extends Pool {
  readonly venue: "balancer";
  readonly vault: Address;
  /** All of the pool's tokens in the vault's order. */
  readonly registered: readonly RegisteredToken[];
  readonly formula: Formula;
}

export interface BalancerState {
  /** In units of each token, in the order of `registered`. */
  readonly balances: readonly bigint[];
  /** As `RegisteredToken.scalingFactor`, times the token's rate. */
  readonly scalingFactors: readonly bigint[];
  /** With 18 decimals. */
  readonly swapFeePercentage: bigint;
  /** What `scalingFactors` are after the next swap, where that differs: see `RateSource.renewsLate`. */
  readonly renewedScalingFactors?: readonly bigint[];
  /** With 3 decimals; 0 in a weighted pool. */
  readonly amplification: bigint;
  /** Present where the amplification moves from second to second. */
  readonly isRamping?: true;
  /** Whether the vault or the pool is stopped. */
  readonly paused: boolean;
}

const vaultAbi = new Interface([
  "function getPool(bytes32 poolId) view returns (address pool, uint8 specialization)",
  "function getPoolTokens(bytes32 poolId) view returns (address[] tokens, uint256[] balances, uint256 lastChangeBlock)",
  "function getPausedState() view returns (bool paused, uint256 pauseWindowEndTime, uint256 bufferPeriodEndTime)",
]);

const poolAbi = new Interface([
  "function getNormalizedWeights() view returns (uint256[])",
  "function getAmplificationParameter() view returns (uint256 value, bool isUpdating, uint256 precision)",
  "function getBptIndex() view returns (uint256)",
  "function getSwapFeePercentage() view returns (uint256)",
  "function getPausedState() view returns (bool paused, uint256 pauseWindowEndTime, uint256 bufferPeriodEndTime)",
  "function getSwapEnabled() view returns (bool)",
  "function inRecoveryMode() view returns (bool)",
  "function getRateProviders() view returns (address[])",
  "function getTokenRateCache(address token) view",
  "function getPriceRateCache(address token) view",
]);

const tokenAbi = new Interface(["function decimals() view returns (uint8)"]);
const rateProviderAbi = new Interface(["function getRate() view returns (uint256)"]);

const zeroAddress = "0x0000000000000000000000000000000000000000";

const WORD_BYTES = 32;

/** The vault packs a balance in 112 bits. */
const maxBalance = 2n ** 112n - 1n;

/**
 * Balancer V2: every swap is a call of the vault, which asks the pool for the amount.
 *
 * Quotes weighted pools and stable pools (plain, meta-stable and composable) of every generation. Pools whose weights
 * move or whose swaps can be switched off (liquidity bootstrapping, managed) are not listed, and neither are swaps
 * against a pool's own token.
 */
export const balancer: Venue<BalancerDeployment, BalancerPool, BalancerState> = {
  name: "balancer",

  gas: 120_000n,

  requirements({ vault, poolIds }) {
    return {
      contracts: { vault },
      expectations: poolIds.map((id) =>
        expectAnswer(vault, "getPool(bytes32 poolId) view returns (address, uint8)", [id]),
      ),
    };
  },
  discover,
  reads,
  decode,
  trades: { topics: [swapTopic], source: ({ vault, id }) => ({ address: vault, topic1: id }) },
  follow,
  curve,
  quote: (pool, state, swap) =>
    // Which the vault checks first, of a pool that refuses everything as well.
    swap.amountIn === 0n
      ? refusalOf(new BalancerRevert(balancerErrors.zeroAmount))
      : quoteOnce(curve, pool, state, swap),
  encode,
  encodeDirect: ({ vault }, { id }, _tokenIn, limit) => ({
    target: vault,
    data: limit === 0n ? id : concat([id, toBeHex(limit, 20)]),
  }),
  priceLimit,
};

/** The least ratio of the balances in the vault, whose price their weights make; of a stable pool there is none. */
function priceLimit({ formula, registered }: BalancerPool, swap: Swap, leastOut: bigint): bigint {
  if (formula.kind !== "weighted") return 0n;
  const weightOf = (token: Address) => formula.weights[registered.findIndex(({ address }) => address === token)] ?? 0n;
  const weighted = { ...swap, amountIn: swap.amountIn * weightOf(swap.tokenIn) };
  return reserveRatioLimitDown(weighted, leastOut * weightOf(swap.tokenOut));
}

async function discover(
  deployment: BalancerDeployment,
  tokens: readonly Token[],
  reader: Reader,
): Promise<readonly BalancerPool[]> {
  const { vault, poolIds } = deployment;
  const results = await reader.read(
    poolIds.flatMap((id) => [
      { target: vault, data: vaultAbi.encodeFunctionData("getPool", [id]) },
      { target: vault, data: vaultAbi.encodeFunctionData("getPoolTokens", [id]) },
    ]),
  );
  const known = new Set(tokens.map(({ address }) => address));
  const pools = await Promise.all(
    poolIds.map(async (id, index): Promise<BalancerPool | undefined> => {
      const address = result(vaultAbi, "getPool", results[2 * index])?.pool as Address | undefined;
      const addresses = result(vaultAbi, "getPoolTokens", results[2 * index + 1])?.tokens as Result | undefined;
      if (address === undefined || addresses === undefined) return undefined;
      const described = await describe(address, [...addresses] as Address[], reader);
      if (described === undefined) return undefined;
      const tradable = described.registered
        .map((registered) => registered.address)
        .filter((token) => known.has(token) && token !== address);
      if (tradable.length < 2) return undefined;
      return { venue: "balancer", deployment: deployment.name, id, address, tokens: tradable, vault, ...described };
    }),
  );
  return pools.filter((pool) => pool !== undefined);
}

/** Reads what never changes in a pool, or returns undefined when the pool is of a kind that is not quoted. */
async function describe(
  pool: Address,
  addresses: readonly Address[],
  reader: Reader,
): Promise<Pick<BalancerPool, "registered" | "formula"> | undefined> {
  const names = [
    "getNormalizedWeights",
    "getAmplificationParameter",
    "getBptIndex",
    "inRecoveryMode",
    "getSwapEnabled",
    "getRateProviders",
  ] as const;
  const results = await reader.read([
    ...names.map((name) => ({ target: pool, data: poolAbi.encodeFunctionData(name) })),
    ...addresses.map((target) => ({ target, data: tokenAbi.encodeFunctionData("decimals") })),
  ]);
  const [weights, amplification, bptIndex, recoveryMode, swapEnabled, rateProviders] = names.map((name, index) =>
    result(poolAbi, name, results[index]),
  );
  const decimals = addresses.map((_, index) => result(tokenAbi, "decimals", results[names.length + index])?.[0]);
  if (swapEnabled !== undefined || decimals.some((value) => value === undefined || value > 18n)) return undefined;

  // Both changes of the arithmetic came with the generation of 2022, whose pools all have a recovery mode.
  const since2022 = recoveryMode !== undefined;
  const scaled = addresses.map((address, index) => ({ address, scalingFactor: 10n ** (36n - decimals[index]) }));
  if (weights !== undefined) {
    return {
      registered: scaled,
      formula: { kind: "weighted", weights: [...weights[0]] as bigint[], powerShortcuts: since2022 },
    };
  }
  if (amplification === undefined) return undefined;
  // Weighted pools have rate providers too, but for the protocol's fee only.
  const providers = (rateProviders?.[0] ?? []) as readonly Address[];
  const caches = await readRateCaches(pool, addresses, providers, reader);
  // A rate that cannot be followed would make every quote wrong.
  if (providers.some((provider, index) => provider !== zeroAddress && caches[index] === undefined)) return undefined;
  const isPhantom = bptIndex !== undefined && !since2022;
  return {
    registered: scaled.map((token, index) => {
      const [cache, target] = [caches[index], providers[index]];
      if (cache === undefined || target === undefined) return token;
      const renewal = { target, data: rateProviderAbi.encodeFunctionData("getRate") };
      return { ...token, rate: { cache, renewal, renewsLate: isPhantom } };
    }),
    formula: {
      kind: "stable",
      bptIndex: bptIndex === undefined ? undefined : Number(bptIndex[0]),
      invariantRounding: since2022 ? "down" : "up",
    },
  };
}

/** Finds the read of the rate cache of every token that has a rate provider: the getter has two names. */
async function readRateCaches(
  pool: Address,
  addresses: readonly Address[],
  providers: readonly Address[],
  reader: Reader,
): Promise<readonly (Call | undefined)[]> {
  const getters = addresses.map((token, index) =>
    (providers[index] ?? zeroAddress) === zeroAddress
      ? []
      : (["getTokenRateCache", "getPriceRateCache"] as const).map((name) => ({
          target: pool,
          data: poolAbi.encodeFunctionData(name, [token]),
        })),
  );
  const results = [...(await reader.read(getters.flat()))];
  return getters.map((calls) => {
    const answers = results.splice(0, calls.length);
    return calls.find((_, index) => answers[index]?.success);
  });
}

function reads(pool: BalancerPool): readonly Call[] {
  return [
    { target: pool.vault, data: vaultAbi.encodeFunctionData("getPausedState") },
    { target: pool.vault, data: vaultAbi.encodeFunctionData("getPoolTokens", [pool.id]) },
    { target: pool.address, data: poolAbi.encodeFunctionData("getPausedState") },
    { target: pool.address, data: poolAbi.encodeFunctionData("getSwapFeePercentage") },
    ...(pool.formula.kind === "stable"
      ? [{ target: pool.address, data: poolAbi.encodeFunctionData("getAmplificationParameter") }]
      : []),
    ...pool.registered.flatMap(({ rate }) => (rate === undefined ? [] : [rate.cache, rate.renewal])),
  ];
}

function decode(pool: BalancerPool, results: readonly CallResult[], timestamp: bigint): BalancerState | Refusal {
  const vaultPaused = result(vaultAbi, "getPausedState", results[0]);
  const tokens = result(vaultAbi, "getPoolTokens", results[1]);
  const poolPaused = result(poolAbi, "getPausedState", results[2]);
  const fee = result(poolAbi, "getSwapFeePercentage", results[3]);
  if (!vaultPaused || !tokens || !poolPaused || !fee) {
    return refuse("unreadable", `a read of ${pool.address} failed`);
  }
  const isStable = pool.formula.kind === "stable";
  const amplification = isStable ? result(poolAbi, "getAmplificationParameter", results[4]) : undefined;
  if (isStable && amplification === undefined) return refuse("unreadable", `${pool.address} has no amplification`);

  const rateReads = results.slice(isStable ? 5 : 4);
  const scalingFactors: bigint[] = [];
  const renewed: bigint[] = [];
  for (const { address, scalingFactor, rate } of pool.registered) {
    if (rate === undefined) {
      scalingFactors.push(scalingFactor);
      renewed.push(scalingFactor);
      continue;
    }
    const [cache, renewal] = rateReads.splice(0, 2);
    const [cached, current] = [cachedRate(cache), currentRate(cache, renewal, timestamp)];
    if (cached === undefined || current === undefined) {
      return refuse("unreadable", `no rate of ${address} in ${pool.address}`);
    }
    scalingFactors.push(mulDownFixed(scalingFactor, rate.renewsLate ? cached : current));
    renewed.push(mulDownFixed(scalingFactor, current));
  }
  const isRenewed = renewed.some((factor, index) => factor !== scalingFactors[index]);
  return {
    balances: [...tokens.balances] as bigint[],
    scalingFactors,
    ...(isRenewed && { renewedScalingFactors: renewed }),
    swapFeePercentage: fee[0] as bigint,
    amplification: (amplification?.value ?? 0n) as bigint,
    ...(amplification?.isUpdating && { isRamping: true }),
    paused: (vaultPaused.paused || poolPaused.paused) as boolean,
  };
}

/** Returns the cached rate, or the provider's once the cache has expired. */
function currentRate(
  cache: CallResult | undefined,
  renewal: CallResult | undefined,
  timestamp: bigint,
): bigint | undefined {
  const cached = cachedRate(cache);
  if (cache === undefined || cached === undefined) return undefined;
  const expires = BigInt(dataSlice(cache.data, dataLength(cache.data) - WORD_BYTES));
  return timestamp <= expires ? cached : (result(rateProviderAbi, "getRate", renewal)?.[0] as bigint | undefined);
}

function cachedRate(cache: CallResult | undefined): bigint | undefined {
  if (!cache?.success || dataLength(cache.data) < 2 * WORD_BYTES) return undefined;
  return BigInt(dataSlice(cache.data, 0, WORD_BYTES));
}

function curve(
  pool: BalancerPool,
  state: BalancerState,
  tokenIn: Address,
  tokenOut: Address,
): Curve<BalancerState> | Refusal {
  if (tokenIn === pool.address || tokenOut === pool.address) {
    return refuse("token-not-in-pool", "a swap against the pool's own token is a join or an exit");
  }
  const indexIn = pool.registered.findIndex(({ address }) => address === tokenIn);
  const indexOut = pool.registered.findIndex(({ address }) => address === tokenOut);
  const balanceIn = state.balances[indexIn];
  try {
    // The vault's checks before it asks the pool.
    if (tokenIn === tokenOut) throw new BalancerRevert(balancerErrors.sameToken);
    if (balanceIn === undefined || indexOut < 0) throw new BalancerRevert(balancerErrors.tokenNotRegistered);
    if (state.paused) throw new BalancerRevert(balancerErrors.paused);
    return vaultCurve(state, indexIn, indexOut, formulaCurve(pool.formula, state, indexIn, indexOut));
  } catch (error) {
    return refusalOf(error);
  }
}

/** Adds what the vault does to every swap. */
function vaultCurve(
  state: BalancerState,
  indexIn: number,
  indexOut: number,
  { payoutDown, ...shadow }: FormulaCurve,
): Curve<BalancerState> {
  const maxIn = maxBalance - (state.balances[indexIn] ?? 0n);
  const quote = (amountIn: bigint): Quote => {
    try {
      if (amountIn <= 0n) throw new BalancerRevert(balancerErrors.zeroAmount);
      const amountOut = payoutDown(amountIn);
      if (amountIn > maxIn) throw new BalancerRevert(balancerErrors.balanceOverflow);
      return amountOut;
    } catch (error) {
      return refusalOf(error);
    }
  };
  return {
    ...shadow,
    quote,
    after(amountIn) {
      const amountOut = quote(amountIn);
      if (typeof amountOut !== "bigint") return amountOut;
      const { renewedScalingFactors, ...rest } = state;
      const balances = state.balances.map((balance, index) =>
        index === indexIn ? balance + amountIn : index === indexOut ? balance - amountOut : balance,
      );
      return { ...rest, balances, scalingFactors: renewedScalingFactors ?? state.scalingFactors };
    },
  };
}

/** @throws {BalancerRevert} where the pool reverts on every swap */
function formulaCurve(formula: Formula, state: BalancerState, indexIn: number, indexOut: number): FormulaCurve {
  const { balances, scalingFactors, swapFeePercentage } = state;
  const scalingFactor = (index: number) => scalingFactors[index] ?? ONE;
  if (formula.kind === "weighted") {
    const side = (index: number): WeightedSide => ({
      balance: balances[index] ?? 0n,
      weight: formula.weights[index] ?? 0n,
      scalingFactor: scalingFactor(index),
    });
    return weightedCurve(side(indexIn), side(indexOut), swapFeePercentage, { shortcuts: formula.powerShortcuts });
  }
  const { bptIndex } = formula;
  const side = (index: number): StableSide => ({
    index: bptIndex !== undefined && index > bptIndex ? index - 1 : index,
    scalingFactor: scalingFactor(index),
  });
  return stableCurve(stableTermsOf(formula, state), side(indexIn), side(indexOut), swapFeePercentage);
}

/** By state: all directions through a pool have one invariant. */
const knownStableTerms = new WeakMap<BalancerState, StableTerms>();

function stableTermsOf({ bptIndex, invariantRounding }: StableFormula, state: BalancerState): StableTerms {
  const known = knownStableTerms.get(state);
  if (known !== undefined) return known;
  const scaled = state.balances.map((balance, index) => mulDownFixed(balance, state.scalingFactors[index] ?? ONE));
  const balances = scaled.filter((_, index) => index !== bptIndex);
  // Pools of 2021 without a token of their own among their tokens name the error of the balance.
  const divergence =
    invariantRounding === "up" && bptIndex === undefined
      ? balancerErrors.balanceDidNotConverge
      : balancerErrors.invariantDidNotConverge;
  const terms = stableTerms(state.amplification, balances, invariantRounding, divergence);
  knownStableTerms.set(state, terms);
  return terms;
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof BalancerRevert) return refuse(reasonOf(error.code), error.message);
  throw error;
}

function reasonOf(code: number): RefusalReason {
  switch (code) {
    case balancerErrors.zeroAmount:
      return "zero-amount";
    case balancerErrors.sameToken:
    case balancerErrors.tokenNotRegistered:
      return "token-not-in-pool";
    case balancerErrors.maxInRatio:
    case balancerErrors.balanceOverflow:
      return "over-limit";
    case balancerErrors.paused:
      return "paused";
    // A stable pool subtracts one unit from an output of less than one.
    case balancerErrors.subOverflow:
      return "zero-output";
    default:
      return "invariant";
  }
}

function encode({ vault }: BalancerDeployment, { id }: BalancerPool): HopCall {
  return { target: vault, data: AbiCoder.defaultAbiCoder().encode(["bytes32"], [id]) };
}

/** Decodes one read, or returns undefined when it reverted or returned something else. */
function result(abi: Interface, name: string, read: CallResult | undefined): Result | undefined {
  if (!read?.success || read.data === "0x") return undefined;
  try {
    return abi.decodeFunctionResult(name, read.data);
  } catch {
    return undefined;
  }
}
