/**
 * Finds the first place where two values of plain data differ: objects, arrays, typed arrays, maps and sets of
 * primitives. Returns the place with both values, as "reserves[0] is 5n, not 7n", or undefined where they are equal.
 */
export function differenceOf(actual: unknown, expected: unknown, place = ""): string | undefined {
  if (Object.is(actual, expected)) return undefined;
  if (isObject(actual) && isObject(expected) && Object.getPrototypeOf(actual) === Object.getPrototypeOf(expected)) {
    const [entries, others] = [entriesOf(actual), entriesOf(expected)];
    for (const [key, value] of entries) {
      const at = placeOf(place, key, actual);
      if (!others.has(key)) return `${at} is ${show(value)}, not there`;
      const difference = differenceOf(value, others.get(key), at);
      if (difference !== undefined) return difference;
    }
    for (const [key, value] of others) {
      if (!entries.has(key)) return `${placeOf(place, key, actual)} is not there, but ${show(value)}`;
    }
    return undefined;
  }
  return `${place || "it"} is ${show(actual)}, not ${show(expected)}`;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function entriesOf(value: object): ReadonlyMap<unknown, unknown> {
  if (value instanceof Map) return value;
  if (value instanceof Set) return new Map([...value].map((member) => [member, member]));
  return new Map(Object.entries(value));
}

function placeOf(place: string, key: unknown, holder: object): string {
  const isNamed = !Array.isArray(holder) && !ArrayBuffer.isView(holder) && !(holder instanceof Map);
  if (!isNamed) return `${place}[${String(key)}]`;
  return place === "" ? String(key) : `${place}.${String(key)}`;
}

function show(value: unknown): string {
  if (typeof value === "bigint") return `${value}n`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return isObject(value) ? "an object" : String(value);
}
