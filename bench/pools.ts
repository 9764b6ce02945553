import type { Address } from "../bot/config/chains/chain.ts";
import { refuse } from "../bot/domain/quote.ts";
import type { PoolState } from "../bot/domain/snapshot.ts";
import type { AlgebraPool, AlgebraState } from "../bot/venues/algebra.ts";
import type { BalancerPool, BalancerState } from "../bot/venues/balancer.ts";
import { maxTick, minTick } from "../bot/venues/concentratedLiquidity.ts";
import type { ConcentratedState } from "../bot/venues/concentratedSteps.ts";
import { type DodoPool, type DodoState, openTerms, rState } from "../bot/venues/dodo/state.ts";
import { feeDenominators, type SolidlyPool, type SolidlyState } from "../bot/venues/solidly/pool.ts";
import type { UniswapV2Pool, UniswapV2State } from "../bot/venues/uniswapV2.ts";
import type { UniswapV3Pool, UniswapV3State } from "../bot/venues/uniswapV3.ts";
import type { WoofiPool, WoofiState } from "../bot/venues/woofi/state.ts";
import type { DexMarket, MarketKind, MarketToken, PoolOf, RangesState } from "./market.ts";

/** A pool as the module of its venue knows it, and its state. */
export interface Expressed<P, S> extends PoolState {
  readonly pool: P & PoolState["pool"];
  readonly state: S;
}

type Tokens = ReadonlyMap<Address, MarketToken>;

/** Gives every pool of a market to the module of its venue, as its `discover` and `decode` would have returned it. */
export function poolStatesOf(market: DexMarket): readonly PoolState[] {
  const tokens = tokensByAddress(market);
  return market.pools.map((pool) => poolStateOf(pool, tokens));
}

export function poolStateOf<K extends MarketKind>(pool: PoolOf<K>, tokens: Tokens): PoolState {
  const express = expressions[pool.kind] as (pool: PoolOf<K>, tokens: Tokens) => PoolState;
  return express(pool, tokens);
}

export function tokensByAddress({ tokens }: Pick<DexMarket, "tokens">): Tokens {
  return new Map(tokens.map((token) => [token.address, token]));
}

type Expressions = { readonly [K in MarketKind]: (pool: PoolOf<K>, tokens: Tokens) => PoolState };

/** What a venue knows of a deployment and no quote depends on. */
const elsewhere: Address = "0x0000000000000000000000000000000000000001";
const deployment = "synthetic";

const expressions: Expressions = {
  uniswapV2({ address, tokens, state }): Expressed<UniswapV2Pool, UniswapV2State> {
    const { reserves, feePpm } = state;
    return {
      pool: { venue: "uniswapV2", deployment, id: address, address, tokens: pairOf(tokens), feePpm },
      state: { reserves },
    };
  },
  uniswapV3({ address, tokens, state }): Expressed<UniswapV3Pool, UniswapV3State> {
    const { feePpm, tickSpacing } = state;
    return {
      pool: {
        venue: "uniswapV3",
        deployment,
        id: address,
        address,
        tokens: pairOf(tokens),
        feePpm,
        hasMovingFee: false,
        table: tableOf(tickSpacing),
      },
      state: { ...concentratedState(state), feePpm },
    };
  },
  algebra({ address, tokens, state }): Expressed<AlgebraPool, AlgebraState> {
    const { bitmap, feeZtoPpm, feeOtzPpm } = state;
    return {
      pool: {
        venue: "algebra",
        deployment,
        id: address,
        address,
        tokens: pairOf(tokens),
        quoter: elsewhere,
        layout: bitmap === "compressed" ? "singleFee" : "directionalFee",
        table: tableOf(bitmap === "compressed" ? compressedSpacing : 1),
      },
      state: { ...concentratedState(state), feeZeroToOne: BigInt(feeZtoPpm), feeOneToZero: BigInt(feeOtzPpm) },
    };
  },
  solidlyVolatile: (pool, tokens) => solidlyPool(pool, tokens, false),
  solidlyStable: (pool, tokens) => solidlyPool(pool, tokens, true),
  balancerWeighted({ address, tokens, state }, known): Expressed<BalancerPool, BalancerState> {
    const { balances, weights, scalingFactors, swapFee } = state;
    return {
      pool: {
        venue: "balancer",
        deployment,
        id: address,
        address,
        tokens,
        vault: elsewhere,
        registered: registeredTokens(tokens, known),
        formula: { kind: "weighted", weights, powerShortcuts: true },
      },
      state: { balances, scalingFactors, swapFeePercentage: swapFee, amplification: 0n, paused: false },
    };
  },
  balancerStable({ address, tokens, state }, known): Expressed<BalancerPool, BalancerState> {
    const { balances, scalingFactors, swapFee, amp } = state;
    return {
      pool: {
        venue: "balancer",
        deployment,
        id: address,
        address,
        tokens,
        vault: elsewhere,
        registered: registeredTokens(tokens, known),
        formula: { kind: "stable", bptIndex: undefined, invariantRounding: "down" },
      },
      state: { balances, scalingFactors, swapFeePercentage: swapFee, amplification: amp, paused: false },
    };
  },
  woofi({ address, tokens, state }, known): Expressed<WoofiPool, WoofiState> {
    const [quoteToken, ...baseTokens] = tokens;
    if (quoteToken === undefined) throw new Error(`WooFi pool ${address} has no quote token.`);
    const bases = baseTokens.map((token, index) => {
      const terms = state.bases[index];
      if (terms === undefined) throw new Error(`WooFi pool ${address} has no terms for ${token}.`);
      return { token, terms, unit: unitOf(token, known), priceUnit: 10n ** BigInt(terms.priceDecimals) };
    });
    const holding = (reserve: bigint) => ({ reserve, balance: reserve, capBalance: undefined });
    return {
      pool: {
        venue: "woofi",
        deployment,
        id: address,
        address,
        tokens,
        version: state.version === "2.0" ? "2.0" : "2.1",
        router: elsewhere,
        oracle: elsewhere,
        quoteToken,
        quoteUnit: unitOf(quoteToken, known),
        bases: bases.map(({ token, unit, priceUnit }) => ({ address: token, unit, priceUnit })),
      },
      state: {
        quote: holding(state.quoteReserve),
        unclaimedFee: 0n,
        bases: new Map(
          bases.map(({ token, terms, unit, priceUnit }) => [
            token,
            {
              address: token,
              unit,
              priceUnit,
              holding: holding(terms.reserve),
              feeRate: terms.feeRate,
              maxGamma: terms.maxGamma,
              maxNotionalSwap: terms.maxNotionalSwap,
              spread: terms.spread,
              coeff: terms.coeff,
              price: terms.feasible ? terms.price : refuse("stale-price", "WooPPV2: !ORACLE_FEASIBLE"),
              oracle: undefined,
            },
          ]),
        ),
      },
    };
  },
  dodo({ address, tokens, state }): Expressed<DodoPool, DodoState> {
    const { variant, i, K, B, Q, B0, Q0, R, lpFeeRate, mtFeeRate } = state;
    const [base, quote] = pairOf(tokens);
    const known = Object.values(rState).find((value) => value === R);
    if (known === undefined) throw new Error(`DODO pool ${address} is at R ${R}.`);
    return {
      pool: {
        venue: "dodo",
        deployment,
        id: address,
        address,
        tokens,
        variant,
        base,
        quote,
        adapter: elsewhere,
        routeProxy: elsewhere,
        approveProxy: elsewhere,
      },
      state: {
        ...{ i, K, B, Q, B0, Q0, R: known, lpFeeRate, mtFeeRate, routeFeeRate: 0n },
        ...{ baseBalance: B, quoteBalance: Q },
        ...(variant === "classical" ? { classical: openTerms } : {}),
      },
    };
  },
};

function pairOf([first, second]: readonly Address[]): readonly [Address, Address] {
  if (first === undefined || second === undefined) throw new Error("A pool of this kind has two tokens.");
  return [first, second];
}

function unitOf(token: Address, tokens: Tokens): bigint {
  const known = tokens.get(token);
  if (known === undefined) throw new Error(`The market lists no token ${token}.`);
  return 10n ** BigInt(known.decimals);
}

function solidlyPool(
  { address, tokens, state }: PoolOf<"solidlyVolatile" | "solidlyStable">,
  known: Tokens,
  stable: boolean,
): Expressed<SolidlyPool, SolidlyState> {
  const [token0, token1] = pairOf(tokens);
  const fee = inParts(state.feePpm, feeDenominators.solidly, address);
  return {
    pool: {
      venue: "solidly",
      deployment,
      id: address,
      address,
      generation: "solidly",
      factory: elsewhere,
      stable,
      tokens: [token0, token1],
      units: [unitOf(token0, known), unitOf(token1, known)],
    },
    state: { reserves: state.reserves, fees: [fee, fee], stable, paused: false, ownerFeeShare: 0n },
  };
}

/** Returns a fee in parts of `denominator`, and fails where it is not a whole number of them. */
function inParts(feePpm: number, denominator: bigint, address: Address): bigint {
  const scaled = BigInt(feePpm) * denominator;
  if (scaled % 1_000_000n !== 0n) {
    throw new Error(`Pool ${address} has a fee of ${feePpm} ppm, which is no multiple of 1/${denominator}.`);
  }
  return scaled / 1_000_000n;
}

/** The scaling factors of a market hold the rates; a registered token's factor is of its decimals alone. */
function registeredTokens(tokens: readonly Address[], known: Tokens): BalancerPool["registered"] {
  return tokens.map((address) => ({ address, scalingFactor: 10n ** 36n / unitOf(address, known) }));
}

/** How many ticks a bit stands for in the tick table of Algebra 1.0 and 1.1. */
const compressedSpacing = 60;

/** The ticks are in the state; no word of the table is read. */
function tableOf(spacing: number): UniswapV3Pool["table"] {
  return { spacing, firstWord: 0, words: [], ticks: [] };
}

/** All of a pool's ticks are known. */
function concentratedState({ sqrtPriceX96, tick, liquidity, ticks }: RangesState): ConcentratedState {
  const known = ticks.map(([index, liquidityNet, liquidityGross]) => ({ tick: index, liquidityNet, liquidityGross }));
  return { sqrtPriceX96, tick, liquidity, window: { lower: minTick, upper: maxTick, ticks: known } };
}
