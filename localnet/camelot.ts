import { MaxUint256 } from "ethers";
import { arbitrum } from "../bot/config/chains/arbitrum.ts";
import { deploymentsOf, type Token } from "../bot/config/chains/chain.ts";
import { contractAt, creationOf, deployAt, type Localnet } from "./localnet.ts";
import { token, unitsWorth } from "./market.ts";
import { approveMax, mint } from "./tokens.ts";

interface Pair {
  readonly a: string;
  readonly b: string;
  readonly stable: boolean;
  /** What the pair takes of an input of token0 and of token1, in 1/100000. */
  readonly fees: readonly [bigint, bigint];
  /** The liquidity a side in US dollars at the start prices. */
  readonly usd: bigint;
}

const pairs: readonly Pair[] = [
  { a: "WETH", b: "USDC", stable: false, fees: [300n, 300n], usd: 700_000n },
  { a: "ARB", b: "WETH", stable: false, fees: [250n, 350n], usd: 400_000n },
  { a: "USDC", b: "USDC.e", stable: true, fees: [10n, 10n], usd: 800_000n },
];

/** What Camelot's owner gets of the fees, in 1/100000: of stable pairs during every swap. */
const ownerFeeShare = 40_000n;

/**
 * Puts the twins of Camelot V2 at their addresses and opens its pairs at the start prices. The localnet's owner sets and
 * receives the fees.
 */
export async function deployCamelot(localnet: Localnet): Promise<void> {
  const { owner } = localnet;
  const pairAbi = (await creationOf("CamelotPair")).abi;
  for (const deployment of deploymentsOf(arbitrum, "solidly")) {
    if (deployment.generation !== "camelotV2") continue;
    const factory = await deployAt(localnet, deployment.factory, await creationOf("CamelotFactory"), [owner.address]);
    await factory.getFunction("setOwnerFeeShare")(ownerFeeShare);
    const router = await deployAt(localnet, deployment.router, await creationOf("CamelotRouter"), [
      deployment.factory,
      arbitrum.weth,
    ]);
    for (const traded of new Set(pairs.flatMap(({ a, b }) => [a, b]))) {
      await approveMax(localnet, token(traded), deployment.router);
    }
    for (const { a, b, stable, fees, usd } of pairs) {
      const [tokenA, tokenB] = [token(a), token(b)];
      await factory.getFunction("createPair")(tokenA.address, tokenB.address);
      const address: string = await factory.getFunction("getPair")(tokenA.address, tokenB.address);
      const pair = contractAt(localnet, address, pairAbi);
      await pair.getFunction("setFeePercent")(...fees);
      // While the pair is empty: the owner names the reserves at which the curve changes.
      if (stable) await pair.getFunction("setStableSwap")(true, 0n, 0n);
      const amounts = [await fund(localnet, tokenA, usd), await fund(localnet, tokenB, usd), 0n, 0n];
      await router.getFunction("addLiquidity")(tokenA.address, tokenB.address, ...amounts, owner, MaxUint256);
    }
  }
}

/** Gives the owner units of a token, and returns how many. */
async function fund(localnet: Localnet, needed: Token, usd: bigint): Promise<bigint> {
  const amount = unitsWorth(needed, usd);
  await mint(localnet, needed, localnet.owner.address, amount);
  return amount;
}
