import { readdirSync, readFileSync } from "node:fs";
import type { Address, SolidlyGeneration } from "../bot/config/chains/chain.ts";
import { isRefusal, type Quote } from "../bot/domain/quote.ts";
import type { PoolState } from "../bot/domain/snapshot.ts";
import type { AlgebraPool, AlgebraState } from "../bot/venues/algebra.ts";
import type { BalancerPool, BalancerState } from "../bot/venues/balancer.ts";
import { concentratedCurve } from "../bot/venues/concentratedCurve.ts";
import { maxTick, minTick } from "../bot/venues/concentratedLiquidity.ts";
import type { ConcentratedState, Direction } from "../bot/venues/concentratedSteps.ts";
import { type DodoPool, type DodoState, type DodoVariant, openTerms, rState } from "../bot/venues/dodo/state.ts";
import { venueOf, venues } from "../bot/venues/registry.ts";
import type { SolidlyPool, SolidlyState } from "../bot/venues/solidly/pool.ts";
import type { UniswapV2Pool, UniswapV2State } from "../bot/venues/uniswapV2.ts";
import type { Swap } from "../bot/venues/venue.ts";
import type { WoofiPool, WoofiState } from "../bot/venues/woofi/state.ts";
import type { Expressed } from "./pools.ts";
import type { Row } from "./report.ts";

/** A swap whose outcome is known, most of them from a chain, at the state that its pool had. */
interface RecordedSwap {
  readonly id: string;
  quote(): Quote;
  /** Undefined where the pool refuses the swap. */
  readonly amountOut: bigint | undefined;
}

/** Integers are decimal strings. */
type Text = string;

const folder = new URL("../test/vectors/", import.meta.url);

/** Returns how many of the repository's recorded swaps are quoted to the wei, and names the others. */
export function measureRecorded(): readonly Row[] {
  const swaps = readdirSync(folder).flatMap((file) => readSwaps(file));
  const wrong = swaps.filter(({ amountOut, quote }) => {
    const quoted = quote();
    return isRefusal(quoted) ? amountOut !== undefined : quoted !== amountOut;
  });
  for (const { id } of wrong) process.stderr.write(`The recorded swap ${id} is quoted as another amount.\n`);
  return [
    {
      work: `recorded swaps quoted to the wei, of ${swaps.length}`,
      pools: null,
      touched: null,
      unit: "%",
      median: (100 * (swaps.length - wrong.length)) / swaps.length,
      p99: null,
      stat: "median",
      target: 100,
      // @paraswap/dex-lib 5.0.6: 244 of 289, most of which are among these.
      peer: (100 * 244) / 289,
    },
  ];
}

/** A recorded swap through the module of the pool's venue. */
function recorded(id: string, { pool, state }: PoolState, swap: Swap, amountOut: bigint | undefined): RecordedSwap {
  return { id, quote: () => venueOf(venues, pool.venue).quote(pool, state, swap), amountOut };
}

function readSwaps(file: string): readonly RecordedSwap[] {
  const read = readers[file];
  if (read === undefined) throw new Error(`test/vectors/${file} is of no form that bench/recorded.ts knows; add it.`);
  return read(JSON.parse(readFileSync(new URL(file, folder), "utf8")) as never);
}

const [token0, token1]: readonly [Address, Address] = [
  "0x0000000000000000000000000000000000000001",
  "0x0000000000000000000000000000000000000002",
];
const pair = [token0, token1] as const;
const named = (id: string) => ({ deployment: id, id, address: id }) as const;

/** The tokens of a swap between `pair`. */
function between(zeroForOne: boolean): { readonly tokenIn: Address; readonly tokenOut: Address } {
  return zeroForOne ? { tokenIn: token0, tokenOut: token1 } : { tokenIn: token1, tokenOut: token0 };
}

/** Reads a file of one list, record by record. */
const each =
  <R>(swapsOf: (record: R) => readonly RecordedSwap[]) =>
  (records: readonly R[]) =>
    records.flatMap(swapsOf);

const readers: Readonly<Record<string, (recorded: never) => readonly RecordedSwap[]>> = {
  "uniswapV2.json": each(uniswapV2Swaps),
  "solidly.json": each(solidlySwaps),
  "algebra.json": each(algebraSwaps),
  "balancer.json": each(balancerSwaps),
  "dodo.json": each(dodoSwaps),
  "dodo-classical.json": each(classicalSwaps),
  "concentrated.json": concentratedSwaps,
  "woofi.json": each((record: WoofiRecord) => woofiSwaps(record, "2.1", record.expected?.amountOut ?? null)),
  "woofi-2.0.json": each((record: WoofiRecord) => woofiSwaps(record, "2.0", record.expectedAmountOut ?? null)),
};

interface UniswapV2Record {
  readonly id: string;
  readonly feePpm: number;
  readonly reserves: readonly [Text, Text];
  readonly zeroForOne: boolean;
  readonly amountIn: Text;
  readonly amountOut: Text;
}

function uniswapV2Swaps({ id, feePpm, reserves, zeroForOne, amountIn, amountOut }: UniswapV2Record): RecordedSwap[] {
  const state: Expressed<UniswapV2Pool, UniswapV2State> = {
    pool: { venue: "uniswapV2", ...named(id), tokens: pair, feePpm },
    state: { reserves: [BigInt(reserves[0]), BigInt(reserves[1])] },
  };
  return [recorded(id, state, { ...between(zeroForOne), amountIn: BigInt(amountIn) }, amountOrNone(amountOut))];
}

interface SolidlyRecord {
  readonly id: string;
  readonly kind: "exactIn" | "exactOut";
  readonly generation: SolidlyGeneration;
  readonly state: Readonly<Record<"reserve0" | "reserve1" | "unit0" | "unit1" | "fee", Text>> & {
    readonly stable: boolean;
  };
  readonly zeroForOne: boolean;
  readonly amountIn: Text;
  readonly amountOut: Text;
}

function solidlySwaps({ id, kind, generation, state, zeroForOne, amountIn, amountOut }: SolidlyRecord): RecordedSwap[] {
  // The bot swaps exact inputs only.
  if (kind === "exactOut") return [];
  const { reserve0, reserve1, unit0, unit1, fee, stable } = state;
  const pool: Expressed<SolidlyPool, SolidlyState> = {
    pool: {
      venue: "solidly",
      ...named(id),
      generation,
      stable,
      factory: id,
      tokens: pair,
      units: [BigInt(unit0), BigInt(unit1)],
    },
    state: {
      reserves: [BigInt(reserve0), BigInt(reserve1)],
      fees: [BigInt(fee), BigInt(fee)],
      stable,
      paused: false,
      ownerFeeShare: 0n,
    },
  };
  return [recorded(id, pool, { ...between(zeroForOne), amountIn: BigInt(amountIn) }, BigInt(amountOut))];
}

interface AlgebraRecord {
  readonly id: string;
  /** 1.0 counts its tick table in tick spacings, 1.9 in ticks. */
  readonly variant: "1.0" | "1.9" | "1.9 directional";
  readonly state: Readonly<Record<"liquidity" | "price" | "tick" | "feeZto" | "feeOtz" | "tickSpacing", Text>> & {
    /** Tick, net liquidity, gross liquidity. */
    readonly ticks: readonly (readonly [Text, Text, Text])[];
  };
  readonly tokenIn: "token0" | "token1";
  readonly amountIn: Text;
  readonly expectedAmountOut: Text | null;
}

function algebraSwaps({ id, variant, state, tokenIn, amountIn, expectedAmountOut }: AlgebraRecord): RecordedSwap[] {
  const spacing = variant === "1.0" ? Number(state.tickSpacing) : 1;
  const pool: Expressed<AlgebraPool, AlgebraState> = {
    pool: {
      venue: "algebra",
      ...named(id),
      tokens: pair,
      quoter: id,
      layout: variant === "1.9 directional" ? "directionalFee" : "singleFee",
      table: { spacing, firstWord: 0, words: [], ticks: [] },
    },
    state: {
      sqrtPriceX96: BigInt(state.price),
      tick: Number(state.tick),
      liquidity: BigInt(state.liquidity),
      feeZeroToOne: BigInt(state.feeZto),
      feeOneToZero: BigInt(state.feeOtz),
      window: windowOf(state.ticks),
    },
  };
  const swap = { ...between(tokenIn === "token0"), amountIn: BigInt(amountIn) };
  return [recorded(id, pool, swap, amountOrNone(expectedAmountOut))];
}

interface ConcentratedRecords {
  /** Of receipts: the price before is the one from which the pool's formula leads to the price afterwards. */
  readonly swaps: readonly (Readonly<Record<"pool" | "txHash" | "liquidity" | "sqrtPriceX96Before", Text>> &
    ExactInput & { readonly logIndex: number; readonly tick: number; readonly feePpm: number })[];
  readonly ramsesCl: ExactInput & {
    readonly state: Readonly<Record<"price" | "liquidity", Text>> & {
      readonly tick: number;
      readonly feePpm: number;
      readonly tickSpacing: number;
      readonly ticks: AlgebraRecord["state"]["ticks"];
    };
  };
}

interface ExactInput {
  readonly zeroForOne: boolean;
  readonly amountIn: Text;
  readonly amountOut: Text;
}

/** What a receipt tells of a pool is less than its venue knows: these go through the curve that the venues share. */
function concentratedSwaps({ swaps, ramsesCl: { state, ...ramsesCl } }: ConcentratedRecords): RecordedSwap[] {
  const shared = (id: string, pool: ConcentratedState, { zeroForOne, ...swap }: ExactInput, direction: Stepped) => ({
    id,
    quote() {
      const curve = concentratedCurve(pool, { ...direction, zeroToOne: zeroForOne });
      return isRefusal(curve) ? curve : curve.quote(BigInt(swap.amountIn));
    },
    amountOut: BigInt(swap.amountOut),
  });
  const receipts = swaps.map(({ pool, txHash, logIndex, tick, liquidity, sqrtPriceX96Before, feePpm, ...swap }) =>
    shared(
      `${pool} in ${txHash}, log ${logIndex}`,
      { sqrtPriceX96: BigInt(sqrtPriceX96Before), tick, liquidity: BigInt(liquidity), window: windowOf([]) },
      swap,
      { fee: BigInt(feePpm), spacing: 1, stops: "linked" },
    ),
  );
  const simulated = shared(
    "Ramses CL",
    {
      sqrtPriceX96: BigInt(state.price),
      tick: state.tick,
      liquidity: BigInt(state.liquidity),
      window: windowOf(state.ticks),
    },
    ramsesCl,
    { fee: BigInt(state.feePpm), spacing: state.tickSpacing, stops: "words" },
  );
  return [...receipts, simulated];
}

type Stepped = Omit<Direction, "zeroToOne">;

function windowOf(ticks: AlgebraRecord["state"]["ticks"]): ConcentratedState["window"] {
  return {
    lower: minTick,
    upper: maxTick,
    ticks: ticks.map(([tick, net, gross]) => ({
      tick: Number(tick),
      liquidityNet: BigInt(net),
      liquidityGross: BigInt(gross),
    })),
  };
}

interface BalancerRecord {
  readonly pool: Address | null;
  readonly kind: "weighted" | "stable";
  readonly powerShortcuts?: boolean;
  readonly weights?: readonly Text[];
  readonly bptIndex?: number | null;
  readonly invariantRounding?: "down" | "up";
  readonly amplification?: Text;
  readonly tokens: readonly Address[];
  readonly balances: readonly Text[];
  readonly scalingFactors: readonly Text[];
  readonly swapFeePercentage: Text;
  readonly source: { readonly test: string };
  /** The places of the tokens, what goes in and what comes out. */
  readonly swaps: readonly (readonly [number, number, Text, Text])[];
}

function balancerSwaps(record: BalancerRecord): RecordedSwap[] {
  const { kind, tokens, weights = [], powerShortcuts = false, bptIndex, invariantRounding = "up", swaps } = record;
  const name = record.pool ?? record.source.test;
  const state: Expressed<BalancerPool, BalancerState> = {
    pool: {
      venue: "balancer",
      ...named(name),
      tokens,
      vault: name,
      registered: tokens.map((address) => ({ address, scalingFactor: 10n ** 18n })),
      formula:
        kind === "weighted"
          ? { kind, weights: weights.map(BigInt), powerShortcuts }
          : { kind, bptIndex: bptIndex ?? undefined, invariantRounding },
    },
    state: {
      balances: record.balances.map(BigInt),
      scalingFactors: record.scalingFactors.map(BigInt),
      swapFeePercentage: BigInt(record.swapFeePercentage),
      amplification: BigInt(record.amplification ?? 0),
      paused: false,
    },
  };
  return swaps.map(([from, to, amountIn, amountOut]) => {
    const swap = { tokenIn: tokens[from] ?? "", tokenOut: tokens[to] ?? "", amountIn: BigInt(amountIn) };
    return recorded(`${name} ${from} ${to} ${amountIn}`, state, swap, BigInt(amountOut));
  });
}

type PmmRecord = Readonly<Record<"i" | "K" | "B" | "Q" | "B0" | "Q0" | "R" | "lpFeeRate" | "mtFeeRate", Text>>;

interface DodoRecord {
  readonly id: string;
  readonly variant: DodoVariant;
  readonly state: PmmRecord;
  readonly sells: "base" | "quote";
  readonly amountIn: Text;
  readonly expectedAmountOut: Text | null;
}

function dodoSwaps({ id, variant, state, sells, amountIn, expectedAmountOut }: DodoRecord): RecordedSwap[] {
  const swap = { ...between(sells === "base"), amountIn: BigInt(amountIn) };
  return [recorded(id, dodoState(id, variant, state), swap, amountOrNone(expectedAmountOut))];
}

interface ClassicalRecord {
  readonly id: string;
  readonly kind: "exactIn" | "exactOut";
  readonly state: PmmRecord;
  readonly allowed: { readonly trade: boolean; readonly selling: boolean; readonly buying: boolean };
  readonly sells: "base" | "quote";
  readonly amountIn: Text | null;
  readonly amountOut: Text | null;
}

function classicalSwaps({ id, kind, state, allowed, sells, amountIn, amountOut }: ClassicalRecord): RecordedSwap[] {
  if (kind === "exactOut" || amountIn === null) return [];
  const { pool, state: open } = dodoState(id, "classical", state);
  const { trade, selling, buying } = allowed;
  // What the formula pays is recorded of a pool that is closed as well.
  const closed = { tradeAllowed: trade, sellingAllowed: selling, buyingAllowed: buying };
  const classical = { ...openTerms, ...(amountOut === null ? closed : {}) };
  const terms = { pool, state: { ...open, classical } };
  const swap = { ...between(sells === "base"), amountIn: BigInt(amountIn) };
  return [recorded(id, terms, swap, amountOrNone(amountOut))];
}

function dodoState(id: string, variant: DodoVariant, { R, ...numbers }: PmmRecord): Expressed<DodoPool, DodoState> {
  const [i, K, B, Q] = [numbers.i, numbers.K, numbers.B, numbers.Q].map(BigInt) as [bigint, bigint, bigint, bigint];
  const proxies = { adapter: id, routeProxy: id, approveProxy: id };
  return {
    pool: { venue: "dodo", ...named(id), variant, tokens: pair, base: token0, quote: token1, ...proxies },
    state: {
      ...{ i, K, B, Q, B0: BigInt(numbers.B0), Q0: BigInt(numbers.Q0) },
      R: Object.values(rState).find((value) => value === Number(R)) ?? rState.one,
      lpFeeRate: BigInt(numbers.lpFeeRate),
      mtFeeRate: BigInt(numbers.mtFeeRate),
      routeFeeRate: 0n,
      baseBalance: B,
      quoteBalance: Q,
    },
  };
}

interface WoofiRecord {
  readonly id: string;
  readonly quoteToken: Address;
  readonly tokens: Readonly<
    Record<
      Address,
      Readonly<Record<"reserve" | "feeRate" | "price" | "spread" | "coeff", Text>> & {
        readonly decimals: number;
        readonly maxGamma?: Text;
        readonly maxNotionalSwap?: Text;
      }
    >
  >;
  readonly tokenIn: Address;
  readonly tokenOut: Address;
  readonly amountIn: Text;
  readonly expected?: { readonly amountOut: Text };
  readonly expectedAmountOut?: Text | null;
}

function woofiSwaps(record: WoofiRecord, version: "2.0" | "2.1", amountOut: Text | null): RecordedSwap[] {
  const { id, quoteToken, tokens, tokenIn, tokenOut, amountIn } = record;
  const holding = (reserve: Text) => ({ reserve: BigInt(reserve), balance: BigInt(reserve), capBalance: undefined });
  const bases = Object.entries(tokens)
    .filter(([address]) => address !== quoteToken)
    .map(([address, token]) => ({
      address,
      unit: 10n ** BigInt(token.decimals),
      priceUnit: 10n ** 8n,
      holding: holding(token.reserve),
      feeRate: BigInt(token.feeRate),
      maxGamma: BigInt(token.maxGamma ?? 0),
      maxNotionalSwap: BigInt(token.maxNotionalSwap ?? 0),
      spread: BigInt(token.spread),
      coeff: BigInt(token.coeff),
      price: BigInt(token.price),
      oracle: undefined,
    }));
  const quote = tokens[quoteToken];
  if (quote === undefined) throw new Error(`${id} has no quote token.`);
  const state: Expressed<WoofiPool, WoofiState> = {
    pool: {
      venue: "woofi",
      ...named(id),
      version,
      tokens: [quoteToken, ...bases.map(({ address }) => address)],
      router: id,
      oracle: id,
      quoteToken,
      quoteUnit: 10n ** BigInt(quote.decimals),
      bases,
    },
    state: {
      quote: holding(quote.reserve),
      unclaimedFee: 0n,
      bases: new Map(bases.map((base) => [base.address, base])),
    },
  };
  return [recorded(id, state, { tokenIn, tokenOut, amountIn: BigInt(amountIn) }, amountOrNone(amountOut))];
}

/** An output of nothing is what a library says and the pool refuses. */
function amountOrNone(amount: Text | null): bigint | undefined {
  return amount === null || amount === "0" ? undefined : BigInt(amount);
}
