import { arbitrum } from "../bot/config/chains/arbitrum.ts";
import { type Address, deploymentsOf, type Token, type WoofiDeployment } from "../bot/config/chains/chain.ts";
import { setFeedPrice } from "./chainlink.ts";
import { contractAt, type Localnet } from "./localnet.ts";
import { startPriceE8, token, tokens } from "./market.ts";
import type { Random } from "./random.ts";

/** A token's price in USD with 8 decimals. */
export interface Price {
  readonly token: Token;
  readonly priceE8: bigint;
}

/** The prices outside of the pools: what Chainlink and WOOFi's poster see. */
export interface ReferencePrices {
  /** Moves the price of one volatile token by at most half a percent, and returns what it is now. */
  move(random: Random): Price;
  /** Posts what moved to its feed, all of WOOFi's prices to its oracle, and every feed that has grown old. */
  post(): Promise<void>;
}

const volatile = [token("WETH"), token("WBTC"), token("ARB")];

const maxMoveBps = 50n;

/** How far a price may leave its start before it turns. */
const maxDriftBps = 200n;

/** Feeds are posted again long before their heartbeat of a day has passed. */
const feedMaxAgeSeconds = 3_600n;

const oracleAbi = [
  "function state(address base) view returns ((uint128 price, uint64 spread, uint64 coeff, bool woFeasible))",
  "function postStateList(address[] bases, uint128[] prices, uint64[] spreads, uint64[] coeffs, uint256 timestamp)",
];

/** Starts at the prices at which the localnet is built. `bases` are the tokens that WOOFi prices. */
export async function startReferencePrices(localnet: Localnet, bases: readonly Address[]): Promise<ReferencePrices> {
  const pricesE8 = new Map(tokens.map(({ address }) => [address, startPriceE8(address)]));
  const priceOf = (address: Address) => pricesE8.get(address) ?? startPriceE8(address);
  const unposted = new Set<Token>();
  let feedsPostedAt = await timestamp(localnet);
  const oracles = await Promise.all(
    deploymentsOf(arbitrum, "woofi").map((woofi) => openOracle(localnet, woofi, bases)),
  );
  return {
    move(random) {
      const moved = random.pick(volatile);
      const start = startPriceE8(moved.address);
      const changeBps = random.bigint(10n, maxMoveBps);
      const driftBps = ((priceOf(moved.address) - start) * 10_000n) / start;
      const rises = random.bigint(0n, 1n) === 1n;
      const turns = rises ? driftBps + changeBps > maxDriftBps : driftBps - changeBps < -maxDriftBps;
      const driftedBps = driftBps + (rises !== turns ? changeBps : -changeBps);
      const priceE8 = start + (start * driftedBps) / 10_000n;
      pricesE8.set(moved.address, priceE8);
      unposted.add(moved);
      return { token: moved, priceE8 };
    },
    async post() {
      const now = await timestamp(localnet);
      if (now - feedsPostedAt > feedMaxAgeSeconds) {
        feedsPostedAt = now;
        for (const old of tokens) unposted.add(old);
      }
      // The feeds first: WOOFi refuses to trade at a price that is too far away from Chainlink's.
      for (const moved of unposted) await setFeedPrice(localnet, moved, priceOf(moved.address));
      unposted.clear();
      for (const oracle of oracles) await oracle.post(priceOf, now);
    },
  };
}

interface Oracle {
  post(priceOf: (base: Address) => bigint, now: bigint): Promise<void>;
}

/** Posts as WOOFi's own poster does: price, spread and coefficient of all bases at once, and often. */
async function openOracle(localnet: Localnet, { oracle }: WoofiDeployment, bases: readonly Address[]): Promise<Oracle> {
  const contract = contractAt(localnet, oracle, oracleAbi);
  const states = await Promise.all(bases.map((base) => contract.getFunction("state")(base)));
  const spreads: bigint[] = states.map(({ spread }) => spread);
  const coeffs: bigint[] = states.map(({ coeff }) => coeff);
  return {
    async post(priceOf, now) {
      await contract.getFunction("postStateList")(bases, bases.map(priceOf), spreads, coeffs, now);
    },
  };
}

async function timestamp({ connection }: Localnet): Promise<bigint> {
  const block = await connection.ethers.provider.getBlock("latest");
  if (block === null) throw new Error("The localnet has no block.");
  return BigInt(block.timestamp);
}
