/** How long an operation takes, in nanoseconds. */
export interface Timing {
  /** Of the samples. */
  readonly medianNs: number;
  readonly p99Ns: number;
  readonly samples: number;
}

export interface MeasureOptions {
  /** How long to measure, warm-up excluded. */
  readonly budgetMs: number;
  /** How many times the operation does its work when it is called once; 1 when left out. */
  readonly perCall?: number;
  /** Taken even when they exceed the budget; 5 when left out. */
  readonly leastSamples?: number;
  /** How long to warm up; a third of the budget when left out. */
  readonly warmUpMs?: number;
  /** What has to happen before each call without being timed. With it every call is a sample of its own. */
  readonly prepare?: (call: number) => void;
}

/** A sample is no shorter than this, so that reading the clock, some 50 ns, is not what is measured. */
const leastSampleNs = 200_000n;

/**
 * Times an operation. A sample is a run of as many calls as fill at least a fifth of a millisecond, or one call where
 * that takes longer: the figures of a shorter operation are of means over such runs.
 *
 * The median is what the operation takes; the 99th percentile has in it what the machine does besides, and the garbage
 * collection that the operation causes.
 *
 * @param operation gets the number of the call, so that calls can differ; what it returns is kept, so that the compiler
 * leaves nothing out
 */
export function measure(operation: (call: number) => unknown, options: MeasureOptions): Timing {
  let call = 0;
  const plan = sampling(options);
  while (!plan.done()) {
    const { calls } = plan;
    options.prepare?.(call);
    const start = process.hrtime.bigint();
    for (let i = 0; i < calls; i++) kept[call & keptMask] = operation(call++);
    plan.add(process.hrtime.bigint() - start);
  }
  return plan.timing();
}

/** As `measure`, for an operation whose promise is awaited. */
export async function measureAsync(
  operation: (call: number) => Promise<unknown>,
  options: Omit<MeasureOptions, "prepare">,
): Promise<Timing> {
  let call = 0;
  const plan = sampling(options);
  while (!plan.done()) {
    const { calls } = plan;
    const start = process.hrtime.bigint();
    for (let i = 0; i < calls; i++) kept[call & keptMask] = await operation(call++);
    plan.add(process.hrtime.bigint() - start);
  }
  return plan.timing();
}

/** The last results: what is stored where others may read it has to be computed. */
const kept: unknown[] = new Array(256).fill(undefined);
const keptMask = 255;

/** Decides how many calls make a sample while it warms up, and then collects samples. */
function sampling(options: MeasureOptions) {
  const { budgetMs, perCall = 1, leastSamples = 5, warmUpMs = budgetMs / 3, prepare } = options;
  const leastNs = prepare === undefined ? leastSampleNs : 0n;
  const samples: number[] = [];
  const toNs = (ms: number) => BigInt(Math.round(ms * 1e6));
  let warm = 0n;
  let measured = 0n;
  let calls = 1;
  return {
    get calls() {
      return calls;
    },
    add(elapsed: bigint) {
      if (warm < toNs(warmUpMs) || (elapsed < leastNs && samples.length === 0)) {
        warm += elapsed;
        if (elapsed < leastNs) calls *= 2;
        return;
      }
      measured += elapsed;
      samples.push(Number(elapsed) / (calls * perCall));
    },
    done: () => measured >= toNs(budgetMs) && samples.length >= leastSamples,
    timing(): Timing {
      const sorted = samples.toSorted((a, b) => a - b);
      return { medianNs: quantile(sorted, 0.5), p99Ns: quantile(sorted, 0.99), samples: samples.length };
    },
  };
}

/** Returns the smallest of the sorted samples that at least this share of them does not exceed. */
export function quantile(sorted: readonly number[], share: number): number {
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (value === undefined) throw new Error("There is no quantile of nothing.");
  return value;
}

/**
 * Returns the exponent b of the power law y = a·x^b that fits the points best, by least squares of the logarithms: 1 is
 * linear, below 1 sub-linear, 0 constant.
 */
export function logLogSlope(points: readonly (readonly [x: number, y: number])[]): number {
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)] as const);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanX, meanY] = [mean(logs.map(([x]) => x)), mean(logs.map(([, y]) => y))];
  const covariance = logs.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  return covariance / logs.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
}
