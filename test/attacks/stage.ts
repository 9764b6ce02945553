import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { AbiCoder, Contract, type ContractRunner, MaxUint256, ZeroHash } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { type Address, type UniswapV2Deployment, type VenueName, venueNames } from "../../bot/config/chains/chain.ts";
import type { HopStruct, LoanStruct } from "../../types/contracts/interfaces/IFlashArbitrage.js";
import {
  type FlashArbitrage,
  FlashArbitrage__factory,
  ISwapPayer__factory,
  Puller__factory,
  type ScriptedPool,
  ScriptedPool__factory,
  type Token,
  Token__factory,
  type VenueTurningHostile,
  VenueTurningHostile__factory,
} from "../../types/index.js";
import type { Connection } from "../support/arbitrum.ts";
import { erc20 } from "../support/erc20.ts";
import { deployExecutor } from "../support/executor.ts";
import { setTokenBalance } from "../support/fund.ts";
import { farDeadline } from "../support/routes.ts";

/** One whole token with 18 decimals: WETH, and each token of the stage. */
export const one = 10n ** 18n;

export const weth = arbitrum.weth;
export const coder = AbiCoder.defaultAbiCoder();

/** Who and what an attack finds, and what it brings along. */
export interface Stage {
  readonly chain: Connection;
  readonly owner: HardhatEthersSigner;
  readonly treasury: HardhatEthersSigner;
  /** An honest operator, or one whose key has leaked: the attack says. */
  readonly operator: HardhatEthersSigner;
  readonly stranger: HardhatEthersSigner;
  /** Somebody else, whose money is nobody's prey. */
  readonly bystander: HardhatEthersSigner;
  /** A token that is worth something, as WETH is. */
  readonly gold: Token;
  /** A token that is worth nothing, of which the attacker has as much as it likes. */
  readonly junk: Token;
  /** Swaps WETH and gold one for one until someone changes its rates. */
  readonly venue: VenueTurningHostile;
}

/** The contract that is attacked: FlashArbitrage, or an executor that takes the same orders. */
export interface Victim {
  readonly name: string;
  readonly contract: FlashArbitrage;
  readonly address: Address;
}

/** Deploys what every attack can use. */
export async function createStage(chain: Connection): Promise<Stage> {
  const { owner, treasury, operator, stranger, trader: bystander } = await deployExecutor(chain);
  const gold = await new Token__factory(owner).deploy("GOLD", 18);
  const junk = await new Token__factory(stranger).deploy("JUNK", 18);
  const puller = await new Puller__factory(stranger).deploy();
  const venue = await new VenueTurningHostile__factory(stranger).deploy(puller);
  const stage = { chain, owner, treasury, operator, stranger, bystander, gold, junk, venue };
  await give(stage, weth, await venue.getAddress(), 1_000_000n * one);
  await give(stage, gold, await venue.getAddress(), 1_000_000n * one);
  return stage;
}

/** Deploys FlashArbitrage, or an executor of test/solidity/broken by its name. */
export async function deployVictim(stage: Stage, name: string): Promise<Victim> {
  const { chain, owner, treasury, operator } = stage;
  if (name === "FlashArbitrage") {
    const { address } = await deployExecutor(chain);
    return victimAt(name, address, operator);
  }
  const { aaveV3, balancerV2 } = arbitrum.lenders;
  const factory = await chain.ethers.getContractFactory(name, owner);
  const deployed = await factory.deploy({
    ...{ owner: owner.address, treasury: treasury.address, operator: operator.address },
    ...{ aaveV3, balancerV2, weth },
  });
  await deployed.waitForDeployment();
  return victimAt(name, await deployed.getAddress(), operator);
}

function victimAt(name: string, address: Address, operator: ContractRunner): Victim {
  return { name, contract: FlashArbitrage__factory.connect(address, operator), address };
}

type TokenLike = Address | Pick<Token, "getAddress">;

/** Returns the address of a token of the stage, or of the chain. */
export async function addressOf(token: TokenLike): Promise<Address> {
  return typeof token === "string" ? token : token.getAddress();
}

export async function balanceOf(stage: Stage, token: TokenLike, account: unknown): Promise<bigint> {
  return erc20(await addressOf(token), stage.chain.ethers.provider).balanceOf(account);
}

/** Gives `amount` units on top of what the account has. */
export async function give(stage: Stage, token: TokenLike, account: Address, amount: bigint): Promise<void> {
  const before = await balanceOf(stage, token, account);
  await setTokenBalance(stage.chain, await addressOf(token), account, before + amount);
}

/** Gives an account money that the victim may take for a loan from the wallet. */
export async function fillWallet(
  stage: Stage,
  victim: Victim,
  token: TokenLike,
  wallet: HardhatEthersSigner,
  amount: bigint,
): Promise<void> {
  await give(stage, token, wallet.address, amount);
  await allowLoans(stage, victim, token);
  await erc20(await addressOf(token), wallet).approve(victim.address, MaxUint256);
}

/** Lets operators finance orders in a token from their wallets, where the owner has a say in it. */
export async function allowLoans({ owner }: Stage, { contract, name }: Victim, token: TokenLike): Promise<void> {
  if (name !== "FlashArbitrage") return;
  await contract.connect(owner).setOperatorLoanCap(await addressOf(token), MaxUint256);
}

/** Encodes a hop. */
export async function hopOf(
  venue: VenueName,
  target: string | { getAddress(): Promise<string> },
  tokenOut: TokenLike,
  data = "0x",
): Promise<HopStruct> {
  return {
    venue: venueNames.indexOf(venue),
    target: typeof target === "string" ? target : await target.getAddress(),
    tokenOut: await addressOf(tokenOut),
    amountIn: 0n,
    data,
  };
}

/** Executes an order: the operator's, unless someone else is named. */
export function order(
  stage: Stage,
  victim: Victim,
  loan: LoanStruct,
  hops: readonly HopStruct[],
  { by = stage.operator as ContractRunner, id = ZeroHash, minProfit = 0n, deadline = farDeadline } = {},
): Promise<unknown> {
  return victim.contract.connect(by).execute(id, loan, [...hops], minProfit, deadline);
}

/** The two hops WETH → gold → WETH through the honest venue, which earn `profit` for `amount`. */
export async function honestHops(stage: Stage, amount: bigint, profit: bigint): Promise<HopStruct[]> {
  const { venue, gold } = stage;
  // Rounded up, so that the route earns at least as much.
  const rateE18 = ((amount + profit) * one + amount - 1n) / amount;
  await venue.setRateE18(gold, weth, rateE18);
  return [await hopOf("uniswapV2", venue, gold), await hopOf("uniswapV2", venue, weth)];
}

const swapPayer = ISwapPayer__factory.createInterface();

/**
 * Encodes what a pool of Uniswap V3 calls back with for `amount` of a token, by default all that a hop of this amount
 * announces.
 */
export function chargeOf(token: Address, amount: bigint, asked = amount): string {
  const data = coder.encode(["address", "uint256"], [token, amount]);
  return swapPayer.encodeFunctionData("uniswapV3SwapCallback", [asked, -1n, data]);
}

/** What a hostile pool of Uniswap V3 does in its swap. */
export interface Script {
  readonly tokenIn: TokenLike;
  readonly tokenOut: TokenLike;
  /** What it is given. */
  readonly amountIn: bigint;
  /** What it pays, out of its own money. */
  readonly pays: bigint;
  /** What it says that it paid; by default the truth. */
  readonly says?: bigint;
  /** What it calls the victim with, in order; by default once for its input. */
  readonly callbacks?: readonly string[];
}

/** Deploys a pool with the attacker's money in it, which fails its swap where one of its callbacks is refused. */
export async function hostilePool(
  stage: Stage,
  victim: Victim,
  { amountIn, pays, says = pays, ...script }: Script,
): Promise<ScriptedPool> {
  const [tokenIn, tokenOut] = [await addressOf(script.tokenIn), await addressOf(script.tokenOut)];
  const pool = await new ScriptedPool__factory(stage.stranger).deploy();
  await give(stage, tokenOut, await pool.getAddress(), pays);
  await pool.setPayment(tokenOut, pays);
  const changes = tokenIn.toLowerCase() < tokenOut.toLowerCase() ? [amountIn, -says] : [-says, amountIn];
  await pool.setAnswer(coder.encode(["int256", "int256"], changes));
  for (const payload of script.callbacks ?? [chargeOf(tokenIn, amountIn)]) {
    await pool.prepare(victim.address, payload, true);
  }
  return pool;
}

/** Opens a pair of WETH and a token at a real factory of Uniswap V2's kind, with as much of each as is said. */
export async function openPair(
  stage: Stage,
  { factory: address }: UniswapV2Deployment,
  amountWeth: bigint,
  token: TokenLike,
  amountToken: bigint,
): Promise<Address> {
  const abi = ["function createPair(address, address)", "function getPair(address, address) view returns (address)"];
  const factory = new Contract(address, abi, stage.stranger);
  await factory.getFunction("createPair")(weth, await addressOf(token));
  const pair: Address = await factory.getFunction("getPair")(weth, await addressOf(token));
  await give(stage, weth, pair, amountWeth);
  await give(stage, token, pair, amountToken);
  await new Contract(pair, ["function mint(address)"], stage.stranger).getFunction("mint")(stage.stranger);
  return pair;
}

/** Encodes what an execution announces for a loan, its own arguments, as an attacker would forge them. */
export function loanPayload(loan: LoanStruct, hops: readonly HopStruct[]): string {
  return coder.encode(executeInputs, [ZeroHash, loan, hops, 0n, farDeadline]);
}

const executeInputs = FlashArbitrage__factory.createInterface().getFunction("execute").inputs;
