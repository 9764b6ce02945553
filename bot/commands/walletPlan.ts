import { formatUnits } from "ethers";
import { operatorOf } from "../bot.ts";
import { deploymentsOf, type Token } from "../config/chains/chain.ts";
import { ConfigError } from "../config/config.ts";
import { formatAmount, formatUsd, parseDecimal } from "../domain/amount.ts";
import { isRefusal } from "../domain/quote.ts";
import type { PoolState } from "../domain/snapshot.ts";
import { openLedger } from "../ledger/ledger.ts";
import { readDataFee } from "../pipeline/dataFee.ts";
import { dearRouteGas } from "../pipeline/gate.ts";
import { curvesOf } from "../pipeline/search.ts";
import type { EthCall } from "../rpc/multicall.ts";
import { firstFees } from "../sender/fees.ts";
import { venues } from "../venues/registry.ts";
import { uniswapV2 } from "../venues/uniswapV2.ts";
import type { Reader } from "../venues/venue.ts";
import { type Asset, assetsOf } from "../wallet/asset.ts";
import { pendingConversions } from "../wallet/convert.ts";
import { balancesOf } from "../wallet/holdings.ts";
import { ownLimit } from "../wallet/ownCapital.ts";
import { isNoPlan, type Needs, type NoPlan, type Plan, planConversions, type Via } from "../wallet/plan.ts";
import { planContext } from "../wallet/planContext.ts";
import type { Holding } from "../wallet/wallet.ts";
import type { Context } from "./context.ts";
import { drawTable, symbolsOf } from "./present.ts";

/** What the command has read of the newest block. */
export interface WalletBlock {
  readonly reader: Reader;
  readonly ethCall: EthCall;
  readonly timestamp: bigint;
  readonly baseFeeWei: bigint;
  readonly pricesE8: ReadonlyMap<string, bigint>;
  readonly holdings: readonly Holding[];
}

/**
 * Prints the conversions that the wallet needs for gas, and for an order of `need` if there is one, without sending any.
 *
 * @throws ConfigError where the need is no amount of a token
 */
export async function walletPlan(
  { config, json, print }: Context,
  block: WalletBlock,
  need: readonly string[] | undefined,
): Promise<void> {
  const { chain } = config;
  const { baseFeeWei, pricesE8, holdings } = block;
  const order = need === undefined ? undefined : orderOf(chain.tokens, need);
  const dataFee = await readDataFee(chain.dataFee, block.ethCall);
  const pools = await readPools(chain.tokens, deploymentsOf(chain, "uniswapV2"), config.conversionExchanges, block);
  const context = planContext(config, { pools, pricesE8, baseFeeWei, dataFee }, curvesOf(venues));
  const ledger = openLedger(config.ledgerFile);
  const pending = pendingConversions(ledger, context.conversionGasWei);
  ledger.close();
  const gasWei = order === undefined ? 0n : dearRouteGas * firstFees(baseFeeWei, config).maxFeePerGasWei;
  const needs: Needs = { order: order && { token: order.token.address, amount: order.amount }, gasWei };
  const balances = balancesOf(chain, holdings);
  const plan = planConversions({ balances, pending }, needs, context);

  const notes: string[] = [];
  if (pending.length > 0) notes.push(`${pending.length} conversions are pending: they count as made.`);
  if (order !== undefined) {
    const wallet = { etherWei: balances.get(assetsOf(chain)[0]?.address ?? "") ?? 0n, tokens: balances };
    const limit = ownLimit(order.token, { pricesE8, wallet }, chain, config);
    if (order.amount > limit.amount) {
      const most = formatAmount(limit.amount, order.token);
      notes.push(`The bot makes no such order of its own money: ${most} at most, because ${limit.reason}.`);
    }
  }
  if (json) print(JSON.stringify(planJson(plan, assetsOf(chain), notes)));
  else for (const line of [...notes, ...planLines(plan, assetsOf(chain), symbolsOf(chain))]) print(line);
}

function orderOf(tokens: readonly Token[], [text, symbol, ...rest]: readonly string[]) {
  const token = tokens.find((candidate) => candidate.symbol === symbol);
  const amount = token && parseDecimal(text ?? "", token.decimals);
  if (token !== undefined && amount !== undefined && amount > 0n && rest.length === 0) return { token, amount };
  const symbols = tokens.map((each) => each.symbol).join(", ");
  throw new ConfigError([
    { key: "--need", problem: `write an amount and a token, as in --need 0.14 WETH; the tokens are ${symbols}` },
  ]);
}

/** Reads the pools that the wallet converts through. */
async function readPools(
  tokens: readonly Token[],
  deployments: readonly Parameters<typeof uniswapV2.discover>[0][],
  exchanges: readonly string[],
  { reader, timestamp }: WalletBlock,
): Promise<readonly PoolState[]> {
  const used = deployments.filter(({ name }) => exchanges.includes(name));
  const pools = (await Promise.all(used.map((each) => uniswapV2.discover(each, tokens, reader)))).flat();
  const results = await reader.read(pools.flatMap((pool) => uniswapV2.reads(pool)));
  return pools.flatMap((pool, index) => {
    const state = uniswapV2.decode(pool, results.slice(index, index + 1), timestamp);
    return isRefusal(state) ? [] : [{ pool, state }];
  });
}

function viaText(via: Via, symbolOf: (address: string) => string): string {
  return via.kind === "swap" ? `${via.deployment}: ${via.path.map(symbolOf).join(" > ")}` : via.kind;
}

function planLines(
  plan: Plan | NoPlan,
  assets: readonly Asset[],
  symbolOf: (address: string) => string,
): readonly string[] {
  const shown = (address: string, amount: bigint) => {
    const asset = assets.find((candidate) => candidate.address === address);
    return asset === undefined ? `${amount} of ${address}` : formatAmount(amount, asset);
  };
  if (isNoPlan(plan)) return [`No plan: ${plan.noPlan}: ${plan.detail}.`];
  const needs = plan.needs.map((need) => `Needed: ${need}.`);
  if (plan.conversions.length === 0) return [...needs, "Nothing has to be converted."];
  const rows = plan.conversions.map(({ from, to, amountIn, amountOut, minOut, via, reason }) => [
    shown(from, amountIn),
    shown(to, amountOut),
    shown(to, minOut),
    viaText(via, symbolOf),
    reason,
  ]);
  const table = drawTable(["spends", "brings", "at least", "by", "because"], rows);
  const cost = `It costs ${formatUsd(plan.costUsdE8)} by Chainlink's prices, gas included. Nothing was sent.`;
  return [...needs, table, cost];
}

/** A plan as plain values: amounts are decimal integers in text, in units of each asset. */
function planJson(plan: Plan | NoPlan, assets: readonly Asset[], notes: readonly string[]) {
  if (isNoPlan(plan)) return { conversions: [], noPlan: { reason: plan.noPlan, detail: plan.detail }, notes };
  const symbolOf = (address: string) => assets.find((asset) => asset.address === address)?.symbol ?? address;
  return {
    needs: plan.needs,
    conversions: plan.conversions.map(({ from, to, amountIn, amountOut, minOut, via, reason }) => ({
      from: symbolOf(from),
      to: symbolOf(to),
      amountIn: String(amountIn),
      amountOut: String(amountOut),
      minOut: String(minOut),
      by: via.kind,
      exchange: via.kind === "swap" ? via.deployment : null,
      path: via.kind === "swap" ? via.path.map(symbolOf) : null,
      reason,
    })),
    costUsd: formatUnits(plan.costUsdE8, 8),
    noPlan: null,
    notes,
  };
}

/** Whose wallet a command is about. */
export function walletOf(config: Context["config"]): string {
  const operator = operatorOf(config);
  if (operator !== undefined) return operator;
  throw new ConfigError([{ key: "QUINTET_OPERATOR_PRIVATE_KEY", problem: "is missing: whose wallet is meant?" }]);
}
