import { type Bot, createBot } from "../bot.ts";
import { drawRoute } from "../domain/route.ts";
import { openLedger } from "../ledger/ledger.ts";
import type { Step } from "../pipeline/run.ts";
import { RpcError } from "../rpc/retry.ts";
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
  const ledger = openLedger(config.ledgerFile);
  try {
    if (options.releasePools) ledger.pools.release();
    const mode = options.live ? "live" : "shadow";
    const bot = await createBot({ config, rpc, ledger, log, mode });
    log.info({ mode, contract: config.contract, ledger: config.ledgerFile }, "running");
    while (!options.signal.aborted) {
      await nextBlock(context, bot, options.signal);
      if (options.signal.aborted) break;
      report(context, await bot.step());
      ledger.retention.compact({ retentionDays: config.retentionDays, nowSeconds: Math.floor(Date.now() / 1_000) });
    }
    log.info({ rpc: rpc.counts, followed: bot.counts }, "stopped");
  } finally {
    ledger.close();
  }
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

function report({ config: { chain }, log, json, print }: Context, step: Step): void {
  const { snapshot, outcomes, noTrade, trade, milliseconds } = step;
  const block = snapshot?.block.number;
  for (const divergence of snapshot?.divergences ?? []) {
    log.error({ ...divergence }, "a pool is not what its events told: it is stopped");
  }
  if (json) for (const outcome of outcomes) print(JSON.stringify(outcomeJson(chain, outcome)));
  const fields = { block, pools: snapshot?.pools.length, opportunities: outcomes.length, ms: milliseconds };
  if (trade !== undefined) {
    const { hash, order, realised, treasuryGain, gasUsed } = trade;
    const route = drawRoute(order.route, symbolsOf(chain));
    const result = { hash, route, lender: order.lender, gasUsed, realised: amountOf(chain, order.token, realised) };
    log.info({ ...fields, ...result }, "trade landed");
    if (realised !== treasuryGain) {
      log.error({ hash, realised, treasuryGain }, "the treasury gained something else than the event reports");
    }
    return;
  }
  const [best] = outcomes;
  const reason = noTrade ?? best?.noTrade;
  log.info({ ...fields, reason: reason?.noTrade, detail: reason?.detail }, "no trade");
}
