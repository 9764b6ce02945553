import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { AbiCoder, MaxUint256, ZeroAddress } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { type Address, type DodoDeployment, deploymentsOf, type Token } from "../../bot/config/chains/chain.ts";
import {
  type DodoFeeRouteProxy,
  DodoFeeRouteProxy__factory,
  type DodoPrivatePool,
  DodoPrivatePool__factory,
  DodoPrivatePoolFactory__factory,
  type DodoStablePool,
  DodoStablePool__factory,
  DodoStablePoolFactory__factory,
  type DodoVendingMachine,
  DodoVendingMachine__factory,
  DodoVendingMachineFactory__factory,
} from "../../types/index.js";
import { type Connection, isFork } from "./arbitrum.ts";
import { setTokenBalance } from "./fund.ts";

const [first] = deploymentsOf(arbitrum, "dodo");
if (first === undefined) throw new Error("The chain file lists no deployment of DODO.");
export const deployment: DodoDeployment = first;

/** The address that stands for ETH. */
export const ethPlaceholder = "0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE";

/** What a test's own pool is created with. Rates, `i` and `k` have 18 decimals. */
export interface PoolTerms {
  readonly base: Token;
  readonly quote: Token;
  readonly lpFeeRate: bigint;
  readonly i: bigint;
  readonly k: bigint;
  readonly baseAmount: bigint;
  readonly quoteAmount: bigint;
}

interface Pools {
  readonly dvm: DodoVendingMachine;
  readonly dsp: DodoStablePool;
  readonly dpp: DodoPrivatePool;
}

/** Creates a pool through its factory on the chain under test and funds it. `creator` owns what can be owned. */
export async function createPool<V extends keyof Pools>(
  connection: Connection,
  creator: HardhatEthersSigner,
  variant: V,
  terms: PoolTerms,
): Promise<Pools[V]> {
  const create = { dvm: createVendingMachine, dsp: createStablePool, dpp: createPrivatePool };
  return (await create[variant](connection, creator, terms)) as Pools[V];
}

async function createVendingMachine(connection: Connection, creator: HardhatEthersSigner, terms: PoolTerms) {
  const { base, quote, lpFeeRate, i, k } = terms;
  const factory = DodoVendingMachineFactory__factory.connect(deployment.factories.dvm, creator);
  const args = [base.address, quote.address, lpFeeRate, i, k, false] as const;
  const address = await factory.createDODOVendingMachine.staticCall(...args);
  await factory.createDODOVendingMachine(...args);
  await fund(connection, address, terms);
  const pool = DodoVendingMachine__factory.connect(address, creator);
  await pool.buyShares(creator);
  return pool;
}

async function createStablePool(connection: Connection, creator: HardhatEthersSigner, terms: PoolTerms) {
  const { base, quote, lpFeeRate, i, k } = terms;
  const factory = DodoStablePoolFactory__factory.connect(deployment.factories.dsp, creator);
  const args = [base.address, quote.address, lpFeeRate, i, k, false] as const;
  const address = await factory.createDODOStablePool.staticCall(...args);
  await factory.createDODOStablePool(...args);
  await fund(connection, address, terms);
  const pool = DodoStablePool__factory.connect(address, creator);
  await pool.buyShares(creator);
  return pool;
}

async function createPrivatePool(connection: Connection, creator: HardhatEthersSigner, terms: PoolTerms) {
  const { base, quote, lpFeeRate, i, k } = terms;
  const factory = DodoPrivatePoolFactory__factory.connect(deployment.factories.dpp, creator);
  // Only DODO's own proxy may initialize private pools, so the factory's owner lists the creator.
  const owner = await actAs(connection, await factory._OWNER_());
  await factory.connect(owner).addAdminList(creator);
  const address = await factory.createDODOPrivatePool.staticCall();
  await factory.createDODOPrivatePool();
  await fund(connection, address, terms);
  await factory.initDODOPrivatePool(address, creator, base.address, quote.address, lpFeeRate, k, i, false);
  return DodoPrivatePool__factory.connect(address, creator);
}

async function fund(connection: Connection, address: Address, { base, quote, baseAmount, quoteAmount }: PoolTerms) {
  await setTokenBalance(connection, base.address, address, baseAmount);
  await setTokenBalance(connection, quote.address, address, quoteAmount);
}

/** Returns a signer for an account that is not ours, with ETH for gas. */
export async function actAs(connection: Connection, account: Address): Promise<HardhatEthersSigner> {
  await connection.networkHelpers.setBalance(account, 10n ** 20n);
  return connection.ethers.getImpersonatedSigner(account);
}

/** Returns the fee route proxy, called by its owner. */
export async function routeProxyOfOwner(connection: Connection): Promise<DodoFeeRouteProxy> {
  const proxy = DodoFeeRouteProxy__factory.connect(deployment.routeProxy, connection.ethers.provider);
  return proxy.connect(await actAs(connection, await proxy.owner()));
}

/** Encodes what a broker is paid: a share of the output with 18 decimals. */
export function feeData(broker: Address = ZeroAddress, rate = 0n): string {
  return AbiCoder.defaultAbiCoder().encode(["address", "uint256"], [broker, rate]);
}

export interface MixSwap {
  readonly fromToken: Address;
  readonly toToken: Address;
  readonly fromTokenAmount: bigint;
  readonly minReturnAmount: bigint;
  readonly mixAdapters: Address[];
  readonly mixPairs: Address[];
  readonly assetTo: Address[];
  readonly directions: bigint;
  readonly moreInfos: string[];
  readonly feeData: string;
  readonly deadLine: bigint;
}

/** Returns the arguments of `mixSwap` through one pool, in the order of its signature. */
export function mixSwapArgs(
  swap: Pick<MixSwap, "fromToken" | "toToken" | "fromTokenAmount" | "directions"> & Partial<MixSwap>,
  pool: Address,
) {
  const full: MixSwap = {
    minReturnAmount: 1n,
    mixAdapters: [deployment.v2Adapter],
    mixPairs: [pool],
    assetTo: [pool, deployment.routeProxy],
    moreInfos: ["0x"],
    feeData: feeData(),
    deadLine: MaxUint256,
    ...swap,
  };
  return [
    full.fromToken,
    full.toToken,
    full.fromTokenAmount,
    full.minReturnAmount,
    full.mixAdapters,
    full.mixPairs,
    full.assetTo,
    full.directions,
    full.moreInfos,
    full.feeData,
    full.deadLine,
  ] as const;
}

/** Skips a test that a fork cannot pass, and prints why. */
export function skipOnFork(context: Mocha.Context, reason: string): void {
  if (!isFork) return;
  process.stdout.write(`      skipped on a fork: ${reason}\n`);
  context.skip();
}
