import { AbiCoder, concat, Interface, ZeroAddress } from "ethers";
import { expectAnswer, expectValue } from "../check/expectation.ts";
import type { Address, DodoDeployment, Token } from "../config/chains/chain.ts";
import { type Quote, type Refusal, refuse } from "../domain/quote.ts";
import { sampledCurve } from "./sampledCurve.ts";
import type { Call, CallResult, HopCall, Pool, Reader, Swap, Venue } from "./venue.ts";

/** A vending machine (public, one-sided curve), a private pool (one owner) or a stable pool (public, two-sided). */
export type DodoVariant = keyof DodoDeployment["factories"];

export interface DodoPool extends Pool {
  readonly venue: "dodo";
  readonly variant: DodoVariant;
  readonly base: Address;
  readonly quote: Address;
  /** Whose fee and whose permission to pull a swap depends on. */
  readonly routeProxy: Address;
  readonly approveProxy: Address;
}

/** Where a pool stands: at its targets, short of base, or short of quote. The values are the chain's. */
export const rState = { one: 0, aboveOne: 1, belowOne: 2 } as const;
export type RState = (typeof rState)[keyof typeof rState];

/** A pool as its proactive market maker sees it: `getPMMStateForCall`, with the targets already adjusted. */
export interface PmmState {
  /** Quote units per base unit, with 18 decimals. */
  readonly i: bigint;
  /** Curvature with 18 decimals, from 0 (constant price) to 1. */
  readonly K: bigint;
  readonly B: bigint;
  readonly Q: bigint;
  readonly B0: bigint;
  readonly Q0: bigint;
  readonly R: RState;
}

export interface DodoState extends PmmState {
  /** Shares of the output with 18 decimals: what stays in the pool, what DODO takes, what the route proxy takes. */
  readonly lpFeeRate: bigint;
  readonly mtFeeRate: bigint;
  readonly routeFeeRate: bigint;
  /** What the pool holds. A swap sells all that exceeds the reserve, whoever sent it. */
  readonly baseBalance: bigint;
  readonly quoteBalance: bigint;
}

const factory = new Interface(["function getDODOPool(address base, address quote) view returns (address[])"]);
const pair = new Interface([
  "function _BASE_TOKEN_() view returns (address)",
  "function _QUOTE_TOKEN_() view returns (address)",
  "function getPMMStateForCall() view returns (uint256 i, uint256 K, uint256 B, uint256 Q, uint256 B0, uint256 Q0, uint256 R)",
  "function getUserFeeRate(address user) view returns (uint256 lpFeeRate, uint256 mtFeeRate)",
]);
const erc20 = new Interface(["function balanceOf(address account) view returns (uint256)"]);
const route = new Interface([
  "function routeFeeRate() view returns (uint256)",
  "function mixSwap(address fromToken, address toToken, uint256 fromTokenAmount, uint256 minReturnAmount, address[] mixAdapters, address[] mixPairs, address[] assetTo, uint256 directions, bytes[] moreInfos, bytes feeData, uint256 deadLine) payable returns (uint256)",
]);
const approval = new Interface(["function isAllowedProxy(address proxy) view returns (bool)"]);

const one = 10n ** 18n;
const maxReserve = 2n ** 112n - 1n;
const coder = AbiCoder.defaultAbiCoder();

/** No broker: nobody else is paid from the output. */
const feeData = coder.encode(["address", "uint256"], [ZeroAddress, 0n]);

/** DODO's pools behind its fee route proxy: the output is net of the pool's two fees and of the proxy's. */
export const dodo: Venue<DodoDeployment, DodoPool, DodoState> = {
  name: "dodo",

  gas: 210_000n,

  requirements({ routeProxy, approve, approveProxy, v2Adapter, factories }) {
    return {
      contracts: { routeProxy, approve, approveProxy, v2Adapter, ...factories },
      expectations: [
        expectValue(approveProxy, "isAllowedProxy(address proxy) view returns (bool)", [routeProxy], true),
        expectAnswer(routeProxy, "routeFeeRate() view returns (uint256)"),
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

/** @throws when a factory does not answer, because then the deployment's addresses are wrong */
async function discover(
  deployment: DodoDeployment,
  tokens: readonly Token[],
  reader: Reader,
): Promise<readonly DodoPool[]> {
  const listings = variants.flatMap((variant) =>
    tokens.flatMap((base) =>
      tokens.filter((other) => other !== base).map((quote) => ({ variant, base: base.address, quote: quote.address })),
    ),
  );
  const lists = await reader.read(
    listings.map(({ variant, base, quote }) => ({
      target: deployment.factories[variant],
      data: factory.encodeFunctionData("getDODOPool", [base, quote]),
    })),
  );
  const found = new Map<Address, DodoPool>();
  for (const [index, { variant, base, quote }] of listings.entries()) {
    for (const address of listed(deployment, variant, lists[index])) {
      found.set(address, {
        venue: "dodo",
        deployment: deployment.name,
        id: address,
        address,
        tokens: [base, quote],
        variant,
        base,
        quote,
        routeProxy: deployment.routeProxy,
        approveProxy: deployment.approveProxy,
      });
    }
  }
  return withListedTokens([...found.values()], reader);
}

const variants: readonly DodoVariant[] = ["dvm", "dpp", "dsp"];

function listed(deployment: DodoDeployment, variant: DodoVariant, result: CallResult | undefined): readonly Address[] {
  const [addresses] = result?.success ? (decoded(factory, "getDODOPool", result.data) ?? []) : [];
  if (addresses === undefined) {
    const address = deployment.factories[variant];
    throw new Error(`${deployment.name}: the ${variant} factory ${address} does not answer getDODOPool.`);
  }
  return [...addresses];
}

/** Drops pools that do not trade the pair under which they are listed: the factory's owner lists what he likes. */
async function withListedTokens(pools: readonly DodoPool[], reader: Reader): Promise<readonly DodoPool[]> {
  const results = await reader.read(
    pools.flatMap(({ address }) => [
      { target: address, data: pair.encodeFunctionData("_BASE_TOKEN_") },
      { target: address, data: pair.encodeFunctionData("_QUOTE_TOKEN_") },
    ]),
  );
  return pools.filter((pool, index) => {
    const base = results[2 * index];
    const quote = results[2 * index + 1];
    return (
      base?.success === true &&
      quote?.success === true &&
      decoded(pair, "_BASE_TOKEN_", base.data)?.[0] === pool.base &&
      decoded(pair, "_QUOTE_TOKEN_", quote.data)?.[0] === pool.quote
    );
  });
}

function reads({ address, base, quote, routeProxy, approveProxy }: DodoPool): readonly Call[] {
  return [
    { target: address, data: pair.encodeFunctionData("getPMMStateForCall") },
    // A pool asks its fee model with `tx.origin`. The model behind DODO's factories answers every trader alike, except
    // for crowd pools, which these factories do not create.
    { target: address, data: pair.encodeFunctionData("getUserFeeRate", [ZeroAddress]) },
    { target: base, data: erc20.encodeFunctionData("balanceOf", [address]) },
    { target: quote, data: erc20.encodeFunctionData("balanceOf", [address]) },
    { target: routeProxy, data: route.encodeFunctionData("routeFeeRate") },
    { target: approveProxy, data: approval.encodeFunctionData("isAllowedProxy", [routeProxy]) },
  ];
}

const readNames = [
  "getPMMStateForCall",
  "getUserFeeRate",
  "balanceOf(base)",
  "balanceOf(quote)",
  "routeFeeRate",
  "isAllowedProxy",
];

function decode(pool: DodoPool, results: readonly CallResult[]): DodoState | Refusal {
  const failed = readNames.find((_, index) => results[index]?.success !== true);
  if (failed !== undefined) return refuse("unreadable", `${failed} of ${pool.address} reverts`);
  const data = (index: number) => results[index]?.data ?? "0x";
  const pmm = decoded(pair, "getPMMStateForCall", data(0));
  const fees = decoded(pair, "getUserFeeRate", data(1));
  const baseBalance = decoded(erc20, "balanceOf", data(2));
  const quoteBalance = decoded(erc20, "balanceOf", data(3));
  const routeFeeRate = decoded(route, "routeFeeRate", data(4));
  const allowed = decoded(approval, "isAllowedProxy", data(5));
  if (!pmm || !fees || !baseBalance || !quoteBalance || !routeFeeRate || !allowed) {
    return refuse("unreadable", `a read of ${pool.address} does not decode`);
  }
  if (allowed[0] !== true)
    return refuse("paused", `DODOApproveProxy does not allow the route proxy ${pool.routeProxy}`);
  const R = rStates.find((state) => BigInt(state) === pmm.R);
  if (R === undefined) return refuse("unreadable", `${pool.address} is in no state of R: ${pmm.R}`);
  return {
    i: pmm.i,
    K: pmm.K,
    B: pmm.B,
    Q: pmm.Q,
    B0: pmm.B0,
    Q0: pmm.Q0,
    R,
    lpFeeRate: fees.lpFeeRate,
    mtFeeRate: fees.mtFeeRate,
    routeFeeRate: routeFeeRate[0],
    baseBalance: baseBalance[0],
    quoteBalance: quoteBalance[0],
  };
}

const rStates = Object.values(rState);

function quote(pool: DodoPool, state: DodoState, { tokenIn, tokenOut, amountIn }: Swap): Quote {
  const sellsBase = tokenIn === pool.base && tokenOut === pool.quote;
  if (!sellsBase && !(tokenIn === pool.quote && tokenOut === pool.base)) {
    return refuse("token-not-in-pool", `${pool.address} trades ${pool.base} and ${pool.quote}`);
  }
  if (amountIn <= 0n) return refuse("zero-amount", "0 units go in");
  try {
    return sellsBase
      ? payout(pool, state, amountIn, state.baseBalance, state.B, state.quoteBalance, sellBase)
      : payout(pool, state, amountIn, state.quoteBalance, state.Q, state.baseBalance, sellQuote);
  } catch (error) {
    if (!(error instanceof PoolReverts)) throw error;
    // A target of 0 is the end of the curve: an empty pool, or a vending machine asked for more than it can sell back.
    return refuse(error.reason === "TARGET_IS_ZERO" ? "insufficient-liquidity" : "invariant", error.reason);
  }
}

function payout(
  pool: DodoPool,
  state: DodoState,
  amountIn: bigint,
  balanceIn: bigint,
  reserveIn: bigint,
  balanceOut: bigint,
  sell: (state: PmmState, amount: bigint) => PmmTrade,
): Quote {
  const sold = sub(balanceIn + amountIn, reserveIn);
  const { received: gross, newR, newTarget } = sell(state, sold);
  const mtFee = mulWadDown(gross, state.mtFeeRate);
  const received = sub(sub(gross, mulWadDown(gross, state.lpFeeRate)), mtFee);
  if (received + mtFee > balanceOut) {
    return refuse("insufficient-liquidity", `${received + mtFee} units leave a pool that holds ${balanceOut}`);
  }
  // A vending machine stores neither R nor targets.
  const movesTarget = pool.variant !== "dvm" && newR !== state.R;
  if (balanceIn + amountIn > maxReserve || (movesTarget && newTarget > maxReserve)) {
    return refuse("over-limit", "OVERFLOW: a pool counts in 112 bits");
  }
  const paid = received - mulWadDown(received, state.routeFeeRate);
  return paid > 0n ? paid : refuse("zero-output", "DODORouteProxy: Return amount is not enough");
}

function encode(deployment: DodoDeployment, pool: DodoPool, tokenIn: Address): HopCall {
  const directions = tokenIn === pool.base ? 0n : 1n;
  const args = coder.encode(
    ["address[]", "address[]", "address[]", "uint256", "bytes[]", "bytes"],
    [
      [deployment.v2Adapter],
      [pool.address],
      // The pool prices what was sent to it, so the input goes to the pool itself and the output to the proxy.
      [pool.address, deployment.routeProxy],
      directions,
      ["0x"],
      feeData,
    ],
  );
  return { target: deployment.routeProxy, data: concat([mixSwapSelector, args]) };
}

const mixSwapSelector = route.getFunction("mixSwap")?.selector ?? "";

/** What a trade pays before fees, the state of R that it leaves, and the target that a pool keeps when R changes. */
interface PmmTrade {
  readonly received: bigint;
  readonly newR: RState;
  readonly newTarget: bigint;
}

/** Sells base, rounding down as the pool rounds. `contractV2/lib/PMMPricing.sol`, `sellBaseToken`. */
function sellBase({ i, K, B, Q, B0, Q0, R }: PmmState, amount: bigint): PmmTrade {
  const side = R === rState.one ? "even" : R === rState.aboveOne ? "short" : "long";
  const [received, newSide] = sell(side, amount, B, B0, Q, Q0, i, K);
  const newR = newSide === "even" ? rState.one : newSide === "short" ? rState.aboveOne : rState.belowOne;
  return { received, newR, newTarget: B0 };
}

/** Sells quote, rounding down as the pool rounds. `contractV2/lib/PMMPricing.sol`, `sellQuoteToken`. */
function sellQuote({ i, K, B, Q, B0, Q0, R }: PmmState, amount: bigint): PmmTrade {
  const side = R === rState.one ? "even" : R === rState.belowOne ? "short" : "long";
  const [received, newSide] = sell(side, amount, Q, Q0, B, B0, div(one * one, i), K);
  const newR = newSide === "even" ? rState.one : newSide === "short" ? rState.belowOne : rState.aboveOne;
  return { received, newR, newTarget: Q0 };
}

/** How the reserve of the token that comes in stands to its target. Seen from there, both directions are one. */
type Side = "even" | "short" | "long";

function sell(
  side: Side,
  amount: bigint,
  reserveIn: bigint,
  targetIn: bigint,
  reserveOut: bigint,
  targetOut: bigint,
  price: bigint,
  k: bigint,
): readonly [received: bigint, side: Side] {
  if (side === "even") return [tradeOut(targetOut, targetOut, amount, price, k), "long"];
  if (side === "long") return [tradeOut(targetOut, reserveOut, amount, price, k), "long"];
  const toEven = sub(targetIn, reserveIn);
  const surplus = sub(reserveOut, targetOut);
  if (amount === toEven) return [surplus, "even"];
  if (amount > toEven) return [add(surplus, tradeOut(targetOut, targetOut, amount - toEven, price, k)), "long"];
  const received = integrate(targetIn, add(reserveIn, amount), reserveIn, price, k);
  // Rounding can reach past the surplus, and the pool does not pay more than that.
  return [min(received, surplus), "short"];
}

/** Area under the curve from `to` up to `from`: price (from - to) (1 - k + k target² / (from · to)). */
function integrate(target: bigint, from: bigint, to: bigint, price: bigint, k: bigint): bigint {
  if (target === 0n) throw new PoolReverts("TARGET_IS_ZERO");
  const fair = mul(price, sub(from, to));
  if (k === 0n) return fair / one;
  const penalty = mulWadDown(k, divWadDown(div(mul(target, target), from), to));
  return mul(add(sub(one, k), penalty), fair) / (one * one);
}

/**
 * What leaves `reserve` when `delta` of the other token comes in: reserve less the positive root V of
 * (1 - k) V² + (price delta + k target² / reserve - (1 - k) reserve) V - k target² = 0, rounded up.
 */
function tradeOut(target: bigint, reserve: bigint, delta: bigint, price: bigint, k: bigint): bigint {
  if (target === 0n) throw new PoolReverts("TARGET_IS_ZERO");
  if (delta === 0n) return 0n;
  if (k === 0n) return min(mulWadDown(price, delta), reserve);
  if (k === one) return tradeOutHyperbola(target, reserve, delta, price);

  const left = mul(one - k, reserve);
  const right = add(mul(div(mul(k, target), reserve), target), mul(price, delta));
  const negative = left < right;
  const b = (negative ? right - left : left - right) / one;
  const square = mulWadDown(mul(one - k, 4n), mul(mulWadDown(k, target), target));
  const root = sqrtDown(add(mul(b, b), square));
  const numerator = negative ? root - b : add(b, root);
  if (numerator === 0n) throw new PoolReverts("DODOMath: should not be zero");
  const rest = divWadUp(numerator, 2n * (one - k));
  return rest > reserve ? 0n : reserve - rest;
}

/** The same for k = 1: reserve t / (1 + t) with t = price delta reserve / target². */
function tradeOutHyperbola(target: bigint, reserve: bigint, delta: bigint, price: bigint): bigint {
  const paid = mul(price, delta);
  const product = paid * reserve;
  // The pool divides early, and loses digits, only where the product has no room.
  const t = fits(product)
    ? paid === 0n
      ? 0n
      : div(product, mul(target, target))
    : div(mul(div(mul(delta, reserve), target), price), target);
  return div(mul(reserve, t), add(t, one));
}

/** Thrown when the pool's own arithmetic would revert. `reason` is the pool's string. */
class PoolReverts extends Error {
  readonly reason: string;

  constructor(reason: string) {
    super(reason);
    this.name = "PoolReverts";
    this.reason = reason;
  }
}

// Integers of 256 bits with the pools' revert strings. `contractV2/lib/{SafeMath,DecimalMath}.sol`.

function fits(value: bigint): boolean {
  return value >> 256n === 0n;
}

function add(a: bigint, b: bigint): bigint {
  if (!fits(a + b)) throw new PoolReverts("ADD_ERROR");
  return a + b;
}

function sub(a: bigint, b: bigint): bigint {
  if (b > a) throw new PoolReverts("SUB_ERROR");
  return a - b;
}

function mul(a: bigint, b: bigint): bigint {
  const product = a * b;
  if (!fits(product)) throw new PoolReverts("MUL_ERROR");
  return product;
}

function div(a: bigint, b: bigint): bigint {
  if (b === 0n) throw new PoolReverts("DIVIDING_ERROR");
  return a / b;
}

function mulWadDown(a: bigint, b: bigint): bigint {
  return mul(a, b) / one;
}

function divWadDown(a: bigint, b: bigint): bigint {
  return div(mul(a, one), b);
}

function divWadUp(a: bigint, b: bigint): bigint {
  return (mul(a, one) + b - 1n) / b;
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function sqrtDown(value: bigint): bigint {
  // Each hexadecimal digit is four bits: the first guess has half of them and is never below the root.
  let guess = 1n << BigInt(2 * value.toString(16).length);
  for (;;) {
    const next = (guess + value / guess) >> 1n;
    if (next >= guess) return guess;
    guess = next;
  }
}

/** Decodes what a function returned, or nothing where that is not what the ABI says. */
function decoded(abi: Interface, name: string, data: string) {
  try {
    return abi.decodeFunctionResult(name, data);
  } catch {
    return undefined;
  }
}
