import { AbiCoder, getAddress, Interface, type Result } from "ethers";
import { expectValue } from "../check/expectation.ts";
import type { Address, Token, WoofiDeployment } from "../config/chains/chain.ts";
import { isRefusal, type Quote, type Refusal, refuse } from "../domain/quote.ts";
import { sampledCurve } from "./sampledCurve.ts";
import type { Call, CallResult, HopCall, Pool, Reader, Swap, Venue } from "./venue.ts";

/** The one pool of WOOFi: a quote token against base tokens, each at the price of the pool's oracle. */
export interface WoofiPool extends Pool {
  readonly venue: "woofi";
  readonly router: Address;
  readonly oracle: Address;
  readonly quoteToken: Address;
  /** One whole quote token in units. */
  readonly quoteUnit: bigint;
  readonly bases: readonly WoofiBase[];
}

export interface WoofiBase {
  readonly address: Address;
  /** One whole base token in units. */
  readonly unit: bigint;
  /** The price 1 in the oracle's decimals. */
  readonly priceUnit: bigint;
}

/** What the pool holds of one token. */
interface Holding {
  readonly reserve: bigint;
  /** What the pool holds without unclaimed fees: below the reserve, nobody can sell the token to the pool. */
  readonly balance: bigint;
  /** The largest balance at which the token can be sold to the pool, where the deployed pool has this cap. */
  readonly capBalance: bigint | undefined;
}

/** A base token's terms: `price` in the oracle's decimals, `spread`, `coeff` and `maxGamma` scaled by 1e18. */
interface BaseState extends WoofiBase {
  readonly holding: Holding;
  /** In units of 1e-5. */
  readonly feeRate: bigint;
  readonly maxGamma: bigint;
  /** In units of the quote token. */
  readonly maxNotionalSwap: bigint;
  readonly spread: bigint;
  readonly coeff: bigint;
  /** The price at which the oracle lets the pool trade at the block's time, or why it does not. */
  readonly price: bigint | Refusal;
}

export interface WoofiState {
  readonly quote: Holding;
  /** Fees that the pool holds beside its balance of the quote token. */
  readonly unclaimedFee: bigint;
  /** By address. A base that cannot be read is refused alone. */
  readonly bases: ReadonlyMap<Address, BaseState | Refusal>;
}

const one = 10n ** 18n;
const feeBase = 100_000n;
const maxUint256 = 2n ** 256n - 1n;

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

  gas: 180_000n,

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
  curve: (pool, state, tokenIn, tokenOut) => sampledCurve(quote, pool, state, tokenIn, tokenOut),
  quote,
  encode,
};

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
  const bases = new Map<Address, BaseState | Refusal>();
  for (const [index, base] of pool.bases.entries()) {
    const first = sharedReads + readsPerBase * index;
    const own = results.slice(first, first + readsPerBase);
    bases.set(base.address, decodeBase(base, own, { freshUntil, bound, timestamp }));
  }
  return { quote, unclaimedFee, bases };
}

interface Freshness {
  readonly freshUntil: bigint;
  readonly bound: bigint;
  readonly timestamp: bigint;
}

function decodeBase(base: WoofiBase, results: readonly CallResult[], freshness: Freshness): BaseState | Refusal {
  const terms = valuesOf("tokenInfos", results[0]);
  const holding = holdingOf(results[0], results[1]);
  const info = valuesOf("infos", results[2]);
  const feed = valuesOf("clOracles", results[3]);
  const range = valuesOf("priceRanges", results[4]);
  if (!terms || !holding || !info || !feed || !range) return refuse("unreadable", `A read of ${base.address} failed.`);
  const chainlink = valuesOf("cloPrice", results[5]);
  const reference: bigint | Refusal =
    chainlink?.getValue("price") ?? refuse("stale-price", reasonOf(results[5], "Chainlink gives no price."));
  return {
    ...base,
    holding,
    feeRate: terms.getValue("feeRate"),
    maxGamma: terms.getValue("maxGamma"),
    maxNotionalSwap: terms.getValue("maxNotionalSwap"),
    spread: info.getValue("spread"),
    coeff: info.getValue("coeff"),
    price: isRefusal(reference)
      ? reference
      : feasiblePrice({
          posted: info.getValue("price"),
          reference,
          preferred: feed.getValue("cloPreferred"),
          min: range.getValue("min"),
          max: range.getValue("max"),
          ...freshness,
        }),
  };
}

interface OraclePrice extends Freshness {
  readonly posted: bigint;
  /** Chainlink's price of the base in the quote token. */
  readonly reference: bigint;
  /** Whether Chainlink's price substitutes a stale one. */
  readonly preferred: boolean;
  /** Excluded. */
  readonly min: bigint;
  /** Excluded. */
  readonly max: bigint;
}

/** The price that the oracle's `state` gives: the posted one while it is fresh and close to Chainlink's. */
function feasiblePrice(oracle: OraclePrice): bigint | Refusal {
  const { posted, reference, bound, preferred, min, max, freshUntil, timestamp } = oracle;
  if (posted !== 0n && freshUntil > maxUint256) return overflow;
  if (reference !== 0n && (bound > one || overflows(reference * (one + bound)))) return overflow;
  const fresh = posted !== 0n && timestamp <= freshUntil;
  const low = (reference * (one - bound)) / one;
  const high = (reference * (one + bound)) / one;
  if (fresh && (reference === 0n || posted < low || posted > high)) {
    return refuse("stale-price", `WooPPV2: !ORACLE_FEASIBLE (${posted} is not between ${low} and ${high})`);
  }
  if (!fresh && (!preferred || reference === 0n)) {
    return refuse("stale-price", `WooPPV2: !ORACLE_FEASIBLE (fresh until ${freshUntil}, now ${timestamp})`);
  }
  const price = fresh ? posted : reference;
  if (price <= min) return refuse("stale-price", "WooracleV2_2: !min");
  if (price >= max) return refuse("stale-price", "WooracleV2_2: !max");
  return price;
}

/**
 * Quotes the router's `swap`: the checks of WooPPV2 in its order, its integer arithmetic, and its own reason wherever it
 * reverts. An output of 0 is paid without a revert.
 */
function quote(pool: WoofiPool, state: WoofiState, { tokenIn, tokenOut, amountIn }: Swap): Quote {
  if (tokenIn === tokenOut || !pool.tokens.includes(tokenIn) || !pool.tokens.includes(tokenOut)) {
    return refuse("token-not-in-pool", `${tokenIn} to ${tokenOut}`);
  }
  if (amountIn <= 0n) return refuse("zero-amount", `${amountIn}`);
  if (tokenIn === pool.quoteToken) {
    const base = baseOf(state, tokenOut);
    return isRefusal(base) ? base : quoteSellQuote(pool, state, base, amountIn);
  }
  const sold = baseOf(state, tokenIn);
  if (isRefusal(sold)) return sold;
  if (tokenOut === pool.quoteToken) return quoteSellBase(pool, state, sold, amountIn);
  const bought = baseOf(state, tokenOut);
  return isRefusal(bought) ? bought : quoteBaseToBase(pool, state, sold, bought, amountIn);
}

function quoteSellBase(pool: WoofiPool, state: WoofiState, base: BaseState, amountIn: bigint): Quote {
  const refused = refuseInput(base.holding, amountIn, "WooPPV2: !BASE");
  if (refused !== undefined) return refused;
  const gross = quoteFor(pool, base, amountIn, base.spread);
  if (isRefusal(gross)) return gross;
  const amountOut = gross - feeOn(gross, base.feeRate);
  if (gross > state.quote.reserve) return beyondReserve(gross, state.quote);
  return amountOut > state.quote.balance + state.unclaimedFee ? refuse("insufficient-liquidity", "ST") : amountOut;
}

function quoteSellQuote(pool: WoofiPool, state: WoofiState, base: BaseState, amountIn: bigint): Quote {
  const refused = refuseInput(state.quote, amountIn, "WooPPV2: !QUOTE");
  if (refused !== undefined) return refused;
  if (overflows(amountIn * base.feeRate)) return overflow;
  const amountOut = baseFor(pool, base, amountIn - feeOn(amountIn, base.feeRate), base.spread);
  return isRefusal(amountOut) ? amountOut : payBase(base, amountOut);
}

/** Both legs pay half of the larger spread, and the quote amount between them the larger fee. */
function quoteBaseToBase(
  pool: WoofiPool,
  state: WoofiState,
  sold: BaseState,
  bought: BaseState,
  amountIn: bigint,
): Quote {
  const refused = refuseInput(sold.holding, amountIn, "WooPPV2: !BASE1_BALANCE");
  if (refused !== undefined) return refused;
  const spread = max(sold.spread, bought.spread) / 2n;
  // The pool asks the oracle for both prices before it judges one of them.
  for (const { price } of [sold, bought]) {
    if (isRefusal(price) && !price.detail.startsWith("WooPPV2")) return price;
  }
  const gross = quoteFor(pool, sold, amountIn, spread);
  if (isRefusal(gross)) return gross;
  const fee = feeOn(gross, max(sold.feeRate, bought.feeRate));
  if (fee > state.quote.reserve) {
    const limit = `${fee} above ${state.quote.reserve}`;
    return refuse("insufficient-liquidity", `WooPPV2: INSUFF_QUOTE_FOR_SWAPFEE (${limit})`);
  }
  const amountOut = baseFor(pool, bought, gross - fee, spread);
  return isRefusal(amountOut) ? amountOut : payBase(bought, amountOut);
}

/** quote = amount · price · (1 − gamma − spread) rounded down, before the fee, with gamma = coeff · amount · price. */
function quoteFor({ quoteUnit }: WoofiPool, base: BaseState, amount: bigint, spread: bigint): Quote {
  const { price, unit, priceUnit } = base;
  if (isRefusal(price)) return price;
  const value = amount * price;
  if (overflows(value * quoteUnit)) return overflow;
  const notional = (value * quoteUnit) / unit / priceUnit;
  if (notional > base.maxNotionalSwap) return aboveCap("WooPPV2: !maxNotionalValue", notional, base.maxNotionalSwap);
  if (overflows(value * base.coeff)) return overflow;
  const gamma = (value * base.coeff) / priceUnit / unit;
  if (gamma > base.maxGamma) return aboveCap("WooPPV2: !gamma", gamma, base.maxGamma);
  const kept = one - gamma - spread;
  const product = ((value * quoteUnit) / priceUnit) * kept;
  if (kept < 0n || overflows(product)) return overflow;
  return product / one / unit;
}

/** base = amount ÷ price · (1 − gamma − spread) rounded down, for an amount net of the fee, with gamma = coeff · amount. */
function baseFor({ quoteUnit }: WoofiPool, base: BaseState, amount: bigint, spread: bigint): Quote {
  const { price, unit, priceUnit } = base;
  if (isRefusal(price)) return price;
  if (amount > base.maxNotionalSwap) return aboveCap("WooPPV2: !maxNotionalValue", amount, base.maxNotionalSwap);
  const gamma = (amount * base.coeff) / quoteUnit;
  if (gamma > base.maxGamma) return aboveCap("WooPPV2: !gamma", gamma, base.maxGamma);
  const kept = one - gamma - spread;
  const product = ((amount * unit * priceUnit) / price) * kept;
  if (kept < 0n || overflows(amount * unit * priceUnit) || overflows(product)) return overflow;
  // The price after the swap is price ÷ (1 − gamma).
  if (gamma === one) return refuse("invariant", "Panic(0x12)");
  return product / one / quoteUnit;
}

/** Why the pool does not take `amount` in, if it does not. */
function refuseInput({ reserve, balance, capBalance }: Holding, amount: bigint, reason: string): Refusal | undefined {
  if (overflows(balance + amount)) return overflow;
  if (capBalance !== undefined && balance + amount > capBalance) {
    return aboveCap("WooPPV2: !CAP", balance + amount, capBalance);
  }
  if (balance + amount < reserve) return overflow;
  if (balance < reserve) return refuse("invariant", `${reason} (${reserve - balance} less than its reserve)`);
  return undefined;
}

function payBase({ holding }: BaseState, amountOut: bigint): Quote {
  if (amountOut > holding.reserve) return beyondReserve(amountOut, holding);
  return amountOut > holding.balance ? refuse("insufficient-liquidity", "ST") : amountOut;
}

function beyondReserve(amount: bigint, { reserve }: Holding): Refusal {
  return refuse("insufficient-liquidity", `WooPPV2: INSUFF_BALANCE (${amount} above ${reserve})`);
}

function aboveCap(reason: string, actual: bigint, limit: bigint): Refusal {
  return refuse("over-limit", `${reason} (${actual} above ${limit})`);
}

const overflow = refuse("invariant", "Panic(0x11)");

function overflows(value: bigint): boolean {
  return value > maxUint256;
}

function feeOn(amount: bigint, feeRate: bigint): bigint {
  return (amount * feeRate) / feeBase;
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function baseOf({ bases }: WoofiState, token: Address): BaseState | Refusal {
  return bases.get(token) ?? refuse("token-not-in-pool", token);
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

function holdingOf(info: CallResult | undefined, balance: CallResult | undefined): Holding | undefined {
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
