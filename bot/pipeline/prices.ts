import { Interface } from "ethers";
import type { Address, Chain } from "../config/chains/chain.ts";
import { usdDecimals } from "../domain/amount.ts";
import type { Context, SequencerState } from "../domain/snapshot.ts";
import { integerOf } from "../lenders/lender.ts";
import type { CallResult, Reader } from "../venues/venue.ts";
import type { Section } from "./observe.ts";

/** Checked prices, why a token has none, and what the sequencer's feed says. */
export type Prices = Pick<Context, "pricesE8" | "unpriced" | "sequencer">;

const aggregator = new Interface([
  "function latestRoundData() view returns (uint80, int256, uint256, uint256, uint80)",
  "function description() view returns (string)",
  "function decimals() view returns (uint8)",
]);
const [latestRound, description, decimals] = (["latestRoundData", "description", "decimals"] as const).map((name) =>
  aggregator.encodeFunctionData(name),
) as [string, string, string];

/** How many calls a price takes. */
const callsPerFeed = 3;

/**
 * Everything that a price rests on, in one place: the feed is the one that it is taken for, by its description and its
 * decimals, its answer is above zero and no older than the heartbeat, and the sequencer is up for `sequencerGraceSeconds`.
 * While it is not, no token has a price: nobody could have posted one, or traded on it.
 */
export function priceSection(chain: Chain, sequencerGraceSeconds: bigint): Section<Prices> {
  const feeds = chain.tokens.flatMap(({ address }) => {
    const feed = chain.feeds.usd[address];
    return feed === undefined ? [] : [{ token: address, ...feed }];
  });
  return {
    calls: [
      { target: chain.feeds.sequencerUptime, data: latestRound },
      ...feeds.flatMap(({ address: target }) => [latestRound, description, decimals].map((data) => ({ target, data }))),
    ],
    decode: ([uptime, ...results], { timestamp }) => {
      const sequencer = sequencerFrom(uptime);
      const outage = outageOf(sequencer, timestamp, sequencerGraceSeconds);
      const pricesE8 = new Map<Address, bigint>();
      const unpriced = new Map(chain.tokens.map(({ address }) => [address, "no feed is configured"]));
      for (const [index, feed] of feeds.entries()) {
        const answers = results.slice(index * callsPerFeed, (index + 1) * callsPerFeed);
        const price = outage ?? priceFrom(answers, feed, timestamp);
        if (typeof price === "string") unpriced.set(feed.token, price);
        else {
          pricesE8.set(feed.token, price);
          unpriced.delete(feed.token);
        }
      }
      return { pricesE8, unpriced, sequencer };
    },
  };
}

/** Reads the prices alone. `timestamp` is that of the block that `reader` reads, in seconds. */
export async function readPrices(
  chain: Chain,
  reader: Reader,
  timestamp: bigint,
  sequencerGraceSeconds: bigint,
): Promise<Prices> {
  const section = priceSection(chain, sequencerGraceSeconds);
  return section.decode(await reader.read(section.calls), { number: 0n, timestamp, baseFeeWei: 0n });
}

/** Returns a feed's price, or why it is none. */
function priceFrom(
  [latest, described, digits]: readonly CallResult[],
  { description: expected, heartbeatSeconds }: { readonly description: string; readonly heartbeatSeconds: number },
  timestamp: bigint,
): bigint | string {
  const round = roundFrom(latest);
  if (round === undefined) return "its feed cannot be read";
  const name = textFrom(described);
  if (name !== expected) return `its feed is "${name ?? "without a description"}", not "${expected}"`;
  if (integerOf(digits) !== BigInt(usdDecimals)) {
    return `its feed has ${integerOf(digits) ?? "no"} decimals, not ${usdDecimals}`;
  }
  if (round.answer <= 0n) return `its feed answers ${round.answer}`;
  const age = timestamp - round.updatedAt;
  if (age > BigInt(heartbeatSeconds)) return `its feed's answer is ${age} s old, the limit is ${heartbeatSeconds} s`;
  return round.answer;
}

function textFrom(result: CallResult | undefined): string | undefined {
  if (!result?.success) return undefined;
  try {
    return String(aggregator.decodeFunctionResult("description", result.data)[0]);
  } catch {
    return undefined;
  }
}

function sequencerFrom(result: CallResult | undefined): SequencerState | undefined {
  const round = roundFrom(result);
  // A round that began at 0 is not initialised yet (Chainlink's L2 sequencer feeds).
  if (round === undefined || round.startedAt === 0n) return undefined;
  return { up: round.answer === 0n, since: round.startedAt };
}

/** Returns why prices cannot be relied on, or undefined. */
function outageOf(sequencer: SequencerState | undefined, timestamp: bigint, graceSeconds: bigint): string | undefined {
  if (sequencer === undefined) return "the sequencer uptime feed cannot be read";
  const since = timestamp - sequencer.since;
  if (!sequencer.up) return `the sequencer is down since ${since} s`;
  if (since < graceSeconds) return `the sequencer is up for ${since} s, the limit is ${graceSeconds} s`;
  return undefined;
}

interface Round {
  readonly answer: bigint;
  readonly startedAt: bigint;
  readonly updatedAt: bigint;
}

function roundFrom(result: CallResult | undefined): Round | undefined {
  if (!result?.success || result.data.length < 2 + 5 * 64) return undefined;
  const [, answer, startedAt, updatedAt] = aggregator.decodeFunctionResult("latestRoundData", result.data);
  return { answer, startedAt, updatedAt };
}
