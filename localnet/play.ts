import { setTimeout as delay } from "node:timers/promises";
import { formatUnits, HDNodeWallet } from "ethers";
import type { Endpoint } from "./endpoint.ts";
import { tokens, unitsWorth } from "./market.ts";
import { type Served, serveArbitrum } from "./server.ts";
import { mint } from "./tokens.ts";
import { createTraffic, type Round, type TrafficSwap } from "./traffic.ts";

export interface PlayOptions extends Endpoint {
  /** The seed of the traffic. */
  readonly seed: number;
  /** The pause between two rounds of traffic in milliseconds. */
  readonly interval: number;
  readonly traffic: boolean;
}

/** The mnemonic of every Hardhat node: these keys are public, and what is sent to them elsewhere is lost. */
const mnemonic = "test test test test test test test test test test test junk";
const shownAccounts = 6;
const tokenUsd = 1_000n;

const write = (text: string) => process.stdout.write(`${text}\n`);
const complain = (text: string) => process.stderr.write(`${text}\n`);

/** Serves a localnet and plays its traffic until `signal` is aborted. */
export async function play(options: PlayOptions, signal: AbortSignal): Promise<void> {
  const served = await serveArbitrum(options);
  await introduce(served, options);
  if (options.traffic) await playTraffic(served, options, signal);
  else await aborted(signal);
  write("Stopping.");
  await served.close();
}

/** Gives the accounts that are shown some of each token, and prints them with where the chain is. */
async function introduce({ localnet, url }: Served, { seed, traffic, interval }: PlayOptions): Promise<void> {
  const { provider } = localnet.connection.ethers;
  const accounts = Array.from({ length: shownAccounts }, (_, index) =>
    HDNodeWallet.fromPhrase(mnemonic, undefined, `m/44'/60'/0'/0/${index}`),
  );
  for (const { address } of accounts) {
    for (const token of tokens) await mint(localnet, token, address, unitsWorth(token, tokenUsd));
  }
  const [{ chainId }, block] = await Promise.all([provider.getNetwork(), provider.getBlockNumber()]);
  write(`Arbitrum One at ${url} and ${url.replace("http", "ws")}`);
  write(`chain id  ${chainId}`);
  write(`block     ${block}`);
  write(`traffic   ${traffic ? `seed ${seed}, a round every ${interval} ms` : "none"}`);
  write(
    `accounts  10000 ETH and $${tokenUsd} of each token each. Their keys are Hardhat's and public: never use them on another chain.`,
  );
  for (const { address, privateKey } of accounts) write(`          ${address}  ${privateKey}`);
}

async function playTraffic({ localnet }: Served, { seed, interval }: PlayOptions, signal: AbortSignal): Promise<void> {
  const traffic = await createTraffic(localnet, { seed });
  while (!signal.aborted) {
    try {
      report(await localnet.connection.ethers.provider.getBlockNumber(), await traffic.step());
    } catch (error) {
      // The next round may well succeed, for instance when a client had moved the clock.
      complain(`A round of traffic failed: ${error instanceof Error ? error.message : String(error)}`);
    }
    await delay(interval, undefined, { signal }).catch(() => undefined);
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
