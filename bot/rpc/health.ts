/**
 * Why an endpoint is not asked. Closed, so that logs can be counted by it.
 *
 * - `wrong-chain`: it serves another chain than the configured one
 * - `lagging`: its newest block is more than `rpcMaxLagBlocks` behind what was known when it was asked
 * - `stale`: it answered with the state of another block than it was asked for
 * - `failing`: several requests in a row had no answer
 * - `disagrees`: other endpoints agree on another answer
 */
export type Fault = "wrong-chain" | "lagging" | "stale" | "failing" | "disagrees";

/** What is wrong with an endpoint: the fault, with the actual value and the limit. */
export interface Problem {
  readonly fault: Fault;
  readonly detail: string;
}

export interface Quarantine extends Problem {
  readonly sinceMs: number;
  /** When the endpoint may prove that it is healthy. */
  readonly probeAtMs: number;
}

/** What is known of one endpoint. Times are of `performance.now()`. */
export interface Health {
  readonly name: string;
  /** The newest block that it has told of. */
  readonly head: bigint | undefined;
  /** What its last answers took, the newest one for a fifth. */
  readonly latencyMs: number | undefined;
  /** Requests in a row that had no answer. */
  readonly failures: number;
  readonly quarantine: Quarantine | undefined;
  /** How often it was quarantined, or failed a probe, since it was last healthy for long: each doubles the next pause. */
  readonly strikes: number;
  readonly healthySinceMs: number;
}

export interface HealthLimits {
  readonly maxLagBlocks: bigint;
  /** The pause before the first probe: it doubles with each strike. */
  readonly probeMs: number;
}

/** As many requests in a row without an answer quarantine an endpoint. */
const maxFailures = 3;
/** A longer pause between two probes would only delay the way back. */
const maxProbeMs = 60_000;
/** An endpoint that was healthy for as long begins anew with its strikes. */
const forgivenAfterMs = 600_000;
/** An endpoint is not left for another one that is ahead by no more blocks: heads are known with a delay. */
const toleratedLead = 2n;

/** Returns an endpoint of which nothing is known. */
export function unknownHealth(name: string, nowMs: number): Health {
  return {
    name,
    head: undefined,
    latencyMs: undefined,
    failures: 0,
    quarantine: undefined,
    strikes: 0,
    healthySinceMs: nowMs,
  };
}

/** Takes in that a request was answered. */
export function answered(health: Health, latencyMs: number): Health {
  const smoothed = health.latencyMs === undefined ? latencyMs : (health.latencyMs * 4 + latencyMs) / 5;
  return { ...health, failures: 0, latencyMs: smoothed };
}

/** Takes in that a request had no answer, and quarantines the endpoint when it is one too many. */
export function failed(health: Health, reason: string, nowMs: number, limits: HealthLimits): Health {
  const failures = health.failures + 1;
  const next = { ...health, failures };
  if (failures < maxFailures || health.quarantine !== undefined) return next;
  const detail = `${failures} requests in a row had no answer, the limit is ${maxFailures - 1}: ${reason}`;
  return quarantined(next, { fault: "failing", detail }, nowMs, limits);
}

/**
 * Takes in the newest block of an endpoint, and quarantines it when it lags.
 *
 * @param known the newest block that any healthy endpoint had told of when this one was asked
 */
export function told(
  health: Health,
  head: bigint,
  known: bigint | undefined,
  nowMs: number,
  limits: HealthLimits,
): Health {
  const next = { ...health, head };
  const problem = lagOf(head, known, limits);
  return problem === undefined || health.quarantine !== undefined ? next : quarantined(next, problem, nowMs, limits);
}

/** Returns the problem of a newest block that is too far behind, or undefined. */
export function lagOf(
  head: bigint,
  known: bigint | undefined,
  { maxLagBlocks }: Pick<HealthLimits, "maxLagBlocks">,
): Problem | undefined {
  if (known === undefined || known - head <= maxLagBlocks) return undefined;
  const detail = `its newest block is ${head}, ${known - head} behind ${known}: the limit is ${maxLagBlocks}`;
  return { fault: "lagging", detail };
}

/** Takes an endpoint out of use. One that is out already gets the newer problem, and a longer pause. */
export function quarantined(health: Health, problem: Problem, nowMs: number, { probeMs }: HealthLimits): Health {
  const isForgiven = health.quarantine === undefined && nowMs - health.healthySinceMs >= forgivenAfterMs;
  const strikes = (isForgiven ? 0 : health.strikes) + 1;
  const pauseMs = Math.min(probeMs * 2 ** (strikes - 1), maxProbeMs);
  const sinceMs = health.quarantine?.sinceMs ?? nowMs;
  return { ...health, strikes, quarantine: { ...problem, sinceMs, probeAtMs: nowMs + pauseMs } };
}

/** Takes an endpoint into use again. */
export function released(health: Health, nowMs: number): Health {
  return { ...health, failures: 0, quarantine: undefined, healthySinceMs: nowMs };
}

/** Returns the newest block that a healthy endpoint has told of, or undefined. */
export function newestHead(healths: readonly Health[]): bigint | undefined {
  return healths.reduce<bigint | undefined>((newest, { head, quarantine }) => {
    if (head === undefined || quarantine !== undefined) return newest;
    return newest === undefined || head > newest ? head : newest;
  }, undefined);
}

/**
 * Returns which endpoints a read goes to, by their places: the freshest healthy one first, `current` where no other is
 * ahead of it by more than two blocks, and those that just failed, or have not told of the block that is asked for, last.
 *
 * Where none is healthy, those that lag or fail are asked all the same: the pipeline proves every answer by itself. One
 * that serves another chain or another state is never asked.
 */
export function orderOf(
  healths: readonly Health[],
  { current, block }: { readonly current: number | undefined; readonly block: bigint | undefined },
): readonly number[] {
  const places = [...healths.keys()];
  const of = (place: number) => healths[place] as Health;
  const healthy = places.filter((place) => of(place).quarantine === undefined);
  const last = places.filter((place) => ["lagging", "failing"].includes(of(place).quarantine?.fault ?? ""));
  const candidates = healthy.length > 0 ? healthy : last;
  const freshest = candidates.reduce((newest, place) => {
    const head = of(place).head ?? 0n;
    return head > newest ? head : newest;
  }, 0n);
  const rank = (place: number): readonly number[] => {
    const { failures, head = 0n, latencyMs } = of(place);
    const isCurrent = place === current && freshest - head <= toleratedLead;
    const isBefore = block !== undefined && head < block;
    return [failures, Number(isBefore), isCurrent ? -1 : Number(freshest - head), latencyMs ?? 0, place];
  };
  return candidates.toSorted((a, b) => compare(rank(a), rank(b)));
}

function compare(a: readonly number[], b: readonly number[]): number {
  const index = a.findIndex((value, place) => value !== b[place]);
  return index === -1 ? 0 : (a[index] ?? 0) - (b[index] ?? 0);
}

/**
 * Judges answers to one question: what most endpoints say, and who says something else. Without a majority nobody can be
 * told to be wrong.
 */
export function judge(votes: readonly { readonly place: number; readonly answer: string }[]): {
  readonly agreed: boolean;
  readonly odd: readonly number[];
} {
  const groups = [...Map.groupBy(votes, ({ answer }) => answer).values()].sort((a, b) => b.length - a.length);
  const [most = [], ...others] = groups;
  const hasMajority = most.length * 2 > votes.length;
  return { agreed: others.length === 0, odd: hasMajority ? others.flat().map(({ place }) => place) : [] };
}
