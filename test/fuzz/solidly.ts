import { id, ZeroAddress } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { type Address, type SolidlyGeneration, tokenOf } from "../../bot/config/chains/chain.ts";
import { isRefusal, type RefusalReason } from "../../bot/domain/quote.ts";
import { type SolidlyPool, solidly } from "../../bot/venues/solidly.ts";
import type { Call, Swap, Venue } from "../../bot/venues/venue.ts";
import { CamelotFactory__factory, SolidlyFactory__factory, VelodromeV2Factory__factory } from "../../types/index.js";
import type { Random } from "../support/random.ts";
import { deploySolidlyTwins, setFeesCall, syncCall } from "../support/solidlyTwins.ts";
import type { FuzzVariant } from "./variant.ts";

type PairNumbers = {
  /** An index of `pairs`. */
  readonly pair: bigint;
  readonly reserve0: bigint;
  readonly reserve1: bigint;
  readonly fee0: bigint;
  readonly fee1: bigint;
  /** Camelot's owner's share of the fee; 0 for no owner. */
  readonly ownerFeeShare: bigint;
  readonly paused: bigint;
  readonly zeroForOne: bigint;
  readonly amountIn: bigint;
};

/** Of 6, 8 and 18 decimals, in both orders. */
const pairs = [
  ["USDC", "USDT"],
  ["USDC", "DAI"],
  ["WBTC", "USDC"],
  ["WETH", "WBTC"],
  ["WETH", "DAI"],
] as const;

const maxReserve = 2n ** 112n - 1n;
const maxFees: Readonly<Record<SolidlyGeneration, bigint>> = { solidly: 1_000n, velodromeV2: 300n, camelotV2: 2_000n };

function draw(generation: SolidlyGeneration, pools: readonly SolidlyPool[], random: Random): PairNumbers {
  const pair = random.bigint(0n, BigInt(pools.length) - 1n);
  const { units = [1n, 1n] } = pools[Number(pair)] ?? {};
  const least = generation === "camelotV2" ? 1n : 0n;
  const any = (max: bigint) => clamp(random.bigint(0n, 10n ** random.bigint(0n, 33n)), least, max);
  // Most pairs hold about as much of both tokens, from a hundredth to a million millions of whole ones.
  const whole = 10n ** random.bigint(0n, 14n);
  const near = (unit: bigint) => clamp((random.bigint(1n, 300n) * whole * unit) / 10_000n, least, maxReserve);
  const even = (unit: bigint) => clamp((whole * unit) / 100n + random.bigint(0n, unit), least, maxReserve);
  const size = random.pick([near, near, even, () => any(maxReserve)]);
  const [reserve0, reserve1] = [size(units[0]), size(units[1])];
  const zeroForOne = random.bigint(0n, 1n);
  const reserveIn = zeroForOne === 1n ? reserve0 : reserve1;
  const amountIn = random.pick([
    any(maxReserve),
    reserveIn / random.bigint(1n, 100_000n),
    random.bigint(0n, 3n * reserveIn),
    random.bigint(0n, 10n ** random.bigint(0n, 60n)),
  ]);
  const fee = () => random.bigint(generation === "camelotV2" ? 1n : 0n, maxFees[generation]);
  return {
    pair,
    reserve0,
    reserve1,
    fee0: fee(),
    fee1: fee(),
    ownerFeeShare: random.pick([0n, random.bigint(1n, 100_000n)]),
    paused: random.bigint(0n, 63n) === 0n ? 1n : 0n,
    zeroForOne,
    amountIn: amountIn === 0n ? 1n : amountIn,
  };
}

/**
 * How far the estimate of a stable pair may be from the quote: two units of either token, and what the floors of a pair
 * that holds little hide. See `clearance` of the curve; here at the least slope that an output of any size can lead to.
 */
function slackOf(pool: SolidlyPool, numbers: PairNumbers, { tokenIn, tokenOut, amountIn }: Swap): number {
  const { reserve0, reserve1, fee0, fee1 } = numbers;
  const state = { fees: [fee0, fee1], stable: true, paused: false, ownerFeeShare: 0n } as const;
  const curve = solidly.curve(pool, { ...state, reserves: [reserve0, reserve1] }, tokenIn, tokenOut);
  if (isRefusal(curve)) throw new Error(curve.detail);
  const inIndex = tokenIn === pool.tokens[0] ? 0 : 1;
  const wholes = [reserve0, reserve1].map((reserve, index) => Number(reserve) / Number(pool.units[index]));
  const [wholeIn = 0, wholeOut = 0] = inIndex === 0 ? wholes : wholes.reverse();
  const after = wholeIn + Number(amountIn) / Number(pool.units[inIndex]);
  const floors = ((after + wholeOut + 1) ** 2 + 1) / after ** 3;
  const unitOut = Number(pool.units[1 - inIndex]);
  return 2 * (1 + curve.rate) + (4 * floors * unitOut) / 1e18;
}

interface Settings {
  readonly ownerFeeShare: bigint;
  readonly paused: boolean;
  readonly feeTo: Address;
}

const velodromeFactory = VelodromeV2Factory__factory.createInterface();
const solidlyFactory = SolidlyFactory__factory.createInterface();
const camelotFactory = CamelotFactory__factory.createInterface();

/** What can be set besides fees. */
const settings: Readonly<Record<SolidlyGeneration, (factory: Address, settings: Settings) => readonly Call[]>> = {
  solidly: (target, { paused }) => [{ target, data: solidlyFactory.encodeFunctionData("setPause", [paused]) }],
  velodromeV2: (target, { paused }) => [
    { target, data: velodromeFactory.encodeFunctionData("setPauseState", [paused]) },
  ],
  camelotV2: (target, { ownerFeeShare, feeTo }) =>
    ownerFeeShare === 0n
      ? [{ target, data: camelotFactory.encodeFunctionData("setFeeTo", [ZeroAddress]) }]
      : [
          { target, data: camelotFactory.encodeFunctionData("setFeeTo", [feeTo]) },
          { target, data: camelotFactory.encodeFunctionData("setOwnerFeeShare", [ownerFeeShare]) },
        ],
};

const errorOf = (signature: string) => id(signature).slice(0, 10);

const reasons: Readonly<Record<SolidlyGeneration, Readonly<Record<string, readonly RefusalReason[]>>>> = {
  // The router checks the quote against its minimum before the pair sees a swap. A pause has no reason, and is met last.
  solidly: {
    INSUFFICIENT_OUTPUT_AMOUNT: ["zero-output", "paused"],
    "no reason": ["paused"],
    "Panic(0x11)": ["paused"],
    "Panic(0x12)": ["paused"],
  },
  velodromeV2: {
    [errorOf("InsufficientOutputAmount()")]: ["zero-output", "paused"],
    [errorOf("InsufficientLiquidity()")]: ["insufficient-liquidity"],
    [errorOf("IsPaused()")]: ["paused"],
    [errorOf("K()")]: ["invariant"],
    "Panic(0x11)": ["paused"],
    "Panic(0x12)": ["paused"],
    "!y": ["paused"],
  },
  // A division by zero is an invalid opcode.
  camelotV2: { "no reason": ["invariant"] },
};

function clamp(value: bigint, min: bigint, max: bigint): bigint {
  if (value < min) return min;
  return value > max ? max : value;
}

export const fuzzVariants: readonly FuzzVariant[] = (["solidly", "velodromeV2", "camelotV2"] as const).flatMap(
  (generation) =>
    [false, true].map(
      (stable): FuzzVariant<PairNumbers> => ({
        name: `solidly/${generation}/${stable ? "stable" : "volatile"}`,
        reasons: reasons[generation],
        async prepare({ connection, trader, balanceOf }) {
          const [owner] = await connection.ethers.getSigners();
          if (owner === undefined) throw new Error("The network has no accounts.");
          const { deployment, open, handTo } = await deploySolidlyTwins(connection, owner, generation);
          const pools: SolidlyPool[] = [];
          for (const symbols of pairs) {
            const [a, b] = symbols.map((symbol) => tokenOf(arbitrum, symbol).address) as [Address, Address];
            pools.push(await open([a, b], stable));
          }
          const accept = await handTo(trader);
          return {
            draw: (random) => draw(generation, pools, random),
            arrange(numbers) {
              const { pair, reserve0, reserve1, fee0, fee1, ownerFeeShare, paused, zeroForOne, amountIn } = numbers;
              const pool = pools[Number(pair)];
              if (pool === undefined || amountIn === 0n) return undefined;
              const [token0, token1] = pool.tokens;
              const [tokenIn, tokenOut] = zeroForOne === 1n ? [token0, token1] : [token1, token0];
              const swap = { tokenIn, tokenOut, amountIn };
              return {
                venue: solidly as unknown as Venue,
                deployment,
                pool,
                swap,
                storage: [balanceOf(token0, pool.address, reserve0), balanceOf(token1, pool.address, reserve1)],
                steps: [
                  ...accept,
                  syncCall(pool),
                  setFeesCall(pool, [fee0, fee1]),
                  ...settings[generation](deployment.factory, {
                    ownerFeeShare,
                    paused: paused === 1n,
                    feeTo: owner.address,
                  }),
                ],
                ...(stable && { estimateSlack: slackOf(pool, numbers, swap) }),
              };
            },
          };
        },
      }),
    ),
);
