import { expect } from "chai";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import type { Token } from "../../bot/config/chains/chain.ts";
import { valueUsdE8 } from "../../bot/domain/amount.ts";
import { isNoTrade } from "../../bot/domain/noTrade.ts";
import type { Snapshot } from "../../bot/domain/snapshot.ts";
import { boundOffers, type OfferLimits } from "../../bot/pipeline/offers.ts";
import { createOpportunitySearch, curvesOf } from "../../bot/pipeline/search.ts";
import { size } from "../../bot/pipeline/size.ts";
import { type OwnCapitalProfile, ownCapitalProfiles, ownLimit } from "../../bot/wallet/ownCapital.ts";
import { startPriceE8 } from "../../localnet/market.ts";
import { seededRandom } from "../../localnet/random.ts";
import { dislocatedPools, memorySnapshot, memoryVenues, offer, usdc, weth } from "../support/memoryMarket.ts";
import { memoryOptions, memoryOrders } from "../support/memoryOrder.ts";

const usdE8 = 10n ** 8n;
const limits: OfferLimits = {
  maxOrderUsdE8: 100_000n * usdE8,
  maxOrderUnits: new Map(),
  ownCapitalProfile: "moderate",
  maxOwnEtherBps: 5_000n,
};
const pricesE8 = new Map(arbitrum.tokens.map(({ address }) => [address, startPriceE8(address)]));

/** A snapshot in which the operator offers `available` units of a token. */
function snapshotOf(token: Token, available: bigint, wallet?: Snapshot["wallet"]): Snapshot {
  return memorySnapshot(dislocatedPools(), { pricesE8, wallet, offers: [offer("operator", token.address, available)] });
}

/** Wallet of plain and wrapped ether, in wei. */
const etherWallet = (etherWei: bigint, wrapped: bigint) => ({ etherWei, tokens: new Map([[weth.address, wrapped]]) });

describe("bot: offers under the limits", () => {
  it("bounds an order of the wallet's own money to its profile in every token, and says so", () => {
    for (const profile of Object.keys(ownCapitalProfiles) as OwnCapitalProfile[]) {
      const usd = ownCapitalProfiles[profile];
      for (const token of arbitrum.tokens) {
        const snapshot = snapshotOf(token, 10n ** 30n, etherWallet(10n ** 21n, 0n));
        const [bounded] = boundOffers(snapshot, arbitrum, { ...limits, ownCapitalProfile: profile }).offers;
        const available = bounded?.available ?? 0n;
        const worth = (units: bigint) => valueUsdE8(units, token, startPriceE8(token.address));
        expect(worth(available) <= usd * usdE8, `${profile} of ${token.symbol}`).to.equal(true);
        // One unit more of the token would be worth more than the profile allows.
        expect((available + 1n) * startPriceE8(token.address) > usd * usdE8 * 10n ** BigInt(token.decimals)).to.equal(
          true,
        );
        expect(bounded?.boundedBy).to.equal(`ownCapitalProfile ${profile} is $${usd} an order`);
      }
    }
    expect(ownCapitalProfiles).to.deep.equal({ conservative: 200n, moderate: 400n, aggressive: 700n });
  });

  it("takes at most half of the wallet's ether, plain and wrapped together", () => {
    const wallet = etherWallet(10n ** 17n, 3n);
    const [bounded] = boundOffers(snapshotOf(weth, 10n ** 18n, wallet), arbitrum, limits).offers;
    expect(bounded?.available).to.equal((10n ** 17n + 3n) / 2n);
    expect(bounded?.boundedBy).to.contain("maxOwnEtherPercent is 50.00 % of the wallet's ether, 0.1");
  });

  it("leaves what is within the limits as it is", () => {
    const snapshot = snapshotOf(usdc, 399n * 10n ** 6n);
    expect(boundOffers(snapshot, arbitrum, limits).offers).to.deep.equal(snapshot.offers);
  });

  it("bounds every lender's offer to the token's own maxOrder, where that is less", () => {
    const offers = [offer("morphoBlue", weth.address, 10n ** 21n), offer("aaveV3", usdc.address, 10n ** 10n, 5n)];
    const maxOrderUnits = new Map([
      [weth.address, 2n * 10n ** 18n],
      [usdc.address, 10n ** 10n],
    ]);
    const bounded = boundOffers(memorySnapshot([], { offers }), arbitrum, { ...limits, maxOrderUnits }).offers;
    expect(bounded).to.deep.equal([
      { ...offers[0], available: 2n * 10n ** 18n, boundedBy: "maxOrder is 2 WETH" },
      offers[1],
    ]);
  });

  it("bounds every lender's offer to maxOrderUsd", () => {
    const offers = [offer("morphoBlue", weth.address, 10n ** 21n), offer("aaveV3", usdc.address, 10n ** 10n, 5n)];
    const bounded = boundOffers(memorySnapshot([], { offers }), arbitrum, limits).offers;
    expect(bounded[0]).to.deep.equal({
      ...offers[0],
      available: (100_000n * 10n ** 18n) / 3_000n,
      boundedBy: "maxOrderUsd is $100,000.00",
    });
    expect(bounded[1]).to.deep.equal(offers[1]);
  });

  it("lets no order of the wallet's own money exceed the limits, whatever is offered", () => {
    const random = seededRandom(5);
    let orders = 0;
    for (let round = 0; round < 60; round++) {
      const wallet = etherWallet(random.bigint(0n, 10n ** 18n), random.bigint(0n, 10n ** 18n));
      const offers = [weth, usdc].map(({ address }) => offer("operator", address, random.bigint(1n, 10n ** 22n)));
      const profile = random.pick(Object.keys(ownCapitalProfiles) as OwnCapitalProfile[]);
      const bounds = { ...limits, ownCapitalProfile: profile, maxOwnEtherBps: random.bigint(0n, 10_000n) };
      const snapshot = boundOffers(memorySnapshot(dislocatedPools(), { wallet, offers }), arbitrum, bounds);
      for (const { sized } of memoryOrders(snapshot)) {
        if (isNoTrade(sized)) continue;
        orders += 1;
        const token = arbitrum.tokens.find(({ address }) => address === sized.token) as Token;
        const { amount } = ownLimit(token, snapshot, arbitrum, bounds);
        expect(sized.amount <= amount, `${sized.amount} of ${amount}`).to.equal(true);
        const half = ((wallet.etherWei + (wallet.tokens.get(weth.address) ?? 0n)) * bounds.maxOwnEtherBps) / 10_000n;
        if (token === weth) expect(sized.amount <= half).to.equal(true);
        const valueE8 = valueUsdE8(sized.amount, token, startPriceE8(token.address));
        expect(valueE8 <= ownCapitalProfiles[profile] * usdE8).to.equal(true);
      }
    }
    expect(orders > 40, `${orders} orders`).to.equal(true);
  });

  it("says which limit leaves nothing to lend", () => {
    const bounded = boundOffers(snapshotOf(weth, 10n ** 18n, etherWallet(0n, 0n)), arbitrum, limits);
    expect(bounded.offers[0]?.available).to.equal(0n);
    expect(memoryOrders(bounded), "nothing is searched for").to.deep.equal([]);
    const lent = memorySnapshot(dislocatedPools(), { offers: [offer("morphoBlue", weth.address, 10n ** 21n)] });
    const { opportunities, market } = createOpportunitySearch(memoryVenues, memoryOptions)(lent);
    const [opportunity] = opportunities;
    if (opportunity === undefined) throw new Error("The snapshot has no opportunity.");
    const sizing = { market, curveOf: curvesOf(memoryVenues), splits: true };
    const sized = size(opportunity, { ...lent, offers: bounded.offers }, sizing, memoryOptions);
    expect(isNoTrade(sized) && sized.noTrade).to.equal("no-lender");
    expect(isNoTrade(sized) && sized.detail).to.contain("maxOwnEtherPercent is 50.00 %");
  });
});
