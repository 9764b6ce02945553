import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { deploymentsOf, type WoofiDeployment } from "../../bot/config/chains/chain.ts";
import { refreshWoofi } from "../../localnet/woofi.ts";
import {
  BridgedToken__factory,
  ChainlinkFeed__factory,
  type WooPPV2,
  WooPPV2__factory,
  type WooRouterV2,
  WooRouterV2__factory,
  type WooracleV2_2_1,
  WooracleV2_2_1__factory,
} from "../../types/index.js";
import type { Connection } from "./arbitrum.ts";

/** The contracts of one WOOFi, called by who may configure them. */
export interface Woofi {
  readonly deployment: WoofiDeployment;
  readonly router: WooRouterV2;
  readonly pool: WooPPV2;
  readonly oracle: WooracleV2_2_1;
}

/** The WOOFi of the chain under test, called by its owners, whoever they are there. */
export async function woofiOf({ ethers, networkHelpers }: Connection): Promise<Woofi> {
  const [deployment] = deploymentsOf(arbitrum, "woofi");
  if (deployment === undefined) throw new Error("The chain file lists no deployment of WOOFi.");
  const router = WooRouterV2__factory.connect(deployment.router, ethers.provider);
  const pool = WooPPV2__factory.connect(deployment.pool, ethers.provider);
  const oracle = WooracleV2_2_1__factory.connect(deployment.oracle, ethers.provider);
  async function ownerOf(contract: { owner(): Promise<string> }): Promise<HardhatEthersSigner> {
    const owner = await contract.owner();
    await networkHelpers.setBalance(owner, 10n ** 20n);
    return ethers.getImpersonatedSigner(owner);
  }
  return {
    deployment,
    router: router.connect(await ownerOf(router)),
    pool: pool.connect(await ownerOf(pool)),
    oracle: oracle.connect(await ownerOf(oracle)),
  };
}

/** Renews WOOFi's prices, on a fork as their poster: a suite runs longer than the 300 seconds for which they are fresh. */
export async function freshenWoofi(connection: Connection): Promise<void> {
  const { oracle } = await woofiOf(connection);
  await refreshWoofi({ connection, owner: await connection.ethers.getImpersonatedSigner(await oracle.owner()) });
}

/** A token of a WOOFi made for a test: its terms, and the price at which it starts, in USD with 8 decimals. */
export interface Terms {
  readonly token: string;
  readonly feedE8: bigint;
  readonly priceE8: bigint;
  readonly spread: bigint;
  readonly coeff: bigint;
  readonly feeRate: bigint;
  readonly maxGamma: bigint;
  readonly maxNotionalSwap: bigint;
}

/** Deploys new twins with feeds of their own, without reserves. */
export async function deployWoofiTwin(
  { ethers }: Connection,
  quote: { readonly token: string; readonly feedE8: bigint },
  bases: readonly Terms[],
): Promise<Woofi & { readonly feeds: ReadonlyMap<string, string> }> {
  const [owner] = await ethers.getSigners();
  if (owner === undefined) throw new Error("The chain under test has no accounts.");
  const feeds = new Map<string, string>();
  const feedFactory = new ChainlinkFeed__factory(owner);
  const transmitter = owner.address;
  async function deployFeed(token: string, priceE8: bigint): Promise<string> {
    const address = await (await feedFactory.deploy("Test / USD", 8, priceE8, 0, transmitter)).getAddress();
    feeds.set(token, address);
    return address;
  }
  const oracle = await new WooracleV2_2_1__factory(owner).deploy();
  const pool = await new WooPPV2__factory(owner).deploy(quote.token);
  const router = await new WooRouterV2__factory(owner).deploy(arbitrum.weth, pool);
  await pool.init(oracle, owner);
  await oracle.setWooPP(pool);
  await oracle.setGuardian(owner, true);
  await oracle.setQuoteToken(quote.token, await deployFeed(quote.token, quote.feedE8));
  for (const { token, feedE8, priceE8, spread, coeff, feeRate, maxGamma, maxNotionalSwap } of bases) {
    await oracle.setCLOracle(token, await deployFeed(token, feedE8), false);
    await oracle.setRange(token, priceE8 / 2n, priceE8 * 2n);
    await oracle["postState(address,uint128,uint64,uint64)"](token, priceE8, spread, coeff);
    await pool.setTokenInfo(token, feeRate, maxGamma, maxNotionalSwap);
  }
  const deployment: WoofiDeployment = {
    venue: "woofi",
    name: "WOOFi twin",
    router: await router.getAddress(),
    pool: await pool.getAddress(),
    oracle: await oracle.getAddress(),
    quoteToken: quote.token,
  };
  return { deployment, router, pool, oracle, feeds };
}

/** Deploys a token with these decimals, minted by the first account. */
export async function deployToken({ ethers }: Connection, symbol: string, decimals: number) {
  const [owner] = await ethers.getSigners();
  if (owner === undefined) throw new Error("The chain under test has no accounts.");
  return new BridgedToken__factory(owner).deploy(symbol, symbol, decimals, owner);
}
