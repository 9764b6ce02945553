import type { Address, Chain, Token } from "../config/chains/chain.ts";
import { formatAmount, formatUsd, unitsWorthDown } from "../domain/amount.ts";
import type { LoanOffer } from "../domain/lender.ts";
import type { Snapshot } from "../domain/snapshot.ts";
import { type OwnCapitalLimits, ownLimit } from "../wallet/ownCapital.ts";

export interface OfferLimits extends OwnCapitalLimits {
  /** The largest order, whoever lends, in USD with 8 decimals. */
  readonly maxOrderUsdE8: bigint;
  /** The largest order by token, in units of its decimals. */
  readonly maxOrderUnits: ReadonlyMap<Address, bigint>;
}

/**
 * Returns the snapshot with its offers bounded to what one order may take of them: by `maxOrderUsd` and the token's
 * `maxOrder`, and those of the wallet's own money by its profile. An offer that a limit bounds says so.
 */
export function boundOffers(snapshot: Snapshot, chain: Chain, limits: OfferLimits): Snapshot {
  const tokens = new Map(chain.tokens.map((token) => [token.address, token]));
  const offers = snapshot.offers.map((offer): LoanOffer => {
    const token = tokens.get(offer.token);
    const priceE8 = snapshot.pricesE8.get(offer.token);
    // Without a price no order is made.
    if (token === undefined || priceE8 === undefined) return offer;
    const bounded = bound(offer, orderLimit(token, priceE8, limits));
    return offer.lender === "operator" ? bound(bounded, ownLimit(token, snapshot, chain, limits)) : bounded;
  });
  return { ...snapshot, offers };
}

function orderLimit(token: Token, priceE8: bigint, { maxOrderUsdE8, maxOrderUnits }: OfferLimits) {
  const ofValue = unitsWorthDown(maxOrderUsdE8, token, priceE8);
  const ofToken = maxOrderUnits.get(token.address);
  return ofToken !== undefined && ofToken < ofValue
    ? { amount: ofToken, reason: `maxOrder is ${formatAmount(ofToken, token)}` }
    : { amount: ofValue, reason: `maxOrderUsd is ${formatUsd(maxOrderUsdE8)}` };
}

function bound(offer: LoanOffer, { amount, reason }: { readonly amount: bigint; readonly reason: string }): LoanOffer {
  return offer.available <= amount ? offer : { ...offer, available: amount, boundedBy: reason };
}
