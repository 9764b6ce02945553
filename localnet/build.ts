import { solidity } from "hardhat";

/**
 * Compiles what the bot and the localnet need, and nothing that only tests do.
 *
 * Two compilations at a time: Hardhat's own default is one less than there are cores, which on two cores takes twice as
 * long.
 *
 * @throws when a contract does not compile
 */
export async function buildContracts(): Promise<void> {
  const sources = await solidity.getRootFilePaths({ scope: "contracts" });
  const needed = sources.filter((source) => !source.replaceAll("\\", "/").includes("/test/support/contracts/"));
  const results = await solidity.build(needed, { concurrency: 2, quiet: true });
  if (!solidity.isSuccessfulBuildResult(results))
    throw new Error("The contracts do not compile: npx hardhat build shows why.");
}
