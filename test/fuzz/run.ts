import type { RefusalReason } from "../../bot/domain/quote.ts";
import { seededRandom } from "../support/random.ts";
import { type Check, judge, type Verdict } from "./case.ts";
import type { Playground } from "./ground.ts";
import { shrink, writeNumbers } from "./shrink.ts";
import type { FuzzSubject, FuzzVariant, Numbers } from "./variant.ts";

/** What the cases of one variant came to. */
export interface Report {
  readonly variant: string;
  readonly cases: number;
  readonly paid: number;
  readonly refused: ReadonlyMap<RefusalReason, number>;
  readonly differences: number;
  /** The first of the differences, shrunk. */
  readonly findings: readonly Finding[];
  readonly seconds: number;
}

/** A case in which the bot and the chain differ, as small as it gets. */
export interface Finding {
  readonly check: Check;
  readonly detail: string;
  readonly case: number;
  readonly numbers: Numbers;
}

/** Every so many cases one is sent as a transaction, for its events. */
const casesPerTransaction = 8;

/** A case has a stream of its own, so that it can be repeated alone. */
const casesPerSeed = 2 ** 20;

export function numbersOf(subject: FuzzSubject, seed: number, index: number): Numbers {
  return subject.draw(seededRandom(seed * casesPerSeed + index));
}

/** Which cases are run, and how many differences of a variant are shrunk and shown. */
export interface Range {
  readonly runs: number;
  readonly seed: number;
  readonly first?: number;
  readonly maxFindings?: number;
}

/** Runs the cases of a variant whose numbers are those of `seed` and an index from `first` on. */
export async function runVariant(
  playground: Playground,
  variant: FuzzVariant,
  subject: FuzzSubject,
  { runs, seed, first = 0, maxFindings = 3 }: Range,
): Promise<Report> {
  const started = performance.now();
  let paid = 0;
  let differences = 0;
  const refused = new Map<RefusalReason, number>();
  const findings: Finding[] = [];
  for (let index = first; index < first + runs; index++) {
    const inTransaction = index % casesPerTransaction === 0;
    const numbers = numbersOf(subject, seed, index);
    const verdict = await judgeNumbers(playground, variant, subject, numbers, inTransaction);
    if (verdict === undefined)
      throw new Error(`${variant.name} draws numbers that make no case: ${writeNumbers(numbers)}`);
    if (verdict.kind === "paid") paid++;
    else if (verdict.kind === "refused") refused.set(verdict.reason, (refused.get(verdict.reason) ?? 0) + 1);
    else {
      differences++;
      if (findings.length < maxFindings) {
        findings.push({ ...(await findSmallest(playground, variant, subject, numbers, verdict)), case: index });
      }
    }
  }
  const seconds = (performance.now() - started) / 1_000;
  return { variant: variant.name, cases: runs, paid, refused, differences, findings, seconds };
}

/**
 * Returns how a case ends, or undefined where its numbers make none.
 *
 * @throws {StepError} when the chain refuses to be brought into its state
 */
export async function judgeNumbers(
  playground: Playground,
  variant: FuzzVariant,
  subject: FuzzSubject,
  numbers: Numbers,
  inTransaction: boolean,
): Promise<Verdict | undefined> {
  const arrangement = await subject.arrange(numbers);
  return arrangement && judge(playground, variant, arrangement, { inTransaction });
}

type Difference = Verdict & { readonly kind: "differs" };

async function findSmallest(
  playground: Playground,
  variant: FuzzVariant,
  subject: FuzzSubject,
  numbers: Numbers,
  first: Difference,
): Promise<Omit<Finding, "case">> {
  let smallest = first;
  const shrunk = await shrink(numbers, async (smaller) => {
    const inTransaction = first.check === "follow";
    // Numbers that no draw gives may break the arrangement itself.
    const verdict = await judgeNumbers(playground, variant, subject, smaller, inTransaction).catch(() => undefined);
    if (verdict?.kind !== "differs" || verdict.check !== first.check) return false;
    smallest = verdict;
    return true;
  });
  return { check: smallest.check, detail: smallest.detail, numbers: shrunk };
}

/** Shows what the cases of a variant came to on one line, and each difference on one that repeats it. */
export function showReport(
  { variant, cases, paid, refused, differences, findings, seconds }: Report,
  seed: number,
): string {
  const reasons = [...refused].sort(([a], [b]) => (a < b ? -1 : 1)).map(([reason, count]) => `${count} ${reason}`);
  const counts = [`${cases} cases`, `${paid} paid`, ...reasons, `${differences} differences`];
  const lines = findings.map((finding) => {
    const numbers = writeNumbers(finding.numbers);
    return `  case ${finding.case} of seed ${seed}, ${finding.check}: ${finding.detail}: npm run fuzz -- --variant ${variant} --numbers '${numbers}'`;
  });
  return [`${variant}: ${counts.join(", ")}; ${Math.round(cases / seconds)} cases/s`, ...lines].join("\n");
}
