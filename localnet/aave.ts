import { type Contract, encodeBytes32String, parseUnits, ZeroAddress } from "ethers";
import { arbitrum } from "../bot/config/chains/arbitrum.ts";
import type { Address } from "../bot/config/chains/chain.ts";
import { type Creation, contractAt, deploy, deployAt, type Localnet, publishedCreation } from "./localnet.ts";
import { tokens, unitsWorth } from "./market.ts";
import { approveMax, mint } from "./tokens.ts";

/** @aave-dao/aave-address-book 4.68.1 src/AaveV3Arbitrum.sol */
const addressesProvider = "0xa97684ead0e402dC232d5A977953DF7ECBaB3CDb";

/** What the borrower of a flash loan pays, and the part of it that Aave keeps: @aave/deploy-v3 markets/aave/commons. */
const flashLoanPremiumBps = { total: 5n, toProtocol: 4n };

const liquidityUsd = 5_000_000n;

/**
 * Puts Aave V3 at its address, every token of the chain file listed with liquidity and flash loans.
 *
 * The pool stands behind its proxy, which its addresses provider upgrades; the addresses of the other parts are
 * arbitrary. Nothing can be borrowed against collateral: no reserve has a loan-to-value ratio, and there is no price
 * oracle.
 */
export async function deployAave(localnet: Localnet): Promise<void> {
  const { owner } = localnet;
  const libraries = await deployLibraries(localnet);
  const provider = await deployAt(localnet, addressesProvider, published("configuration", "PoolAddressesProvider"), [
    "Arbitrum Market",
    owner.address,
  ]);
  await provider.getFunction("setACLAdmin")(owner);
  const aclManager = await deploy(localnet, published("configuration", "ACLManager"), [addressesProvider]);
  await provider.getFunction("setACLManager")(aclManager);
  await aclManager.getFunction("addPoolAdmin")(owner);

  const poolCreation = published("pool", "Pool", libraries);
  const proxy = published("libraries/aave-upgradeability", "InitializableImmutableAdminUpgradeabilityProxy");
  await deployAt(localnet, arbitrum.lenders.aaveV3, proxy, [addressesProvider]);
  // The provider finds the proxy under this id, and so upgrades it instead of creating another.
  await provider.getFunction("setAddress")(encodeBytes32String("POOL"), arbitrum.lenders.aaveV3);
  await provider.getFunction("setPoolImpl")(await deploy(localnet, poolCreation, [addressesProvider]));

  const configuratorCreation = published("pool", "PoolConfigurator", libraries);
  await provider.getFunction("setPoolConfiguratorImpl")(await deploy(localnet, configuratorCreation));
  const configuratorAddress: Address = await provider.getFunction("getPoolConfigurator")();
  const configurator = contractAt(localnet, configuratorAddress, configuratorCreation.abi);
  await configurator.getFunction("updateFlashloanPremiumTotal")(flashLoanPremiumBps.total);
  await configurator.getFunction("updateFlashloanPremiumToProtocol")(flashLoanPremiumBps.toProtocol);
  await listTokens(localnet, configurator);

  const pool = contractAt(localnet, arbitrum.lenders.aaveV3, poolCreation.abi);
  for (const token of tokens) {
    const amount = unitsWorth(token, liquidityUsd);
    await configurator.getFunction("setReserveFlashLoaning")(token.address, true);
    await mint(localnet, token, owner.address, amount);
    await approveMax(localnet, token, arbitrum.lenders.aaveV3);
    await pool.getFunction("supply")(token.address, amount, owner, 0n);
  }
}

function published(folder: string, name: string, libraries: Readonly<Record<string, Address>> = {}): Creation {
  return publishedCreation(`@aave/core-v3/artifacts/contracts/protocol/${folder}/${name}.sol/${name}.json`, libraries);
}

/** Deploys the libraries that the pool and its configurator are linked with, in the order in which they use each other. */
async function deployLibraries(localnet: Localnet): Promise<Readonly<Record<string, Address>>> {
  const libraries: Record<string, Address> = {};
  for (const name of [
    "BorrowLogic",
    "BridgeLogic",
    "ConfiguratorLogic",
    "EModeLogic",
    "FlashLoanLogic",
    "LiquidationLogic",
    "PoolLogic",
    "SupplyLogic",
  ]) {
    const library = await deploy(localnet, published("libraries/logic", name, libraries));
    libraries[name] = await library.getAddress();
  }
  return libraries;
}

/** Lists every token of the chain file, all with one interest rate strategy: nobody pays interest here. */
async function listTokens(localnet: Localnet, configurator: Contract): Promise<void> {
  const { owner } = localnet;
  const pool = arbitrum.lenders.aaveV3;
  const [aToken, stableDebtToken, variableDebtToken] = [
    await deploy(localnet, published("tokenization", "AToken"), [pool]),
    await deploy(localnet, published("tokenization", "StableDebtToken"), [pool]),
    await deploy(localnet, published("tokenization", "VariableDebtToken"), [pool]),
  ];
  const ray = (percent: string) => parseUnits(percent, 25);
  const strategy = await deploy(localnet, published("pool", "DefaultReserveInterestRateStrategy"), [
    addressesProvider,
    ray("80"),
    ray("0"),
    ray("4"),
    ray("75"),
    ray("0.5"),
    ray("75"),
    ray("1"),
    ray("8"),
    ray("20"),
  ]);
  const reserves = tokens.map(({ symbol, address, decimals }) => ({
    aTokenImpl: aToken,
    stableDebtTokenImpl: stableDebtToken,
    variableDebtTokenImpl: variableDebtToken,
    underlyingAssetDecimals: decimals,
    interestRateStrategyAddress: strategy,
    underlyingAsset: address,
    treasury: owner,
    incentivesController: ZeroAddress,
    aTokenName: `Aave Arbitrum ${symbol}`,
    aTokenSymbol: `aArb${symbol}`,
    variableDebtTokenName: `Aave Arbitrum Variable Debt ${symbol}`,
    variableDebtTokenSymbol: `variableDebtArb${symbol}`,
    stableDebtTokenName: `Aave Arbitrum Stable Debt ${symbol}`,
    stableDebtTokenSymbol: `stableDebtArb${symbol}`,
    params: "0x",
  }));
  await configurator.getFunction("initReserves")(reserves);
}
