import { arbitrum } from "../bot/config/chains/arbitrum.ts";
import { deploymentsOf, type Token, type WoofiDeployment } from "../bot/config/chains/chain.ts";
import { WooPPV2__factory, WooracleV2_2_1__factory } from "../types/index.js";
import { feedOf } from "./chainlink.ts";
import { creationOf, deployAt, type Localnet } from "./localnet.ts";
import { startPriceE8, token, unitsWorth } from "./market.ts";
import { mint } from "./tokens.ts";

/** A base token as WOOFi configured it on Arbitrum in 2023 and 2024 (public records of its state). */
interface Base {
  readonly token: Token;
  /** Scaled by 1e18. */
  readonly spread: bigint;
  /** Price impact of one unit of the quote token's value, scaled by 1e18. */
  readonly coeff: bigint;
  /** In units of 1e-5. */
  readonly feeRate: number;
  /** Largest price impact of one swap, scaled by 1e18. */
  readonly maxGamma: bigint;
  readonly maxNotionalUsd: bigint;
}

const bases: readonly Base[] = [
  {
    token: token("WETH"),
    spread: 270_000_000_000_000n,
    coeff: 1_550_000_000n,
    feeRate: 25,
    maxGamma: 3_000_000_000_000_000n,
    maxNotionalUsd: 1_000_000n,
  },
  {
    token: token("WBTC"),
    spread: 250_000_000_000_000n,
    coeff: 4_920_000_000n,
    feeRate: 25,
    maxGamma: 3_000_000_000_000_000n,
    maxNotionalUsd: 1_000_000n,
  },
  {
    token: token("ARB"),
    spread: 1_750_000_000_000_000n,
    coeff: 7_400_000_000n,
    feeRate: 25,
    maxGamma: 5_000_000_000_000_000n,
    maxNotionalUsd: 500_000n,
  },
  {
    token: token("USDT"),
    spread: 100_000_000_000_000n,
    coeff: 388_000_000n,
    feeRate: 5,
    maxGamma: 500_000_000_000_000n,
    maxNotionalUsd: 1_000_000n,
  },
  {
    token: token("USDC.e"),
    spread: 50_000_000_000_000n,
    coeff: 496_000_000n,
    feeRate: 5,
    maxGamma: 500_000_000_000_000n,
    maxNotionalUsd: 1_000_000n,
  },
];

const reserveUsd = 1_000_000n;
const quoteReserveUsd = 2_000_000n;

/** Puts WOOFi's router, pool and oracle at their addresses, after the tokens and the Chainlink feeds. */
export async function deployWoofi(localnet: Localnet): Promise<void> {
  const { router, pool, oracle, quoteToken } = woofi();
  const { owner } = localnet;
  await deployAt(localnet, oracle, await creationOf("WooracleV2_2_1"));
  await deployAt(localnet, pool, await creationOf("WooPPV2"), [quoteToken]);
  await deployAt(localnet, router, await creationOf("WooRouterV2"), [arbitrum.weth, pool]);

  const wooracle = WooracleV2_2_1__factory.connect(oracle, owner);
  await wooracle.setWooPP(pool);
  await wooracle.setGuardian(owner, true);
  await wooracle.setQuoteToken(quoteToken, feedOf(quoteToken).address);
  const wooPool = WooPPV2__factory.connect(pool, owner);
  await wooPool.init(oracle, owner);
  await fill(localnet, tokenAt(quoteToken), quoteReserveUsd);
  for (const { token, feeRate, maxGamma, maxNotionalUsd } of bases) {
    const price = startPriceE8(token.address);
    await wooracle.setCLOracle(token.address, feedOf(token.address).address, false);
    // Wide enough for any market that the localnet plays.
    await wooracle.setRange(token.address, price / 10n, price * 10n);
    await wooPool.setTokenInfo(token.address, feeRate, maxGamma, unitsWorth(tokenAt(quoteToken), maxNotionalUsd));
    await fill(localnet, token, reserveUsd);
  }
  const { timestamp } = await latestBlock(localnet);
  await wooracle.postStateList(
    bases.map(({ token }) => token.address),
    bases.map(({ token }) => startPriceE8(token.address)),
    bases.map(({ spread }) => spread),
    bases.map(({ coeff }) => coeff),
    timestamp,
  );
}

/**
 * Posts the price of a base token in the quote token with 8 decimals, as WOOFi's poster does, and renews the timestamp of
 * all prices. Swaps revert while the price is more than 1 % away from Chainlink's.
 */
export async function postWoofiPrice(localnet: Localnet, { address }: Token, priceE8: bigint): Promise<void> {
  const wooracle = WooracleV2_2_1__factory.connect(woofi().oracle, localnet.owner);
  await wooracle["postPrice(address,uint128)"](address, priceE8);
}

/** Renews the timestamp of all prices and changes nothing else. Without it swaps revert 300 seconds after the last post. */
export async function refreshWoofi(localnet: Localnet): Promise<void> {
  const wooracle = WooracleV2_2_1__factory.connect(woofi().oracle, localnet.owner);
  const { price } = await wooracle.infos(arbitrum.weth);
  await wooracle["postPrice(address,uint128)"](arbitrum.weth, price);
}

/** Gives the pool a reserve out of nothing. */
async function fill(localnet: Localnet, token: Token, usd: bigint): Promise<void> {
  const { pool } = woofi();
  await mint(localnet, token, pool, unitsWorth(token, usd));
  await WooPPV2__factory.connect(pool, localnet.owner).sync(token.address);
}

async function latestBlock({ connection }: Localnet): Promise<{ readonly timestamp: number }> {
  const block = await connection.ethers.provider.getBlock("latest");
  if (block === null) throw new Error("The localnet has no block.");
  return block;
}

function woofi(): WoofiDeployment {
  const [deployment] = deploymentsOf(arbitrum, "woofi");
  if (deployment === undefined) throw new Error("bot/config/chains/arbitrum.ts lists no deployment of WOOFi.");
  return deployment;
}

function tokenAt(address: string): Token {
  const found = arbitrum.tokens.find((candidate) => candidate.address === address);
  if (found === undefined) throw new Error(`bot/config/chains/arbitrum.ts lists no token ${address}.`);
  return found;
}
