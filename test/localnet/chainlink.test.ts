import { expect } from "chai";
import { Contract, ZeroAddress } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { feedOf, setFeedPrice } from "../../localnet/chainlink.ts";
import { token } from "../../localnet/market.ts";
import { type ChainlinkFeed, ChainlinkFeed__factory } from "../../types/index.js";
import { isFork, useArbitrum } from "../support/arbitrum.ts";

const feedAbi = [
  "function description() view returns (string)",
  "function decimals() view returns (uint8)",
  "function latestRoundData() view returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)",
  "function getRoundData(uint80) view returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)",
  "function latestAnswer() view returns (int256)",
  "function latestTimestamp() view returns (uint256)",
  "function latestRound() view returns (uint256)",
];

describe("Chainlink feeds", () => {
  const chain = useArbitrum();

  function contractOf(address: string): Contract {
    return new Contract(address, feedAbi, chain().ethers.provider);
  }

  for (const { symbol, address } of arbitrum.tokens) {
    const feed = feedOf(address);
    it(`the feed of ${symbol} says that it is ${feed.description}, with 8 decimals and a positive answer`, async () => {
      const contract = contractOf(feed.address);
      expect(await contract.getFunction("description")()).to.equal(feed.description);
      expect(await contract.getFunction("decimals")()).to.equal(8n);
      const { answer, updatedAt, roundId } = await contract.getFunction("latestRoundData")();
      expect(answer).to.be.greaterThan(0n);
      expect(updatedAt).to.be.greaterThan(0n);
      const earlier = await contract.getFunction("getRoundData")(roundId);
      expect(earlier.answer).to.equal(answer);
      expect(await contract.getFunction("latestAnswer")()).to.equal(answer);
      expect(await contract.getFunction("latestTimestamp")()).to.equal(updatedAt);
      expect(await contract.getFunction("latestRound")()).to.equal(roundId);
    });
  }

  it("the sequencer's uptime feed answers 0 since a time in the past", async () => {
    const { answer, startedAt } = await contractOf(arbitrum.feeds.sequencerUptime).getFunction("latestRoundData")();
    expect(answer).to.equal(0n);
    expect(startedAt).to.be.greaterThan(0n);
    const { timestamp } = (await chain().ethers.provider.getBlock("latest")) ?? { timestamp: 0 };
    expect(startedAt).to.be.lessThan(BigInt(timestamp));
  });

  it("on the localnet, the owner sets the price of a token, and USDC and USDC.e share one feed", async function () {
    if (isFork) {
      process.stdout.write(
        "      skipped on a fork: only on the localnet does its owner answer for the oracle network\n",
      );
      this.skip();
    }
    const [owner] = await chain().ethers.getSigners();
    if (owner === undefined) throw new Error("The chain under test has no accounts.");
    await setFeedPrice({ connection: chain(), owner }, token("USDC.e"), 99_000000n);
    const usdc = contractOf(feedOf(token("USDC").address).address);
    expect(await usdc.getFunction("latestAnswer")()).to.equal(99_000000n);
  });

  describe("the twin", () => {
    const phase = 1n << 64n;
    let feed: ChainlinkFeed;

    beforeEach(async () => {
      const [transmitter] = await chain().ethers.getSigners();
      if (transmitter === undefined) throw new Error("The chain under test has no accounts.");
      const factory = new ChainlinkFeed__factory(transmitter);
      feed = await factory.deploy("ETH / USD", 8, 3_000_00000000n, 60n, transmitter);
    });

    it("starts with a round of the age that it is given", async () => {
      const { timestamp } = (await chain().ethers.provider.getBlock("latest")) ?? { timestamp: 0 };
      const at = BigInt(timestamp) - 60n;
      expect([...(await feed.latestRoundData())]).to.deep.equal([phase | 1n, 3_000_00000000n, at, at, phase | 1n]);
    });

    it("opens a round for each answer, with the phase above bit 64, and keeps the rounds before it", async () => {
      const before = await feed.latestRoundData();
      await feed.transmit(3_100_00000000n);
      const after = await feed.latestRoundData();
      expect(after.answer).to.equal(3_100_00000000n);
      expect(after.roundId).to.equal(before.roundId + 1n);
      expect(after.roundId >> 64n).to.equal(await feed.phaseId());
      expect(after.answeredInRound).to.equal(after.roundId);
      expect([...(await feed.getRoundData(before.roundId))]).to.deep.equal([...before]);
      expect(await feed.getAnswer(before.roundId)).to.equal(before.answer);
      expect(await feed.getTimestamp(after.roundId)).to.equal(after.updatedAt);
    });

    it("emits NewRound and AnswerUpdated with the aggregator's round, which has no phase", async () => {
      const sent = feed.transmit(2_900_00000000n);
      const updatedAt = async () => (await feed.latestRoundData()).updatedAt;
      await expect(sent)
        .to.emit(feed, "AnswerUpdated")
        .withArgs(2_900_00000000n, 2n, await sent.then(updatedAt));
      await expect(sent)
        .to.emit(feed, "NewRound")
        .withArgs(2n, ZeroAddress, await updatedAt());
    });

    it("returns zeros for a round that does not exist, and no data for a phase that does not exist", async () => {
      for (const number of [0n, 1_000_000n]) {
        const id = phase | number;
        expect([...(await feed.getRoundData(id))]).to.deep.equal([id, 0n, 0n, 0n, id]);
      }
      const beyond = phase | (2n ** 32n + 1n);
      expect([...(await feed.getRoundData(beyond))]).to.deep.equal([phase, 0n, 0n, 0n, phase]);
      expect(await feed.getAnswer(2n << 64n)).to.equal(0n);
      expect(await feed.getTimestamp(2n << 64n)).to.equal(0n);
      await expect(feed.getRoundData((2n << 64n) | 1n)).to.be.revertedWithoutReason(chain().ethers);
    });

    it("refuses an answer from anyone but its transmitter", async () => {
      const [, stranger] = await chain().ethers.getSigners();
      await expect(feed.connect(stranger).transmit(1n))
        .to.be.revertedWithCustomError(feed, "NotTransmitter")
        .withArgs(stranger?.address);
    });
  });
});
