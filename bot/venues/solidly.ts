import { AbiCoder, Interface, ZeroAddress } from "ethers";
import { expectAnswer, expectValue } from "../check/expectation.ts";
import type { Address, SolidlyDeployment, Token } from "../config/chains/chain.ts";
import { type Quote, type Refusal, refuse } from "../domain/quote.ts";
import { sampledCurve } from "./sampledCurve.ts";
import type { Call, CallResult, HopCall, Pool, Reader, Swap, Venue } from "./venue.ts";

/** One pair of a Solidly factory. */
export interface SolidlyPool extends Pool {
  readonly venue: "solidly";
  readonly factory: Address;
  readonly stable: boolean;
  /** token0 and token1, in this order. */
  readonly tokens: readonly [Address, Address];
  /** Ten to the power of each token's decimals, in the order of `tokens`. */
  readonly units: readonly [bigint, bigint];
}

export interface SolidlyState {
  /** In units of each token, in the order of the pool's tokens. */
  readonly reserves: readonly [bigint, bigint];
  /** What the pair takes of the input, in 1/10000. */
  readonly fee: bigint;
  readonly paused: boolean;
}

const factoryAbi = new Interface([
  "function getPair(address tokenA, address tokenB, bool stable) view returns (address)",
  "function pairFee(address pair) view returns (uint256)",
  "function getFee(bool stable) view returns (uint256)",
  "function isPaused() view returns (bool)",
]);

const pairAbi = new Interface([
  "function metadata() view returns (uint256 dec0, uint256 dec1, uint256 r0, uint256 r1, bool st, address t0, address t1)",
  "function getReserves() view returns (uint256 reserve0, uint256 reserve1, uint256 blockTimestampLast)",
]);

const feeDenominator = 10_000n;
const e18 = 10n ** 18n;
const maxUint256 = 2n ** 256n - 1n;
const maxNewtonSteps = 255;

async function discover(
  deployment: SolidlyDeployment,
  tokens: readonly Token[],
  reader: Reader,
): Promise<readonly SolidlyPool[]> {
  const getPairs: Call[] = tokens.flatMap((a, index) =>
    tokens.slice(index + 1).flatMap((b) =>
      [false, true].map((stable) => ({
        target: deployment.factory,
        data: factoryAbi.encodeFunctionData("getPair", [a.address, b.address, stable]),
      })),
    ),
  );
  const pairs = (await reader.read(getPairs))
    .map((result): Address => decodeResult(factoryAbi, "getPair", result)?.[0] ?? ZeroAddress)
    .filter((pair) => pair !== ZeroAddress);
  const metadata = await reader.read(pairs.map((target) => ({ target, data: pairAbi.encodeFunctionData("metadata") })));
  return pairs.flatMap((pair, index): SolidlyPool[] => {
    const decoded = decodeResult(pairAbi, "metadata", metadata[index]);
    // A pair that cannot describe itself is no pair of this pattern.
    if (decoded === undefined) return [];
    const { dec0, dec1, st, t0, t1 } = decoded as unknown as Metadata;
    return [
      {
        venue: "solidly",
        deployment: deployment.name,
        id: pair,
        address: pair,
        factory: deployment.factory,
        stable: st,
        tokens: [t0, t1],
        units: [dec0, dec1],
      },
    ];
  });
}

interface Metadata {
  readonly dec0: bigint;
  readonly dec1: bigint;
  readonly st: boolean;
  readonly t0: Address;
  readonly t1: Address;
}

/**
 * Reserves, the fee in the two ways in which factories tell it, and the pause. The fee of the pair itself comes first
 * (`pairFee`, Ramses); where there is none or it is 0, the fee of all pairs of its kind applies (`getFee`, Velodrome V1).
 */
function reads({ address, factory, stable }: SolidlyPool): readonly Call[] {
  return [
    { target: address, data: pairAbi.encodeFunctionData("getReserves") },
    { target: factory, data: factoryAbi.encodeFunctionData("pairFee", [address]) },
    { target: factory, data: factoryAbi.encodeFunctionData("getFee", [stable]) },
    { target: factory, data: factoryAbi.encodeFunctionData("isPaused") },
  ];
}

function decode(pool: SolidlyPool, results: readonly CallResult[]): SolidlyState | Refusal {
  const [reservesResult, pairFeeResult, kindFeeResult, pausedResult] = results;
  const reserves = decodeResult(pairAbi, "getReserves", reservesResult);
  if (reserves === undefined) return refuse("unreadable", `getReserves of ${pool.address} failed`);
  const pairFee: bigint = decodeResult(factoryAbi, "pairFee", pairFeeResult)?.[0] ?? 0n;
  const kindFee: bigint | undefined = decodeResult(factoryAbi, "getFee", kindFeeResult)?.[0];
  const fee = pairFee === 0n ? kindFee : pairFee;
  if (fee === undefined) {
    return refuse("unreadable", `the factory ${pool.factory} tells no fee by pairFee or getFee(bool)`);
  }
  if (fee > feeDenominator) return refuse("unreadable", `a fee of ${fee}/${feeDenominator} is not a fraction`);
  return {
    reserves: [reserves[0], reserves[1]],
    fee,
    // A factory without a pause cannot be paused.
    paused: decodeResult(factoryAbi, "isPaused", pausedResult)?.[0] ?? false,
  };
}

function quote(pool: SolidlyPool, state: SolidlyState, swap: Swap): Quote {
  const zeroForOne = swap.tokenIn === pool.tokens[0] && swap.tokenOut === pool.tokens[1];
  const oneForZero = swap.tokenIn === pool.tokens[1] && swap.tokenOut === pool.tokens[0];
  if (!zeroForOne && !oneForZero) {
    return refuse("token-not-in-pool", `${swap.tokenIn} to ${swap.tokenOut} in ${pool.address}`);
  }
  if (swap.amountIn <= 0n) return refuse("zero-amount", "Router: INSUFFICIENT_OUTPUT_AMOUNT or IOA");
  if (state.paused) return refuse("paused", "the factory is paused");
  try {
    return checkedQuote(oriented(pool, state, zeroForOne), swap.amountIn);
  } catch (error) {
    if (error instanceof ArithmeticPanic) return refuse("invariant", error.message);
    throw error;
  }
}

/** A pool seen from the token that goes in. */
interface Curve {
  readonly stable: boolean;
  readonly fee: bigint;
  readonly reserveIn: bigint;
  readonly reserveOut: bigint;
  readonly unitIn: bigint;
  readonly unitOut: bigint;
}

function oriented({ stable, units }: SolidlyPool, { reserves, fee }: SolidlyState, zeroForOne: boolean): Curve {
  const [reserveIn, reserveOut] = zeroForOne ? reserves : [reserves[1], reserves[0]];
  const [unitIn, unitOut] = zeroForOne ? units : [units[1], units[0]];
  return { stable, fee, reserveIn, reserveOut, unitIn, unitOut };
}

/** Quotes as the router does and then makes the checks of the pair's `swap`, in their order. */
function checkedQuote(curve: Curve, amountIn: bigint): Quote {
  const { reserveIn, reserveOut, fee } = curve;
  const kept = amountIn - mul(amountIn, fee) / feeDenominator;
  const amountOut = amountOutDown(curve, kept);
  if (amountOut === 0n) return refuse("zero-output", "IOA");
  if (amountOut >= reserveOut) {
    return refuse("insufficient-liquidity", `IL: ${amountOut} of ${reserveOut} would have to come out`);
  }
  const before = invariant(curve, reserveIn, reserveOut);
  // The fee leaves the pair before K is checked.
  const after = invariant(curve, add(reserveIn, kept), reserveOut - amountOut);
  if (after < before) return refuse("invariant", `K: ${after} after the swap, ${before} before`);
  return amountOut;
}

/** The pair's `getAmountOut` behind the fee; every division floors, in the order of the original. */
function amountOutDown({ stable, reserveIn, reserveOut, unitIn, unitOut }: Curve, amountIn: bigint): bigint {
  if (!stable) return div(mul(amountIn, reserveOut), add(reserveIn, amountIn));
  const xy = invariant({ stable, unitIn, unitOut }, reserveIn, reserveOut);
  const x = div(mul(reserveIn, e18), unitIn);
  const y = div(mul(reserveOut, e18), unitOut);
  const scaledIn = div(mul(amountIn, e18), unitIn);
  const scaledOut = sub(y, solveY(add(scaledIn, x), xy, y));
  return mul(scaledOut, unitOut) / e18;
}

/** x·y in units of the tokens, or x³y + y³x in 18 decimals. */
function invariant({ stable, unitIn, unitOut }: Pick<Curve, "stable" | "unitIn" | "unitOut">, x: bigint, y: bigint) {
  if (!stable) return mul(x, y);
  const scaledX = div(mul(x, e18), unitIn);
  const scaledY = div(mul(y, e18), unitOut);
  const product = mul(scaledX, scaledY) / e18;
  const squares = add(mul(scaledX, scaledX) / e18, mul(scaledY, scaledY) / e18);
  return mul(product, squares) / e18;
}

/** Solidly v1's Newton iteration for x³y + y³x = `xy` from `y`: it stops at a step of at most 1, or after 255 rounds. */
function solveY(x: bigint, xy: bigint, start: bigint): bigint {
  const cubeX = mul(mul(x, x) / e18, x) / e18;
  let y = start;
  for (let round = 0; round < maxNewtonSteps; round++) {
    const squareY = mul(y, y) / e18;
    const reached = add(mul(x, mul(squareY, y) / e18) / e18, mul(cubeX, y) / e18);
    const slope = add(mul(mul(3n, x), squareY) / e18, cubeX);
    const distance = reached < xy ? xy - reached : reached - xy;
    const step = div(mul(distance, e18), slope);
    y = reached < xy ? add(y, step) : sub(y, step);
    if (step <= 1n) break;
  }
  return y;
}

function encode(deployment: SolidlyDeployment, pool: SolidlyPool): HopCall {
  return { target: deployment.router, data: AbiCoder.defaultAbiCoder().encode(["bool"], [pool.stable]) };
}

/** Thrown when the pair's checked arithmetic would panic. */
class ArithmeticPanic extends Error {}

function mul(a: bigint, b: bigint): bigint {
  return fit(a * b, "multiplication");
}

function add(a: bigint, b: bigint): bigint {
  return fit(a + b, "addition");
}

function sub(a: bigint, b: bigint): bigint {
  return fit(a - b, "subtraction");
}

function div(a: bigint, b: bigint): bigint {
  if (b === 0n) throw new ArithmeticPanic("Panic 0x12: division by zero");
  return a / b;
}

function fit(value: bigint, operation: string): bigint {
  if (value < 0n || value > maxUint256) throw new ArithmeticPanic(`Panic 0x11: ${operation} beyond 256 bits`);
  return value;
}

function decodeResult(abi: Interface, name: string, result: CallResult | undefined) {
  if (result === undefined || !result.success) return undefined;
  try {
    return abi.decodeFunctionResult(name, result.data);
  } catch {
    // An answer of another shape is as good as none.
    return undefined;
  }
}

export const solidly: Venue<SolidlyDeployment, SolidlyPool, SolidlyState> = {
  name: "solidly",

  gas: 130_000n,

  requirements({ factory, router }) {
    return {
      contracts: { factory, router },
      expectations: [
        expectValue(router, "factory() view returns (address)", [], factory),
        expectAnswer(factory, "allPairsLength() view returns (uint256)"),
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
