import { Interface, MaxUint256 } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { tokenOf } from "../../bot/config/chains/chain.ts";
import { isRefusal } from "../../bot/domain/quote.ts";
import { withExpectedTargets } from "../../bot/venues/dodo/classicalPricing.ts";
import { withAdjustedTargets } from "../../bot/venues/dodo/pricing.ts";
import { type DodoPool, type DodoState, type DodoVariant, dodo, openTerms, rState } from "../../bot/venues/dodo.ts";
import type { Venue } from "../../bot/venues/venue.ts";
import {
  DodoConstantOracle__factory,
  DodoFuzzClassicalPool__factory,
  DodoFuzzPrivatePool__factory,
  DodoFuzzStablePool__factory,
  DodoFuzzVendingMachine__factory,
  DodoSettableFee__factory,
} from "../../types/index.js";
import { deployment } from "../support/dodo.ts";
import type { Random } from "../support/random.ts";
import type { FuzzVariant, Ground } from "./variant.ts";

/** A pool, its surroundings and a swap. `i`, `K` and the rates have 18 decimals. */
type PoolNumbers = {
  readonly i: bigint;
  readonly K: bigint;
  readonly B: bigint;
  readonly Q: bigint;
  readonly B0: bigint;
  readonly Q0: bigint;
  readonly R: bigint;
  readonly lpFeeRate: bigint;
  readonly mtFeeRate: bigint;
  readonly routeFeeRate: bigint;
  /** What the pool holds above its reserves, or the adapter of a classical pool. */
  readonly strayBase: bigint;
  readonly strayQuote: bigint;
  /** How much more a classical pool may hold than its reserves. */
  readonly roomBase: bigint;
  readonly roomQuote: bigint;
  readonly sellsBase: bigint;
  readonly amountIn: bigint;
};

const one = 10n ** 18n;
const maxReserve = 2n ** 112n - 1n;

/** Where the route proxy keeps its fee, and a constant oracle its price. */
const routeFeeSlot = 3n;
const oracleSlot = 0n;

const base = tokenOf(arbitrum, "WETH").address;
const quote = tokenOf(arbitrum, "USDC").address;

const settable = new Interface([
  "function setTerms(uint256 i, uint256 k, uint256 lpFeeRate, uint256 mtFeeRate)",
  "function setReserves(uint112 base, uint112 quote)",
  "function setTargets(uint112 base, uint112 quote, uint32 r)",
]);
const settableClassical = new Interface([
  "function setTerms(uint256 k, uint256 lpFeeRate, uint256 mtFeeRate, uint256 baseLimit, uint256 quoteLimit)",
  "function setReserves(uint256 base, uint256 quote, uint256 baseTarget, uint256 quoteTarget, uint8 r)",
]);

/** Reasons of reads before the swap, and of a token that lacks the output. */
const reasons: NonNullable<FuzzVariant["reasons"]> = {
  KJUDGE_ERROR: ["unreadable"],
  SUB_ERROR: ["unreadable"],
  MUL_ERROR: ["unreadable"],
  ADD_ERROR: ["unreadable"],
  DIVIDING_ERROR: ["unreadable"],
  "low-level call failed": ["insufficient-liquidity"],
};

const current = (["dvm", "dsp", "dpp"] as const).map(
  (variant): FuzzVariant<PoolNumbers> => ({
    name: `dodo/${variant}`,
    reasons,
    async prepare(ground) {
      const pool = await deployPool(ground, variant);
      const { address } = pool;
      return {
        draw: (random) => draw(random, variant),
        arrange(numbers) {
          const state = stateOf(variant, numbers);
          if (state === undefined) return undefined;
          const { i, K, B, Q, B0, Q0, R, lpFeeRate, mtFeeRate } = numbers;
          const data = [
            settable.encodeFunctionData("setTerms", [i, K, lpFeeRate, mtFeeRate]),
            settable.encodeFunctionData("setReserves", [B, Q]),
            ...(variant === "dvm" ? [] : [settable.encodeFunctionData("setTargets", [B0, Q0, R])]),
          ];
          return {
            ...swapOf(pool, numbers),
            storage: [
              routeFee(numbers),
              ground.balanceOf(base, address, B + numbers.strayBase),
              ground.balanceOf(quote, address, Q + numbers.strayQuote),
            ],
            steps: data.map((call) => ({ target: address, data: call })),
            estimateSlack: slackOf(pool, state, numbers),
          };
        },
      };
    },
  }),
);

const classical: FuzzVariant<PoolNumbers> = {
  name: "dodo/classical",
  reasons,
  async prepare(ground) {
    const { pool, oracle } = await deployClassicalPool(ground);
    const { address, adapter } = pool;
    return {
      draw: (random) => draw(random, "classical"),
      arrange(numbers) {
        const state = stateOf("classical", numbers);
        if (state === undefined) return undefined;
        const { i, K, B, Q, B0, Q0, R, lpFeeRate, mtFeeRate, strayBase, strayQuote } = numbers;
        const limits = [B + numbers.roomBase, Q + numbers.roomQuote];
        const data = [
          settableClassical.encodeFunctionData("setTerms", [K, lpFeeRate, mtFeeRate, limits[0], limits[1]]),
          settableClassical.encodeFunctionData("setReserves", [B, Q, B0, Q0, R]),
        ];
        return {
          ...swapOf(pool, numbers),
          storage: [
            routeFee(numbers),
            { address: oracle, slot: oracleSlot, value: i },
            ground.balanceOf(base, address, B),
            ground.balanceOf(quote, address, Q),
            ground.balanceOf(base, adapter, strayBase),
            ground.balanceOf(quote, adapter, strayQuote),
          ],
          steps: data.map((call) => ({ target: address, data: call })),
          estimateSlack: slackOf(pool, state, numbers),
        };
      },
    };
  },
};

/** Every swap goes through `mixSwap`, with a route fee of its own. */
export const fuzzVariants: readonly FuzzVariant[] = [...current, classical];

function swapOf(pool: DodoPool, { sellsBase, amountIn }: PoolNumbers) {
  const [tokenIn, tokenOut] = sellsBase === 1n ? [base, quote] : [quote, base];
  return { venue: dodo as unknown as Venue, deployment, pool, swap: { tokenIn, tokenOut, amountIn } };
}

function routeFee({ routeFeeRate }: PoolNumbers) {
  return { address: deployment.routeProxy, slot: routeFeeSlot, value: routeFeeRate };
}

/** The state that the numbers make, with stored targets where there are no adjusted ones, or nothing where no pool has it. */
function stateOf(variant: DodoVariant, numbers: PoolNumbers): DodoState | undefined {
  const { i, K, B, Q, B0, Q0, lpFeeRate, mtFeeRate, routeFeeRate, strayBase, strayQuote } = numbers;
  const R = Object.values(rState).find((value) => BigInt(value) === numbers.R);
  const isClassical = variant === "classical";
  const hasCurve = isClassical ? K > 0n && K < one : K <= one;
  const fits = [B, Q, B0, Q0].every((amount) => amount <= maxReserve);
  const isMachine = variant !== "dvm" || (R === rState.aboveOne && Q0 === 0n);
  const feesFit = isClassical ? lpFeeRate + mtFeeRate < one : lpFeeRate <= one && mtFeeRate <= one;
  if (R === undefined || i === 0n || i > one * one || !hasCurve || !fits || !isMachine) return undefined;
  if (!feesFit || routeFeeRate >= one || numbers.sellsBase > 1n || numbers.amountIn === 0n) return undefined;
  const fees = { lpFeeRate, mtFeeRate, routeFeeRate };
  const pmm = { i, K, B, Q, B0, Q0, R, ...fees };
  const adjust = isClassical ? withExpectedTargets<DodoState> : withAdjustedTargets<DodoState>;
  const state: DodoState = isClassical
    ? { ...pmm, baseBalance: B, quoteBalance: Q, classical: openTerms }
    : { ...pmm, baseBalance: B + strayBase, quoteBalance: Q + strayQuote };
  try {
    return adjust(state);
  } catch {
    // The pool reverts, and so does the read.
    return state;
  }
}

/** The rounding of the pool's own steps, in units of the output. */
function slackOf(pool: DodoPool, state: DodoState, { sellsBase }: PoolNumbers): number {
  const [tokenIn, tokenOut] = sellsBase === 1n ? [base, quote] : [quote, base];
  const curve = dodo.curve(pool, state, tokenIn, tokenOut);
  const { rate } = isRefusal(curve) ? { rate: 0 } : curve;
  const [reserveIn, reserveOut] = sellsBase === 1n ? [state.B, state.Q] : [state.Q, state.B];
  const k = Number(state.K) / 1e18;
  const targetOut = sellsBase === 1n ? state.Q0 : state.B0;
  // A unit under the root is this many of the reserve, and with k = 1 a share of the reserve or its target has 18 decimals.
  const whole = Math.max(Number(reserveOut), Number(targetOut));
  const root = state.K === one ? whole / 1e18 : 1e18 / Number(one - state.K);
  // A classical pool takes whole units at the oracle's price, which the curve makes more of.
  const price = sellsBase === 1n ? Number(state.i) / 1e18 : 1e18 / Number(state.i);
  const steepness = pool.variant === "classical" ? rate / price : 0;
  // So has the share by which a target exceeds its reserve, which a classical pool computes from whole units of k times it.
  const share = pool.variant === "classical" ? 1 + Number(reserveIn) / 1e18 : Number(reserveIn) / 1e18;
  const target = k === 0 ? 1 : 1 + share / (2 * k);
  return 4 * (1 + root + steepness) + 4 * rate * (1 + target);
}

function draw(random: Random, variant: DodoVariant): PoolNumbers {
  const share = (...tenths: bigint[]) => random.bigint(0n, random.pick(tenths) * 10n ** 17n);
  const isWild = random.bigint(0n, 9n) === 0n;
  const [lowestK, highestK] = variant === "classical" ? [1n, one - 1n] : [0n, one];
  const K = random.pick([lowestK, highestK, one / 4n, 2n * 10n ** 14n, one / 10n, random.bigint(lowestK, highestK)]);
  const i = random.pick([one, 3_000n * 10n ** 6n, 678_741_575_565_600_000_000n, 10n ** random.bigint(4n, 30n)]);
  const size = random.pick([10n ** 4n, 10n ** 9n, 10n ** 13n, 10n ** 18n, 10n ** 23n, 10n ** 27n]);
  const B = isWild ? random.bigint(0n, maxReserve) : random.bigint(size / 10n, size);
  const fair = (B * i) / one;
  const Q = isWild || fair === 0n || fair > maxReserve ? random.bigint(1n, size) : fair;
  // At its targets, with the fees of earlier swaps above them, or away from them by less than a part in a thousand or much.
  const R = variant === "dvm" ? 1n : random.bigint(0n, 2n);
  const missing = (reserve: bigint) => (reserve * random.bigint(0n, random.pick([1n, 500n, 999n]))) / 1_000n;
  const [baseSurplus, quoteSurplus] = [R === 2n ? missing(B) : B / 10n ** 6n, R === 1n ? missing(Q) : Q / 10n ** 6n];
  const [B0, Q0] = isWild
    ? [random.bigint(0n, maxReserve), random.bigint(0n, maxReserve)]
    : [B - baseSurplus, Q - quoteSurplus];
  const stray = (reserve: bigint) => random.pick([0n, 0n, 0n, random.bigint(0n, reserve / 100n)]);
  const room = () => random.pick([maxReserve * 4n, maxReserve * 4n, random.bigint(0n, size)]);
  const numbers = {
    i,
    K,
    B,
    Q,
    B0: variant === "dvm" ? 0n : B0,
    Q0: variant === "dvm" ? 0n : Q0,
    R,
    lpFeeRate: random.pick([0n, 8n * 10n ** 14n, 24n * 10n ** 14n, share(1n)]),
    mtFeeRate: random.pick([0n, 2n * 10n ** 14n, 6n * 10n ** 14n, share(1n)]),
    routeFeeRate: random.pick([0n, 15n * 10n ** 14n, share(1n, 9n)]),
    strayBase: stray(B),
    strayQuote: stray(Q),
    roomBase: room(),
    roomQuote: room(),
    sellsBase: random.bigint(0n, 1n),
    amountIn: 1n,
  };
  return { ...numbers, amountIn: drawAmount(random, variant, numbers) };
}

/** An amount around the one that leads back to the targets, or anything from a unit to more than the pool can count. */
function drawAmount(random: Random, variant: DodoVariant, numbers: PoolNumbers): bigint {
  const { B, Q, B0, Q0 } = stateOf(variant, numbers) ?? numbers;
  const [reserve, target, stray] = numbers.sellsBase === 1n ? [B, B0, numbers.strayBase] : [Q, Q0, numbers.strayQuote];
  const missing = target - reserve - stray;
  const back = missing > 1n ? [missing - 1n, missing, missing + 1n, missing + reserve / 9n] : [];
  const upTo = (limit: bigint) => random.bigint(1n, limit + 1n);
  const sizes = [reserve / 1_000_000n, reserve / 1_000n, reserve / 10n, reserve, reserve * 20n].map(upTo);
  return random.pick([...back, ...sizes, ...sizes, upTo(10n), upTo(maxReserve * 2n)]);
}

async function deployPool(ground: Ground, variant: "dvm" | "dsp" | "dpp"): Promise<DodoPool> {
  const signer = await signerOf(ground);
  const fee = await new DodoSettableFee__factory(signer).deploy();
  const common = [deployment.v2Adapter, base, quote, 0n, fee] as const;
  let address: string;
  if (variant === "dpp") {
    const pool = await new DodoFuzzPrivatePool__factory(signer).deploy();
    await pool.init(signer, ...common, one, one, false);
    address = await pool.getAddress();
  } else {
    const factory = variant === "dvm" ? DodoFuzzVendingMachine__factory : DodoFuzzStablePool__factory;
    const pool = await new factory(signer).deploy();
    await pool.init(...common, one, one, false);
    address = await pool.getAddress();
  }
  return poolAt(variant, address);
}

async function deployClassicalPool(ground: Ground): Promise<{ readonly pool: DodoPool; readonly oracle: string }> {
  const signer = await signerOf(ground);
  const oracle = await (await new DodoConstantOracle__factory(signer).deploy(one)).getAddress();
  const pool = await new DodoFuzzClassicalPool__factory(signer).deploy();
  const maintainer = deployment.v2Adapter;
  await pool.init(signer, signer, maintainer, base, quote, oracle, 0n, 0n, one / 2n, MaxUint256);
  await pool.enableTrading();
  return { pool: poolAt("classical", await pool.getAddress()), oracle };
}

function poolAt(variant: DodoVariant, address: string): DodoPool {
  const { name, v1Adapter, v2Adapter, routeProxy, approveProxy } = deployment;
  const adapter = variant === "classical" ? v1Adapter : v2Adapter;
  const tokens = { tokens: [base, quote], base, quote };
  return {
    venue: "dodo",
    deployment: name,
    id: address,
    address,
    ...tokens,
    variant,
    adapter,
    routeProxy,
    approveProxy,
  };
}

async function signerOf({ connection }: Ground) {
  const [signer] = await connection.ethers.getSigners();
  if (signer === undefined) throw new Error("The chain has no accounts.");
  return signer;
}
