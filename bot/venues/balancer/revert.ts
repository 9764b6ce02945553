/** Thrown when the vault or a pool would revert: `code` is its `BAL#` number. */
export class BalancerRevert extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`BAL#${code.toString().padStart(3, "0")}`);
    this.name = "BalancerRevert";
    this.code = code;
  }
}

/** The codes that a swap can end with, by the condition that is broken. */
export const balancerErrors = {
  addOverflow: 0,
  subOverflow: 1,
  mulOverflow: 3,
  zeroDivision: 4,
  exponentOutOfBounds: 7,
  productOutOfBounds: 8,
  maxInRatio: 304,
  invariantDidNotConverge: 321,
  balanceDidNotConverge: 322,
  paused: 402,
  sameToken: 509,
  zeroAmount: 510,
  tokenNotRegistered: 521,
  balanceOverflow: 526,
} as const;
