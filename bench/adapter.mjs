import { isRefusal } from "../bot/domain/quote.ts";
import { outputOf, sizeLegs, wholeLeg } from "../bot/engine/size.ts";
import { curvesOf } from "../bot/pipeline/search.ts";
import { venues } from "../bot/venues/registry.ts";
import packageFile from "../package.json" with { type: "json" };
import { makeBlocks } from "./blocks.ts";
import { createDecisions } from "./decisions.ts";
import { marketKinds } from "./market.ts";
import { poolStateOf, poolStatesOf } from "./pools.ts";
import { deciding, idsOf, scanning, undoing } from "./searches.ts";

const same = (amount) => amount;
const curveOf = curvesOf(venues);
/** Nothing but the pools bounds a size. */
const loan = { feeShare: 0, limit: 1e30 };

/** Quintet's engine as a peer among others: plain Node 24 imports this file, from any folder. */
export const peer = {
  name: packageFile.name,
  version: packageFile.version,
  kinds: [...marketKinds],
  asynchronous: false,

  /** A quote that the pool would refuse is 0n. */
  make(pool, tokenIn, tokenOut, tokens) {
    const curve = curveOf(poolStateOf(pool, tokens), tokenIn, tokenOut);
    if (isRefusal(curve)) return undefined;
    return { wrap: same, quote: curve.quote, unwrap: (out) => (isRefusal(out) ? 0n : out) };
  },

  /** The best amount of a closed route, and its exact profit. */
  size(hops, tokens) {
    const legs = hops.map(({ pool, tokenIn, tokenOut }) => {
      const state = poolStateOf(pool, tokens);
      const curve = curveOf(state, tokenIn, tokenOut);
      if (isRefusal(curve)) throw new Error(curve.detail);
      return wholeLeg({ pool: state.pool, from: tokenIn, to: tokenOut, curve, current: true });
    });
    return () => {
      const amount = BigInt(Math.floor(sizeLegs(legs, loan).at));
      const out = amount > 0n ? outputOf(legs, amount, curveOf) : 0n;
      return isRefusal(out) ? { amount: 0n, profit: 0n } : { amount, profit: out - amount };
    };
  },

  /**
   * What each finds: `paths` is how many cycles of tokens may pay, `found` how many do, and `profit` that of the most
   * profitable after gas, in USD.
   */
  searches: {
    /** Every cycle of two and three hops from WETH, sized, from states of which nothing was known before. */
    fullScan(market) {
      const states = poolStatesOf(market);
      const ids = idsOf(states);
      return {
        pools: states.length,
        run: () => summaryOf(createDecisions(market, scanning).search(states, ids)),
      };
    },
    block20: (market) => blocksOf(market, 20),
    block100: (market) => blocksOf(market, 100),
  },
};

/** Blocks that touch so many pools, from the new states to the sized orders of up to four hops. */
function blocksOf(market, touched) {
  const states = [...poolStatesOf(market)];
  const places = new Map(states.map(({ pool }, place) => [pool.id, place]));
  const blocks = makeBlocks(states, { blocks: 50, touched, seed: market.seed });
  const undone = undoing(states, blocks);
  const played = blocks.flatMap((block, index) => [block, undone[index]]);
  const decisions = createDecisions(market, deciding);
  decisions.decide(states, idsOf(states));
  let next = 0;
  return {
    pools: states.length,
    run() {
      const block = played[next++ % played.length];
      for (const state of block) states[places.get(state.pool.id)] = state;
      return summaryOf(decisions.decide(states, idsOf(block)));
    },
  };
}

function summaryOf({ candidates, opportunities }) {
  return { paths: candidates, found: opportunities.length, profit: Number(opportunities[0]?.gainUsdE8 ?? 0n) / 1e8 };
}
