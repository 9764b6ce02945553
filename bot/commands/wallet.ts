import { formatUnits } from "ethers";
import { formatUsd } from "../domain/amount.ts";
import { weiInUsdE8Up } from "../domain/gas.ts";
import { readPrices } from "../pipeline/prices.ts";
import { readAll } from "../rpc/multicall.ts";
import { readUnheld, readWallet } from "../wallet/wallet.ts";
import type { Context } from "./context.ts";
import { drawTable } from "./present.ts";
import { walletOf, walletPlan } from "./walletPlan.ts";

export interface WalletOptions {
  /** Whether to print the plan of conversions in place of the balances. */
  readonly plan: boolean;
  /** An amount and a token's symbol: what an order of the wallet's own money would take. */
  readonly need: readonly string[] | undefined;
}

/** The gas of a balance's first write from zero, less that from another number: what an order that loses gets nothing of back. */
const fromZeroGas = 22_100n - 5_000n;

/**
 * Prints what the operator holds, what it is worth, and what FlashArbitrage may take of it; or what would be converted for
 * gas and an order.
 */
export async function wallet(context: Context, { plan, need }: WalletOptions): Promise<void> {
  const { config, rpc, json, print } = context;
  const operator = walletOf(config);
  const { chain, contract } = config;
  const block = await rpc.attempt("read the newest block", () => rpc.provider.getBlock("latest"));
  const number = block?.number ?? "latest";
  const ethCall = (to: string, data: string) =>
    rpc.attempt("read the wallet", () => rpc.provider.call({ to, data, blockTag: number }));
  const reader = { read: (calls: Parameters<typeof readAll>[2]) => readAll(ethCall, chain.multicall3, calls) };
  const timestamp = BigInt(block?.timestamp ?? 0);
  const { pricesE8, unpriced } = await readPrices(chain, reader, timestamp, config.sequencerGraceSeconds);
  const baseFeeWei = block?.baseFeePerGas ?? 0n;
  const holdings = await readWallet(chain, operator, contract, pricesE8, reader);
  if (plan || need !== undefined) {
    return walletPlan(context, { reader, ethCall, timestamp, baseFeeWei, pricesE8, holdings }, need);
  }
  const unheld = contract === undefined ? undefined : await readUnheld(chain, contract, reader);
  const totalE8 = holdings.reduce((sum, { valueUsdE8 }) => sum + (valueUsdE8 ?? 0n), 0n);
  if (json) {
    const assets = holdings.map(({ symbol, decimals, balance, valueUsdE8, allowance, operatorLoanCap }) => ({
      symbol,
      balance: formatUnits(balance, decimals),
      usd: valueUsdE8 === undefined ? null : formatUnits(valueUsdE8, 8),
      allowance: allowance === undefined ? null : formatUnits(allowance, decimals),
      operatorLoanCap: operatorLoanCap === undefined ? null : formatUnits(operatorLoanCap, decimals),
    }));
    const none = unheld?.map(({ symbol }) => symbol) ?? null;
    const totalUsd = formatUnits(totalE8, 8);
    print(JSON.stringify({ operator, contract: contract ?? null, assets, totalUsd, contractHoldsNone: none }));
    return;
  }
  print(`Operator ${operator}, contract ${contract ?? "not configured"}, block ${number}`);
  print(
    drawTable(
      ["asset", "balance", "value", "allowance to the contract", "cap of a route"],
      holdings.map(({ symbol, decimals, balance, valueUsdE8, allowance, operatorLoanCap }) => [
        symbol,
        formatUnits(balance, decimals),
        valueUsdE8 === undefined ? "no price" : formatUsd(valueUsdE8),
        allowance === undefined ? "" : formatUnits(allowance, decimals),
        operatorLoanCap === undefined ? "" : formatUnits(operatorLoanCap, decimals),
      ]),
    ),
  );
  print(`Worth ${formatUsd(totalE8)} at Chainlink's prices.`);
  if (unheld !== undefined && unheld.length > 0) {
    const symbols = unheld.map(({ symbol }) => symbol).join(", ");
    const etherPriceE8 = pricesE8.get(chain.weth);
    const costWei = fromZeroGas * baseFeeWei;
    const usd = etherPriceE8 === undefined ? "" : `, ${formatUsd(weiInUsdE8Up(costWei, etherPriceE8))} now`;
    print(
      `The contract holds no unit of ${symbols}: for each of them that an order passes, it spends up to ` +
        `${fromZeroGas.toLocaleString("en")} gas more${usd}. ignition/modules/OneUnit.ts gives it one.`,
    );
  }
  for (const [token, reason] of unpriced) print(`${token} has no price: ${reason}`);
}
