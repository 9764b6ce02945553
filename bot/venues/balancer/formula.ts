/** One direction through a pool by its formula, before the checks that the vault makes of every pool. */
export interface FormulaCurve {
  /**
   * Returns what the pool pays for `amountIn`, both in units. Rounds down.
   *
   * @throws {BalancerRevert} where the pool reverts
   */
  payoutDown(amountIn: bigint): bigint;
  readonly rate: number;
  readonly limitIn: number;
  estimate(amountIn: number): number;
  readonly product?: { readonly reserveIn: number; readonly reserveOut: number; readonly kept: number };
}
