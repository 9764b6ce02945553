import { spawn } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { compileFlashArbitrage } from "./compiler.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const copied = ["artifacts", "cache", "types", "bot", "contracts", "ignition", "localnet", "test"];
const artifact = "artifacts/contracts/FlashArbitrage.sol/FlashArbitrage.json";
const factory = "types/factories/contracts/FlashArbitrage__factory.ts";
/** The same tests with fewer fuzz cases: a mutant that survives them is judged by all tests. */
const config = `
import config from "./hardhat.config.ts";
export default { ...config, test: { ...config.test,
  mocha: { ...config.test?.mocha, bail: true },
  solidity: { fuzz: { runs: 12 }, invariant: { runs: 4, depth: 24, failOnRevert: true } } } };
`;

/** These build the contract again, and so judge no mutant. */
const aboutDeployment = ["deployment.test.ts", "verification.test.ts"];

export type Code = NonNullable<ReturnType<typeof compileFlashArbitrage>>;

/** Which tests found a mutant out, or that none did. */
export type Judgement = "solidity" | "mocha" | "survived";

/** A copy of the project in a temporary folder, in which the contract's code is replaced without a build. */
export interface Workshop {
  /** Runs the Solidity tests against the code and, where they pass, the contract's Mocha tests. */
  readonly judge: (code: Code) => Promise<Judgement>;
  readonly remove: () => Promise<void>;
}

/** How long the tests may take: a mutant that makes a loop endless is found out by it. */
const patienceMs = 10 * 60_000;

export async function openWorkshop(): Promise<Workshop> {
  const folder = await mkdtemp(join(tmpdir(), "quintet-mutants-"));
  for (const name of copied) await cp(join(root, name), join(folder, name), { recursive: true });
  for (const name of ["package.json", "tsconfig.json", "hardhat.config.ts"])
    await cp(join(root, name), join(folder, name));
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  await writeFile(join(folder, "hardhat.mutants.config.ts"), config);

  const passes = (...args: string[]) =>
    new Promise<boolean>((resolve, reject) => {
      const cli = join(folder, "node_modules/hardhat/dist/src/cli.js");
      const child = spawn(
        process.execPath,
        [cli, "--config", "hardhat.mutants.config.ts", "test", ...args, "--no-compile"],
        {
          cwd: folder,
          stdio: "ignore",
          timeout: patienceMs,
          killSignal: "SIGKILL",
        },
      );
      child.once("error", reject);
      child.once("close", (code) => resolve(code === 0));
    });

  const suites = (await readdir(join(folder, "test/contracts"))).filter((file) => !aboutDeployment.includes(file));

  return {
    async judge({ bytecode, deployedBytecode }) {
      const written = JSON.parse(await readFile(join(folder, artifact), "utf8"));
      const changed = {
        ...written,
        bytecode: `0x${bytecode.object}`,
        deployedBytecode: `0x${deployedBytecode.object}`,
        immutableReferences: deployedBytecode.immutableReferences,
      };
      await writeFile(join(folder, artifact), JSON.stringify(changed));
      if (!(await passes("solidity"))) return "solidity";
      const bindings = await readFile(join(folder, factory), "utf8");
      const replaced = bindings.replace(/"0x[0-9a-f]{1000,}"/, `"0x${bytecode.object}"`);
      if (!replaced.includes(bytecode.object)) throw new Error(`${factory} holds no code to replace.`);
      await writeFile(join(folder, factory), replaced);
      const files = suites.map((file) => `test/contracts/${file}`);
      return (await passes("mocha", ...files)) ? "survived" : "mocha";
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
