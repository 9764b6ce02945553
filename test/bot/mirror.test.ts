import { expect } from "chai";
import { AbiCoder } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { isNoTrade } from "../../bot/domain/noTrade.ts";
import { refuse } from "../../bot/domain/quote.ts";
import type { Snapshot } from "../../bot/domain/snapshot.ts";
import {
  type ChainLog,
  type Heads,
  type LogFilter,
  type PushOptions,
  pollHeads,
  pushHeads,
} from "../../bot/pipeline/heads.ts";
import { createMirror, type Mirror } from "../../bot/pipeline/mirror.ts";
import { readPinned } from "../../bot/pipeline/observe.ts";
import { RpcError } from "../../bot/rpc/retry.ts";
import type { Pool } from "../../bot/venues/venue.ts";
import { feedOf } from "../../localnet/chainlink.ts";
import { chainPool, chainVenues, createMemoryChain, type MemoryChain, synced, word } from "../support/memoryChain.ts";
import { weth } from "../support/memoryMarket.ts";

const [plain, other, drifting, oracle, silentKind, sharing, neighbour, untold] = [
  chainPool(1, "solidly"),
  chainPool(2, "solidly"),
  chainPool(3, "algebra"),
  chainPool(4, "woofi"),
  chainPool(5, "dodo"),
  chainPool(6, "balancer"),
  chainPool(7, "balancer"),
  chainPool(8, "uniswapV2"),
] as const;
const followed = [plain, other, drifting, sharing, neighbour];

function marketOf(pools: readonly Pool[]) {
  return {
    borrower: { chain: arbitrum, tokens: arbitrum.tokens, contract: undefined, operator: undefined },
    pools,
    lenderSetups: new Map(),
    undiscovered: new Map(),
  };
}

const options = { contextSeconds: 100n, checkEverySeconds: 1_000n, sequencerGraceSeconds: 0n };

/** A mirror of a memory chain, polled. */
function polled(pools: readonly Pool[], change: Partial<typeof options> = {}, venues = chainVenues) {
  const chain = createMemoryChain(pools);
  const headsOf = (filter: LogFilter) => pollHeads(chain.ports, filter, 5);
  return { chain, mirror: createMirror(marketOf(pools), venues, chain.ports, headsOf, { ...options, ...change }) };
}

/** A mirror of a memory chain whose node sends blocks and logs. */
function pushed(pools: readonly Pool[], change: Partial<PushOptions> = {}) {
  const chain = createMemoryChain(pools);
  const push = { graceMs: 5, silenceMs: 60_000, ...change };
  let heads: Heads | undefined;
  const headsOf = (filter: LogFilter) => {
    heads = pushHeads(chain.ports, filter, push);
    return heads;
  };
  return { chain, mirror: createMirror(marketOf(pools), chainVenues, chain.ports, headsOf, options) };
}

async function observe({ observe: next }: Pick<Mirror, "observe">): Promise<Snapshot> {
  const observed = await next();
  if (isNoTrade(observed)) throw new Error(`${observed.noTrade}: ${observed.detail}`);
  return observed;
}

const reasonOf = async (mirror: Mirror) => {
  const observed = await mirror.observe();
  return isNoTrade(observed) && observed.noTrade;
};

/** Every pool's state is what the chain has, but for what events do not tell. */
function expectCurrent(snapshot: Snapshot, chain: MemoryChain): void {
  expect(snapshot.block.number).to.equal(chain.newest().number);
  for (const { pool, state } of snapshot.pools) {
    const { reserves } = state as { reserves: unknown };
    expect(reserves, pool.venue).to.deep.equal(chain.heldNow(pool)?.reserves);
  }
}

const signal = new AbortController().signal;

describe("bot: mirror", () => {
  describe("reads", () => {
    it("everything at first, in one call that is pinned to the block", async () => {
      const { chain, mirror } = polled([plain, oracle]);
      const snapshot = await observe(mirror);
      expect(chain.counts.reads).to.deep.equal([50n]);
      expect(snapshot.block.number).to.equal(50n);
      expect(snapshot.pools.map(({ pool }) => pool)).to.deep.equal([plain, oracle]);
      expect(snapshot.touched).to.deep.equal([plain.id, oracle.id]);
      expect(snapshot.pricesE8.get(weth.address)).to.equal(100n);
    });

    it("in several calls where one would take too much gas, each proven to be of the block", async () => {
      const block = { number: 50n, timestamp: 1_000n, baseFeeWei: 1n };
      const calls = Array.from({ length: 3_500 }, () => ({ target: weth.address, data: "0x" }));
      const readIn = (timestamps: bigint[]) => {
        const ethCallAt = () => async (_to: string, data: string) => {
          const length = Number(`0x${data.slice(10 + 64, 10 + 128)}`);
          const values = [42_161n, timestamps.pop() ?? 0n, ...Array.from({ length: length - 2 }, () => BigInt(length))];
          return AbiCoder.defaultAbiCoder().encode(["(bool,bytes)[]"], [values.map((value) => [true, word(value)])]);
        };
        return readPinned(arbitrum, { ethCallAt }, block, calls);
      };
      const results = await readIn([1_000n, 1_000n]);
      if (isNoTrade(results)) throw new Error(results.detail);
      expect(results.map(({ data }) => BigInt(data))).to.deep.equal([
        ...Array.from({ length: 3_000 }, () => 3_002n),
        ...Array.from({ length: 500 }, () => 502n),
      ]);
      const mixed = await readIn([999n, 1_000n]);
      expect(isNoTrade(mixed) && mixed.noTrade).to.equal("rpc-lagging");
    });

    it("leave out a pool that cannot be read or decoded, with the reason, and keep the others", async () => {
      for (const answer of [undefined, "0x1234"]) {
        const { chain, mirror } = polled([plain, other]);
        chain.answers[plain.address] = answer;
        const snapshot = await observe(mirror);
        expect(snapshot.pools.map(({ pool }) => pool.id)).to.deep.equal([other.id]);
        expect(snapshot.absent.map(({ refusal }) => refusal.refused)).to.deep.equal(["unreadable"]);
      }
    });

    it("find out again what to read of a pool that has outgrown it, and have it the next time", async () => {
      const grown = { ...plain, address: other.address };
      const venues = {
        ...chainVenues,
        solidly: {
          ...chainVenues.solidly,
          decode: (pool: Pool) =>
            pool.address === grown.address ? new Map() : refuse("beyond-snapshot", "the price left the window"),
          rediscover: async () => grown,
        },
      };
      const { mirror } = polled([plain], {}, venues);
      expect((await observe(mirror)).absent.map(({ refusal }) => refusal.refused)).to.deep.equal(["beyond-snapshot"]);
      const snapshot = await observe(mirror);
      expect(snapshot.pools.map(({ pool }) => pool)).to.deep.equal([grown]);
      expect(snapshot.touched).to.deep.equal([plain.id]);
    });

    it("take a price only from a feed that answers, above zero, within its heartbeat", async () => {
      const feed = feedOf(weth.address).address;
      const cases: [string | undefined, string][] = [
        [undefined, "cannot be read"],
        [word(1n, 0n, 500n, 900n, 1n), "answers 0"],
      ];
      for (const [answer, reason] of cases) {
        const { chain, mirror } = polled([plain]);
        chain.answers[feed] = answer;
        const snapshot = await observe(mirror);
        expect(snapshot.pricesE8.has(weth.address)).to.equal(false);
        expect(snapshot.unpriced.get(weth.address)).to.contain(reason);
      }
      const { chain, mirror } = polled([plain]);
      chain.answers[feed] = word(1n, 100n, 0n, 0n, 1n);
      chain.mine(99_000n);
      const { unpriced } = await observe(mirror);
      expect(unpriced.get(weth.address)).to.equal("its feed's answer is 100000 s old, the limit is 86400 s");
    });

    it("do not mix blocks or chains", async () => {
      const { chain, mirror } = polled([plain]);
      // Multicall3 answers both questions here: the chain id is then the timestamp, and the timestamp the chain id.
      chain.answers[arbitrum.multicall3] = word(1_000n);
      expect(await reasonOf(mirror)).to.equal("wrong-chain");
      chain.answers[arbitrum.multicall3] = word(42_161n);
      expect(await reasonOf(mirror)).to.equal("rpc-lagging");
    });
  });

  describe("events", () => {
    it("carry the states from block to block without a read, and touch nothing else", async () => {
      const { chain, mirror } = polled(followed);
      const before = await observe(mirror);
      chain.swap(plain, 1_100n, 1_900n);
      chain.swap(plain, 1_200n, 1_800n);
      chain.swap(sharing, 4n, 7n);
      chain.swap(sharing, 5n, 6n);
      chain.mine();
      const after = await observe(mirror);
      expectCurrent(after, chain);
      expect(after.touched).to.have.members([plain.id, sharing.id]);
      const stateOf = ({ pools }: Snapshot, pool: Pool) => pools.find((each) => each.pool.id === pool.id);
      for (const pool of [other, drifting, neighbour]) expect(stateOf(after, pool)).to.equal(stateOf(before, pool));
      chain.mine();
      const quiet = await observe(mirror);
      expect(quiet.pools).to.equal(after.pools);
      expect(quiet.touched).to.deep.equal([]);
      expect(chain.counts.reads, "the first read").to.deep.equal([50n]);
      expect(chain.counts.logs, "one request a block").to.have.length(2);
    });

    it("have one read for all pools that they do not tell, and for those without any", async () => {
      const { chain, mirror } = polled([plain, oracle, silentKind, untold]);
      const before = await observe(mirror);
      chain.swap(untold, 7n, 8n);
      chain.drift(silentKind, { reserves: [3n, 4n] });
      const { number } = chain.mine();
      const snapshot = await observe(mirror);
      expectCurrent(snapshot, chain);
      expect(chain.counts.reads).to.deep.equal([50n, number]);
      expect(snapshot.touched, "what is read and is the same is not touched").to.have.members([
        untold.id,
        silentKind.id,
      ]);
      expect(snapshot.pools[1]).to.equal(before.pools[1]);
    });

    it("that the venue cannot make sense of cost a read", async () => {
      const { chain, mirror } = polled([plain]);
      await observe(mirror);
      chain.swap(plain, 5n, 5n);
      chain.node.tell = (log) => ({ ...log, data: "0x1234" });
      chain.mine();
      expectCurrent(await observe(mirror), chain);
      expect(chain.counts.reads).to.have.length(2);
    });

    it("bring back a pool that was absent", async () => {
      const { chain, mirror } = polled([plain]);
      chain.answers[plain.address] = undefined;
      expect((await observe(mirror)).pools).to.deep.equal([]);
      delete chain.answers[plain.address];
      chain.swap(plain, 5n, 5n);
      chain.mine();
      const snapshot = await observe(mirror);
      expect(snapshot.absent).to.deep.equal([]);
      expectCurrent(snapshot, chain);
    });

    it("are asked for block by block where several blocks were mined at once", async () => {
      const { chain, mirror } = polled(followed);
      await observe(mirror);
      for (const amount of [5n, 6n, 7n]) {
        chain.swap(plain, amount, amount);
        chain.mine();
      }
      expectCurrent(await observe(mirror), chain);
      expect(chain.counts.reads).to.have.length(1);
      expect(mirror.counts.resets).to.equal(0);
    });
  });

  describe("a chain that is not continued", () => {
    it("is read again after a gap that is too long to fill", async () => {
      const { chain, mirror } = polled(followed);
      await observe(mirror);
      chain.swap(plain, 5n, 5n);
      for (let block = 0; block < 66; block++) chain.mine();
      const snapshot = await observe(mirror);
      expectCurrent(snapshot, chain);
      expect(snapshot.touched).to.deep.equal([plain.id]);
      expect(chain.counts.resets).to.deep.equal(["a gap of 65 blocks"]);
    });

    it("is read again after a reorganization, of the same height, lower and higher", async () => {
      for (const mined of [1, 2, 3]) {
        const { chain, mirror } = polled(followed);
        await observe(mirror);
        chain.swap(plain, 5n, 5n);
        chain.mine();
        chain.mine();
        await observe(mirror);
        chain.drop(2);
        chain.swap(other, 6n, 6n);
        for (let block = 0; block < mined; block++) chain.mine();
        const snapshot = await observe(mirror);
        expectCurrent(snapshot, chain);
        expect(snapshot.touched).to.have.members([plain.id, other.id]);
        expect(chain.counts.resets.join()).to.match(/^block \d+ was replaced$/);
        chain.swap(plain, 7n, 7n);
        chain.mine();
        expectCurrent(await observe(mirror), chain);
      }
    });

    it("is not taken for one where the node falls back to an older block", async () => {
      const { chain, mirror } = polled(followed);
      await observe(mirror);
      const newest = chain.mine();
      await observe(mirror);
      chain.drop(1);
      expect(await reasonOf(mirror)).to.equal("rpc-lagging");
      expect(newest.number).to.equal(51n);
      expect(mirror.counts.resets).to.equal(0);
    });

    it("is followed again after the RPC has failed at any request", async () => {
      for (const port of ["latestBlock", "logsOf", "ethCallAt", "headerOf"] as const) {
        const { chain, mirror } = polled([...followed, oracle]);
        await observe(mirror);
        const { [port]: works } = chain.ports;
        const failing = async () => Promise.reject(new RpcError("no answer"));
        Object.assign(chain.ports, { [port]: port === "ethCallAt" ? () => failing : failing });
        chain.swap(plain, 5n, 5n);
        chain.mine();
        chain.drift(oracle, { reserves: [8n, 8n] });
        chain.mine();
        const failure = await mirror.observe().catch((error: unknown) => error);
        expect(failure, port).to.be.instanceOf(RpcError);
        Object.assign(chain.ports, { [port]: works });
        expectCurrent(await observe(mirror), chain);
      }
    });
  });

  describe("context", () => {
    it("is read again after contextSeconds, and keeps its identity where nothing changed", async () => {
      const { chain, mirror } = polled([plain], { contextSeconds: 5n });
      const before = await observe(mirror);
      chain.mine(4n);
      const young = await observe(mirror);
      expect(chain.counts.reads).to.have.length(1);
      expect(young.pricesE8).to.equal(before.pricesE8);
      chain.mine(1n);
      expect((await observe(mirror)).pricesE8).to.equal(before.pricesE8);
      expect(chain.counts.reads).to.have.length(2);
      chain.answers[feedOf(weth.address).address] = word(1n, 101n, 500n, 900n, 1n);
      chain.mine(5n);
      expect((await observe(mirror)).pricesE8.get(weth.address)).to.equal(101n);
    });
  });

  describe("confirm", () => {
    it("reads what moves without events, and the context of an older block, once and together", async () => {
      const { chain, mirror } = polled(followed);
      await observe(mirror);
      chain.drift(drifting, { fee: 30n });
      chain.answers[feedOf(weth.address).address] = word(1n, 101n, 500n, 900n, 1n);
      const { number } = chain.mine();
      const snapshot = await observe(mirror);
      const confirmed = await mirror.confirm([plain, drifting]);
      if (isNoTrade(confirmed)) throw new Error(confirmed.detail);
      expect(chain.counts.reads).to.deep.equal([50n, number]);
      expect(confirmed.touched).to.deep.equal([drifting.id]);
      expect(confirmed.pools[2]?.state).to.deep.equal(chain.heldNow(drifting));
      expect(confirmed.pools[0]).to.equal(snapshot.pools[0]);
      expect(confirmed.pricesE8.get(weth.address)).to.equal(101n);
      expect(await mirror.confirm([plain, drifting]), "nothing is left to read").to.equal(confirmed);
      expect(chain.counts.reads).to.have.length(2);
    });

    it("reads what prices a trade where several endpoints have to agree, and nothing else there", async () => {
      const { chain, mirror } = polled(followed);
      const agreed: bigint[] = [];
      chain.ports.agreedCallAt = (block) => {
        agreed.push(block);
        return chain.ports.ethCallAt(block);
      };
      await observe(mirror);
      const { number } = chain.mine();
      await observe(mirror);
      expect(agreed).to.deep.equal([]);
      await mirror.confirm([plain, drifting]);
      expect(agreed).to.deep.equal([number]);
    });

    it("reads nothing of a pool whose events tell all of its state", async () => {
      const { chain, mirror } = polled(followed);
      const snapshot = await observe(mirror);
      expect(await mirror.confirm([plain, sharing])).to.equal(snapshot);
      expect(chain.counts.reads).to.have.length(1);
    });

    it("returns the snapshot itself where what is read is what is known", async () => {
      const { chain, mirror } = polled(followed);
      await observe(mirror);
      chain.mine();
      const snapshot = await observe(mirror);
      expect(await mirror.confirm([plain, drifting])).to.equal(snapshot);
      expect(chain.counts.reads).to.have.length(2);
    });
  });

  describe("check", () => {
    it("finds a state that is not what events told, stops the pool for good, and repairs nothing", async () => {
      const { chain, mirror } = polled(followed);
      await observe(mirror);
      chain.swap(plain, 5n, 5n);
      chain.node.tell = (log) => ({ ...log, data: word(5n, 6n) });
      const { number } = chain.mine();
      await observe(mirror);
      await mirror.check();
      const snapshot = await observe(mirror);
      const detail = `block ${number} has another state than its events told: reserves[1] is 5n, not 6n`;
      expect(snapshot.divergences).to.deep.equal([{ pool: plain.id, block: number, detail }]);
      expect(snapshot.absent).to.deep.equal([{ pool: plain, refusal: refuse("stopped", detail) }]);
      expect(snapshot.touched).to.deep.equal([plain.id]);
      chain.node.tell = (log) => log;
      chain.swap(plain, 7n, 7n);
      chain.mine(200n);
      const later = await observe(mirror);
      expect(later.absent.map(({ pool }) => pool)).to.deep.equal([plain]);
      expect(later.divergences).to.deep.equal([]);
      await mirror.check();
      expect(mirror.counts.divergences).to.equal(1);
    });

    it("begins after checkEverySeconds, beside the blocks", async () => {
      const { chain, mirror } = polled(followed, { checkEverySeconds: 60n, contextSeconds: 1_000n });
      await observe(mirror);
      chain.drift(plain, { reserves: [9n, 9n] });
      chain.mine(59n);
      await observe(mirror);
      expect(mirror.counts.checks).to.equal(0);
      chain.mine(1n);
      await observe(mirror);
      expect(mirror.counts.checks).to.equal(1);
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect((await observe(mirror)).divergences.map(({ pool }) => pool)).to.deep.equal([plain.id]);
    });

    it("brings back a pool that returned without an event", async () => {
      const { chain, mirror } = polled([plain, other]);
      chain.answers[plain.address] = undefined;
      await observe(mirror);
      delete chain.answers[plain.address];
      chain.mine();
      expect((await observe(mirror)).pools.map(({ pool }) => pool)).to.deep.equal([other]);
      await mirror.check();
      const snapshot = await observe(mirror);
      expect(snapshot.pools.map(({ pool }) => pool)).to.deep.equal([plain, other]);
      expect(snapshot.divergences).to.deep.equal([]);
    });

    it("does not blame a pool for what events never tell, nor for a block that was replaced", async () => {
      const { chain, mirror } = polled(followed);
      await observe(mirror);
      chain.drift(drifting, { fee: 30n });
      chain.mine();
      await observe(mirror);
      await mirror.check();
      chain.drop(1);
      chain.drift(plain, { reserves: [9n, 9n] });
      chain.mine();
      await mirror.check();
      expect(mirror.counts.divergences).to.equal(0);
    });
  });

  describe("a node that sends by itself", () => {
    it("is asked nothing in a block that its events tell", async () => {
      const { chain, mirror } = pushed(followed);
      const before = await observe(mirror);
      expect(chain.counts.reads).to.deep.equal([50n]);
      const asked = chain.counts.headers;
      chain.swap(plain, 1_100n, 1_900n);
      chain.swap(plain, 1_200n, 1_800n);
      chain.swap(neighbour, 5n, 5n);
      chain.mine();
      await mirror.wait(1_000, signal);
      const after = await observe(mirror);
      expectCurrent(after, chain);
      expect(after.touched).to.have.members([plain.id, neighbour.id]);
      expect(after.pools[1]).to.equal(before.pools[1]);
      expect([chain.counts.reads.length, chain.counts.logs.length, chain.counts.headers]).to.deep.equal([1, 0, asked]);
    });

    it("wakes the bot with the block, and lets it take several at once", async () => {
      const { chain, mirror } = pushed(followed);
      await observe(mirror);
      const woken = mirror.wait(60_000, signal);
      chain.swap(plain, 5n, 5n);
      chain.mine();
      await woken;
      chain.swap(plain, 6n, 6n);
      chain.mine();
      expectCurrent(await observe(mirror), chain);
      expect([chain.counts.reads.length, chain.counts.logs.length]).to.deep.equal([1, 0]);
      await mirror.wait(1, signal);
      await mirror.wait(60_000, AbortSignal.timeout(1));
    });

    it("is asked for the blocks that it did not send", async () => {
      const { chain, mirror } = pushed(followed);
      await observe(mirror);
      const [listener] = chain.listeners;
      if (listener === undefined) throw new Error("nobody listens");
      chain.listeners.clear();
      chain.swap(plain, 5n, 5n);
      const missed = chain.mine();
      chain.listeners.add(listener);
      chain.mine();
      expectCurrent(await observe(mirror), chain);
      expect(chain.counts.logs).to.deep.equal([missed.hash]);
    });

    it("has nothing lost of what it sent, where what it is asked for fails", async () => {
      const { chain, mirror } = pushed(followed);
      await observe(mirror);
      const [listener] = chain.listeners;
      if (listener === undefined) throw new Error("nobody listens");
      chain.listeners.clear();
      chain.mine();
      chain.listeners.add(listener);
      chain.swap(plain, 5n, 5n);
      chain.mine();
      const { logsOf } = chain.ports;
      chain.ports.logsOf = async () => Promise.reject(new RpcError("no answer"));
      expect(await mirror.observe().catch((error: unknown) => error)).to.be.instanceOf(RpcError);
      chain.ports.logsOf = logsOf;
      expectCurrent(await observe(mirror), chain);
    });

    it("does not make a wrong state by a log that it drops: the header gives it away", async () => {
      const { chain, mirror } = pushed(followed);
      await observe(mirror);
      chain.node.send = ({ address }) => address !== plain.address.toLowerCase();
      chain.swap(plain, 5n, 5n);
      chain.swap(other, 6n, 6n);
      chain.mine();
      const doubtful = await observe(mirror);
      expect(doubtful.touched).to.deep.equal([other.id]);
      expect(mirror.counts.doubts).to.equal(1);
      // Not in doubt is not read, in doubt is.
      const confirmed = await mirror.confirm([plain]);
      if (isNoTrade(confirmed)) throw new Error(confirmed.detail);
      expect(confirmed.touched).to.deep.equal([plain.id]);
      expectCurrent(confirmed, chain);
    });

    it("has a pool in doubt read with whatever is read next, and not taken for a divergence", async () => {
      const { chain, mirror } = pushed([...followed, untold]);
      await observe(mirror);
      chain.node.send = () => false;
      chain.swap(plain, 5n, 5n);
      chain.mine();
      await observe(mirror);
      await mirror.check();
      chain.node.send = () => true;
      chain.swap(untold, 6n, 6n);
      chain.mine();
      const snapshot = await observe(mirror);
      expectCurrent(snapshot, chain);
      expect(snapshot.touched).to.have.members([plain.id, untold.id]);
      expect(mirror.counts.divergences).to.equal(0);
    });

    it("is asked for the logs where too much is in doubt, or its headers cannot be relied on", async () => {
      const many = Array.from({ length: 201 }, (_, index) => chainPool(100 + index, "solidly"));
      const crowd = pushed(many);
      await observe(crowd.mirror);
      crowd.chain.node.send = () => false;
      for (const pool of many) crowd.chain.swap(pool, 5n, 5n);
      const full = crowd.chain.mine();
      expectCurrent(await observe(crowd.mirror), crowd.chain);
      expect(crowd.chain.counts.logs).to.deep.equal([full.hash]);

      const { chain, mirror } = pushed([plain, other]);
      await observe(mirror);
      const [listener] = chain.listeners;
      if (listener === undefined) throw new Error("nobody listens");
      chain.listeners.clear();
      chain.listeners.add({
        ...listener,
        onHeader: (header) => listener.onHeader({ ...header, logsBloom: `0x${"00".repeat(256)}` }),
      });
      chain.node.send = ({ address }) => address !== plain.address.toLowerCase();
      for (const pool of [plain, other]) chain.swap(pool, 5n, 5n);
      chain.mine();
      await new Promise((resolve) => setImmediate(resolve));
      expectCurrent(await observe(mirror), chain);
    });

    it("may send a log late: it is applied when it comes, and the pool made sure of before", async () => {
      const { chain, mirror } = pushed(followed);
      await observe(mirror);
      chain.swap(plain, 5n, 5n);
      chain.swap(plain, 6n, 6n);
      chain.node.send = ({ index }) => index === 0;
      const header = chain.mine();
      const early = await observe(mirror);
      expect(early.pools[0]?.state).to.deep.include({ reserves: [5n, 5n] });
      const reads = chain.counts.reads.length;
      const [, second] = chain.logsOf(header);
      if (second === undefined) throw new Error("two logs");
      for (const listener of chain.listeners) listener.onLog(second);
      await mirror.wait(60_000, signal);
      expectCurrent(await observe(mirror), chain);
      expect(chain.counts.reads).to.have.length(reads);

      chain.swap(plain, 7n, 7n);
      chain.swap(plain, 8n, 8n);
      chain.node.send = ({ index }) => index === 0;
      chain.mine();
      await observe(mirror);
      const confirmed = await mirror.confirm([plain]);
      if (isNoTrade(confirmed)) throw new Error(confirmed.detail);
      expectCurrent(confirmed, chain);
    });

    it("may send a log late that was read already, or that belongs before one that was applied", async () => {
      const { chain, mirror } = pushed(followed);
      await observe(mirror);
      const swapTwice = (...amounts: bigint[]) => {
        for (const amount of amounts) chain.swap(plain, amount, amount);
        return chain.logsOf(chain.mine());
      };
      const sendLate = async (log: ChainLog | undefined) => {
        if (log === undefined) throw new Error("two logs");
        for (const listener of chain.listeners) listener.onLog(log);
        await mirror.wait(60_000, signal);
        return observe(mirror);
      };
      chain.node.send = () => false;
      const [early] = swapTwice(5n, 6n);
      await observe(mirror);
      await mirror.confirm([plain]);
      const reads = chain.counts.reads.length;
      expectCurrent(await sendLate(early), chain);
      expect(chain.counts.reads, "the read has the whole block").to.have.length(reads);

      chain.node.send = ({ index }) => index === 1;
      const [before] = swapTwice(7n, 8n);
      await observe(mirror);
      expectCurrent(await sendLate(before), chain);
      expect(chain.counts.reads, "events out of order tell nothing").to.have.length(reads + 1);
    });

    it("is not waited for longer once logs have come, and heard out when all have", async function () {
      this.timeout(2_000);
      const { chain, mirror } = pushed(followed, { graceMs: 3_000 });
      await observe(mirror);
      chain.node.send = ({ address }) => address !== plain.address.toLowerCase();
      for (const pool of [plain, other]) chain.swap(pool, 5n, 5n);
      chain.mine();
      expect((await observe(mirror)).touched).to.deep.equal([other.id]);

      chain.node.send = ({ index }) => index === 0;
      for (const amount of [6n, 7n]) chain.swap(other, amount, amount);
      const [, second] = chain.logsOf(chain.mine());
      // Arrived, but not handed to the bot when it looks.
      setImmediate(() => {
        for (const listener of chain.listeners) if (second !== undefined) listener.onLog(second);
      });
      const { pools } = await observe(mirror);
      expect(pools[1]?.state).to.deep.include({ reserves: [7n, 7n] });
    });

    it("may announce older blocks right after the subscription", async () => {
      const { chain, mirror } = pushed(followed);
      const older = chain.newest();
      chain.mine();
      const { subscribe } = chain.ports;
      chain.ports.subscribe = (filter, listener) => {
        listener.onHeader(older);
        return subscribe(filter, listener);
      };
      await observe(mirror);
      await observe(mirror);
      expect(mirror.counts.resets).to.equal(0);
    });

    it("may send the logs before their header, and in any order", async () => {
      const { chain, mirror } = pushed(followed);
      await observe(mirror);
      const listeners = [...chain.listeners];
      chain.listeners.clear();
      for (const amount of [5n, 6n, 7n]) chain.swap(plain, amount, amount);
      const header = chain.mine();
      for (const listener of listeners) {
        for (const log of [...chain.logsOf(header)].reverse()) listener.onLog(log);
        listener.onHeader(header);
      }
      expectCurrent(await observe(mirror), chain);
      expect(chain.counts.reads).to.have.length(1);
    });

    it("makes everything be read again by a log of a block that left the chain", async () => {
      const { chain, mirror } = pushed(followed);
      await observe(mirror);
      chain.swap(plain, 5n, 5n);
      const header = chain.mine();
      await observe(mirror);
      chain.drop(1);
      const [log] = [{ address: plain.address.toLowerCase(), topics: [synced], data: word(5n, 5n), index: 0 }];
      const removed = { ...log, blockHash: header.hash, blockNumber: header.number, removed: true };
      for (const listener of chain.listeners) listener.onLog(removed);
      await mirror.wait(60_000, signal);
      expectCurrent(await observe(mirror), chain);
      expect(chain.counts.resets).to.deep.equal([`block ${header.number} has left the chain`]);
    });

    it("is subscribed to again, and everything read, after the connection has ended", async () => {
      const { chain, mirror } = pushed(followed);
      await observe(mirror);
      const [listener] = chain.listeners;
      chain.listeners.clear();
      chain.swap(plain, 5n, 5n);
      chain.mine();
      listener?.onLost("code 1006");
      await mirror.wait(60_000, signal);
      chain.node.fail = new RpcError("no answer");
      expect(await mirror.observe().catch((error: unknown) => error)).to.equal(chain.node.fail);
      chain.node.fail = undefined;
      expectCurrent(await observe(mirror), chain);
      expect(chain.counts.resets).to.deep.equal(["code 1006"]);
      expect(chain.counts.subscriptions).to.equal(2);
      chain.swap(plain, 6n, 6n);
      chain.mine();
      expectCurrent(await observe(mirror), chain);
      expect(chain.counts.resets).to.have.length(1);
    });

    it("counts as gone when it sends no block for too long", async () => {
      const { chain, mirror } = pushed(followed, { silenceMs: 20 });
      await observe(mirror);
      await mirror.wait(60_000, signal);
      await observe(mirror);
      expect(chain.counts.resets).to.deep.equal(["the node sent no block for 20 ms"]);
      expect(chain.listeners.size).to.equal(1);
    });
  });
});
