// Integers of 256 bits with the pools' revert strings. `contractV2/lib/{SafeMath,DecimalMath}.sol`; the first generation's
// are the same.

export const one = 10n ** 18n;
export const maxUint256 = 2n ** 256n - 1n;

/** Thrown when the pool's own arithmetic would revert. `reason` is the pool's string. */
export class PoolReverts extends Error {
  readonly reason: string;

  constructor(reason: string) {
    super(reason);
    this.name = "PoolReverts";
    this.reason = reason;
  }
}

export function fits(value: bigint): boolean {
  return value <= maxUint256;
}

export function add(a: bigint, b: bigint): bigint {
  if (!fits(a + b)) throw new PoolReverts("ADD_ERROR");
  return a + b;
}

export function sub(a: bigint, b: bigint): bigint {
  if (b > a) throw new PoolReverts("SUB_ERROR");
  return a - b;
}

export function mul(a: bigint, b: bigint): bigint {
  const product = a * b;
  if (!fits(product)) throw new PoolReverts("MUL_ERROR");
  return product;
}

export function div(a: bigint, b: bigint): bigint {
  if (b === 0n) throw new PoolReverts("DIVIDING_ERROR");
  return a / b;
}

export function divUp(a: bigint, b: bigint): bigint {
  if (b === 0n) throw new PoolReverts("DIVIDING_ERROR");
  return (a + b - 1n) / b;
}

export function mulWadDown(a: bigint, b: bigint): bigint {
  return mul(a, b) / one;
}

export function mulWadUp(a: bigint, b: bigint): bigint {
  return divUp(mul(a, b), one);
}

export function divWadDown(a: bigint, b: bigint): bigint {
  return div(mul(a, one), b);
}

export function divWadUp(a: bigint, b: bigint): bigint {
  return divUp(mul(a, one), b);
}

export function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

/** The square root, rounded down as the pools' own iteration rounds it. */
export function sqrtDown(value: bigint): bigint {
  const guess = Math.sqrt(Number(value));
  // Below 2^52 a float holds the value itself, and the rounded root does not reach the next whole number.
  if (guess < 2 ** 26) return BigInt(Math.floor(guess));
  // The guess is off by less than a part in 2^51. A step of Newton's squares that, and its floor is never below the root's.
  const first = BigInt(Math.floor(guess));
  let root = (first + value / first) >> 1n;
  while (root * root > value) root = (root + value / root) >> 1n;
  return root;
}
