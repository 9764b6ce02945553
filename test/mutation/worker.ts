import { readdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import hre from "hardhat";
import Mocha from "mocha";
import { FlashArbitrage__factory } from "../../types/index.js";
import type { Code } from "./compiler.ts";

/** A code to judge, and the file of the change that made it. */
export interface Question {
  readonly file: string;
  readonly code: Code;
  /** Whether all judges are heard. Otherwise the first that notices the change is the last. */
  readonly all: boolean;
}

/** What a judge said: the test that failed, or undefined where all of its tests passed. */
export interface Opinion {
  readonly judge: string;
  readonly kind: "solidity" | "mocha";
  readonly failed: string | undefined;
}

/** What the worker tells: what its judges said; or that it goes on. */
export type Report = { readonly opinions: readonly Opinion[] } | "goes on";

/** Tests that run together: the Solidity tests, or one outermost `describe` of Mocha's. */
interface Judge {
  readonly name: string;
  readonly kind: Opinion["kind"];
  /** Returns the test that failed. */
  readonly run: () => Promise<string | undefined>;
  /** How long they take when they pass. */
  costMs: number;
  /** How many changes of each file they were asked about, and how many of these they noticed. */
  readonly records: Map<string, { asked: number; noticed: number }>;
}

/** These build the contract again, or measure its gas, and so judge no mutant. */
const aboutDeployment = ["deployment.test.ts", "oneUnit.test.ts", "verification.test.ts"];
const artifact = new URL("../../artifacts/contracts/FlashArbitrage.sol/FlashArbitrage.json", import.meta.url);

let code: Code | undefined;

/** The bindings create the contract with the code that is judged. */
function useCodeInBindings(): void {
  const { prototype } = FlashArbitrage__factory;
  const { getDeployTransaction } = prototype;
  prototype.getDeployTransaction = async function (...args) {
    const transaction = await getDeployTransaction.apply(this, args);
    if (code === undefined) throw new Error("There is no code to judge.");
    return { ...transaction, data: code.bytecode + transaction.data.slice(this.bytecode.length) };
  };
}

async function useCodeInArtifact({ bytecode, deployedBytecode, immutableReferences }: Code): Promise<void> {
  const written = JSON.parse(await readFile(artifact, "utf8"));
  await writeFile(artifact, JSON.stringify({ ...written, bytecode, deployedBytecode, immutableReferences }));
}

const judgeOf = (kind: Judge["kind"], name: string, run: Judge["run"]): Judge => ({
  ...{ kind, name, run },
  costMs: 1_000,
  records: new Map(),
});

/** The Solidity tests with a number of fuzz cases, and the invariants with as many calls in a row. */
function solidityJudge(runs: number, { histories, depth }: { histories: number; depth: number }): Judge {
  return judgeOf("solidity", `Solidity tests, ${runs} ${runs === 1 ? "case" : "cases"}`, async () => {
    const profile = hre.config.test.solidity.profiles.default;
    if (profile === undefined) throw new Error("The Solidity tests have no configuration.");
    Object.assign(profile, {
      fuzz: { ...profile.fuzz, runs },
      // A failure is enough: a short history that fails is not looked for.
      invariant: { ...profile.invariant, runs: histories, depth, shrinkRunLimit: 0 },
    });
    const result = await hre.tasks.getTask(["test", "solidity"]).run({ noCompile: true });
    if (result.success) return undefined;
    const suites: { testResults: { name: string; status: string }[] }[] = result.error?.suiteResults ?? [];
    const failed = suites.flatMap(({ testResults }) => testResults).find(({ status }) => status === "Failure");
    if (failed === undefined) throw new Error("The Solidity tests did not run.");
    return failed.name;
  });
}

/** Loads the contract's Mocha tests once: a chain that is built serves them for all codes. */
async function mochaJudges(): Promise<readonly Judge[]> {
  const folder = new URL("../contracts/", import.meta.url);
  const mocha = new Mocha({ ...hre.config.test.mocha, bail: true, reporter: class {} as never });
  mocha.cleanReferencesAfterRun(false);
  for (const file of await readdir(folder)) {
    if (!aboutDeployment.includes(file)) mocha.addFile(fileURLToPath(new URL(file, folder)));
  }
  await mocha.loadFilesAsync();
  return mocha.suite.suites.map((suite) =>
    judgeOf("mocha", suite.title, () => {
      mocha.suite.suites = [suite];
      let failed: string | undefined;
      return new Promise((resolve) => {
        const runner = mocha.run(() => resolve(failed));
        runner.on("fail", (test) => {
          failed ??= test.fullTitle();
        });
        runner.on("test end", () => tell("goes on"));
      });
    }),
  );
}

/**
 * How much a judge promises to find in a second: its share of the file's changes, and, as far as it knows few of these,
 * of all.
 */
function promise({ records, costMs }: Judge, file: string): number {
  const all = { asked: 0, noticed: 0 };
  for (const { asked, noticed } of records.values()) {
    all.asked += asked;
    all.noticed += noticed;
  }
  const { asked, noticed } = records.get(file) ?? { asked: 0, noticed: 0 };
  const expected = (all.noticed + 1) / (all.asked + 2);
  return (noticed + 2 * expected) / (asked + 2) / costMs;
}

async function hear(judges: readonly Judge[], { file, all, ...question }: Question): Promise<readonly Opinion[]> {
  code = question.code;
  await useCodeInArtifact(code);
  const opinions: Opinion[] = [];
  for (const judge of judges.toSorted((a, b) => promise(b, file) - promise(a, file))) {
    const start = performance.now();
    const failed = await judge.run();
    tell("goes on");
    const { asked, noticed } = judge.records.get(file) ?? { asked: 0, noticed: 0 };
    judge.records.set(file, { asked: asked + 1, noticed: failed === undefined ? noticed : noticed + 1 });
    if (failed === undefined) judge.costMs = performance.now() - start;
    opinions.push({ judge: judge.name, kind: judge.kind, failed });
    if (failed !== undefined && !all) break;
  }
  return opinions;
}

function tell(report: Report): void {
  process.send?.(report);
}

// Mocha imports every file of this folder.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  useCodeInBindings();
  const judges = [
    solidityJudge(1, { histories: 1, depth: 8 }),
    solidityJudge(8, { histories: 4, depth: 24 }),
    // As many as `npm test` runs, but for the invariants, which take a minute.
    solidityJudge(64, { histories: 8, depth: 32 }),
    ...(await mochaJudges()),
  ];
  process.on("message", (question: Question) => {
    // What a judge throws ends the process.
    void hear(judges, question).then((opinions) => tell({ opinions }));
  });
  process.on("disconnect", () => process.exit());
}
