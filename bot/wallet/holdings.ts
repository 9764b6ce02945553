import type { Address } from "../config/chains/chain.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { assetsOf } from "./asset.ts";
import type { Holding } from "./wallet.ts";

/** Reads everything that the wallet holds, in one call. */
export type ReadHoldings = (block: bigint) => Promise<readonly Holding[]>;

/**
 * Keeps what the wallet holds for as long as it cannot have changed by itself: for one block, while none of the account's
 * own transactions is open, and none has been settled since.
 */
export function createHoldings(
  read: ReadHoldings,
  account: Address,
  transactions: Pick<Ledger["transactions"], "open" | "highestUsedNonce">,
): ReadHoldings {
  let known:
    | { readonly block: bigint; readonly nonce: number | undefined; readonly held: readonly Holding[] }
    | undefined;
  return async (block) => {
    const isTouched = transactions.open().some((transaction) => transaction.account === account);
    const nonce = transactions.highestUsedNonce(account);
    if (known !== undefined && !isTouched && known.block === block && known.nonce === nonce) return known.held;
    const held = await read(block);
    known = isTouched ? undefined : { block, nonce, held };
    return held;
  };
}

/** Returns balances by asset, for planning. */
export function balancesOf(
  chain: Parameters<typeof assetsOf>[0],
  holdings: readonly Holding[],
): ReadonlyMap<Address, bigint> {
  const bySymbol = new Map(holdings.map(({ symbol, balance }) => [symbol, balance]));
  return new Map(assetsOf(chain).map(({ symbol, address }) => [address, bySymbol.get(symbol) ?? 0n]));
}
