import { catalogue, type Row, type RowId, sections } from "./catalogue.ts";

/** Returns the rows of a section, in the catalogue's order. */
export function rowsOf(section: Row["section"]): readonly (readonly [RowId, Row])[] {
  return [...catalogue].filter(([, row]) => row.section === section);
}

/** Renders the catalogue as docs/security.md shows it: a heading and a table for each section. */
export function markdownTables(): string {
  const names = Object.keys(sections) as Row["section"][];
  return names.map((section) => `## ${sections[section]}\n\n${markdownTable(section)}`).join("\n");
}

function markdownTable(section: Row["section"]): string {
  const lines = rowsOf(section).map(([id, row]) => {
    const twins = row.twins.map((twin) => (isExecutor(twin) ? `\`${twin}\`` : twin)).join(", ");
    const refusals = row.refusals.map((refusal) => (/^[A-Z]\w+$|-/.test(refusal) ? `\`${refusal}\`` : refusal));
    const test = `[${row.test.replace(".test.ts", "")}](../test/attacks/${row.test})`;
    return `| ${[id, row.attack, row.incident, row.defence, twins, refusals.join(", "), test].join(" | ")} |\n`;
  });
  return [
    "| row | attack | incident | defence | succeeds against | meets here | test |\n",
    "| --- | --- | --- | --- | --- | --- | --- |\n",
    ...lines,
  ].join("");
}

/** Returns whether a twin is an executor of test/solidity/broken, and not a bot without a defence. */
export function isExecutor(twin: string): boolean {
  return /^[A-Z]\w+$/.test(twin);
}
