import { selfCheck } from "../bot.ts";
import type { Config } from "../config/config.ts";
import { openLedger } from "../ledger/ledger.ts";
import type { Endpoint } from "../rpc/endpoints.ts";
import { lagOf } from "../rpc/health.ts";
import { inspect } from "../rpc/inspect.ts";
import { wording } from "../rpc/retry.ts";
import type { Context } from "./context.ts";
import { drawTable } from "./present.ts";

/** Checks every endpoint and every configured address, and prints what is used and what is disabled, with the reason. */
export async function check({ config, rpc, endpoints, json, print }: Context): Promise<boolean> {
  const nodes = await inspectAll(endpoints, config);
  const findings = await selfCheck(rpc, config);
  const ledger = openLedger(config.ledgerFile);
  const stopped = ledger.pools.all();
  ledger.close();
  const sound = [...nodes, ...findings].every(({ problems }) => problems.length === 0);
  if (json) {
    print(
      JSON.stringify({
        chain: config.chain.id,
        sound,
        endpoints: nodes,
        findings,
        stopped: stopped.map(({ pool }) => pool),
      }),
    );
    return sound;
  }
  print(
    drawTable(
      ["endpoint", "chain id", "head", "lag", "latency", "state"],
      nodes.map(({ name, chainId, head, lagBlocks, latencyMs, problems }) => [
        name,
        String(chainId ?? ""),
        String(head ?? ""),
        lagBlocks === undefined ? "" : `${lagBlocks} blocks`,
        latencyMs === undefined ? "" : `${latencyMs} ms`,
        problems.join("; ") || "sound",
      ]),
    ),
  );
  print(
    drawTable(
      ["kind", "name", "state"],
      findings.map(({ kind, name, problems, facts }) => [
        kind,
        name,
        problems.length === 0 ? ["sound", ...facts].join("; ") : `disabled: ${problems.join("; ")}`,
      ]),
    ),
  );
  for (const { pool, block, detail } of stopped) {
    print(`Pool ${pool} is stopped since block ${block}: ${detail}. \`run --release-pools\` lets it trade again.`);
  }
  return sound;
}

/** What one endpoint says of itself, beside the others. Numbers are plain, for JSON. */
interface Node {
  readonly name: string;
  readonly chainId: number | undefined;
  readonly head: number | undefined;
  /** How many blocks it is behind the newest one of all endpoints. */
  readonly lagBlocks: number | undefined;
  readonly latencyMs: number | undefined;
  readonly problems: readonly string[];
}

async function inspectAll(
  endpoints: readonly Endpoint[],
  { chain, rpcMaxLagBlocks: maxLagBlocks }: Config,
): Promise<readonly Node[]> {
  const inspected = await Promise.all(
    endpoints.map(({ provider }) => inspect(provider, chain).catch((error: unknown) => wording(error))),
  );
  const heads = inspected.flatMap((one) => (typeof one === "string" ? [] : (one.head?.number ?? [])));
  const newest = heads.reduce((most, head) => (head > most ? head : most), 0n);
  return inspected.map((one, place) => {
    const name = endpoints[place]?.name ?? "";
    if (typeof one === "string") {
      return { name, chainId: undefined, head: undefined, lagBlocks: undefined, latencyMs: undefined, problems: [one] };
    }
    const head = one.head?.number;
    const problem = one.problem ?? (head === undefined ? undefined : lagOf(head, newest, { maxLagBlocks }));
    return {
      name,
      chainId: Number(one.chainId),
      head: head === undefined ? undefined : Number(head),
      lagBlocks: head === undefined ? undefined : Number(newest - head),
      latencyMs: one.latencyMs === undefined ? undefined : Math.round(one.latencyMs),
      problems: problem === undefined ? [] : [problem.detail],
    };
  });
}
