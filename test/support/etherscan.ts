import { spawn } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { JsonRpcProvider } from "ethers";

/** What the stand-in knows of the chain whose contracts it verifies. */
export interface Explored {
  readonly chainId: number;
  readonly rpcUrl: string;
  readonly apiKey: string;
}

/** A stand-in for the Etherscan V2 API, on a port of its own. */
export interface Etherscan {
  /** The API, to be used as `apiUrl`. */
  readonly url: string;
  close(): Promise<void>;
}

interface Submission {
  readonly address: string;
  /** Solc's standard-JSON input. */
  readonly sourceCode: string;
  /** `source:Contract`. */
  readonly contractName: string;
  /** Solc's long version with a leading v. */
  readonly compilerVersion: string;
  /** Hexadecimal without 0x. */
  readonly constructorArguments: string;
}

interface Answer {
  readonly status: "0" | "1";
  readonly message: "OK" | "NOTOK";
  readonly result: unknown;
}

interface Compiled {
  readonly creation: string;
  readonly runtime: string;
  /** Where the constructor writes into the runtime code, in bytes. */
  readonly immutables: readonly { readonly start: number; readonly length: number }[];
}

const ok = (result: unknown): Answer => ({ status: "1", message: "OK", result });
const notOk = (result: string): Answer => ({ status: "0", message: "NOTOK", result });

const passed = "Pass - Verified";
const failed = (reason: string) => `Fail - Unable to verify. ${reason}`;

const solc = join(dirname(fileURLToPath(import.meta.resolve("solc/package.json"))), "solc.js");

/**
 * Serves the three actions that hardhat-verify uses: `getsourcecode`, `verifysourcecode` and `checkverifystatus`.
 *
 * A submission passes when the compiler that it names turns its sources into the code at the address and, with its
 * constructor arguments, into the code of the transaction that created it.
 */
export async function serveEtherscan(explored: Explored): Promise<Etherscan> {
  const provider = new JsonRpcProvider(explored.rpcUrl, explored.chainId, { staticNetwork: true });
  const verdicts = new Map<string, Promise<string>>();
  const verified = new Map<string, string>();

  async function submit(submission: Submission): Promise<Answer> {
    const address = submission.address.toLowerCase();
    if (verified.has(address)) return notOk("Contract source code already verified");
    if ((await provider.getCode(address)) === "0x") return notOk(`Unable to locate ContractCode at ${address}`);
    const guid = randomUUID();
    const judged = judge(provider, submission).catch((error: unknown) => failed(String(error)));
    const verdict = judged.then((said) => {
      if (said === passed) verified.set(address, submission.sourceCode);
      return said;
    });
    verdicts.set(guid, verdict);
    return ok(guid);
  }

  /** Waits for the compiler, where Etherscan would answer "Pending in queue" and be asked again. */
  async function report(guid: string): Promise<Answer> {
    const verdict = await verdicts.get(guid);
    if (verdict === undefined) return notOk("Unknown UID");
    return verdict === passed ? ok(verdict) : notOk(verdict);
  }

  async function answer(request: IncomingMessage): Promise<Answer> {
    const query = new URL(request.url ?? "/", "http://localhost").searchParams;
    const form = new URLSearchParams(request.method === "POST" ? await bodyOf(request) : "");
    if (query.get("chainid") !== String(explored.chainId)) return notOk("Missing or unsupported chainid parameter");
    if (query.get("apikey") !== explored.apiKey) return notOk("Invalid API Key");
    if (query.get("module") !== "contract") return notOk("Error! Missing Or invalid Module name");
    switch (query.get("action")) {
      case "getsourcecode":
        return ok([{ SourceCode: verified.get((query.get("address") ?? "").toLowerCase()) ?? "" }]);
      case "checkverifystatus":
        return report(query.get("guid") ?? "");
      case "verifysourcecode":
        if (form.get("codeformat") !== "solidity-standard-json-input") return notOk("Unsupported codeformat");
        return submit({
          address: form.get("contractaddress") ?? "",
          sourceCode: form.get("sourceCode") ?? "",
          contractName: form.get("contractname") ?? "",
          compilerVersion: form.get("compilerversion") ?? "",
          constructorArguments: form.get("constructorArguments") ?? "",
        });
      default:
        return notOk("Error! Missing Or invalid Action name");
    }
  }

  const server = createServer((request, response) => {
    answer(request)
      .catch((error: unknown) => notOk(String(error)))
      .then((body) => response.setHeader("content-type", "application/json").end(JSON.stringify(body)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v2/api`,
    async close() {
      provider.destroy();
      await closed(server);
    },
  };
}

async function judge(provider: JsonRpcProvider, submission: Submission): Promise<string> {
  const { address, contractName, compilerVersion, sourceCode, constructorArguments } = submission;
  if (compilerVersion !== `v${await solcVersion()}`) return failed(`Unknown compiler version ${compilerVersion}`);
  const compiled = await compile(sourceCode, contractName);
  if (typeof compiled === "string") return failed(compiled);
  const runtime = (await provider.getCode(address)).slice(2);
  if (withoutImmutables(runtime, compiled) !== withoutImmutables(compiled.runtime, compiled)) {
    return failed("Compiled contract deployment bytecode does NOT match the transaction deployment bytecode.");
  }
  if ((await creationOf(provider, address)) !== `0x${compiled.creation}${constructorArguments}`) {
    return failed("Please check if the correct constructor argument was entered.");
  }
  return passed;
}

function withoutImmutables(runtime: string, { immutables }: Compiled): string {
  let masked = runtime;
  for (const { start, length } of immutables) {
    masked = masked.slice(0, 2 * start) + "0".repeat(2 * length) + masked.slice(2 * (start + length));
  }
  return masked;
}

/** Returns the data of the transaction that created the contract, by looking through the blocks from the newest. */
async function creationOf(provider: JsonRpcProvider, address: string): Promise<string | undefined> {
  for (let number = await provider.getBlockNumber(); number > 0; number--) {
    const block = await provider.getBlock(number, true);
    for (const transaction of block?.prefetchedTransactions ?? []) {
      if (transaction.to !== null) continue;
      const receipt = await provider.getTransactionReceipt(transaction.hash);
      if (receipt?.contractAddress?.toLowerCase() === address.toLowerCase()) return transaction.data;
    }
  }
  return undefined;
}

const builds = new Map<string, Promise<Compiled | string>>();

/** Compiles one contract of a standard-JSON input, each input once. Returns the compiler's errors where it has any. */
function compile(input: string, contractName: string): Promise<Compiled | string> {
  const key = createHash("sha256").update(contractName).update(input).digest("hex");
  const build = builds.get(key) ?? compileAnew(input, contractName);
  builds.set(key, build);
  return build;
}

async function compileAnew(input: string, contractName: string): Promise<Compiled | string> {
  const separator = contractName.lastIndexOf(":");
  const [source, contract] = [contractName.slice(0, separator), contractName.slice(separator + 1)];
  const parsed = JSON.parse(input) as { settings: { outputSelection?: unknown } };
  parsed.settings.outputSelection = { [source]: { [contract]: ["evm.bytecode", "evm.deployedBytecode"] } };
  const printed = await runSolc(["--standard-json"], JSON.stringify(parsed));
  const output = JSON.parse(printed.slice(printed.indexOf("{"))) as SolcOutput;
  const errors = (output.errors ?? []).filter(({ severity }) => severity === "error");
  if (errors.length > 0) return errors.map(({ formattedMessage }) => formattedMessage).join("\n");
  const evm = output.contracts?.[source]?.[contract]?.evm;
  if (evm === undefined) return `No contract ${contractName} in the submitted sources.`;
  return {
    creation: evm.bytecode.object,
    runtime: evm.deployedBytecode.object,
    immutables: Object.values(evm.deployedBytecode.immutableReferences ?? {}).flat(),
  };
}

interface SolcOutput {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly contracts?: Record<string, Record<string, { readonly evm: SolcBytecodes }>>;
}

interface SolcBytecodes {
  readonly bytecode: { readonly object: string };
  readonly deployedBytecode: {
    readonly object: string;
    readonly immutableReferences?: Record<string, readonly { start: number; length: number }[]>;
  };
}

let version: Promise<string> | undefined;

/** The long version of the npm package `solc`, as Etherscan names it: `0.8.34+commit.…`. */
function solcVersion(): Promise<string> {
  version ??= runSolc(["--version"], "").then((printed) => printed.trim().replace(/\.Emscripten.*$/, ""));
  return version;
}

/** Runs the compiler of the npm package `solc` in a process of its own, where it does not stop this one. */
async function runSolc(args: readonly string[], input: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "quintet-solc-"));
  const [inputPath, outputPath] = [join(folder, "input.json"), join(folder, "output.json")];
  await writeFile(inputPath, input);
  // Files at both ends: the package reads its input at once, and fails where a pipe has nothing yet; and it exits as soon
  // as it has printed, with what a pipe has not taken by then lost.
  const [source, sink] = [await open(inputPath), await open(outputPath, "w")];
  const child = spawn(process.execPath, [solc, ...args], { stdio: [source.fd, sink.fd, "inherit"] });
  await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  await Promise.all([source.close(), sink.close()]);
  const printed = await readFile(outputPath, "utf8");
  await rm(folder, { recursive: true, force: true });
  return printed;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
