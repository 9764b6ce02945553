import { network } from "hardhat";
import { deployAave } from "./aave.ts";
import { deployAlgebra } from "./algebra.ts";
import { deployBalancer } from "./balancer.ts";
import { deployBalancerV3 } from "./balancerV3.ts";
import { deployCamelot } from "./camelot.ts";
import { deployChainlink } from "./chainlink.ts";
import { deployDodo } from "./dodo.ts";
import { holdBaseFee, type Localnet } from "./localnet.ts";
import { deployMorpho } from "./morpho.ts";
import { deployMulticall } from "./multicall.ts";
import { deployPrecompiles } from "./precompiles.ts";
import { deploySolidly } from "./solidly.ts";
import { deployTokens } from "./tokens.ts";
import { deployUniswapV2 } from "./uniswapV2.ts";
import { deployUniswapV3 } from "./uniswapV3.ts";
import { deployWoofi } from "./woofi.ts";

/** Creates Arbitrum One in this process: every protocol of the chain file at its address, with liquidity. */
export async function createArbitrum(): Promise<Localnet> {
  return buildArbitrum(await network.create(localnetNetwork));
}

/** The network of hardhat.config.ts that the localnet is built on. */
export const localnetNetwork = { network: "localnet" } as const;

/** Builds Arbitrum One on an empty chain. */
export async function buildArbitrum(connection: Localnet["connection"]): Promise<Localnet> {
  const [owner] = await connection.ethers.getSigners();
  if (owner === undefined) throw new Error("The network `localnet` of hardhat.config.ts has no accounts.");
  const localnet: Localnet = { connection, owner };
  await deployTokens(localnet);
  await deployPrecompiles(localnet);
  await deployMulticall(localnet);
  await deployChainlink(localnet);
  await deployAlgebra(localnet);
  await deployUniswapV3(localnet);
  await deploySolidly(localnet);
  await deployCamelot(localnet);
  await deployBalancer(localnet);
  await deployAave(localnet);
  await deployMorpho(localnet);
  await deployBalancerV3(localnet);
  await deployUniswapV2(localnet);
  await deployDodo(localnet);
  await deployWoofi(localnet);
  await holdBaseFee(connection);
  await catchUp(connection);
  return localnet;
}

/** Mines a block of now: the chain's clock stands still while it is built, and a late one looks like a lagging RPC. */
async function catchUp({ networkHelpers }: Localnet["connection"]): Promise<void> {
  const now = Math.floor(Date.now() / 1_000);
  if ((await networkHelpers.time.latest()) < now) await networkHelpers.time.increaseTo(now);
  else await networkHelpers.mine();
}
