import type { Address } from "../config/chains/chain.ts";
import { divideUp, formatAmount, formatPercent, formatUsd, larger, valueUsdE8 } from "../domain/amount.ts";
import { weiInUsdE8Up } from "../domain/gas.ts";
import { type Asset, ether } from "./asset.ts";

/** What the wallet holds, with what is on its way. Amounts are in units of each asset. */
export interface Holdings {
  /** By asset. What is not in here is not held. */
  readonly balances: ReadonlyMap<Address, bigint>;
  /** Conversions that are recorded and whose end is not known. */
  readonly pending: readonly PendingConversion[];
}

/** A conversion on its way: it either delivers `minOut` or leaves `amountIn`, and takes at most `maxGasWei`. */
export interface PendingConversion {
  readonly from: Address;
  readonly to: Address;
  readonly amountIn: bigint;
  readonly minOut: bigint;
  readonly maxGasWei: bigint;
}

/** What the wallet has to hold. */
export interface Needs {
  /** An order of the wallet's own money, in units of its token. */
  readonly order: { readonly token: Address; readonly amount: bigint } | undefined;
  /** The most that the order's own transaction takes: zero without an order. */
  readonly gasWei: bigint;
}

/** How a conversion is made. */
export type Via =
  | { readonly kind: "wrap" }
  | { readonly kind: "unwrap" }
  /** Through the router of a deployment. The path names tokens: ether is the wrapped one in it. */
  | { readonly kind: "swap"; readonly deployment: string; readonly path: readonly Address[] };

export interface ConversionQuote {
  readonly amountOut: bigint;
  readonly via: Via;
}

/**
 * Quotes a conversion of exactly `amountIn` units by the best of the venues: exact, and no less for more, or undefined
 * where no venue takes it.
 */
export type QuoteConversion = (from: Address, to: Address, amountIn: bigint) => ConversionQuote | undefined;

export interface PlanSettings {
  /** The ether that is kept for gas beyond what the order takes. */
  readonly gasReserveWei: bigint;
  /** What is converted on top of what is short, in hundredths of a percent. It makes up for `conversionSlippageBps`. */
  readonly conversionMarginBps: bigint;
  /** How much less than its quote a conversion may deliver, in hundredths of a percent. */
  readonly conversionSlippageBps: bigint;
  /** A conversion of less is not made, in USD with 8 decimals. */
  readonly minConversionUsdE8: bigint;
  /** How much of its value by the oracle a conversion may lose, in hundredths of a percent. */
  readonly maxConversionLossBps: bigint;
}

export interface PlanContext extends PlanSettings {
  readonly assets: readonly Asset[];
  /** Checked prices by token, in USD with 8 decimals. */
  readonly pricesE8: ReadonlyMap<Address, bigint>;
  readonly quote: QuoteConversion;
  /** The most that one conversion takes, with its approval. */
  readonly conversionGasWei: bigint;
}

/** One transaction that turns one asset into another. */
export interface Conversion {
  readonly from: Address;
  readonly to: Address;
  readonly amountIn: bigint;
  /** What its quote says. */
  readonly amountOut: bigint;
  /** What it delivers at least, or it reverts. */
  readonly minOut: bigint;
  readonly via: Via;
  /** What it is for. */
  readonly reason: string;
}

export interface Plan {
  /** In the order in which they are made. Empty when nothing is needed. */
  readonly conversions: readonly Conversion[];
  /** What the conversions lose by the oracle, gas included. Below zero where a venue pays more than the oracle says. */
  readonly costUsdE8: bigint;
  /** For each need what it is and what covers it. */
  readonly needs: readonly string[];
}

/**
 * Why there is no plan. Closed.
 *
 * - `no-price`: what is needed has no checked price
 * - `below-minimum`: what is short is worth less than `minConversionUsd`
 * - `not-enough`: all that may be spent does not cover what is short
 * - `too-costly`: every way loses more than `maxConversionLossPercent`
 */
export type NoPlanReason = "no-price" | "below-minimum" | "not-enough" | "too-costly";

export interface NoPlan {
  readonly noPlan: NoPlanReason;
  readonly detail: string;
}

export function isNoPlan(value: Plan | NoPlan): value is NoPlan {
  return "noPlan" in value;
}

const one = 10_000n;

/** Only so many of the most valuable holdings are considered: their subsets are tried one by one. */
const maxSources = 8;

/** Only so many of the cheapest ways to cover the order are combined with the ways to cover the ether. */
const maxWays = 64;

/** A way to cover one need. */
interface Way {
  readonly conversions: readonly Conversion[];
  readonly costUsdE8: bigint;
}

/** One need: an asset, what is short of it, and what it is for. */
interface Shortage {
  readonly asset: Asset;
  readonly amount: bigint;
  readonly reason: string;
}

/**
 * Plans the conversions that leave the wallet with what it needs, or says why there are none.
 *
 * A need is covered by the cheapest way of this kind: some holdings are spent whole and one in part, each by one
 * conversion, which together bring what is short and the margin. Nothing is spent that the needs reserve, or that a
 * pending conversion spends; what a pending conversion will bring covers a need, and is not spent. So a plan that was made
 * leaves nothing to plan for the same needs, whether its conversions are pending or done.
 *
 * Each conversion is quoted as if it were the only one: whoever makes them plans again after each.
 */
export function planConversions(holdings: Holdings, needs: Needs, context: PlanContext): Plan | NoPlan {
  const { assets, gasReserveWei, conversionGasWei, conversionMarginBps } = context;
  const counted = tally(holdings);
  const etherAsset = assetOf(assets, ether);
  if (!context.pricesE8.has(etherAsset.pricedBy)) return { noPlan: "no-price", detail: "ETH has no checked price" };
  const etherNeeded = gasReserveWei + needs.gasWei;
  const notes: string[] = [];

  const orderShort = orderShortage(needs, counted, assets, notes);
  const orderWays: readonly Way[] | NoPlan =
    orderShort === undefined
      ? [nothing]
      : waysToCover(orderShort, context, (asset, count) => {
          const held = counted.held(asset);
          return asset === ether ? held - etherNeeded - BigInt(count) * conversionGasWei : held;
        });
  if (!isWays(orderWays)) return orderWays;

  let best: Way | undefined;
  let refusal: NoPlan | undefined;
  for (const way of [...orderWays].sort(byCost).slice(0, maxWays)) {
    const spent = (asset: Address) =>
      way.conversions.reduce((sum, { from, amountIn }) => (from === asset ? sum + amountIn : sum), 0n);
    const gasWei = BigInt(way.conversions.length) * conversionGasWei;
    const etherLeft = counted.virtual(ether) - spent(ether) - gasWei;
    const reason = `${shown(etherNeeded, etherAsset)} for gas, ${shown(etherLeft, etherAsset)} left`;
    const short = { asset: etherAsset, amount: etherNeeded - etherLeft, reason };
    // With its margin: what was just bought for the order is not sold for gas.
    const reserved = (asset: Address) =>
      asset === needs.order?.token ? withMargin(needs.order.amount, conversionMarginBps) : 0n;
    const etherWays =
      short.amount <= 0n || (isDust(short, context) && etherLeft >= needs.gasWei)
        ? [nothing]
        : waysToCover(short, context, (asset) => counted.held(asset) - spent(asset) - reserved(asset));
    if (!isWays(etherWays)) {
      refusal ??= etherWays;
      continue;
    }
    for (const etherWay of etherWays) {
      const conversions = [...way.conversions, ...etherWay.conversions];
      const both = { conversions, costUsdE8: way.costUsdE8 + etherWay.costUsdE8 };
      // Conversions are paid for before they bring anything.
      const [gas, held] = [BigInt(conversions.length) * conversionGasWei, counted.held(ether) - spent(ether)];
      if (gas > larger(held, 0n)) {
        const detail = `conversions may take ${shown(gas, etherAsset)} for gas, ${shown(held, etherAsset)} are left`;
        refusal ??= { noPlan: "not-enough", detail };
      } else if (best === undefined || byCost(both, best) < 0) best = both;
    }
  }
  if (best === undefined) return refusal ?? { noPlan: "not-enough", detail: "nothing can be converted" };
  notes.push(etherNote(counted, etherNeeded, etherAsset));
  return { ...best, needs: notes };
}

function withMargin(amount: bigint, marginBps: bigint): bigint {
  return amount + divideUp(amount * marginBps, one);
}

const nothing: Way = { conversions: [], costUsdE8: 0n };

function isWays(value: readonly Way[] | NoPlan): value is readonly Way[] {
  return Array.isArray(value);
}

/** The cheaper first, then the one of fewer conversions. */
function byCost(a: Way, b: Way): number {
  if (a.costUsdE8 !== b.costUsdE8) return a.costUsdE8 < b.costUsdE8 ? -1 : 1;
  return a.conversions.length - b.conversions.length;
}

/** What can be spent of each asset, and what of it is there at least once everything pending has ended. */
function tally({ balances, pending }: Holdings) {
  const held = (asset: Address) =>
    pending.reduce(
      (left, { from, amountIn, maxGasWei }) =>
        left - (from === asset ? amountIn : 0n) - (asset === ether ? maxGasWei : 0n),
      balances.get(asset) ?? 0n,
    );
  const virtual = (asset: Address) =>
    pending.reduce((sum, { to, minOut }) => (to === asset ? sum + minOut : sum), held(asset));
  return { held, virtual };
}

function orderShortage(
  { order }: Needs,
  { virtual }: ReturnType<typeof tally>,
  assets: readonly Asset[],
  notes: string[],
): Shortage | undefined {
  if (order === undefined) return undefined;
  const asset = assetOf(assets, order.token);
  const there = virtual(order.token);
  const reason = `${shown(order.amount, asset)} for an order, ${shown(there, asset)} there`;
  notes.push(there < order.amount ? reason : `${reason}: covered`);
  return there < order.amount ? { asset, amount: order.amount - there, reason } : undefined;
}

function etherNote({ virtual }: ReturnType<typeof tally>, needed: bigint, asset: Asset): string {
  const there = virtual(ether);
  const note = `${shown(needed, asset)} for gas, ${shown(there, asset)} there`;
  return there < needed ? note : `${note}: covered`;
}

function isDust({ asset, amount }: Pick<Shortage, "asset" | "amount">, context: PlanContext): boolean {
  const priceE8 = context.pricesE8.get(asset.pricedBy);
  return priceE8 !== undefined && valueUsdE8(amount, asset, priceE8) < context.minConversionUsdE8;
}

/**
 * Lists the ways to cover a shortage. `spendable` tells what may be spent of an asset by a way of so many conversions.
 */
function waysToCover(
  { asset, amount, reason }: Shortage,
  context: PlanContext,
  spendable: (asset: Address, count: number) => bigint,
): readonly Way[] | NoPlan {
  const { pricesE8, conversionMarginBps, conversionGasWei, minConversionUsdE8 } = context;
  const priceE8 = pricesE8.get(asset.pricedBy);
  if (priceE8 === undefined) return { noPlan: "no-price", detail: `${asset.symbol} has no checked price` };
  if (isDust({ asset, amount }, context)) {
    const worth = formatUsd(valueUsdE8(amount, asset, priceE8));
    const detail = `${reason}: ${worth} are short, minConversionUsd is ${formatUsd(minConversionUsdE8)}`;
    return { noPlan: "below-minimum", detail };
  }
  const converter = createConverter(asset, reason, context);
  const sources = sourcesOf(asset, context, spendable);
  const ways: Way[] = [];
  let costly: string | undefined;
  for (let whole = 0; whole < 2 ** sources.length; whole++) {
    for (const [index, last] of sources.entries()) {
      if ((whole >> index) % 2 === 1) continue;
      const before = sources.filter((_, other) => (whole >> other) % 2 === 1);
      const count = before.length + 1;
      const gasWei = asset.address === ether ? BigInt(count) * conversionGasWei : 0n;
      const target = withMargin(amount + gasWei, conversionMarginBps);
      const way = converter.way(before, last, target, (source) => spendable(source.address, count));
      if (typeof way === "string") costly ??= way;
      else if (way !== undefined) ways.push(way);
    }
  }
  if (ways.length > 0) return ways;
  if (costly !== undefined) return { noPlan: "too-costly", detail: `${reason}: ${costly}` };
  const names = sources.map(({ symbol }) => symbol).join(", ") || "no other holding";
  return { noPlan: "not-enough", detail: `${reason}: ${names} may be spent, which does not cover it` };
}

/** Returns what may be spent, the most valuable first. */
function sourcesOf(
  asset: Asset,
  { assets, pricesE8, minConversionUsdE8 }: PlanContext,
  spendable: (asset: Address, count: number) => bigint,
): readonly Asset[] {
  return assets
    .flatMap((source) => {
      const priceE8 = pricesE8.get(source.pricedBy);
      if (source.address === asset.address || priceE8 === undefined) return [];
      const valueE8 = valueUsdE8(larger(spendable(source.address, 1), 0n), source, priceE8);
      return valueE8 > 0n && valueE8 >= minConversionUsdE8 ? [{ source, valueE8 }] : [];
    })
    .sort((a, b) => (a.valueE8 > b.valueE8 ? -1 : a.valueE8 < b.valueE8 ? 1 : 0))
    .slice(0, maxSources)
    .map(({ source }) => source);
}

/** Makes conversions into one asset. */
function createConverter(to: Asset, reason: string, context: PlanContext) {
  const { pricesE8, conversionSlippageBps, minConversionUsdE8, maxConversionLossBps, conversionGasWei } = context;
  const quotes = new Map<string, ConversionQuote | undefined>();
  const worthOf = (asset: Asset, amount: bigint) => valueUsdE8(amount, asset, pricesE8.get(asset.pricedBy) ?? 0n);
  const gasUsdE8 = weiInUsdE8Up(conversionGasWei, priceOfEther(context));

  const quote = (from: Asset, amountIn: bigint): ConversionQuote | undefined => {
    const key = `${from.address}:${amountIn}`;
    if (!quotes.has(key)) quotes.set(key, context.quote(from.address, to.address, amountIn));
    return quotes.get(key);
  };

  /** Returns the least input that brings `target`, of at most `max`. */
  const leastInput = (from: Asset, target: bigint, max: bigint): bigint | undefined => {
    const brings = (amountIn: bigint) => (quote(from, amountIn)?.amountOut ?? 0n) >= target;
    if (max < 1n || !brings(max)) return undefined;
    let [low, high] = [0n, max];
    while (high - low > 1n) {
      const middle = (low + high) / 2n;
      if (brings(middle)) high = middle;
      else low = middle;
    }
    return high;
  };

  /** Returns a conversion, why it loses too much, or undefined where it is none. */
  const convert = (from: Asset, amountIn: bigint): Conversion | string | undefined => {
    const quoted = amountIn < 1n ? undefined : quote(from, amountIn);
    if (quoted === undefined || quoted.amountOut < 1n) return undefined;
    const { amountOut, via } = quoted;
    const [paid, got] = [worthOf(from, amountIn), worthOf(to, amountOut)];
    if (paid < minConversionUsdE8) return undefined;
    if (got * one < paid * (one - maxConversionLossBps)) {
      return (
        `${shown(amountIn, from)} worth ${formatUsd(paid)} buy ${formatUsd(got)}, ` +
        `maxConversionLossPercent is ${formatPercent(maxConversionLossBps)}`
      );
    }
    const slippage = via.kind === "swap" ? (amountOut * conversionSlippageBps) / one : 0n;
    return { from: from.address, to: to.address, amountIn, amountOut, minOut: amountOut - slippage, via, reason };
  };

  return {
    /** Spends the holdings of `before` whole and of `last` the least that brings the rest of `target`. */
    way(
      before: readonly Asset[],
      last: Asset,
      target: bigint,
      spendable: (asset: Asset) => bigint,
    ): Way | string | undefined {
      const conversions: Conversion[] = [];
      let rest = target;
      for (const from of before) {
        const conversion = convert(from, spendable(from));
        if (typeof conversion !== "object") return conversion;
        conversions.push(conversion);
        rest -= conversion.amountOut;
        // Where one holding less is enough, that is a way of its own.
        if (rest <= 0n) return undefined;
      }
      const amountIn = leastInput(last, rest, spendable(last));
      const conversion = amountIn === undefined ? undefined : convert(last, amountIn);
      if (typeof conversion !== "object") return conversion;
      conversions.push(conversion);
      const lost = conversions.reduce((sum, { from, amountIn: paid, amountOut }) => {
        const source = assetOf(context.assets, from);
        return sum + worthOf(source, paid) - worthOf(to, amountOut);
      }, 0n);
      return { conversions, costUsdE8: lost + BigInt(conversions.length) * gasUsdE8 };
    },
  };
}

function priceOfEther({ assets, pricesE8 }: PlanContext): bigint {
  return pricesE8.get(assetOf(assets, ether).pricedBy) ?? 0n;
}

function assetOf(assets: readonly Asset[], address: Address): Asset {
  const asset = assets.find((candidate) => candidate.address === address);
  if (asset === undefined) throw new Error(`The wallet has no asset ${address}: it is no token of the chain.`);
  return asset;
}

function shown(amount: bigint, asset: Asset): string {
  return amount < 0n ? `-${formatAmount(-amount, asset)}` : formatAmount(amount, asset);
}
