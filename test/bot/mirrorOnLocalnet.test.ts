import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { Contract, randomBytes, ZeroAddress } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { differenceOf } from "../../bot/domain/difference.ts";
import { dataGas } from "../../bot/domain/gas.ts";
import { isNoTrade } from "../../bot/domain/noTrade.ts";
import type { Snapshot } from "../../bot/domain/snapshot.ts";
import { type LogFilter, pollHeads, pushHeads } from "../../bot/pipeline/heads.ts";
import { createMirror, type Mirror } from "../../bot/pipeline/mirror.ts";
import { discover, type Market } from "../../bot/pipeline/observe.ts";
import { createSources } from "../../bot/pipeline/sources.ts";
import { createObservePorts, createSubscribe } from "../../bot/rpc/chainPorts.ts";
import { connectRpc, type RpcProvider } from "../../bot/rpc/provider.ts";
import { createAttempt } from "../../bot/rpc/retry.ts";
import { venueOf, venues } from "../../bot/venues/registry.ts";
import type { Pool } from "../../bot/venues/venue.ts";
import { precompiles } from "../../localnet/precompiles.ts";
import { type Served, serveArbitrum } from "../../localnet/server.ts";
import { createTraffic, type Traffic } from "../../localnet/traffic.ts";
import { deployExecutor } from "../support/executor.ts";
import { type Relay, startRelay } from "../support/relay.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

const counts = { attempts: 0, retries: 0, failures: 0 };
const attempt = createAttempt({ retries: 2, minDelayMs: 5, onRetry: () => undefined, counts });
const signal = new AbortController().signal;
const options = { contextSeconds: 3_600n, checkEverySeconds: 86_400n, sequencerGraceSeconds: 0n };
const rounds = 20;

/** Counts what a provider is asked, by method. */
function counting(provider: RpcProvider) {
  const asked: string[] = [];
  const send: RpcProvider["send"] = (method, params) => {
    asked.push(method);
    return provider.send(method, params);
  };
  return { asked, send };
}

/** DODO's events do not tell the state of its pools: they are read after one. */
const isTold = (pool: Pool) => pool.venue !== "dodo" && venueOf(venues, pool.venue).follow?.source(pool) !== undefined;

// These tests concern the localnet's own process, so they build one, on a fork as well.
describe("bot: mirror of a localnet with traffic", function () {
  this.timeout(120_000);
  let served: Served;
  let traffic: Traffic;
  let market: Market;
  let relay: Relay;
  const sockets: ReturnType<typeof connectRpc>[] = [];

  before(async () => {
    served = await serveArbitrum({ hostname: "127.0.0.1", port: 0 });
    relay = await startRelay(Number(new URL(served.url).port));
    traffic = await createTraffic(served.localnet, { seed: 11 });
    const borrower = { chain: arbitrum, tokens: arbitrum.tokens, contract: undefined, operator: undefined };
    const sound = { deployments: arbitrum.deployments, lenders: [] };
    market = await discover(
      borrower,
      sound,
      venues,
      createObservePorts(served.localnet.connection.ethers.provider, attempt),
    );
  });
  after(async () => {
    for (const socket of sockets) socket.destroy();
    await relay.close();
    await served.close();
  });

  const onReset = () => undefined;

  function polled(pools = market.pools) {
    const { asked, send } = counting(served.localnet.connection.ethers.provider);
    const ports = { ...createObservePorts({ send }, attempt), onReset };
    const headsOf = (filter: LogFilter) => pollHeads(ports, filter, 50);
    return { asked, mirror: createMirror({ ...market, pools }, venues, ports, headsOf, options) };
  }

  function pushed(pools = market.pools, { timeoutMs = 10_000, silenceMs = 60_000 } = {}) {
    const socket = connectRpc(`ws://127.0.0.1:${relay.port}`, arbitrum.id, timeoutMs);
    sockets.push(socket);
    const { asked, send } = counting(socket);
    if (socket.subscribe === undefined) throw new Error("A socket subscribes.");
    const ports = {
      ...createObservePorts({ send }, attempt),
      onReset,
      subscribe: createSubscribe(socket.subscribe, attempt),
    };
    const headsOf = (filter: LogFilter) => pushHeads(ports, filter, { graceMs: 500, silenceMs });
    return { asked, mirror: createMirror({ ...market, pools }, venues, ports, headsOf, options) };
  }

  async function observe(mirror: Mirror): Promise<Snapshot> {
    const observed = await mirror.observe();
    if (isNoTrade(observed)) throw new Error(observed.detail);
    return observed;
  }

  /** Follows until the newest block has come. */
  async function observeNewest(mirror: Mirror, touched: string[] = []): Promise<Snapshot> {
    const number = BigInt(await served.localnet.connection.ethers.provider.getBlockNumber());
    for (;;) {
      const snapshot = await observe(mirror);
      touched.push(...snapshot.touched);
      if (snapshot.block.number === number) return snapshot;
      await mirror.wait(5_000, signal);
    }
  }

  /** Every pool is what a read of everything finds, but for what events never tell. */
  async function expectCurrent({ pools, absent, block }: Snapshot, of = market.pools): Promise<void> {
    const fresh = await observe(polled(of).mirror);
    expect(fresh.block.number).to.equal(block.number);
    expect(absent.map(({ pool }) => pool.id)).to.deep.equal(fresh.absent.map(({ pool }) => pool.id));
    for (const [index, { pool, state }] of pools.entries()) {
      const told = (whole: unknown) => venueOf(venues, pool.venue).follow?.told?.(whole) ?? whole;
      const difference = differenceOf(told(state), told(fresh.pools[index]?.state));
      expect(difference, `${pool.deployment} ${pool.id} in block ${block.number}`).to.equal(undefined);
    }
  }

  for (const [how, create] of [
    ["asked by HTTP", polled],
    ["sent by WebSocket", pushed],
  ] as const) {
    it(`equals a read of everything after every round of traffic, ${how}`, async () => {
      const { mirror } = create();
      await observe(mirror);
      for (let round = 0; round < rounds; round++) {
        const { swaps } = await traffic.step();
        const touched: string[] = [];
        const snapshot = await observeNewest(mirror, touched);
        expect(touched).to.include.members(swaps.map(({ pool }) => pool.id));
        await expectCurrent(snapshot);
      }
      expect(mirror.counts.resets).to.equal(0);
      await mirror.check();
      expect(mirror.counts.divergences).to.equal(0);
    });
  }

  it("asks nothing beyond what is sent in blocks that only touch pools whose events tell", async () => {
    const pools = market.pools.filter(isTold);
    const { asked, mirror } = pushed(pools);
    await observe(mirror);
    asked.length = 0;
    for (let round = 0; round < rounds; round++) {
      await traffic.step();
      await observeNewest(mirror);
    }
    await expectCurrent(await observeNewest(mirror), pools);
    expect(mirror.counts.blocks).to.be.greaterThan(rounds);
    expect(new Set(pools.map(({ venue }) => venue)).size).to.be.at.least(5);
    expect(asked).to.deep.equal([]);
  });

  it("has every log of every block in the header's bloom", async () => {
    const { provider } = served.localnet.connection.ethers;
    const { headerOf, logsOf } = createObservePorts(provider, attempt);
    let logged = 0;
    for (let number = BigInt(await provider.getBlockNumber()), seen = 0; seen < 20; number--, seen++) {
      const header = await headerOf(number);
      if (header === undefined) throw new Error("no header");
      const topics = [...new Set(Object.values(venues).flatMap(({ follow }) => follow?.topics ?? []))];
      for (const log of await logsOf(header.hash, { addresses: undefined, topics })) {
        logged += 1;
        const source = { address: log.address };
        const sources = createSources([{ key: log, source, topics: log.topics.slice(0, 1) }]);
        expect(sources.mayHaveLogged(header.logsBloom)).to.deep.equal([log]);
      }
    }
    expect(logged).to.be.greaterThan(0);
  });

  it("knows what the chain charges for data", async () => {
    const { dataFee } = await observe(polled([]).mirror);
    if (dataFee === undefined) throw new Error("The localnet answers for the node.");
    const abi = ["function gasEstimateL1Component(address, bool, bytes) view returns (uint64, uint256, uint256)"];
    const node = new Contract(precompiles.NodeInterface, abi, served.localnet.connection.ethers.provider);
    const bytes = 900;
    const [gas, baseFeeWei] = await node.getFunction("gasEstimateL1Component")(ZeroAddress, false, randomBytes(bytes));
    expect(Number(dataGas(dataFee, bytes, baseFeeWei) - gas)).to.be.within(0, 3);
  });

  it("is read again after a reorganization", async () => {
    const { networkHelpers } = served.localnet.connection;
    const { mirror } = polled();
    const snapshot = await networkHelpers.takeSnapshot();
    await traffic.step();
    await observeNewest(mirror);
    await snapshot.restore();
    await networkHelpers.mine(2);
    for (let round = 0; round < 3; round++) await traffic.step();
    await expectCurrent(await observe(mirror));
    expect(mirror.counts.resets).to.equal(1);
  });

  for (const [how, fail] of [
    ["has ended", () => relay.cut()],
    ["has fallen silent", () => relay.stall()],
  ] as const) {
    it(`is read again, and goes on, after the connection ${how}`, async () => {
      const { mirror } = pushed(market.pools, { timeoutMs: 1_000, silenceMs: 2_000 });
      await observe(mirror);
      fail();
      await traffic.step();
      await mirror.wait(60_000, signal);
      await expectCurrent(await observeNewest(mirror));
      await traffic.step();
      await expectCurrent(await observeNewest(mirror));
      // A slow machine may take longer between two blocks than the silence that is allowed here.
      expect(mirror.counts.resets).to.be.at.least(1);
    });
  }

  it("feeds the bot's run command by WebSocket, also after the connection has ended", async () => {
    const { address } = await deployExecutor(served.localnet.connection);
    const folder = await mkdtemp(join(tmpdir(), "quintet-"));
    const config = join(folder, "quintet.json5");
    await writeFile(config, JSON.stringify({ contract: address, ledgerFile: join(folder, "ledger.sqlite") }));
    const env = {
      PATH: process.env.PATH,
      ARBITRUM_RPC_URL: `ws://127.0.0.1:${relay.port}`,
      QUINTET_OPERATOR_PRIVATE_KEY: `0x${"51".repeat(32)}`,
    };
    const bot = spawn(process.execPath, ["--import", "tsx", "bot/main.ts", "run", "--config", config], {
      cwd: root,
      env,
    });
    const ended = once(bot, "exit");
    const lines: Record<string, unknown>[] = [];
    createInterface(bot.stderr).on("line", (line) => lines.push(JSON.parse(line)));
    const until = async (isThere: (line: Record<string, unknown>) => boolean) => {
      while (!lines.some(isThere)) {
        if (bot.exitCode !== null) throw new Error(JSON.stringify(lines));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    const newest = async () => String(await served.localnet.connection.ethers.provider.getBlockNumber());
    await until(({ block }) => block !== undefined);
    await traffic.step();
    const first = await newest();
    await until(({ block }) => block === first);
    relay.cut();
    await until(({ msg }) => msg === "everything is read again");
    await traffic.step();
    const second = await newest();
    await until(({ block }) => block === second);
    bot.kill("SIGTERM");
    expect(await ended).to.deep.equal([0, null]);
    expect(lines.at(-1)?.followed).to.include({ resets: 1, divergences: 0 });
    await rm(folder, { recursive: true });
  });
});
