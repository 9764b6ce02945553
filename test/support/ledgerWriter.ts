import { fileURLToPath } from "node:url";
import { opportunityId } from "../../bot/domain/route.ts";
import { openLedger } from "../../bot/ledger/ledger.ts";
import { memoryOrder } from "./memoryOrder.ts";

/**
 * Not run as a test: writes blocks into the ledger of its first argument, until it is killed, and says each on stdout once it
 * is written. Every block has as many opportunities as the second argument says.
 */
function write(): void {
  const [file = "", perBlock = "5"] = process.argv.slice(2);
  process.stdout.write("opening\n");
  const ledger = openLedger(file);
  const { id: run, salt } = ledger.runs.begin("shadow", "{}", Date.now());
  const { opportunity, order } = memoryOrder();
  const verdict = { kind: "confirmed", profit: order.expected, gas: 300_000n } as const;
  const noTrade = { noTrade: "shadow-mode", detail: "not executed" } as const;
  for (let block = 1n; ; block++) {
    const outcomes = Array.from({ length: Number(perBlock) }, (_, index) => {
      const id = opportunityId(salt, block * 1_000n + BigInt(index), order.route);
      const one = { ...opportunity, id };
      return { block, timestamp: block, opportunity: one, order: { ...order, id }, verdict, sent: undefined, noTrade };
    });
    ledger.transact(() => {
      ledger.opportunities.record(run, outcomes);
      ledger.opportunities.recordBlock(block, block, { noTrade: "no-opportunity", detail: String(block) });
    });
    process.stdout.write(`${run} ${block}\n`);
  }
}

// Mocha imports every file of this folder.
if (process.argv[1] === fileURLToPath(import.meta.url)) write();
