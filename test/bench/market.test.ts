import { expect } from "chai";
import { id } from "ethers";
import { directionsOf, quoteCases, quoteVariants } from "../../bench/cases.ts";
import { parseMarket, stringifyMarket } from "../../bench/market.ts";
import { poolStateOf, tokensByAddress } from "../../bench/pools.ts";
import { syntheticMarket } from "../../bench/syntheticMarket.ts";
import { isRefusal } from "../../bot/domain/quote.ts";
import { venueOf, venues } from "../../bot/venues/registry.ts";

const parameters = { pools: 200, tokens: 30, seed: 7 };

describe("a synthetic market", () => {
  it("is the same file for the same parameters", () => {
    const text = stringifyMarket(syntheticMarket(parameters));
    expect(stringifyMarket(syntheticMarket(parameters)), "made twice").to.equal(text);
    expect(id(text), "the file of 200 pools, 30 tokens, seed 7").to.equal(
      "0x2dfbcf6e03fff7bfba5b0dc94871fb8a7fb9f47a4433ee16b54eced29ee9ad94",
    );
    expect(stringifyMarket(syntheticMarket({ ...parameters, seed: 8 })), "another seed").not.to.equal(text);
  });

  it("is read as it was written, its integers as bigints", () => {
    const market = syntheticMarket(parameters);
    expect(parseMarket(stringifyMarket(market))).to.deep.equal(market);
  });

  it("holds every kind of pool, and as many pools off the market as it says", () => {
    const market = syntheticMarket({ ...parameters, dislocated: 5 });
    expect(market.pools).to.have.length(200);
    expect(new Set(market.pools.map(({ kind }) => kind)).size, "kinds").to.equal(9);
    expect(market.planted).to.have.length(5);
    const only = syntheticMarket({ ...parameters, kinds: ["woofi"] });
    expect(only.pools.every(({ kind }) => kind === "woofi")).to.equal(true);
  });
});

describe("every pool of a synthetic market", () => {
  it("has a venue whose curves quote a small amount in every direction", () => {
    const market = syntheticMarket(parameters);
    const tokens = tokensByAddress(market);
    for (const pool of market.pools) {
      const { pool: known, state } = poolStateOf(pool, tokens);
      const name = `${pool.kind} ${pool.address}`;
      for (const [tokenIn, tokenOut] of directionsOf(pool)) {
        const curve = venueOf(venues, known.venue).curve(known, state, tokenIn, tokenOut);
        if (isRefusal(curve)) throw new Error(`${name}: ${curve.detail}`);
        const { decimals, usd } = tokens.get(tokenIn) ?? { decimals: 0, usd: 1 };
        const out = curve.quote(BigInt(Math.ceil((1 / usd) * 10 ** decimals)));
        expect(isRefusal(out) ? out.detail : typeof out, name).to.equal("bigint");
        const gained = (Number(out) / 10 ** (tokens.get(tokenOut)?.decimals ?? 0)) * (tokens.get(tokenOut)?.usd ?? 0);
        expect(gained, `${name}: what a dollar buys`).to.be.within(0.9, 1.05);
      }
    }
  });

  it("has a swap of every variant to quote", () => {
    expect([...quoteCases(syntheticMarket(parameters)).keys()]).to.have.members([...quoteVariants]);
  });

  it("error: a fee that the exchange cannot have", () => {
    const market = syntheticMarket({ ...parameters, kinds: ["solidlyStable"] });
    const [pool] = market.pools;
    if (pool?.kind !== "solidlyStable") throw new Error("The market has no pool.");
    const odd = { ...pool, state: { ...pool.state, feePpm: 150 } };
    expect(() => poolStateOf(odd, tokensByAddress(market))).to.throw("150 ppm, which is no multiple of 1/10000");
  });
});

describe("a market file", () => {
  it("error: another format", () => {
    expect(() => parseMarket('{"format":"dex-market/2","pools":[]}')).to.throw("is of format dex-market/2");
  });

  it("error: a kind of pool that the format lacks", () => {
    const text = '{"format":"dex-market/1","pools":[{"address":"0x01","kind":"curve"}]}';
    expect(() => parseMarket(text)).to.throw("Pool 0x01 is of kind curve");
  });
});
