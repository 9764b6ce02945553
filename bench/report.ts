import Table from "cli-table3";

/** One measured figure. What `target` bounds is the figure that `stat` names. */
export interface Row {
  readonly work: string;
  /** How many pools the market has, or null where the work does not depend on a market. */
  readonly pools: number | null;
  /** How many pools' states the work changes, or null where it changes none. */
  readonly touched: number | null;
  readonly unit: Unit;
  readonly median: number;
  /** Null where there is one figure and no distribution. */
  readonly p99: number | null;
  readonly stat: "median" | "p99";
  readonly target: number | null;
  /** What the strongest TypeScript engine needs for the same work, in the same unit. */
  readonly peer: number | null;
}

/** The unit of a row. More is better of `%`, less of all others. */
export type Unit = "ns" | "µs" | "ms" | "kB" | "%" | "reads" | "exponent";

/** Returns whether the row reaches its target, or undefined where it has none. */
export function isMet({ unit, stat, target, ...figures }: Row): boolean | undefined {
  const figure = figures[stat];
  if (target === null || figure === null) return undefined;
  return unit === "%" ? figure >= target : figure <= target;
}

/** Renders rows as a table for people. */
export function renderTable(rows: readonly Row[]): string {
  const table = new Table({
    style: { head: [], border: [], compact: true },
    head: ["work", "pools", "touched", "unit", "median", "p99", "target", "met?", "peer"],
    colAligns: ["left", "right", "right", "left", "right", "right", "right", "left", "right"],
  });
  for (const row of rows) {
    const met = isMet(row);
    table.push([
      row.work,
      row.pools ?? "",
      row.touched ?? "",
      row.unit,
      formatFigure(row.median),
      row.p99 === null ? "" : formatFigure(row.p99),
      row.target === null ? "" : `${row.target}${row.stat === "p99" ? " (p99)" : ""}`,
      met === undefined ? "" : met ? "yes" : "NO",
      row.peer === null ? "" : formatFigure(row.peer),
    ]);
  }
  return table.toString();
}

/** Returns a figure with three significant digits, and without an exponent. */
export function formatFigure(value: number): string {
  if (value === 0 || Number.isInteger(value)) return String(value);
  return value >= 1_000 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}
