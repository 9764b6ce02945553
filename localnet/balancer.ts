import { createRequire } from "node:module";
import { AbiCoder, type Contract, dataSlice, getAddress, MaxUint256, toBeHex, ZeroAddress } from "ethers";
import { arbitrum } from "../bot/config/chains/arbitrum.ts";
import type { Address, Token } from "../bot/config/chains/chain.ts";
import { type Creation, deployAt, type Localnet, publishedCreation } from "./localnet.ts";
import { token, tokens, unitsWorth } from "./market.ts";
import { approveMax, mint } from "./tokens.ts";

// Contracts around the vault, from balancer/balancer-deployments addresses/arbitrum.json.
export const BALANCER_AUTHORIZER = "0xA331D84eC860Bf466b4CdCcFb4aC09a1B43F3aE6";
export const BALANCER_FEES_COLLECTOR = "0xce88686553686DA562CE7Cea497CE749DA109f9F";
export const BALANCER_QUERIES = "0xE39B5e3B6D74016b2F6A9673D7d7493B6DF549d5";
export const BALANCER_FEE_PERCENTAGES = "0x5ef4c5352882b10893b70DbcaA0C000965bd23c5";

/** Where the vault keeps the number that its next pool id ends with. */
export const NEXT_POOL_NONCE_SLOT = 6n;

/** The pause window of every contract of 2021 is over on Arbitrum, so that they cannot be stopped. */
const pauseExpired = [0n, 0n] as const;
/** 90 and 30 days, the longest that these builds allow. */
const pauseOpen = [90n * 86_400n, 30n * 86_400n] as const;

const require = createRequire(import.meta.url);
const published = "@balancer-labs/v2-deployments/dist/tasks";

const vaultAddress = arbitrum.lenders.balancerV2;

const ONE = 10n ** 18n;
const third = ONE / 3n;

/** A pool at its place on Arbitrum, created from a published build and fed at the start prices. */
interface PoolPlan {
  readonly id: string;
  readonly symbols: readonly string[];
  readonly usdPerToken: bigint;
  readonly creation: () => Creation;
  readonly args: (addresses: readonly Address[], owner: Address) => readonly unknown[];
}

const plans: readonly PoolPlan[] = [
  {
    id: "0x64541216bafffeec8ea535bb71fbc927831d0595000100000000000000000002",
    symbols: ["WBTC", "WETH", "USDC.e"],
    usdPerToken: 600_000n,
    creation: () => bytecodeOf("20210418-weighted-pool", "WeightedPool"),
    args: (addresses, owner) => [
      vaultAddress,
      "Balancer 33 WETH 33 WBTC 33 USDC",
      "B-33WETH-33WBTC-33USDC",
      addresses,
      [third, third, ONE - 2n * third],
      percent(25n),
      ...pauseExpired,
      owner,
    ],
  },
  {
    id: "0x1533a3278f3f9141d5f820a184ea4b017fce2382000000000000000000000016",
    symbols: ["DAI", "USDT", "USDC.e"],
    usdPerToken: 800_000n,
    creation: () => bytecodeOf("deprecated/20210624-stable-pool", "StablePool"),
    args: (addresses, owner) => [
      vaultAddress,
      "Balancer USD Stable Pool",
      "staBAL3",
      addresses,
      200n,
      percent(4n),
      ...pauseExpired,
      owner,
    ],
  },
  {
    id: "0x423a1323c871abc9d89eb06855bf5347048fc4a5000000000000000000000496",
    symbols: ["DAI", "USDT", "USDC", "USDC.e"],
    usdPerToken: 500_000n,
    creation: () => artifactOf("20230206-composable-stable-pool-v3", "ComposableStablePool"),
    args: (addresses, owner) => [
      {
        vault: vaultAddress,
        protocolFeeProvider: BALANCER_FEE_PERCENTAGES,
        name: "Balancer Stable 4pool",
        symbol: "4POOL-BPT",
        tokens: addresses,
        rateProviders: addresses.map(() => ZeroAddress),
        tokenRateCacheDurations: addresses.map(() => 0n),
        exemptFromYieldProtocolFeeFlags: addresses.map(() => false),
        amplificationParameter: 400n,
        swapFeePercentage: percent(1n),
        pauseWindowDuration: pauseOpen[0],
        bufferPeriodDuration: pauseOpen[1],
        owner,
        version: "localnet",
      },
    ],
  },
  {
    id: "0x848a7ff84cf73d2534c3dac6ab381e177a1cff240001000000000000000004bb",
    symbols: ["WBTC", "WETH", "USDC"],
    usdPerToken: 300_000n,
    creation: () => artifactOf("20230206-weighted-pool-v3", "WeightedPool"),
    args: (addresses, owner) => [
      {
        name: "33WBTC-33WETH-33USDC",
        symbol: "33WBTC-33WETH-33USDC",
        tokens: addresses,
        normalizedWeights: [third, third, ONE - 2n * third],
        rateProviders: addresses.map(() => ZeroAddress),
        assetManagers: addresses.map(() => ZeroAddress),
        swapFeePercentage: percent(30n),
      },
      vaultAddress,
      BALANCER_FEE_PERCENTAGES,
      ...pauseOpen,
      owner,
      "localnet",
    ],
  },
];

/**
 * Puts Balancer V2 at its addresses from its published builds: the vault with its authorizer, its fee collector and its
 * queries, and every pool of the chain file under its id and with liquidity.
 */
export async function deployBalancer(localnet: Localnet): Promise<void> {
  const { owner, connection } = localnet;
  await deployAt(localnet, BALANCER_AUTHORIZER, artifactOf("20210418-authorizer", "Authorizer"), [owner.address]);
  // The vault creates its fee collector, whose address follows from the vault's nonce: 1 in a created contract.
  await connection.networkHelpers.setNonce(vaultAddress, 1);
  const vault = await deployAt(localnet, vaultAddress, artifactOf("20210418-vault", "Vault"), [
    BALANCER_AUTHORIZER,
    arbitrum.weth,
    ...pauseExpired,
  ]);
  await deployAt(localnet, BALANCER_QUERIES, artifactOf("20220721-balancer-queries", "BalancerQueries"), [
    vaultAddress,
  ]);
  // No more than 100 % of the yield and of the assets under management.
  await deployAt(
    localnet,
    BALANCER_FEE_PERCENTAGES,
    artifactOf("20220725-protocol-fee-percentages-provider", "ProtocolFeePercentagesProvider"),
    [vaultAddress, ONE, ONE],
  );
  const traded = new Set(plans.flatMap(({ symbols }) => symbols));
  for (const symbol of traded) await approveMax(localnet, token(symbol), vaultAddress);
  for (const plan of plans) await createPool(localnet, vault, plan);
}

async function createPool(localnet: Localnet, vault: Contract, plan: PoolPlan): Promise<void> {
  const { connection, owner } = localnet;
  const pool = getAddress(dataSlice(plan.id, 0, 20));
  const assets = plan.symbols.map(token).sort(byAddress);
  await connection.networkHelpers.setStorageAt(
    vaultAddress,
    toBeHex(NEXT_POOL_NONCE_SLOT),
    toBeHex(dataSlice(plan.id, 22), 32),
  );
  const addresses = assets.map(({ address }) => address);
  await deployAt(localnet, pool, plan.creation(), plan.args(addresses, owner.address));
  for (const asset of assets) await mint(localnet, asset, owner.address, unitsWorth(asset, plan.usdPerToken));
  await joinPool(vault, plan.id, owner.address, (address) => {
    const asset = tokens.find((candidate) => candidate.address === address);
    // The amount of the pool's own token, which a composable pool mints on its own, is ignored.
    return asset === undefined ? 0n : unitsWorth(asset, plan.usdPerToken);
  });
}

/** Makes the first deposit into a pool: `amountOf` each of its tokens. */
export async function joinPool(
  vault: Contract,
  poolId: string,
  account: Address,
  amountOf: (token: Address) => bigint,
): Promise<void> {
  const [assets] = (await vault.getFunction("getPoolTokens")(poolId)) as [Address[]];
  const amounts = assets.map(amountOf);
  const initial = 0n;
  const userData = AbiCoder.defaultAbiCoder().encode(["uint256", "uint256[]"], [initial, amounts]);
  const maxAmountsIn = assets.map(() => MaxUint256);
  const request = { assets: [...assets], maxAmountsIn, userData, fromInternalBalance: false };
  await vault.getFunction("joinPool")(poolId, account, account, request);
}

/** Loads a build of a Balancer deployment task that was published as an artifact. */
export function artifactOf(task: string, name: string): Creation {
  return publishedCreation(`${published}/${task}/artifact/${name}.json`);
}

/** Loads a build of a Balancer deployment task that was published as bytecode and ABI. */
export function bytecodeOf(task: string, name: string): Creation {
  const { creationCode } = require(`${published}/${task}/bytecode/${name}.json`) as { creationCode: string };
  const abi = require(`${published}/${task}/abi/${name}.json`) as Creation["abi"];
  return { abi, bytecode: creationCode.startsWith("0x") ? creationCode : `0x${creationCode}` };
}

/** Hundredths of a percent as a fixed point number with 18 decimals. */
function percent(basisPoints: bigint): bigint {
  return (basisPoints * ONE) / 10_000n;
}

function byAddress(a: Token, b: Token): number {
  return BigInt(a.address) < BigInt(b.address) ? -1 : 1;
}
