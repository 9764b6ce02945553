import type { Address, Chain } from "../config/chains/chain.ts";
import { valueUsdE8 } from "../domain/amount.ts";
import { isNoTrade, type NoTrade, type NoTradeReason, noTrade } from "../domain/noTrade.ts";
import { type Opportunity, type Order, poolsOf, type Trade, type Verdict } from "../domain/order.ts";
import { refuse } from "../domain/quote.ts";
import { routeId } from "../domain/route.ts";
import type { Snapshot } from "../domain/snapshot.ts";
import type { Market } from "../engine/market.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Outcome } from "../ledger/opportunities.ts";
import type { Run } from "../ledger/runs.ts";
import { checkProfit } from "../risk/limits.ts";
import { checkTiming, createLifeWatch, type TimingLimits } from "../risk/timing.ts";
import { checkTradingHours, type TradingHours } from "../risk/tradingHours.ts";
import { createWatch, type WatchOptions } from "../risk/watch.ts";
import { DisagreementError, RpcError } from "../rpc/retry.ts";
import type { Sent } from "../sender/sender.ts";
import type { Settle, Settled } from "../sender/settle.ts";
import type { BidLimits } from "../sender/submission/priorityFee.ts";
import type { Conditions } from "../sender/submission/submission.ts";
import type { Venues } from "../venues/registry.ts";
import type { Pool } from "../venues/venue.ts";
import { codeVersion } from "../version.ts";
import type { Tend, Tended } from "../wallet/tend.ts";
import { type Candidate, createDecide, type DecideOptions, type Decision } from "./decide.ts";
import type { Execute } from "./execute.ts";
import { type GateLimits, gate } from "./gate.ts";
import { priceOrder, valuationOf } from "./price.ts";
import { journaledOptions } from "./replay.ts";
import { type CallExecute, simulate } from "./simulate.ts";

export interface BotOptions extends GateLimits, WatchOptions, TimingLimits, TradingHours, Omit<DecideOptions, "salt"> {
  readonly run: Run;
  /** What is bid for a place in the block: undefined where blocks are not ordered by what is bid. */
  readonly bid: BidLimits | undefined;
}

export interface BotPorts {
  readonly observe: () => Promise<Snapshot | NoTrade>;
  /** Makes sure of pools at the last snapshot's block. Returns that snapshot itself where nothing changes by it. */
  readonly confirm: (pools: readonly Pool[]) => Promise<Snapshot | NoTrade>;
  /** Undefined when no contract or no operator is configured. */
  readonly callExecute: CallExecute | undefined;
  readonly execute: Execute;
  /** Returns the conditions under which an order is to be mined, where the node may take any. */
  readonly conditionsOf: (order: Order) => Promise<Conditions | undefined>;
  /** Settles what was sent, as far as the chain tells, and returns the orders whose result became known. */
  readonly settle: Settle;
  /** Looks after the wallet once a block, where nothing was sent. Undefined where it is left alone. */
  readonly tend?: Tend | undefined;
  readonly nowSeconds: () => bigint;
}

/** What one block came to. */
export interface Step {
  /** Undefined when not even the block could be observed. */
  readonly snapshot: Snapshot | undefined;
  /** The snapshot's pools as a graph: undefined with it. It changes with the next block. */
  readonly market: Market | undefined;
  readonly outcomes: readonly Outcome[];
  /** Why the block as a whole brought no trade, or undefined when it had opportunities to decide on. */
  readonly noTrade: NoTrade | undefined;
  /** The order that was sent, which is not executed before it is settled. */
  readonly sent: { readonly order: Order; readonly sent: Sent } | undefined;
  /** The orders of this and earlier blocks whose result became known. */
  readonly settled: readonly Settled[];
  /** Those of them that landed and were sent by this run. */
  readonly trades: readonly Trade[];
  /** What was done for the wallet. */
  readonly tended: Tended | undefined;
  readonly milliseconds: { readonly observe: number; readonly decide: number; readonly carryOut: number };
}

/** What is decided on a snapshot. */
interface Decided extends Decision {
  readonly observed: Snapshot;
  /** What was observed, without the pools that are stopped. */
  readonly snapshot: Snapshot;
  /** Why nothing may be sent after all. */
  readonly halt: NoTrade | undefined;
}

/** How far an order got with the chain. */
interface Carried {
  /** The order with the gas that the chain estimates, once it did. */
  readonly order?: Order;
  readonly verdict: Verdict | undefined;
  readonly result: Sent | NoTrade;
}

/** How many orders of one block are put to the chain before the bot waits for the next block. */
const simulationsPerBlock = 3;

/** How often the orders of one block are decided on anew because pools turned out to be in another state. */
const decisionsPerBlock = 5;

/** Why an order that the chain confirms is not sent, and another of the block may be. */
const ofOneOrder: ReadonlySet<NoTradeReason> = new Set([
  "below-min-profit",
  "amount-refused",
  "order-too-large",
  "route-open",
  "trade-pending",
]);

const outbid = noTrade("outbid", "one trade a block, and another order leaves more");

/**
 * Creates the function that takes the newest block from observation to ledger. It acts on nothing but that block's
 * snapshot and sends one transaction at most.
 *
 * @throws FatalError, and whatever is no answer of the chain
 */
export function createStep(ledger: Ledger, venues: Venues, ports: BotPorts, options: BotOptions): () => Promise<Step> {
  const decisions = { ...options, salt: options.run.salt };
  const decideOn = createDecide(venues, decisions);
  const journal = ledger.states.journal({
    run: options.run.id,
    version: codeVersion(),
    chain: options.chain.name,
    options: journaledOptions(decisions),
  });
  const stops = createStops(ledger, ports.nowSeconds);
  const watch = createWatch(ledger.risk, options);
  const carryOut = createCarryOut(ports, options, stops);
  const overLives = createLifeWatch();
  const orders = createSentOrders();
  const prices = createPrices(options.chain);

  const decide = (observed: Snapshot): Decided => {
    for (const { pool, block, detail } of observed.divergences) stops.stop([pool], block, detail);
    const snapshot = stops.leaveOut(observed);
    const { candidates, ...decision } = decideOn(snapshot);
    journal.add(snapshot, decision.changes);
    return { observed, snapshot, candidates: refuseSlow(candidates, ledger, options), ...decision, halt: undefined };
  };

  /** Makes sure of the pools that the best orders pass, and decides anew as long as that changes something. */
  const makeSure = async (first: Decided): Promise<Decided> => {
    let decided = first;
    for (let decision = 0; decision < decisionsPerBlock; decision++) {
      const pools = bestOrders(decided.candidates).flatMap(poolsOf);
      if (pools.length === 0 || ports.callExecute === undefined) return decided;
      const confirmed = await ports.confirm([...new Set(pools)]).catch(rpcFailure);
      if (isNoTrade(confirmed)) return { ...decided, halt: confirmed };
      if (confirmed === decided.observed) return decided;
      decided = decide(confirmed);
      const halt = gate(decided.snapshot, ports.nowSeconds(), options);
      if (halt !== undefined) return { ...decided, halt };
    }
    const detail = `${decisionsPerBlock} decisions on this block met pools in another state than was known`;
    return { ...decided, halt: noTrade("outdated", detail) };
  };

  return async () => {
    const start = performance.now();
    const observed = await ports.observe().catch(rpcFailure);
    const observe = performance.now() - start;
    if (isNoTrade(observed)) {
      const none = stateRefusal(watch(undefined, observed, ports.nowSeconds())) ?? observed;
      ledger.opportunities.recordBlock(0n, ports.nowSeconds(), none);
      const milliseconds = { observe, decide: 0, carryOut: 0 };
      // A market that cannot be observed is no reason to leave open what was sent, unless nobody answers at all.
      const results = observed.noTrade === "rpc-failed" ? [] : await ports.settle(prices.valuationOf).catch(rpcFailure);
      const settled = isNoTrade(results) ? [] : results;
      const nothing = { snapshot: undefined, market: undefined, outcomes: [], sent: undefined, tended: undefined };
      return { ...nothing, settled, trades: tradesOf(settled, orders), noTrade: none, milliseconds };
    }
    prices.remember(observed);
    // Beside the decision, which takes no turn of its own: a block with nothing open costs no time.
    const settling = ports.settle(prices.valuationOf).catch(rpcFailure);
    const decideStart = performance.now();
    const first = decide(observed);
    const decided = performance.now() - decideStart;
    const before = await settling;

    const stopped = haltOf(ledger, watch, ports, options, first.snapshot) ?? (isNoTrade(before) ? before : undefined);
    const carryOutStart = performance.now();
    const { snapshot, candidates, market, resize, ...sure } = stopped === undefined ? await makeSure(first) : first;
    const { block } = snapshot;
    const halt = stopped ?? sure.halt;
    const carried = halt === undefined ? await carryOut(candidates, snapshot) : new Map<string, Carried>();
    // What prices a trade is asked of the endpoints on the way, after the block was found sound.
    const answers = [sure.halt, ...[...carried.values()].map(({ result }) => result)];
    const disagreement = answers.filter(isNoTrade).find((refusal) => refusal.noTrade === "rpc-disagreement");
    if (disagreement !== undefined) watch(block.number, disagreement, ports.nowSeconds());
    const outcomes = candidates.map((candidate) => outcomeOf(candidate, carried, halt, snapshot));
    const lives = overLives({
      ...block,
      block: block.number,
      routes: candidates.filter(isWorthSending).map(({ opportunity }) => routeId(opportunity.route)),
      isDisturbed: isTrading(ledger, carried),
    });
    const pools = `${market.poolCount} pools`;
    const none = noTrade(
      "no-opportunity",
      `no cycle of 2 to ${options.maxHops} hops through ${pools} pays for its gas`,
    );
    const quiet = outcomes.length === 0 ? (halt ?? none) : halt;
    // In one piece: all of a block is synced to the disk once.
    ledger.transact(() => {
      if (outcomes.length > 0) ledger.opportunities.record(options.run.id, outcomes, journal.write());
      ledger.lifetimes.record(lives);
      if (quiet !== undefined) ledger.opportunities.recordBlock(block.number, block.timestamp, quiet);
    });

    const sent = sentOf(outcomes);
    if (sent !== undefined) orders.set(sent.order.id, sent.order);
    // One look: a chain that mines at once has the receipt. Any other is looked at with the next block.
    const after = sent === undefined ? [] : await ports.settle(prices.valuationOf).catch(rpcFailure);
    const mayConvert = sent === undefined && (halt === undefined || halt.noTrade === "gas-balance-too-low");
    const scene = { snapshot, candidates, resize, mayOrder: halt === undefined };
    const tended = mayConvert ? await ports.tend?.(scene).catch(rpcFailure) : undefined;
    const settled = [before, after].flatMap((results) => (isNoTrade(results) ? [] : results));
    return {
      snapshot,
      market,
      outcomes,
      noTrade: quiet,
      sent,
      settled,
      trades: tradesOf(settled, orders),
      tended: isNoTrade(tended) ? undefined : tended,
      milliseconds: { observe, decide: decided, carryOut: performance.now() - carryOutStart },
    };
  };
}

/** How many of the orders that were sent are remembered, to show them when they are settled. */
const rememberedOrders = 256;

/** Remembers the orders that this run has sent. */
function createSentOrders() {
  const orders = new Map<string, Order>();
  return {
    get: (opportunity: string) => orders.get(opportunity),
    set(opportunity: string, order: Order) {
      orders.set(opportunity, order);
      const [oldest] = orders.keys();
      if (orders.size > rememberedOrders && oldest !== undefined) orders.delete(oldest);
    },
  };
}

/** Remembers the newest price of each token, to value what is settled while a feed is stale. */
function createPrices({ weth, tokens }: Chain) {
  const pricesE8 = new Map<Address, bigint>();
  return {
    remember(snapshot: Snapshot) {
      for (const [token, priceE8] of snapshot.pricesE8) pricesE8.set(token, priceE8);
    },
    valuationOf: (token: Address = weth) => valuationOf(pricesE8, { weth, tokens }, token),
  };
}

function sentOf(outcomes: readonly Outcome[]): Step["sent"] {
  const outcome = outcomes.find(({ sent }) => sent !== undefined);
  if (outcome?.sent === undefined || outcome.order === undefined) return undefined;
  return { order: outcome.order, sent: outcome.sent };
}

function tradesOf(settled: readonly Settled[], orders: ReturnType<typeof createSentOrders>): readonly Trade[] {
  return settled.flatMap((one) => tradeOf(one, orders.get(one.result.opportunity)) ?? []);
}

function tradeOf({ result, receipt }: Settled, order: Order | undefined): Trade | undefined {
  const { status, hash, simulated, realised, treasuryGain } = result;
  if (status !== "landed" || order === undefined || receipt === undefined || realised === undefined) return undefined;
  const { block, gasUsed, gasPriceWei } = receipt;
  return { order, simulated, hash, block, gasUsed, gasPriceWei, realised, treasuryGain };
}

/**
 * Returns why nothing may be sent on this block: what a person has set, the state of chain, contract and wallet, what was
 * wrong a few blocks ago.
 */
function haltOf(
  ledger: Ledger,
  watch: ReturnType<typeof createWatch>,
  ports: BotPorts,
  options: BotOptions,
  snapshot: Snapshot,
): NoTrade | undefined {
  const now = ports.nowSeconds();
  const value = walletValueUsdE8(snapshot, options.chain);
  if (options.live && value !== undefined) ledger.risk.noteCapital(value, now);
  const unsound = gate(snapshot, now, options);
  const state = watch(snapshot.block.number, unsound, now);
  return stateRefusal(state) ?? unsound ?? state ?? checkTradingHours(now, options);
}

/** Of a block that is not sound the reason says more than that the bot is degraded by it. */
function stateRefusal(state: NoTrade | undefined): NoTrade | undefined {
  return state?.noTrade === "degraded" ? undefined : state;
}

/** Returns the function that puts the best orders to the chain, one after the other, until one trade is made. */
function createCarryOut(ports: BotPorts, options: BotOptions, stops: Stops) {
  const carry = async (
    opportunity: Opportunity,
    order: Order,
    snapshot: Snapshot,
    callExecute: CallExecute,
  ): Promise<Carried> => {
    const [verdict, conditions] = await Promise.all([
      simulate(order, callExecute, stops.isProven),
      ports.conditionsOf(order),
    ]);
    if (verdict.kind === "refused") return { verdict, result: noTrade("simulation-reverted", verdict.detail) };
    if (verdict.kind === "diverged") {
      // The state of a block is one: a node that answers otherwise the second time has said nothing of the pools.
      const again = await simulate(order, callExecute, stops.isProven);
      if (again.kind !== "diverged" || again.detail !== verdict.detail) {
        const second = again.kind === "confirmed" ? "the quotes are right" : again.detail;
        const detail = `asked twice at block ${order.block}, the RPC says ${verdict.detail}, then ${second}`;
        return { verdict: undefined, result: noTrade("rpc-disagreement", detail) };
      }
      stops.stop(verdict.suspects, order.block, verdict.detail);
      return { verdict, result: noTrade("diverged", verdict.detail) };
    }
    stops.prove(order);
    if (verdict.kind === "outdated") return { verdict, result: noTrade("outdated", verdict.detail) };
    const valuation = valuationOf(snapshot.pricesE8, options.chain, order.token);
    if (valuation === undefined) return { verdict, result: noTrade("no-price", `of ${order.token} or of ether`) };
    const { priced, tipWei } = priceOrder(order, verdict.gas, snapshot, valuation, options);
    const block = { block: snapshot.block.number, timestamp: snapshot.block.timestamp };
    const result =
      checkProfit(priced, options) ??
      (await ports.execute({ ...block, opportunity, order: priced, verdict, valuation, tipWei, conditions }));
    return { verdict, result, order: priced };
  };

  return async (candidates: readonly Candidate[], snapshot: Snapshot): Promise<ReadonlyMap<string, Carried>> => {
    const carried = new Map<string, Carried>();
    const opportunities = new Map(candidates.map(({ opportunity }) => [opportunity.id, opportunity]));
    for (const order of bestOrders(candidates)) {
      const opportunity = opportunities.get(order.id);
      if (ports.callExecute === undefined || opportunity === undefined) break;
      try {
        const one = await carry(opportunity, order, snapshot, ports.callExecute);
        const { verdict, result } = one;
        carried.set(order.id, one);
        // A transaction was sent, or would have been: the snapshot is no longer what the chain is.
        if (!isNoTrade(result) || (verdict?.kind === "confirmed" && !ofOneOrder.has(result.noTrade))) break;
      } catch (error) {
        carried.set(order.id, { verdict: undefined, result: rpcFailure(error) });
        break;
      }
    }
    return carried;
  };
}

/** Refuses the orders whose routes usually pay for less time than a transaction takes. */
function refuseSlow(candidates: readonly Candidate[], ledger: Ledger, options: BotOptions): readonly Candidate[] {
  if (!options.refuseSlowRoutes || !candidates.some(isWorthSending)) return candidates;
  const latencies = ledger.lifetimes.latencies(options.latencySamples);
  return candidates.map((candidate) => {
    if (!isWorthSending(candidate)) return candidate;
    const lives = ledger.lifetimes.of(routeId(candidate.opportunity.route), options.lifetimeSamples);
    return { ...candidate, noTrade: checkTiming(lives, latencies, options) };
  });
}

/** Whether an order leaves what a trade must leave, however long its route pays. */
function isWorthSending({ order, noTrade: none }: Candidate): boolean {
  return order !== undefined && (none === undefined || none.noTrade === "slower-than-route");
}

/** Whether an order was reserved for on this block, or one of an earlier block is not settled. */
function isTrading(ledger: Ledger, carried: ReadonlyMap<string, Carried>): boolean {
  const isReserved = (opportunity: string) => ledger.risk.find({ kind: "order", opportunity }) !== undefined;
  return [...carried.keys()].some(isReserved) || ledger.risk.open().some(({ stake }) => stake.purpose.kind === "order");
}

/** Returns the orders that are put to the chain, the best first. */
function bestOrders(candidates: readonly Candidate[]): readonly Order[] {
  return candidates
    .flatMap(({ order, noTrade }) => (order === undefined || noTrade !== undefined ? [] : [order]))
    .sort((a, b) => (a.netUsdE8 < b.netUsdE8 ? 1 : a.netUsdE8 > b.netUsdE8 ? -1 : 0))
    .slice(0, simulationsPerBlock);
}

function outcomeOf(
  { opportunity, order, noTrade }: Candidate,
  carried: ReadonlyMap<string, Carried>,
  halt: NoTrade | undefined,
  { block }: Snapshot,
): Outcome {
  const one: Carried = carried.get(order?.id ?? "") ?? { verdict: undefined, result: noTrade ?? halt ?? outbid };
  const { verdict, result } = one;
  const outcome = { block: block.number, timestamp: block.timestamp, opportunity, order: one.order ?? order, verdict };
  return isNoTrade(result)
    ? { ...outcome, sent: undefined, noTrade: result }
    : { ...outcome, sent: result, noTrade: undefined };
}

type Stops = ReturnType<typeof createStops>;

/** Keeps which pools the chain has vouched for in this run, and which are stopped, in this run or an earlier one. */
function createStops(ledger: Ledger, nowSeconds: () => bigint) {
  const proven = new Set<string>();
  const stopped = new Map(ledger.pools.all().map(({ pool, detail }) => [pool, detail]));
  return {
    isProven: (pool: string) => proven.has(pool),
    prove(order: Order) {
      for (const { id } of poolsOf(order)) proven.add(id);
    },
    stop(pools: readonly string[], block: bigint, detail: string) {
      for (const pool of pools) {
        stopped.set(pool, detail);
        proven.delete(pool);
        ledger.pools.stop({ pool, block, detail }, nowSeconds());
      }
    },
    leaveOut(snapshot: Snapshot): Snapshot {
      if (stopped.size === 0) return snapshot;
      const left = snapshot.pools.filter(({ pool }) => stopped.has(pool.id));
      return {
        ...snapshot,
        pools: snapshot.pools.filter(({ pool }) => !stopped.has(pool.id)),
        absent: [
          ...snapshot.absent,
          ...left.map(({ pool }) => ({ pool, refusal: refuse("stopped", stopped.get(pool.id) ?? "") })),
        ],
      };
    },
  };
}

/**
 * Returns what the operator's wallet is worth in USD with 8 decimals. A token without a fresh price counts for nothing;
 * undefined where ether has none, or there is no wallet.
 */
function walletValueUsdE8({ wallet, pricesE8 }: Snapshot, { weth, tokens }: Chain): bigint | undefined {
  const etherPriceE8 = pricesE8.get(weth);
  if (wallet === undefined || etherPriceE8 === undefined) return undefined;
  const ether = valueUsdE8(wallet.etherWei, { decimals: 18 }, etherPriceE8);
  return tokens.reduce((sum, token) => {
    const amount = wallet.tokens.get(token.address) ?? 0n;
    return sum + valueUsdE8(amount, token, pricesE8.get(token.address) ?? 0n);
  }, ether);
}

function rpcFailure(error: unknown): NoTrade {
  if (error instanceof DisagreementError) return noTrade("rpc-disagreement", error.message);
  if (error instanceof RpcError) return noTrade("rpc-failed", error.message);
  throw error;
}
