/**
 * The arithmetic of pools whose liquidity lies between ticks (Algebra, Uniswap V3): square root prices, the tokens
 * between two of them, and one step of a swap. Pure, in integers, every division rounded as the pools round it.
 *
 * A square root price is sqrt(token1 / token0), in units of both tokens, times 2^96.
 */

export const minTick = -887_272;
export const maxTick = 887_272;

/** What a pool charges is in millionths of the input: "hundredths of a bip". */
export const feeDenominator = 1_000_000n;

const q96 = 1n << 96n;
const q128 = 1n << 128n;
const uint256Limit = 1n << 256n;

export const mulDivDown = (a: bigint, b: bigint, denominator: bigint): bigint => (a * b) / denominator;

export const mulDivUp = (a: bigint, b: bigint, denominator: bigint): bigint => (a * b + denominator - 1n) / denominator;

export const divUp = (a: bigint, denominator: bigint): bigint => (a + denominator - 1n) / denominator;

/** Returns the square root of `n`, rounded down. */
export function sqrtDown(n: bigint): bigint {
  if (n < 2n) return n;
  let root = 1n << BigInt((n.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (root + n / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

/** 1.0001^(-2^i / 2) for i = 0…19, in units of 2^-128, rounded to nearest: the factors that the pools multiply. */
const tickFactors: readonly bigint[] = (() => {
  const precision = 512n;
  const shift = precision - 128n;
  let factor = sqrtDown((10_000n << (2n * precision)) / 10_001n);
  return Array.from({ length: 20 }, () => {
    const rounded = (factor + (1n << (shift - 1n))) >> shift;
    factor = (factor * factor) >> precision;
    return rounded;
  });
})();

const lowBits = 10;

/** The products of the first ten factors, by the bits of a tick that choose them. The pools round after each one. */
const lowProducts: readonly bigint[] = (() => {
  const products = [q128];
  for (let bits = 1; bits < 1 << lowBits; bits++) {
    const highest = 31 - Math.clz32(bits);
    products.push(((products[bits - (1 << highest)] ?? q128) * (tickFactors[highest] ?? q128)) >> 128n);
  }
  return products;
})();

/**
 * Returns sqrt(1.0001^tick) times 2^96, with the pools' own error: 20 factors, each product rounded down, the last
 * step to 2^-96 rounded up.
 *
 * @throws RangeError when the tick is beyond `minTick` or `maxTick`
 */
export function sqrtPriceAtTick(tick: number): bigint {
  const known = tickPrices.get(tick);
  if (known !== undefined) return known;
  const price = computeSqrtPriceAtTick(tick);
  if (tickPrices.size === maxTickPrices) tickPrices.clear();
  tickPrices.set(tick, price);
  return price;
}

/** Prices of ticks that were asked for: pools come back to theirs at every block. */
const tickPrices = new Map<number, bigint>();
const maxTickPrices = 100_000;

function computeSqrtPriceAtTick(tick: number): bigint {
  const distance = Math.abs(tick);
  if (distance > maxTick) throw new RangeError(`Tick ${tick} is beyond ±${maxTick}.`);
  let ratio = lowProducts[distance & ((1 << lowBits) - 1)] ?? q128;
  for (let bit = lowBits; distance >> bit > 0; bit++) {
    if ((distance >> bit) & 1) ratio = (ratio * (tickFactors[bit] ?? q128)) >> 128n;
  }
  if (tick > 0) ratio = (uint256Limit - 1n) / ratio;
  return (ratio + 0xffff_ffffn) >> 32n;
}

/** Returns the greatest tick whose price is not above `priceX96`. */
export function tickAtSqrtPrice(priceX96: bigint): number {
  const position = (Math.log(Number(priceX96)) - 96 * Math.LN2) * ticksPerLogSqrt;
  let tick = Math.min(Math.max(Math.floor(position), minTick), maxTick);
  const fraction = position - tick;
  // The logarithm is good to a millionth of a tick, the pools' own rounding to a hundred-thousandth at the lowest price.
  if (fraction > 1e-3 && fraction < 1 - 1e-3) return tick;
  while (tick > minTick && computeSqrtPriceAtTick(tick) > priceX96) tick -= 1;
  while (tick < maxTick && computeSqrtPriceAtTick(tick + 1) <= priceX96) tick += 1;
  return tick;
}

const ticksPerLogSqrt = 2 / Math.log(1.0001);

/** The lowest and the highest price that a swap can reach when it sets no limit of its own. */
export const minSqrtPriceX96 = sqrtPriceAtTick(minTick) + 1n;
export const maxSqrtPriceX96 = sqrtPriceAtTick(maxTick) - 1n;

/** Units of token0 that `liquidity` holds between two prices, rounded down. */
export function amount0Down(lowerX96: bigint, upperX96: bigint, liquidity: bigint): bigint {
  return mulDivDown(upperX96 - lowerX96, liquidity << 96n, upperX96) / lowerX96;
}

/** Units of token0 that `liquidity` takes between two prices, rounded up, twice as the pools do. */
export function amount0Up(lowerX96: bigint, upperX96: bigint, liquidity: bigint): bigint {
  return divUp(mulDivUp(upperX96 - lowerX96, liquidity << 96n, upperX96), lowerX96);
}

/** Units of token1 that `liquidity` holds between two prices, rounded down. */
export function amount1Down(lowerX96: bigint, upperX96: bigint, liquidity: bigint): bigint {
  return mulDivDown(upperX96 - lowerX96, liquidity, q96);
}

/** Units of token1 that `liquidity` takes between two prices, rounded up. */
export function amount1Up(lowerX96: bigint, upperX96: bigint, liquidity: bigint): bigint {
  return mulDivUp(upperX96 - lowerX96, liquidity, q96);
}

/** Returns the price after `amount` of token0 came in, rounded up: never below what the amount pays for. */
export function priceAfterToken0Up(priceX96: bigint, liquidity: bigint, amount: bigint): bigint {
  if (amount === 0n) return priceX96;
  const scaled = liquidity << 96n;
  const product = amount * priceX96;
  // The pools divide first when the exact formula does not fit in 256 bits, and that rounds differently.
  if (scaled + product < uint256Limit) return mulDivUp(scaled, priceX96, scaled + product);
  return divUp(scaled, scaled / priceX96 + amount);
}

/** Returns the price after `amount` of token1 came in, rounded down. */
export function priceAfterToken1Down(priceX96: bigint, liquidity: bigint, amount: bigint): bigint {
  return priceX96 + (amount << 96n) / liquidity;
}
