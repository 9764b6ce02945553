import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { network } from "hardhat";

/** The key of account 0 of Hardhat's public development mnemonic, which every development chain funds. */
export const developmentKey = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

const root = fileURLToPath(new URL("../..", import.meta.url));
const cli = join(dirname(fileURLToPath(import.meta.resolve("hardhat/package.json"))), "dist/src/cli.js");

export interface Finished {
  readonly code: number | null;
  /** Both streams as they came, without colors. */
  readonly output: string;
}

/** Runs `npx hardhat …` in the project's folder, with no keystore and no prompt. */
export async function runHardhat(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Finished> {
  // Hardhat prefers its keystore to the environment: a user's must not decide which chain this run meets.
  const home = await mkdtemp(join(tmpdir(), "quintet-"));
  const { HH_TEST: _, ...inherited } = process.env;
  const child = spawn(process.execPath, [cli, ...args], {
    cwd: root,
    env: {
      ...inherited,
      HOME: home,
      USERPROFILE: home,
      APPDATA: home,
      LOCALAPPDATA: home,
      XDG_CONFIG_HOME: home,
      XDG_CACHE_HOME: home,
      XDG_DATA_HOME: home,
      NO_COLOR: "1",
      HARDHAT_IGNITION_CONFIRM_DEPLOYMENT: "yes",
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += String(chunk)));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  await rm(home, { recursive: true, force: true });
  return { code, output };
}

export interface ServedChain {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves an empty chain with Arbitrum's chain id over HTTP. */
export async function serveChain(): Promise<ServedChain> {
  const server = await network.createServer("localnet", "127.0.0.1");
  const { address, port } = await server.listen();
  return { url: `http://${address}:${port}`, close: () => server.close() };
}

/** Removes what `ignition deploy --deployment-id` keeps. */
export async function removeDeployment(deploymentId: string): Promise<void> {
  await rm(join(root, "ignition/deployments", deploymentId), { recursive: true, force: true });
}
