import { existsSync, readFileSync } from "node:fs";
import { openRpc, type Rpc } from "../bot.ts";
import {
  type Config,
  ConfigError,
  type ConfigSources,
  parseConfig,
  parseSettings,
  type Settings,
  splitUrls,
} from "../config/config.ts";
import { createLog, type Log, type LogLevel } from "../log.ts";
import { connectEndpoints, type Endpoint, type Endpoints, endpointNames } from "../rpc/endpoints.ts";
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
  /** What `rpc` asks. */
  readonly endpoints: readonly Endpoint[];
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
  const { ARBITRUM_RPC_URL = "", QUINTET_RPC_URLS, QUINTET_OPERATOR_PRIVATE_KEY = "" } = process.env;
  return createRedact([ARBITRUM_RPC_URL, ...splitUrls(QUINTET_RPC_URLS), QUINTET_OPERATOR_PRIVATE_KEY]);
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
  const { endpoints, provider, pricing, destroy } = connect(config, log);
  const rpc = await openRpc(provider, config, log, pricing);
  return {
    config,
    rpc,
    endpoints,
    log,
    json: options.json,
    print: (text) => process.stdout.write(`${redact(text)}\n`),
    close: destroy,
  };
}

/** Connects to the endpoints. A single one is used as it is: nothing is asked of it that the bot does not need. */
function connect(config: Config, log: Log): Pick<Endpoints, "endpoints" | "provider" | "pricing" | "destroy"> {
  const { chain, rpcUrls, rpcTimeoutMs: timeoutMs, pollIntervalMs } = config;
  if (rpcUrls.length === 1) {
    const provider = connectRpc(rpcUrls[0], chain.id, timeoutMs);
    const [name = ""] = endpointNames(rpcUrls);
    return { endpoints: [{ name, provider }], provider, pricing: provider, destroy: () => provider.destroy() };
  }
  return connectEndpoints(rpcUrls, {
    chain,
    timeoutMs,
    pollIntervalMs,
    quorum: config.rpcQuorum,
    maxLagBlocks: config.rpcMaxLagBlocks,
    watchMs: 1_000,
    checkMs: config.rpcCheckSeconds * 1_000,
    probeMs: 1_000,
    onQuarantine: ({ name, quarantine }) =>
      log.warn(
        { endpoint: name, fault: quarantine?.fault, detail: quarantine?.detail },
        "an endpoint is in quarantine",
      ),
    onRelease: ({ name, head }, outMs) =>
      log.info({ endpoint: name, head, outMs: Math.round(outMs) }, "an endpoint is healthy again"),
  });
}

/** What a command works with that works on the ledger alone. */
export interface LedgerContext extends Pick<Context, "json" | "print"> {
  readonly settings: Settings;
}

/**
 * Reads of the configuration what a command needs that works on the ledger alone.
 *
 * @throws ConfigError with all problems
 */
export function openLedgerContext(options: CommonOptions): LedgerContext {
  const redact = redactFromEnvironment();
  const settings = parseSettings(readConfigFile(options.config));
  return { settings, json: options.json, print: (text) => process.stdout.write(`${redact(text)}\n`) };
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
