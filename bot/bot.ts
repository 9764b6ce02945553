import { computeAddress, Interface, Transaction, toQuantity } from "ethers";
import { type CheckPorts, checkChain, type Finding } from "./check/check.ts";
import type { Address } from "./config/chains/chain.ts";
import type { Config } from "./config/config.ts";
import { isNoTrade } from "./domain/noTrade.ts";
import type { Ledger } from "./ledger/ledger.ts";
import type { Borrower } from "./lenders/lender.ts";
import { askedLenderNames } from "./lenders/registry.ts";
import { type Log, plain } from "./log.ts";
import { createExecute, executeInShadow } from "./pipeline/execute.ts";
import { createExplain, createExplainPorts } from "./pipeline/explain.ts";
import {
  type Header,
  type Heads,
  type LogFilter,
  pollHeads,
  pushHeads,
  type SubscribePorts,
} from "./pipeline/heads.ts";
import { createMirror, type MirrorCounts } from "./pipeline/mirror.ts";
import { discover, type Market } from "./pipeline/observe.ts";
import { createStep, type Step } from "./pipeline/run.ts";
import { curvesOf } from "./pipeline/search.ts";
import { createBooks } from "./risk/books.ts";
import { stakeOf } from "./risk/limits.ts";
import { createReservations } from "./risk/reservations.ts";
import { refusalOf } from "./risk/state.ts";
import { createExecutor, createObservePorts, createSubscribe, type Executor } from "./rpc/chainPorts.ts";
import { readAll } from "./rpc/multicall.ts";
import type { RpcProvider } from "./rpc/provider.ts";
import { type Attempt, createAttempt, FatalError, type RetryCounts, wording } from "./rpc/retry.ts";
import { createSenderChain } from "./rpc/senderChain.ts";
import type { SenderChain } from "./sender/chain.ts";
import type { KeyLock } from "./sender/lock.ts";
import { createSender, type Sender } from "./sender/sender.ts";
import type { Books } from "./sender/settle.ts";
import { createSubmit, takesConditions } from "./sender/submission/choose.ts";
import { readConditions } from "./sender/submission/slots.ts";
import { venues } from "./venues/registry.ts";
import type { Call } from "./venues/venue.ts";
import { createConverter } from "./wallet/convert.ts";
import { createHoldings } from "./wallet/holdings.ts";
import { createTend, type Tend } from "./wallet/tend.ts";
import { readWallet } from "./wallet/wallet.ts";

/** The RPC with its retries, after it proved to serve the configured chain. */
export interface Rpc {
  readonly provider: RpcProvider;
  /** Asks for what prices a trade: the provider itself, or several endpoints that have to agree. */
  readonly pricing: RpcProvider;
  readonly attempt: Attempt;
  readonly counts: RetryCounts;
}

/** Connects the retries to a provider, and makes sure that it serves the configured chain. */
export async function openRpc(provider: RpcProvider, config: Config, log: Log, pricing = provider): Promise<Rpc> {
  const counts = { attempts: 0, retries: 0, failures: 0 };
  const attempt = createAttempt({
    retries: config.rpcRetries,
    minDelayMs: 200,
    counts,
    onRetry: (what, error, attemptNumber) =>
      log.warn({ attempt: attemptNumber, reason: wording(error) }, `${what}: no answer, trying again`),
  });
  const chainId = Number(await attempt("ask for the chain id", () => provider.send("eth_chainId", [])));
  if (chainId !== config.chain.id) {
    throw new FatalError(
      `The RPC serves chain ${chainId}, the configured chain ${config.chain.name} is ${config.chain.id}: check ARBITRUM_RPC_URL.`,
    );
  }
  return { provider, pricing, attempt, counts };
}

/** Returns the address of the operator's key. */
export function operatorOf({ operatorPrivateKey: key }: Config): Address | undefined {
  return key && computeAddress(key);
}

/** Checks every configured address on the newest block. */
export async function selfCheck({ provider, attempt }: Rpc, config: Config): Promise<readonly Finding[]> {
  const ports: CheckPorts = {
    reader: {
      read: (calls) =>
        readAll(
          (to, data) => attempt("run the self-check", () => provider.call({ to, data })),
          config.chain.multicall3,
          calls,
        ),
    },
    codeOf: (address) => attempt("look for code", () => provider.getCode(address)),
    codeMadeBy: (creation) => attempt("compare the contract's code", () => provider.call({ data: creation })),
  };
  return checkChain(config.chain, venues, { contract: config.contract, operator: operatorOf(config) }, ports);
}

export interface Bot {
  readonly market: Market;
  readonly findings: readonly Finding[];
  /**
   * Waits for a block that no step has taken, but no longer than `maxBlockAgeSeconds`: a chain that stands still is then
   * observed as it is, so that the reason is recorded.
   */
  readonly nextBlock: (signal: AbortSignal) => Promise<void>;
  /** Takes the newest block from observation to ledger. */
  readonly step: () => Promise<Step>;
  /** What following the chain has taken. */
  readonly counts: Readonly<MirrorCounts>;
}

export interface BotSetup {
  readonly config: Config;
  readonly rpc: Rpc;
  readonly ledger: Ledger;
  readonly log: Log;
  /** Shadow mode does everything but send. */
  readonly mode: "shadow" | "live";
  /** The right to send with the operator's key: live mode cannot do without. */
  readonly lock?: KeyLock | undefined;
}

/** Checks the configured addresses, leaves out the deployments that fail, discovers the pools, and ties the stages. */
export async function createBot({ config, rpc, ledger, log, mode, lock }: BotSetup): Promise<Bot> {
  const { chain, contract } = config;
  const operator = operatorOf(config);
  const findings = await selfCheck(rpc, config);
  for (const { kind, name, problems } of findings) {
    for (const problem of problems) log.warn({ kind, name, problem }, `${name} is disabled`);
  }
  const isSound = (name: string) => findings.every((finding) => finding.name !== name || finding.problems.length === 0);
  const foreign = findings.find(({ isForeign }) => isForeign);
  if (foreign !== undefined && mode === "live") throw new FatalError(foreign.problems.join("; "));
  if (!isSound("Multicall3")) throw new FatalError(`No Multicall3 at ${chain.multicall3} on ${chain.name}.`);

  const borrower: Borrower = {
    chain,
    tokens: chain.tokens.filter(({ symbol }) => isSound(symbol)),
    contract,
    operator,
  };
  const observePorts = createObservePorts(rpc.provider, rpc.attempt, rpc.pricing);
  const deployments = chain.deployments.filter(({ name }) => isSound(name));
  const sound = { deployments, lenders: askedLenderNames.filter(isSound) };
  const market = await discover(borrower, sound, venues, observePorts);
  for (const [deployment, reason] of market.undiscovered) {
    log.warn({ deployment, reason }, "its pools cannot be listed");
  }
  log.info({ pools: market.pools.length, deployments: deployments.map(({ name }) => name) }, "pools discovered");

  const nowSeconds = () => BigInt(Math.floor(Date.now() / 1_000));
  let baseFeeWei = 0n;
  const executor =
    contract === undefined || operator === undefined
      ? undefined
      : createExecutor({
          provider: rpc.provider,
          pricing: rpc.pricing,
          attempt: rpc.attempt,
          chain,
          venues,
          contract,
          operator,
          maxGasPriceWei: config.maxGasPriceWei,
          tipWei: config.tipWei,
          maxOrderUsdE8: config.maxOrderUsdE8,
          ownCapitalProfile: config.ownCapitalProfile,
          baseFeeWei: () => baseFeeWei,
        });
  const reservations = createReservations(ledger, config);
  const sender =
    mode === "live" && executor !== undefined
      ? openSender({ config, rpc, ledger, log, lock }, executor, createBooks(reservations), () => baseFeeWei)
      : undefined;
  /** When the newest blocks were seen. */
  const seenMs = new Map<bigint, number>();
  const seen = (header: Header): Header => {
    if (!seenMs.has(header.number)) seenMs.set(header.number, Date.now());
    const [oldest] = seenMs.keys();
    if (seenMs.size > 1_024 && oldest !== undefined) seenMs.delete(oldest);
    return header;
  };
  const silenceMs = Number(config.maxBlockAgeSeconds) * 1_000;
  const { subscribe } = rpc.provider;
  const headsOf = (filter: LogFilter): Heads => {
    const latestBlock = async () => seen(await observePorts.latestBlock());
    if (subscribe === undefined) return pollHeads({ ...observePorts, latestBlock }, filter, config.pollIntervalMs);
    const pushed = createSubscribe(subscribe, rpc.attempt);
    const ports: SubscribePorts = {
      ...observePorts,
      latestBlock,
      subscribe: (wanted, listener) =>
        pushed(wanted, { ...listener, onHeader: (header) => listener.onHeader(seen(header)) }),
    };
    return pushHeads(ports, filter, { graceMs: config.logGraceMs, silenceMs });
  };
  const onReset = (reason: string, block: bigint) => log.warn({ reason, block }, "everything is read again");
  const mirror = createMirror(market, venues, { ...observePorts, onReset }, headsOf, config);
  const { rpcUrls: _, operatorPrivateKey: __, chain: ___, ...settings } = config;
  const run = ledger.runs.begin(mode, JSON.stringify(plain({ ...settings, chain: chain.name })), Date.now());
  const step = createStep(
    ledger,
    venues,
    {
      observe: async () => {
        const observed = await mirror.observe();
        if ("block" in observed) baseFeeWei = observed.block.baseFeeWei;
        return observed;
      },
      confirm: mirror.confirm,
      callExecute: executor?.callExecute,
      execute:
        sender === undefined || executor === undefined
          ? executeInShadow
          : createExecute(ledger, run.id, sender, {
              callOf: executor.callOf,
              reserve({ order, valuation }, { maxGasWei }) {
                const reserved = reservations.reserve(stakeOf(order, maxGasWei, valuation), nowSeconds());
                return isNoTrade(reserved) ? reserved : undefined;
              },
              seenAtMs: (block) => seenMs.get(block),
            }),
      conditionsOf: async (order) => {
        if (sender === undefined || !takesConditions(config.submission)) return undefined;
        // Conditions only spare gas: an order whose slots cannot be read is as good without them.
        return readConditions(order, storageAt(rpc)).catch(() => undefined);
      },
      settle: sender?.settle ?? (async () => []),
      tend: config.conversions && operator !== undefined ? openTend(operator) : undefined,
      nowSeconds,
    },
    {
      ...config,
      run,
      live: mode === "live",
      bid: config.submission === "priorityFee" ? config.bid : undefined,
    },
  );
  const explain = createExplain(
    ledger.causes,
    createExplainPorts(rpc.provider, rpc.attempt, observePorts.ethCallAt),
    { pools: market.pools, multicall3: chain.multicall3 },
    venues,
  );
  return {
    market,
    findings,
    nextBlock: (signal) => mirror.wait(silenceMs, signal),
    async step() {
      const taken = await step();
      await explain();
      return taken;
    },
    counts: mirror.counts,
  };

  /** Opens what looks after the wallet: in shadow mode it plans, and sends nothing. */
  function openTend(account: Address): Tend | undefined {
    if (contract === undefined) return undefined;
    const readHoldings = (block: bigint) => {
      const reader = {
        read: (calls: readonly Call[]) => readAll(observePorts.ethCallAt(block), chain.multicall3, calls),
      };
      return readWallet(chain, account, contract, new Map(), reader);
    };
    const allowanceOf = (token: Address, spender: Address) =>
      rpc.attempt("read an allowance", async () => {
        const abi = new Interface(["function allowance(address owner, address spender) view returns (uint256)"]);
        const data = abi.encodeFunctionData("allowance", [account, spender]);
        return BigInt(await rpc.provider.call({ to: token, data }));
      });
    const converter =
      sender &&
      createConverter(ledger, run.id, config, {
        sender,
        chain: createSenderChain(rpc.provider, rpc.attempt),
        allowanceOf,
        reserve: reservations.reserve,
        nowSeconds,
      });
    const holdings = createHoldings(readHoldings, account, ledger.transactions);
    const ports = { ledger, run: run.id, curveOf: curvesOf(venues), holdings, converter, nowSeconds };
    return createTend({ ...config, contract }, ports);
  }
}

/** Opens the way to send with the operator's key. */
function openSender(
  { config, rpc, ledger, log, lock }: Omit<BotSetup, "mode">,
  { profitIn, treasuryAt }: Executor,
  books: Books,
  baseFeeWei: () => bigint,
): Sender {
  const { chain, operatorPrivateKey: privateKey, tipWei, maxGasPriceWei } = config;
  if (lock === undefined || privateKey === undefined)
    throw new FatalError("Sending needs the operator's key, and its lock.");
  const senderChain = createSenderChain(rpc.provider, rpc.attempt);
  return createSender(
    lock,
    ledger,
    senderChain,
    createSubmit(config.submission, (method, params) => rpc.provider.send(method, params), {
      receiptWaitMs: config.receiptWaitMs,
      stillPays: (raw) => stillPays(raw, senderChain),
    }),
    {
      chainId: chain.id,
      privateKey,
      tipWei,
      maxGasPriceWei,
      baseFeeWei,
      profitIn,
      treasuryAt,
      books,
      halt: (cause, at) => ledger.risk.change({ kind: "halt", who: "settlement", ...cause }, at),
      mayTrade: () => refusalOf(ledger.risk.state()) === undefined,
      onEvent: ({ event, detail, ...of }) => log.warn({ event, ...of, detail }, `a transaction: ${event}`),
      nowMs: Date.now,
      replaceAfterMs: config.replaceAfterMs,
      maxReplacements: config.maxReplacements,
      confirmBlocks: config.confirmBlocks,
      idleMs: Number(config.contextSeconds) * 1_000,
    },
  );
}

/** Whether a signed transaction still pays at the newest state. Where the node does not say, it is not sent again. */
async function stillPays(raw: string, chain: Pick<SenderChain, "tryCall">): Promise<boolean> {
  const { from, to, data, value } = Transaction.from(raw);
  if (from === null || to === null) return false;
  const trial = await chain.tryCall(from, { to, data, valueWei: value }).catch(() => undefined);
  return trial !== undefined && "gas" in trial;
}

function storageAt({ provider, attempt }: Rpc) {
  return (address: Address, slot: string, block: bigint): Promise<string> =>
    attempt("read a storage slot", async () =>
      String(await provider.send("eth_getStorageAt", [address, slot, toQuantity(block)])),
    );
}
