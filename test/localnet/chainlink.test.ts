import { expect } from "chai";
import { Contract } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { feedOf, setFeedPrice } from "../../localnet/chainlink.ts";
import type { Localnet } from "../../localnet/localnet.ts";
import { token } from "../../localnet/market.ts";
import { isFork, useArbitrum } from "../support/arbitrum.ts";

const feedAbi = [
  "function description() view returns (string)",
  "function decimals() view returns (uint8)",
  "function latestRoundData() view returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)",
  "function getRoundData(uint80) view returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)",
  "function latestAnswer() view returns (int256)",
  "function latestTimestamp() view returns (uint256)",
  "function latestRound() view returns (uint256)",
  "function getAnswer(uint256) view returns (int256)",
  "function getTimestamp(uint256) view returns (uint256)",
  "function phaseId() view returns (uint16)",
  "function transmit(int192 answer)",
  "event AnswerUpdated(int256 indexed current, uint256 indexed roundId, uint256 updatedAt)",
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

  describe("the twin", () => {
    let localnet: Localnet;
    let feed: Contract;

    before(async function () {
      const [owner] = await chain().ethers.getSigners();
      if (owner === undefined) throw new Error("The chain under test has no accounts.");
      localnet = { connection: chain(), owner };
      feed = contractOf(feedOf(arbitrum.weth).address);
      if (isFork) {
        process.stdout.write("      skipped on a fork: only the localnet's owner answers for the oracle network\n");
        this.skip();
      }
    });

    it("opens a round for each answer, with the phase above bit 64", async () => {
      const before = await feed.getFunction("latestRoundData")();
      await setFeedPrice(localnet, token("WETH"), 3_100_00000000n);
      const after = await feed.getFunction("latestRoundData")();
      expect(after.answer).to.equal(3_100_00000000n);
      expect(after.roundId).to.equal(before.roundId + 1n);
      expect(after.roundId >> 64n).to.equal(await feed.getFunction("phaseId")());
      expect(after.answeredInRound).to.equal(after.roundId);
      const { answer } = await feed.getFunction("getRoundData")(before.roundId);
      expect(answer).to.equal(before.answer);
      expect(await feed.getFunction("getAnswer")(before.roundId)).to.equal(before.answer);
      expect(await feed.getFunction("getTimestamp")(after.roundId)).to.equal(after.updatedAt);
    });

    it("emits AnswerUpdated with the aggregator's round", async () => {
      const address = await feed.getAddress();
      await setFeedPrice(localnet, token("WETH"), 2_900_00000000n);
      const [log] = await feed.queryFilter("AnswerUpdated", "latest");
      expect(log?.address).to.equal(address);
      const { roundId } = await feed.getFunction("latestRoundData")();
      const [current, emittedRound] = feed.interface.decodeEventLog("AnswerUpdated", log?.data ?? "", log?.topics);
      expect([current, emittedRound]).to.deep.equal([2_900_00000000n, roundId & (2n ** 64n - 1n)]);
    });

    it("prices USDC and USDC.e by one feed", async () => {
      await setFeedPrice(localnet, token("USDC.e"), 99_000000n);
      const usdc = contractOf(feedOf(token("USDC").address).address);
      expect(await usdc.getFunction("latestAnswer")()).to.equal(99_000000n);
    });

    it("returns zeros for a round that does not exist, and no data for a phase that does not exist", async () => {
      const phase = 1n << 64n;
      for (const number of [0n, 1_000_000n]) {
        const round = await feed.getFunction("getRoundData")(phase | number);
        expect([...round]).to.deep.equal([phase | number, 0n, 0n, 0n, phase | number]);
      }
      const beyond = await feed.getFunction("getRoundData")(phase | (2n ** 32n + 1n));
      expect([...beyond]).to.deep.equal([phase, 0n, 0n, 0n, phase]);
      expect(await feed.getFunction("getAnswer")(2n << 64n)).to.equal(0n);
      await expect(feed.getFunction("getRoundData")((2n << 64n) | 1n)).to.be.revertedWithoutReason(chain().ethers);
    });

    it("refuses an answer from anyone but its transmitter", async () => {
      const [, stranger] = await chain().ethers.getSigners();
      const transmit = (feed.connect(stranger ?? null) as Contract).getFunction("transmit");
      await expect(transmit(1n)).to.be.revert(chain().ethers);
    });
  });
});
