import { AbiCoder, getAddress, toBeHex } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { type Address, tokenOf, type VenueName, venueNames } from "../../bot/config/chains/chain.ts";
import type { Curve } from "../../bot/domain/curve.ts";
import type { LoanOffer } from "../../bot/domain/lender.ts";
import { type Refusal, refuse } from "../../bot/domain/quote.ts";
import type { PoolState, Snapshot } from "../../bot/domain/snapshot.ts";
import type { Venues } from "../../bot/venues/registry.ts";
import { type Pool, quoteOnce, type Venue } from "../../bot/venues/venue.ts";

/** A pool of the product formula with a fee of 0.3 %, by the address of each token. */
export type Reserves = ReadonlyMap<Address, bigint>;

export const weth = tokenOf(arbitrum, "WETH");
export const usdc = tokenOf(arbitrum, "USDC");
export const wbtc = tokenOf(arbitrum, "WBTC");

const deployments: Record<VenueName, string> = {
  solidly: "Ramses V1",
  algebra: "Camelot V3",
  woofi: "WOOFi",
  dodo: "DODO",
  balancer: "Balancer V2",
  uniswapV2: "Uniswap V2",
  uniswapV3: "Uniswap V3",
};

/** One direction of the product formula with a fee of 0.3 %. */
export function productCurve(reserves: Reserves, tokenIn: Address, tokenOut: Address): Curve<Reserves> | Refusal {
  const [into, outOf] = [reserves.get(tokenIn), reserves.get(tokenOut)];
  if (into === undefined || outOf === undefined) return refuse("token-not-in-pool", tokenIn);
  const [reserveIn, reserveOut, kept] = [Number(into), Number(outOf), 0.997];
  const quote = (amountIn: bigint) => (amountIn * 997n * outOf) / (into * 1_000n + amountIn * 997n);
  return {
    quote,
    after: (amountIn) =>
      new Map([...reserves, [tokenIn, into + amountIn] as const, [tokenOut, outOf - quote(amountIn)] as const]),
    rate: (kept * reserveOut) / reserveIn,
    limitIn: Number.POSITIVE_INFINITY,
    estimate: (amountIn) => (kept * amountIn * reserveOut) / (reserveIn + kept * amountIn),
    product: { reserveIn, reserveOut, kept },
  };
}

/** A venue whose pools are two reserves, without a chain: `reads` asks the pool's address for nothing in particular. */
function memoryVenue<V extends VenueName>(name: V): Venue {
  const venue: Venue = {
    name,
    gas: 150_000n,
    requirements: () => ({ contracts: {}, expectations: [] }),
    discover: async () => [],
    reads: ({ address }) => [{ target: address, data: "0x" }],
    decode(pool, [result]) {
      if (!result?.success) return refuse("unreadable", "the read failed");
      const reserves = AbiCoder.defaultAbiCoder().decode(["uint256[]"], result.data)[0] as bigint[];
      return new Map(pool.tokens.map((token, index) => [token, reserves[index] ?? 0n]));
    },
    trades: { topics: [], source: ({ address }) => ({ address }) },
    curve: (_pool, state, tokenIn, tokenOut) => productCurve(state as Reserves, tokenIn, tokenOut),
    quote: (pool, state, swap) => quoteOnce(venue.curve, pool, state, swap),
    encode: (_deployment, { address }) => ({ target: address, data: "0x" }),
  };
  return venue;
}

export const memoryVenues = Object.fromEntries(
  venueNames.map((name) => [name, memoryVenue(name)]),
) as unknown as Venues;

/** Creates a pool with its state. `index` makes its address. */
export function memoryPool(index: number, venue: VenueName, reserves: Reserves): PoolState {
  const address = getAddress(toBeHex(0x1000 + index, 20));
  const pool: Pool = { venue, deployment: deployments[venue], id: address, address, tokens: [...reserves.keys()] };
  return { pool, state: reserves };
}

export const pricesE8: ReadonlyMap<Address, bigint> = new Map([
  [weth.address, 3_000_00000000n],
  [usdc.address, 1_00000000n],
  [wbtc.address, 60_000_00000000n],
]);

export const offer = (lender: LoanOffer["lender"], token: Address, available: bigint, feeRate = 0n): LoanOffer => ({
  lender,
  token,
  available,
  feeRate,
});

/** Two WETH/USDC pools, 1 % apart, on two venues. */
export function dislocatedPools(venues: readonly [VenueName, VenueName] = ["solidly", "algebra"]): PoolState[] {
  const pool = (index: number, venue: VenueName, usdcReserve: bigint) =>
    memoryPool(
      index,
      venue,
      new Map([
        [weth.address, 1_000n * 10n ** 18n],
        [usdc.address, usdcReserve],
      ]),
    );
  return [pool(1, venues[0], 3_000_000n * 10n ** 6n), pool(2, venues[1], 3_060_000n * 10n ** 6n)];
}

/** A snapshot on which nothing stands against a trade, unless `change` says otherwise. */
export function memorySnapshot(pools: readonly PoolState[], change: Partial<Snapshot> = {}): Snapshot {
  return {
    block: { number: 100n, timestamp: 1_000_000n, baseFeeWei: 10_000_000n },
    pools,
    absent: [],
    touched: pools.map(({ pool }) => pool.id),
    divergences: [],
    dataFee: undefined,
    offers: [offer("morphoBlue", usdc.address, 10n ** 13n), offer("morphoBlue", weth.address, 10n ** 21n)],
    pricesE8,
    unpriced: new Map(),
    sequencer: { up: true, since: 0n },
    contract: { paused: false, isOperator: true, treasury: getAddress(toBeHex(0x99, 20)) },
    wallet: { etherWei: 10n ** 18n, tokens: new Map() },
    ...change,
  };
}
