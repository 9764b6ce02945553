import { Command, InvalidArgumentError } from "commander";
import { assertFree, EndpointTakenError } from "./endpoint.ts";
import type { PlayOptions } from "./play.ts";

const integer =
  (max: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value > max) throw new InvalidArgumentError(`It must be an integer from 0 to ${max}.`);
    return value;
  };

const misconfigured = 2;

const program = new Command("npm run localnet --")
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : misconfigured))
  .description("Serves Arbitrum One in one process: chain id 42161, every protocol at its real address, with traffic.")
  .option("--hostname <address>", "the address to listen at", "127.0.0.1")
  .option("--port <number>", "the port for HTTP and WebSocket; 0 takes any free one", integer(65_535), 8545)
  .option("--seed <number>", "the seed of the traffic", integer(2 ** 32 - 1), 1)
  .option("--interval <ms>", "the pause between two rounds of traffic", integer(60_000), 1_000)
  .option("--no-traffic", "leave the markets alone")
  .option("--no-build", "take the contracts as they were last built");

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
stopWithNpm();

try {
  const { build, ...options } = program.parse().opts<PlayOptions & { readonly build: boolean }>();
  await assertFree(options);
  const { buildContracts } = await import("./build.ts");
  if (build) await buildContracts();
  // What needs the compiled contracts is imported after they have been built.
  const { play } = await import("./play.ts");
  await play(options, stop.signal);
  process.exit(0);
} catch (error) {
  if (!(error instanceof EndpointTakenError)) throw error;
  process.stderr.write(`${error.message}. Stop what listens there, or choose another port with --port.\n`);
  process.exit(1);
}

/** Stops when npm has ended: it passes a signal on to its shell, and the shell does not pass it on. */
function stopWithNpm(): void {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const everyMs = 250;
  setInterval(() => {
    if (process.ppid !== parent) stop.abort();
  }, everyMs).unref();
}
