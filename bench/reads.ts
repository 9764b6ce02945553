import { arbitrum } from "../bot/config/chains/arbitrum.ts";
import { isNoTrade } from "../bot/domain/noTrade.ts";
import { type LogFilter, pushHeads } from "../bot/pipeline/heads.ts";
import { createMirror } from "../bot/pipeline/mirror.ts";
import { chainPool, chainVenues, createMemoryChain } from "../test/support/memoryChain.ts";
import { quantile } from "./measure.ts";
import { createRandom } from "./random.ts";
import type { Row } from "./report.ts";

const pools = 200;
const touched = 10;

/** Counts what the bot asks its node for in a block whose events the node sends and in which no oracle moves a price. */
export async function measureReads(seed: number, blocks: number): Promise<readonly Row[]> {
  const random = createRandom(seed);
  const followed = Array.from({ length: pools }, (_, index) =>
    chainPool(index + 1, index % 2 ? "solidly" : "balancer"),
  );
  const chain = createMemoryChain(followed);
  const borrower = { chain: arbitrum, tokens: arbitrum.tokens, contract: undefined, operator: undefined };
  const market = { borrower, pools: followed, lenderSetups: new Map(), undiscovered: new Map() };
  const mirror = createMirror(
    market,
    chainVenues,
    chain.ports,
    (filter: LogFilter) => pushHeads(chain.ports, filter, { graceMs: 5, silenceMs: 60_000 }),
    { contextSeconds: 100n, checkEverySeconds: 1_000n, sequencerGraceSeconds: 0n },
  );
  const asked = () => chain.counts.reads.length + chain.counts.logs.length + chain.counts.headers;
  await mirror.observe();
  const { signal } = new AbortController();
  const counts: number[] = [];
  for (let block = 0; block < blocks; block++) {
    const before = asked();
    for (let swap = 0; swap < touched; swap++) {
      chain.swap(random.pick(followed), BigInt(random.integer(1_000, 2_000)), BigInt(random.integer(1_000, 2_000)));
    }
    chain.mine();
    await mirror.wait(1_000, signal);
    const snapshot = await mirror.observe();
    if (isNoTrade(snapshot)) throw new Error(`The mirror lost the chain: ${snapshot.detail}`);
    counts.push(asked() - before);
  }
  counts.sort((a, b) => a - b);
  const figures = { median: quantile(counts, 0.5), p99: quantile(counts, 0.99), stat: "p99", target: 0 } as const;
  return [{ work: "requests to the node in a block", pools, touched, unit: "reads", ...figures, peer: null }];
}
