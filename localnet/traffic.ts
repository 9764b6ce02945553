import { Contract } from "ethers";
import { arbitrum } from "../bot/config/chains/arbitrum.ts";
import { type Address, type Deployment, deploymentsOf, type Token, venueNames } from "../bot/config/chains/chain.ts";
import { isRefusal } from "../bot/domain/quote.ts";
import { venueOf, venues } from "../bot/venues/registry.ts";
import type { Pool, Swap, Venue } from "../bot/venues/venue.ts";
import { type Localnet, sendFrom } from "./localnet.ts";
import { tokens, unitsWorth } from "./market.ts";
import { readerAt } from "./multicall.ts";
import { seededRandom } from "./random.ts";
import { type Price, startReferencePrices } from "./referencePrices.ts";
import { type RouterCall, routerCall } from "./routers.ts";
import { erc20Abi, mint } from "./tokens.ts";

export interface Traffic {
  /** Plays one round: posts the reference prices, sometimes after one has moved, and then moves one to three pools. */
  step(): Promise<Round>;
}

/** What happened in one round. */
export interface Round {
  readonly moves: readonly Price[];
  readonly swaps: readonly TrafficSwap[];
}

export interface TrafficSwap extends Swap {
  readonly pool: Pool;
  /** Why the swap failed; undefined when it did not. */
  readonly failure: string | undefined;
}

/** Two tokens of a pool. */
interface Market {
  readonly venue: Venue;
  readonly deployment: Deployment;
  readonly pool: Pool;
  readonly pair: readonly [Token, Token];
  /** A swap of this many USD is executed about half a percent worse than a small one. */
  readonly depthUsd: bigint;
}

const minSwapUsd = 1_000n;
const maxSwapUsd = 60_000n;

/** The size of a swap in percent of its market's depth. */
const [minSwapPercent, maxSwapPercent] = [20n, 120n];

/** How far one-sided trading goes before it turns, in percent of a market's depth: a move of the price by 1 to 2 %. */
const maxImbalancePercent = 150n;

const maxSwapsPerRound = 3n;

/** One round in this many moves a reference price. */
const roundsPerMove = 4n;

/** Accounts that nobody uses for anything else. */
const traderIndexes = [15, 16, 17];

/**
 * Prepares random traffic through the routers of all venues.
 *
 * The same seed on a newly built localnet draws the same rounds whatever else happens on the chain: tokens, directions and
 * amounts depend on nothing that others can change.
 */
export async function createTraffic(localnet: Localnet, { seed }: { readonly seed: number }): Promise<Traffic> {
  const random = seededRandom(seed);
  const pools = await discoverPools(localnet);
  const prices = await startReferencePrices(localnet, basesOf(pools));
  // WOOFi trades at a fresh price only, and the localnet may have been built a while ago.
  await prices.post();
  const markets = await readMarkets(localnet, pools);
  const byVenue = [...Map.groupBy(markets, ({ pool }) => pool.venue).values()];
  const traders = await createTraders(localnet);
  /** By market, how many USD of its first token traffic has sold more than it has bought. */
  const imbalances = new Map<Market, bigint>();

  const drawSwap = () => {
    // The venue first: otherwise those with the most pairs would have nearly all of the traffic.
    const market = random.pick(random.pick(byVenue));
    const { pair, depthUsd } = market;
    const usd = clamp((depthUsd * random.bigint(minSwapPercent, maxSwapPercent)) / 100n, minSwapUsd, maxSwapUsd);
    const imbalance = imbalances.get(market) ?? 0n;
    const limit = (depthUsd * maxImbalancePercent) / 100n;
    const drawnFirst = random.bigint(0n, 1n) === 1n;
    const turns = drawnFirst ? imbalance + usd > limit : imbalance - usd < -limit;
    const sellsFirst = drawnFirst !== turns;
    imbalances.set(market, sellsFirst ? imbalance + usd : imbalance - usd);
    const [tokenIn, tokenOut] = sellsFirst ? pair : [pair[1], pair[0]];
    return { market, trader: random.pick(traders), tokenIn, tokenOut, amountIn: unitsWorth(tokenIn, usd) };
  };

  return {
    async step() {
      // All of a round is drawn before any of it is sent, so that a failure changes nothing that comes later.
      const moves = random.bigint(1n, roundsPerMove) === 1n ? [prices.move(random)] : [];
      const drawn = Array.from({ length: Number(random.bigint(1n, maxSwapsPerRound)) }, drawSwap);
      await prices.post();
      const swaps: TrafficSwap[] = [];
      for (const { market, trader, tokenIn, tokenOut, amountIn } of drawn) {
        const { venue, deployment, pool } = market;
        const swap = { tokenIn: tokenIn.address, tokenOut: tokenOut.address, amountIn };
        const hop = venue.encode(deployment, pool, swap.tokenIn, swap.tokenOut);
        const failure = await trader.trade(tokenIn, amountIn, routerCall(deployment, hop, swap, trader.address));
        swaps.push({ pool, ...swap, failure });
      }
      return { moves, swaps };
    },
  };
}

async function discoverPools(localnet: Localnet): Promise<readonly Traded[]> {
  const { reader } = await newestOf(localnet);
  const traded: Traded[] = [];
  for (const name of venueNames) {
    const venue = venueOf(venues, name);
    for (const deployment of deploymentsOf(arbitrum, name)) {
      const pools = await venue.discover(deployment, tokens, reader);
      traded.push(...pools.map((pool) => ({ venue, deployment, pool })));
    }
  }
  return traded;
}

async function readMarkets(localnet: Localnet, traded: readonly Traded[]): Promise<readonly Market[]> {
  const { block, reader } = await newestOf(localnet);
  const reads = traded.map(({ venue, pool }) => venue.reads(pool));
  const results = await reader.read(reads.flat());
  let read = 0;
  return traded.flatMap((each, index) => {
    const end = read + (reads[index]?.length ?? 0);
    const state = each.venue.decode(each.pool, results.slice(read, end), BigInt(block.timestamp));
    read = end;
    return isRefusal(state) ? [] : marketsOf(each, state);
  });
}

async function newestOf({ connection }: Localnet) {
  const block = await connection.ethers.provider.getBlock("latest");
  if (block === null) throw new Error("The localnet has no block.");
  return { block, reader: readerAt(connection, block.number) };
}

type Traded = Pick<Market, "venue" | "deployment" | "pool">;

/** Lists a pool's pairs that can be traded in both directions now. */
function marketsOf(traded: Traded, state: unknown): readonly Market[] {
  const listed = tokens.filter(({ address }) => traded.pool.tokens.includes(address));
  return listed.flatMap((first, index) =>
    listed.slice(index + 1).flatMap((second): Market[] => {
      const there = depthUsdOf(traded, state, first, second);
      const back = depthUsdOf(traded, state, second, first);
      const depthUsd = clamp(there, 0n, back);
      return depthUsd === 0n ? [] : [{ ...traded, pair: [first, second], depthUsd }];
    }),
  );
}

const probeUsd = 100n;

/** Finds the largest swap that is executed at most half a percent worse than a small one: 0 when none is. */
function depthUsdOf({ venue, pool }: Traded, state: unknown, tokenIn: Token, tokenOut: Token): bigint {
  const quote = (usd: bigint): bigint => {
    const amountIn = unitsWorth(tokenIn, usd);
    const out = venue.quote(pool, state, { tokenIn: tokenIn.address, tokenOut: tokenOut.address, amountIn });
    return isRefusal(out) ? 0n : out;
  };
  const small = quote(probeUsd);
  const isDeep = (usd: bigint) => small > 0n && quote(usd) * probeUsd * 1_000n >= small * usd * 995n;
  if (!isDeep(minSwapUsd)) return 0n;
  // Between a size that the pool takes well and one that it does not, in steps of the smallest swap.
  let [deep, shallow] = [1n, maxSwapUsd / minSwapUsd + 1n];
  while (shallow - deep > 1n) {
    const middle = (deep + shallow) / 2n;
    if (isDeep(middle * minSwapUsd)) deep = middle;
    else shallow = middle;
  }
  return deep * minSwapUsd;
}

/** Everything that WOOFi trades against its quote token. */
function basesOf(traded: readonly Traded[]): readonly Address[] {
  const bases = traded.flatMap(({ deployment, pool }) =>
    deployment.venue === "woofi" ? pool.tokens.filter((address) => address !== deployment.quoteToken) : [],
  );
  return [...new Set(bases)];
}

interface Trader {
  readonly address: Address;
  /** Sells `amountIn` units of `tokenIn` through a router, and returns why that failed. */
  trade(tokenIn: Token, amountIn: bigint, call: RouterCall): Promise<string | undefined>;
}

async function createTraders(localnet: Localnet): Promise<readonly Trader[]> {
  const signers = await localnet.connection.ethers.getSigners();
  return traderIndexes.map((index): Trader => {
    const signer = signers[index];
    if (signer === undefined) throw new Error(`The network has no account ${index} for traffic.`);
    const approved = new Set<string>();
    return {
      address: signer.address,
      async trade(tokenIn, amountIn, { spender, to, data }) {
        try {
          const erc20 = new Contract(tokenIn.address, erc20Abi, signer);
          const balance: bigint = await erc20.getFunction("balanceOf")(signer);
          if (balance < amountIn) await mint(localnet, tokenIn, signer.address, unitsWorth(tokenIn, fundingUsd));
          const approval = `${tokenIn.address} ${spender}`;
          if (!approved.has(approval)) {
            const approve = erc20.interface.encodeFunctionData("approve", [spender, maxUint256]);
            await sendFrom(localnet, signer.address, { to: tokenIn.address, data: approve });
            approved.add(approval);
          }
          await sendFrom(localnet, signer.address, { to, data });
          return undefined;
        } catch (error) {
          return error instanceof Error ? error.message : String(error);
        }
      },
    };
  });
}

const fundingUsd = 1_000_000n;
const maxUint256 = 2n ** 256n - 1n;

function clamp(value: bigint, min: bigint, max: bigint): bigint {
  if (value < min) return min;
  return value > max ? max : value;
}
