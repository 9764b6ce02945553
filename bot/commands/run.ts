import { type Bot, createBot, operatorOf } from "../bot.ts";
import { formatUsd } from "../domain/amount.ts";
import { isNoTrade } from "../domain/noTrade.ts";
import { drawRoute } from "../domain/route.ts";
import { openLedger } from "../ledger/ledger.ts";
import type { Log } from "../log.ts";
import type { Step } from "../pipeline/run.ts";
import { initialState, type RiskState } from "../risk/state.ts";
import { RpcError } from "../rpc/retry.ts";
import { lockKey } from "../sender/lock.ts";
import type { Settled } from "../sender/settle.ts";
import type { Tended } from "../wallet/tend.ts";
import type { Context } from "./context.ts";
import { amountOf, outcomeJson, symbolsOf } from "./present.ts";

export interface RunOptions {
  readonly live: boolean;
  /** Aborts when the bot shall stop: the block under way is finished first. */
  readonly signal: AbortSignal;
  readonly releasePools: boolean;
}

/** Takes one block after the other from observation to ledger, until it is told to stop. */
export async function run(context: Context, options: RunOptions): Promise<void> {
  const { config, rpc, log } = context;
  const operator = operatorOf(config);
  const lock = options.live && operator !== undefined ? lockKey(config.chain.id, operator) : undefined;
  const ledger = openLedger(config.ledgerFile);
  try {
    if (options.releasePools) ledger.pools.release();
    const mode = options.live ? "live" : "shadow";
    const bot = await createBot({ config, rpc, ledger, log, mode, lock });
    log.info({ mode, contract: config.contract, ledger: config.ledgerFile }, "running");
    let state = initialState;
    while (!options.signal.aborted) {
      await nextBlock(context, bot, options.signal);
      if (options.signal.aborted) break;
      report(context, await bot.step());
      state = reportState(log, state, ledger.risk.state());
      ledger.retention.compact({ retentionDays: config.retentionDays, nowSeconds: Math.floor(Date.now() / 1_000) });
    }
    log.info({ rpc: rpc.counts, followed: bot.counts }, "stopped");
  } finally {
    ledger.close();
    lock?.release();
  }
}

const levels = { RUNNING: "info", DEGRADED: "warn", PAUSED: "warn", HALTED: "error" } as const;

/** Logs a risk state that is another than before, whoever set it, and returns it. */
function reportState(log: Log, before: RiskState, after: RiskState): RiskState {
  if (before.state !== after.state || before.reason !== after.reason) {
    const { state, who, reason, detail } = after;
    log[levels[state]]({ state, who, reason, detail }, `the risk state is ${state}`);
  }
  return after;
}

async function nextBlock({ rpc, log }: Context, bot: Bot, signal: AbortSignal): Promise<void> {
  try {
    await bot.nextBlock(signal);
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    // Handed on: observing fails in turn, and the ledger gets the reason.
    log.error({ reason: error.message, rpc: rpc.counts }, "the RPC does not answer");
  }
}

function report(context: Context, step: Step): void {
  const { snapshot, outcomes, noTrade, sent, settled, trades, tended, milliseconds } = step;
  const { config, log, json, print } = context;
  const { chain } = config;
  const block = snapshot?.block.number;
  for (const divergence of snapshot?.divergences ?? []) {
    log.error({ ...divergence }, "a pool is not what its events told: it is stopped");
  }
  if (json) for (const outcome of outcomes) print(JSON.stringify(outcomeJson(chain, outcome)));
  const fields = { block, pools: snapshot?.pools.length, opportunities: outcomes.length, ms: milliseconds };
  const routes = new Map(trades.map(({ hash, order }) => [hash, drawRoute(order.route, symbolsOf(chain))]));
  if (sent !== undefined) {
    const { order, sent: transaction } = sent;
    const route = drawRoute(order.route, symbolsOf(chain));
    const { hash, nonce, refusal } = transaction;
    log.info(
      { ...fields, hash, nonce, route, lender: order.lender, source: order.source?.id, refusal },
      "sent, not executed yet",
    );
  } else {
    const reason = noTrade ?? outcomes[0]?.noTrade;
    log.info({ ...fields, reason: reason?.noTrade, detail: reason?.detail }, "no trade");
  }
  for (const one of settled) reportSettled(context, one, routes.get(one.result.hash));
  if (tended !== undefined) reportTended(context, tended);
}

function reportTended({ log }: Context, { settled, made, lacking }: Tended): void {
  for (const { conversion, status, received, detail } of settled) {
    const fields = { conversion: conversion.id, kind: conversion.kind, need: conversion.need, received, detail };
    if (status === "done") log.info(fields, "conversion done");
    else log.error(fields, "conversion failed");
  }
  if (lacking !== undefined) log.warn({ reason: lacking.noPlan, detail: lacking.detail }, "the wallet lacks something");
  if (made === undefined) return;
  const { what, result } = made;
  if (result === "planned") log.info({ what }, "conversion planned, not executed: shadow mode");
  else if (isNoTrade(result)) log.warn({ what, reason: result.noTrade, detail: result.detail }, "conversion not sent");
  else log.info({ what, hash: result.hash, nonce: result.nonce, refusal: result.refusal }, "conversion sent");
}

function reportSettled({ config: { chain }, log }: Context, { result, receipt }: Settled, route: string | undefined) {
  const { status, opportunity, hash, token, realised, treasuryGain, netUsdE8, detail } = result;
  const net = netUsdE8 === undefined ? undefined : formatUsd(netUsdE8);
  const fields = { opportunity, hash, route, block: receipt?.block, gasUsed: receipt?.gasUsed, net, detail };
  if (realised === undefined) return log.warn(fields, `order ${status}`);
  log.info({ ...fields, realised: amountOf(chain, token, realised) }, "trade landed");
  if (treasuryGain !== undefined && realised !== treasuryGain) {
    log.error({ hash, realised, treasuryGain }, "the treasury gained something else than the event reports");
  }
}
