import type { Numbers } from "./variant.ts";

/** Trials after which a case is small enough. */
const maxTrials = 1_000;

/** Whether a smaller case still fails. */
type Fails = (smaller: Numbers) => Promise<boolean>;

/**
 * Makes a failing case smaller for as long as it fails in the same way: elements of lists go, integers shrink toward zero.
 */
export async function shrink(numbers: Numbers, fails: Fails): Promise<Numbers> {
  let trials = 0;
  const tried: Fails = async (smaller) => trials++ < maxTrials && (await fails(smaller));
  for (let smallest = numbers; ; ) {
    const before = writeNumbers(smallest);
    smallest = await shrinkOnce(smallest, tried);
    // What one place has lost may let another shrink.
    if (writeNumbers(smallest) === before) return smallest;
  }
}

async function shrinkOnce(numbers: Numbers, fails: Fails): Promise<Numbers> {
  if (typeof numbers === "bigint") return shrinkInteger(numbers, fails);
  if (isList(numbers)) {
    let list = numbers;
    for (let index = list.length - 1; index >= 0; index--) {
      const without = list.toSpliced(index, 1);
      if (await fails(without)) list = without;
    }
    for (const index of list.keys()) {
      const element = list[index] ?? 0n;
      list = list.with(index, await shrinkOnce(element, (smaller) => fails(list.with(index, smaller))));
    }
    return list;
  }
  let record = numbers;
  for (const [name, value] of Object.entries(numbers)) {
    record = { ...record, [name]: await shrinkOnce(value, (smaller) => fails({ ...record, [name]: smaller })) };
  }
  return record;
}

/** Bisects between zero and a value that fails. */
async function shrinkInteger(value: bigint, fails: Fails): Promise<bigint> {
  if (value === 0n || (await fails(0n))) return 0n;
  let [passing, failing] = [0n, value];
  for (let distance = value / 2n; distance !== 0n; distance = (failing - passing) / 2n) {
    const middle = passing + distance;
    if (await fails(middle)) failing = middle;
    else passing = middle;
  }
  return failing;
}

function isList(numbers: Numbers): numbers is readonly Numbers[] {
  return Array.isArray(numbers);
}

/** Writes a case down on one line. */
export function writeNumbers(numbers: Numbers): string {
  return JSON.stringify(numbers, (_, value) => (typeof value === "bigint" ? `${value}` : value));
}

/**
 * Reads a case that `writeNumbers` wrote.
 *
 * @throws {SyntaxError} when the text is none
 */
export function readNumbers(text: string): Numbers {
  return numbersOf(JSON.parse(text));
}

function numbersOf(value: unknown): Numbers {
  if (typeof value === "string" && /^-?\d+$/.test(value)) return BigInt(value);
  if (Array.isArray(value)) return value.map(numbersOf);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, numbersOf(inner)]));
  }
  throw new SyntaxError(`${JSON.stringify(value)} is no integer in quotation marks, list or object.`);
}
