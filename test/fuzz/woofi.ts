import { Interface } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { type Address, deploymentsOf, tokenOf } from "../../bot/config/chains/chain.ts";
import { isRefusal, refuse } from "../../bot/domain/quote.ts";
import type { Call, Swap, Venue } from "../../bot/venues/venue.ts";
import { type WoofiPool, woofi } from "../../bot/venues/woofi.ts";
import { routerCall } from "../../localnet/routers.ts";
import { SettableFeed__factory } from "../../types/index.js";
import { slotOf } from "../support/fund.ts";
import type { Random } from "../support/random.ts";
import { readerAt } from "../support/reader.ts";
import type { FuzzVariant, Ground, StorageWrite } from "./variant.ts";

/** A base token: its terms in the pool and what the oracle and Chainlink say of it. */
type BaseNumbers = {
  readonly reserve: bigint;
  /** What the pool holds above its reserve. */
  readonly surplus: bigint;
  readonly feeRate: bigint;
  readonly maxGamma: bigint;
  readonly maxNotional: bigint;
  readonly posted: bigint;
  readonly spread: bigint;
  readonly coeff: bigint;
  readonly reference: bigint;
  readonly preferred: bigint;
  readonly min: bigint;
  readonly max: bigint;
};

/** A pool of two bases, and a swap or two. */
type WoofiNumbers = {
  readonly quoteReserve: bigint;
  readonly quoteSurplus: bigint;
  readonly unclaimedFee: bigint;
  readonly bound: bigint;
  /** 1 while posted prices are fresh. */
  readonly fresh: bigint;
  readonly first: BaseNumbers;
  readonly second: BaseNumbers;
  readonly amountIn: bigint;
  /** Of an earlier swap in the same block, or 0 for none, and its index among the ways that such a swap takes. */
  readonly earlierAmount: bigint;
  readonly earlier: bigint;
};

const one = 10n ** 18n;
const usdc = tokenOf(arbitrum, "USDC").address;
const [first, second] = [tokenOf(arbitrum, "WETH").address, tokenOf(arbitrum, "WBTC").address];
const units: Readonly<Record<Address, bigint>> = { [usdc]: 10n ** 6n, [first]: one, [second]: 10n ** 8n };
const priceUnit = 10n ** 8n;

const directions = {
  sellBase: [first, usdc],
  sellQuote: [usdc, first],
  baseToBase: [first, second],
} as const;
type Direction = keyof typeof directions;

/** What an earlier swap in the same block may have done: its input is another token, which the runner does not give. */
const earlierWays: readonly (readonly [tokenIn: Address, tokenOut: Address])[] = [
  [usdc, first],
  [second, first],
  [usdc, second],
  [second, usdc],
];

/** Where pool and oracle keep their values, on the localnet as on Arbitrum. */
const poolSlots = { unclaimedFee: 0n, tokenInfos: 3n };
const oracleSlots = { infos: 1n, clOracles: 2n, priceRanges: 3n, timestamp: 5n, staleDuration: 6n, boundAndPool: 7n };

/** The answer of a settable feed. */
const answerSlot = 0n;

const erc20 = new Interface(["function approve(address spender, uint256 amount)"]);

/**
 * A state in which the pool takes nothing in a direction is refused as a whole, whatever the pool would look at first in an
 * amount. Beyond the reserve the pool's subtraction fails.
 */
const reasons: NonNullable<FuzzVariant["reasons"]> = {
  "Panic(0x11)": ["insufficient-liquidity", "stale-price"],
  "!gamma": ["stale-price"],
  "!maxNotionalValue": ["stale-price"],
  "!BASE": ["stale-price"],
  "!QUOTE": ["stale-price"],
  "!BASE1_BALANCE": ["stale-price"],
};

function variantOf(name: string, direction: Direction, isSecond: boolean): FuzzVariant<WoofiNumbers> {
  return {
    name: `woofi/${name}`,
    reasons,
    async prepare(ground) {
      const { pool, feeds } = await discovered(ground);
      const [tokenIn, tokenOut] = directions[direction];
      return {
        draw: (random) => draw(random, direction, isSecond),
        arrange(numbers) {
          const { amountIn, earlierAmount } = numbers;
          const [earlierIn, earlierOut] = earlierWays[Number(numbers.earlier)] ?? [];
          if (!isSound(numbers) || earlierIn === undefined || earlierOut === undefined) return undefined;
          const earlier = { tokenIn: earlierIn, tokenOut: earlierOut, amountIn: earlierAmount };
          return {
            venue: payingSomething,
            deployment,
            pool,
            swap: { tokenIn, tokenOut, amountIn },
            storage: [
              ...storageOf(ground, pool, feeds, numbers),
              ...(isSecond ? [ground.balanceOf(earlierIn, ground.trader, earlierAmount)] : []),
            ],
            steps: isSecond ? swapSteps(ground, pool, earlier) : [],
            estimateSlack: slackOf(pool, numbers, direction),
          };
        },
      };
    },
  };
}

export const fuzzVariants: readonly FuzzVariant[] = [
  variantOf("sellBase", "sellBase", false),
  variantOf("sellQuote", "sellQuote", false),
  variantOf("baseToBase", "baseToBase", false),
  variantOf("secondSellBase", "sellBase", true),
  variantOf("secondBaseToBase", "baseToBase", true),
];

/** The venue behind a router that is asked for at least one unit. */
const payingSomething: Venue = {
  ...(woofi as unknown as Venue),
  quote(pool, state, swap) {
    const out = (woofi as unknown as Venue).quote(pool, state, swap);
    if (isRefusal(out) || out > 0n) return out;
    const names = ["quoteAmount_LT_minQuoteAmount", "baseAmount_LT_minBaseAmount", "base2Amount_LT_minBase2Amount"];
    return refuse("zero-output", names.join(", "));
  },
};

const deployment = (() => {
  const [found] = deploymentsOf(arbitrum, "woofi");
  if (found === undefined) throw new Error("The chain file lists no deployment of WOOFi.");
  return found;
})();

async function discovered({ connection }: Ground): Promise<{ readonly pool: WoofiPool; readonly feeds: Feeds }> {
  const tokens = arbitrum.tokens.filter(({ address }) => address in units);
  const [pool] = await woofi.discover(deployment, tokens, readerAt(connection));
  const [signer] = await connection.ethers.getSigners();
  if (pool === undefined || signer === undefined) throw new Error("WOOFi has no pool, or the chain no accounts.");
  const feed = async () => (await new SettableFeed__factory(signer).deploy()).getAddress();
  return { pool, feeds: { [first]: await feed(), [second]: await feed() } };
}

/** Chainlink's feeds of the bases. */
type Feeds = Readonly<Record<Address, Address>>;

function swapSteps({ trader }: Ground, pool: WoofiPool, swap: Swap): readonly Call[] {
  const hop = woofi.encode(deployment, pool, swap.tokenIn, swap.tokenOut);
  const { spender, to, data } = routerCall(deployment, hop, swap, trader);
  return [
    { target: swap.tokenIn, data: erc20.encodeFunctionData("approve", [spender, swap.amountIn]) },
    { target: to, data },
  ];
}

function storageOf(ground: Ground, pool: WoofiPool, feeds: Feeds, numbers: WoofiNumbers): readonly StorageWrite[] {
  const { quoteReserve, quoteSurplus, unclaimedFee, bound, fresh } = numbers;
  const oracleAt = (slot: bigint, value: bigint) => ({ address: pool.oracle, slot, value });
  const infoSlot = BigInt(slotOf(usdc, poolSlots.tokenInfos));
  return [
    { address: pool.address, slot: poolSlots.unclaimedFee, value: unclaimedFee },
    { address: pool.address, slot: infoSlot, value: quoteReserve },
    ground.balanceOf(usdc, pool.address, quoteReserve + quoteSurplus + unclaimedFee),
    oracleAt(oracleSlots.timestamp, 0n),
    oracleAt(oracleSlots.staleDuration, fresh * 10n ** 18n),
    oracleAt(oracleSlots.boundAndPool, (BigInt(pool.address) << 64n) | bound),
    ...baseStorage(ground, pool, feeds, first, numbers.first),
    ...baseStorage(ground, pool, feeds, second, numbers.second),
  ];
}

function baseStorage(
  ground: Ground,
  pool: WoofiPool,
  feeds: Feeds,
  base: Address,
  numbers: BaseNumbers,
): readonly StorageWrite[] {
  const { reserve, surplus, feeRate, maxGamma, maxNotional, posted, spread, coeff } = numbers;
  const { reference, preferred, min, max } = numbers;
  const [feed = ""] = [feeds[base]];
  const oracleAt = (slot: bigint, value: bigint) => ({
    address: pool.oracle,
    slot: BigInt(slotOf(base, slot)),
    value,
  });
  const infoSlot = BigInt(slotOf(base, poolSlots.tokenInfos));
  return [
    { address: pool.address, slot: infoSlot, value: (feeRate << 192n) | reserve },
    { address: pool.address, slot: infoSlot + 1n, value: (maxNotional << 128n) | maxGamma },
    ground.balanceOf(base, pool.address, reserve + surplus),
    oracleAt(oracleSlots.infos, (spread << 192n) | (coeff << 128n) | posted),
    oracleAt(oracleSlots.clOracles, (preferred << 168n) | (8n << 160n) | BigInt(feed)),
    oracleAt(oracleSlots.priceRanges, (max << 128n) | min),
    { address: feed, slot: answerSlot, value: reference },
  ];
}

/** Whether every value fits in its type, and the oracle has something to divide. */
function isSound({ quoteReserve, quoteSurplus, bound, fresh, amountIn, ...numbers }: WoofiNumbers): boolean {
  const below = (bits: bigint, ...values: readonly bigint[]) => values.every((value) => value >> bits === 0n);
  return (
    amountIn > 0n &&
    bound <= one &&
    fresh <= 1n &&
    quoteReserve + quoteSurplus >= 0n &&
    below(128n, quoteReserve, amountIn) &&
    [numbers.first, numbers.second].every(
      (base) =>
        below(128n, base.reserve, base.maxGamma, base.maxNotional, base.posted, base.min, base.max) &&
        below(64n, base.spread, base.coeff) &&
        below(16n, base.feeRate) &&
        below(100n, base.reference) &&
        base.preferred <= 1n &&
        base.reserve + base.surplus >= 0n &&
        base.feeRate <= 100_000n,
    )
  );
}

/** The pool's rounding in units of the output: of both tokens, and of the quote token between two bases. */
function slackOf({ quoteUnit }: WoofiPool, numbers: WoofiNumbers, direction: Direction): number {
  const price = ({ posted, reference }: BaseNumbers) => Number(posted === 0n ? reference : posted) / Number(priceUnit);
  const [tokenIn, tokenOut] = directions[direction];
  const perQuote = (token: Address) => {
    if (token === usdc) return 1;
    const whole = price(token === first ? numbers.first : numbers.second);
    return Number(units[token]) / (whole * Number(quoteUnit) || 1);
  };
  return 4 * (1 + perQuote(tokenOut) * (1 + 1 / perQuote(tokenIn)));
}

function draw(random: Random, direction: Direction, isSecond: boolean): WoofiNumbers {
  const bases = { [first]: drawBase(random, isSecond, first), [second]: drawBase(random, isSecond, second) };
  const [one_, other] = [bases[first] as BaseNumbers, bases[second] as BaseNumbers];
  const quoteReserve = isSecond ? 10n ** 15n : random.bigint(0n, random.pick([10n ** 9n, 10n ** 13n, 10n ** 13n]));
  const [tokenIn] = directions[direction];
  const earlier = random.bigint(0n, BigInt(earlierWays.length) - 1n);
  const [earlierIn = usdc] = earlierWays[Number(earlier)] ?? [];
  const steeper = one_.coeff > other.coeff ? one_ : other;
  return {
    quoteReserve,
    quoteSurplus: isSecond || quoteReserve === 0n ? 0n : random.pick([0n, 0n, 0n, 5n, -1n, 10n ** 9n]),
    unclaimedFee: random.pick([0n, random.bigint(0n, 10n ** 9n)]),
    bound: isSecond ? one / 5n : random.pick([10n ** 16n, 25n * 10n ** 15n, 25n * 10n ** 15n, random.bigint(0n, one)]),
    fresh: isSecond || random.bigint(0n, 12n) > 0n ? 1n : 0n,
    first: one_,
    second: other,
    amountIn: amountFor(random, tokenIn, bases[tokenIn], one_, random.pick([1_000n, 200n, 1n, 1n, 1n])),
    earlierAmount: isSecond ? amountFor(random, earlierIn, bases[earlierIn], steeper, 20n) : 0n,
    earlier,
  };
}

/** A base as it is configured, or with some of its values anywhere. */
function drawBase(random: Random, isCalm: boolean, token: Address): BaseNumbers {
  const unit = units[token] ?? 1n;
  const reference = random.pick([3_000n, 60_000n, 1n]) * 10n ** 8n + random.bigint(0n, 10n ** 8n);
  const drift = (width: bigint) => (reference * random.bigint(one - width, one + width)) / one;
  const unless = (chances: bigint, value: bigint, others: readonly bigint[]) =>
    isCalm || random.bigint(1n, chances) > 1n ? value : random.pick(others);
  const odd = (value: bigint, ...others: readonly bigint[]) => unless(6n, value, others);
  const rare = (value: bigint, ...others: readonly bigint[]) => unless(16n, value, others);
  const reserve = (random.bigint(1n, 10n ** 6n) * unit * 10n ** 8n) / reference;
  return {
    reserve: isCalm ? 10n ** 12n * unit : odd(reserve + 1n, random.bigint(0n, 10n * unit)),
    surplus: rare(0n, 1n, unit, -1n),
    feeRate: odd(25n, 0n, 5n, random.bigint(0n, 65_535n)),
    maxGamma: isCalm ? one / 5n : odd(3n * 10n ** 15n, 5n * 10n ** 14n, 0n, 2n ** 128n - 1n),
    maxNotional: isCalm ? 10n ** 14n : odd(10n ** 12n, 10n ** 8n, 0n, 2n ** 128n - 1n),
    posted: isCalm ? drift(10n ** 15n) : rare(drift(9n * 10n ** 15n), drift(3n * 10n ** 16n), 0n, 1n, 2n ** 100n),
    spread: isCalm ? random.bigint(0n, 10n ** 15n) : odd(25n * 10n ** 13n, 0n, one - 1n, one, 2n ** 64n - 1n),
    coeff: isCalm ? random.bigint(0n, 10n ** 11n) : odd(155n * 10n ** 7n, 0n, random.bigint(0n, 2n ** 64n - 1n)),
    reference: rare(reference, drift(10n ** 16n)),
    preferred: isCalm ? 0n : random.pick([0n, 0n, 1n]),
    min: rare(0n, reference, reference * 2n),
    max: rare(2n ** 128n - 1n, reference, reference / 2n),
  };
}

/** An amount of a token up to a `part`-th of what the caps of `limiting` let through, and sometimes above it. */
function amountFor(
  random: Random,
  token: Address,
  sold: BaseNumbers | undefined,
  { maxGamma, maxNotional, coeff }: BaseNumbers,
  part: bigint,
): bigint {
  const mostImpact = coeff === 0n ? maxNotional : (maxGamma * 10n ** 6n) / coeff;
  const cap = (mostImpact < maxNotional ? mostImpact : maxNotional) / part;
  const limit = cap > 10n ** 15n ? 10n ** 15n : cap;
  const value = random.bigint(limit / 100n, limit + limit / 20n) + 10n;
  if (sold === undefined) return value;
  const price = sold.posted === 0n ? sold.reference : sold.posted;
  return (value * (units[token] ?? 1n) * priceUnit) / (price * 10n ** 6n) + 1n;
}
