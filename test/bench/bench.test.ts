import { execFile } from "node:child_process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { expect } from "chai";
import { exhaustiveSearch } from "../../bench/exhaustive.ts";
import { logLogSlope, measure, quantile } from "../../bench/measure.ts";
import { poolStatesOf } from "../../bench/pools.ts";
import { isMet, type Row } from "../../bench/report.ts";
import { syntheticMarket } from "../../bench/syntheticMarket.ts";
import { isNear } from "../support/near.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));

describe("npm run bench", () => {
  it("prints its figures as JSON in its last line", async () => {
    const options = ["--quick", "--json", "--only", "sizes,recorded,reads"];
    const { stdout } = await run(process.execPath, ["--import", "tsx", "bench/main.ts", ...options], { cwd: root });
    const rows: Row[] = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
    expect(rows).not.to.have.length(0);
    for (const row of rows) {
      expect(Object.keys(row), row.work).to.have.members([
        "work",
        "pools",
        "touched",
        "unit",
        "median",
        "p99",
        "stat",
        "target",
        "peer",
      ]);
      expect(row.median, row.work).to.be.a("number");
    }
    const recorded = rows.find(({ work }) => work.startsWith("recorded swaps"));
    expect(recorded?.median, "recorded swaps quoted to the wei").to.equal(recorded?.target);
    const reads = rows.find(({ unit }) => unit === "reads");
    expect(reads?.p99, "requests in a block that the node's events tell").to.equal(0);
  });

  it("error: a part that it does not measure", async () => {
    const failed = run(process.execPath, ["--import", "tsx", "bench/main.ts", "--only", "luck"], { cwd: root });
    expect(
      await failed.then(
        () => "no error",
        ({ stderr }) => stderr,
      ),
    ).to.contain("luck is none of quotes, sizes");
  });

  it("error: a market that cannot be read", async () => {
    const failed = run(process.execPath, ["--import", "tsx", "bench/main.ts", "--market", "biome.json"], { cwd: root });
    const said = await failed.then(
      () => "no error",
      ({ stderr }) => stderr,
    );
    expect(said).to.contain("--market biome.json cannot be read: The file is of format undefined");
    expect(said, "a stack").not.to.contain("    at ");
  });
});

describe("a target", () => {
  const row = { work: "", pools: null, touched: null, median: 2, p99: 4, target: 3, peer: null } as const;

  it("bounds the figure that it names, from above or, where more is better, from below", () => {
    expect(isMet({ ...row, unit: "ms", stat: "median" })).to.equal(true);
    expect(isMet({ ...row, unit: "ms", stat: "p99" })).to.equal(false);
    expect(isMet({ ...row, unit: "%", stat: "median" })).to.equal(false);
    expect(isMet({ ...row, unit: "ms", stat: "median", target: null })).to.equal(undefined);
  });
});

describe("a measurement", () => {
  it("calls the operation with the number of the call, and prepares each call where asked", () => {
    const calls: string[] = [];
    const timing = measure((call) => calls.push(`run ${call}`), {
      budgetMs: 0,
      leastSamples: 3,
      prepare: (call) => calls.push(`prepare ${call}`),
    });
    expect(timing.samples).to.equal(3);
    expect(calls).to.deep.equal([0, 1, 2].flatMap((call) => [`prepare ${call}`, `run ${call}`]));
  });

  it("takes quantiles of what was sampled", () => {
    const samples = Array.from({ length: 200 }, (_, index) => index + 1);
    expect([0.5, 0.99, 1].map((share) => quantile(samples, share))).to.deep.equal([100, 198, 200]);
  });

  it("fits the exponent of a power law", () => {
    const points = [100, 1_000, 10_000].map((x) => [x, 3 * x ** 0.7] as const);
    expect(isNear(logLogSlope(points), 0.7, 1e-12)).to.equal(true);
  });
});

describe("the exhaustive search", () => {
  it("finds the best size of two pools of the product formula, which has a closed form", () => {
    const market = syntheticMarket({ pools: 2, tokens: 2, seed: 5, kinds: ["uniswapV2"], dislocated: 2 });
    const [weth, usdc] = market.tokens;
    const reserves = market.pools.map(({ state, tokens }) => {
      const held = "reserves" in state ? state.reserves.map(Number) : [];
      return tokens[0] === weth?.address ? held : held.toReversed();
    });
    const found = exhaustiveSearch(poolStatesOf(market), {
      start: weth?.address ?? "",
      maxHops: 2,
      low: 10n ** 14n,
      high: 10n ** 22n,
      byRate: false,
    });
    expect(found.map(({ route }) => route.hops.map(({ tokenOut }) => tokenOut))).to.deep.equal([
      [usdc?.address, weth?.address],
    ]);
    const best = [reserves, reserves.toReversed()].map(([one = [], two = []]) => {
      const [a = 0, b = 0, c = 0, d = 0] = [...one, ...two.toReversed()];
      const kept = 0.997;
      const size = Math.max(0, (kept * Math.sqrt(a * b * c * d) - a * c) / (kept * c + kept ** 2 * b));
      const sold = (kept * size * b) / (a + kept * size);
      return (kept * sold * d) / (c + kept * sold) - size;
    });
    const profit = Number(found[0]?.profit ?? 0n);
    expect(isNear(profit / Math.max(...best), 1, 1e-6)).to.equal(true);
  });
});

describe("the adapter", () => {
  it("is imported by plain Node from any folder, and quotes as the venue does", async () => {
    const adapter = pathToFileURL(`${root}/bench/adapter.mjs`).href;
    const program = `
      import { peer } from ${JSON.stringify(adapter)};
      const [a, b] = ["0x01", "0x02"];
      const tokens = new Map([a, b].map((address) => [address, { address, decimals: 18 }]));
      const pool = { address: "0x03", kind: "uniswapV2", tokens: [a, b], state: { reserves: [1000n, 5000n], feePpm: 3000 } };
      const { wrap, quote, unwrap } = peer.make(pool, a, b, tokens);
      console.log(String(unwrap(quote(wrap(100n)))), String(unwrap(quote(wrap(0n)))));
    `;
    const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", program], { cwd: "/" });
    expect(stdout.trim()).to.equal("453 0");
  });
});
