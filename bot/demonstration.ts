import { Contract, formatUnits, Wallet } from "ethers";
import flashArbitrageModule from "../ignition/modules/FlashArbitrage.ts";
import oneUnitModule from "../ignition/modules/OneUnit.ts";
import { createArbitrum } from "../localnet/arbitrum.ts";
import type { Localnet } from "../localnet/localnet.ts";
import { mint } from "../localnet/tokens.ts";
import { createTraffic } from "../localnet/traffic.ts";
import { createBot, openRpc } from "./bot.ts";
import { amountOf, drawTable, lenderName, symbolsOf } from "./commands/present.ts";
import { arbitrum } from "./config/chains/arbitrum.ts";
import { type Address, deploymentsOf } from "./config/chains/chain.ts";
import { parseConfig } from "./config/config.ts";
import { formatUsd, valueUsdE8 } from "./domain/amount.ts";
import { weiInUsdE8Up } from "./domain/gas.ts";
import type { Trade } from "./domain/order.ts";
import { drawRoute, tokensOf, venuesOf } from "./domain/route.ts";
import { openLedger } from "./ledger/ledger.ts";
import { createLog } from "./log.ts";
import { ownKey } from "./sender/lock.ts";

export interface DemonstrationOptions {
  readonly trades: number;
  readonly seed: number;
  readonly json: boolean;
  /** When the program started, of `performance.now()`. */
  readonly begin: number;
}

/** Rounds of traffic for each trade asked for, after which the demonstration gives up. */
const roundsPerTrade = 20;

/**
 * Runs the bot live on a localnet with traffic until enough trades have landed, and prints them.
 *
 * Returns whether they landed, and each of them earned exactly what the treasury gained.
 */
export async function demonstrate({ trades: wanted, seed, json, begin }: DemonstrationOptions): Promise<boolean> {
  const localnet = await createArbitrum();
  const traffic = await createTraffic(localnet, { seed });
  const { networkHelpers, ethers } = localnet.connection;
  const operator = Wallet.createRandom();
  await networkHelpers.setBalance(operator.address, 10n ** 18n);
  const { contract, treasury } = await deploy(localnet, operator.address);

  const config = parseConfig({
    file: JSON.stringify({ contract, ledgerFile: ":memory:" }),
    env: { ARBITRUM_RPC_URL: "http://in.process", QUINTET_OPERATOR_PRIVATE_KEY: operator.privateKey },
    needs: { contract: true, operator: true },
  });
  const log = createLog("warn", (line) => line.replaceAll(operator.privateKey, "***"));
  const rpc = await openRpc(ethers.provider, config, log);
  const ledger = openLedger(config.ledgerFile);
  const bot = await createBot({ config, rpc, ledger, log, mode: "live", lock: ownKey(arbitrum.id, operator.address) });

  const before = await balancesOf(localnet, treasury);
  const trades: Trade[] = [];
  const prices = new Map<Address, bigint>();
  /** Why rounds brought no trade, each with its newest detail. */
  const reasons = new Map<string, string>();
  for (let round = 0; trades.length < wanted && round < wanted * roundsPerTrade; round++) {
    await traffic.step();
    const { trades: landed, snapshot, outcomes, noTrade } = await bot.step();
    const reason = noTrade ?? outcomes[0]?.noTrade;
    if (landed.length === 0 && reason !== undefined) reasons.set(reason.noTrade, reason.detail);
    for (const [token, priceE8] of snapshot?.pricesE8 ?? []) prices.set(token, priceE8);
    trades.push(...landed);
  }
  ledger.close();
  const gains = new Map(
    [...(await balancesOf(localnet, treasury))].map(([token, balance]) => [token, balance - (before.get(token) ?? 0n)]),
  );

  const profits = profitsOf(trades);
  const exact =
    trades.every(({ realised, treasuryGain }) => realised === treasuryGain) &&
    [...gains].every(([token, gain]) => gain === (profits.get(token) ?? 0n));
  const ms = Math.round(performance.now() - begin);
  print(table(trades));
  print(totals(trades, profits, prices, ms));
  if (trades.length < wanted) {
    print(`Only ${trades.length} of ${wanted} trades after ${wanted * roundsPerTrade} rounds of traffic.`);
    for (const [reason, detail] of reasons) print(`  ${reason}: ${detail}`);
  }
  if (!exact) print("The treasury gained something else than the trades' events report.");
  if (json) print(JSON.stringify(report(trades, profits, prices, ms)));
  return exact && trades.length >= wanted;
}

/** Deploys FlashArbitrage with Ignition, and gives it one unit of each token. */
async function deploy(localnet: Localnet, operator: Address): Promise<{ contract: Address; treasury: Address }> {
  const { ethers, ignition } = localnet.connection;
  const [, owner, treasury] = await ethers.getSigners();
  const [dodo] = deploymentsOf(arbitrum, "dodo");
  if (owner === undefined || treasury === undefined || dodo === undefined)
    throw new Error("The localnet is incomplete.");
  const protocols = { ...arbitrum.lenders, dodoApprove: dodo.approve, weth: arbitrum.weth };
  const parameters = {
    FlashArbitrage: {
      owner: owner.address,
      treasury: treasury.address,
      guardian: owner.address,
      operators: [operator],
      // Lenders finance all of it.
      operatorLoanCaps: [],
      protocols,
    },
  };
  const { flashArbitrage } = await ignition.deploy(flashArbitrageModule, { parameters, defaultSender: owner.address });
  const contract = await flashArbitrage.getAddress();
  for (const token of arbitrum.tokens) await mint(localnet, token, owner.address, 1n);
  const tokens = Object.fromEntries(arbitrum.tokens.map(({ symbol, address }) => [symbol, address]));
  const units = { OneUnit: { flashArbitrage: contract, ...tokens } };
  await ignition.deploy(oneUnitModule, { parameters: units, defaultSender: owner.address });
  return { contract, treasury: treasury.address };
}

async function balancesOf(localnet: Localnet, account: Address): Promise<ReadonlyMap<Address, bigint>> {
  const abi = ["function balanceOf(address) view returns (uint256)"];
  const { provider } = localnet.connection.ethers;
  const balances = arbitrum.tokens.map(async ({ address }) => {
    const balance: bigint = await new Contract(address, abi, provider).getFunction("balanceOf").staticCall(account);
    return [address, balance] as const;
  });
  return new Map(await Promise.all(balances));
}

function profitsOf(trades: readonly Trade[]): ReadonlyMap<Address, bigint> {
  const profits = new Map<Address, bigint>();
  for (const { order, realised } of trades) profits.set(order.token, (profits.get(order.token) ?? 0n) + realised);
  return profits;
}

function table(trades: readonly Trade[]): string {
  const symbolOf = symbolsOf(arbitrum);
  return drawTable(
    ["block", "route", "lender", "amount", "expected", "simulated", "realised", "gas"],
    trades.map(({ block, order, simulated, realised, gasUsed }) => [
      String(block),
      drawRoute(order.route, symbolOf),
      lenderName(order),
      amountOf(arbitrum, order.token, order.amount),
      amountOf(arbitrum, order.token, order.expected),
      amountOf(arbitrum, order.token, simulated),
      amountOf(arbitrum, order.token, realised),
      String(gasUsed),
    ]),
  );
}

function profitUsdE8(profits: ReadonlyMap<Address, bigint>, prices: ReadonlyMap<Address, bigint>): bigint {
  return arbitrum.tokens.reduce(
    (sum, token) => sum + valueUsdE8(profits.get(token.address) ?? 0n, token, prices.get(token.address) ?? 0n),
    0n,
  );
}

function totals(
  trades: readonly Trade[],
  profits: ReadonlyMap<Address, bigint>,
  prices: ReadonlyMap<Address, bigint>,
  ms: number,
): string {
  const amounts = [...profits].map(([token, profit]) => amountOf(arbitrum, token, profit)).join(", ");
  const etherPriceE8 = prices.get(arbitrum.weth) ?? 0n;
  const costE8 = trades.reduce((sum, trade) => sum + weiInUsdE8Up(trade.gasUsed * trade.gasPriceWei, etherPriceE8), 0n);
  const venues = [...new Set(trades.flatMap(({ order }) => venuesOf(order.route)))].join(", ");
  return [
    `Profit: ${amounts || "none"}: worth ${formatUsd(profitUsdE8(profits, prices))}, for ${formatUsd(costE8)} of gas.`,
    `${trades.length} trades through ${venues || "no venue"} in ${(ms / 1_000).toFixed(1)} s.`,
  ].join("\n");
}

/** The demonstration as plain values: amounts are decimal integers in text, in units of the route's first token. */
function report(
  trades: readonly Trade[],
  profits: ReadonlyMap<Address, bigint>,
  prices: ReadonlyMap<Address, bigint>,
  ms: number,
) {
  const symbolOf = symbolsOf(arbitrum);
  const byToken = [...profits].map(([token, profit]) => [symbolOf(token), String(profit)]);
  return {
    trades: trades.map(({ order, simulated, realised, treasuryGain, gasUsed, hash, block }) => ({
      block: Number(block),
      route: tokensOf(order.route).map(symbolOf),
      venues: venuesOf(order.route),
      lender: order.lender,
      source: order.source?.id,
      amount: String(order.amount),
      expected: String(order.expected),
      simulated: String(simulated),
      realised: String(realised),
      treasuryGain: String(treasuryGain),
      gasUsed: Number(gasUsed),
      tx: hash,
    })),
    profit: { ...Object.fromEntries(byToken), usd: formatUnits(profitUsdE8(profits, prices), 8) },
    ms,
  };
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
