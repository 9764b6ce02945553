import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { ZeroAddress } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import type { Address, SolidlyDeployment, SolidlyGeneration } from "../../bot/config/chains/chain.ts";
import { type SolidlyPool, solidly } from "../../bot/venues/solidly.ts";
import type { Call } from "../../bot/venues/venue.ts";
import {
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

/** A factory and a router of one generation, of which `owner` owns all that can be owned. */
export interface SolidlyTwins {
  readonly deployment: SolidlyDeployment;
  /** Creates a pair, which holds nothing that a test has to know. */
  open(tokens: readonly [Address, Address], stable: boolean): Promise<SolidlyPool>;
  /** Lets another account set fees and pauses, which it accepts by the calls that are returned. */
  handTo(account: Address): Promise<readonly Call[]>;
}

/** How the twins of a generation are made, and how the owner of their settings calls them. */
interface Generation {
  deploy(owner: HardhatEthersSigner): Promise<{ readonly factory: Address; readonly router: Address }>;
  open(
    factory: Address,
    owner: HardhatEthersSigner,
    tokens: readonly [Address, Address],
    stable: boolean,
  ): Promise<void>;
  handTo(factory: Address, owner: HardhatEthersSigner, account: Address): Promise<readonly Call[]>;
  setFees(pool: SolidlyPool, fees: readonly [bigint, bigint]): Call;
}

/** Deploys the twins of one generation. */
export async function deploySolidlyTwins(
  connection: Connection,
  owner: HardhatEthersSigner,
  generation: SolidlyGeneration,
): Promise<SolidlyTwins> {
  const twins = generations[generation];
  const addresses = await twins.deploy(owner);
  const deployment: SolidlyDeployment = { venue: "solidly", generation, name: "Twins", ...addresses };
  return {
    deployment,
    async open(tokens, stable) {
      await twins.open(deployment.factory, owner, tokens, stable);
      const traded = tokens.map((address) => ({ symbol: "", address, decimals: 0 }));
      const pools = await solidly.discover(deployment, traded, readerAt(connection));
      const pool = pools.find((found) => found.generation === "camelotV2" || found.stable === stable);
      if (pool === undefined) throw new Error("The pair is not discovered.");
      if (generation === "velodromeV2") await deposit(connection, owner, pool);
      return pool;
    },
    handTo: (account) => twins.handTo(deployment.factory, owner, account),
  };
}

/** Makes the first deposit into a Velodrome V2 pool, without which it takes no reserves as they are. */
async function deposit(connection: Connection, owner: HardhatEthersSigner, { address, tokens, units }: SolidlyPool) {
  for (const [index, token] of tokens.entries()) {
    // A first deposit must be of equal worth.
    await setTokenBalance(connection, token, address, 10n ** 6n * (units[index] ?? 0n));
  }
  await VelodromeV2Pool__factory.connect(address, owner).mint(owner);
}

/** Returns the call that makes what a pair holds its reserves. */
export function syncCall({ address }: SolidlyPool): Call {
  return { target: address, data: SolidlyPair__factory.createInterface().encodeFunctionData("sync") };
}

/** Returns the call that sets what a pair takes of an input of token0 and of token1: only Camelot V2 tells them apart. */
export function setFeesCall(pool: SolidlyPool, fees: readonly [bigint, bigint]): Call {
  return generations[pool.generation].setFees(pool, fees);
}

const solidlyFactory = SolidlyFactory__factory.createInterface();
const velodromeFactory = VelodromeV2Factory__factory.createInterface();
const camelotPair = CamelotPair__factory.createInterface();

/** What stands for a fee of 0 in Velodrome V2. */
const zeroFeeIndicator = 420n;

const generations: Readonly<Record<SolidlyGeneration, Generation>> = {
  solidly: {
    async deploy(owner) {
      const factory = await new SolidlyFactory__factory(owner).deploy(owner);
      const router = await new SolidlyRouter__factory(owner).deploy(factory, arbitrum.weth);
      return { factory: await factory.getAddress(), router: await router.getAddress() };
    },
    async open(factory, owner, tokens, stable) {
      await SolidlyFactory__factory.connect(factory, owner).createPair(...tokens, stable);
    },
    async handTo(factory, owner, account) {
      const at = SolidlyFactory__factory.connect(factory, owner);
      await at.setFeeManager(account);
      await at.setPauser(account);
      return [
        { target: factory, data: solidlyFactory.encodeFunctionData("acceptFeeManager") },
        { target: factory, data: solidlyFactory.encodeFunctionData("acceptPauser") },
      ];
    },
    setFees: ({ address, factory }, [fee]) => ({
      target: factory,
      data: solidlyFactory.encodeFunctionData("setPairFee", [address, fee]),
    }),
  },
  velodromeV2: {
    async deploy(owner) {
      const implementation = await new VelodromeV2Pool__factory(owner).deploy();
      const factory = await new VelodromeV2Factory__factory(owner).deploy(implementation);
      const router = await new VelodromeV2Router__factory(owner).deploy(factory);
      return { factory: await factory.getAddress(), router: await router.getAddress() };
    },
    async open(factory, owner, tokens, stable) {
      await VelodromeV2Factory__factory.connect(factory, owner).createPool(...tokens, stable);
    },
    async handTo(factory, owner, account) {
      const at = VelodromeV2Factory__factory.connect(factory, owner);
      await at.setFeeManager(account);
      await at.setPauser(account);
      return [];
    },
    setFees: ({ address, factory }, [fee]) => ({
      target: factory,
      data: velodromeFactory.encodeFunctionData("setCustomFee", [address, fee === 0n ? zeroFeeIndicator : fee]),
    }),
  },
  camelotV2: {
    async deploy(owner) {
      const factory = await new CamelotFactory__factory(owner).deploy(ZeroAddress);
      const router = await new CamelotRouter__factory(owner).deploy(factory, arbitrum.weth);
      return { factory: await factory.getAddress(), router: await router.getAddress() };
    },
    async open(factory, owner, tokens, stable) {
      const at = CamelotFactory__factory.connect(factory, owner);
      await at.createPair(...tokens);
      const pair = CamelotPair__factory.connect(await at.getPair(...tokens), owner);
      if (stable) await pair.setStableSwap(true, 0n, 0n);
    },
    async handTo(factory, owner, account) {
      const at = CamelotFactory__factory.connect(factory, owner);
      await at.setFeePercentOwner(account);
      await at.setSetStableOwner(account);
      await at.setOwner(account);
      return [];
    },
    setFees: ({ address }, fees) => ({
      target: address,
      data: camelotPair.encodeFunctionData("setFeePercent", [...fees]),
    }),
  },
};

/** Deploys two tokens, in the order in which a pair sorts them. */
export async function deploySortedTokens(
  owner: HardhatEthersSigner,
  [decimals0, decimals1]: readonly [number, number],
): Promise<[Address, Address]> {
  const deploy = async (decimals: number) => {
    const token = await new BridgedToken__factory(owner).deploy("Token", "T", decimals, owner);
    return token.getAddress();
  };
  const token0 = await deploy(decimals0);
  let token1 = await deploy(decimals1);
  while (BigInt(token1) < BigInt(token0)) token1 = await deploy(decimals1);
  return [token0, token1];
}
