import type { Address, Chain } from "../config/chains/chain.ts";
import { divideUp, valueUsdE8 } from "../domain/amount.ts";
import { type DataFee, dataFeeWei } from "../domain/gas.ts";
import type { PoolState } from "../domain/snapshot.ts";
import type { CurveOf } from "../engine/market.ts";
import { type FeeLimits, firstFees } from "../sender/fees.ts";
import { assetsOf } from "./asset.ts";
import { conversionQuotes } from "./conversionQuotes.ts";
import { approvalGas } from "./convert.ts";
import { type OwnCapitalProfile, ownCapitalProfiles } from "./ownCapital.ts";
import type { PlanContext, PlanSettings } from "./plan.ts";

export interface ConversionSettings extends PlanSettings, FeeLimits {
  readonly chain: Chain;
  readonly conversionExchanges: readonly string[];
  readonly ownCapitalProfile: OwnCapitalProfile;
}

/** What of a block conversions are planned on. */
export interface PlanBlock {
  readonly pools: readonly PoolState[];
  readonly pricesE8: ReadonlyMap<Address, bigint>;
  readonly baseFeeWei: bigint;
  readonly dataFee: DataFee | undefined;
}

/** More gas than a swap through two pairs takes, without what the chain takes for its data: the localnet measures 180,000. */
const swapGas = 300_000n;

/** More bytes than a swap's calldata has that are not zero. */
const swapBytes = 200;

const usdE8 = 10n ** 8n;

/** Puts together what conversions are planned on. */
export function planContext(settings: ConversionSettings, block: PlanBlock, curveOf: CurveOf): PlanContext {
  const { chain, conversionExchanges } = settings;
  return {
    ...settings,
    assets: assetsOf(chain),
    pricesE8: block.pricesE8,
    quote: conversionQuotes(block, chain, conversionExchanges, curveOf),
    conversionGasWei: (swapGasLimit(block) + approvalGas) * firstFees(block.baseFeeWei, settings).maxFeePerGasWei,
  };
}

/** Returns the most gas that a swap takes, with what the chain takes for its data where it takes that as gas. */
export function swapGasLimit({ baseFeeWei, dataFee }: Pick<PlanBlock, "baseFeeWei" | "dataFee">): bigint {
  if (dataFee?.asGas !== true || baseFeeWei === 0n) return swapGas;
  return swapGas + 2n * divideUp(dataFeeWei(dataFee, swapBytes), baseFeeWei);
}

/**
 * Returns what one conversion is worth at most: an order of the wallet's own money or the reserve of gas, with the margin,
 * and half as much again for what the conversion itself costs.
 */
export function maxConversionUsdE8(
  { chain, ownCapitalProfile, gasReserveWei, conversionMarginBps }: ConversionSettings,
  pricesE8: ReadonlyMap<Address, bigint>,
): bigint {
  const reserveE8 = valueUsdE8(gasReserveWei, { decimals: 18 }, pricesE8.get(chain.weth) ?? 0n);
  const needed = ownCapitalProfiles[ownCapitalProfile] * usdE8 + reserveE8;
  return (needed * (10_000n + conversionMarginBps) * 3n) / 20_000n;
}
