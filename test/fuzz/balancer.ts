import {
  AbiCoder,
  Contract,
  dataSlice,
  FunctionFragment,
  Interface,
  keccak256,
  solidityPackedKeccak256,
  toBeHex,
} from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { type Address, deploymentsOf, tokenOf } from "../../bot/config/chains/chain.ts";
import { isRefusal } from "../../bot/domain/quote.ts";
import { type BalancerPool, type BalancerState, balancer } from "../../bot/venues/balancer.ts";
import type { Call, Venue } from "../../bot/venues/venue.ts";
import { BALANCER_AUTHORIZER } from "../../localnet/balancer.ts";
import type { Connection } from "../support/arbitrum.ts";
import {
  composable,
  createPool,
  type FreshPool,
  metaStable2021,
  stable2021,
  vaultAddress,
  weighted,
  weighted2021,
} from "../support/balancer.ts";
import { erc20 } from "../support/erc20.ts";
import { setTokenBalance } from "../support/fund.ts";
import type { Random } from "../support/random.ts";
import { readerAt } from "../support/reader.ts";
import type { FuzzVariant, Ground, StorageWrite } from "./variant.ts";

type PoolNumbers = {
  /** An index of the variant's pools. */
  readonly pool: bigint;
  /** In units, without the pool's own token. */
  readonly balances: readonly bigint[];
  readonly fee: bigint;
  readonly amplification: bigint;
  /** How far the amplification is on its way to twice of it, in a ramp of 1000 seconds; 0 for no ramp. */
  readonly ramp: bigint;
  /** Of the tokens that have a rate provider, with 18 decimals. */
  readonly rates: readonly bigint[];
  /** Whether the pool's cache of the rates has expired, so that the next swap renews it. */
  readonly expired: bigint;
  readonly tokenIn: bigint;
  /** Of the other tokens. */
  readonly tokenOut: bigint;
  readonly amountIn: bigint;
};

const ONE = 10n ** 18n;
const percent = ONE / 100n;
const maxBalance = 2n ** 112n - 1n;

/** Ten thousand dollars of each token, about. */
const opening: Readonly<Record<string, bigint>> = {
  WETH: 4n * ONE,
  WBTC: 20_000_000n,
  ARB: 12_000n * ONE,
  DAI: 10_000n * ONE,
  USDC: 10_000n * 10n ** 6n,
  "USDC.e": 10_000n * 10n ** 6n,
  USDT: 10_000n * 10n ** 6n,
};

type Build = Pick<FreshPool, "creation" | "args">;

function plan(build: Build, symbols: readonly string[], rates: Readonly<Record<string, bigint>> = {}): FreshPool {
  return { name: symbols.join("/"), symbols, amounts: symbols.map((symbol) => opening[symbol] ?? 0n), rates, ...build };
}

/** Equal, integer and odd ratios of weights, and the largest that there is. */
function weightedPlans(build: (weights: readonly bigint[]) => Build): readonly FreshPool[] {
  return [
    plan(build([50n * percent, 50n * percent]), ["WETH", "USDC"]),
    plan(build([80n * percent, 20n * percent]), ["WETH", "ARB"]),
    plan(build([ONE / 3n, ONE - ONE / 3n]), ["WBTC", "DAI"]),
    plan(build([percent, 99n * percent]), ["USDC", "USDT"]),
    plan(build([40n * percent, 40n * percent, 20n * percent]), ["WBTC", "WETH", "USDC.e"]),
    plan(build([10n * percent, 20n * percent, 30n * percent, 40n * percent]), ["WBTC", "WETH", "USDC", "DAI"]),
  ];
}

const pair = { ARB: ONE };
const usdcAndDai = { USDC: ONE, DAI: ONE };

const kinds: readonly { readonly name: string; readonly plans: readonly FreshPool[] }[] = [
  { name: "balancer/weighted2021", plans: weightedPlans(weighted2021) },
  {
    name: "balancer/weighted2023",
    plans: [
      ...weightedPlans((weights) => weighted(2023, weights)),
      plan(weighted(2022, [ONE / 2n, ONE / 2n]), ["WETH", "USDC"]),
    ],
  },
  {
    name: "balancer/stable2021",
    plans: [plan(stable2021(100n), ["USDC", "DAI"]), plan(stable2021(100n), ["USDC", "USDT", "DAI"])],
  },
  { name: "balancer/metaStable2021", plans: [plan(metaStable2021(100n), ["WETH", "ARB"], pair)] },
  { name: "balancer/phantom2021", plans: [plan(composable(2021, 100n), ["USDC", "USDT", "DAI"], usdcAndDai)] },
  ...([2022, 2023] as const).map((year) => ({
    name: `balancer/composable${year}`,
    plans: [
      plan(composable(year, 100n), ["WETH", "ARB"], pair),
      plan(composable(year, 100n), ["USDC", "USDT", "DAI", "USDC.e"], usdcAndDai),
    ],
  })),
];

export const fuzzVariants: readonly FuzzVariant[] = kinds.map(
  ({ name, plans }): FuzzVariant<PoolNumbers> => ({
    name,
    // The fuzzer's swaps ask for one unit at least.
    reasons: { "BAL#507": ["zero-output"] },
    async prepare(ground) {
      const stages = await stagesOf(ground, plans);
      const now = BigInt(await ground.connection.networkHelpers.time.latest());
      return { draw: (random) => draw(stages, random), arrange: (numbers) => arrange(ground, stages, numbers, now) };
    },
  }),
);

/** A pool, with where everything is that a case changes. */
interface Stage {
  readonly pool: BalancerPool;
  /** The tokens that are traded: all but the pool's own. */
  readonly tokens: readonly Address[];
  readonly units: readonly bigint[];
  /** Returns the writes that give the vault's record of the pool these balances, in the order of `tokens`. */
  readonly balanceWrites: (balances: readonly bigint[]) => readonly StorageWrite[];
  readonly amplificationSlot: bigint | undefined;
  readonly rates: readonly RateStage[];
}

interface RateStage {
  readonly token: Address;
  readonly provider: Address;
  readonly update: Call;
  /** Makes the pool's cache of the rate expired. */
  readonly expire: StorageWrite;
}

const setFee = FunctionFragment.from("setSwapFeePercentage(uint256 swapFeePercentage)");
const poolAbi = new Interface([setFee]);

async function stagesOf(ground: Ground, plans: readonly FreshPool[]): Promise<readonly Stage[]> {
  const { connection, trader } = ground;
  const [admin, , , owner] = await connection.ethers.getSigners();
  const [deployment] = deploymentsOf(arbitrum, "balancer");
  if (admin === undefined || owner === undefined || deployment === undefined) {
    throw new Error("The localnet has no accounts or no Balancer.");
  }
  const authorizer = new Contract(BALANCER_AUTHORIZER, ["function grantRole(bytes32 role, address account)"], admin);
  for (const { address } of arbitrum.tokens) {
    await setTokenBalance(connection, address, owner.address, 2n ** 100n);
    await erc20(address, owner).approve(vaultAddress, 2n ** 255n);
  }
  const stages: Stage[] = [];
  for (const fresh of plans) {
    // The trader sets the fee: as the owner of the pool, or where that is not enough with the role for it.
    const args: FreshPool["args"] = (tokens, rateProviders) => fresh.args(tokens, rateProviders, trader);
    const { id, contract, rateProviders } = await createPool(connection, owner, { ...fresh, args });
    const role: string = await contract.getFunction("getActionId")(setFee.selector);
    await authorizer.getFunction("grantRole")(role, trader);
    const [pool] = await balancer.discover({ ...deployment, poolIds: [id] }, arbitrum.tokens, readerAt(connection));
    if (pool === undefined) throw new Error(`The venue does not know ${fresh.name}.`);
    const tokens = pool.registered.map(({ address }) => address).filter((token) => token !== pool.address);
    const rates = Object.entries(rateProviders).map(([symbol, provider]) => ({
      symbol,
      provider: String(provider.target),
    }));
    stages.push({
      pool,
      tokens,
      units: tokens.map(
        (token) => 10n ** BigInt(arbitrum.tokens.find(({ address }) => address === token)?.decimals ?? 0),
      ),
      balanceWrites: await findBalances(connection, pool, tokens),
      amplificationSlot: pool.formula.kind === "stable" ? await findAmplification(connection, pool) : undefined,
      rates: await Promise.all(
        rates.map(({ symbol, provider }) =>
          rateStageOf(ground, pool.address, tokenOf(arbitrum, symbol).address, provider),
        ),
      ),
    });
  }
  return stages;
}

function draw(stages: readonly Stage[], random: Random): PoolNumbers {
  const index = random.bigint(0n, BigInt(stages.length) - 1n);
  const { units, rates, pool } = at(stages, Number(index));
  const whole = 10n ** random.bigint(0n, 9n);
  const [even, uneven, any] = [
    (unit: bigint) => (random.bigint(8_000n, 12_000n) * whole * unit) / 10_000n,
    (unit: bigint) => (random.bigint(1n, 10_000n) * whole * unit) / 1_000n,
    () => random.bigint(1n, 10n ** random.bigint(1n, 33n)),
  ];
  const size = random.pick(
    pool.formula.kind === "weighted" ? [even, uneven, any] : [even, even, even, uneven, uneven, any],
  );
  const balances = units.map((unit) => clamp(size(unit), 1n, maxBalance));
  const tokenIn = random.bigint(0n, BigInt(units.length) - 1n);
  const balanceIn = at(balances, Number(tokenIn));
  const most = random.pick([10n ** 12n, balanceIn / 1_000n, balanceIn / 4n, balanceIn, maxBalance]);
  return {
    pool: index,
    balances,
    fee: random.pick([random.bigint(10n ** 12n, percent), 10n ** 15n, random.bigint(10n ** 12n, 10n * percent)]),
    amplification: random.bigint(1_000n, random.pick([10_000n, 1_000_000n, 5_000_000n])),
    ramp: random.pick([0n, 0n, 0n, random.bigint(1n, 999n)]),
    rates: rates.map(() => random.pick([ONE, random.bigint(ONE, 2n * ONE), random.bigint(ONE / 10n, 10n * ONE)])),
    expired: random.pick([0n, 0n, 1n]),
    tokenIn,
    tokenOut: random.bigint(0n, BigInt(units.length) - 2n),
    amountIn: random.bigint(0n, random.pick([most, most, most, 1_000n])),
  };
}

function arrange({ balanceOf }: Ground, stages: readonly Stage[], numbers: PoolNumbers, now: bigint) {
  const [deployment] = deploymentsOf(arbitrum, "balancer");
  const stage = stages[Number(numbers.pool)];
  if (stage === undefined || deployment === undefined) return undefined;
  const { pool, tokens, balanceWrites, amplificationSlot, rates } = stage;
  const tokenIn = tokens[Number(numbers.tokenIn)];
  const tokenOut = tokens.filter((token) => token !== tokenIn)[Number(numbers.tokenOut)];
  const isCase =
    numbers.balances.length === tokens.length &&
    numbers.rates.length === rates.length &&
    numbers.rates.every((rate) => rate > 0n) &&
    numbers.fee >= 10n ** 12n &&
    numbers.amplification >= 1_000n;
  if (tokenIn === undefined || tokenOut === undefined || !isCase) return undefined;
  const isExpired = numbers.expired !== 0n;
  return {
    venue: balancer as unknown as Venue,
    deployment,
    pool,
    swap: { tokenIn, tokenOut, amountIn: numbers.amountIn },
    storage: [
      ...balanceWrites(numbers.balances),
      ...tokens.map((token) => balanceOf(token, vaultAddress, 2n ** 128n)),
      ...(amplificationSlot === undefined
        ? []
        : [{ address: pool.address, slot: amplificationSlot, value: amplificationWord(numbers, now) }]),
      ...rates.map(({ provider }, index) => ({ address: provider, slot: 0n, value: at(numbers.rates, index) })),
      ...(isExpired ? rates.map(({ expire }) => expire) : []),
    ],
    steps: [
      { target: pool.address, data: poolAbi.encodeFunctionData(setFee, [numbers.fee]) },
      ...(isExpired ? [] : rates.map(({ update }) => update)),
    ],
    estimateSlack: slackOf(stage, numbers, tokenIn, tokenOut),
  };
}

/** The word in which a pool keeps its amplification: where it starts, where it ends, and when. */
function amplificationWord({ amplification, ramp }: PoolNumbers, now: bigint): bigint {
  const [end, startTime] = ramp === 0n ? [amplification, now - 1_000n] : [2n * amplification, now - ramp];
  return [amplification, end, startTime, startTime + 1_000n].reduce(
    (word, field, index) => word | (field << BigInt(64 * index)),
    0n,
  );
}

/**
 * Two units of either token, and what the pool's own rounding moves: a power's error of 1e-14 of the balance, or a
 * stable pool's division of its amplification by 1000, times what its curve makes of it.
 */
function slackOf({ pool, tokens, rates }: Stage, numbers: PoolNumbers, tokenIn: Address, tokenOut: Address): number {
  const scalingFactors = pool.registered.map(({ address, scalingFactor, rate }) => {
    const isOld = rate?.renewsLate && numbers.expired !== 0n;
    const index = rates.findIndex(({ token }) => token === address);
    return isOld || index < 0 ? scalingFactor : (scalingFactor * at(numbers.rates, index)) / ONE;
  });
  const state: BalancerState = {
    balances: pool.registered.map(({ address }) => numbers.balances[tokens.indexOf(address)] ?? ONE),
    scalingFactors,
    swapFeePercentage: numbers.fee,
    amplification: numbers.amplification,
    paused: false,
  };
  const curve = balancer.curve(pool, state, tokenIn, tokenOut);
  // A pool that only a ramp lets converge is too odd for an estimate.
  if (isRefusal(curve)) return Number.POSITIVE_INFINITY;
  const units = 2 * (1 + curve.rate);
  const balanceOut = Number(numbers.balances[tokens.indexOf(tokenOut)]);
  if (pool.formula.kind === "weighted") return units + 2e-14 * balanceOut;
  // Beside dust the divisions move the price itself: less than a millionth of a token, or a million millionth of another.
  const scaled = tokens.map((token, index) => {
    const factor = scalingFactors[pool.registered.findIndex(({ address }) => address === token)] ?? ONE;
    return Number((at(numbers.balances, index) * factor) / ONE);
  });
  const isDust = Math.min(...scaled) < Math.max(1e12, Math.max(...scaled) / 1e12);
  const factor = pool.registered.find(({ address }) => address === tokenOut)?.scalingFactor ?? ONE;
  return isDust ? Number.POSITIVE_INFINITY : units + 10_000 / (Number(factor) / 1e18);
}

const coder = AbiCoder.defaultAbiCoder();
const specializations = { general: 0n, minimalSwapInfo: 1n, twoToken: 2n } as const;
const cashMask = maxBalance;

/** Finds where the vault keeps the balances of a pool, by its specialization. */
async function findBalances(
  connection: Connection,
  { id, registered, vault }: BalancerPool,
  tokens: readonly Address[],
): Promise<Stage["balanceWrites"]> {
  const specialization = BigInt(dataSlice(id, 20, 22));
  const inMapping = (type: string, key: unknown, slot: bigint) =>
    BigInt(keccak256(coder.encode([type, "uint256"], [key, slot])));
  const slotsFrom = (base: bigint): readonly bigint[] => {
    const ofPool = inMapping("bytes32", id, base);
    switch (specialization) {
      case specializations.twoToken: {
        const hash = solidityPackedKeccak256(["address", "address"], [...tokens]);
        return [inMapping("bytes32", hash, ofPool + 2n)];
      }
      case specializations.minimalSwapInfo:
        return tokens.map((token) => inMapping("address", token, ofPool));
      default:
        // An enumerable map: its length, and then its entries by number, each a token and a balance.
        return tokens.map((token) => {
          const position = registered.findIndex(({ address }) => address === token);
          return inMapping("uint256", position, ofPool + 1n) + 1n;
        });
    }
  };
  for (let base = 0n; base < 20n; base++) {
    const slots = slotsFrom(base);
    const words = await Promise.all(slots.map((slot) => wordAt(connection, vault, slot)));
    if (words.some((word) => (word & cashMask) === 0n)) continue;
    // The block of the last change is in the highest 32 bits.
    const block = (at(words, 0) >> 224n) << 224n;
    return (balances) => {
      const isShared = specialization === specializations.twoToken;
      const cash = isShared ? [at(balances, 0) | (at(balances, 1) << 112n)] : balances;
      return cash.map((value, index) => ({ address: vault, slot: at(slots, index), value: block | value }));
    };
  }
  throw new Error(`The balances of ${id} are in none of the vault's first slots.`);
}

async function findAmplification(connection: Connection, { address }: BalancerPool): Promise<bigint> {
  for (let slot = 0n; slot < 60n; slot++) {
    const word = await wordAt(connection, address, slot);
    const [start, end] = [word & (2n ** 64n - 1n), (word >> 64n) & (2n ** 64n - 1n)];
    if (start === 100_000n && end === start) return slot;
  }
  throw new Error(`The amplification of ${address} is in none of its first slots.`);
}

const cacheAbi = new Interface([
  "function getTokenRateCache(address token) view",
  "function getPriceRateCache(address token) view",
  "function updateTokenRateCache(address token)",
  "function updatePriceRateCache(address token)",
]);

/** Finds where a pool keeps the time at which its cache of a token's rate expires. */
async function rateStageOf(
  { connection, readerAfter }: Ground,
  pool: Address,
  token: Address,
  provider: Address,
): Promise<RateStage> {
  // A generation keeps its caches by the token, another by the token's number.
  const keys = [BigInt(token), 0n, 1n, 2n, 3n, 4n];
  for (const kind of ["Token", "Price"] as const) {
    const get = { target: pool, data: cacheAbi.encodeFunctionData(`get${kind}RateCache`, [token]) };
    const expiryAfter = async (storage: readonly StorageWrite[]) => {
      const [cache] = await readerAfter(storage).read([get]);
      return cache?.success && cache.data !== "0x" ? BigInt(dataSlice(cache.data, -32)) : undefined;
    };
    const expires = await expiryAfter([]);
    if (expires === undefined) continue;
    const update = { target: pool, data: cacheAbi.encodeFunctionData(`update${kind}RateCache`, [token]) };
    for (let base = 0n; base < 60n; base++) {
      const mapped = keys.map((key) => BigInt(keccak256(coder.encode(["uint256", "uint256"], [key, base]))));
      for (const slot of [base, ...mapped]) {
        const word = await wordAt(connection, pool, slot);
        for (let shift = 0n; shift < 256n; shift += 32n) {
          if (((word >> shift) & 0xffffffffn) !== expires) continue;
          const expire = { address: pool, slot, value: word - ((expires - 1n) << shift) };
          // Two tokens' caches expire at the same time.
          if ((await expiryAfter([expire])) === 1n) return { token, provider, update, expire };
        }
      }
    }
  }
  throw new Error(`The rate cache of ${token} in ${pool} is in none of its first slots.`);
}

async function wordAt({ ethers }: Connection, address: Address, slot: bigint): Promise<bigint> {
  return BigInt(await ethers.provider.getStorage(address, toBeHex(slot, 32)));
}

function clamp(value: bigint, min: bigint, max: bigint): bigint {
  if (value < min) return min;
  return value > max ? max : value;
}

function at<T>(list: readonly T[], index: number): T {
  const element = list[index];
  if (element === undefined) throw new RangeError(`No element ${index}.`);
  return element;
}
