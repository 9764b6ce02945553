import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import hardhatToolboxMochaEthers from "@nomicfoundation/hardhat-toolbox-mocha-ethers";
import { configVariable, defineConfig } from "hardhat/config";
import type { HardhatPlugin } from "hardhat/types/plugins";

/** The compilers are npm packages, so that a build needs nothing but the npm registry. */
const compiler = (specifier: string) => fileURLToPath(import.meta.resolve(`${specifier}/soljson.js`));

const solc = (settings: object) => ({
  version: "0.8.34",
  preferWasm: true,
  path: compiler("solc"),
  settings: { ...settings, evmVersion: "cancun", metadata: { bytecodeHash: "none" } },
});

/** What runs on the localnet and in tests only is compiled for speed: the IR pipeline takes several times as long. */
const builtQuickly = [["localnet/contracts"], ["test/support/contracts", "test/solidity", "test/solidity/broken"]].map(
  (folders) =>
    folders.flatMap((folder) =>
      readdirSync(new URL(folder, import.meta.url))
        .filter((file) => file.endsWith(".sol"))
        .map((file) => `${folder}/${file}`),
    ),
);
const quick = solc({ optimizer: { enabled: true, runs: 200 }, viaIR: false });

/** How long the Solidity tests look: `QUINTET_FUZZ=deep` takes half an hour. */
const depth =
  process.env.QUINTET_FUZZ === "deep"
    ? { fuzz: { runs: 2_048 }, invariant: { runs: 1_024, depth: 250, failOnRevert: true } }
    : { fuzz: { runs: 64 }, invariant: { runs: 256, depth: 100, failOnRevert: true } };

const buildProfile = {
  isolated: false,
  toolVersionsInBuildInfo: false,
  compilers: [
    // FlashArbitrage is compiled for gas as far as the 24,576 bytes of a contract's code allow.
    solc({ optimizer: { enabled: true, runs: 200 }, viaIR: true }),
    {
      // Morpho Blue pins this compiler. It is built for the localnet only.
      version: "0.8.19",
      preferWasm: true,
      path: compiler("solc-0.8.19"),
      settings: { optimizer: { enabled: true, runs: 200 }, viaIR: true, evmVersion: "paris" },
    },
  ],
  overrides: Object.fromEntries(builtQuickly.flat().map((file) => [file, quick])),
};

/**
 * Gives the files of the localnet one compiler object, and those of the tests another: Hardhat compiles files together
 * by the identity of their settings, and one compilation of thirty files takes a fraction of thirty compilations.
 */
const fewCompilations: HardhatPlugin = {
  id: "few-compilations",
  hookHandlers: {
    config: async () => ({
      default: async () => ({
        resolveUserConfig: async (userConfig, resolveConfigurationVariable, next) => {
          const config = await next(userConfig, resolveConfigurationVariable);
          for (const { overrides } of Object.values(config.solidity.profiles)) {
            for (const files of builtQuickly) {
              const [shared] = files.map((file) => overrides[file]);
              if (shared !== undefined) for (const file of files) overrides[file] = shared;
            }
          }
          return config;
        },
      }),
    }),
  },
};

export default defineConfig({
  plugins: [hardhatToolboxMochaEthers, fewCompilations],
  solidity: {
    npmFilesToBuild: ["@morpho-org/morpho-blue/src/Morpho.sol"],
    // `ignition deploy` builds with the profile `production`, which without this would drop the settings above: what is
    // deployed is what is tested.
    profiles: { default: buildProfile, production: buildProfile },
  },
  paths: {
    sources: ["contracts", "localnet/contracts", "test/support/contracts", "test/solidity/broken"],
    tests: { mocha: "test", solidity: "test/solidity" },
  },
  typechain: { outDir: "types" },
  test: {
    mocha: { timeout: 120_000 },
    solidity: depth,
  },
  // The report is about what is deployed.
  coverage: { skipFiles: ["localnet/contracts/**", "test/support/contracts/**", "test/solidity/broken/**"] },
  networks: {
    localnet: {
      type: "edr-simulated",
      chainType: "generic",
      chainId: 42161,
      hardfork: "prague",
      blockGasLimit: 1_000_000_000,
      // Arbitrum's floor. A fork of a chain without the localnet's limits behaves the same.
      initialBaseFeePerGas: 10_000_000,
      // Arbitrum makes four blocks a second and its clock counts seconds.
      allowBlocksWithSameTimestamp: true,
      // An estimate made in the second of a pair's last update lacks the gas that its accumulators take a second later.
      gasMultiplier: 3,
    },
    arbitrum: {
      type: "http",
      chainType: "generic",
      chainId: 42161,
      url: configVariable("ARBITRUM_RPC_URL"),
      accounts: [configVariable("DEPLOYER_PRIVATE_KEY")],
    },
    base: {
      type: "http",
      chainType: "op",
      chainId: 8453,
      url: configVariable("BASE_RPC_URL"),
      accounts: [configVariable("DEPLOYER_PRIVATE_KEY")],
    },
    optimism: {
      type: "http",
      chainType: "op",
      chainId: 10,
      url: configVariable("OPTIMISM_RPC_URL"),
      accounts: [configVariable("DEPLOYER_PRIVATE_KEY")],
    },
  },
  verify: {
    etherscan: { apiKey: configVariable("ETHERSCAN_API_KEY") },
    // `--verify` means Arbiscan: another service that fails would fail the command.
    blockscout: { enabled: false },
    sourcify: { enabled: false },
  },
});
