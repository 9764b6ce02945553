import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { formatEther, parseEther, parseUnits, Wallet } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { tokenOf } from "../../bot/config/chains/chain.ts";
import { parseConfig } from "../../bot/config/config.ts";
import { seededRandom } from "../../localnet/random.ts";
import { serveArbitrum } from "../../localnet/server.ts";
import { createTraffic } from "../../localnet/traffic.ts";
import { FlashArbitrage__factory } from "../../types/index.js";
import { protocols, uncapped } from "../support/executor.ts";
import { type FaultProxy, startFaultProxy } from "../support/faultProxy/faultProxy.ts";
import { type Fault, faultKinds } from "../support/faultProxy/faults.ts";
import { setTokenBalance } from "../support/fund.ts";
import { type AuditLine, audit, type LedgerFacts } from "./audit.ts";
import { readChainFacts } from "./chainFacts.ts";
import { createKeeper, type Keeper, type KeeperCounts } from "./keeper.ts";
import { type Latency, latencyOf } from "./latency.ts";
import { readLedgerFacts, readReasons } from "./ledgerFacts.ts";

export interface ChaosOptions {
  readonly faults: number;
  readonly seed: number;
  /** One message in as many meets a fault. */
  readonly every: number;
  /** How long the bot runs without faults before, to measure by. */
  readonly baselineSeconds: number;
  /** How long faults are injected at the longest. */
  readonly maxSeconds: number;
  /** How long the bot may take to settle after the truth has returned. */
  readonly settleSeconds: number;
  /** The longest that the bot lives before it is killed. */
  readonly maxLifeSeconds: number;
  /** The pause between two rounds of traffic. */
  readonly intervalMs: number;
  readonly progress: (text: string) => void;
}

export interface ChaosReport extends Readonly<KeeperCounts> {
  readonly seed: number;
  readonly seconds: number;
  readonly faults: readonly FaultCount[];
  readonly trades: number;
  readonly reverted: number;
  readonly lost: number;
  readonly conversions: number;
  readonly reasons: ReadonlyMap<string, number>;
  readonly latency: { readonly without: Latency; readonly with: Latency };
  readonly lines: readonly AuditLine[];
  readonly holds: boolean;
  /** Where ledger and log are, when the audit does not hold. */
  readonly folder: string | undefined;
}

/** Faults of one kind that met one method. */
export interface FaultCount {
  readonly kind: string;
  readonly method: string;
  readonly forwarded: number;
  readonly withheld: number;
}

/** Outages come in storms: between them there is time to trade. */
const [stormMs, calmMs] = [4_000, 6_000];

/** What the operator has besides 0.01 ether: wrapped ether for some of what it will lack, dollars for the rest. */
const wallet = [
  ["WETH", "0.05"],
  ["USDC", "3000"],
] as const;

/** Of the bot under test: fast, so that a run has many trades, and strict enough that limits are reached. */
const settings = {
  minProfitUsd: "0.05",
  deadlineSeconds: 30,
  maxBlockAgeSeconds: 8,
  pollIntervalMs: 100,
  checkEverySeconds: 30,
  rpcTimeoutMs: 1_500,
  rpcCheckSeconds: 5,
  recoverBlocks: 2,
  maxLossesInARow: 8,
  maxTradesPerMinute: 20,
  maxOpenOrders: 3,
  refuseSlowRoutes: false,
};

/**
 * Runs the bot live on a localnet with traffic through proxies that inject faults, kills it at random instants, lets it
 * settle once the truth has returned, and audits the chain against its ledger.
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { seed, faults, progress } = options;
  const began = performance.now();
  const stage = await setStage(options);
  const { keeper, limits, ledgerFile, url } = stage;

  if (options.baselineSeconds > 0) {
    progress(`measuring without faults for ${options.baselineSeconds} s`);
    const bot = keeper.start([url.replace(/^http/, "ws")]);
    await Promise.race([sleep(options.baselineSeconds * 1_000), bot.ended]);
    await (bot.isRunning() ? keeper.stop(bot) : keeper.lookInto(bot));
  }

  const faultsBeganMs = Date.now();
  const watch = { onBroadcast: () => {} };
  const proxies = await Promise.all(
    [1, 2].map((place) => {
      const chosen = { seed: seed * 2 + place, every: options.every, everyTransaction: 2, kinds: faultKinds };
      // The storms of the two come by turns.
      const weather = { stormMs, calmMs, phaseMs: (place * (stormMs + calmMs)) / 2 };
      return startFaultProxy(url, { ...chosen, ...weather, maxMs: 4_000, limit: faults }, () => watch.onBroadcast());
    }),
  );
  const injected = () => proxies.flatMap((proxy) => proxy.injected());
  const mixes = mixesOf(proxies);
  await injectAndKill(options, keeper, mixes, watch, () => injected().length);

  progress("the truth returns");
  await Promise.all(proxies.map((proxy) => proxy.heal()));
  const both = mixes.at(-1) ?? [];
  await keeper.settle(both, options.settleSeconds);
  await keeper.resumeWhenHalted();
  await keeper.command("pause", "--reason", "the run is over");
  const last = await keeper.settle(both, options.settleSeconds);
  if (last !== undefined) await keeper.stop(last);
  await stage.stopTraffic();
  await Promise.all(proxies.map((proxy) => proxy.close()));

  const chain = await stage.readChain();
  const ledger = readLedgerFacts(ledgerFile);
  const reasons = readReasons(ledgerFile);
  await stage.close();
  const { counts, problems } = keeper;
  const lines: readonly AuditLine[] = [
    ...audit(chain, ledger, limits),
    {
      question: "the bot ended only when it was killed or told to, and found nothing that a person has to look into",
      problems,
      compared: `${counts.starts} starts`,
    },
    {
      question: "as many faults were injected as were asked for",
      problems: injected().length >= faults ? [] : [`${injected().length} of ${faults}`],
      compared: `${injected().length} faults`,
    },
    {
      question: "there was something to audit",
      problems: chain.transactions.length > 0 ? [] : ["the key sent no transaction"],
      compared: `${chain.transactions.length} transactions`,
    },
  ];
  const holds = lines.every((line) => line.problems.length === 0);
  if (holds) await rm(stage.folder, { recursive: true });
  const results = (status: string) => ledger.results.filter((result) => result.status === status).length;
  return {
    seed,
    seconds: Math.round((performance.now() - began) / 1_000),
    faults: countsOf(injected()),
    ...counts,
    trades: results("landed"),
    reverted: results("reverted"),
    lost: results("lost"),
    conversions: ledger.conversions.filter(({ status }) => status === "done").length,
    reasons,
    latency: {
      without: latencyOf(ledger.transactions, 0, faultsBeganMs),
      with: latencyOf(ledger.transactions, faultsBeganMs, Number.POSITIVE_INFINITY),
    },
    lines,
    holds,
    folder: holds ? undefined : stage.folder,
  };
}

/** Everything that the bot meets: the localnet with its traffic, the contract, a configuration and a key. */
async function setStage({ seed, intervalMs, progress }: ChaosOptions) {
  const folder = await mkdtemp(join(tmpdir(), "quintet-chaos-"));
  const [ledgerFile, configFile] = [join(folder, "ledger.sqlite"), join(folder, "quintet.json5")];
  const { localnet, url, close } = await serveArbitrum({ hostname: "127.0.0.1", port: 0 });
  const { ethers, networkHelpers } = localnet.connection;
  const operator = Wallet.createRandom();
  const treasury = Wallet.createRandom().address;
  await networkHelpers.setBalance(operator.address, parseEther("0.01"));
  for (const [symbol, amount] of wallet) {
    const { address, decimals } = tokenOf(arbitrum, symbol);
    await setTokenBalance(localnet.connection, address, operator.address, parseUnits(amount, decimals));
  }
  const [, owner] = await ethers.getSigners();
  if (owner === undefined) throw new Error("The localnet has too few accounts.");
  const factory = new FlashArbitrage__factory(owner);
  const flash = await factory.deploy(owner, treasury, owner, [operator.address], uncapped, protocols);
  const contract = await flash.getAddress();
  const traffic = await createTraffic(localnet, { seed });
  const fromBlock = await ethers.provider.getBlockNumber();

  // Each start asks for more ether than the one before, so that the wallet has to convert.
  const gasReserveEther = (starts: number) => formatEther(parseEther("0.008") + BigInt(starts) * parseEther("0.004"));
  const configAt = (starts: number) =>
    JSON.stringify({ ...settings, contract, ledgerFile, gasReserveEther: gasReserveEther(starts) });
  const limits = parseConfig({
    file: configAt(0),
    env: { ARBITRUM_RPC_URL: url },
    needs: { contract: true, operator: false },
  });
  const { privateKey: operatorPrivateKey } = operator;
  const keeper = createKeeper({ folder, configFile, configAt, ledgerFile, operatorPrivateKey, progress });

  let isOver = false;
  const playing = (async () => {
    while (!isOver) {
      await traffic.step();
      await sleep(intervalMs);
    }
  })();
  const question = { account: operator.address, contract, treasury, tokens: arbitrum.tokens, fromBlock };
  return {
    folder,
    ledgerFile,
    url,
    limits,
    keeper,
    readChain: () => readChainFacts(ethers.provider, question),
    async stopTraffic() {
      isOver = true;
      await playing;
    },
    close,
  };
}

/** Starts the bot again and again on one mix of endpoints after the other, and kills it, until there were enough faults. */
async function injectAndKill(
  { faults, seed, maxSeconds, maxLifeSeconds, progress }: ChaosOptions,
  keeper: Keeper,
  mixes: readonly (readonly string[])[],
  watch: { onBroadcast: () => void },
  injected: () => number,
): Promise<void> {
  const random = seededRandom(seed);
  const draw = (min: number, max: number) => Number(random.bigint(BigInt(min), BigInt(max)));
  const endMs = performance.now() + maxSeconds * 1_000;
  // Without a transaction there is nothing to audit.
  const isEnough = () =>
    performance.now() > endMs || (injected() >= faults && (keeper.facts()?.transactions.length ?? 0) > 0);
  while (!isEnough()) {
    const bot = keeper.start(random.pick(mixes));
    const atSend = draw(1, 3) === 1;
    const lifeMs = atSend ? maxLifeSeconds * 2_000 : draw(500, maxLifeSeconds * 1_000);
    // Between signing, sending and the receipt is where a kill can do harm.
    const afterSendMs = draw(0, 60);
    let isHit = false;
    watch.onBroadcast = () => {
      if (!atSend || isHit) return;
      isHit = true;
      setTimeout(() => bot.kill("SIGKILL"), afterSendMs);
    };
    const deathMs = performance.now() + lifeMs;
    while (bot.isRunning() && performance.now() < deathMs && !isEnough()) {
      await Promise.race([sleep(250), bot.ended]);
    }
    watch.onBroadcast = () => {};
    if (isHit) keeper.counts.killsAtSend += 1;
    if (!isHit && !bot.isRunning()) await keeper.lookInto(bot);
    else if (isHit || !isEnough()) await keeper.kill(bot);
    await keeper.resumeWhenHalted();
    const { kills } = keeper.counts;
    progress(`${injected()} of ${faults} faults, ${kills} kills, ${summaryOf(keeper.facts())}`);
  }
}

/** One endpoint or two, by HTTP or WebSocket, each through a proxy of its own. */
function mixesOf([a, b]: readonly FaultProxy[]): readonly (readonly string[])[] {
  if (a === undefined || b === undefined) throw new Error("There are two proxies.");
  return [[a.socketUrl], [a.url], [a.url, b.socketUrl], [a.socketUrl, b.socketUrl], [a.socketUrl, b.url]];
}

function summaryOf(facts: LedgerFacts | undefined): string {
  const results = Map.groupBy(facts?.results ?? [], ({ status }) => status);
  const counts = [...results].map(([status, ones]) => `${ones.length} ${status}`);
  return counts.length === 0 ? "no order yet" : counts.join(", ");
}

function countsOf(faults: readonly Fault[]): readonly FaultCount[] {
  const groups = Map.groupBy(faults, ({ kind, method }) => `${kind} ${method}`);
  return [...groups.values()]
    .map((ones) => {
      const forwarded = ones.filter(({ isForwarded }) => isForwarded).length;
      const { kind = "", method = "" } = ones[0] ?? {};
      return { kind, method, forwarded, withheld: ones.length - forwarded };
    })
    .sort((a, b) => a.kind.localeCompare(b.kind) || a.method.localeCompare(b.method));
}
