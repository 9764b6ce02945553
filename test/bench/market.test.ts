import { expect } from "chai";
import { id } from "ethers";
import { parseMarket, stringifyMarket } from "../../bench/market.ts";
import { syntheticMarket } from "../../bench/syntheticMarket.ts";

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

describe("a market file", () => {
  it("error: another format", () => {
    expect(() => parseMarket('{"format":"dex-market/2","pools":[]}')).to.throw("is of format dex-market/2");
  });

  it("error: a kind of pool that the format lacks", () => {
    const text = '{"format":"dex-market/1","pools":[{"address":"0x01","kind":"curve"}]}';
    expect(() => parseMarket(text)).to.throw("Pool 0x01 is of kind curve");
  });
});
