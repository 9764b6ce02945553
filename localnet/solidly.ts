import { arbitrum } from "../bot/config/chains/arbitrum.ts";
import { deploymentsOf, type Token } from "../bot/config/chains/chain.ts";
import { creationOf, deployAt, type Localnet } from "./localnet.ts";
import { token, unitsWorth } from "./market.ts";
import { approveMax, mint } from "./tokens.ts";

/** The pairs, with their liquidity a side in US dollars at the start prices. */
const pairs: readonly { a: string; b: string; stable: boolean; usd: bigint }[] = [
  { a: "WETH", b: "USDC", stable: false, usd: 800_000n },
  { a: "WETH", b: "USDC.e", stable: false, usd: 1_500_000n },
  { a: "WETH", b: "USDT", stable: false, usd: 600_000n },
  { a: "ARB", b: "WETH", stable: false, usd: 500_000n },
  { a: "WBTC", b: "WETH", stable: false, usd: 700_000n },
  { a: "ARB", b: "USDC", stable: false, usd: 300_000n },
  { a: "USDC", b: "USDC.e", stable: true, usd: 1_000_000n },
  { a: "USDC", b: "USDT", stable: true, usd: 600_000n },
  { a: "USDC", b: "DAI", stable: true, usd: 400_000n },
];

/** Puts the twins of Ramses V1 at their addresses and opens its pairs at the start prices. */
export async function deploySolidly(localnet: Localnet): Promise<void> {
  const { owner } = localnet;
  for (const deployment of deploymentsOf(arbitrum, "solidly")) {
    if (deployment.generation !== "solidly") continue;
    await deployAt(localnet, deployment.factory, await creationOf("SolidlyFactory"), [owner.address]);
    const router = await deployAt(localnet, deployment.router, await creationOf("SolidlyRouter"), [
      deployment.factory,
      arbitrum.weth,
    ]);
    for (const [needed, usd] of liquidityByToken()) {
      await mint(localnet, needed, owner.address, unitsWorth(needed, usd));
      await approveMax(localnet, needed, deployment.router);
    }
    for (const { a, b, stable, usd } of pairs) {
      const [tokenA, tokenB] = [token(a), token(b)];
      await router.getFunction("addLiquidity")(
        tokenA.address,
        tokenB.address,
        stable,
        unitsWorth(tokenA, usd),
        unitsWorth(tokenB, usd),
        0n,
        0n,
        owner.address,
        2n ** 256n - 1n,
      );
    }
  }
}

/** Sums what all pairs need of each token, in US dollars. */
function liquidityByToken(): ReadonlyMap<Token, bigint> {
  const usdByToken = new Map<Token, bigint>();
  for (const { a, b, usd } of pairs) {
    for (const symbol of [a, b]) usdByToken.set(token(symbol), (usdByToken.get(token(symbol)) ?? 0n) + usd);
  }
  return usdByToken;
}
