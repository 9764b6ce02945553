import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { MaxUint256, ZeroAddress } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import type { Address, SolidlyDeployment, SolidlyGeneration } from "../../bot/config/chains/chain.ts";
import { type SolidlyPool, solidly } from "../../bot/venues/solidly.ts";
import {
  type BridgedToken,
  BridgedToken__factory,
  CamelotFactory__factory,
  CamelotPair__factory,
  CamelotRouter__factory,
  SolidlyFactory__factory,
  SolidlyPair__factory,
  SolidlyRouter__factory,
  VelodromeV2Factory__factory,
  VelodromeV2Pool__factory,
  VelodromeV2Router__factory,
} from "../../types/index.js";
import type { Connection } from "./arbitrum.ts";
import { setTokenBalance } from "./fund.ts";
import { readerAt } from "./reader.ts";

/** A pair of the twins of one generation, with a factory, a router and tokens of its own. */
export interface SolidlyMarket {
  readonly deployment: SolidlyDeployment;
  readonly pool: SolidlyPool;
  /** Sets what the pair holds and its reserves. */
  setReserves(reserves: readonly [bigint, bigint]): Promise<void>;
  /** Sets what the pair takes of an input of token0 and of token1: only Camelot V2 can tell them apart. */
  setFees(fees: readonly [bigint, bigint]): Promise<void>;
}

interface Opening {
  readonly generation: SolidlyGeneration;
  readonly stable: boolean;
  /** Of token0 and token1. */
  readonly decimals: readonly [number, number];
}

const plenty = 10n ** 40n;

/** Deploys tokens, the twins of a generation and one pair. `owner` holds the tokens and has approved the router. */
export async function openSolidlyMarket(
  connection: Connection,
  owner: HardhatEthersSigner,
  { generation, stable, decimals }: Opening,
): Promise<SolidlyMarket> {
  const token0 = await deployToken(owner, decimals[0]);
  const tokens = [token0, await deployTokenAbove(owner, decimals[1], await token0.getAddress())] as const;
  const addresses = [await tokens[0].getAddress(), await tokens[1].getAddress()] as const;
  const opened = await openers[generation](owner, addresses, stable);
  const deployment: SolidlyDeployment = { venue: "solidly", generation, name: "Twins", ...opened };
  const traded = addresses.map((address, index) => ({ symbol: "T", address, decimals: decimals[index] ?? 0 }));
  const [pool] = await solidly.discover(deployment, traded, readerAt(connection));
  if (pool === undefined) throw new Error("The pair is not discovered.");
  for (const token of tokens) await token.approve(deployment.router, MaxUint256);
  if (generation === "velodromeV2") {
    // A pool takes reserves as they are once it has had a deposit, and the first must be of equal worth.
    for (const [index, token] of tokens.entries())
      await token.transfer(pool.address, 10n ** 6n * (pool.units[index] ?? 0n));
    await VelodromeV2Pool__factory.connect(pool.address, owner).mint(owner);
  }
  return {
    deployment,
    pool,
    async setReserves(reserves) {
      for (const [index, token] of addresses.entries()) {
        await setTokenBalance(connection, token, pool.address, reserves[index] ?? 0n);
      }
      await SolidlyPair__factory.connect(pool.address, owner).sync();
    },
    setFees: (fees) => feeSetters[generation](owner, deployment, pool.address, fees),
  };
}

async function deployToken(owner: HardhatEthersSigner, decimals: number): Promise<BridgedToken> {
  const token = await new BridgedToken__factory(owner).deploy("Token", "T", decimals, owner);
  await token.mint(owner, plenty);
  return token;
}

/** Deploys tokens until one sorts after `below`. */
async function deployTokenAbove(owner: HardhatEthersSigner, decimals: number, below: Address): Promise<BridgedToken> {
  const token = await deployToken(owner, decimals);
  const sorts = BigInt(await token.getAddress()) > BigInt(below);
  return sorts ? token : deployTokenAbove(owner, decimals, below);
}

type Open = (
  owner: HardhatEthersSigner,
  tokens: readonly [Address, Address],
  stable: boolean,
) => Promise<{ readonly factory: Address; readonly router: Address }>;

const openers: Readonly<Record<SolidlyGeneration, Open>> = {
  async solidly(owner, tokens, stable) {
    const factory = await new SolidlyFactory__factory(owner).deploy(owner);
    const router = await new SolidlyRouter__factory(owner).deploy(factory, arbitrum.weth);
    await factory.createPair(...tokens, stable);
    return { factory: await factory.getAddress(), router: await router.getAddress() };
  },
  async velodromeV2(owner, tokens, stable) {
    const implementation = await new VelodromeV2Pool__factory(owner).deploy();
    const factory = await new VelodromeV2Factory__factory(owner).deploy(implementation);
    const router = await new VelodromeV2Router__factory(owner).deploy(factory);
    await factory.createPool(...tokens, stable);
    return { factory: await factory.getAddress(), router: await router.getAddress() };
  },
  async camelotV2(owner, tokens, stable) {
    const factory = await new CamelotFactory__factory(owner).deploy(ZeroAddress);
    const router = await new CamelotRouter__factory(owner).deploy(factory, arbitrum.weth);
    await factory.createPair(...tokens);
    const pair = CamelotPair__factory.connect(await factory.getPair(...tokens), owner);
    if (stable) await pair.setStableSwap(true, 0n, 0n);
    return { factory: await factory.getAddress(), router: await router.getAddress() };
  },
};

type SetFees = (
  owner: HardhatEthersSigner,
  deployment: SolidlyDeployment,
  pair: Address,
  fees: readonly [bigint, bigint],
) => Promise<void>;

const feeSetters: Readonly<Record<SolidlyGeneration, SetFees>> = {
  async solidly(owner, { factory }, pair, [fee]) {
    await SolidlyFactory__factory.connect(factory, owner).setPairFee(pair, fee);
  },
  async velodromeV2(owner, { factory }, pair, [fee]) {
    const at = VelodromeV2Factory__factory.connect(factory, owner);
    await at.setCustomFee(pair, fee === 0n ? await at.ZERO_FEE_INDICATOR() : fee);
  },
  async camelotV2(owner, _, pair, fees) {
    await CamelotPair__factory.connect(pair, owner).setFeePercent(...fees);
  },
};
