import { type ChildProcess, fork } from "node:child_process";
import { cp, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { Opinion, Question, Report } from "./worker.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const copied = ["artifacts", "cache", "types", "bot", "contracts", "ignition", "localnet", "test"];
/** Without what the compiler said, no stack traces are made, which no test reads. */
const left = join("artifacts", "build-info");

/** The same chain, for code that is not optimized: its size is not limited. */
const config = `
import config from "./hardhat.config.ts";
const { localnet } = config.networks;
export default { ...config,
  networks: { ...config.networks, localnet: { ...localnet,
    allowUnlimitedContractSize: true,
    // No estimate before each transaction, and an end to one without end.
    gas: 30_000_000 } },
  test: { ...config.test, solidity: { gasLimit: 1_000_000_000n } } };
`;

/** How long the tests may say nothing. */
const patienceMs = 90_000;

/** What the tests said of a code, in the order in which they were asked; or that one of them did not end. */
export type Verdict = readonly Opinion[] | "endless";

/** A copy of the project in a temporary folder, in which the contract's code is replaced without a build. */
export interface Workshop {
  readonly judge: (question: Question) => Promise<Verdict>;
  readonly remove: () => Promise<void>;
}

export async function openWorkshop(): Promise<Workshop> {
  const folder = await mkdtemp(join(tmpdir(), "quintet-mutants-"));
  const filter = (path: string) => relative(root, path) !== left;
  for (const name of copied) await cp(join(root, name), join(folder, name), { recursive: true, filter });
  for (const name of ["package.json", "tsconfig.json", "hardhat.config.ts"])
    await cp(join(root, name), join(folder, name));
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  await writeFile(join(folder, "hardhat.mutants.config.ts"), config);

  /** Goes on with the next code: it has loaded the tests, and built the chain. */
  let worker: ChildProcess | undefined;
  const start = () =>
    fork(join(folder, "test/mutation/worker.ts"), {
      cwd: folder,
      execArgv: ["--import", "tsx"],
      env: { ...process.env, HARDHAT_CONFIG: "hardhat.mutants.config.ts" },
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });

  return {
    judge: (question) =>
      new Promise((resolve, reject) => {
        const asked = worker ?? start();
        worker = asked;
        const end = () => {
          clearTimeout(timer);
          asked.removeAllListeners();
        };
        const timer = setTimeout(() => {
          end();
          asked.kill("SIGKILL");
          worker = undefined;
          resolve("endless");
        }, patienceMs);
        asked.on("message", (report: Report) => {
          timer.refresh();
          if (report === "goes on") return;
          end();
          resolve(report.opinions);
        });
        asked.once("exit", (code, signal) => {
          end();
          worker = undefined;
          reject(new Error(`The tests' process ended with ${code ?? signal}.`));
        });
        asked.send(question);
      }),
    async remove() {
      worker?.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
