import { ZeroHash } from "ethers";
import { arbitrum } from "../bot/config/chains/arbitrum.ts";
import type { Address, Chain } from "../bot/config/chains/chain.ts";
import type { Charges } from "../bot/domain/gas.ts";
import { isNoTrade } from "../bot/domain/noTrade.ts";
import type { Order } from "../bot/domain/order.ts";
import type { PoolState, Snapshot } from "../bot/domain/snapshot.ts";
import { createOpportunitySearch, curvesOf, type Searched } from "../bot/pipeline/search.ts";
import { type SizeOptions, size, splitsPerBlock } from "../bot/pipeline/size.ts";
import { venueOf, venues } from "../bot/venues/registry.ts";
import type { DexMarket, MarketToken } from "./market.ts";

/** The stages of the bot between the reading of a block and the simulation of an order. */
export interface Decisions {
  /** Looks through what has changed since the last call: `touched` are the ids of the pools that did, at first all. */
  search(pools: readonly PoolState[], touched: readonly string[]): Searched;
  /** Does so, and sizes what it found. */
  decide(pools: readonly PoolState[], touched: readonly string[]): Decision;
}

export interface Decision extends Searched {
  /** The order that leaves the most, if any. */
  readonly best: Order | undefined;
}

export interface DecisionParameters {
  readonly maxHops: 2 | 3 | 4;
  /** How many of the market's first tokens are lent, without a fee. */
  readonly lent: number;
  readonly opportunities: number;
}

/** Arbitrum's least price of a unit of gas. */
const baseFeeWei = 10_000_000n;

/** What a trade is charged for: gas, and no data, which a synthetic market knows no fee for. */
export const charges: Charges = {
  gasPriceWei: baseFeeWei,
  dataFee: undefined,
  hopGas: (name) => venueOf(venues, name).gas,
};
const lentUsd = 10_000_000;

/** Gives the bot a synthetic market instead of a chain's. */
export function createDecisions(market: DexMarket, parameters: DecisionParameters): Decisions {
  const { maxHops, lent, opportunities: opportunitiesPerBlock } = parameters;
  const chain = chainOf(market);
  const searchSnapshot = createOpportunitySearch(venues, {
    chain,
    salt: ZeroHash,
    maxHops,
    opportunitiesPerBlock,
    tipWei: 0n,
  });
  const options: SizeOptions = {
    tokens: chain.tokens,
    wrappedEther: chain.weth,
    minProfitUsdE8: 0n,
    minProfitOverCostBps: 0n,
    deadlineSeconds: 60n,
    ...charges,
    // A synthetic market has pools that are off on purpose.
    maxPriceDeviationBps: 10_000n,
    maxProfitBps: 10_000n,
  };
  const curveOf = curvesOf(venues);
  const snapshotOf = snapshots(market, lent);
  return {
    search: (pools, touched) => searchSnapshot(snapshotOf(pools, touched)),
    decide(pools, touched) {
      const snapshot = snapshotOf(pools, touched);
      const searched = searchSnapshot(snapshot);
      let best: Order | undefined;
      for (const [rank, opportunity] of searched.opportunities.entries()) {
        const sizing = { market: searched.market, curveOf, splits: rank < splitsPerBlock };
        const order = size(opportunity, snapshot, sizing, options);
        if (!isNoTrade(order) && (best === undefined || order.netUsdE8 > best.netUsdE8)) best = order;
      }
      return { ...searched, best };
    },
  };
}

function chainOf({ tokens }: DexMarket): Chain {
  return { ...arbitrum, tokens, weth: wethOf(tokens) };
}

export function wethOf([weth]: DexMarket["tokens"]): Address {
  if (weth === undefined) throw new Error("The first token of a market is WETH; this one has no tokens.");
  return weth.address;
}

/** How much of a token can be borrowed. */
export function lentUnits(token: MarketToken | undefined): bigint {
  return token === undefined ? 0n : BigInt(Math.floor((lentUsd / token.usd) * 10 ** token.decimals));
}

type SnapshotOf = (pools: readonly PoolState[], touched: readonly string[]) => Snapshot;

function snapshots({ tokens }: DexMarket, lent: number): SnapshotOf {
  const pricesE8 = new Map(tokens.map(({ address, usd }) => [address, BigInt(Math.max(1, Math.round(usd * 1e8)))]));
  const offers = tokens.slice(0, lent).map((token) => ({
    lender: "morphoBlue" as const,
    token: token.address,
    available: lentUnits(token),
    feeRate: 0n,
  }));
  return (pools, touched) => ({
    block: { number: 1n, timestamp: 1_700_000_000n, baseFeeWei },
    pools,
    absent: [],
    touched,
    divergences: [],
    dataFee: charges.dataFee,
    offers,
    pricesE8,
    unpriced: new Map(),
    sequencer: { up: true, since: 0n },
    contract: undefined,
    wallet: undefined,
  });
}
