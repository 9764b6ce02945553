import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import Table from "cli-table3";
import { Command } from "commander";
import Mocha from "mocha";
import { catalogue, headingOf, type Row, type RowId } from "./catalogue.ts";
import { markdownTables } from "./table.ts";

interface Options {
  readonly json?: true;
  readonly markdown?: true;
}

/** What the tests of a row have shown. */
interface Result {
  readonly row: RowId;
  readonly attack: string;
  /** Whether the attack succeeded against each twin. */
  readonly twins: Readonly<Record<string, boolean>>;
  /** Whether it failed against FlashArbitrage and the bot, for the reason that the row names. */
  readonly failsHere: boolean;
  readonly refusals: readonly string[];
  /** What is missing or went wrong. Empty when the row holds. */
  readonly problems: readonly string[];
}

const [broken, misused] = [1, 2];
const self = fileURLToPath(import.meta.url);

const program = new Command("npm run attacks --")
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : misused))
  .description(
    "Runs every known attack against broken twins and against FlashArbitrage and the bot. Exit code 1 when a row of the catalogue lacks a test or fails.",
  )
  .option("--json", "print the results as one JSON object")
  .option("--markdown", "run nothing, and print the tables of docs/security.md");

async function main(): Promise<void> {
  const { json, markdown } = program.parse().opts<Options>();
  if (markdown) {
    process.stdout.write(markdownTables());
    return;
  }
  const tests = await runTests();
  const results = [...catalogue].map(([id, row]) => judge(id, row, tests));
  const problems = [
    ...results.flatMap((result) => result.problems.map((problem) => `${result.row}: ${problem}`)),
    ...failuresOutside(tests),
  ];
  const holds = problems.length === 0;
  process.stdout.write(json ? `${JSON.stringify({ holds, problems, rows: results })}\n` : show(results, problems));
  process.exit(holds ? 0 : broken);
}

/** Prints nothing: the results are shown at the end. */
class Quiet extends Mocha.reporters.Base {}

/** What became of the tests, by the title of their describe and their own. */
type Tests = readonly {
  readonly heading: string;
  readonly title: string;
  readonly file: string;
  readonly error?: string;
}[];

async function runTests(): Promise<Tests> {
  const tests: { heading: string; title: string; file: string; error?: string }[] = [];
  const mocha = new Mocha({ timeout: 120_000, reporter: Quiet });
  for (const file of readdirSync(new URL(".", import.meta.url))) {
    if (file.endsWith(".test.ts")) mocha.addFile(fileURLToPath(new URL(file, import.meta.url)));
  }
  await mocha.loadFilesAsync();
  await new Promise<void>((resolve) => {
    const note = (test: Mocha.Runnable, error?: Error) =>
      tests.push({
        heading: test.parent?.title ?? "",
        title: test.title,
        file: test.file ?? "",
        ...(error && { error: error.message }),
      });
    mocha
      .run(() => resolve())
      .on("pass", (test) => note(test))
      .on("pending", (test) => note(test))
      .on("fail", note);
  });
  return tests;
}

function judge(id: RowId, row: Row, tests: Tests): Result {
  const own = tests.filter(({ heading, file }) => heading === headingOf(id) && file.endsWith(`/${row.test}`));
  const holds = (start: string) => {
    const found = own.filter(({ title }) => title.startsWith(start));
    return found.length > 0 && found.every(({ error }) => error === undefined);
  };
  const twins = Object.fromEntries(row.twins.map((twin) => [twin, holds(`succeeds against ${twin}`)]));
  const failsHere = holds("fails against FlashArbitrage") || holds("fails against the bot");
  const problems = [
    ...own.filter(({ error }) => error !== undefined).map(({ title, error }) => `${title}: ${error}`),
    ...Object.keys(twins)
      .filter((twin) => !twins[twin])
      .map((twin) => `no attack on ${twin} has succeeded`),
    ...(failsHere ? [] : ["no test shows that it fails here"]),
  ];
  return { row: id, attack: row.attack, twins, failsHere, refusals: row.refusals, problems };
}

/** What failed that belongs to no row, such as the comparison with docs/security.md. */
function failuresOutside(tests: Tests): readonly string[] {
  const headings = new Set([...catalogue.keys()].map(headingOf));
  return tests
    .filter(({ heading, error }) => error !== undefined && !headings.has(heading))
    .map(({ heading, title, error }) => `${heading} ${title}: ${error}`);
}

function show(results: readonly Result[], problems: readonly string[]): string {
  const table = new Table({
    head: ["row", "attack", "succeeded against", "failed here"],
    colWidths: [5, 58, 34, 32],
    wordWrap: true,
    style: { head: [], border: [] },
  });
  for (const { row, attack, twins, failsHere, refusals } of results) {
    const succeeded = Object.entries(twins).map(([twin, success]) => (success ? twin : `NOT ${twin}`));
    table.push([row, attack, succeeded.join("\n"), failsHere ? refusals.join("\n") : "NOT SHOWN"]);
  }
  const count = results.filter(({ problems: each }) => each.length === 0).length;
  return `${table.toString()}\n${problems.map((problem) => `${problem}\n`).join("")}${count} of ${results.length} rows hold.\n`;
}

// Mocha imports every file of this folder.
if (process.argv[1] === self) await main();
