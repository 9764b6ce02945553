import {
  Contract,
  ContractFactory,
  type ContractRunner,
  Interface,
  MaxUint256,
  type Signer,
  ZeroAddress,
} from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { type Address, tokenOf } from "../../bot/config/chains/chain.ts";
import type { Swap } from "../../bot/venues/venue.ts";
import { artifactOf, BALANCER_FEE_PERCENTAGES, bytecodeOf, joinPool } from "../../localnet/balancer.ts";
import type { Creation } from "../../localnet/localnet.ts";
import type { Connection } from "./arbitrum.ts";

export const vaultAddress = arbitrum.lenders.balancerV2;

export const vaultAbi = new Interface([
  "function getPool(bytes32 poolId) view returns (address pool, uint8 specialization)",
  "function getPoolTokens(bytes32 poolId) view returns (address[] tokens, uint256[] balances, uint256 lastChangeBlock)",
  "function getProtocolFeesCollector() view returns (address)",
  "function swap((bytes32 poolId, uint8 kind, address assetIn, address assetOut, uint256 amount, bytes userData) singleSwap, (address sender, bool fromInternalBalance, address recipient, bool toInternalBalance) funds, uint256 limit, uint256 deadline) payable returns (uint256)",
  "function flashLoan(address recipient, address[] tokens, uint256[] amounts, bytes userData)",
  "function joinPool(bytes32 poolId, address sender, address recipient, (address[] assets, uint256[] maxAmountsIn, bytes userData, bool fromInternalBalance) request) payable",
  "function exitPool(bytes32 poolId, address sender, address recipient, (address[] assets, uint256[] minAmountsOut, bytes userData, bool toInternalBalance) request)",
]);

export function vaultOf(runner: ContractRunner): Contract {
  return new Contract(vaultAddress, vaultAbi, runner);
}

const givenIn = 0;

/** Returns the arguments of the vault's `swap` for a swap from and to `account` without a limit. */
export function swapArguments(poolId: string, { tokenIn, tokenOut, amountIn }: Swap, account: Address) {
  const singleSwap = { poolId, kind: givenIn, assetIn: tokenIn, assetOut: tokenOut, amount: amountIn, userData: "0x" };
  const funds = { sender: account, fromInternalBalance: false, recipient: account, toInternalBalance: false };
  return [singleSwap, funds, 0n, MaxUint256] as const;
}

/** A pool that a test registers with the vault under test, from a published build. */
export interface FreshPool {
  readonly name: string;
  readonly symbols: readonly string[];
  /** Units of each token that the pool starts with, in the order of `symbols`. */
  readonly amounts: readonly bigint[];
  readonly creation: () => Creation;
  /** `tokens` and `rateProviders` have the vault's order. */
  readonly args: (tokens: readonly Address[], rateProviders: readonly Address[], owner: Address) => readonly unknown[];
  /** Rates with 18 decimals by symbol, of the tokens that have a rate provider. */
  readonly rates?: Readonly<Record<string, bigint>>;
}

/** A registered pool with liquidity. */
export interface CreatedPool {
  readonly id: string;
  readonly contract: Contract;
  /** The rate providers by symbol. */
  readonly rateProviders: Readonly<Record<string, Contract>>;
}

const neverPaused = [0n, 0n] as const;

/** Seconds that a cached rate lasts. */
export const rateCacheSeconds = 3_600n;

/** WeightedPool of 2021: every power is taken by logarithm. */
export function weighted2021(weights: readonly bigint[]): Pick<FreshPool, "creation" | "args"> {
  return {
    creation: () => bytecodeOf("20210418-weighted-pool", "WeightedPool"),
    args: (tokens, _, owner) => [vaultAddress, "w", "w", tokens, weights, 10n ** 15n, ...neverPaused, owner],
  };
}

/** WeightedPool of 2022 and 2023: powers of 1, 2 and 4 are multiplied out. */
export function weighted(year: 2022 | 2023, weights: readonly bigint[]): Pick<FreshPool, "creation" | "args"> {
  return {
    creation: () =>
      year === 2022
        ? bytecodeOf("20220908-weighted-pool-v2", "WeightedPool")
        : artifactOf("20230206-weighted-pool-v3", "WeightedPool"),
    args: (tokens, rateProviders, owner) => [
      {
        name: "w",
        symbol: "w",
        tokens,
        normalizedWeights: weights,
        rateProviders,
        assetManagers: tokens.map(() => ZeroAddress),
        swapFeePercentage: 10n ** 15n,
      },
      vaultAddress,
      BALANCER_FEE_PERCENTAGES,
      ...neverPaused,
      owner,
      ...(year === 2023 ? ["test"] : []),
    ],
  };
}

/** StablePool of 2021: no rates. */
export function stable2021(amplification: bigint): Pick<FreshPool, "creation" | "args"> {
  return {
    creation: () => bytecodeOf("deprecated/20210624-stable-pool", "StablePool"),
    args: (tokens, _, owner) => [vaultAddress, "s", "s", tokens, amplification, 10n ** 14n, ...neverPaused, owner],
  };
}

const metaStableTask = "deprecated/20210727-meta-stable-pool";

/** MetaStablePool of 2021: two tokens with rates. */
export function metaStable2021(amplification: bigint): Pick<FreshPool, "creation" | "args"> {
  return {
    creation: () => bytecodeOf(metaStableTask, "MetaStablePool"),
    args: (tokens, rateProviders, owner) => [
      {
        vault: vaultAddress,
        name: "m",
        symbol: "m",
        tokens,
        rateProviders,
        priceRateCacheDuration: tokens.map(() => rateCacheSeconds),
        amplificationParameter: amplification,
        swapFeePercentage: 10n ** 14n,
        pauseWindowDuration: neverPaused[0],
        bufferPeriodDuration: neverPaused[1],
        oracleEnabled: false,
        owner,
      },
    ],
  };
}

/** StablePhantomPool of 2021 and ComposableStablePool of 2022 and 2023: their own token among their tokens, with rates. */
export function composable(year: 2021 | 2022 | 2023, amplification: bigint): Pick<FreshPool, "creation" | "args"> {
  const creations = {
    2021: () => bytecodeOf("deprecated/20211208-stable-phantom-pool", "StablePhantomPool"),
    2022: () => bytecodeOf("20220817-composable-stable-pool", "ComposableStablePool"),
    2023: () => artifactOf("20230206-composable-stable-pool-v3", "ComposableStablePool"),
  };
  return {
    creation: creations[year],
    // The constructors take one struct, which has gained members: those that a build does not know are not encoded.
    args: (tokens, rateProviders, owner) => [
      {
        vault: vaultAddress,
        protocolFeeProvider: BALANCER_FEE_PERCENTAGES,
        name: "c",
        symbol: "c",
        tokens,
        rateProviders,
        tokenRateCacheDurations: tokens.map(() => rateCacheSeconds),
        exemptFromYieldProtocolFeeFlags: tokens.map(() => false),
        amplificationParameter: amplification,
        swapFeePercentage: 10n ** 14n,
        pauseWindowDuration: neverPaused[0],
        bufferPeriodDuration: neverPaused[1],
        owner,
        version: "test",
      },
    ],
  };
}

/** Registers a pool with the vault and joins it; `owner` pays and owns it, and has approved the vault. */
export async function createPool(connection: Connection, owner: Signer, plan: FreshPool): Promise<CreatedPool> {
  const account = await owner.getAddress();
  const entries = plan.symbols
    .map((symbol, index) => ({
      symbol,
      address: tokenOf(arbitrum, symbol).address,
      amount: plan.amounts[index] ?? 0n,
    }))
    .sort((a, b) => (BigInt(a.address) < BigInt(b.address) ? -1 : 1));
  const rateProviders: Record<string, Contract> = {};
  for (const [symbol, rate] of Object.entries(plan.rates ?? {})) {
    const provider = await connection.ethers.deployContract("SettableRate", [rate]);
    rateProviders[symbol] = provider as unknown as Contract;
  }
  const { abi, bytecode } = await linked(plan.creation(), owner);
  const rates = entries.map(({ symbol }) => (rateProviders[symbol]?.target as string | undefined) ?? ZeroAddress);
  const args = plan.args(
    entries.map(({ address }) => address),
    rates,
    account,
  );
  const contract = (await new ContractFactory(Interface.from(abi), bytecode, owner).deploy(...args)) as Contract;
  const id: string = await contract.getFunction("getPoolId")();
  const amounts = new Map(entries.map(({ address, amount }) => [address, amount]));
  await joinPool(vaultOf(owner), id, account, (address) => amounts.get(address) ?? 0n);
  return { id, contract, rateProviders };
}

/** Links a build with the one library that any of these pools has. */
async function linked({ abi, bytecode }: Creation, deployer: Signer): Promise<Creation> {
  const placeholder = /__\$[0-9a-f]{34}\$__/g;
  if (!placeholder.test(bytecode)) return { abi, bytecode };
  const library = await new ContractFactory(
    [],
    artifactOf(metaStableTask, "QueryProcessor").bytecode,
    deployer,
  ).deploy();
  const address = await library.getAddress();
  return { abi, bytecode: bytecode.replaceAll(placeholder, address.slice(2)) };
}
