import { expect } from "chai";
import { AbiCoder } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { tokenOf } from "../../bot/config/chains/chain.ts";
import { priceSection, readPrices } from "../../bot/pipeline/prices.ts";
import type { CallResult } from "../../bot/venues/venue.ts";
import { isFork, useArbitrum } from "../support/arbitrum.ts";
import { readerAt } from "../support/reader.ts";

const now = 2_000_000_000n;
const grace = 3_600n;
const heartbeat = 86_400n;
const weth = tokenOf(arbitrum, "WETH");

const answer = (types: readonly string[], values: readonly unknown[]): CallResult => ({
  success: true,
  data: AbiCoder.defaultAbiCoder().encode([...types], [...values]),
});
const round = (value: bigint, updatedAt: bigint, startedAt = updatedAt) =>
  answer(["uint80", "int256", "uint256", "uint256", "uint80"], [7n, value, startedAt, updatedAt, 7n]);
const failed: CallResult = { success: false, data: "0x" };

/** What every feed answers where nothing stands against its price. */
function soundAnswers(): CallResult[] {
  return [
    round(0n, 0n, now - grace),
    ...arbitrum.tokens.flatMap(({ address }) => [
      round(1_00000000n, now - heartbeat),
      answer(["string"], [arbitrum.feeds.usd[address]?.description]),
      answer(["uint8"], [8]),
    ]),
  ];
}

/** Decodes answers of which the one at `index` is another: the sequencer's is 0, WETH's feed has 1, 2 and 3. */
function pricesWith(index: number, other: CallResult) {
  const answers = soundAnswers();
  answers[index] = other;
  const section = priceSection(arbitrum, grace);
  expect(section.calls).to.have.length(answers.length);
  return section.decode(answers, { number: 0n, timestamp: now, baseFeeWei: 0n });
}

describe("bot: prices", () => {
  it("are taken from feeds of the right name and decimals that are as old as their heartbeat at most", () => {
    const { pricesE8, unpriced, sequencer } = pricesWith(2, soundAnswers()[2] as CallResult);
    expect([...pricesE8.values()]).to.deep.equal(arbitrum.tokens.map(() => 1_00000000n));
    expect([...unpriced]).to.deep.equal([]);
    expect(sequencer).to.deep.equal({ up: true, since: now - grace });
  });

  const refused: readonly (readonly [string, number, CallResult, RegExp])[] = [
    ["cannot be read", 1, failed, /cannot be read/],
    ["is older than its heartbeat", 1, round(1n, now - heartbeat - 1n), /86401 s old, the limit is 86400 s/],
    ["answers zero", 1, round(0n, now), /answers 0/],
    ["answers less than zero", 1, round(-1n, now), /answers -1/],
    ["is another one", 2, answer(["string"], ["BTC / USD"]), /is "BTC \/ USD", not "ETH \/ USD"/],
    ["has no description", 2, failed, /without a description/],
    ["answers garbage for its description", 2, { success: true, data: "0x1234" }, /without a description/],
    ["has other decimals", 3, answer(["uint8"], [18]), /18 decimals, not 8/],
    ["does not tell its decimals", 3, failed, /no decimals, not 8/],
  ];
  for (const [what, index, other, reason] of refused) {
    it(`leave a token without one whose feed ${what}, and no other`, () => {
      const { pricesE8, unpriced } = pricesWith(index, other);
      expect(pricesE8.has(weth.address)).to.equal(false);
      expect(unpriced.get(weth.address)).to.match(reason);
      expect(pricesE8.size).to.equal(arbitrum.tokens.length - 1);
    });
  }

  const outages: readonly (readonly [string, CallResult, RegExp])[] = [
    ["is down", round(1n, 0n, now - 5n), /down since 5 s/],
    ["is up again for less than the grace", round(0n, 0n, now - grace + 1n), /up for 3599 s, the limit is 3600 s/],
    ["has a feed that cannot be read", failed, /uptime feed cannot be read/],
    ["has a feed that is not initialised", round(0n, 0n, 0n), /uptime feed cannot be read/],
  ];
  for (const [what, other, reason] of outages) {
    it(`are none at all while the sequencer ${what}`, () => {
      const { pricesE8, unpriced } = pricesWith(0, other);
      expect(pricesE8.size).to.equal(0);
      expect([...unpriced.values()].every((why) => reason.test(why))).to.equal(true);
      expect(unpriced.size).to.equal(arbitrum.tokens.length);
    });
  }

  describe("on the chain under test", () => {
    const getConnection = useArbitrum();

    it("are read for every token, feed by feed, with the names of the chain file", async () => {
      const block = await getConnection().ethers.provider.getBlock("latest");
      const timestamp = BigInt(block?.timestamp ?? 0);
      const { pricesE8, unpriced } = await readPrices(arbitrum, readerAt(getConnection()), timestamp, 0n);
      const names = [...unpriced.values()].filter((reason) => /description|decimals|is "/.test(reason));
      expect(names).to.deep.equal([]);
      if (!isFork) expect(pricesE8.size).to.equal(arbitrum.tokens.length);
    });
  });
});
