export type Random = ReturnType<typeof createRandom>;

/** The generator mulberry32, and what markets and blocks draw from it: the same for the same seed. */
export function createRandom(seed: number) {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  const word = () =>
    Math.floor(next() * 2 ** 32)
      .toString(16)
      .padStart(8, "0");
  return {
    next,
    normal,
    logNormal: (median: number, sigma: number) => median * Math.exp(sigma * normal()),
    integer: (low: number, high: number) => low + Math.floor(next() * (high - low + 1)),
    pick: <T>(list: readonly T[]): T => pick(list, Math.floor(next() * list.length)),
    address: () => `0x${Array.from({ length: 5 }, word).join("")}`,
    /** The index whose share of the sum is met. */
    weighted: (sums: readonly number[]): number => {
      const met = next() * pick(sums, sums.length - 1);
      return sums.findIndex((sum, index) => sum > met || index === sums.length - 1);
    },
  };
}

/** Returns an entry of a list, and fails where there is none. */
export function pick<T>(list: readonly T[], index: number): T {
  if (index < 0 || index >= list.length) throw new Error(`There is no entry ${index} among ${list.length}.`);
  return list[index] as T;
}
