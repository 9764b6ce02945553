import { maxTick, minTick } from "./concentratedLiquidity.ts";

/**
 * The initialized ticks of a pool, as far as they are known: a window of the pool's tick table, whose words hold 256
 * bits each, one bit for every `spacing` ticks.
 */
export interface TickTable {
  readonly spacing: number;
  /** The number of the window's first word in the pool's table. */
  readonly firstWord: number;
  readonly words: readonly bigint[];
  /** The initialized ticks of the window, ascending. */
  readonly ticks: readonly number[];
}

/** Where a step of a swap ends. `index` is the tick's place in `TickTable.ticks`, undefined where none is initialized. */
export interface Stop {
  readonly tick: number;
  readonly index: number | undefined;
}

/** Returns the number of the word that holds `tick`: the table rounds toward minus infinity. */
export function wordOf(tick: number, spacing: number): number {
  return Math.floor(tick / spacing) >> 8;
}

/** Returns the numbers of the words that hold at least `reach` ticks on either side of `tick`, ascending. */
export function wordsAround(tick: number, spacing: number, reach: number): readonly number[] {
  const first = wordOf(Math.max(tick - reach, minTick), spacing);
  const last = wordOf(Math.min(tick + reach, maxTick), spacing);
  return Array.from({ length: last - first + 1 }, (_, offset) => first + offset);
}

export function tickTable(spacing: number, firstWord: number, words: readonly bigint[]): TickTable {
  const ticks: number[] = [];
  for (const [offset, word] of words.entries()) {
    for (let bit = 0; bit < 256; bit++) {
      if ((word >> BigInt(bit)) & 1n) ticks.push(((firstWord + offset) * 256 + bit) * spacing);
    }
  }
  return { spacing, firstWord, words, ticks };
}

/** Returns the ticks at which the window begins and ends, both still in it. */
export function boundsOf({ spacing, firstWord, words }: TickTable): { readonly lower: number; readonly upper: number } {
  const lower = firstWord * 256 * spacing;
  const upper = ((firstWord + words.length) * 256 - 1) * spacing;
  return { lower: Math.max(lower, minTick), upper: Math.min(upper, maxTick) };
}

/** Returns the place of the last tick at or below `tick`, -1 where there is none. */
function indexAtOrBelow(ticks: readonly number[], tick: number): number {
  let [low, high] = [-1, ticks.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((ticks[middle] ?? maxTick) <= tick) low = middle;
    else high = middle - 1;
  }
  return low;
}

/**
 * Returns where a swap stops next when the pool looks no further than the word that it stands in: at an initialized
 * tick, or at the edge of the word, where a step ends although nothing is there. Undefined beyond the window.
 */
export function nextStopInWord(table: TickTable, tick: number, zeroToOne: boolean): Stop | undefined {
  const { spacing, firstWord, words } = table;
  // Downward the tick itself counts, upward it does not.
  const slot = Math.floor(tick / spacing) + (zeroToOne ? 0 : 1);
  const word = slot >> 8;
  if (word < firstWord || word >= firstWord + words.length) return undefined;
  const edge = (word * 256 + (zeroToOne ? 0 : 255)) * spacing;
  const next = nextInitialized(table, tick, zeroToOne);
  const reached = next !== undefined && (zeroToOne ? next.tick >= edge : next.tick <= edge);
  return reached ? next : { tick: Math.min(Math.max(edge, minTick), maxTick), index: undefined };
}

/** Returns the next initialized tick of the window: at or below `tick` downward, above it upward. */
export function nextInitialized({ ticks }: TickTable, tick: number, zeroToOne: boolean): Stop | undefined {
  const index = indexAtOrBelow(ticks, tick) + (zeroToOne ? 0 : 1);
  const found = ticks[index];
  return found === undefined ? undefined : { tick: found, index };
}
