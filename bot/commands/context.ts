import { existsSync, readFileSync } from "node:fs";
import { openRpc, type Rpc } from "../bot.ts";
import { type Config, ConfigError, type ConfigSources, parseConfig } from "../config/config.ts";
import { createLog, type Log, type LogLevel } from "../log.ts";
import { connectRpc } from "../rpc/provider.ts";
import { createRedact, type Redact } from "../rpc/redact.ts";

/** What every command takes on its command line. */
export interface CommonOptions {
  readonly config: string | undefined;
  readonly json: boolean;
  readonly logLevel: LogLevel;
}

/** What every command works with. */
export interface Context {
  readonly config: Config;
  readonly rpc: Rpc;
  readonly log: Log;
  readonly json: boolean;
  /** Writes one line of result to stdout. */
  readonly print: (text: string) => void;
  readonly close: () => void;
}

/** The file that is read when `--config` names none. */
const defaultFile = "quintet.json5";

/** Returns the filter for everything that is printed, from whatever the environment holds. */
export function redactFromEnvironment(): Redact {
  return createRedact([process.env.ARBITRUM_RPC_URL ?? "", process.env.QUINTET_OPERATOR_PRIVATE_KEY ?? ""]);
}

/**
 * Reads the configuration and connects to the RPC.
 *
 * @throws ConfigError with all problems, FatalError or RpcError when the RPC serves nothing or another chain
 */
export async function openContext(options: CommonOptions, needs: ConfigSources["needs"]): Promise<Context> {
  const redact = redactFromEnvironment();
  const config = parseConfig({ file: readConfigFile(options.config), env: process.env, needs });
  const log = createLog(options.logLevel, redact);
  const provider = connectRpc(config.rpcUrl, config.chain.id, config.rpcTimeoutMs);
  const rpc = await openRpc(provider, config, log);
  return {
    config,
    rpc,
    log,
    json: options.json,
    print: (text) => process.stdout.write(`${redact(text)}\n`),
    close: () => provider.destroy(),
  };
}

function readConfigFile(named: string | undefined): string | undefined {
  if (named === undefined && !existsSync(defaultFile)) return undefined;
  const file = named ?? defaultFile;
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError([{ key: "--config", problem: `${file} cannot be read: ${reason}` }]);
  }
}
