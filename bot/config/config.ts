import { getAddress, isAddress, isHexString, SigningKey } from "ethers";
import JSON5 from "json5";
import { z } from "zod";
import { parseDecimal, usdDecimals } from "../domain/amount.ts";
import { parseTradingWindow, type TradingWindow } from "../risk/tradingHours.ts";
import { type SubmissionSetting, submissionSettings } from "../sender/submission/choose.ts";
import type { BidLimits } from "../sender/submission/priorityFee.ts";
import { convertingExchanges } from "../wallet/conversionCalls.ts";
import { type OwnCapitalProfile, ownCapitalProfiles } from "../wallet/ownCapital.ts";
import { arbitrum } from "./chains/arbitrum.ts";
import type { Address, Chain } from "./chains/chain.ts";

/** The chains that the bot knows, by their names. */
export const chains = { arbitrum } as const satisfies Record<string, Chain>;

/** Everything a command needs to know, parsed once. Secrets are the two fields that say so. */
export interface Config extends Settings {
  /** Secret: providers put their key into them. The first is ARBITRUM_RPC_URL. */
  readonly rpcUrls: readonly [string, ...string[]];
  /** Secret. Undefined when the command can do without. */
  readonly operatorPrivateKey: string | undefined;
}

/** What the file says, with the defaults of what it does not. */
export interface Settings {
  readonly chain: Chain;
  /** FlashArbitrage, or undefined when the command can do without. */
  readonly contract: Address | undefined;
  readonly maxHops: 2 | 3 | 4;
  readonly minProfitUsdE8: bigint;
  /** In hundredths of a percent of what a trade's gas costs. */
  readonly minProfitOverCostBps: bigint;
  readonly maxGasPriceWei: bigint;
  /** What is paid for a unit of gas on top of the base fee. */
  readonly tipWei: bigint;
  /** In hundredths of a percent. */
  readonly maxPriceDeviationBps: bigint;
  /** In hundredths of a percent. */
  readonly maxProfitBps: bigint;
  /** The largest order, whoever lends. */
  readonly maxOrderUsdE8: bigint;
  readonly ownCapitalProfile: OwnCapitalProfile;
  /** In hundredths of a percent of the wallet's ether. */
  readonly maxOwnEtherBps: bigint;
  /** The ether that is kept for gas. */
  readonly gasReserveWei: bigint;
  /** Whether the wallet's money is converted when an order or gas needs it in another form. */
  readonly conversions: boolean;
  /** Names of the exchanges through whose routers it is. */
  readonly conversionExchanges: readonly string[];
  /** In hundredths of a percent, all three. */
  readonly conversionMarginBps: bigint;
  readonly conversionSlippageBps: bigint;
  readonly maxConversionLossBps: bigint;
  readonly minConversionUsdE8: bigint;
  readonly deadlineSeconds: bigint;
  readonly maxBlockAgeSeconds: bigint;
  readonly sequencerGraceSeconds: bigint;
  readonly submission: SubmissionSetting;
  /** What `priorityFee` bids. */
  readonly bid: BidLimits;
  readonly receiptWaitMs: number;
  readonly replaceAfterMs: number;
  readonly maxReplacements: number;
  readonly confirmBlocks: bigint;
  readonly pollIntervalMs: number;
  readonly logGraceMs: number;
  readonly contextSeconds: bigint;
  readonly checkEverySeconds: bigint;
  readonly opportunitiesPerBlock: number;
  readonly rpcTimeoutMs: number;
  readonly rpcRetries: number;
  /** As many endpoints must agree to the byte on what prices a trade. */
  readonly rpcQuorum: number;
  readonly rpcMaxLagBlocks: bigint;
  readonly rpcCheckSeconds: number;
  readonly ledgerFile: string;
  /** Rows of the ledger that are older are added up and deleted. */
  readonly retentionDays: number;
  readonly maxLossesInARow: number;
  /** In hundredths of a percent of what the wallet was worth when the day, or the 24 hours, began. */
  readonly maxDailyLossBps: bigint;
  readonly maxGasPerHourWei: bigint;
  readonly maxGasPerDayWei: bigint;
  readonly maxTradesPerMinute: number;
  readonly maxOpenOrders: number;
  /** By token, in units of its decimals. */
  readonly maxOrderUnits: ReadonlyMap<Address, bigint>;
  /** How many sound blocks end the state DEGRADED. */
  readonly recoverBlocks: number;
  readonly refuseSlowRoutes: boolean;
  readonly lifetimeSamples: number;
  readonly minLifetimeSamples: number;
  readonly latencySamples: number;
  readonly minLatencyBlocks: number;
  readonly tradingWindows: readonly TradingWindow[];
  readonly tradingTimeZone: string;
}

/** One thing that is wrong with the configuration: where, what, and what to do. */
export interface ConfigProblem {
  readonly key: string;
  readonly problem: string;
}

/** Thrown with every problem of the configuration at once. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    const lines = problems.map(({ key, problem }) => `  ${key}: ${problem}`);
    const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    super([`The configuration has ${count}:`, ...lines].join("\n"));
    this.problems = problems;
  }
}

export interface ConfigSources {
  /** The text of the JSON5 file, or undefined when there is none. */
  readonly file: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What the command cannot do without, beyond the RPC. */
  readonly needs: { readonly contract: boolean; readonly operator: boolean };
}

const decimal = (decimals: number, example: string) =>
  z.string(`write a decimal in quotes, such as "${example}"`).transform((text, context) => {
    const value = parseDecimal(text, decimals);
    if (value !== undefined) return value;
    context.addIssue({
      code: "custom",
      message: `"${text}" is no decimal of at most ${decimals} decimals: write it as "${example}"`,
    });
    return z.NEVER;
  });

const whole = (low: number, high: number) => {
  const message = `write a whole number from ${low} to ${high}`;
  return z.int(message).min(low, message).max(high, message);
};

const seconds = (low: number, high: number) => whole(low, high).transform(BigInt);

const address = z.string("write an address in quotes").transform((text, context) => {
  if (isAddress(text)) return getAddress(text);
  context.addIssue({
    code: "custom",
    message: "is no address: write 0x and 40 hexadecimal digits, and check the upper and lower case",
  });
  return z.NEVER;
});

/** A hundred percent. */
const one = 10_000n;

const profileNames = Object.keys(ownCapitalProfiles) as [OwnCapitalProfile];

const tradingWindow = z.string('write a window in quotes, such as "23:00-02:00"').transform((text, context) => {
  const window = parseTradingWindow(text);
  if (window !== undefined && window.from !== window.to) return window;
  const message = `"${text}" is no window: write two times of 24 hours that differ, such as "23:00-02:00"`;
  context.addIssue({ code: "custom", message });
  return z.NEVER;
});

const timeZone = z.string('write a time zone in quotes, such as "Europe/Paris"').refine(
  (name) => {
    try {
      return new Intl.DateTimeFormat("en-US", { timeZone: name }).resolvedOptions().timeZone !== "";
    } catch {
      return false;
    }
  },
  { error: ({ input }) => `"${input}" is no time zone: write a name of the IANA database, such as "Europe/Paris"` },
);

const fileSchema = z.strictObject({
  chain: z
    .enum(Object.keys(chains) as [keyof typeof chains], `write one of: ${Object.keys(chains).join(", ")}`)
    .default("arbitrum"),
  contract: address.optional(),
  maxHops: z.union([z.literal(2), z.literal(3), z.literal(4)], "write 2, 3 or 4").default(4),
  minProfitUsd: decimal(usdDecimals, "3").default(3_00000000n),
  minProfitOverCostPercent: decimal(2, "100").default(10_000n),
  maxGasPriceGwei: decimal(9, "1.5").default(1_000_000_000n),
  tipGwei: decimal(9, "0.01").default(0n),
  maxPriceDeviationPercent: decimal(2, "5").default(500n),
  maxProfitPercent: decimal(2, "3").default(300n),
  maxOrderUsd: decimal(usdDecimals, "100000").default(100_000_00000000n),
  ownCapitalProfile: z.enum(profileNames, `write one of: ${profileNames.join(", ")}`).default("moderate"),
  maxOwnEtherPercent: decimal(2, "50")
    .refine((bps) => bps <= 10_000n, "write at most 100")
    .default(5_000n),
  gasReserveEther: decimal(18, "0.005").default(5_000_000_000_000_000n),
  conversions: z.boolean("write true or false").default(true),
  conversionExchanges: z.array(z.string("write names in quotes")).optional(),
  conversionMarginPercent: decimal(2, "1").default(100n),
  conversionSlippagePercent: decimal(2, "0.3").default(30n),
  minConversionUsd: decimal(usdDecimals, "2").default(2_00000000n),
  maxConversionLossPercent: decimal(2, "1").default(100n),
  deadlineSeconds: seconds(1, 3_600).default(30n),
  maxBlockAgeSeconds: seconds(1, 3_600).default(10n),
  sequencerGraceSeconds: seconds(0, 86_400).default(3_600n),
  submission: z.enum(submissionSettings, `write one of: ${submissionSettings.join(", ")}`).default("auto"),
  bidPercent: decimal(2, "10").default(1_000n),
  maxBidGwei: decimal(9, "0.1").default(100_000_000n),
  receiptWaitMs: whole(0, 10_000).default(500),
  replaceAfterMs: whole(100, 600_000).default(2_000),
  maxReplacements: whole(0, 20).default(3),
  confirmBlocks: whole(0, 10_000).transform(BigInt).default(64n),
  pollIntervalMs: whole(50, 60_000).default(250),
  logGraceMs: whole(0, 10_000).default(50),
  contextSeconds: seconds(0, 3_600).default(5n),
  checkEverySeconds: seconds(10, 86_400).default(300n),
  opportunitiesPerBlock: whole(1, 1_000).default(12),
  rpcTimeoutMs: whole(100, 120_000).default(10_000),
  rpcRetries: whole(0, 20).default(4),
  rpcQuorum: whole(1, 16).default(1),
  rpcMaxLagBlocks: whole(0, 10_000).transform(BigInt).default(20n),
  rpcCheckSeconds: whole(1, 3_600).default(15),
  ledgerFile: z.string("write a path in quotes").min(1, "write a path").default("quintet.sqlite"),
  retentionDays: whole(1, 36_500).default(30),
  maxLossesInARow: whole(1, 1_000).default(5),
  maxDailyLossPercent: decimal(2, "10").default(1_000n),
  maxGasPerHourEther: decimal(18, "0.02").default(20_000_000_000_000_000n),
  maxGasPerDayEther: decimal(18, "0.1").default(100_000_000_000_000_000n),
  maxTradesPerMinute: whole(1, 1_000).default(10),
  maxOpenOrders: whole(1, 100).default(3),
  maxOrder: z
    .record(z.string(), z.string('write a decimal in quotes, such as "1.5"'), "write token: amount")
    .default({}),
  recoverBlocks: whole(1, 10_000).default(5),
  refuseSlowRoutes: z.boolean("write true or false").default(true),
  lifetimeSamples: whole(1, 1_000).default(20),
  minLifetimeSamples: whole(1, 1_000).default(10),
  latencySamples: whole(1, 1_000).default(20),
  minLatencyBlocks: whole(1, 1_000).default(1),
  tradingWindows: z.array(tradingWindow, 'write windows in brackets, such as ["03:00-06:00"]').default([]),
  tradingTimeZone: timeZone.default("America/New_York"),
});

const rpcKey = "ARBITRUM_RPC_URL";
const moreRpcKey = "QUINTET_RPC_URLS";
const operatorKey = "QUINTET_OPERATOR_PRIVATE_KEY";

/**
 * Parses the configuration file and the environment.
 *
 * @throws ConfigError with all problems
 */
export function parseConfig({ file, env, needs }: ConfigSources): Config {
  const problems: ConfigProblem[] = [];
  const settings = settingsOf(file, problems);
  const rpcUrl = env[rpcKey] ?? "";
  const moreRpcUrls = splitUrls(env[moreRpcKey]);
  problems.push(...problemsOfRpcUrl(rpcUrl), ...problemsOfMoreRpcUrls(moreRpcUrls, rpcUrl));
  const endpoints = 1 + moreRpcUrls.length;
  if (settings !== undefined && settings.rpcQuorum > endpoints) {
    const problem = `is ${settings.rpcQuorum}, and there are ${endpoints} RPC URLs: add to ${moreRpcKey}, or lower it`;
    problems.push({ key: "rpcQuorum", problem });
  }
  const operatorPrivateKey = prefixed(env[operatorKey]);
  problems.push(...problemsOfOperatorKey(operatorPrivateKey, needs.operator));
  if (needs.contract && settings !== undefined && settings.contract === undefined) {
    problems.push({ key: "contract", problem: "is missing: write the address of your FlashArbitrage" });
  }
  if (problems.length > 0 || settings === undefined) throw new ConfigError(problems);
  return { ...settings, rpcUrls: [rpcUrl, ...moreRpcUrls], operatorPrivateKey };
}

/**
 * Parses the configuration file for what works on the ledger alone: it needs neither a chain nor a key.
 *
 * @throws ConfigError with all problems
 */
export function parseSettings(file: string | undefined): Settings {
  const problems: ConfigProblem[] = [];
  const settings = settingsOf(file, problems);
  if (problems.length > 0 || settings === undefined) throw new ConfigError(problems);
  return settings;
}

/** Returns what the file says, or undefined and the problems where it cannot be used. */
function settingsOf(file: string | undefined, problems: ConfigProblem[]): Settings | undefined {
  const raw = readFile(file, problems);
  problems.push(...secretsIn(raw));
  const parsed = fileSchema.safeParse(withoutSecrets(raw));
  if (!parsed.success) {
    problems.push(...parsed.error.issues.flatMap(problemsOf));
    return undefined;
  }
  const {
    chain: chainName,
    minProfitUsd,
    minProfitOverCostPercent,
    maxGasPriceGwei,
    tipGwei,
    bidPercent,
    maxBidGwei,
    maxPriceDeviationPercent,
    maxProfitPercent,
    maxDailyLossPercent,
    maxGasPerHourEther,
    maxGasPerDayEther,
    maxOrderUsd,
    maxOrder,
    maxOwnEtherPercent,
    gasReserveEther,
    conversionExchanges,
    conversionMarginPercent,
    conversionSlippagePercent,
    minConversionUsd,
    maxConversionLossPercent,
    contract,
    ...rest
  } = parsed.data;
  const chain = chains[chainName];
  if ((one + conversionMarginPercent) * (one - conversionSlippagePercent) < one * one) {
    const problem =
      "does not make up for conversionSlippagePercent, so that a conversion may bring too little: raise it";
    problems.push({ key: "conversionMarginPercent", problem });
  }
  const { lifetimeSamples, minLifetimeSamples } = rest;
  if (minLifetimeSamples > lifetimeSamples) {
    const problem = `is ${minLifetimeSamples}, and no more than ${lifetimeSamples} are looked at: lower it, or raise lifetimeSamples`;
    problems.push({ key: "minLifetimeSamples", problem });
  }
  return {
    ...rest,
    chain,
    contract,
    minProfitUsdE8: minProfitUsd,
    minProfitOverCostBps: minProfitOverCostPercent,
    maxGasPriceWei: maxGasPriceGwei,
    tipWei: tipGwei,
    bid: { bidShareBps: bidPercent, maxBidWei: maxBidGwei },
    maxPriceDeviationBps: maxPriceDeviationPercent,
    maxProfitBps: maxProfitPercent,
    maxDailyLossBps: maxDailyLossPercent,
    maxGasPerHourWei: maxGasPerHourEther,
    maxGasPerDayWei: maxGasPerDayEther,
    maxOrderUsdE8: maxOrderUsd,
    maxOrderUnits: orderLimitsOf(chain, maxOrder, problems),
    maxOwnEtherBps: maxOwnEtherPercent,
    gasReserveWei: gasReserveEther,
    conversionExchanges: exchangesOf(chain, conversionExchanges, problems),
    conversionMarginBps: conversionMarginPercent,
    conversionSlippageBps: conversionSlippagePercent,
    minConversionUsdE8: minConversionUsd,
    maxConversionLossBps: maxConversionLossPercent,
  };
}

/** Reads the exchanges through which the wallet converts: all that it can, where none is named. */
function exchangesOf(chain: Chain, named: readonly string[] | undefined, problems: ConfigProblem[]): readonly string[] {
  const able = convertingExchanges(chain);
  for (const name of named ?? []) {
    if (able.includes(name)) continue;
    const problem = `"${name}" is no exchange that the wallet can convert through: use ${able.join(", ")}`;
    problems.push({ key: "conversionExchanges", problem });
  }
  return named ?? able;
}

/** Reads the largest orders by the tokens' symbols, in whole tokens. */
function orderLimitsOf(
  { name, tokens }: Chain,
  maxOrder: Readonly<Record<string, string>>,
  problems: ConfigProblem[],
): ReadonlyMap<Address, bigint> {
  const units = new Map<Address, bigint>();
  for (const [symbol, text] of Object.entries(maxOrder)) {
    const key = `maxOrder.${symbol}`;
    const token = tokens.find((candidate) => candidate.symbol === symbol);
    if (token === undefined) {
      problems.push({ key, problem: `is no token of ${name}: use ${tokens.map((each) => each.symbol).join(", ")}` });
      continue;
    }
    const amount = parseDecimal(text, token.decimals);
    if (amount !== undefined) units.set(token.address, amount);
    else
      problems.push({
        key,
        problem: `"${text}" is no decimal of at most ${token.decimals} decimals: write it as "1.5"`,
      });
  }
  return units;
}

function readFile(file: string | undefined, problems: ConfigProblem[]): unknown {
  if (file === undefined) return {};
  try {
    return JSON5.parse(file);
  } catch (error) {
    problems.push({ key: "file", problem: `is not JSON5: ${error instanceof Error ? error.message : String(error)}` });
    return {};
  }
}

/** A private key is 32 bytes. Nothing else in this file is that long. */
const looksLikeKey = (value: unknown) => typeof value === "string" && /^(0x)?[0-9a-fA-F]{64}$/.test(value.trim());
const namesKey = (key: string) => /private|secret|mnemonic|seed|operatorkey/i.test(key);
const namesUrl = (key: string) => /rpc.*url|^url$/i.test(key);

function secretsIn(raw: unknown): readonly ConfigProblem[] {
  return entriesOf(raw).flatMap(([key, value]) => {
    if (looksLikeKey(value) || namesKey(key)) {
      const problem =
        `a private key does not belong in a file: take it out, move the funds to a new key because this one may have ` +
        `been copied with the file, and give the new one as ${operatorKey} in the environment`;
      return [{ key, problem }];
    }
    if (namesUrl(key)) {
      const problem = `an RPC URL carries your key: take it out and give it as ${rpcKey} or in ${moreRpcKey} in the environment`;
      return [{ key, problem }];
    }
    return [];
  });
}

function withoutSecrets(raw: unknown): unknown {
  if (typeof raw !== "object" || raw === null || Array.isArray(raw)) return raw;
  return Object.fromEntries(
    entriesOf(raw).filter(([key, value]) => !looksLikeKey(value) && !namesKey(key) && !namesUrl(key)),
  );
}

function entriesOf(raw: unknown): readonly (readonly [string, unknown])[] {
  return typeof raw === "object" && raw !== null ? Object.entries(raw) : [];
}

function problemsOf(issue: z.core.$ZodIssue): readonly ConfigProblem[] {
  if (issue.code === "unrecognized_keys") {
    const known = Object.keys(fileSchema.shape).join(", ");
    return issue.keys.map((key) => ({ key, problem: `is no setting: take it out, or use one of ${known}` }));
  }
  return [{ key: issue.path.join(".") || "file", problem: issue.message }];
}

/** Returns the URLs of a list that is separated by white space or commas. */
export function splitUrls(list: string | undefined): readonly string[] {
  return (list ?? "").split(/[\s,]+/).filter((url) => url !== "");
}

const isRpcUrl = (url: string) => URL.canParse(url) && /^(https?|wss?):$/.test(new URL(url).protocol);
const noRpcUrl = "is no URL of the protocol http, https, ws or wss: write it with its protocol";

function problemsOfRpcUrl(url: string): readonly ConfigProblem[] {
  if (url === "") {
    return [{ key: rpcKey, problem: "is missing: set it in the environment to the URL of an Arbitrum One node" }];
  }
  return isRpcUrl(url) ? [] : [{ key: rpcKey, problem: noRpcUrl }];
}

function problemsOfMoreRpcUrls(urls: readonly string[], first: string): readonly ConfigProblem[] {
  return urls.flatMap((url, index) => {
    // Named by their place, because the URL itself is secret.
    const key = `${moreRpcKey}[${index}]`;
    if (!isRpcUrl(url)) return [{ key, problem: noRpcUrl }];
    if (url !== first && urls.indexOf(url) === index) return [];
    return [{ key, problem: "is given twice: an endpoint cannot vouch for itself, take it out" }];
  });
}

function problemsOfOperatorKey(key: string | undefined, needed: boolean): readonly ConfigProblem[] {
  if (key === undefined) {
    return needed
      ? [{ key: operatorKey, problem: "is missing: set it in the environment to the key that executes" }]
      : [];
  }
  if (isHexString(key, 32) && isPrivateKey(key)) return [];
  return [{ key: operatorKey, problem: "is no private key: write 0x and 64 hexadecimal digits" }];
}

function prefixed(key: string | undefined): string | undefined {
  if (key === undefined || key === "") return undefined;
  return key.startsWith("0x") ? key : `0x${key}`;
}

function isPrivateKey(key: string): boolean {
  try {
    return new SigningKey(key).publicKey.length > 0;
  } catch {
    return false;
  }
}
