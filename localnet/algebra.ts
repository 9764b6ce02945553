import { arbitrum } from "../bot/config/chains/arbitrum.ts";
import { type Address, type AlgebraDeployment, deploymentsOf, type Token } from "../bot/config/chains/chain.ts";
import { addStartPositions, type OpenedPool, sorted, startSqrtPriceX96 } from "./concentrated.ts";
import { contractAt, deployAt, type Localnet, publishedCreation } from "./localnet.ts";
import { token } from "./market.ts";

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

/** Both generations begin with a tick spacing of 60. */
const tickSpacing = 60;

// An estimate would run every transaction twice.
const gasLimit = 30_000_000n;

const poolAbi = ["function initialize(uint160 price)"];

/** Puts Zyberswap V3 and Camelot V3 at their addresses, with pools at the start price and liquidity in them. */
export async function deployAlgebra(localnet: Localnet): Promise<void> {
  const opened: OpenedPool[] = [];
  for (const exchange of [zyberswap, camelot]) {
    const factory = await deployExchange(localnet, exchange);
    for (const [a, b] of exchange.pairs) {
      const tokens = sorted(token(a), token(b));
      const price = startSqrtPriceX96(...tokens);
      opened.push({ pool: await openPool(localnet, factory, tokens, price), tokens, price, tickSpacing });
    }
  }
  await addStartPositions(localnet, "addToAlgebra", opened);
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
