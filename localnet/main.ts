import { setTimeout as delay } from "node:timers/promises";
import { Command, InvalidArgumentError } from "commander";
import { formatUnits, HDNodeWallet } from "ethers";
import { tasks } from "hardhat";
import { tokens } from "./market.ts";
import { EndpointTakenError, type Served, serveArbitrum } from "./server.ts";
import { createTraffic, type Round, type TrafficSwap } from "./traffic.ts";

interface Options {
  readonly hostname: string;
  readonly port: number;
  readonly seed: number;
  readonly interval: number;
  readonly traffic: boolean;
  readonly build: boolean;
}

/** The mnemonic of every Hardhat node: these keys are public, and what is sent to them elsewhere is lost. */
const mnemonic = "test test test test test test test test test test test junk";
const shownAccounts = 6;

const integer =
  (max: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value > max) throw new InvalidArgumentError(`It must be an integer from 0 to ${max}.`);
    return value;
  };

const program = new Command("npm run localnet --")
  .description("Serves Arbitrum One in one process: chain id 42161, every protocol at its real address, with traffic.")
  .option("--hostname <address>", "the address to listen at", "127.0.0.1")
  .option("--port <number>", "the port for HTTP and WebSocket; 0 takes any free one", integer(65_535), 8545)
  .option("--seed <number>", "the seed of the traffic", integer(2 ** 32 - 1), 1)
  .option("--interval <ms>", "the pause between two rounds of traffic", integer(60_000), 1_000)
  .option("--no-traffic", "leave the markets alone")
  .option("--no-build", "take the contracts as they were last built");

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());

const write = (text: string) => process.stdout.write(`${text}\n`);
const complain = (text: string) => process.stderr.write(`${text}\n`);

async function main(): Promise<number> {
  const options = program.parse().opts<Options>();
  try {
    if (options.build) await tasks.getTask("build").run({ quiet: true });
    const served = await serveArbitrum(options);
    await describe(served, options);
    if (options.traffic) await play(served, options);
    else await aborted(stop.signal);
    write("Stopping.");
    await served.close();
    return 0;
  } catch (error) {
    if (!(error instanceof EndpointTakenError)) throw error;
    complain(`${error.message}. Stop what listens there, or choose another port with --port.`);
    return 1;
  }
}

async function describe({ localnet, url }: Served, { seed, traffic, interval }: Options): Promise<void> {
  const { provider } = localnet.connection.ethers;
  const [{ chainId }, block] = await Promise.all([provider.getNetwork(), provider.getBlockNumber()]);
  const accounts = Array.from({ length: shownAccounts }, (_, index) =>
    HDNodeWallet.fromPhrase(mnemonic, undefined, `m/44'/60'/0'/0/${index}`),
  );
  write(`Arbitrum One at ${url} and ${url.replace("http", "ws")}`);
  write(`chain id  ${chainId}`);
  write(`block     ${block}`);
  write(`traffic   ${traffic ? `seed ${seed}, a round every ${interval} ms` : "none"}`);
  write(`accounts  10000 ETH each. Their keys are Hardhat's and public: never use them on another chain.`);
  for (const { address, privateKey } of accounts) write(`          ${address}  ${privateKey}`);
}

async function play({ localnet }: Served, { seed, interval }: Options): Promise<void> {
  const traffic = await createTraffic(localnet, { seed });
  while (!stop.signal.aborted) {
    try {
      report(await localnet.connection.ethers.provider.getBlockNumber(), await traffic.step());
    } catch (error) {
      // The next round may well succeed, for instance when a client had moved the clock.
      complain(`A round of traffic failed: ${error instanceof Error ? error.message : String(error)}`);
    }
    await delay(interval, undefined, { signal: stop.signal }).catch(() => undefined);
  }
}

function report(block: number, { moves, swaps }: Round): void {
  const events = [
    ...moves.map(({ token, priceE8 }) => `${token.symbol} moves to ${formatUnits(priceE8, 8)} USD`),
    ...swaps.filter(({ failure }) => failure === undefined).map(describeSwap),
  ];
  write(`block ${block}: ${events.join("; ")}`);
  for (const swap of swaps) {
    if (swap.failure !== undefined) complain(`block ${block}: ${describeSwap(swap)} FAILED: ${swap.failure}`);
  }
}

function describeSwap({ pool, tokenIn, tokenOut, amountIn }: TrafficSwap): string {
  const [sold, bought] = [tokenIn, tokenOut].map((address) => tokens.find((token) => token.address === address));
  return `${pool.deployment} ${formatUnits(amountIn, sold?.decimals ?? 0)} ${sold?.symbol} for ${bought?.symbol}`;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    // A timer, because a listener alone does not keep the process alive.
    const keepAlive = setInterval(() => undefined, 60_000);
    signal.addEventListener("abort", () => {
      clearInterval(keepAlive);
      resolve();
    });
  });
}

process.exit(await main());
