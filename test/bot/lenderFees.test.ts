import { expect } from "chai";
import type { VenueName } from "../../bot/config/chains/chain.ts";
import { conflictsWith, loanFee } from "../../bot/domain/lender.ts";
import type { Pool } from "../../bot/venues/venue.ts";

const poolOf = (venue: VenueName, address = "0xA1"): Pool => ({
  venue,
  deployment: "test",
  id: address,
  address,
  tokens: [],
});

describe("bot: what pools ask for their loans", () => {
  it("a pair of Uniswap V2 takes the least input whose rest, as a product, is what it lent", () => {
    for (const amount of [1n, 997n, 1_000n, 123_456_789n]) {
      const fee = loanFee({ lender: "pairFlash", feeRate: 3_000n, source: poolOf("uniswapV2") }, amount);
      expect((amount + fee) * 997n >= amount * 1_000n, `${amount}`).to.equal(true);
      expect((amount + fee - 1n) * 997n >= amount * 1_000n, `${amount}`).to.equal(false);
    }
  });

  it("a pair of Solidly takes the least input that leaves what it lent after its fee, rounded down", () => {
    for (const amount of [1n, 999n, 1_000n, 123_456_789n]) {
      const fee = loanFee({ lender: "pairFlash", feeRate: 2_500n, source: poolOf("solidly") }, amount);
      const kept = (paid: bigint) => paid - (paid * 25n) / 10_000n;
      expect(kept(amount + fee) >= amount, `${amount}`).to.equal(true);
      expect(kept(amount + fee - 1n) >= amount, `${amount}`).to.equal(false);
    }
  });

  it("a pool finances no hop through itself, and every other", () => {
    const offer = { lender: "concentratedFlash" as const, source: poolOf("uniswapV3") };
    expect(conflictsWith(offer, poolOf("uniswapV3"))).to.equal(true);
    expect(conflictsWith(offer, poolOf("uniswapV3", "0xA2"))).to.equal(false);
  });
});
