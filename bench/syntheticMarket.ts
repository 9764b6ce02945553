import {
  type DexMarket,
  type MarketKind,
  type MarketPool,
  type MarketStates,
  type MarketToken,
  marketFormat,
  marketKinds,
  type RangesState,
} from "./market.ts";
import { createRandom, pick, type Random } from "./random.ts";

/** How many of a hundred pools of a mixed market are of a kind. */
const shares: Readonly<Record<MarketKind, number>> = {
  uniswapV2: 30,
  uniswapV3: 25,
  algebra: 12,
  solidlyVolatile: 8,
  solidlyStable: 7,
  balancerWeighted: 8,
  balancerStable: 4,
  dodo: 4,
  woofi: 2,
};

export interface SyntheticMarketParameters {
  readonly pools: number;
  readonly tokens: number;
  readonly seed: number;
  /** Every kind when left out. Their order tells the markets of one seed apart. */
  readonly kinds?: readonly MarketKind[];
  /** Standard deviation of the log prices between pools; 4 bp when left out. */
  readonly spread?: number;
  /** How many pools are 1 to 3 % off; one in 250, and two at least, when left out. */
  readonly dislocated?: number;
}

/**
 * Makes a market. Liquidity is log-normal (median 150,000 USD, σ 1.6), and a token's share in the pairs is its
 * popularity (rank^-0.9), so that WETH and USDC are hubs. A concentrated pool has a position over the full range and up
 * to 60 others; the stable kinds join pegged tokens only. Equal parameters make an equal market, on machines whose
 * JavaScript engine has the same `Math`.
 */
export function syntheticMarket(parameters: SyntheticMarketParameters): DexMarket {
  const { pools: count, seed, kinds = marketKinds, spread = 0.0004 } = parameters;
  const { dislocated = Math.max(2, Math.round(count / 250)) } = parameters;
  const random = createRandom(seed);
  const off = new Set<number>();
  while (off.size < Math.min(dislocated, count)) off.add(random.integer(0, count - 1));
  const tokens = makeTokens(random, parameters.tokens);
  const makeMembers = memberChooser(random, tokens);
  const kindShares = cumulative(kinds.map((kind) => shares[kind]));
  const planted: string[] = [];
  const pools: MarketPool[] = [];
  while (pools.length < count) {
    const kind = pick(kinds, random.weighted(kindShares));
    const isOff = off.has(pools.length);
    const drift = Math.exp(
      isOff ? (random.next() < 0.5 ? -1 : 1) * (0.01 + 0.02 * random.next()) : random.normal() * spread,
    );
    const usd = Math.min(2e8, Math.max(500, random.logNormal(150_000, 1.6)));
    const members = makeMembers(kind);
    if (members.length < 2) continue;
    const state = states[kind](random, { members, usd, drift, pegged: members.every(({ peg }) => peg === "usd") });
    const address = random.address();
    pools.push({ address, kind, tokens: members.map((token) => token.address), state } as MarketPool);
    if (isOff) planted.push(address);
  }
  return {
    format: marketFormat,
    seed,
    spread,
    dislocated,
    tokens: tokens.map(({ address, symbol, decimals, usd }) => ({ address, symbol, decimals, usd })),
    pools,
    planted,
  };
}

function cumulative(weights: readonly number[]): readonly number[] {
  let sum = 0;
  return weights.map((weight) => {
    sum += weight;
    return sum;
  });
}

/** A non-negative float as an integer: the digits below its 53 bits are zero. */
const integer = (value: number): bigint => BigInt(Math.floor(value));

/* TOKENS */

interface PeggedToken extends MarketToken {
  readonly peg?: "eth" | "usd";
  /** What one token is worth in its peg. */
  readonly rate?: number;
}

type TokenTraits = readonly [symbol: string, decimals: number, usd: number, peg?: "eth" | "usd", rate?: number];

const knownTokens: readonly TokenTraits[] = [
  ["WETH", 18, 3000, "eth", 1],
  ["USDC", 6, 1, "usd", 1],
  ["USDT", 6, 1, "usd", 1],
  ["WBTC", 8, 60000],
  ["DAI", 18, 1, "usd", 1],
  ["wstETH", 18, 3000 * 1.2, "eth", 1.2],
  ["ARB", 18, 0.8],
  ["rETH", 18, 3000 * 1.13, "eth", 1.13],
];

function makeTokens(random: Random, count: number): readonly PeggedToken[] {
  return Array.from({ length: count }, (_, index) => {
    const [symbol, decimals, usd, peg, rate] = knownTokens[index] ?? inventedTraits(random, index);
    const token = { address: random.address(), symbol, decimals, usd };
    return peg === undefined || rate === undefined ? token : { ...token, peg, rate };
  });
}

function inventedTraits(random: Random, index: number): TokenTraits {
  if (random.next() < 0.12) return [`USD${index}`, random.pick([6, 18]), 1, "usd", 1];
  return [`T${index}`, random.pick([18, 18, 18, 18, 9, 8, 6]), random.logNormal(1, 2.5)];
}

/** The units of a token that `usd` buys, one at least. */
const unitsWorth = (token: MarketToken, usd: number): number => Math.max(1, (usd / token.usd) * 10 ** token.decimals);

/** Returns what chooses the tokens of a pool of some kind. It may choose one only, which makes no pool. */
function memberChooser(random: Random, tokens: readonly PeggedToken[]) {
  const popularity = cumulative(tokens.map((_, rank) => 1 / (rank + 1) ** 0.9));
  const pegs = new Set(tokens.flatMap(({ peg }) => (peg === undefined ? [] : [peg])));
  const groups = [...pegs].map((peg) => tokens.filter((token) => token.peg === peg)).filter(({ length }) => length > 1);
  const dollars = tokens.filter(({ peg }) => peg === "usd");
  const sorted = (members: readonly PeggedToken[]) => members.toSorted((a, b) => (a.address < b.address ? -1 : 1));
  const some = (candidates: readonly PeggedToken[], count: number) => {
    const chosen = new Set<PeggedToken>();
    while (chosen.size < Math.min(count, candidates.length)) chosen.add(random.pick(candidates));
    return [...chosen];
  };
  const popular = (count: number) => {
    const chosen = new Set<PeggedToken>();
    while (chosen.size < count) chosen.add(pick(tokens, random.weighted(popularity)));
    return [...chosen];
  };
  return (kind: MarketKind): readonly PeggedToken[] => {
    switch (kind) {
      case "solidlyStable":
        return sorted(some(dollars, 2));
      case "balancerStable":
        return sorted(some(random.pick(groups), random.integer(2, 3)));
      case "balancerWeighted":
        return sorted(popular(random.pick([2, 2, 2, 3, 4])));
      case "woofi": {
        const bases = tokens.filter(({ peg }) => peg !== "usd").slice(0, 8);
        return [pick(tokens, 1), ...some(bases, random.integer(2, 5))];
      }
      case "dodo":
        return popular(2);
      default:
        return sorted(popular(2));
    }
  };
}

/* STATES */

interface Draft {
  readonly members: readonly PeggedToken[];
  /** The value of all that the pool holds. */
  readonly usd: number;
  /** The pool's price over the market's. */
  readonly drift: number;
  /** Whether all members are worth a dollar. */
  readonly pegged: boolean;
}

type StateMakers = { readonly [K in MarketKind]: (random: Random, draft: Draft) => MarketStates[K] };

const fixedOne = 10n ** 18n;

/** A fraction with 18 decimals, of which it keeps nine. */
const fixed = (fraction: number): bigint => BigInt(Math.round(fraction * 1e9)) * 10n ** 9n;

const tickSpacings: Readonly<Record<number, number>> = { 100: 1, 500: 10, 3000: 60, 10000: 200 };

const states: StateMakers = {
  uniswapV2: (_, draft) => ({ reserves: productReserves(draft), feePpm: 3000 }),

  solidlyVolatile: (random, draft) => ({ reserves: productReserves(draft), feePpm: random.pick([2000, 3000, 500]) }),

  solidlyStable(random, { members, usd }) {
    const [a, b] = pairOf(members);
    const lean = Math.exp(random.normal() * 0.04);
    return {
      reserves: [integer(unitsWorth(a, (usd / 2) * lean)), integer(unitsWorth(b, usd / 2 / lean))],
      feePpm: random.pick([100, 200, 500]),
    };
  },

  uniswapV3(random, draft) {
    const feePpm = draft.pegged ? 100 : random.pick([500, 500, 3000, 3000, 10000]);
    return { ...ranges(random, draft, tickSpacings[feePpm] ?? 1), feePpm };
  },

  algebra(random, draft) {
    const feeZtoPpm = draft.pegged ? 100 : random.integer(100, 3000);
    // Camelot's generation: a fee for each direction and a tick table of single ticks.
    const directional = random.next() < 0.5;
    const state = ranges(random, draft, directional ? random.pick([10, 60]) : 60);
    const feeOtzPpm = directional ? random.integer(100, 3000) : feeZtoPpm;
    return { ...state, feeZtoPpm, feeOtzPpm, bitmap: directional ? "raw" : "compressed" };
  },

  balancerWeighted(random, { members, usd, drift }) {
    const percents =
      members.length === 2
        ? random.pick([
            [50, 50],
            [80, 20],
            [60, 40],
          ])
        : members.length === 3
          ? [34, 33, 33]
          : [25, 25, 25, 25];
    return {
      balances: members.map((token, index) => {
        return integer(unitsWorth(token, ((usd * pick(percents, index)) / 100) * (index === 0 ? 1 : drift)));
      }),
      weights: percents.map((percent) => (BigInt(percent) * fixedOne) / 100n),
      scalingFactors: members.map(({ decimals }) => fixedOne * 10n ** BigInt(18 - decimals)),
      swapFee: BigInt(random.pick([1, 2, 3, 5])) * 10n ** 15n,
    };
  },

  balancerStable: (random, { members, usd }) => ({
    balances: members.map((token) =>
      integer(unitsWorth(token, (usd / members.length) * Math.exp(random.normal() * 0.1))),
    ),
    scalingFactors: members.map(({ rate = 1, decimals }) => integer(rate * 1e6) * 10n ** BigInt(12 + 18 - decimals)),
    amp: BigInt(random.pick([100, 200, 500, 1000, 2000])) * 1000n,
    swapFee: BigInt(random.pick([1, 1, 4])) * 10n ** 14n,
  }),

  dodo(random, { members, usd, drift, pegged }) {
    const [base, quote] = pairOf(members);
    const k = pegged ? 0.0002 : random.pick([0.05, 0.1, 0.3]);
    // The share of the base that has left the pool.
    const short = random.next() < 0.5 ? random.next() * 0.2 : 0;
    const price = (base.usd / quote.usd) * drift;
    const i = price / (1 - k + k / (1 - short) ** 2);
    const [baseTarget, quoteTarget] = [unitsWorth(base, usd / 2), unitsWorth(quote, usd / 2)];
    const gained = i * (baseTarget * short) * (1 - k + k / (1 - short)) * 10 ** (quote.decimals - base.decimals);
    return {
      variant: random.pick(["dvm", "dpp", "dsp"]),
      i: integer(i * 10 ** (18 - base.decimals + quote.decimals)),
      K: fixed(k),
      B: integer(baseTarget * (1 - short)),
      Q: integer(quoteTarget + gained),
      B0: integer(baseTarget),
      Q0: integer(quoteTarget),
      R: short > 0 ? 1 : 0,
      lpFeeRate: fixed(pegged ? 0.0001 : 0.0008),
      mtFeeRate: fixed(pegged ? 0.00002 : 0.0002),
    };
  },

  woofi(random, { members: [quote, ...bases], usd, drift }) {
    if (quote === undefined) throw new Error("A WooFi pool has a quote token.");
    return {
      version: "2.1",
      quoteReserve: integer(unitsWorth(quote, usd / 2)),
      bases: bases.map((token) => ({
        reserve: integer(unitsWorth(token, usd / 2 / bases.length)),
        feeRate: 25n,
        maxNotionalSwap: integer(unitsWorth(quote, 1e6)),
        maxGamma: 3n * 10n ** 15n,
        price: integer(Math.max(1, token.usd * (1 + (drift - 1) * random.next()) * 1e8)),
        priceDecimals: 8,
        spread: 25n * 10n ** 13n,
        coeff: BigInt(random.integer(1e9, 5e9)),
        feasible: true,
      })),
    };
  },
};

function pairOf(members: readonly PeggedToken[]): readonly [PeggedToken, PeggedToken] {
  return [pick(members, 0), pick(members, 1)];
}

function productReserves({ members, usd, drift }: Draft): readonly [bigint, bigint] {
  const [a, b] = pairOf(members);
  return [integer(unitsWorth(a, usd / 2)), integer(unitsWorth(b, (usd / 2) * drift))];
}

/** A concentrated pool: a fifth of its value over the full range, the rest in positions around the price. */
function ranges(random: Random, { members, usd, drift }: Draft, spacing: number): RangesState {
  const [a, b] = pairOf(members);
  const price = (a.usd / b.usd) * 10 ** (b.decimals - a.decimals) * drift;
  const root = Math.sqrt(price);
  const tick = Math.floor(Math.log(price) / Math.log(1.0001));
  const limit = Math.floor(887272 / spacing) * spacing;
  const rootAt = (index: number) => 1.0001 ** (index / 2);
  const net = new Map<number, bigint>();
  const gross = new Map<number, bigint>();
  let active = 0n;
  const add = (lower: number, upper: number, value: number) => {
    const [low, high] = [rootAt(lower), rootAt(upper)];
    const held = Math.min(Math.max(root, low), high);
    const usdOfUnit = ((1 / held - 1 / high) * a.usd) / 10 ** a.decimals + ((held - low) * b.usd) / 10 ** b.decimals;
    const liquidity = integer(value / usdOfUnit);
    if (liquidity === 0n) return;
    for (const [index, delta] of [
      [lower, liquidity],
      [upper, -liquidity],
    ] as const) {
      net.set(index, (net.get(index) ?? 0n) + delta);
      gross.set(index, (gross.get(index) ?? 0n) + liquidity);
    }
    if (lower <= tick && tick < upper) active += liquidity;
  };
  add(-limit, limit, usd * 0.2);
  const positions = Math.min(60, 2 + Math.floor(Math.sqrt(usd / 2000) * random.logNormal(1, 0.5)));
  const snap = (index: number) => Math.max(-limit, Math.min(limit, Math.round(index / spacing) * spacing));
  for (let position = 0; position < positions; position++) {
    const half = spacing * Math.ceil(random.logNormal(12, 1));
    const center = tick + random.normal() * half * 0.5;
    const [lower, upper] = [snap(center - half), snap(center + half)];
    if (lower < upper) add(lower, upper, (usd * 0.8) / positions);
  }
  return {
    // Half a tick above its lower bound, so that every implementation agrees on the tick, with random low digits.
    sqrtPriceX96: integer(1.0001 ** ((tick + 0.5) / 2) * 2 ** 96) + integer(random.next() * 2 ** 40),
    tick,
    liquidity: active,
    tickSpacing: spacing,
    ticks: [...net]
      .filter(([, delta]) => delta !== 0n)
      .sort(([x], [y]) => x - y)
      .map(([index, delta]) => [index, delta, gross.get(index) ?? 0n] as const),
  };
}
