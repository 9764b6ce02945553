import { arbitrum } from "../bot/config/chains/arbitrum.ts";
import type { Address, Chain, Token } from "../bot/config/chains/chain.ts";
import { contractAt, creationOf, deployAt, type Localnet } from "./localnet.ts";
import { startPriceE8 } from "./market.ts";

const usdDecimals = 8;

/** How long the sequencer has been up when the localnet starts: longer than any grace period. */
const sequencerUptimeSeconds = 30n * 24n * 60n * 60n;

/** Puts every feed of the chain file at its address, with the price at which the markets start. */
export async function deployChainlink(localnet: Localnet): Promise<void> {
  const creation = await creationOf("ChainlinkFeed");
  const transmitter = localnet.owner.address;
  const deployed = new Set<Address>();
  for (const [token, { address, description }] of Object.entries(arbitrum.feeds.usd)) {
    // USDC and USDC.e are priced by one feed.
    if (deployed.has(address)) continue;
    deployed.add(address);
    await deployAt(localnet, address, creation, [description, usdDecimals, startPriceE8(token), 0n, transmitter]);
  }
  await deployAt(localnet, arbitrum.feeds.sequencerUptime, creation, [
    "L2 Sequencer Uptime Status Feed",
    0,
    0n,
    sequencerUptimeSeconds,
    transmitter,
  ]);
}

/** Returns the USD feed of a token. */
export function feedOf(token: Address): Chain["feeds"]["usd"][Address] {
  const feed = arbitrum.feeds.usd[token];
  if (feed === undefined) throw new Error(`No feed for ${token} in bot/config/chains/arbitrum.ts.`);
  return feed;
}

/** Posts a token's price in USD with 8 decimals to its feed. USDC and USDC.e share one feed. */
export async function setFeedPrice(localnet: Localnet, token: Token, priceE8: bigint): Promise<void> {
  const abi = ["function transmit(int192 answer)"];
  await contractAt(localnet, feedOf(token.address).address, abi).getFunction("transmit")(priceE8);
}
