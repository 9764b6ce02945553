import { Command, InvalidArgumentError } from "commander";
import { buildContracts } from "../localnet/build.ts";

/**
 * The main job: an Arbitrum in this process, FlashArbitrage deployed on it, and the bot making money on it, live.
 *
 * What needs the compiled contracts is imported after they have been built.
 */
const { trades, seed, json } = new Command("start")
  .description("Runs the bot on a localnet with traffic until some trades have landed, and prints what they earned.")
  .option("--trades <count>", "how many trades to make", parseCount, 5)
  .option("--seed <number>", "seed of the traffic", parseCount, 1)
  .option("--json", "print one JSON object as the last line", false)
  .parse()
  .opts<{ trades: number; seed: number; json: boolean }>();

const begin = performance.now();
await buildContracts();
const { demonstrate } = await import("./demonstration.ts");
const proven = await demonstrate({ trades, seed, json, begin });
process.exit(proven ? 0 : 1);

function parseCount(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It is a whole number from 1.");
}
