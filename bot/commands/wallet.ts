import { formatUnits } from "ethers";
import { operatorOf } from "../bot.ts";
import { ConfigError } from "../config/config.ts";
import { formatUsd } from "../domain/amount.ts";
import { readPrices } from "../pipeline/prices.ts";
import { readAll } from "../rpc/multicall.ts";
import { readWallet } from "../wallet/wallet.ts";
import type { Context } from "./context.ts";
import { drawTable } from "./present.ts";

/** Prints what the operator holds, what it is worth, and what FlashArbitrage may take of it. */
export async function wallet({ config, rpc, json, print }: Context): Promise<void> {
  const operator = operatorOf(config);
  if (operator === undefined) {
    throw new ConfigError([{ key: "QUINTET_OPERATOR_PRIVATE_KEY", problem: "is missing: whose wallet is meant?" }]);
  }
  const { chain, contract } = config;
  const block = await rpc.attempt("read the newest block", () => rpc.provider.getBlock("latest"));
  const number = block?.number ?? "latest";
  const reader = {
    read: (calls: Parameters<typeof readAll>[2]) =>
      readAll(
        (to, data) => rpc.attempt("read the wallet", () => rpc.provider.call({ to, data, blockTag: number })),
        chain.multicall3,
        calls,
      ),
  };
  const { pricesE8, unpriced } = await readPrices(
    chain,
    reader,
    BigInt(block?.timestamp ?? 0),
    config.sequencerGraceSeconds,
  );
  const holdings = await readWallet(chain, operator, contract, pricesE8, reader);
  const totalE8 = holdings.reduce((sum, { valueUsdE8 }) => sum + (valueUsdE8 ?? 0n), 0n);
  if (json) {
    const assets = holdings.map(({ symbol, decimals, balance, valueUsdE8, allowance, operatorLoanCap }) => ({
      symbol,
      balance: formatUnits(balance, decimals),
      usd: valueUsdE8 === undefined ? null : formatUnits(valueUsdE8, 8),
      allowance: allowance === undefined ? null : formatUnits(allowance, decimals),
      operatorLoanCap: operatorLoanCap === undefined ? null : formatUnits(operatorLoanCap, decimals),
    }));
    print(JSON.stringify({ operator, contract: contract ?? null, assets, totalUsd: formatUnits(totalE8, 8) }));
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
  for (const [token, reason] of unpriced) print(`${token} has no price: ${reason}`);
}
