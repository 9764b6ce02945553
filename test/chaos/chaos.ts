import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseEther, Wallet } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { parseConfig } from "../../bot/config/config.ts";
import { seededRandom } from "../../localnet/random.ts";
import { serveArbitrum } from "../../localnet/server.ts";
import { createTraffic } from "../../localnet/traffic.ts";
import { FlashArbitrage__factory } from "../../types/index.js";
import { protocols, uncapped } from "../support/executor.ts";
import { type FaultProxy, startFaultProxy } from "../support/faultProxy/faultProxy.ts";
import { type Fault, faultKinds } from "../support/faultProxy/faults.ts";
import { type AuditLine, audit, type LedgerFacts } from "./audit.ts";
import { type BotProcess, startBot } from "./botProcess.ts";
import { readChainFacts } from "./chainFacts.ts";
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

export interface ChaosReport {
  readonly seed: number;
  readonly seconds: number;
  readonly faults: readonly FaultCount[];
  readonly kills: number;
  /** Of the kills, how many hit within moments of a transaction being sent. */
  readonly killsAtSend: number;
  readonly starts: number;
  /** How often a person had to let it go on after it had used up a limit. */
  readonly resumes: number;
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

/** Of the bot under test: fast, so that a run has many trades, and strict enough that limits are reached. */
const settings = {
  minProfitUsd: "0.05",
  deadlineSeconds: 30,
  maxBlockAgeSeconds: 8,
  pollIntervalMs: 100,
  checkEverySeconds: 30,
  rpcTimeoutMs: 1_500,
  rpcCheckSeconds: 5,
  maxLossesInARow: 8,
  maxTradesPerMinute: 20,
  maxOpenOrders: 3,
  refuseSlowRoutes: false,
};

/** Halts that a person ends by going on: the limits did what they are for. Others are findings. */
const limitHalts = new Set(["loss-streak", "daily-loss", "rolling-loss"]);

/**
 * Runs the bot live on a localnet with traffic through proxies that inject faults, kills it at random instants, lets it
 * settle once the truth has returned, and audits the chain against its ledger.
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { seed, progress } = options;
  const began = performance.now();
  const random = seededRandom(seed);
  const draw = (min: number, max: number) => Number(random.bigint(BigInt(min), BigInt(max)));
  const folder = await mkdtemp(join(tmpdir(), "quintet-chaos-"));
  const ledgerFile = join(folder, "ledger.sqlite");
  const served = await serveArbitrum({ hostname: "127.0.0.1", port: 0 });
  const { connection } = served.localnet;
  const { provider } = connection.ethers;

  const operator = Wallet.createRandom();
  const treasury = Wallet.createRandom().address;
  await connection.networkHelpers.setBalance(operator.address, parseEther("1"));
  const [, owner] = await connection.ethers.getSigners();
  if (owner === undefined) throw new Error("The localnet has too few accounts.");
  const factory = new FlashArbitrage__factory(owner);
  const flash = await factory.deploy(owner, treasury, owner, [operator.address], uncapped, protocols);
  const contract = await flash.getAddress();
  const traffic = await createTraffic(served.localnet, { seed });
  const fromBlock = await provider.getBlockNumber();

  const config = join(folder, "quintet.json5");
  const file = JSON.stringify({ ...settings, contract, ledgerFile });
  await writeFile(config, file);
  const limits = parseConfig({
    file,
    env: { ARBITRUM_RPC_URL: served.url },
    needs: { contract: true, operator: false },
  });

  const problems: string[] = [];
  let [starts, kills, killsAtSend, resumes] = [0, 0, 0, 0];
  let bot: BotProcess | undefined;

  /** Starts the bot with the given endpoints. When it ends by itself, that is looked into. */
  function start(urls: readonly string[]): BotProcess {
    starts += 1;
    const [first = "", ...others] = urls;
    const env = {
      ARBITRUM_RPC_URL: first,
      QUINTET_RPC_URLS: others.join(" "),
      QUINTET_OPERATOR_PRIVATE_KEY: operator.privateKey,
    };
    const started = startBot({ args: ["run", "--live", "--config", config], env, logFile: join(folder, "bot.log") });
    bot = started;
    return started;
  }
  async function killHard(running: BotProcess): Promise<void> {
    running.kill("SIGKILL");
    await running.ended;
    kills += 1;
  }
  async function stop(running: BotProcess): Promise<void> {
    running.kill("SIGTERM");
    const { code, lastWords } = await running.ended;
    if (code !== 0) problems.push(`it ended with ${code} when it was told to stop: ${lastWords.at(-1)}`);
  }
  /** A stop with a message, as for another chain id at the start, is meant; a stack is a defect. */
  async function lookInto(ended: BotProcess): Promise<void> {
    const { code, lastWords } = await ended.ended;
    const stack = lastWords.findIndex((line) => /^\s+at /.test(line));
    if (stack > 0) problems.push(`it broke: ${lastWords[stack - 1]}`);
    else progress(`the bot stopped with ${code}: ${lastWords.at(-1) ?? "no word"}`);
  }
  async function command(...args: string[]): Promise<void> {
    const done = startBot({ args: [...args, "--config", config], env: {}, logFile: join(folder, "bot.log") });
    const { code, lastWords } = await done.ended;
    if (code !== 0) problems.push(`bot ${args[0]} ended with ${code}: ${lastWords.at(-1)}`);
  }
  /** Acts as the person who looks at a halt. */
  async function resumeWhenHalted(): Promise<void> {
    const last = factsNow()?.riskEvents.at(-1);
    if (last?.state !== "HALTED") return;
    if (!limitHalts.has(last.reason)) problems.push(`it halted for ${last.reason}`);
    resumes += 1;
    await command("resume", "--reason", "looked at it");
  }
  /** What the ledger says, unless it is being made or brought up to date. */
  function factsNow(): LedgerFacts | undefined {
    try {
      return readLedgerFacts(ledgerFile);
    } catch {
      return undefined;
    }
  }

  let isOver = false;
  const playing = (async () => {
    while (!isOver) {
      await traffic.step();
      await sleep(options.intervalMs);
    }
  })();

  progress(`measuring without faults for ${options.baselineSeconds} s`);
  const socketOf = (url: string) => url.replace(/^http/, "ws");
  if (options.baselineSeconds > 0) {
    const running = start([socketOf(served.url)]);
    await Promise.race([sleep(options.baselineSeconds * 1_000), running.ended]);
    if (running.isRunning()) await stop(running);
    else await lookInto(running);
  }

  const faultsBeganMs = Date.now();
  /** Set while a bot waits for its end; called when a transaction is on its way. */
  let onBroadcast = () => {};
  const proxies: FaultProxy[] = await Promise.all(
    [1, 2].map((place) =>
      startFaultProxy(
        served.url,
        {
          seed: seed * 2 + place,
          every: options.every,
          everyTransaction: 2,
          kinds: faultKinds,
          maxMs: 4_000,
          limit: options.faults,
        },
        () => onBroadcast(),
      ),
    ),
  );
  const injected = (): readonly Fault[] => proxies.flatMap((proxy) => proxy.injected());
  const [a, b] = proxies.map(({ url, socketUrl }) => ({ url, socketUrl })) as [Urls, Urls];
  const mixes: readonly (readonly string[])[] = [
    [a.socketUrl],
    [a.url],
    [a.socketUrl, b.url],
    [a.url, b.socketUrl],
    [a.socketUrl, b.socketUrl],
  ];

  const endMs = performance.now() + options.maxSeconds * 1_000;
  const isEnough = () =>
    performance.now() > endMs || (injected().length >= options.faults && (factsNow()?.transactions.length ?? 0) > 0);
  while (!isEnough()) {
    const running = start(random.pick(mixes));
    const atSend = draw(1, 3) === 1;
    const lifeMs = draw(500, options.maxLifeSeconds * 1_000);
    // Between signing, sending and the receipt is where a kill can do harm.
    const afterSendMs = draw(0, 60);
    let isHit = false;
    onBroadcast = () => {
      if (!atSend || isHit) return;
      isHit = true;
      setTimeout(() => running.kill("SIGKILL"), afterSendMs);
    };
    const deadline = performance.now() + (atSend ? options.maxLifeSeconds * 2_000 : lifeMs);
    while (running.isRunning() && performance.now() < deadline && !isEnough()) {
      await Promise.race([sleep(250), running.ended]);
    }
    onBroadcast = () => {};
    if (isHit) {
      await killHard(running);
      killsAtSend += 1;
    } else if (!running.isRunning()) await lookInto(running);
    else if (!isEnough()) await killHard(running);
    await resumeWhenHalted();
    progress(`${injected().length} of ${options.faults} faults, ${kills} kills, ${summaryOf(factsNow())}`);
  }

  progress("the truth returns");
  await Promise.all(proxies.map((proxy) => proxy.heal()));
  const settledBy = performance.now() + options.settleSeconds * 1_000;
  const isSettled = () => {
    const { transactions, reservations } = factsNow() ?? { transactions: [{ status: "sent" }], reservations: [] };
    const isOpen = ({ status }: { readonly status: string }) => ["signed", "sent", "open"].includes(status);
    return !transactions.some(isOpen) && !reservations.some(isOpen);
  };
  /** Keeps a bot running until nothing is open. */
  const settle = async () => {
    // Once is chance: the block that shows it may be younger than the next order.
    for (let times = 0; times < 3 && performance.now() < settledBy; ) {
      if (bot?.isRunning() !== true) {
        if (bot !== undefined && times === 0) await lookInto(bot);
        start(mixes[2] ?? []);
      }
      await sleep(500);
      times = isSettled() ? times + 1 : 0;
    }
  };
  if (bot?.isRunning() !== true) start(mixes[2] ?? []);
  await settle();
  await resumeWhenHalted();
  await command("pause", "--reason", "the run is over");
  await settle();
  if (bot?.isRunning()) await stop(bot);
  isOver = true;
  await playing;
  await Promise.all(proxies.map((proxy) => proxy.close()));

  const question = { account: operator.address, contract, treasury, tokens: arbitrum.tokens, fromBlock };
  const chain = await readChainFacts(provider, question);
  const ledger = readLedgerFacts(ledgerFile);
  const reasons = readReasons(ledgerFile);
  await served.close();
  const faults = countsOf(injected());
  const lines = [
    ...audit(chain, ledger, limits),
    {
      question:
        "the bot ended only when it was killed or told to stop, and found nothing that a person has to look into",
      problems,
      compared: `${starts} starts`,
    },
    {
      question: "as many faults were injected as were asked for",
      problems: injected().length >= options.faults ? [] : [`${injected().length} of ${options.faults}`],
      compared: `${injected().length} faults`,
    },
    {
      question: "there was something to audit",
      problems: chain.transactions.length > 0 ? [] : ["the key sent no transaction"],
      compared: `${chain.transactions.length} transactions`,
    },
  ];
  const holds = lines.every((line) => line.problems.length === 0);
  if (holds) await rm(folder, { recursive: true });
  const results = (status: string) => ledger.results.filter((result) => result.status === status).length;
  return {
    seed,
    seconds: Math.round((performance.now() - began) / 1_000),
    faults,
    kills,
    killsAtSend,
    starts,
    resumes,
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
    folder: holds ? undefined : folder,
  };
}

type Urls = Pick<FaultProxy, "url" | "socketUrl">;

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
