import { network } from "hardhat";
import { deployAave } from "./aave.ts";
import { deployAlgebra } from "./algebra.ts";
import { deployBalancer } from "./balancer.ts";
import { deployChainlink } from "./chainlink.ts";
import { deployDodo } from "./dodo.ts";
import type { Localnet } from "./localnet.ts";
import { deployMorpho } from "./morpho.ts";
import { deployMulticall } from "./multicall.ts";
import { deployPrecompiles } from "./precompiles.ts";
import { deploySolidly } from "./solidly.ts";
import { deploySushi } from "./sushi.ts";
import { deployTokens } from "./tokens.ts";
import { deployWoofi } from "./woofi.ts";

/** Creates Arbitrum One in this process: every protocol of the chain file at its address, with liquidity. */
export async function createArbitrum(): Promise<Localnet> {
  const connection = await network.create({ network: "localnet" });
  const [owner] = await connection.ethers.getSigners();
  if (owner === undefined) throw new Error("The network `localnet` of hardhat.config.ts has no accounts.");
  const localnet: Localnet = { connection, owner };
  await deployTokens(localnet);
  await deployPrecompiles(localnet);
  await deployMulticall(localnet);
  await deployChainlink(localnet);
  await deployAlgebra(localnet);
  await deploySolidly(localnet);
  await deployBalancer(localnet);
  await deployAave(localnet);
  await deployMorpho(localnet);
  await deploySushi(localnet);
  await deployDodo(localnet);
  await deployWoofi(localnet);
  return localnet;
}
