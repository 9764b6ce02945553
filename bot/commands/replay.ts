import { chains } from "../config/config.ts";
import { openReader } from "../ledger/database.ts";
import { replay as replayOf } from "../pipeline/replay.ts";
import { venues } from "../venues/registry.ts";
import { codeVersion } from "../version.ts";
import type { LedgerContext } from "./context.ts";
import { drawTable } from "./present.ts";

/** Searches and sizes a recorded opportunity again, and prints the comparison. Returns whether it came out the same. */
export function replay({ settings: { ledgerFile }, json, print }: LedgerContext, id: string): boolean {
  const database = openReader(ledgerFile);
  try {
    const { block, version, snapshots, compared } = replayOf(database, id, venues, chains);
    const differing = compared.filter(({ recorded, replayed }) => recorded !== replayed);
    const isSameCode = version === codeVersion();
    const identical = differing.length === 0;
    if (json) {
      const code = { recorded: version, replayed: codeVersion() };
      print(JSON.stringify({ id, block: Number(block), identical, snapshots, version: code, compared }));
      return identical;
    }
    print(`Opportunity ${id} of block ${block}, searched again from ${snapshots} snapshots.`);
    print(
      drawTable(
        ["", "recorded", "replayed"],
        compared.map(({ name, recorded, replayed }) => [
          name,
          wrap(recorded),
          recorded === replayed ? "the same" : wrap(replayed) || "nothing",
        ]),
      ),
    );
    if (!isSameCode) print(`It was decided by other code: version ${version}, this is ${codeVersion()}.`);
    print(identical ? "Identical to the unit." : `${differing.length} values differ.`);
    return identical;
  } finally {
    database.close();
  }
}

/** A route is as many lines as it has hops. */
function wrap(text: string | null): string {
  return text === null ? "" : text.replaceAll("|", "\n").replaceAll(",", "\n");
}
