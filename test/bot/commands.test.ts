import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { Wallet } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { tokenOf } from "../../bot/config/chains/chain.ts";
import { lockKey, stateFolder } from "../../bot/sender/lock.ts";
import { isFork, useArbitrum } from "../support/arbitrum.ts";
import { deployExecutor } from "../support/executor.ts";
import { setTokenBalance } from "../support/fund.ts";
import { type RpcServer, serveRpc } from "../support/rpcServer.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const main = join(root, "bot/main.ts");
const operator = new Wallet(`0x${"51".repeat(32)}`);

interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(args: readonly string[], env: NodeJS.ProcessEnv) {
  const { PATH } = process.env;
  const child = spawn(process.execPath, ["--import", "tsx", main, ...args], { cwd: root, env: { PATH, ...env } });
  const finished: Promise<Finished> = Promise.all([
    new Promise<number | null>((resolve) => child.on("close", resolve)),
    text(child.stdout),
    text(child.stderr),
  ]).then(([code, stdout, stderr]) => ({ code, stdout, stderr }));
  return { child, finished };
}

describe("bot: commands", () => {
  const getConnection = useArbitrum();
  let server: RpcServer;
  let folder: string;
  let env: NodeJS.ProcessEnv;
  let config: string;
  let guardianAddress: string;
  let contract: string;
  const [first] = arbitrum.tokens;
  if (first === undefined) throw new Error("The chain file lists no tokens.");

  before(async () => {
    const connection = getConnection();
    const { flash, owner, address, guardian } = await deployExecutor(connection);
    guardianAddress = guardian.address;
    contract = address;
    await flash.connect(owner).setOperator(operator, true);
    for (const { address: token } of arbitrum.tokens) await flash.connect(owner).setOperatorLoanCap(token, 0n);
    await flash.connect(owner).setOperatorLoanCap(first.address, 5n * 10n ** BigInt(first.decimals));
    await connection.networkHelpers.setBalance(operator.address, 10n ** 18n);
    server = await serveRpc(connection);
    folder = await mkdtemp(join(tmpdir(), "quintet-"));
    config = join(folder, "quintet.json5");
    const settings = { contract: address, ledgerFile: join(folder, "ledger.sqlite"), maxBlockAgeSeconds: 3_600 };
    await writeFile(config, JSON.stringify(settings));
    env = { ARBITRUM_RPC_URL: server.url, QUINTET_OPERATOR_PRIVATE_KEY: operator.privateKey };
  });
  after(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });

  const bot = (...args: string[]) => start([...args, "--config", config], env).finished;

  it("check finds every configured address sound, and says so with exit code 0", async () => {
    const { code, stdout, stderr } = await bot("check", "--json");
    const { sound, findings } = JSON.parse(stdout);
    expect(findings.filter(({ problems }: { problems: string[] }) => problems.length > 0)).to.deep.equal([]);
    expect({ code, sound, stderr }).to.deep.equal({ code: 0, sound: true, stderr: "" });
    const names = findings.map(({ name }: { name: string }) => name);
    expect(names).to.include.members([...arbitrum.deployments.map(({ name }) => name), "FlashArbitrage", "WETH price"]);
    const { facts } = findings.find(({ name }: { name: string }) => name === "FlashArbitrage");
    expect(facts).to.deep.equal([`guardian ${guardianAddress}`, `own capital up to 5.0 ${first.symbol}`]);
  });

  it("check prints a line for each endpoint, by its host alone, and exit code 1 where one is of no use", async () => {
    const host = new URL(server.url).host;
    const { ARBITRUM_RPC_URL: url } = env;
    const two = { ...env, QUINTET_RPC_URLS: `${url}/another-providers-key http://127.0.0.1:1/a-dead-providers-key` };
    const quick = join(folder, "two.json5");
    await writeFile(quick, JSON.stringify({ ledgerFile: join(folder, "two.sqlite"), rpcTimeoutMs: 2_000 }));
    const [json, table] = await Promise.all(
      [["--json"], []].map((more) => start(["check", "--config", quick, ...more], two).finished),
    );
    const { endpoints, sound } = JSON.parse(json?.stdout ?? "");
    const heads = endpoints.map(({ head }: { head: number }) => head);
    expect(heads[0]).to.be.greaterThan(0);
    const sane = { chainId: 42_161, head: heads[0], lagBlocks: 0, problems: [] };
    expect(endpoints[0]).to.deep.include({ name: host, ...sane });
    expect(endpoints[1]).to.deep.include({ name: `${host} #2`, ...sane });
    expect(endpoints[2]).to.deep.include({ name: "127.0.0.1:1" });
    expect(endpoints[2].problems).to.have.length(1);
    expect({ sound, code: json?.code }).to.deep.equal({ sound: false, code: 1 });
    const lines = table?.stdout.split("\n").filter((line) => line.includes("127.0.0.1")) ?? [];
    expect(lines).to.have.length(3);
    expect(lines[0]).to.match(/42161 +│ \d+ +│ 0 blocks │ \d+ ms +│ sound/);
    for (const { stdout, stderr } of [json, table].filter((one) => one !== undefined)) {
      expect(stdout + stderr).not.to.contain("providers-key");
    }
  });

  it("scan --certificate proves that nothing pays, or names a cycle that does", async () => {
    const [json, text] = [await bot("scan", "--certificate", "--json"), await bot("scan", "--certificate")];
    const { certificate } = JSON.parse(json.stdout);
    if (certificate.holds) {
      expect(certificate.broken).to.equal(null);
      expect(certificate.rates.length > 100, `${certificate.rates.length} rates`).to.equal(true);
      expect(text.stdout).to.match(/No cycle of any length pays.*Checked again in exact arithmetic: \d+ rates/s);
    } else {
      expect(certificate.product > 1, `a product of ${certificate.product}`).to.equal(true);
      expect(text.stdout).to.match(/No certificate: .* multiplies to 1\.\d+ before gas/);
    }
  });

  it("scan lists routes and why not, as JSON and as a table", async () => {
    const [json, table] = [await bot("scan", "--json"), await bot("scan")];
    const { block, pools, opportunities, noTrade } = JSON.parse(json.stdout);
    expect(json.code, json.stderr).to.equal(0);
    expect(block).to.be.greaterThan(0);
    expect(pools).to.be.greaterThan(0);
    expect(noTrade !== null || opportunities.length > 0, "an answer, or a reason").to.equal(true);
    expect(table.code, table.stderr).to.equal(0);
    expect(table.stdout).to.contain(`Block ${block}: ${pools} pools`);
  });

  it("wallet shows balances with their value, allowances and caps", async () => {
    const { code, stdout, stderr } = await bot("wallet", "--json");
    expect(code, stderr).to.equal(0);
    const { operator: account, assets, totalUsd } = JSON.parse(stdout);
    expect(account).to.equal(operator.address);
    expect(assets[0].symbol).to.equal("ETH");
    expect(assets[0].balance).to.equal("1.0");
    expect(Number(assets[0].usd)).to.be.greaterThan(0);
    expect(assets).to.have.length(1 + arbitrum.tokens.length);
    expect(assets[1].allowance).to.equal("0.0");
    expect(assets[1].operatorLoanCap).to.equal("5.0");
    expect(Number(totalUsd)).to.be.at.least(Number(assets[0].usd));
  });

  it("wallet names the tokens of which the contract holds no unit, and what that costs", async () => {
    const connection = getConnection();
    const symbols = arbitrum.tokens.map(({ symbol }) => symbol);
    expect(JSON.parse((await bot("wallet", "--json")).stdout).contractHoldsNone).to.deep.equal(symbols);
    for (const { address, symbol } of arbitrum.tokens) {
      if (symbol !== "USDC.e" && symbol !== "ARB") await setTokenBalance(connection, address, contract, 1n);
    }
    const { stdout } = await bot("wallet");
    expect(stdout).to.match(/holds no unit of USDC\.e, ARB: .* up to 17,100 gas more, \$0\.\d+ now\. .*OneUnit\.ts/);
    for (const symbol of ["USDC.e", "ARB"]) {
      await setTokenBalance(connection, tokenOf(arbitrum, symbol).address, contract, 1n);
    }
    expect((await bot("wallet")).stdout).not.to.contain("holds no unit");
    const unconfigured = join(folder, "no-contract.json5");
    await writeFile(unconfigured, JSON.stringify({ ledgerFile: join(folder, "no-contract.sqlite") }));
    const { stdout: json } = await start(["wallet", "--json", "--config", unconfigured], env).finished;
    expect(JSON.parse(json).contractHoldsNone).to.equal(null);
  });

  it("wallet --plan says what would be converted and why, and sends nothing", async function () {
    const connection = getConnection();
    const usdc = tokenOf(arbitrum, "USDC");
    await setTokenBalance(connection, usdc.address, operator.address, 500n * 10n ** 6n);
    await connection.networkHelpers.setBalance(operator.address, 10n ** 15n);
    const covered = JSON.parse((await bot("wallet", "--plan", "--need", "0.000001", "USDC", "--json")).stdout);
    expect(covered.notes).to.deep.equal([]);
    const { code, stdout, stderr } = await bot("wallet", "--plan", "--need", "0.05", "WETH", "--json");
    expect(code, stderr).to.equal(0);
    const { conversions, needs, noPlan, costUsd, notes } = JSON.parse(stdout);
    if (isFork && noPlan !== null) {
      process.stdout.write(`      skipped: ${noPlan.detail}\n`);
      this.skip();
    }
    expect(conversions.map(({ from, to }: Record<string, string>) => `${from}>${to}`)).to.deep.equal([
      "USDC>WETH",
      "USDC>ETH",
    ]);
    expect(conversions[0].reason).to.equal("0.05 WETH for an order, 0 WETH there");
    expect(needs[0]).to.equal("0.05 WETH for an order, 0 WETH there");
    expect(conversions.every(({ exchange }: Record<string, string>) => exchange?.endsWith("V2"))).to.equal(true);
    expect(Number(costUsd)).to.be.greaterThan(0);
    // The wallet holds a thousandth of an ether.
    expect(notes[0]).to.contain("maxOwnEtherPercent is 50.00 %");
    const table = await bot("wallet", "--need", "0.05", "WETH");
    expect(table.stdout).to.match(/Needed: 0\.05 WETH for an order.*USDC > WETH.*Nothing was sent\./s);
    const none = await bot("wallet", "--plan", "--need", "5", "WETH", "--json");
    expect(JSON.parse(none.stdout).noPlan.reason).to.equal("not-enough");
    const wrong = await bot("wallet", "--need", "5", "EUR");
    expect(wrong.code).to.equal(2);
    expect(wrong.stderr).to.contain("--need: write an amount and a token");
    expect(await connection.ethers.provider.getTransactionCount(operator.address)).to.equal(0);
  });

  it("run works in shadow mode until SIGTERM, and ends with exit code 0", async () => {
    const { child, finished } = start(["run", "--config", config], env);
    // Once: a second signal ends a bot that does not stop.
    const stop = (chunk: Buffer) => {
      if (!/"opportunities":/.test(String(chunk))) return;
      child.stderr.off("data", stop);
      child.kill("SIGTERM");
    };
    child.stderr.on("data", stop);
    const { code, stderr } = await finished;
    expect(code, stderr).to.equal(0);
    expect(stderr).to.contain('"mode":"shadow"');
    expect(stderr).to.contain('"msg":"stopped"');
  });

  it("report adds up what scan and run have recorded, without an RPC and a key", async () => {
    const { code, stdout, stderr } = await start(["report", "--config", config, "--json"], {}).finished;
    expect(code, stderr).to.equal(0);
    const { funnel, quietBlocks } = JSON.parse(stdout);
    const quiet = quietBlocks.reduce((sum: number, { blocks }: { blocks: number }) => sum + blocks, 0);
    expect(funnel[0].opportunities + quiet).to.be.greaterThan(0);
    const misspelt = await start(["report", "--since", "yesterday"], {}).finished;
    expect(misspelt.code).to.equal(2);
    expect(misspelt.stderr).to.contain("24h");
  });

  it("run --live refuses a key that another process sends with, and names that process", async () => {
    const state = { XDG_STATE_HOME: folder };
    const lock = lockKey(arbitrum.id, operator.address, stateFolder(state));
    const { code, stderr } = await start(["run", "--live", "--config", config], { ...env, ...state }).finished;
    lock.release();
    expect(code).to.equal(1);
    expect(stderr).to.contain(`process ${process.pid}`).and.contain("one process sends with a key");
  });

  it("a wrong configuration ends with exit code 2 and every problem", async () => {
    const wrong = join(folder, "wrong.json5");
    await writeFile(wrong, `{ maxHops: 9, minProfitUsd: 1, privateKey: "0x${"77".repeat(32)}" }`);
    const { code, stdout, stderr } = await start(["run", "--config", wrong], {}).finished;
    expect(code).to.equal(2);
    expect(stdout).to.equal("");
    for (const key of ["maxHops", "minProfitUsd", "privateKey", "ARBITRUM_RPC_URL", "QUINTET_OPERATOR_PRIVATE_KEY"]) {
      expect(stderr).to.contain(`${key}: `);
    }
    expect(stderr).not.to.contain("7777");
  });

  it("an unreachable RPC ends with a message that keeps the URL's secrets", async () => {
    const quick = join(folder, "quick.json5");
    await writeFile(quick, "{ rpcRetries: 1, rpcTimeoutMs: 500 }");
    const url = "http://user:topsecret@127.0.0.1:1/v2/topsecret";
    const { code, stderr } = await start(["check", "--config", quick], { ARBITRUM_RPC_URL: url }).finished;
    expect(code).to.equal(1);
    expect(stderr).to.contain("no answer from the RPC after 2 attempts");
    expect(stderr).not.to.contain("topsecret");
  });

  it("no log line carries the key or the provider's path", async () => {
    const { stdout, stderr } = await bot("scan", "--log-level", "debug");
    for (const secret of [operator.privateKey.slice(2), "a-providers-key"]) {
      expect(stdout + stderr).not.to.contain(secret);
    }
  });

  it("--help names every command and option", async () => {
    const help = await start(["--help"], {}).finished;
    expect(help.code).to.equal(0);
    for (const command of ["scan", "run", "wallet", "check", "report", "status", "pause", "resume"])
      expect(help.stdout).to.contain(command);
    const run = await start(["run", "--help"], {}).finished;
    for (const option of ["--live", "--json", "--config", "--release-pools"]) {
      expect(run.stdout).to.contain(option);
    }
    expect((await start(["trade"], {}).finished).code).to.equal(2);
  });
});
