import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const dex = (path) => require(`@paraswap/dex-lib/build/dex/${path}`);
const { Uniswapv2ConstantProductPool } = dex("uniswap-v2/uniswap-v2-constant-product-pool");
const { SolidlyStablePool } = dex("solidly/solidly-stable-pool");
const { uniswapV3Math } = dex("uniswap-v3/contract-math/uniswap-v3-math");
const { AlgebraMath } = dex("algebra/lib/AlgebraMath");
const { WeightedPool } = dex("balancer-v2/pools/weighted/WeightedPool");
const { StablePool } = dex("balancer-v2/pools/stable/StablePool");
const { WooFiV2Math } = dex("woo-fi-v2/woo-fi-v2-math");
const { version } = require("@paraswap/dex-lib/package.json");

const network = 42161;
const million = 1_000_000;
const silent = { error() {}, warn() {}, info() {}, debug() {}, trace() {} };
const same = (value) => value;
/** Of one amount, as all its pricing takes lists. */
const first = (result) => result[0];

const weighted = new WeightedPool("", undefined);
const stable = new StablePool("", undefined);

/** dex-lib's arithmetic alone: no discovery, no state fetching, no executor. */
export const peer = {
  name: "@paraswap/dex-lib",
  version,
  kinds: [
    ...["uniswapV2", "solidlyVolatile", "solidlyStable", "uniswapV3", "algebra"],
    ...["balancerWeighted", "balancerStable", "woofi"],
  ],
  asynchronous: false,
  make(pool, tokenIn, tokenOut, tokens) {
    const [from, to] = [pool.tokens.indexOf(tokenIn), pool.tokens.indexOf(tokenOut)];
    return from < 0 || to < 0 ? undefined : makers[pool.kind]?.(pool, from, to, tokens);
  },
};

const makers = {
  uniswapV2: product,
  solidlyVolatile: product,
  solidlyStable(pool, from, to, tokens) {
    const parameters = {
      ...reservesOf(pool, from, to),
      decimalsIn: tokens.get(pool.tokens[from]).decimals,
      decimalsOut: tokens.get(pool.tokens[to]).decimals,
    };
    const quote = (amount) => SolidlyStablePool.getSellPrice(parameters, amount, million);
    return { wrap: same, quote, unwrap: same };
  },
  uniswapV3({ address, state }, from) {
    const { sqrtPriceX96, tick, liquidity, tickSpacing, feePpm, ticks } = state;
    const poolState = {
      networkId: network,
      pool: address,
      blockTimestamp: 1n,
      tickSpacing: BigInt(tickSpacing),
      fee: BigInt(feePpm),
      slot0: {
        sqrtPriceX96,
        tick: BigInt(tick),
        observationIndex: 0,
        observationCardinality: 1,
        observationCardinalityNext: 1,
        feeProtocol: 0n,
      },
      liquidity,
      maxLiquidityPerTick: 2n ** 128n - 1n,
      ...tickMaps(ticks, tickSpacing, tick),
      isValid: true,
      observations: {
        0: { blockTimestamp: 1n, tickCumulative: 0n, secondsPerLiquidityCumulativeX128: 0n, initialized: true },
      },
      balance0: 0n,
      balance1: 0n,
    };
    const quote = (amount) => uniswapV3Math.queryOutputs(poolState, [amount], from === 0, "SELL").outputs;
    return { wrap: same, quote, unwrap: first };
  },
  algebra({ address, state }, from) {
    const { sqrtPriceX96, tick, liquidity, tickSpacing, feeZtoPpm, feeOtzPpm, ticks, bitmap } = state;
    const spacing = bitmap === "compressed" ? 60 : 1;
    const poolState = {
      pool: address,
      blockTimestamp: 1n,
      tickSpacing: BigInt(tickSpacing),
      globalState: {
        price: sqrtPriceX96,
        tick: BigInt(tick),
        feeZto: BigInt(feeZtoPpm),
        feeOtz: BigInt(feeOtzPpm),
        communityFeeToken0: 0n,
        communityFeeToken1: 0n,
      },
      liquidity,
      maxLiquidityPerTick: 2n ** 128n - 1n,
      ...tickMaps(ticks, spacing, tick),
      isValid: true,
      balance0: 0n,
      balance1: 0n,
      areTicksCompressed: spacing > 1,
    };
    const quote = (amount) => AlgebraMath.queryOutputs(network, poolState, [amount], from === 0, "SELL").outputs;
    return { wrap: same, quote, unwrap: first };
  },
  balancerWeighted({ state }, from, to) {
    const { balances, weights, scalingFactors, swapFee } = state;
    const pair = {
      tokenInBalance: balances[from],
      tokenOutBalance: balances[to],
      tokenInScalingFactor: scalingFactors[from],
      tokenOutScalingFactor: scalingFactors[to],
      tokenInWeight: weights[from],
      tokenOutWeight: weights[to],
      swapFee,
    };
    return { wrap: same, quote: (amount) => weighted.onSell([amount], pair), unwrap: first };
  },
  balancerStable({ state }, indexIn, indexOut) {
    const { balances, scalingFactors, swapFee, amp } = state;
    const pair = { balances: [...balances], indexIn, indexOut, scalingFactors, swapFee, amp };
    return { wrap: same, quote: (amount) => stable.onSell([amount], pair), unwrap: first };
  },
  woofi(pool, from, to, tokens) {
    const [quoteToken, ...bases] = pool.tokens;
    const unit = (token) => 10n ** BigInt(tokens.get(token).decimals);
    const uncapped = 2n ** 256n;
    const math = new WooFiV2Math(silent, quoteToken);
    const each = (of) => Object.fromEntries(bases.map((token, i) => [token, of(pool.state.bases[i], token)]));
    math.state = {
      tokenInfos: {
        [quoteToken]: {
          reserve: pool.state.quoteReserve,
          feeRate: 0n,
          maxGamma: 0n,
          maxNotionalSwap: 0n,
          capBal: uncapped,
        },
        ...each(({ reserve, feeRate, maxGamma, maxNotionalSwap }) => ({
          ...{ reserve, feeRate, maxGamma, maxNotionalSwap },
          capBal: uncapped,
        })),
      },
      tokenStates: each(({ price, spread, coeff, feasible }) => ({ price, spread, coeff, woFeasible: feasible })),
      decimals: each(({ priceDecimals }, token) => ({
        priceDec: 10n ** BigInt(priceDecimals),
        quoteDec: unit(quoteToken),
        baseDec: unit(token),
      })),
      oracleTimestamp: 1n,
      isPaused: false,
    };
    const [tokenIn, tokenOut] = [pool.tokens[from], pool.tokens[to]];
    return { wrap: same, quote: (amount) => math.query(tokenIn, tokenOut, [amount]), unwrap: first };
  },
};

function product(pool, from, to) {
  const parameters = reservesOf(pool, from, to);
  const quote = (amount) => Uniswapv2ConstantProductPool.getSellPrice(parameters, amount, million);
  return { wrap: same, quote, unwrap: same };
}

function reservesOf({ state }, from, to) {
  return {
    reservesIn: state.reserves[from].toString(),
    reservesOut: state.reserves[to].toString(),
    fee: state.feePpm.toString(),
    direction: from === 0,
  };
}

function tickMaps(ticks, spacing, tick) {
  const tickBitmap = {};
  const infos = {};
  for (const [index, liquidityNet, liquidityGross] of ticks) {
    const compressed = index / spacing;
    const word = compressed >> 8;
    tickBitmap[word] = (tickBitmap[word] ?? 0n) | (1n << BigInt(compressed & 255));
    infos[index] = {
      liquidityGross,
      liquidityNet,
      tickCumulativeOutside: 0n,
      secondsPerLiquidityOutsideX128: 0n,
      secondsOutside: 0n,
      initialized: true,
    };
  }
  const startTickBitmap = BigInt(Math.floor(tick / spacing) >> 8);
  const [lowest, highest] = [ticks[0]?.[0] ?? 0, ticks.at(-1)?.[0] ?? 0];
  return {
    tickBitmap,
    ticks: infos,
    startTickBitmap,
    lowestKnownTick: BigInt(lowest),
    highestKnownTick: BigInt(highest),
  };
}
