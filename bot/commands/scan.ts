import { createBot } from "../bot.ts";
import { certify } from "../engine/certificate.ts";
import { openLedger } from "../ledger/ledger.ts";
import { certificateJson, drawCertificate } from "./certificate.ts";
import type { Context } from "./context.ts";
import { absenceTable, outcomeJson, outcomeTable } from "./present.ts";

/** Takes one block through all stages but sending, and prints every opportunity with the reason why not. */
export async function scan(
  { config, rpc, log, json, print }: Context,
  { certificate: wanted }: { readonly certificate: boolean },
): Promise<void> {
  const ledger = openLedger(config.ledgerFile);
  try {
    const bot = await createBot({ config, rpc, ledger, log, mode: "shadow" });
    const { snapshot, market, outcomes, noTrade, milliseconds } = await bot.step();
    const certified = wanted && market !== undefined ? certify(market) : undefined;
    const absent = snapshot?.absent ?? [];
    if (json) {
      const result = {
        block: snapshot === undefined ? null : Number(snapshot.block.number),
        pools: snapshot?.pools.length ?? 0,
        absent: absent.map(({ pool, refusal }) => ({ pool: pool.id, deployment: pool.deployment, ...refusal })),
        undiscovered: Object.fromEntries(bot.market.undiscovered),
        opportunities: outcomes.map((outcome) => outcomeJson(config.chain, outcome)),
        noTrade: noTrade === undefined ? null : { reason: noTrade.noTrade, detail: noTrade.detail },
        milliseconds,
        ...(certified && { certificate: certificateJson(certified) }),
      };
      print(JSON.stringify(result));
      return;
    }
    const { observe, decide } = milliseconds;
    const times = `read in ${observe.toFixed(0)} ms, searched and sized in ${decide.toFixed(0)} ms`;
    print(`Block ${snapshot?.block.number ?? "none"}: ${snapshot?.pools.length ?? 0} pools, ${times}.`);
    if (outcomes.length > 0) print(outcomeTable(config.chain, outcomes));
    if (noTrade !== undefined) print(`No trade: ${noTrade.noTrade}: ${noTrade.detail}`);
    if (certified !== undefined) print(drawCertificate(config.chain, certified));
    if (absent.length > 0) print(`Not traded:\n${absenceTable(absent)}`);
    for (const [deployment, reason] of bot.market.undiscovered) print(`${deployment} is left out: ${reason}`);
  } finally {
    ledger.close();
  }
}
