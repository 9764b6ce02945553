import { arbitrum } from "../bot/config/chains/arbitrum.ts";
import { type Address, deploymentsOf } from "../bot/config/chains/chain.ts";
import { addStartPositions, type OpenedPool, sorted, startSqrtPriceX96 } from "./concentrated.ts";
import { type Creation, contractAt, creationOf, deployAt, type Localnet, publishedCreation } from "./localnet.ts";
import { token } from "./market.ts";

/**
 * The pools of each exchange, with their fees in millionths. SushiSwap V3 is Uniswap's own code. Ramses CL's is not
 * published and runs Uniswap's here: pools at other addresses, no fee that moves, no gauges, and the callback
 * `uniswapV3SwapCallback`.
 */
const pools: Readonly<Record<string, readonly (readonly [string, string, number])[]>> = {
  "Uniswap V3": [
    ["WETH", "USDC", 500],
    ["WETH", "USDC.e", 500],
    ["ARB", "WETH", 3_000],
    ["WBTC", "WETH", 500],
    ["USDC", "USDC.e", 100],
  ],
  "SushiSwap V3": [["WETH", "USDT", 500]],
  "PancakeSwap V3": [
    ["WETH", "USDC", 100],
    ["ARB", "WETH", 2_500],
    ["USDC", "USDT", 100],
  ],
  "Ramses CL": [["WETH", "USDC", 500]],
};

const uniswapCore = "@uniswap/v3-core/artifacts/contracts";
const pancakeCore = "@pancakeswap/v3-core/artifacts/contracts";

/** An account of the localnet's own, whose code is the init code of PancakeSwap's pool. */
const pancakePoolInitCode: Address = "0x0000000000000000000000000000000000F00101";

const factoryAbi = [
  "function createPool(address tokenA, address tokenB, uint24 fee) returns (address)",
  "function getPool(address tokenA, address tokenB, uint24 fee) view returns (address)",
  "function feeAmountTickSpacing(uint24 fee) view returns (int24)",
  "function enableFeeAmount(uint24 fee, int24 tickSpacing)",
];
const poolAbi = ["function initialize(uint160 sqrtPriceX96)"];

/** Puts Uniswap V3 and what descends from it at their addresses, with pools at the start price and liquidity in them. */
export async function deployUniswapV3(localnet: Localnet): Promise<void> {
  const uniswapFactory = publishedCreation(`${uniswapCore}/UniswapV3Factory.sol/UniswapV3Factory.json`);
  const opened: OpenedPool[] = [];
  for (const { name, factory, poolDeployer } of deploymentsOf(arbitrum, "uniswapV3")) {
    if (poolDeployer === undefined) await deployFactory(localnet, factory, uniswapFactory);
    else await deployPancakeFactory(localnet, factory, poolDeployer);
    for (const [a, b, fee] of pools[name] ?? []) opened.push(await openPool(localnet, factory, [a, b], fee));
  }
  await addStartPositions(localnet, "addToUniswapV3", opened);
}

/** Deploys Uniswap's factory, and enables the fee of 0.01 % that its owner has enabled since. */
async function deployFactory(localnet: Localnet, factory: Address, creation: Creation): Promise<void> {
  await deployAt(localnet, factory, creation);
  await contractAt(localnet, factory, factoryAbi).getFunction("enableFeeAmount")(100, 1);
}

async function deployPancakeFactory(localnet: Localnet, factory: Address, poolDeployer: Address): Promise<void> {
  const { bytecode } = publishedCreation(`${pancakeCore}/PancakeV3Pool.sol/PancakeV3Pool.json`);
  const { provider } = localnet.connection;
  await provider.request({ method: "hardhat_setCode", params: [pancakePoolInitCode, bytecode] });
  const twin = await creationOf("PancakePoolDeployer");
  const deployer = await deployAt(localnet, poolDeployer, twin, [pancakePoolInitCode]);
  const published = publishedCreation(`${pancakeCore}/PancakeV3Factory.sol/PancakeV3Factory.json`);
  await deployAt(localnet, factory, published, [poolDeployer]);
  await deployer.getFunction("setFactoryAddress")(factory);
}

/** Creates a pool and starts it at the start price. */
async function openPool(
  localnet: Localnet,
  factory: Address,
  [a, b]: readonly [string, string],
  fee: number,
): Promise<OpenedPool> {
  const tokens = sorted(token(a), token(b));
  const contract = contractAt(localnet, factory, factoryAbi);
  const args = [tokens[0].address, tokens[1].address, fee];
  await contract.getFunction("createPool")(...args);
  const pool: Address = await contract.getFunction("getPool")(...args);
  const tickSpacing = Number(await contract.getFunction("feeAmountTickSpacing")(fee));
  const price = startSqrtPriceX96(...tokens);
  await contractAt(localnet, pool, poolAbi).getFunction("initialize")(price);
  return { pool, tokens, price, tickSpacing };
}
