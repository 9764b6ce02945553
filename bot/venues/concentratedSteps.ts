import {
  amount0Down,
  amount0Up,
  amount1Down,
  amount1Up,
  maxSqrtPriceX96,
  maxTick,
  minSqrtPriceX96,
  minTick,
  sqrtPriceAtTick,
} from "./concentratedLiquidity.ts";

/** An initialized tick: one at which a position begins or ends. */
export interface Tick {
  readonly tick: number;
  /** What crossing it upward adds to the liquidity in range. */
  readonly liquidityNet: bigint;
  /** What all positions that begin or end here hold: a tick with none is not initialized. */
  readonly liquidityGross: bigint;
  /** Whether orders wait here that a swap executes (Algebra 2). They are not read, and no quote passes them. */
  readonly hasLimitOrders?: boolean;
}

/** The part of a pool's ticks that is known: all that are initialized from `lower` to `upper`, both included. */
export interface TickWindow {
  readonly lower: number;
  readonly upper: number;
  /** Ascending. Never changed in place: what is computed from them is kept for as long as they are. */
  readonly ticks: readonly Tick[];
}

/** What moves in a pool with concentrated liquidity. */
export interface ConcentratedState {
  readonly sqrtPriceX96: bigint;
  /** The pool's own tick: one less than that of its price where a swap ended on a tick from above. */
  readonly tick: number;
  /** The liquidity in range. */
  readonly liquidity: bigint;
  readonly window: TickWindow;
}

/** How a pool finds where a step of a swap ends. */
export interface Stepping {
  /** How many ticks a bit of the pool's tick table stands for. */
  readonly spacing: number;
  /**
   * `words`: a step looks no further than its word of 256 bits, and ends at the word's edge where nothing is
   * initialized. `linked`: at the next initialized tick, however far. Steps round, so it matters where they end.
   */
  readonly stops: "words" | "linked";
}

/** One direction of a pool: which token goes in, and what the pool keeps of it in millionths. */
export interface Direction extends Stepping {
  /** Whether token0 goes in, which lowers the price. */
  readonly zeroToOne: boolean;
  readonly fee: bigint;
}

/** A part of a swap at one liquidity, from a price to the next stop or to the limit of prices. */
export interface Step {
  readonly price: bigint;
  /** The pool's tick where the step begins. */
  readonly tick: number;
  readonly liquidity: bigint;
  /** Where it ends; undefined at the limit of prices. */
  readonly stop: Stop | undefined;
  /** What goes in, without the fee, and what comes out when the step is taken to its end. */
  readonly amountIn: bigint;
  readonly amountOut: bigint;
  /** liquidity · 2^96, and that times the price. */
  readonly scaled: bigint;
  readonly scaledPrice: bigint;
  /** The input with the fee, for the fee that it was last asked for. */
  cost: bigint;
  costFee: bigint;
}

/** A tick at which steps end, and what the pool is like once it is crossed. */
export interface Stop {
  readonly price: bigint;
  /** The pool's tick after the crossing. */
  readonly tick: number;
  readonly liquidity: bigint;
  /** The place of the last initialized tick that is not above the pool's, −1 where none is. */
  readonly index: number;
  /** Why no swap gets here, though the step to it is known. */
  readonly barred: Ending | undefined;
  /** The step that leads on from here, once it is known. */
  onward: Step | Ending | undefined;
}

/**
 * Why there is no further step.
 *
 * - `limit`: the price cannot move further
 * - `window`: what follows is not known
 * - `orders`: limit orders wait at `tick`
 * - `negative`: crossing `tick` takes more liquidity than there is
 */
export interface Ending {
  readonly cause: "limit" | "window" | "orders" | "negative";
  readonly tick: number;
}

export function isEnding(value: Step | Ending): value is Ending {
  return "cause" in value;
}

/**
 * The steps between the ticks of one window: they do not depend on the price, so they are computed once for all states
 * of the window's pool, when a swap is first quoted that takes them.
 */
export interface Ladder {
  readonly window: TickWindow;
  readonly stepping: Stepping;
  /** The liquidity above each tick, by the tick's place plus one: known from `low` to `high`. */
  readonly liquidity: (bigint | undefined)[];
  low: number;
  high: number;
  /** By the tick at which they are. */
  readonly stopsDown: Map<number, Stop>;
  readonly stopsUp: Map<number, Stop>;
}

const ladders = new WeakMap<readonly Tick[], Ladder>();

/** Returns the ladder of a state's window. A state that contradicts the states before it begins a new one. */
export function ladderOf({ tick, liquidity, window }: ConcentratedState, { spacing, stops }: Stepping): Ladder {
  const index = indexAtOrBelow(window.ticks, tick);
  const known = ladders.get(window.ticks);
  const fits =
    known !== undefined &&
    known.window.lower === window.lower &&
    known.window.upper === window.upper &&
    known.stepping.spacing === spacing &&
    known.stepping.stops === stops &&
    liquidityAbove(known, index) === liquidity;
  if (fits) return known;
  const ladder: Ladder = {
    window,
    stepping: { spacing, stops },
    liquidity: new Array(window.ticks.length + 1),
    low: index,
    high: index,
    stopsDown: new Map(),
    stopsUp: new Map(),
  };
  ladder.liquidity[index + 1] = liquidity;
  ladders.set(window.ticks, ladder);
  return ladder;
}

/** Returns the liquidity between the tick at `index` and the next, from the one place at which it was told. */
export function liquidityAbove(ladder: Ladder, index: number): bigint {
  const { liquidity, window } = ladder;
  for (; ladder.high < index; ladder.high++) {
    const above = window.ticks[ladder.high + 1]?.liquidityNet ?? 0n;
    liquidity[ladder.high + 2] = (liquidity[ladder.high + 1] ?? 0n) + above;
  }
  for (; ladder.low > index; ladder.low--) {
    const below = window.ticks[ladder.low]?.liquidityNet ?? 0n;
    liquidity[ladder.low] = (liquidity[ladder.low + 1] ?? 0n) - below;
  }
  return liquidity[index + 1] ?? 0n;
}

/** Returns the place of the last tick at or below `tick`, −1 where there is none. */
export function indexAtOrBelow(ticks: readonly Tick[], tick: number): number {
  let [low, high] = [-1, ticks.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((ticks[middle]?.tick ?? maxTick) <= tick) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Returns the step that a state's swap begins with. */
export function firstStep(ladder: Ladder, state: ConcentratedState, zeroToOne: boolean): Step | Ending {
  const { sqrtPriceX96, tick, liquidity, window } = state;
  return stepFrom(ladder, zeroToOne, {
    price: sqrtPriceX96,
    tick,
    liquidity,
    index: indexAtOrBelow(window.ticks, tick),
  });
}

/** Returns the step that follows on one that is taken to its end. */
export function stepAfter(ladder: Ladder, { stop, tick }: Step, zeroToOne: boolean): Step | Ending {
  if (stop === undefined) return { cause: "limit", tick };
  if (stop.barred !== undefined) return stop.barred;
  stop.onward ??= stepFrom(ladder, zeroToOne, stop);
  return stop.onward;
}

type Place = Pick<Stop, "price" | "tick" | "liquidity" | "index">;

function stepFrom(ladder: Ladder, zeroToOne: boolean, place: Place): Step | Ending {
  const stop = stopFrom(ladder, zeroToOne, place);
  if ("cause" in stop) return stop;
  const { price, tick, liquidity } = place;
  const limit = zeroToOne ? minSqrtPriceX96 : maxSqrtPriceX96;
  const isLimited = zeroToOne ? stop.price < limit : stop.price > limit;
  const end = isLimited ? limit : stop.price;
  const scaled = liquidity << 96n;
  return {
    price,
    tick,
    liquidity,
    stop: isLimited ? undefined : stop,
    amountIn: zeroToOne ? amount0Up(end, price, liquidity) : amount1Up(price, end, liquidity),
    amountOut: zeroToOne ? amount1Down(end, price, liquidity) : amount0Down(price, end, liquidity),
    scaled,
    scaledPrice: scaled * price,
    cost: 0n,
    costFee: -1n,
  };
}

/** Finds where a step from `place` ends. Downward the tick itself counts, upward it does not. */
function stopFrom(ladder: Ladder, zeroToOne: boolean, { tick, index }: Place): Stop | Ending {
  const { window, stepping } = ladder;
  const { spacing, stops } = stepping;
  const nextIndex = zeroToOne ? index : index + 1;
  const next = window.ticks[nextIndex];
  const linked = stops === "linked";
  const slot = Math.floor(tick / spacing) + (zeroToOne ? 0 : 1);
  const isUnknown = zeroToOne
    ? tick < window.lower && window.lower > minTick
    : slot * spacing > window.upper && window.upper < maxTick;
  if (isUnknown) return { cause: "window", tick };
  const edge = linked
    ? zeroToOne
      ? window.lower
      : window.upper
    : ((slot >> 8) * 256 + (zeroToOne ? 0 : 255)) * spacing;
  const isReached = next !== undefined && (zeroToOne ? next.tick >= edge : next.tick <= edge);
  const at = isReached ? next.tick : Math.min(Math.max(edge, minTick), maxTick);
  const known = (zeroToOne ? ladder.stopsDown : ladder.stopsUp).get(at);
  if (known !== undefined) return known;

  const after = isReached ? (zeroToOne ? index - 1 : index + 1) : index;
  const liquidity = liquidityAbove(ladder, after);
  const stop: Stop = {
    price: sqrtPriceAtTick(at),
    tick: zeroToOne ? at - 1 : at,
    liquidity,
    index: after,
    barred: isReached
      ? next.hasLimitOrders === true
        ? { cause: "orders", tick: at }
        : liquidity < 0n
          ? { cause: "negative", tick: at }
          : undefined
      : // Linked ticks know no edges, so the step would have been longer.
        linked
        ? { cause: "window", tick: at }
        : undefined,
    onward: undefined,
  };
  (zeroToOne ? ladder.stopsDown : ladder.stopsUp).set(at, stop);
  return stop;
}
