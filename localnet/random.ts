export interface Random {
  /** Returns a uniform integer between `min` and `max`, both included. */
  bigint(min: bigint, max: bigint): bigint;
  /** Returns one element of a non-empty array. */
  pick<T>(array: readonly T[]): T;
}

const mask64 = 2n ** 64n - 1n;

/** Returns the same stream of numbers for the same seed: SplitMix64. */
export function seededRandom(seed: number): Random {
  let state = BigInt(seed) & mask64;

  function next64(): bigint {
    state = (state + 0x9e3779b97f4a7c15n) & mask64;
    let mixed = state;
    mixed = ((mixed ^ (mixed >> 30n)) * 0xbf58476d1ce4e5b9n) & mask64;
    mixed = ((mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn) & mask64;
    return mixed ^ (mixed >> 31n);
  }

  function bigint(min: bigint, max: bigint): bigint {
    if (max < min) throw new RangeError(`No integer between ${min} and ${max}.`);
    const span = max - min + 1n;
    // 64 bits more than the span needs, so that the remainder favors no value noticeably.
    let drawn = next64();
    for (let limit = span; limit > 0n; limit >>= 64n) drawn = (drawn << 64n) | next64();
    return min + (drawn % span);
  }

  return {
    bigint,
    pick(array) {
      const index = bigint(0n, BigInt(array.length) - 1n);
      const [picked] = array.slice(Number(index), Number(index) + 1);
      if (picked === undefined) throw new RangeError("pick() needs an array without holes.");
      return picked;
    },
  };
}
