import { StreamjobError } from '../base/errors.ts';
import { describeType, isBytes, isDate, isMap, isPlainObject, isSet } from './value.ts';

/**
 * The order of all values, as `sortBy` and `top` use it: negative if `a` comes first, 0 if they are equal as keys are
 * (Maps and Sets: if they hold the same in the same order).
 *
 * By type: null, undefined, false, true, numbers and bigints, strings, Dates, Uint8Arrays, arrays, objects, Maps, Sets.
 * Numbers and bigints mix by size, a number before an equal bigint, NaN behind all; -0 is 0. Strings go by UTF-16 code
 * unit, bytes by byte, Dates by time with invalid ones last. Arrays go by their first difference, a prefix first; objects
 * likewise by name and value with names sorted, Maps and Sets by what they hold in their order.
 * Throws StreamjobError `not-a-value`.
 */
export function compareValues(a: unknown, b: unknown): number {
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0;
  if (typeof a === 'number' && typeof b === 'number') return compareNumbers(a, b);
  const rank = rankOf(a);
  const difference = rank - rankOf(b);
  return difference === 0 ? comparators[rank]!(a as never, b as never) : difference;
}

function rankOf(x: unknown): number {
  switch (typeof x) {
    case 'undefined':
      return rank.undefined;
    case 'boolean':
      return rank.boolean;
    case 'number':
    case 'bigint':
      return rank.number;
    case 'string':
      return rank.string;
    case 'object':
      return x === null ? rank.null : rankOfObject(x);
    default:
      throw notComparable(x);
  }
}

const rank = {
  null: 0,
  undefined: 1,
  boolean: 2,
  number: 3,
  string: 4,
  date: 5,
  bytes: 6,
  array: 7,
  object: 8,
  map: 9,
  set: 10,
} as const;

function rankOfObject(x: object): number {
  if (Array.isArray(x)) return rank.array;
  if (isPlainObject(x)) return rank.object;
  if (isDate(x)) return rank.date;
  if (isBytes(x)) return rank.bytes;
  if (isMap(x)) return rank.map;
  if (isSet(x)) return rank.set;
  throw notComparable(x);
}

/** By rank. */
const comparators: readonly ((a: never, b: never) => number)[] = [
  () => 0,
  () => 0,
  (a: boolean, b: boolean) => Number(a) - Number(b),
  compareNumbers,
  (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0),
  (a: Date, b: Date) => compareNumbers(a.getTime(), b.getTime()),
  (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b),
  compareArrays,
  (a: Record<string, unknown>, b: Record<string, unknown>) => compareArrays(sortedEntries(a), sortedEntries(b)),
  (a: Map<unknown, unknown>, b: Map<unknown, unknown>) => compareArrays([...a], [...b]),
  (a: Set<unknown>, b: Set<unknown>) => compareArrays([...a], [...b]),
];

function compareNumbers(a: number | bigint, b: number | bigint): number {
  if (a < b) return -1;
  if (a > b) return 1;
  const aIsNaN = Number.isNaN(a);
  const bIsNaN = Number.isNaN(b);
  if (aIsNaN || bIsNaN) return Number(aIsNaN) - Number(bIsNaN);
  return Number(typeof a === 'bigint') - Number(typeof b === 'bigint');
}

function compareArrays(a: readonly unknown[], b: readonly unknown[]): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const difference = compareValues(a[i], b[i]);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

const sortedEntries = (object: Record<string, unknown>): unknown[] =>
  Object.keys(object)
    .sort()
    .map((name) => [name, object[name]]);

const notComparable = (x: unknown): StreamjobError =>
  new StreamjobError('not-a-value', `Expected a value to sort by, but got ${describeType(x)}.`, {
    remedy: 'Sort by null, booleans, numbers, strings, bigints, Dates, Uint8Arrays, or arrays and objects of these.',
  });
