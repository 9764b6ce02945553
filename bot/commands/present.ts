import Table from "cli-table3";
import { formatUnits } from "ethers";
import type { Address, Chain } from "../config/chains/chain.ts";
import { formatAmount, formatUsd } from "../domain/amount.ts";
import type { Order } from "../domain/order.ts";
import { borrowedToken, drawRoute, tokensOf, venuesOf } from "../domain/route.ts";
import type { Absence } from "../domain/snapshot.ts";
import type { Outcome } from "../ledger/opportunities.ts";

/** Draws a table without colors, so that it reads the same in a file. */
export function drawTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = new Table({ head: [...head], style: { head: [], border: [], compact: true } });
  table.push(...rows.map((row) => [...row]));
  return table.toString();
}

/** Returns what turns token addresses into symbols. */
export function symbolsOf({ tokens }: Chain): (address: Address) => string {
  return (address) => tokens.find((token) => token.address === address)?.symbol ?? address;
}

/** Formats an amount of a token that the chain lists: "1.25 WETH". */
export function amountOf(chain: Chain, address: Address, amount: bigint): string {
  const token = chain.tokens.find((candidate) => candidate.address === address);
  return token === undefined ? `${amount} units of ${address}` : formatAmount(amount, token);
}

/** Returns an outcome as plain values for JSON: amounts are decimal integers in text, in units of `token`. */
export function outcomeJson(chain: Chain, { block, opportunity, order, verdict, sent, noTrade }: Outcome) {
  const { sizeUsdE8, gainUsdE8 } = opportunity;
  const { route } = order ?? opportunity;
  const symbolOf = symbolsOf(chain);
  return {
    block: Number(block),
    route: tokensOf(route).map(symbolOf),
    venues: venuesOf(route),
    deployments: route.hops.map(({ pool }) => pool.deployment),
    pools: route.hops.map(({ pool }) => pool.id),
    token: borrowedToken(route),
    screened: { sizeUsd: formatUnits(sizeUsdE8, 8), gainUsd: formatUnits(gainUsdE8, 8) },
    order: order && {
      id: order.id,
      lender: order.lender,
      source: order.source?.id,
      amount: String(order.amount),
      amountsIn: order.amountsIn.map(String),
      fee: String(order.fee),
      quotes: order.quotes.map(String),
      expected: String(order.expected),
      gas: Number(order.gas),
      gasCostUsd: formatUnits(order.gasCostUsdE8, 8),
      netUsd: formatUnits(order.netUsdE8, 8),
    },
    verdict: verdict?.kind,
    sent: sent && { hash: sent.hash, nonce: sent.nonce, refusal: sent.refusal ?? null },
    noTrade: noTrade && { reason: noTrade.noTrade, detail: noTrade.detail },
  };
}

/** Draws outcomes as a table: what each route would earn, and why nothing came of it. */
export function outcomeTable(chain: Chain, outcomes: readonly Outcome[]): string {
  const symbolOf = symbolsOf(chain);
  return drawTable(
    ["route", "lender", "amount", "expected", "net of gas", "result"],
    outcomes.map(({ opportunity, order, sent, noTrade }) => [
      drawRoute((order ?? opportunity).route, symbolOf),
      order === undefined ? "" : lenderName(order),
      order === undefined ? "" : amountOf(chain, order.token, order.amount),
      order === undefined ? "" : amountOf(chain, order.token, order.expected),
      order === undefined ? "" : formatUsd(order.netUsdE8),
      sent === undefined ? `${noTrade?.noTrade}: ${noTrade?.detail}` : `sent, not executed yet: ${sent.hash}`,
    ]),
  );
}

/** Returns who lends: "morphoBlue", "pairFlash of Ramses V1". */
export function lenderName({ lender, source }: Pick<Order, "lender" | "source">): string {
  return source === undefined ? lender : `${lender} of ${source.deployment}`;
}

/** Draws the pools that are not traded, with the reasons. */
export function absenceTable(absent: readonly Absence[]): string {
  return drawTable(
    ["pool", "exchange", "reason"],
    absent.map(({ pool, refusal: { refused, detail } }) => [pool.id, pool.deployment, `${refused}: ${detail}`]),
  );
}
