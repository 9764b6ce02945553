import type { Chain, Token } from "../config/chains/chain.ts";
import { formatAmount, formatPercent, unitsWorthDown } from "../domain/amount.ts";
import type { Snapshot } from "../domain/snapshot.ts";

/** The most that an order of the wallet's own money is worth, in whole USD, by sizing profile. */
export const ownCapitalProfiles = { conservative: 200n, moderate: 400n, aggressive: 700n } as const;
export type OwnCapitalProfile = keyof typeof ownCapitalProfiles;

export interface OwnCapitalLimits {
  readonly ownCapitalProfile: OwnCapitalProfile;
  /** The most of the wallet's ether, held plain and wrapped, that one order takes, in hundredths of a percent. */
  readonly maxOwnEtherBps: bigint;
}

/** The largest order of the wallet's own money in one token. */
export interface OwnLimit {
  /** In units of the token. */
  readonly amount: bigint;
  /** What bounds it, with the setting's name. */
  readonly reason: string;
}

const usdE8 = 10n ** 8n;
const one = 10_000n;

/** Returns the largest order of the wallet's own money in a token, rounded down, whether or not the wallet holds that. */
export function ownLimit(
  token: Token,
  { pricesE8, wallet }: Pick<Snapshot, "pricesE8" | "wallet">,
  { weth }: Pick<Chain, "weth">,
  { ownCapitalProfile: profile, maxOwnEtherBps }: OwnCapitalLimits,
): OwnLimit {
  const priceE8 = pricesE8.get(token.address);
  if (priceE8 === undefined) return { amount: 0n, reason: `${token.symbol} has no fresh price` };
  const usd = ownCapitalProfiles[profile];
  const byProfile = {
    amount: unitsWorthDown(usd * usdE8, token, priceE8),
    reason: `ownCapitalProfile ${profile} is $${usd} an order`,
  };
  if (token.address !== weth) return byProfile;
  const etherWei = (wallet?.etherWei ?? 0n) + (wallet?.tokens.get(weth) ?? 0n);
  const byEther = {
    amount: (etherWei * maxOwnEtherBps) / one,
    reason: `maxOwnEtherPercent is ${formatPercent(maxOwnEtherBps)} of the wallet's ether, ${formatAmount(etherWei, token)}`,
  };
  return byEther.amount < byProfile.amount ? byEther : byProfile;
}
