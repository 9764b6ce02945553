import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { Contract, JsonRpcProvider, WebSocketProvider } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { erc20 } from "../support/erc20.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const node = ["--import", "tsx", "localnet/main.ts"];

interface Run {
  readonly process: ChildProcessByStdio<null, Readable, Readable>;
  /** Everything that it has printed. */
  output(): string;
  /** Waits for a line and returns its first group. */
  find(line: RegExp): Promise<string>;
}

/** Runs what `npm run localnet` runs, on the contracts of this test run. */
function run(...options: string[]): Run {
  const child = spawn(process.execPath, [...node, "--no-build", ...options], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (text: string) => {
      printed += text;
    });
  }
  return {
    process: child,
    output: () => printed,
    async find(line) {
      for (;;) {
        const [, found] = line.exec(printed) ?? [];
        if (found !== undefined) return found;
        if (child.exitCode !== null) throw new Error(`The node has ended without ${line}: ${printed}`);
        await once(child.stdout, "data");
      }
    },
  };
}

// These tests concern the localnet's own process, so they start one, on a fork as well.
describe("npm run localnet", function () {
  this.timeout(60_000);
  const running: Run[] = [];

  afterEach(() => {
    for (const { process } of running.splice(0)) process.kill("SIGKILL");
  });

  function start(...options: string[]): Run {
    const started = run(...options);
    running.push(started);
    return started;
  }

  it("serves chain id 42161 over HTTP and WebSocket, plays traffic, and stops on SIGTERM with exit code 0", async () => {
    const node = start("--port", "0", "--seed", "3", "--interval", "50");
    const url = await node.find(/at (http:\S+)/);
    const http = new JsonRpcProvider(url, undefined, { staticNetwork: true });
    const webSocket = new WebSocketProvider(await node.find(/(ws:\S+)/));
    expect(await http.send("eth_chainId", [])).to.equal("0xa4b1");
    expect(await webSocket.send("eth_chainId", [])).to.equal("0xa4b1");
    const decimals = ["function decimals() view returns (uint8)"];
    expect(await new Contract(arbitrum.weth, decimals, http).getFunction("decimals")()).to.equal(18n);
    // A subscription to newHeads: without traffic there would be no block to hear of.
    const head = () => new Promise<number>((resolve) => void webSocket.once("block", resolve));
    const first = await head();
    const second = await head();
    expect(second).to.be.greaterThan(first);
    expect(await node.find(/(block \d+: .*)/)).to.match(/ for /);
    expect(node.output()).to.contain("seed 3").and.to.contain("public");
    const account = /(0x[0-9a-fA-F]{40}) {2}0x/.exec(node.output())?.[1];
    for (const { address, symbol } of arbitrum.tokens) {
      expect(await erc20(address, http).balanceOf(account), symbol).to.be.greaterThan(0n);
    }
    // The WebSocket is still open when the signal comes.
    const ended = once(node.process, "exit");
    node.process.kill("SIGTERM");
    expect(await ended).to.deep.equal([0, null]);
    http.destroy();
    await webSocket.destroy().catch(() => undefined);
  });

  it("leaves the markets alone with --no-traffic, and stops on SIGINT with exit code 0", async () => {
    const node = start("--port", "0", "--no-traffic");
    const http = new JsonRpcProvider(await node.find(/at (http:\S+)/), undefined, { staticNetwork: true });
    const printed = BigInt(await node.find(/block +(\d+)/));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(BigInt(await http.send("eth_blockNumber", []))).to.equal(printed);
    http.destroy();
    const ended = once(node.process, "exit");
    node.process.kill("SIGINT");
    expect(await ended).to.deep.equal([0, null]);
  });

  it("says that the port is taken, and ends with exit code 1", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const address = taken.address();
    const port = typeof address === "object" ? String(address?.port) : "";
    const node = start("--port", port);
    expect(await once(node.process, "exit")).to.deep.equal([1, null]);
    expect(node.output()).to.contain(`127.0.0.1:${port}`).and.to.contain("--port");
    taken.close();
  });

  it("refuses an option that it does not know, and a port that is none, with exit code 2", async () => {
    for (const options of [["--unknown"], ["--port", "http"]]) {
      const node = start(...options);
      expect(await once(node.process, "exit")).to.deep.equal([2, null]);
      expect(node.output()).to.match(/error: /);
    }
  });
});
