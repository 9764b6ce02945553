import { readFileSync } from "node:fs";
import { expect } from "chai";
import { ConfigError, type ConfigSources, parseConfig } from "../../bot/config/config.ts";

const url = "https://arbitrum.example/v2/abcdefgh12345678";
const key = `0x${"11".repeat(32)}`;
const contract = "0x82aF49447D8a07e3bd95BD0d56f35241523fBab1";

function parse(file: string | undefined, env: ConfigSources["env"] = { ARBITRUM_RPC_URL: url }) {
  return parseConfig({ file, env, needs: { contract: false, operator: false } });
}

function problemsOf(work: () => unknown): Record<string, string> {
  try {
    work();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return Object.fromEntries(error.problems.map(({ key: at, problem }) => [at, problem]));
  }
  return {};
}

describe("bot: configuration", () => {
  it("needs nothing but the RPC's URL", () => {
    const config = parse(undefined);
    expect(config.chain.id).to.equal(42161);
    expect(config.rpcUrls).to.deep.equal([url]);
    expect(config.maxHops).to.equal(4);
    expect(config.contract).to.equal(undefined);
  });

  it("takes further RPC URLs from the environment, and names each that is wrong by its place alone", () => {
    const more = "wss://one.example/secret-1, https://two.example/secret-2\n http://three.example";
    const { rpcUrls } = parse(undefined, { ARBITRUM_RPC_URL: url, QUINTET_RPC_URLS: more });
    expect(rpcUrls).to.deep.equal([
      url,
      "wss://one.example/secret-1",
      "https://two.example/secret-2",
      "http://three.example",
    ]);
    const wrong = `ftp://one.example/secret-1,${url} https://two.example/secret-2 https://two.example/secret-2`;
    const problems = problemsOf(() => parse(undefined, { ARBITRUM_RPC_URL: url, QUINTET_RPC_URLS: wrong }));
    const keys = ["QUINTET_RPC_URLS[0]", "QUINTET_RPC_URLS[1]", "QUINTET_RPC_URLS[3]"];
    expect(Object.keys(problems)).to.have.members(keys);
    expect(problems["QUINTET_RPC_URLS[0]"]).to.contain("is no URL");
    expect(problems["QUINTET_RPC_URLS[1]"]).to.contain("is given twice");
    expect(JSON.stringify(problems)).not.to.contain("secret-");
  });

  it("refuses a quorum of more endpoints than there are", () => {
    const problems = problemsOf(() => parse("{ rpcQuorum: 2 }"));
    expect(problems.rpcQuorum).to.contain("there are 1 RPC URLs");
    const env = { ARBITRUM_RPC_URL: url, QUINTET_RPC_URLS: "https://two.example" };
    expect(parse("{ rpcQuorum: 2 }", env).rpcQuorum).to.equal(2);
  });

  it("has the example file's settings for defaults", () => {
    const example = readFileSync(new URL("../../docs/quintet.example.json5", import.meta.url), "utf8");
    expect(parse(example)).to.deep.equal(parse(undefined));
  });

  it("reads JSON5 and scales decimals to integers", () => {
    const config = parse(`{
      // comments are allowed
      contract: "${contract.toLowerCase()}", minProfitUsd: "0.25", maxGasPriceGwei: "0.5", maxHops: 2, deadlineSeconds: 7,
      maxDailyLossPercent: "2.5",
    }`);
    expect(config.contract).to.equal(contract);
    expect(config.minProfitUsdE8).to.equal(25_000_000n);
    expect(config.maxGasPriceWei).to.equal(500_000_000n);
    expect(config.maxHops).to.equal(2);
    expect(config.deadlineSeconds).to.equal(7n);
    expect(config.maxDailyLossBps).to.equal(250n);
  });

  it("reports all problems at once, each with its key", () => {
    const file = `{ minProfitUsd: 0.25, maxHops: 5, contract: "0x12", pollIntervalMs: 1, profit: true }`;
    const problems = problemsOf(() =>
      parseConfig({ file, env: { QUINTET_OPERATOR_PRIVATE_KEY: "0x12" }, needs: { contract: true, operator: true } }),
    );
    expect(Object.keys(problems)).to.have.members([
      "minProfitUsd",
      "maxHops",
      "contract",
      "pollIntervalMs",
      "profit",
      "ARBITRUM_RPC_URL",
      "QUINTET_OPERATOR_PRIVATE_KEY",
    ]);
    expect(problems.minProfitUsd).to.contain('"3"');
    expect(problems.maxHops).to.contain("2, 3 or 4");
    expect(problems.profit).to.contain("no setting");
  });

  it("asks for the contract and the key only where a command needs them", () => {
    const needy = { file: undefined, env: { ARBITRUM_RPC_URL: url }, needs: { contract: true, operator: true } };
    expect(Object.keys(problemsOf(() => parseConfig(needy)))).to.have.members([
      "contract",
      "QUINTET_OPERATOR_PRIVATE_KEY",
    ]);
    expect(problemsOf(() => parse(undefined))).to.deep.equal({});
  });

  it("refuses an RPC that it cannot speak to: only HTTP and WebSocket", () => {
    const problemOf = (rpcUrl: string) =>
      problemsOf(() => parse(undefined, { ARBITRUM_RPC_URL: rpcUrl })).ARBITRUM_RPC_URL;
    expect(problemOf("ftp://node.example/key")).to.contain("http, https, ws or wss");
    expect(problemOf("ipc://node.example/key")).to.contain("http, https, ws or wss");
    for (const protocol of ["http", "https", "ws", "wss"]) {
      expect(problemOf(`${protocol}://node.example/key`)).to.equal(undefined);
    }
  });

  it("takes a private key found in the file for compromised, whatever its setting is called", () => {
    const problems = problemsOf(() => parse(`{ operatorPrivateKey: "", ledgerFile: "${"ab".repeat(32)}" }`));
    expect(problems.operatorPrivateKey).to.contain("move the funds to a new key");
    expect(problems.ledgerFile).to.contain("move the funds to a new key");
  });

  it("never repeats a secret in its message", () => {
    const env = { ARBITRUM_RPC_URL: "ftp://user:secret12@host/path", QUINTET_OPERATOR_PRIVATE_KEY: `${key}aa` };
    const file = `{ rpcUrl: "${url}", key: "${key}" }`;
    try {
      parseConfig({ file, env, needs: { contract: true, operator: true } });
      expect.fail("it parsed");
    } catch (error) {
      const { message } = error as Error;
      for (const secret of [key.slice(2), "secret12", "abcdefgh12345678"]) expect(message).not.to.contain(secret);
    }
  });

  it("accepts a key with and without 0x", () => {
    const env = { ARBITRUM_RPC_URL: url, QUINTET_OPERATOR_PRIVATE_KEY: key.slice(2) };
    expect(parse(undefined, env).operatorPrivateKey).to.equal(key);
  });

  it("says where the file is not JSON5", () => {
    expect(problemsOf(() => parse("{ minProfitUsd: }")).file).to.contain("1:17");
  });
});
