import { type Refusal, refuse } from "../domain/quote.ts";
import { maxTick, minTick } from "./concentratedLiquidity.ts";
import type { Tick, TickWindow } from "./concentratedSteps.ts";
import type { Call, CallResult, Reader } from "./venue.ts";
import { readGroups, signed, wordsOf } from "./words.ts";

/**
 * What is read of a pool's ticks: a window of its tick table, whose words hold 256 bits each, one bit for every
 * `spacing` ticks, and the ticks that were initialized in it when it was discovered.
 */
export interface TickTable {
  readonly spacing: number;
  /** The number of the window's first word in the pool's table. */
  readonly firstWord: number;
  readonly words: readonly bigint[];
  /** Ascending. */
  readonly ticks: readonly number[];
}

/** How many ticks on either side of the price a window holds at least: a fifth of the price. */
const reachTicks = 2_048;

/** Returns the number of the word that holds `tick`: the table rounds toward minus infinity. */
export function wordOf(tick: number, spacing: number): number {
  return Math.floor(tick / spacing) >> 8;
}

/** Returns the numbers of the words that hold at least `reach` ticks on either side of `tick`, ascending. */
export function wordsAround(tick: number, spacing: number, reach = reachTicks): readonly number[] {
  const first = wordOf(Math.max(tick - reach, minTick), spacing);
  const last = wordOf(Math.min(tick + reach, maxTick), spacing);
  return Array.from({ length: last - first + 1 }, (_, offset) => first + offset);
}

export function tickTable(spacing: number, firstWord: number, words: readonly bigint[]): TickTable {
  return {
    spacing,
    firstWord,
    words,
    ticks: words.flatMap((word, offset) => ticksIn(word, firstWord + offset, spacing)),
  };
}

/** Returns the ticks whose bits are set in a word, ascending. */
function ticksIn(word: bigint, number: number, spacing: number): readonly number[] {
  const ticks: number[] = [];
  for (let bits = word, bit = 0; bits > 0n; bits >>= 1n, bit++) {
    if (bits & 1n) ticks.push((number * 256 + bit) * spacing);
  }
  return ticks;
}

/** Returns the ticks at which the window begins and ends, both still in it. */
export function boundsOf({ spacing, firstWord, words }: TickTable): Pick<TickWindow, "lower" | "upper"> {
  const lower = firstWord * 256 * spacing;
  const upper = ((firstWord + words.length) * 256 - 1) * spacing;
  return { lower: Math.max(lower, minTick), upper: Math.min(upper, maxTick) };
}

/** A pool whose tick table is to be read around a tick. */
export interface TableOfPool {
  readonly tick: number;
  readonly spacing: number;
  /** Reads a word of the pool's table. */
  readonly word: (number: number) => Call;
}

/** Reads the tick tables of many pools, each around its tick. A word that cannot be read counts as empty. */
export async function readTables(pools: readonly TableOfPool[], reader: Reader): Promise<readonly TickTable[]> {
  const windows = pools.map(({ tick, spacing }) => wordsAround(tick, spacing));
  const groups = await readGroups(
    reader,
    pools.map(({ word }, i) => (windows[i] ?? []).map(word)),
  );
  return pools.map(({ spacing }, i) => {
    const words = (groups[i] ?? []).map((result) => wordsOf(result)[0] ?? 0n);
    return tickTable(spacing, windows[i]?.[0] ?? 0, words);
  });
}

/**
 * Decodes the ticks of a pool from reads of its table's words and then of `ticks(…)` for each tick that was known. A tick
 * that is gone is left out; a new one is refused, because it has not been read.
 *
 * @param name the function that reads a word, for refusals
 * @param decodeTick decodes the words that `ticks(…)` returned, of which there are two at least: gross and net liquidity
 */
export function decodeWindow(
  table: TickTable,
  results: readonly CallResult[],
  name: string,
  decodeTick: (tick: number, words: readonly bigint[]) => Tick = liquidityOf,
): TickWindow | Refusal {
  const { spacing, firstWord, words, ticks: known } = table;
  const initialized = new Set<number>();
  for (const [offset, before] of words.entries()) {
    const number = firstWord + offset;
    const word = wordsOf(results[offset])[0];
    if (word === undefined) return refuse("unreadable", `${name}(${number}) failed`);
    if ((word & ~before) !== 0n) {
      const hex = (bits: bigint) => `0x${bits.toString(16)}`;
      return refuse("beyond-snapshot", `${name}(${number}) is ${hex(word)}, known is ${hex(before)}`);
    }
    for (const tick of ticksIn(word, number, spacing)) initialized.add(tick);
  }
  const ticks: Tick[] = [];
  for (const [i, tick] of known.entries()) {
    if (!initialized.has(tick)) continue;
    const read = wordsOf(results[words.length + i]);
    if (read.length < 2) return refuse("unreadable", `ticks(${tick}) failed`);
    ticks.push(decodeTick(tick, read));
  }
  return { ...boundsOf(table), ticks };
}

/** Decodes gross and net liquidity. */
export function liquidityOf(tick: number, [gross, net]: readonly bigint[]): Tick {
  return { tick, liquidityGross: gross ?? 0n, liquidityNet: signed(net ?? 0n) };
}
