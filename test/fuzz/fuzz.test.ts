import { execFile } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { isRefusal } from "../../bot/domain/quote.ts";
import { isFork, useArbitrum } from "../support/arbitrum.ts";
import { createPlayground, type Playground } from "./ground.ts";
import { judgeNumbers, numbersOf, runVariant, showReport } from "./run.ts";
import { readNumbers, shrink, writeNumbers } from "./shrink.ts";
import { fuzzVariants } from "./uniswapV2.ts";
import type { Arrangement, FuzzVariant } from "./variant.ts";
import { variants } from "./variants.ts";

/** `npm run fuzz` runs more. */
const runs = 40;
const seed = 1;

describe("the quotes of every venue against the chain", () => {
  const chain = useArbitrum();
  let playground: Playground;

  before(async function () {
    // States are written to the storage of the localnet's contracts, whose layouts a fork's proxies do not have.
    if (isFork) this.skip();
    playground = await createPlayground(chain());
  });

  for (const variant of variants) {
    it(`${variant.name}: ${runs} random states and swaps`, async () => {
      const subject = await variant.prepare(playground);
      const report = await runVariant(playground, variant, subject, { runs, seed });
      expect(report.differences, showReport(report, seed)).to.equal(0);
      expect(report.paid, "swaps that were paid").to.be.greaterThan(runs / 4);
    });
  }

  const [honest] = fuzzVariants;
  if (honest === undefined) throw new Error("Nothing is fuzzed.");

  /** The first variant with an error planted into its venue. */
  function withError(plant: (arrangement: Arrangement) => Partial<Arrangement["venue"]>): FuzzVariant {
    return {
      ...honest,
      name: "planted",
      async prepare(ground) {
        const subject = await (honest as FuzzVariant).prepare(ground);
        return {
          ...subject,
          async arrange(numbers) {
            const arrangement = await subject.arrange(numbers);
            return arrangement && { ...arrangement, venue: { ...arrangement.venue, ...plant(arrangement) } };
          },
        };
      },
    };
  }

  for (const { what, check, variant } of [
    {
      what: "a quote that is one unit too high",
      check: "quote",
      variant: withError(({ venue }) => ({
        quote(pool, state, swap) {
          const quoted = venue.quote(pool, state, swap);
          return isRefusal(quoted) || quoted < 1_000n ? quoted : quoted + 1n;
        },
      })),
    },
    {
      what: "a refusal for another reason",
      check: "quote",
      variant: withError(({ venue }) => ({
        quote(pool, state, swap) {
          const quoted = venue.quote(pool, state, swap);
          return isRefusal(quoted) ? { ...quoted, detail: "K" } : quoted;
        },
      })),
    },
    {
      what: "a state after the swap that misses a unit",
      check: "after",
      variant: withError(({ venue }) => ({
        curve(pool, state, tokenIn, tokenOut) {
          const curve = venue.curve(pool, state, tokenIn, tokenOut);
          if (isRefusal(curve)) return curve;
          return { ...curve, after: (amountIn) => curve.after(amountIn + 1n) };
        },
      })),
    },
    {
      what: "an estimate that is a hundredth off",
      check: "estimate",
      variant: withError(({ venue }) => ({
        curve(pool, state, tokenIn, tokenOut) {
          const curve = venue.curve(pool, state, tokenIn, tokenOut);
          if (isRefusal(curve)) return curve;
          return { ...curve, estimate: (amountIn) => 1.01 * curve.estimate(amountIn) };
        },
      })),
    },
    {
      what: "events that are not followed",
      check: "follow",
      variant: withError(({ venue }) => ({
        ...(venue.follow && { follow: { ...venue.follow, apply: (_pool: unknown, state: unknown) => state } }),
      })),
    },
  ]) {
    it(`reports ${what}, and shrinks it to a case that can be repeated`, async () => {
      const subject = await variant.prepare(playground);
      const report = await runVariant(playground, variant, subject, { runs: 24, seed, maxFindings: 1 });
      const [finding] = report.findings;
      if (finding === undefined) throw new Error("The error went unnoticed.");
      expect(finding.check).to.equal(check);
      const drawn = writeNumbers(numbersOf(subject, seed, finding.case));
      expect(writeNumbers(finding.numbers).length, drawn).to.be.lessThan(drawn.length);
      const [line = ""] = showReport(report, seed).split("\n").slice(1);
      const [, name, numbers = ""] = /npm run fuzz -- --variant (\S+) --numbers '(.*)'$/.exec(line) ?? [];
      expect(name).to.equal("planted");
      const verdict = await judgeNumbers(playground, variant, subject, readNumbers(numbers), check === "follow");
      expect(verdict).to.include({ kind: "differs", check });
      const honestly = await honest.prepare(playground);
      for (const inTransaction of [false, true]) {
        const { kind } = (await judgeNumbers(playground, honest, honestly, readNumbers(numbers), inTransaction)) ?? {};
        expect(kind).to.not.equal("differs");
      }
    });
  }

  it("draws the same cases for the same seed, and others for another", async () => {
    const subject = await honest.prepare(playground);
    expect(numbersOf(subject, 3, 4)).to.deep.equal(numbersOf(subject, 3, 4));
    expect(numbersOf(subject, 3, 4)).to.not.deep.equal(numbersOf(subject, 3, 5));
    expect(numbersOf(subject, 3, 4)).to.not.deep.equal(numbersOf(subject, 4, 4));
  });
});

describe("the fuzzer's command line", () => {
  const main = fileURLToPath(new URL("main.ts", import.meta.url));
  const fuzz = async (...args: string[]) => {
    const child = execFile(process.execPath, ["--import", "tsx", main, ...args]);
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => (output += chunk));
    const [code] = await once(child, "close");
    return { code, output };
  };

  it("refuses what it does not know with 2, and says what there is", async () => {
    const unknown = await fuzz("--variant", "nothing");
    expect(unknown.code).to.equal(2);
    expect(unknown.output).to.contain("No variant begins with nothing: choose from uniswapV2/0.3%");
    const several = await fuzz("--variant", "uniswapV2", "--numbers", '{"a":"1"}');
    expect(several.code).to.equal(2);
    expect(several.output).to.contain("--numbers are of one --variant");
    expect((await fuzz("--runs", "0")).code).to.equal(2);
  });

  it("deals variants out to jobs, and ends with 0 where nothing differs", async function () {
    if (isFork) this.skip();
    const { code, output } = await fuzz("--variant", "uniswapV2", "--runs", "3", "--jobs", "2");
    expect(output.match(/3 cases, .* 0 differences/g), output).to.have.length(2);
    expect(output).to.contain("2 of the variants in ");
    expect(code).to.equal(0);
  }).timeout(120_000);
});

describe("shrinking", () => {
  it("finds the smallest integers, and drops what a failure does not need", async () => {
    const large = { amount: 123_456_789n, steps: [7n, 5_000n, -3_000n, 12n], other: 99n };
    const smallest = await shrink(large, async (numbers) => {
      const { amount, steps } = numbers as typeof large;
      return amount >= 1_000n && steps.some((step) => step > 100n) && steps.some((step) => step < 0n);
    });
    expect(smallest).to.deep.equal({ amount: 1_000n, steps: [101n, -1n], other: 0n });
  });

  it("writes integers so that they can be read", () => {
    const numbers = { a: -1n, list: [2n ** 200n, []] };
    expect(readNumbers(writeNumbers(numbers))).to.deep.equal(numbers);
    expect(() => readNumbers('{"a":1}')).to.throw(SyntaxError);
  });
});
