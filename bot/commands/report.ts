import { formatEther, formatUnits } from "ethers";
import type { Chain } from "../config/chains/chain.ts";
import { formatUsd } from "../domain/amount.ts";
import { openReader } from "../ledger/database.ts";
import { allTime, type Grouping, type Period, type Report, readReport, type Sums } from "../ledger/report.ts";
import type { LedgerContext } from "./context.ts";
import { amountOf, drawTable, symbolsOf } from "./present.ts";

export interface ReportOptions {
  readonly by: Grouping;
  readonly csv: boolean;
  /** In seconds. */
  readonly since: number | undefined;
  readonly until: number | undefined;
}

/** A table shows no more groups than this; JSON and CSV have them all. */
const shownGroups = 25;

/** Prints profit and loss, why not, how long opportunities lived, and the causes of differences. */
export function report({ settings: { chain, ledgerFile }, json, print }: LedgerContext, options: ReportOptions): void {
  const period = {
    sinceSeconds: options.since ?? allTime.sinceSeconds,
    untilSeconds: options.until ?? allTime.untilSeconds,
  };
  const database = openReader(ledgerFile);
  try {
    const read = readReport(database, period, options.by);
    if (json) print(JSON.stringify(reportJson(chain, read)));
    else if (options.csv) print(reportCsv(chain, read));
    else print(drawReport(chain, read));
  } finally {
    database.close();
  }
}

/**
 * Parses a time as ISO 8601, in UTC where it names no zone, or as a duration before now: "90m", "24h", "7d", "4w". Returns
 * seconds, or undefined when it is neither.
 */
export function parseTime(text: string, nowSeconds: number): number | undefined {
  const duration = /^(\d+)([mhdw])$/.exec(text);
  const seconds: Record<string, number> = { m: 60, h: 3_600, d: 86_400, w: 604_800 };
  if (duration !== null) return nowSeconds - Number(duration[1]) * (seconds[duration[2] ?? ""] ?? 0);
  if (!/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/.test(text)) return undefined;
  const isZoned = /(Z|[+-]\d\d:\d\d)$/.test(text) || !text.includes("T");
  const ms = Date.parse(isZoned ? text : `${text}Z`);
  return Number.isNaN(ms) ? undefined : Math.floor(ms / 1_000);
}

/** Draws the whole report. */
function drawReport(chain: Chain, read: Report): string {
  const { by, period, groups, totals, funnel, stops, quietBlocks, lifetimes, differences, transactions } = read;
  const parts = [drawPeriod(period)];
  const profits = groups.slice(0, shownGroups).map(({ key, ...sums }, index) => {
    const name = groups[index - 1]?.key === key ? "" : nameOf(chain, by, key);
    return [name, ...sumsRow(chain, sums)];
  });
  const net = totals.reduce((sum, { netUsdE8 }) => sum + netUsdE8, 0n);
  const head = ["found", "sent", "landed", "failed", "fail rate", "profit", "net of gas", "gas"];
  parts.push(profits.length === 0 ? "No opportunity was recorded." : drawTable([by, ...head], profits));
  if (groups.length > shownGroups) parts.push(`… and ${groups.length - shownGroups} more: --json and --csv have all.`);
  if (by === "venue") parts.push("A route counts for every venue that it passes.");
  const earned = totals.filter(({ realised }) => realised !== 0n);
  const amounts = earned.map(({ token, realised }) => amountOf(chain, token, realised)).join(", ");
  parts.push(`Profit: ${amounts || "none"}: ${formatUsd(net)} after fees and gas.`);
  if (transactions.length > 0) {
    parts.push(
      drawTable(
        ["transactions", "result", "count", "gas"],
        transactions.map(({ purpose, succeeded, transactions: count, gasWei }) => [
          purpose,
          succeeded ? "succeeded" : "failed",
          String(count),
          `${formatEther(gasWei)} ETH`,
        ]),
      ),
    );
  }
  parts.push(drawFunnel(funnel, stops));
  if (quietBlocks.length > 0) {
    const rows = quietBlocks.map(({ reason, blocks }) => [reason, String(blocks)]);
    parts.push(drawTable(["nothing to decide on", "blocks"], rows));
  }
  if (lifetimes.length > 0) parts.push(drawLifetimes(lifetimes));
  if (differences.length > 0) {
    parts.push(
      drawTable(
        ["cause", "result", "orders", "expected", "realised"],
        differences.map(({ cause, status, token, orders, expected, realised }) => [
          cause,
          status,
          String(orders),
          status === "not sent" ? "" : amountOf(chain, token, expected),
          status === "not sent" ? "" : amountOf(chain, token, realised),
        ]),
      ),
    );
  }
  return parts.join("\n");
}

function drawPeriod({ sinceSeconds, untilSeconds }: Period): string {
  const time = (seconds: number) => new Date(seconds * 1_000).toISOString().replace(".000Z", "Z");
  const since = sinceSeconds === allTime.sinceSeconds ? "the beginning" : time(sinceSeconds);
  const until = untilSeconds === allTime.untilSeconds ? "now" : time(untilSeconds);
  return `From ${since} to ${until}`;
}

function sumsRow(chain: Chain, { token, found, sent, landed, reverted, lost, realised, netUsdE8, gasWei }: Sums) {
  const failed = reverted + lost;
  return [
    String(found),
    String(sent),
    String(landed),
    String(failed),
    failRate(landed, failed),
    amountOf(chain, token, realised),
    formatUsd(netUsdE8),
    `${formatEther(gasWei)} ETH`,
  ];
}

/** The share of settled orders that did not land. */
function failRate(landed: number, failed: number): string {
  return landed + failed === 0 ? "" : `${((failed / (landed + failed)) * 100).toFixed(1)} %`;
}

function drawFunnel(funnel: Report["funnel"], stops: Report["stops"]): string {
  const rows = funnel.flatMap(({ stage, opportunities }) => [
    [stage, String(opportunities), "", ""],
    ...stops
      .filter(({ reached }) => reached === stage)
      .map(({ reason, opportunities: count }) => ["", "", reason, String(count)]),
  ]);
  return drawTable(["stage", "opportunities", "went no further because of", ""], rows);
}

/** Draws a distribution, in classes that double, with its median and its 90th percentile. */
function drawLifetimes(lifetimes: Report["lifetimes"]): string {
  const count = lifetimes.reduce((sum, each) => sum + each.lifetimes, 0);
  const quantile = (share: number) => {
    let seen = 0;
    for (const { blocks, lifetimes: each } of lifetimes) {
      seen += each;
      if (seen >= count * share) return blocks;
    }
    return 0;
  };
  const classes = new Map<number, number>();
  for (const { blocks, lifetimes: each } of lifetimes) {
    const exponent = Math.ceil(Math.log2(blocks));
    classes.set(exponent, (classes.get(exponent) ?? 0) + each);
  }
  const rows = [...classes].map(([exponent, each]) => {
    const [from, to] = [exponent === 0 ? 1 : 2 ** (exponent - 1) + 1, 2 ** exponent];
    const bar = "█".repeat(Math.max(1, Math.round((each / count) * 40)));
    return [from === to ? String(to) : `${from} to ${to}`, String(each), bar];
  });
  const table = drawTable(["lived for blocks", "routes", ""], rows);
  return `${table}\nHalf of them lived for ${quantile(0.5)} blocks or fewer, nine of ten for ${quantile(0.9)} or fewer.`;
}

function nameOf(chain: Chain, by: Grouping, key: string): string {
  if (by === "token") return symbolsOf(chain)(key);
  if (by === "hour") return `${key}:00 UTC`;
  return by === "route" ? drawRouteId(chain, key) : key;
}

/** Draws a route by its id: "WETH -(0x1234…abcd)-> USDC -(0x5678…ef01)-> WETH". */
function drawRouteId(chain: Chain, id: string): string {
  const symbolOf = symbolsOf(chain);
  const hops = id.split("|").map((hop) => /^(.*):(\w+)>(\w+)$/.exec(hop) ?? []);
  const [, , first = ""] = hops[0] ?? [];
  const legs = hops.map(([, pool = "", , tokenOut = ""]) => ` -(${shorten(pool)})-> ${symbolOf(tokenOut)}`);
  return symbolOf(first) + legs.join("");
}

function shorten(text: string): string {
  return text.length <= 14 ? text : `${text.slice(0, 6)}…${text.slice(-4)}`;
}

/** The report as plain values: amounts are decimal integers in text, in units of `token`. */
function reportJson(chain: Chain, read: Report) {
  const symbolOf = symbolsOf(chain);
  const sums = ({ token, ...each }: Sums) => ({
    token,
    symbol: symbolOf(token),
    ...each,
    expected: String(each.expected),
    realised: String(each.realised),
    treasuryGain: String(each.treasuryGain),
    netUsdE8: undefined,
    netUsd: formatUnits(each.netUsdE8, 8),
    gasWei: String(each.gasWei),
  });
  const { since, until } = isoOf(read.period);
  return {
    since,
    until,
    by: read.by,
    groups: read.groups.map(({ key, ...each }) => ({ [read.by]: key, ...sums(each) })),
    totals: read.totals.map(sums),
    netUsd: formatUnits(
      read.totals.reduce((sum, { netUsdE8 }) => sum + netUsdE8, 0n),
      8,
    ),
    funnel: read.funnel,
    stops: read.stops,
    quietBlocks: read.quietBlocks,
    lifetimes: read.lifetimes,
    differences: read.differences.map(({ expected, realised, ...each }) => ({
      ...each,
      symbol: symbolOf(each.token),
      expected: String(expected),
      realised: String(realised),
    })),
    transactions: read.transactions.map(({ gasWei, ...each }) => ({ ...each, gasWei: String(gasWei) })),
  };
}

function isoOf({ sinceSeconds, untilSeconds }: Period) {
  const time = (seconds: number, open: number) => (seconds === open ? null : new Date(seconds * 1_000).toISOString());
  return { since: time(sinceSeconds, allTime.sinceSeconds), until: time(untilSeconds, allTime.untilSeconds) };
}

/** The groups as CSV (RFC 4180): one line for each group and token, amounts in units of the token. */
function reportCsv(chain: Chain, { by, groups }: Report): string {
  const symbolOf = symbolsOf(chain);
  const head = `${by},token,symbol,found,sent,landed,reverted,lost,expected,realised,treasury_gain,net_usd,gas_wei`;
  const lines = groups.map((group) =>
    [
      group.key,
      group.token,
      symbolOf(group.token),
      group.found,
      group.sent,
      group.landed,
      group.reverted,
      group.lost,
      group.expected,
      group.realised,
      group.treasuryGain,
      formatUnits(group.netUsdE8, 8),
      group.gasWei,
    ]
      .map((field) => csvField(String(field)))
      .join(","),
  );
  return [head, ...lines].join("\n");
}

function csvField(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
