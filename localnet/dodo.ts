import { type Contract, ContractFactory, dataSlice, getAddress, id } from "ethers";
import { arbitrum } from "../bot/config/chains/arbitrum.ts";
import { type Address, deploymentsOf, type Token } from "../bot/config/chains/chain.ts";
import { feedOf } from "./chainlink.ts";
import { contractAt, creationOf, deployAt, type Localnet } from "./localnet.ts";
import { startPriceE8, token, unitsWorth } from "./market.ts";
import { approveMax, mint } from "./tokens.ts";
import { sushiswap } from "./uniswapV2.ts";

const one = 10n ** 18n;

/** Shares of the output with 18 decimals for a pool's liquidity providers. DODO adds a quarter. */
const vendingMachineFee = 8n * 10n ** 14n;
const stablePoolFee = 8n * 10n ** 13n;
const privatePoolFee = 5n * 10n ** 14n;

/** Curvatures with 18 decimals. The stable pool's is that of DODO's USDT pool on Arbitrum. */
const vendingMachineK = one / 4n;
const stablePoolK = 2n * 10n ** 14n;
const privatePoolK = one / 10n;

/** DODO's two treasuries, as accounts that do nothing. */
const maintainer = accountNamed("DODO maintainer");
const routeFeeReceiver = accountNamed("DODO route fee receiver");

/** A classical pool as it was recorded on Arbitrum in 2024, with rates and curvature of 18 decimals. */
interface ClassicalTerms {
  readonly base: Token;
  readonly quote: Token;
  readonly lpFeeRate: bigint;
  readonly mtFeeRate: bigint;
  readonly k: bigint;
  /** How the oracle makes a price of Chainlink's answer in USD, or nothing for a price of 1 for ever. */
  readonly feed: { readonly multiplier: bigint; readonly divisor: bigint } | undefined;
}

/** The pools of the chain file, in its order. Of the first, which was not recorded, the rates are the second's. */
const classicalPools: readonly ClassicalTerms[] = [
  {
    base: token("WETH"),
    quote: token("USDC.e"),
    lpFeeRate: 24n * 10n ** 14n,
    mtFeeRate: 6n * 10n ** 14n,
    k: (3n * one) / 10n,
    feed: { multiplier: 1n, divisor: 100n },
  },
  {
    base: token("WBTC"),
    quote: token("USDC.e"),
    lpFeeRate: 24n * 10n ** 14n,
    mtFeeRate: 6n * 10n ** 14n,
    k: (3n * one) / 10n,
    feed: { multiplier: 10n ** 8n, divisor: 1n },
  },
  {
    base: token("USDT"),
    quote: token("USDC.e"),
    lpFeeRate: 0n,
    mtFeeRate: 10n ** 13n,
    k: 2n * 10n ** 14n,
    feed: undefined,
  },
];

/**
 * Puts DODO at its addresses: factories with pools of all three variants, classical pools, approvals, the fee route proxy,
 * its adapters.
 */
export async function deployDodo(localnet: Localnet): Promise<void> {
  const [dodo] = deploymentsOf(arbitrum, "dodo");
  if (dodo === undefined) return;
  const owner = localnet.owner.address;

  const cloneFactory = await deploy(localnet, "DodoCloneFactory");
  const feeRateModel = await deploy(localnet, "DodoFeeRateModel");
  const feeRateImpl = await deploy(localnet, "DodoFeeRateDip3");
  await send(feeRateModel, "initOwner", owner);
  await send(feeRateImpl, "initOwner", owner);
  await send(feeRateModel, "setFeeProxy", feeRateImpl.target);

  const factoryAt = async (address: Address, pool: string) => {
    const template = await deploy(localnet, pool);
    const args = [cloneFactory.target, template.target, maintainer, feeRateModel.target];
    const factory = await deployAt(localnet, address, await creationOf(`${pool}Factory`), args);
    await send(factory, "initOwner", owner);
    return factory;
  };
  const vendingMachines = await factoryAt(dodo.factories.dvm, "DodoVendingMachine");
  const stablePools = await factoryAt(dodo.factories.dsp, "DodoStablePool");
  const privatePools = await factoryAt(dodo.factories.dpp, "DodoPrivatePool");
  await send(privatePools, "addAdminList", owner);

  const approve = await deployAt(localnet, dodo.approve, await creationOf("DodoApprove"));
  await send(approve, "init", owner, dodo.approveProxy);
  const approveProxy = await deployAt(localnet, dodo.approveProxy, await creationOf("DodoApproveProxy"), [
    dodo.approve,
  ]);
  await send(approveProxy, "init", owner, [dodo.routeProxy]);
  await deployAt(localnet, dodo.v2Adapter, await creationOf("DodoV2Adapter"));
  const sellHelper = await deploy(localnet, "DodoSellHelper");
  await deployAt(localnet, dodo.v1Adapter, await creationOf("DodoV1Adapter"), [sellHelper.target]);
  const routeProxy = await deployAt(localnet, dodo.routeProxy, await creationOf("DodoFeeRouteProxy"), [
    arbitrum.weth,
    dodo.approveProxy,
    routeFeeReceiver,
  ]);
  await send(routeProxy, "addWhiteList", sushiswap.router);
  await send(routeProxy, "addApproveWhiteList", sushiswap.router);

  for (const [base, quote] of [
    [token("WETH"), token("USDC")],
    [token("ARB"), token("USDC")],
    [token("WBTC"), token("USDC")],
  ] as const) {
    await addVendingMachine(localnet, vendingMachines, base, quote);
  }
  for (const [base, quote] of [
    [token("USDT"), token("USDC")],
    [token("DAI"), token("USDC")],
  ] as const) {
    await addStablePool(localnet, stablePools, base, quote);
  }
  await addPrivatePool(localnet, privatePools, token("WETH"), token("USDT"));
  for (const [index, terms] of classicalPools.entries()) {
    const address = dodo.v1Pools[index];
    if (address !== undefined) await addClassicalPool(localnet, address, terms);
  }
}

/** Puts a classical pool at its address, at its targets, with a million dollars on each side. */
async function addClassicalPool(
  localnet: Localnet,
  address: Address,
  { base, quote, lpFeeRate, mtFeeRate, k, feed }: ClassicalTerms,
): Promise<void> {
  const owner = localnet.owner.address;
  const oracle = await (feed === undefined
    ? deploy(localnet, "DodoConstantOracle", [one])
    : deploy(localnet, "DodoFeedOracle", [feedOf(base.address).address, feed.multiplier, feed.divisor]));
  const pool = await deployAt(localnet, address, await creationOf("DodoClassicalPool"));
  const tokens = [base.address, quote.address];
  await send(pool, "init", owner, owner, maintainer, ...tokens, oracle.target, lpFeeRate, mtFeeRate, k, gasPriceLimit);
  for (const { side, token } of [
    { side: "Base", token: base },
    { side: "Quote", token: quote },
  ]) {
    const amount = unitsWorth(token, 1_000_000n);
    await mint(localnet, token, owner, amount);
    await approveMax(localnet, token, address);
    await send(pool, `enable${side}Deposit`);
    await send(pool, `deposit${side}`, amount);
  }
  await send(pool, "enableTrading");
}

/** The gas price above which a classical pool trades with nobody. The pools' own limits are not published. */
const gasPriceLimit = 1_000n * 10n ** 9n;

/**
 * Creates a vending machine in mid-sale: half of the base that it started with is left.
 *
 * With r = B0 / B = 2, the price is i (1 - k + k r²) and the quote reserve i B (r - 1) (1 - k + k r).
 */
async function addVendingMachine(localnet: Localnet, factory: Contract, base: Token, quote: Token): Promise<void> {
  const k = vendingMachineK;
  const i = (price(base, quote) * one) / (one + 3n * k);
  const baseAmount = unitsWorth(base, 1_000_000n);
  const quoteAmount = (i * baseAmount * (one + k)) / one / one;
  await addPublicPool(localnet, factory, "createDODOVendingMachine", base, quote, vendingMachineFee, i, k, {
    baseAmount,
    quoteAmount,
  });
}

/** Creates a stable pool at its targets. */
async function addStablePool(localnet: Localnet, factory: Contract, base: Token, quote: Token): Promise<void> {
  const i = price(base, quote);
  const baseAmount = unitsWorth(base, 1_000_000n);
  const quoteAmount = (i * baseAmount) / one;
  await addPublicPool(localnet, factory, "createDODOStablePool", base, quote, stablePoolFee, i, stablePoolK, {
    baseAmount,
    quoteAmount,
  });
}

async function addPublicPool(
  localnet: Localnet,
  factory: Contract,
  create: string,
  base: Token,
  quote: Token,
  lpFeeRate: bigint,
  i: bigint,
  k: bigint,
  { baseAmount, quoteAmount }: { readonly baseAmount: bigint; readonly quoteAmount: bigint },
): Promise<void> {
  const args = [base.address, quote.address, lpFeeRate, i, k, false];
  const pool: Address = await factory.getFunction(create).staticCall(...args);
  await send(factory, create, ...args);
  await mint(localnet, base, pool, baseAmount);
  await mint(localnet, quote, pool, quoteAmount);
  await send(contractAt(localnet, pool, buySharesAbi), "buyShares", localnet.owner.address);
}

const buySharesAbi = ["function buyShares(address to) returns (uint256, uint256, uint256)"];

/** Creates a private pool: what it holds when it is initialized are its targets. */
async function addPrivatePool(localnet: Localnet, factory: Contract, base: Token, quote: Token): Promise<void> {
  const i = price(base, quote);
  const baseAmount = unitsWorth(base, 1_000_000n);
  const pool: Address = await factory.getFunction("createDODOPrivatePool").staticCall();
  await send(factory, "createDODOPrivatePool");
  await mint(localnet, base, pool, baseAmount);
  await mint(localnet, quote, pool, (i * baseAmount) / one);
  const creator = localnet.owner.address;
  const args = [pool, creator, base.address, quote.address, privatePoolFee, privatePoolK, i, false];
  await send(factory, "initDODOPrivatePool", ...args);
}

/** The start price in quote units per base unit, with 18 decimals, rounded down. */
function price(base: Token, quote: Token): bigint {
  return (
    (startPriceE8(base.address) * one * 10n ** BigInt(quote.decimals)) /
    (startPriceE8(quote.address) * 10n ** BigInt(base.decimals))
  );
}

async function deploy(localnet: Localnet, name: string, args: readonly unknown[] = []): Promise<Contract> {
  const { abi, bytecode } = await creationOf(name);
  const factory = new ContractFactory(abi, bytecode, localnet.owner);
  const contract = await factory.deploy(...args);
  return contractAt(localnet, await contract.getAddress(), abi);
}

async function send(contract: Contract, name: string, ...args: readonly unknown[]): Promise<void> {
  await contract.getFunction(name)(...args);
}

function accountNamed(name: string): Address {
  return getAddress(dataSlice(id(name), 12));
}
