import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { getAddress, JsonRpcProvider, Wallet, ZeroAddress } from "ethers";
import hre from "hardhat";
import json5 from "json5";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import flashArbitrageModule from "../../ignition/modules/FlashArbitrage.ts";
import { FlashArbitrage__factory } from "../../types/index.js";
import { useArbitrum } from "../support/arbitrum.ts";
import { protocols } from "../support/executor.ts";
import { developmentKey, removeDeployment, runHardhat, type ServedChain, serveChain } from "../support/hardhatCli.ts";

const parametersPath = "ignition/parameters/arbitrum.json5";
const deployer = new Wallet(developmentKey).address;
const owner = getAddress("0x00000000000000000000000000000000000000a1");
const treasury = getAddress("0x00000000000000000000000000000000000000b2");
const guardian = getAddress("0x00000000000000000000000000000000000000e5");
const operatorLoanCaps = [{ token: protocols.weth, amount: 10n ** 20n }];
const operators = ["0x00000000000000000000000000000000000000C3", "0x00000000000000000000000000000000000000D4"];

describe("The Ignition module", () => {
  const chain = useArbitrum();

  const deploy = (parameters: Record<string, unknown>) =>
    chain().ignition.deploy(flashArbitrageModule, {
      parameters: {
        FlashArbitrage: { owner, treasury, guardian, operators, operatorLoanCaps, protocols, ...parameters } as never,
      },
    });

  /** Deploys and returns why it failed. */
  async function failureOf(parameters: Record<string, unknown>): Promise<string> {
    try {
      await deploy(parameters);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    throw new Error("The deployment succeeded.");
  }

  it("deploys FlashArbitrage with every parameter where the views show it", async () => {
    const { flashArbitrage } = await deploy({});
    const flash = FlashArbitrage__factory.connect(await flashArbitrage.getAddress(), chain().ethers.provider);
    expect(await flash.owner()).to.equal(owner);
    expect(await flash.pendingOwner()).to.equal(ZeroAddress);
    expect(await flash.treasury()).to.equal(treasury);
    expect(await flash.guardian()).to.equal(guardian);
    for (const { token, amount } of operatorLoanCaps) expect(await flash.operatorLoanCap(token)).to.equal(amount);
    for (const operator of operators) expect(await flash.isOperator(operator), operator).to.equal(true);
    expect(await flash.isOperator(owner), "the owner is no operator").to.equal(false);
    expect(await flash.isOperator(deployer), "the deployer is no operator").to.equal(false);
    const { aaveV3, balancerV2, morphoBlue, balancerV3, dodoApprove, weth } = await flash.protocols();
    expect({ aaveV3, balancerV2, morphoBlue, balancerV3, dodoApprove, weth }).to.deep.equal(protocols);
    expect(await flash.paused()).to.equal(false);
  });

  for (const [parameter, value, error] of [
    ["owner", ZeroAddress, "OwnableInvalidOwner"],
    ["treasury", ZeroAddress, "InvalidAddress"],
    ["operators", [ZeroAddress], "InvalidAddress"],
    ["protocols", { ...protocols, weth: ZeroAddress }, "InvalidAddress"],
    ["protocols", { ...protocols, dodoApprove: ZeroAddress }, "InvalidAddress"],
  ] as const) {
    it(`reports ${error} when ${parameter} is or holds the zero address where none may be`, async () => {
      const failure = await failureOf({ [parameter]: value });
      expect(failure).to.include(`${error}("${ZeroAddress}")`);
    });
  }

  for (const parameter of ["owner", "treasury", "guardian", "operators", "operatorLoanCaps", "protocols"]) {
    it(`names ${parameter} when it is not given, and sends nothing`, async () => {
      const block = await chain().ethers.provider.getBlockNumber();
      const failure = await failureOf({ [parameter]: undefined });
      expect(failure).to.include(`Module parameter '${parameter}' requires a value`);
      expect(await chain().ethers.provider.getBlockNumber(), "no block was made").to.equal(block);
    });
  }
});

describe("ignition/parameters/arbitrum.json5", () => {
  it("names the protocols and tokens of bot/config/chains/arbitrum.ts, no account, and no cap on own capital", async () => {
    const parameters = json5.parse(await readFile(new URL(`../../${parametersPath}`, import.meta.url), "utf8"));
    expect(parameters).to.deep.equal({
      FlashArbitrage: {
        owner: ZeroAddress,
        treasury: ZeroAddress,
        guardian: ZeroAddress,
        operators: [ZeroAddress],
        operatorLoanCaps: [],
        protocols,
      },
      OneUnit: {
        flashArbitrage: ZeroAddress,
        ...Object.fromEntries(arbitrum.tokens.map(({ symbol, address }) => [symbol, address])),
      },
    });
  });
});

describe("npx hardhat ignition deploy --network arbitrum", () => {
  const deploymentId = `test-${process.pid}`;
  let served: ServedChain | undefined;

  before(async function () {
    if (hre.globalOptions.coverage) {
      process.stdout.write("  skipped: a build for deployment would replace the build under coverage\n");
      this.skip();
    }
    served = await serveChain();
  });

  afterEach(async () => {
    await removeDeployment(deploymentId);
  });

  after(async () => {
    await served?.close();
  });

  const deploy = (parameters: string) =>
    runHardhat(
      [
        ...["ignition", "deploy", "ignition/modules/FlashArbitrage.ts", "--network", "arbitrum"],
        ...["--parameters", parameters, "--deployment-id", deploymentId],
      ],
      { ARBITRUM_RPC_URL: served?.url ?? "", DEPLOYER_PRIVATE_KEY: developmentKey },
    );

  it("deploys from the deployer's key and prints the address", async () => {
    const caps = operatorLoanCaps.map(({ token, amount }) => ({ token, amount: `${amount}n` }));
    const parameters = {
      FlashArbitrage: { owner, treasury, guardian, operators, operatorLoanCaps: caps, protocols },
    };
    const { code, output } = await deploy(JSON.stringify(parameters));
    expect(code, output).to.equal(0);
    const address = /FlashArbitrage#FlashArbitrage - (0x[0-9a-fA-F]{40})/.exec(output)?.[1];
    if (address === undefined) throw new Error(`No address in:\n${output}`);
    const provider = new JsonRpcProvider(served?.url, 42161, { staticNetwork: true });
    const flash = FlashArbitrage__factory.connect(address, provider);
    expect(await flash.owner()).to.equal(owner);
    expect(await flash.treasury()).to.equal(treasury);
    for (const { token, amount } of operatorLoanCaps) expect(await flash.operatorLoanCap(token)).to.equal(amount);
    expect(await provider.getTransactionCount(deployer)).to.equal(1);
    provider.destroy();
  });

  it("stops at the parameters as they are shipped, and says that the owner is zero", async () => {
    const { code, output } = await deploy(parametersPath);
    expect(code, output).to.equal(1);
    expect(output).to.include(`OwnableInvalidOwner("${ZeroAddress}")`);
  });
});
