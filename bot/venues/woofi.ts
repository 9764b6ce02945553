import { AbiCoder, concat, getAddress, Interface, id, type Result, toBeHex } from "ethers";
import { expectValue } from "../check/expectation.ts";
import type { Address, Token, WoofiDeployment } from "../config/chains/chain.ts";
import { type Refusal, refuse } from "../domain/quote.ts";
import { basePriceLimit } from "./priceLimit.ts";
import { type Call, type CallResult, type HopCall, quoteOnce, type Reader, type Swap, type Venue } from "./venue.ts";
import { woofiCurve } from "./woofi/curve.ts";
import { feasiblePrice } from "./woofi/oracle.ts";
import type {
  WoofiBase,
  WoofiBaseState,
  WoofiHolding,
  WoofiOraclePrice,
  WoofiPool,
  WoofiState,
} from "./woofi/state.ts";

export type {
  WoofiBase,
  WoofiBaseState,
  WoofiHolding,
  WoofiOraclePrice,
  WoofiPool,
  WoofiState,
  WoofiVersion,
} from "./woofi/state.ts";

const abi = new Interface([
  "function wooPool() view returns (address)",
  "function wooracle() view returns (address)",
  "function quoteToken() view returns (address)",
  "function paused() view returns (bool)",
  "function unclaimedFee() view returns (uint256)",
  "function balance(address token) view returns (uint256)",
  "function decimalInfo(address base) view returns (uint64 priceDec, uint64 quoteDec, uint64 baseDec)",
  "function tokenInfos(address token) view returns (uint192 reserve, uint16 feeRate, uint128 maxGamma, uint128 maxNotionalSwap)",
  "function timestamp() view returns (uint256)",
  "function staleDuration() view returns (uint256)",
  "function bound() view returns (uint64)",
  "function wooPP() view returns (address)",
  "function isAdmin(address account) view returns (bool)",
  "function infos(address base) view returns (uint128 price, uint64 coeff, uint64 spread)",
  "function clOracles(address base) view returns (address oracle, uint8 decimal, bool cloPreferred)",
  "function cloPrice(address base) view returns (uint256 price, uint256 timestamp)",
  "function priceRanges(address base) view returns (uint128 min, uint128 max)",
]);

/** How many results of `reads` do not belong to a base, and how many belong to each. */
const sharedReads = 11;
const readsPerBase = 6;

export const woofi: Venue<WoofiDeployment, WoofiPool, WoofiState> = {
  name: "woofi",

  gas: 150_000n,

  requirements({ router, pool, oracle, quoteToken }) {
    return {
      contracts: { router, pool, oracle },
      expectations: [
        expectValue(router, "wooPool() view returns (address)", [], pool),
        expectValue(pool, "wooracle() view returns (address)", [], oracle),
        expectValue(pool, "quoteToken() view returns (address)", [], quoteToken),
      ],
    };
  },
  discover,
  reads,
  decode,
  trades: {
    topics: [id("WooSwap(address,address,uint256,uint256,address,address,address,uint256,uint256)")],
    source: ({ address }) => ({ address }),
  },
  curve: woofiCurve,
  quote: (pool, state, swap) => quoteOnce(woofiCurve, pool, state, swap),
  encode,
  encodeDirect: (_deployment, { address, quoteToken }, tokenIn, limit) => ({
    target: address,
    data: limit === 0n ? "0x" : concat([tokenIn === quoteToken ? "0x00" : "0x01", toBeHex(limit, 20)]),
  }),
  priceLimit,
};

/** The worst price of the oracle. Of a base for another there is none: two prices make theirs. */
function priceLimit({ quoteToken, quoteUnit, bases }: WoofiPool, swap: Swap, leastOut: bigint): bigint {
  const { tokenIn, tokenOut } = swap;
  const sellsBase = tokenOut === quoteToken;
  const base = bases.find(({ address }) => address === (sellsBase ? tokenIn : tokenOut));
  if (base === undefined || (!sellsBase && tokenIn !== quoteToken)) return 0n;
  return basePriceLimit(swap, leastOut, sellsBase, [base.unit * base.priceUnit, quoteUnit]);
}

/**
 * Lists the pool of the deployment's router with the base tokens that it can swap: a base whose `maxNotionalSwap` is 0 is
 * not listed by the pool.
 */
async function discover(
  { name, router, pool, quoteToken }: WoofiDeployment,
  tokens: readonly Token[],
  reader: Reader,
): Promise<readonly WoofiPool[]> {
  if (!tokens.some(({ address }) => address === quoteToken)) return [];
  const candidates = tokens.filter(({ address }) => address !== quoteToken);
  const results = await reader.read([
    call(router, "wooPool"),
    call(pool, "quoteToken"),
    call(pool, "wooracle"),
    ...candidates.flatMap(({ address }) => [call(pool, "tokenInfos", [address]), call(pool, "decimalInfo", [address])]),
  ]);
  const [routed] = valuesOf("wooPool", results[0]) ?? [];
  const [quoted] = valuesOf("quoteToken", results[1]) ?? [];
  const [oracle] = valuesOf("wooracle", results[2]) ?? [];
  if (routed !== pool || quoted !== quoteToken || oracle === undefined) return [];
  let quoteUnit: bigint | undefined;
  const bases: WoofiBase[] = [];
  for (const [index, { address }] of candidates.entries()) {
    const info = valuesOf("tokenInfos", results[3 + 2 * index]);
    const units = valuesOf("decimalInfo", results[4 + 2 * index]);
    if (info === undefined || units === undefined || info.getValue("maxNotionalSwap") === 0n) continue;
    quoteUnit = units.getValue("quoteDec");
    bases.push({ address, unit: units.getValue("baseDec"), priceUnit: units.getValue("priceDec") });
  }
  if (quoteUnit === undefined) return [];
  const traded = [quoteToken, ...bases.map(({ address }) => address)];
  return [
    {
      venue: "woofi",
      version: "2.1",
      deployment: name,
      id: pool,
      address: pool,
      tokens: traded,
      router,
      oracle: getAddress(oracle),
      quoteToken,
      quoteUnit,
      bases,
    },
  ];
}

function reads({ address, router, oracle, quoteToken, bases }: WoofiPool): readonly Call[] {
  return [
    call(router, "wooPool"),
    call(address, "wooracle"),
    call(address, "paused"),
    call(address, "unclaimedFee"),
    call(address, "tokenInfos", [quoteToken]),
    call(address, "balance", [quoteToken]),
    call(oracle, "timestamp"),
    call(oracle, "staleDuration"),
    call(oracle, "bound"),
    call(oracle, "wooPP"),
    call(oracle, "isAdmin", [address]),
    ...bases.flatMap((base) => [
      call(address, "tokenInfos", [base.address]),
      call(address, "balance", [base.address]),
      call(oracle, "infos", [base.address]),
      call(oracle, "clOracles", [base.address]),
      call(oracle, "priceRanges", [base.address]),
      call(oracle, "cloPrice", [base.address]),
    ]),
  ];
}

function decode(pool: WoofiPool, results: readonly CallResult[], timestamp: bigint): WoofiState | Refusal {
  const [routed] = valuesOf("wooPool", results[0]) ?? [];
  const [oracle] = valuesOf("wooracle", results[1]) ?? [];
  const [paused] = valuesOf("paused", results[2]) ?? [];
  const [unclaimedFee] = valuesOf("unclaimedFee", results[3]) ?? [];
  const quote = holdingOf(results[4], results[5]);
  const [posted] = valuesOf("timestamp", results[6]) ?? [];
  const [staleDuration] = valuesOf("staleDuration", results[7]) ?? [];
  const [bound] = valuesOf("bound", results[8]) ?? [];
  const [poster] = valuesOf("wooPP", results[9]) ?? [];
  const [isAdmin] = valuesOf("isAdmin", results[10]) ?? [];
  if (
    paused === undefined ||
    unclaimedFee === undefined ||
    quote === undefined ||
    posted === undefined ||
    staleDuration === undefined ||
    bound === undefined ||
    isAdmin === undefined
  ) {
    return refuse("unreadable", "A read of WOOFi's pool or oracle failed.");
  }
  if (routed !== pool.address) return refuse("unreadable", `The router's pool is ${routed}, not ${pool.address}.`);
  if (oracle !== pool.oracle) return refuse("unreadable", `The pool's oracle is ${oracle}, not ${pool.oracle}.`);
  if (paused) return refuse("paused", "Pausable: paused");
  // Every swap posts a price, which the oracle takes from its pool and its admins only.
  if (poster !== pool.address && !isAdmin) return refuse("paused", "WooracleV2_2: !Admin");

  const freshUntil: bigint = posted + staleDuration;
  const bases = new Map<Address, WoofiBaseState | Refusal>();
  for (const [index, base] of pool.bases.entries()) {
    const first = sharedReads + readsPerBase * index;
    const own = results.slice(first, first + readsPerBase);
    bases.set(base.address, decodeBase(base, own, { freshUntil, bound, timestamp }));
  }
  return { quote, unclaimedFee, bases };
}

/** What the oracle says of all bases at once. */
type Freshness = Pick<WoofiOraclePrice, "freshUntil" | "bound" | "timestamp">;

function decodeBase(base: WoofiBase, results: readonly CallResult[], freshness: Freshness): WoofiBaseState | Refusal {
  const terms = valuesOf("tokenInfos", results[0]);
  const holding = holdingOf(results[0], results[1]);
  const info = valuesOf("infos", results[2]);
  const feed = valuesOf("clOracles", results[3]);
  const range = valuesOf("priceRanges", results[4]);
  if (!terms || !holding || !info || !feed || !range) return refuse("unreadable", `A read of ${base.address} failed.`);
  const chainlink = valuesOf("cloPrice", results[5]);
  const oracle: WoofiOraclePrice | undefined = chainlink && {
    posted: info.getValue("price"),
    reference: chainlink.getValue("price"),
    preferred: feed.getValue("cloPreferred"),
    min: range.getValue("min"),
    max: range.getValue("max"),
    ...freshness,
  };
  return {
    ...base,
    holding,
    feeRate: terms.getValue("feeRate"),
    maxGamma: terms.getValue("maxGamma"),
    maxNotionalSwap: terms.getValue("maxNotionalSwap"),
    spread: info.getValue("spread"),
    coeff: info.getValue("coeff"),
    price:
      oracle === undefined
        ? refuse("stale-price", reasonOf(results[5], "Chainlink gives no price."))
        : feasiblePrice(oracle),
    oracle,
  };
}

/** WETH goes in and comes out as itself: ether under the router's placeholder costs more gas and pays the same. */
function encode(deployment: WoofiDeployment): HopCall {
  return { target: deployment.router, data: AbiCoder.defaultAbiCoder().encode(["bool", "bool"], [false, false]) };
}

function call(target: Address, name: string, args: readonly unknown[] = []): Call {
  return { target, data: abi.encodeFunctionData(name, args) };
}

/** The values that a read returned, or undefined when it failed. */
function valuesOf(name: string, result: CallResult | undefined): Result | undefined {
  if (result === undefined || !result.success) return undefined;
  try {
    return abi.decodeFunctionResult(name, result.data);
  } catch {
    return undefined;
  }
}

function holdingOf(info: CallResult | undefined, balance: CallResult | undefined): WoofiHolding | undefined {
  const terms = valuesOf("tokenInfos", info);
  const [held] = valuesOf("balance", balance) ?? [];
  if (info === undefined || terms === undefined || held === undefined) return undefined;
  // Some generations of the pool return a fifth value, the cap of the balance.
  const cap = info.data.slice(2 + 4 * 64, 2 + 5 * 64);
  return {
    reserve: terms.getValue("reserve"),
    balance: held,
    capBalance: cap === "" ? undefined : BigInt(`0x${cap}`),
  };
}

/** The string with which a read reverted. */
function reasonOf(result: CallResult | undefined, otherwise: string): string {
  if (result === undefined || result.data.length <= 10) return otherwise;
  const error = abi.parseError(result.data);
  return error?.name === "Error" ? String(error.args[0]) : otherwise;
}
