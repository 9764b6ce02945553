import { expect } from "chai";
import { type Certificate, certify, refute } from "../../../bot/engine/certificate.ts";
import { createMarket, type Market } from "../../../bot/engine/market.ts";
import { type Random, seededRandom } from "../../../localnet/random.ts";
import { memoryPool, productCurve, type Reserves } from "../../support/memoryMarket.ts";

const tokens = Array.from({ length: 12 }, (_, index) => `token ${index}`);

const integer = (random: Random, min: number, max: number) => Number(random.bigint(BigInt(min), BigInt(max)));

/** A market of random pools around fair prices: they are within `spreadPpm` millionths of them. */
function randomMarket(seed: number, spreadPpm: bigint): Market {
  const random = seededRandom(seed);
  const price = (index: number) => 10n ** BigInt(6 + (index % 5) * 3);
  const pools = Array.from({ length: 60 }, (_, index) => {
    const a = integer(random, 0, tokens.length - 1);
    const b = (a + integer(random, 1, tokens.length - 1)) % tokens.length;
    const off = 1_000_000n + random.bigint(-spreadPpm, spreadPpm);
    const reserves = new Map([
      [tokens[a] ?? "", 10n ** 24n / price(a)],
      [tokens[b] ?? "", (10n ** 18n * off) / price(b)],
    ]);
    return memoryPool(index, "dodo", reserves);
  });
  const market = createMarket(tokens, tokens[0] ?? "", ({ state }, tokenIn, tokenOut) =>
    productCurve(state as Reserves, tokenIn, tokenOut),
  );
  market.update(pools);
  return market;
}

function certificateOf(market: Market): Certificate {
  const certified = certify(market);
  if ("hops" in certified) throw new Error(`a cycle multiplies to ${certified.product}`);
  return certified;
}

describe("engine: certificate", () => {
  it("proves that nothing pays where every pool is within its fee of the price", () => {
    for (let seed = 1; seed <= 20; seed++)
      expect(refute(certificateOf(randomMarket(seed, 1_000n)))).to.equal(undefined);
  });

  it("names a cycle that pays where there is one, and its rates multiply above one", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const certified = certify(randomMarket(seed, 50_000n));
      if (!("hops" in certified)) throw new Error(`seed ${seed}: no cycle`);
      const { hops } = certified;
      expect(certified.product > 1, `${certified.product}`).to.equal(true);
      for (const [index, hop] of hops.entries()) {
        expect(hop.tokenOut).to.equal(hops[(index + 1) % hops.length]?.tokenIn);
      }
    }
  });

  it("fails the check when one rate or one price is changed", () => {
    const certificate = certificateOf(randomMarket(3, 1_000n));
    for (const [index, rate] of certificate.rates.entries()) {
      const rates = certificate.rates.with(index, { ...rate, rateUp: rate.rateUp * 1.01 });
      expect(refute({ ...certificate, rates }), rate.pool).to.equal(rates[index]);
    }
    for (const [index, { token, price }] of certificate.tokens.entries()) {
      for (const factor of [0.98, 1.02]) {
        const priced = certificate.tokens.with(index, { token, price: price * factor });
        expect(refute({ ...certificate, tokens: priced }), token).not.to.equal(undefined);
      }
    }
  });

  it("does not take a rate of a token without a price", () => {
    const certificate = certificateOf(randomMarket(3, 1_000n));
    expect(refute({ ...certificate, tokens: certificate.tokens.slice(1) })).not.to.equal(undefined);
  });
});
