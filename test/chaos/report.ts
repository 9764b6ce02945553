import { drawTable } from "../../bot/commands/present.ts";
import type { ChaosReport } from "./chaos.ts";
import type { Latency } from "./latency.ts";

/** Draws what happened, and what the audit says. */
export function drawReport(report: ChaosReport): string {
  const kinds = [...Map.groupBy(report.faults, ({ kind }) => kind)].map(([kind, ones]) => {
    const forwarded = ones.reduce((sum, one) => sum + one.forwarded, 0);
    const withheld = ones.reduce((sum, one) => sum + one.withheld, 0);
    const most = ones.toSorted((x, y) => y.forwarded + y.withheld - x.forwarded - x.withheld).slice(0, 3);
    const methods = most.map((one) => `${one.method} ${one.forwarded + one.withheld}`).join(", ");
    return [kind, String(forwarded + withheld), String(forwarded), String(withheld), methods];
  });
  const total = report.faults.reduce((sum, { forwarded, withheld }) => sum + forwarded + withheld, 0);
  const { trades, reverted, lost, conversions, kills, killsAtSend, starts, stops, resumes, seconds, seed } = report;
  const reasons = [...report.reasons].slice(0, 12).map(([reason, times]) => `${reason} ${times}`);
  return [
    drawTable(["fault", "injected", "reached the node", "did not", "met most"], kinds),
    `${total} faults in ${seconds} s with seed ${seed}; ${starts} starts, ${kills} kills, ${killsAtSend} of them while sending; it stopped ${stops} times with a message, and was resumed ${resumes} times.`,
    `${trades} trades landed, ${reverted} reverted, ${lost} lost; ${conversions} conversions. Why not: ${reasons.join(", ")}.`,
    `Block to broadcast: ${drawLatency(report.latency.without)} without faults, ${drawLatency(report.latency.with)} with.`,
    drawTable(
      ["audit", "compared", "holds"],
      report.lines.map(({ question, compared, problems }) => [
        question,
        compared,
        problems.length === 0 ? "yes" : "NO",
      ]),
    ),
    ...report.lines.flatMap(({ question, problems }) =>
      problems.slice(0, 10).map((problem) => `Not so: ${question}: ${problem}`),
    ),
    report.holds ? "The audit holds." : `The audit does not hold. Ledger and log are in ${report.folder}.`,
  ].join("\n");
}

function drawLatency({ count, medianMs, p99Ms }: Latency): string {
  return count === 0 ? "nothing sent" : `median ${medianMs} ms, p99 ${p99Ms} ms of ${count}`;
}
