import type { Address } from "../config/chains/chain.ts";
import { formatUsd, larger, lesser } from "../domain/amount.ts";
import { weiInUsdE8Up } from "../domain/gas.ts";
import type { LoanOffer } from "../domain/lender.ts";
import { isNoTrade, type NoTrade } from "../domain/noTrade.ts";
import type { Opportunity, Order } from "../domain/order.ts";
import type { Snapshot } from "../domain/snapshot.ts";
import type { CurveOf } from "../engine/market.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Candidate } from "../pipeline/decide.ts";
import { dearRouteGas } from "../pipeline/gate.ts";
import { checkProfit, type ProfitLimits } from "../risk/limits.ts";
import { firstFees } from "../sender/fees.ts";
import type { Sent } from "../sender/sender.ts";
import { type Allowance, approvalGas, type ConvertContext, type Converter, type SettledConversion } from "./convert.ts";
import { balancesOf, type ReadHoldings } from "./holdings.ts";
import { type OwnCapitalLimits, ownLimit } from "./ownCapital.ts";
import { type Conversion, isNoPlan, type Needs, type NoPlan, planConversions } from "./plan.ts";
import { type ConversionSettings, maxConversionUsdE8, planContext, swapGasLimit } from "./planContext.ts";

export interface TendSettings extends ConversionSettings, OwnCapitalLimits, ProfitLimits {
  /** FlashArbitrage. */
  readonly contract: Address;
  readonly deadlineSeconds: bigint;
}

/** What a block has come to when the wallet is looked after. */
export interface TendScene {
  readonly snapshot: Snapshot;
  readonly candidates: readonly Candidate[];
  /** Sizes an opportunity anew as if only these offers were there. */
  readonly resize: (opportunity: Opportunity, offers: readonly LoanOffer[]) => Order | NoTrade;
  /** Whether orders may be sent on this block: otherwise only gas is looked after. */
  readonly mayOrder: boolean;
}

/** What was done for the wallet on a block. */
export interface Tended {
  /** Conversions and approvals whose end became known. */
  readonly settled: readonly SettledConversion[];
  /** What was sent, or would have been, and what for. */
  readonly made: { readonly what: string; readonly result: Sent | NoTrade | "planned" } | undefined;
  /** Why something that is needed cannot be had. */
  readonly lacking: Lacking | undefined;
}

/** `failed-lately`: a conversion has failed, and nothing is converted until it is `retrySeconds` ago. */
export interface Lacking {
  readonly noPlan: NoPlan["noPlan"] | "failed-lately";
  readonly detail: string;
}

/** Looks after the wallet once a block, after the orders: it sends one conversion or approval at most. */
export type Tend = (scene: TendScene) => Promise<Tended>;

export interface TendPorts {
  readonly ledger: Ledger;
  readonly run: number;
  readonly curveOf: CurveOf;
  readonly holdings: ReadHoldings;
  /** Undefined in shadow mode: the plan is then written down as not executed. */
  readonly converter: Converter | undefined;
  readonly nowSeconds: () => bigint;
}

/** The best opportunities that are looked at for an order of the wallet's own money. */
const opportunitiesTried = 3;

/** How long nothing is converted after a conversion has failed: what fails once would fail and cost gas at every block. */
const retrySeconds = 600n;

/** How long an equal plan is not written down again in shadow mode. */
const repeatSeconds = 60n;

/** An order that the wallet's own money would finance, were it there in that form. */
interface OwnOrder {
  readonly opportunity: Opportunity;
  readonly order: Order;
  /** What it leaves more than the best order of the block. */
  readonly gainUsdE8: bigint;
}

/**
 * Creates what looks after the wallet just in time: it buys gas when less than the reserve is held, and what an order of
 * the wallet's own money lacks when that order would leave more than every other one by more than the conversions cost.
 */
export function createTend(settings: TendSettings, ports: TendPorts): Tend {
  const { chain, contract, gasReserveWei, deadlineSeconds } = settings;
  const { ledger, converter } = ports;

  return async (scene) => {
    const settled = (await converter?.settle()) ?? [];
    const nothing: Tended = { settled, made: undefined, lacking: undefined };
    const { snapshot } = scene;
    if (snapshot.wallet === undefined || ledger.conversions.pending().length > 0) return nothing;
    const { block, pricesE8, dataFee } = snapshot;
    const convertContext: ConvertContext = {
      block: block.number,
      deadlineSeconds: block.timestamp + deadlineSeconds,
      swapGas: swapGasLimit({ baseFeeWei: block.baseFeeWei, dataFee }),
      opportunity: undefined,
      maxConversionUsdE8: maxConversionUsdE8(settings, pricesE8),
      pricesE8,
    };
    const plan = async (needs: Needs) => {
      const balances = balancesOf(chain, await ports.holdings(block.number));
      const context = planContext(settings, { ...snapshot, baseFeeWei: block.baseFeeWei }, ports.curveOf);
      return planConversions({ balances, pending: [] }, needs, context);
    };

    const failure = (): Tended | undefined => {
      const [last] = ledger.conversions.newest("failed", 1);
      if (last?.settledAt === undefined || ports.nowSeconds() - last.settledAt >= retrySeconds) return undefined;
      const detail = `${last.kind} for ${last.need} has failed: ${last.detail}`;
      return { ...nothing, lacking: { noPlan: "failed-lately", detail } };
    };

    if (snapshot.wallet.etherWei < gasReserveWei) {
      const failed = failure();
      if (failed !== undefined) return failed;
      const refill = await plan({ order: undefined, gasWei: 0n });
      if (isNoPlan(refill)) return { ...nothing, lacking: refill };
      const [first] = refill.conversions;
      if (first !== undefined) return { ...nothing, made: await make(first, convertContext) };
    }

    const own = scene.mayOrder ? await bestOwnOrder(scene) : undefined;
    if (own === undefined) return nothing;
    const failed = failure();
    if (failed !== undefined) return failed;
    const { order, opportunity, gainUsdE8 } = own;
    const maxFeeWei = firstFees(block.baseFeeWei, settings).maxFeePerGasWei;
    const needs = { order: { token: order.token, amount: order.amount }, gasWei: dearRouteGas * maxFeeWei };
    const planned = await plan(needs);
    if (isNoPlan(planned)) return { ...nothing, lacking: planned };
    const approvalE8 = weiInUsdE8Up(approvalGas * maxFeeWei, pricesE8.get(chain.weth) ?? 0n);
    if (planned.costUsdE8 + approvalE8 >= gainUsdE8) {
      const costs = `conversions would cost ${formatUsd(planned.costUsdE8 + approvalE8)}`;
      const detail = `the wallet's own money would leave ${formatUsd(gainUsdE8)} more, ${costs}`;
      return { ...nothing, lacking: { noPlan: "too-costly", detail } };
    }
    const at = { ...convertContext, opportunity: opportunity.id };
    const [first] = planned.conversions;
    if (first !== undefined) return { ...nothing, made: await make(first, at) };
    const reason = `an order of ${order.amount} units of ${order.token}`;
    const allowance = { token: order.token, spender: contract, name: "FlashArbitrage", amount: order.amount, reason };
    return { ...nothing, made: await allow(allowance, at) };
  };

  /** Finds the order of the wallet's own money that leaves the most more than what can be ordered as things are. */
  async function bestOwnOrder({ snapshot, candidates, resize }: TendScene): Promise<OwnOrder | undefined> {
    const best = candidates.reduce(
      (most, { order, noTrade }) =>
        order !== undefined && noTrade === undefined ? larger(most, order.netUsdE8) : most,
      0n,
    );
    let found: OwnOrder | undefined;
    for (const { opportunity } of candidates.slice(0, opportunitiesTried)) {
      const token = chain.tokens.find(({ address }) => address === opportunity.route.hops[0]?.tokenIn);
      if (token === undefined) continue;
      const offered = snapshot.offers.find((offer) => offer.lender === "operator" && offer.token === token.address);
      const limit = ownLimit(token, snapshot, chain, settings);
      const tryWith = (available: bigint) => {
        if (available <= (offered?.available ?? 0n)) return undefined;
        const offer = { lender: "operator", token: token.address, available, feeRate: 0n, boundedBy: limit.reason };
        const order = resize(opportunity, [offer as LoanOffer]);
        if (isNoTrade(order) || checkProfit(order, settings) !== undefined) return undefined;
        if (order.amount <= (offered?.available ?? 0n)) return undefined;
        const gainUsdE8 = order.netUsdE8 - best;
        return gainUsdE8 > (found?.gainUsdE8 ?? 0n) ? { opportunity, order, gainUsdE8 } : undefined;
      };
      // The owner's cap is read only where an order would be worth it.
      if (tryWith(limit.amount) === undefined) continue;
      const held = await ports.holdings(snapshot.block.number);
      const cap = held.find(({ symbol }) => symbol === token.symbol)?.operatorLoanCap ?? 0n;
      found = tryWith(lesser(limit.amount, cap)) ?? found;
    }
    return found;
  }

  async function make(conversion: Conversion, context: ConvertContext): Promise<NonNullable<Tended["made"]>> {
    const { from, to, amountIn, amountOut, minOut, via, reason } = conversion;
    const what = `${via.kind} for ${reason}`;
    if (converter !== undefined) return { what, result: await converter.convert(conversion, context) };
    const deployment = via.kind === "swap" ? via.deployment : undefined;
    writeDown({ kind: via.kind, deployment, from, to, amountIn, quotedOut: amountOut, minOut, need: reason }, context);
    return { what, result: "planned" };
  }

  async function allow(allowance: Allowance, context: ConvertContext): Promise<Tended["made"]> {
    const { token, name, amount, reason } = allowance;
    const what = `approval for ${reason}`;
    if (converter !== undefined) {
      const result = await converter.allow(allowance, context);
      return result === undefined ? undefined : { what, result };
    }
    const nothing = { quotedOut: 0n, minOut: 0n };
    const approval = { kind: "approve", deployment: name, from: token, to: token, amountIn: amount } as const;
    writeDown({ ...approval, ...nothing, need: reason }, context);
    return { what, result: "planned" };
  }

  /** Writes a plan down that is not carried out, unless an equal one stands there of a moment ago. */
  function writeDown(
    record: Omit<Parameters<Ledger["conversions"]["plan"]>[1], "opportunity" | "block">,
    { block, opportunity }: ConvertContext,
  ): void {
    const now = ports.nowSeconds();
    const [last] = ledger.conversions.newest("planned", 1);
    const isRepeated = last?.kind === record.kind && last.from === record.from && last.to === record.to;
    if (isRepeated && now - last.plannedAt < repeatSeconds) return;
    ledger.conversions.plan(
      ports.run,
      { ...record, opportunity, block },
      "planned",
      "not executed: shadow mode. `run --live` converts",
      now,
    );
  }
}
