/** Where a function is greatest, and what it is there. */
export interface Maximum {
  readonly at: number;
  readonly value: number;
}

/** 2 − the golden ratio: where a golden section puts its next point. */
const goldenShare = 0.381_966_011_250_105;
/** The grid's points stand to each other as one to this. */
const gridRatio = 4;
/** A top of the grid is climbed where it has at least this share of the highest. */
const rivalShare = 0.5;
/** The finest place of a maximum, relative: it is flat, so that half the digits of a double are all it can have. */
export const finest = 1e-8;
const maxSteps = 60;

/**
 * Returns the greatest value of `profit` between `low` and `high`, both above zero, where it may have several tops.
 *
 * A geometric grid finds the tops, and the two highest are climbed between their neighbors. The grid ends where the
 * profit has fallen below zero for good: what a route loses grows without end beyond its last top.
 *
 * @param tolerance how exact `at` is, relative
 */
export function maximize(profit: (x: number) => number, low: number, high: number, tolerance = finest): Maximum {
  let first: Top | undefined;
  let second: Top | undefined;
  let [before, atBefore] = [low / gridRatio, -Infinity];
  let [here, atHere] = [low, profit(low)];
  let best = atHere;
  for (;;) {
    const next = Math.min(here * gridRatio, high);
    const atNext = next > here ? profit(next) : -Infinity;
    if (atHere >= atBefore && atHere >= atNext) {
      const top = { from: before, to: next, at: here, value: atHere };
      if (first === undefined || atHere > first.value) [second, first] = [first, top];
      else if (second === undefined || atHere > second.value) second = top;
    }
    if (!(next > here)) break;
    if (atNext > best) best = atNext;
    [before, atBefore, here, atHere] = [here, atHere, next, atNext];
    if (atHere < 0 && atHere < atBefore && atHere < -best) break;
  }
  if (first === undefined) return { at: low, value: best };
  const one = climb(profit, first, tolerance);
  if (second === undefined || second.value < rivalShare * one.value) return one;
  const other = climb(profit, second, tolerance);
  return other.value > one.value ? other : one;
}

/** Returns the top next to `hint`, where the function was greatest before it changed a little. */
export function maximizeNear(
  profit: (x: number) => number,
  hint: number,
  low: number,
  high: number,
  tolerance: number,
): Maximum {
  let step = 1.1;
  let [at, value] = [hint, profit(hint)];
  let [left, right] = [Math.max(low, at / step), Math.min(high, at * step)];
  let [atLeft, atRight] = [profit(left), profit(right)];
  while (atLeft > value || atRight > value) {
    step *= step;
    if (atLeft > atRight) {
      if (left <= low) break;
      [right, at, value, left] = [at, left, atLeft, Math.max(low, left / step)];
      [atRight, atLeft] = [-Infinity, profit(left)];
    } else {
      if (right >= high) break;
      [left, at, value, right] = [at, right, atRight, Math.min(high, right * step)];
      [atLeft, atRight] = [-Infinity, profit(right)];
    }
  }
  return climb(profit, { from: left, to: right, at, value }, tolerance);
}

/** A point that is higher than both ends around it. */
interface Top extends Maximum {
  readonly from: number;
  readonly to: number;
}

/** Brent's method: parabolas through the best three points, a golden section where a parabola does not help. */
export function climb(profit: (x: number) => number, top: Top, tolerance: number): Maximum {
  let [low, high] = [top.from, top.to];
  let { at: best, value: atBest } = top;
  let [second, third] = [best, best];
  let [atSecond, atThird] = [atBest, atBest];
  let step = 0;
  let stepBefore = 0;
  for (let i = 0; i < maxSteps; i++) {
    const middle = (low + high) / 2;
    const near = tolerance * best;
    if (Math.abs(best - middle) <= 2 * near - (high - low) / 2) break;
    let parabolic = false;
    if (Math.abs(stepBefore) > near) {
      const r = (best - second) * (atThird - atBest);
      const q = (best - third) * (atSecond - atBest);
      const numerator = (best - third) * q - (best - second) * r;
      const denominator = 2 * (q - r);
      const move = denominator === 0 ? Infinity : -numerator / denominator;
      if (Math.abs(move) < Math.abs(stepBefore / 2) && best + move > low && best + move < high) {
        stepBefore = step;
        step = move;
        parabolic = true;
      }
    }
    if (!parabolic) {
      stepBefore = best >= middle ? low - best : high - best;
      step = goldenShare * stepBefore;
    }
    const x = best + (Math.abs(step) >= near ? step : step > 0 ? near : -near);
    const value = profit(x);
    if (value >= atBest) {
      if (x >= best) low = best;
      else high = best;
      [third, atThird, second, atSecond] = [second, atSecond, best, atBest];
      [best, atBest] = [x, value];
    } else {
      if (x < best) low = x;
      else high = x;
      if (value >= atSecond || second === best) {
        [third, atThird, second, atSecond] = [second, atSecond, x, value];
      } else if (value >= atThird || third === best || third === second) {
        [third, atThird] = [x, value];
      }
    }
  }
  return { at: best, value: atBest };
}
