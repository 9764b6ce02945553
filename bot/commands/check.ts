import { selfCheck } from "../bot.ts";
import { openLedger } from "../ledger/ledger.ts";
import type { Context } from "./context.ts";
import { drawTable } from "./present.ts";

/** Checks every configured address, and prints what is used and what is disabled, with the reason. */
export async function check({ config, rpc, json, print }: Context): Promise<boolean> {
  const findings = await selfCheck(rpc, config);
  const ledger = openLedger(config.ledgerFile);
  const stopped = ledger.pools.all();
  ledger.close();
  const sound = findings.every(({ problems }) => problems.length === 0);
  if (json) {
    print(JSON.stringify({ chain: config.chain.id, sound, findings, stopped: stopped.map(({ pool }) => pool) }));
    return sound;
  }
  print(
    drawTable(
      ["kind", "name", "state"],
      findings.map(({ kind, name, problems }) => [
        kind,
        name,
        problems.length === 0 ? "sound" : `disabled: ${problems.join("; ")}`,
      ]),
    ),
  );
  for (const { pool, block, detail } of stopped) {
    print(`Pool ${pool} is stopped since block ${block}: ${detail}. \`run --release-pools\` lets it trade again.`);
  }
  return sound;
}
