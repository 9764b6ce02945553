import type { Address } from "../config/chains/chain.ts";
import { feeShare, type LoanOffer } from "../domain/lender.ts";
import type { PoolState } from "../domain/snapshot.ts";
import { type Venues, venueOf } from "../venues/registry.ts";
import { offersOf } from "./poolLender.ts";

/**
 * How many cheaper and deeper pools make a pool's offer superfluous. A route cannot borrow from its own pools, so the best
 * offer alone would leave it without one.
 */
const enough = 3;

/** The most pools of a token that are offered: every one of them is sized. */
const mostPerToken = 6;

/**
 * Creates the function that returns what pools lend: of each token the cheapest and the deepest few.
 *
 * It remembers the pools between blocks: one whose state is the same object as before is not looked at again, and only the
 * tokens of those that changed are ranked again.
 */
export function createPoolOffers(venues: Venues): (pools: readonly PoolState[]) => readonly LoanOffer[] {
  const known = new Map<string, { readonly state: unknown; readonly offers: readonly LoanOffer[] }>();
  const byToken = new Map<Address, Map<string, LoanOffer>>();
  const ranked = new Map<Address, readonly LoanOffer[]>();

  const replace = (id: string, state: unknown, offers: readonly LoanOffer[]) => {
    for (const { token } of known.get(id)?.offers ?? []) {
      byToken.get(token)?.delete(id);
      ranked.delete(token);
    }
    known.set(id, { state, offers });
    for (const offer of offers) {
      const lent = byToken.get(offer.token) ?? new Map();
      byToken.set(offer.token, lent.set(id, offer));
      ranked.delete(offer.token);
    }
  };

  return (pools) => {
    for (const { pool, state } of pools) {
      if (known.get(pool.id)?.state === state) continue;
      const lender = venueOf(venues, pool.venue).lends;
      replace(pool.id, state, lender === undefined ? [] : offersOf(lender, pool, state));
    }
    if (known.size > pools.length) {
      const there = new Set(pools.map(({ pool }) => pool.id));
      for (const id of known.keys()) {
        if (there.has(id)) continue;
        replace(id, undefined, []);
        known.delete(id);
      }
    }
    for (const [token, lent] of byToken) {
      if (!ranked.has(token)) ranked.set(token, bestOf([...lent.values()]));
    }
    return [...ranked.values()].flat();
  };
}

/** Returns the offers that few others undercut in fee and depth alike, the cheapest first. */
function bestOf(offers: readonly LoanOffer[]): readonly LoanOffer[] {
  const byFee = offers
    .map((offer) => ({ offer, share: feeShare(offer) }))
    .sort((a, b) => a.share - b.share || (a.offer.available < b.offer.available ? 1 : -1));
  const best: LoanOffer[] = [];
  for (const { offer } of byFee) {
    const deeper = best.filter(({ available }) => available >= offer.available).length;
    if (deeper < enough) best.push(offer);
    if (best.length === mostPerToken) break;
  }
  return best;
}
