import { add, divDownFixed, divUpFixed, mulDownFixed, ONE } from "./fixedPoint.ts";
import { powUp } from "./power.ts";
import { BalancerRevert, balancerErrors } from "./revert.ts";

/** A weighted pool takes at most this share of its balance in one swap. */
const maxInRatio = (3n * ONE) / 10n;

/** One token's side of a weighted pool: both with 18 decimals. */
export interface WeightedSide {
  readonly balance: bigint;
  readonly weight: bigint;
}

/**
 * Returns what a weighted pool pays for `amountIn`, all with 18 decimals:
 * balanceOut · (1 − (balanceIn / (balanceIn + amountIn)) ^ (weightIn / weightOut)). Rounds down: the base and the power
 * round up, the exponent rounds down.
 *
 * @param amountIn after the fee
 * @throws {BalancerRevert} BAL#304 when `amountIn` exceeds 30 % of the balance
 */
export function weightedOutGivenIn(
  tokenIn: WeightedSide,
  tokenOut: WeightedSide,
  amountIn: bigint,
  { shortcuts }: { readonly shortcuts: boolean },
): bigint {
  if (amountIn > mulDownFixed(tokenIn.balance, maxInRatio)) throw new BalancerRevert(balancerErrors.maxInRatio);
  const base = divUpFixed(tokenIn.balance, add(tokenIn.balance, amountIn));
  const power = powUp(base, divDownFixed(tokenIn.weight, tokenOut.weight), { shortcuts });
  return mulDownFixed(tokenOut.balance, power < ONE ? ONE - power : 0n);
}
