import { verifyContract } from "@nomicfoundation/hardhat-verify/verify";
import { expect } from "chai";
import { JsonRpcProvider, Wallet, ZeroAddress } from "ethers";
import hre from "hardhat";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import config from "../../hardhat.config.ts";
import { FlashArbitrage__factory } from "../../types/index.js";
import { type Etherscan, serveEtherscan } from "../support/etherscan.ts";
import { protocols } from "../support/executor.ts";
import { developmentKey, removeDeployment, runHardhat, type ServedChain, serveChain } from "../support/hardhatCli.ts";

const contract = "contracts/FlashArbitrage.sol:FlashArbitrage";
const inputName = `project/${contract}`;
const chainId = 42161;
const apiKey = "key-of-the-stand-in";
const account = new Wallet(developmentKey).address;
const caps = [{ token: protocols.weth, amount: 1n }];
const args: [string, string, string, string[], typeof caps, typeof protocols] = [
  account,
  account,
  ZeroAddress,
  [account],
  caps,
  protocols,
];

/** Runs `action` without what it prints, and returns that. */
async function printedBy(action: () => Promise<unknown>): Promise<string> {
  const write = process.stdout.write;
  let printed = "";
  process.stdout.write = (chunk: string | Uint8Array) => {
    printed += String(chunk);
    return true;
  };
  try {
    await action();
  } finally {
    process.stdout.write = write;
  }
  return printed;
}

describe("The source verification on Etherscan", () => {
  const deploymentId = `verified-${process.pid}`;
  let served: ServedChain;
  let etherscan: Etherscan;
  let provider: JsonRpcProvider;
  let project: typeof hre;

  before(async function () {
    if (hre.globalOptions.coverage) {
      process.stdout.write("  skipped: code under coverage is not what its sources compile to\n");
      this.skip();
    }
    served = await serveChain();
    etherscan = await serveEtherscan({ chainId, rpcUrl: served.url, apiKey });
    provider = new JsonRpcProvider(served.url, chainId, { staticNetwork: true });
    project = await createHardhatRuntimeEnvironment(
      {
        ...config,
        networks: { arbitrum: { type: "http", chainType: "generic", chainId, url: served.url } },
        verify: { etherscan: { apiKey }, blockscout: { enabled: false }, sourcify: { enabled: false } },
        chainDescriptors: {
          [chainId]: {
            name: "Arbitrum One",
            blockExplorers: { etherscan: { name: "Etherscan", url: "https://arbiscan.io", apiUrl: etherscan.url } },
          },
        },
      },
      { network: "arbitrum" },
    );
  });

  after(async () => {
    await removeDeployment(deploymentId);
    provider?.destroy();
    await etherscan?.close();
    await served?.close();
  });

  async function deploy(): Promise<string> {
    const flash = await new FlashArbitrage__factory(new Wallet(developmentKey, provider)).deploy(...args);
    await flash.waitForDeployment();
    return flash.getAddress();
  }

  const verify = (address: string, constructorArgs: readonly unknown[]) =>
    printedBy(() => verifyContract({ address, constructorArgs: [...constructorArgs], contract }, project));

  /** Submits to the stand-in without hardhat-verify, and returns its verdict. */
  async function submit(address: string, changes: Record<string, string> = {}): Promise<unknown> {
    const query = (more: Record<string, string>) =>
      `${etherscan.url}?${new URLSearchParams({ chainid: String(chainId), apikey: apiKey, module: "contract", ...more })}`;
    const sources = { [inputName.slice(0, -":FlashArbitrage".length)]: { content: "contract FlashArbitrage {}" } };
    const body = new URLSearchParams({
      contractaddress: address,
      sourceCode: JSON.stringify({ language: "Solidity", sources, settings: {} }),
      codeformat: "solidity-standard-json-input",
      contractname: inputName,
      compilerversion: "v0.8.34+commit.80d5c536",
      constructorArguments: "",
      ...changes,
    });
    const submitted = await fetch(query({ action: "verifysourcecode" }), { method: "POST", body });
    const { status, result: guid } = (await submitted.json()) as { status: string; result: string };
    if (status === "0") return guid;
    const checked = await fetch(query({ action: "checkverifystatus", guid }));
    return ((await checked.json()) as { result: unknown }).result;
  }

  it("follows ignition deploy --verify: what is submitted compiles to what is deployed", async () => {
    const operatorLoanCaps = caps.map(({ token, amount }) => ({ token, amount: `${amount}n` }));
    const roles = { owner: account, treasury: account, guardian: ZeroAddress, operators: [account] };
    const parameters = { FlashArbitrage: { ...roles, operatorLoanCaps, protocols } };
    const { code, output } = await runHardhat(
      [
        ...["--config", "test/support/hardhat.etherscan.config.ts"],
        ...["ignition", "deploy", "ignition/modules/FlashArbitrage.ts", "--network", "arbitrum"],
        ...["--parameters", JSON.stringify(parameters), "--deployment-id", deploymentId, "--verify"],
      ],
      {
        ARBITRUM_RPC_URL: served.url,
        DEPLOYER_PRIVATE_KEY: developmentKey,
        ETHERSCAN_API_KEY: apiKey,
        ETHERSCAN_API_URL: etherscan.url,
      },
    );
    expect(code, output).to.equal(0);
    expect(output).to.include("Contract verified successfully on Etherscan");
    const [address] = /0x[0-9a-fA-F]{40}/.exec(output) ?? [];
    expect(output).to.include(`https://arbiscan.io/address/${address}#code`);
    expect(await verify(address ?? "", args)).to.include("has already been verified on Etherscan");
  });

  it("is refused with other constructor arguments, and passes with those of the deployment", async () => {
    const address = await deploy();
    const other = [account, protocols.weth, ZeroAddress, [account], caps, protocols];
    const refusal = await verify(address, other).catch((error: Error) => error.message);
    expect(refusal).to.include("Please check if the correct constructor argument was entered");
    expect(await verify(address, args)).to.include("Contract verified successfully");
  });

  it("is refused with other sources", async () => {
    expect(await submit(await deploy())).to.include("bytecode does NOT match");
  });

  it("is refused with sources that do not compile", async () => {
    const sources = { [contract]: { content: "contract FlashArbitrage {" } };
    const sourceCode = JSON.stringify({ language: "Solidity", sources, settings: {} });
    expect(await submit(await deploy(), { sourceCode })).to.include("ParserError");
  });

  it("is refused with another compiler version", async () => {
    const compilerversion = "v0.8.33+commit.00000000";
    expect(await submit(await deploy(), { compilerversion })).to.include(`Unknown compiler version ${compilerversion}`);
  });

  it("is refused for an address without code", async () => {
    expect(await submit(account)).to.include("Unable to locate ContractCode");
  });
});
