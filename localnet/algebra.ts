import { arbitrum } from "../bot/config/chains/arbitrum.ts";
import { type Address, type AlgebraDeployment, deploymentsOf, type Token } from "../bot/config/chains/chain.ts";
import {
  amount0Up,
  amount1Up,
  mulDivDown,
  sqrtDown,
  sqrtPriceAtTick,
  tickAtSqrtPrice,
} from "../bot/venues/concentratedLiquidity.ts";
import { contractAt, creationOf, deployAt, type Localnet, publishedCreation } from "./localnet.ts";
import { startPriceE8, token, unitsWorth } from "./market.ts";
import { mint } from "./tokens.ts";

/** One exchange: its name in the chain file, the packages of its build, and its pools. */
interface Exchange {
  readonly name: string;
  readonly core: string;
  readonly periphery: string;
  readonly pairs: readonly (readonly [string, string])[];
}

const zyberswap: Exchange = {
  name: "Zyberswap V3",
  core: "@cryptoalgebra/v1-core",
  periphery: "@cryptoalgebra/v1-periphery",
  pairs: [
    ["WETH", "USDC.e"],
    ["USDC", "USDC.e"],
    ["WBTC", "USDC.e"],
    ["ARB", "WETH"],
    ["USDC.e", "USDT"],
  ],
};

/** No package ships Camelot's own build, with its fee for each direction: this is the next generation of Algebra. */
const camelot: Exchange = {
  name: "Camelot V3",
  core: "@cryptoalgebra/core",
  periphery: "@cryptoalgebra/periphery",
  pairs: [
    ["WETH", "USDC"],
    ["WETH", "USDC.e"],
    ["ARB", "WETH"],
    ["WBTC", "WETH"],
    ["USDC", "USDT"],
  ],
};

/** Liquidity between two ticks, both multiples of the pool's tick spacing. */
export interface Position {
  readonly bottomTick: number;
  readonly topTick: number;
  readonly liquidity: bigint;
}

/** Both generations begin with a tick spacing of 60. */
const tickSpacing = 60;

/**
 * The positions of every pool: ticks below and above the start price, and what each side is worth in USD at most. A
 * trade of $5k moves the price by about 0.2 %, one of $50k by about 2 %, and crosses ticks on its way.
 */
const ranges: readonly { readonly below: number; readonly above: number; readonly usd: bigint }[] = [
  { below: 887_220, above: 887_220, usd: 1_000_000n },
  { below: 1_800, above: 1_860, usd: 150_000n },
  { below: 600, above: 540, usd: 60_000n },
  { below: 240, above: 120, usd: 8_000n },
  { below: 60, above: 180, usd: 5_000n },
];

// An estimate would run every transaction twice.
const gasLimit = 30_000_000n;

const poolAbi = ["function initialize(uint160 price)"];

/** Puts Zyberswap V3 and Camelot V3 at their addresses, with pools at the start price and liquidity in them. */
export async function deployAlgebra(localnet: Localnet): Promise<void> {
  const { target } = await (
    await localnet.connection.ethers.getContractFactory("AlgebraLiquidity", localnet.owner)
  ).deploy();
  const liquidity = String(target);
  const opened: { readonly pool: Address; readonly positions: readonly Position[] }[] = [];
  const owed = new Map<Token, bigint>();
  const owe = (t: Token, amount: bigint) => owed.set(t, (owed.get(t) ?? 0n) + amount);
  for (const exchange of [zyberswap, camelot]) {
    const factory = await deployExchange(localnet, exchange);
    for (const [a, b] of exchange.pairs) {
      const tokens = sorted(token(a), token(b));
      const price = startSqrtPriceX96(...tokens);
      const pool = await openPool(localnet, factory, tokens, price);
      const positions = startPositions(...tokens, price);
      opened.push({ pool, positions });
      const [amount0, amount1] = amountsOf(positions, price);
      owe(tokens[0], amount0);
      owe(tokens[1], amount1);
    }
  }
  for (const [t, amount] of owed) await mint(localnet, t, liquidity, amount);
  const payer = contractAt(localnet, liquidity, (await creationOf("AlgebraLiquidity")).abi);
  for (const { pool, positions } of opened) await payer.getFunction("add")(pool, positions, { gasLimit });
}

/** Deploys factory, pool deployer, router and quoter, and returns the factory's address. */
async function deployExchange(localnet: Localnet, exchange: Exchange): Promise<Address> {
  const { factory, poolDeployer, router, quoter } = deploymentOf(exchange.name);
  const published = (path: string, name: string) => publishedCreation(`${path}/${name}.sol/${name}.json`);
  const core = (name: string) => published(`${exchange.core}/artifacts/contracts`, name);
  const { owner } = localnet;
  if (exchange === zyberswap) {
    const deployer = await deployAt(localnet, poolDeployer, core("AlgebraPoolDeployer"));
    await deployAt(localnet, factory, core("AlgebraFactory"), [poolDeployer, owner.address]);
    await deployer.getFunction("setFactory")(factory);
  } else {
    const twin = await deployAt(localnet, factory, core("AlgebraFactory"), [poolDeployer]);
    const vault = await twin.getFunction("communityVault")();
    await deployAt(localnet, poolDeployer, core("AlgebraPoolDeployer"), [factory, vault]);
  }
  const periphery = `${exchange.periphery}/artifacts/contracts`;
  const args = [factory, arbitrum.weth, poolDeployer];
  await deployAt(localnet, router, published(periphery, "SwapRouter"), args);
  await deployAt(localnet, quoter, published(`${periphery}/lens`, "Quoter"), args);
  return factory;
}

function deploymentOf(name: string): AlgebraDeployment {
  const found = deploymentsOf(arbitrum, "algebra").find((deployment) => deployment.name === name);
  if (found === undefined) throw new Error(`No Algebra deployment ${name} in bot/config/chains/arbitrum.ts.`);
  return found;
}

/** Creates a pool, starts it at `price`, and returns its address. */
async function openPool(
  localnet: Localnet,
  factory: Address,
  [token0, token1]: readonly [Token, Token],
  price: bigint,
): Promise<Address> {
  const abi = [
    "function createPool(address tokenA, address tokenB) returns (address)",
    "function poolByPair(address tokenA, address tokenB) view returns (address)",
  ];
  const contract = contractAt(localnet, factory, abi);
  await contract.getFunction("createPool")(token0.address, token1.address, { gasLimit });
  const pool: Address = await contract.getFunction("poolByPair")(token0.address, token1.address);
  await contractAt(localnet, pool, poolAbi).getFunction("initialize")(price, { gasLimit });
  return pool;
}

function sorted(a: Token, b: Token): readonly [Token, Token] {
  return BigInt(a.address) < BigInt(b.address) ? [a, b] : [b, a];
}

/** Returns the square root price at which token0 and token1 are worth their start prices, rounded down. */
function startSqrtPriceX96(token0: Token, token1: Token): bigint {
  const numerator = startPriceE8(token0.address) * 10n ** BigInt(token1.decimals);
  const denominator = startPriceE8(token1.address) * 10n ** BigInt(token0.decimals);
  return sqrtDown((numerator << 192n) / denominator);
}

function startPositions(token0: Token, token1: Token, price: bigint): readonly Position[] {
  const center = Math.floor(tickAtSqrtPrice(price) / tickSpacing) * tickSpacing;
  return ranges.map(({ below, above, usd }) => {
    const bottomTick = Math.max(center - below, -887_220);
    const topTick = Math.min(center + above, 887_220);
    const lower = sqrtPriceAtTick(bottomTick);
    const upper = sqrtPriceAtTick(topTick);
    const by0 = mulDivDown(unitsWorth(token0, usd) * price, upper, upper - price) >> 96n;
    const by1 = (unitsWorth(token1, usd) << 96n) / (price - lower);
    return { bottomTick, topTick, liquidity: by0 < by1 ? by0 : by1 };
  });
}

/** Returns the units of both tokens that `positions` cost at `price`, which lies inside each of them. */
function amountsOf(positions: readonly Position[], price: bigint): readonly [bigint, bigint] {
  let [amount0, amount1] = [0n, 0n];
  for (const { bottomTick, topTick, liquidity } of positions) {
    amount0 += amount0Up(price, sqrtPriceAtTick(topTick), liquidity);
    amount1 += amount1Up(sqrtPriceAtTick(bottomTick), price, liquidity);
  }
  return [amount0, amount1];
}
