import { deepStrictEqual } from 'node:assert/strict';

/**
 * What equal means for keys, written down a second time and naively: same type, same content; the order of an object's
 * fields does not count; -0 is 0 and NaN is NaN.
 */
export function sameKey(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return sameScalar(a, b);
  if (kindOf(a) !== kindOf(b)) return false;
  if (a instanceof Date) return sameScalar(a.getTime(), (b as Date).getTime());
  if (a instanceof Uint8Array) return sameItems([...a], [...(b as Uint8Array)]);
  if (Array.isArray(a)) return sameItems(a, b as unknown[]);
  const names = Object.keys(a).sort();
  return (
    sameItems(names, Object.keys(b).sort()) &&
    names.every((name) => sameKey((a as Record<string, unknown>)[name], (b as Record<string, unknown>)[name]))
  );
}

const sameScalar = (a: unknown, b: unknown): boolean => a === b || (Number.isNaN(a) && Number.isNaN(b));

const kindOf = (x: object): string =>
  Array.isArray(x) ? 'array' : x instanceof Date ? 'date' : x instanceof Uint8Array ? 'bytes' : 'object';

const sameItems = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((item, index) => sameKey(item, b[index]));

/**
 * Fails unless two values are exactly the same: kinds, -0, the order of fields and of the entries of maps and sets. Node's
 * `deepStrictEqual` takes an invalid date within a map or set for different from itself.
 */
export function expectSame(a: unknown, b: unknown): void {
  deepStrictEqual(exactForm(a), exactForm(b));
}

function exactForm(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return ['date', value.getTime()];
  if (value instanceof Uint8Array) return ['bytes', ...value];
  if (value instanceof Map) return ['map', ...[...value].map((entry) => entry.map(exactForm))];
  if (value instanceof Set) return ['set', ...[...value].map(exactForm)];
  if (Array.isArray(value)) return ['array', ...Array.from(value, exactForm)];
  return ['object', ...Object.entries(value).map(([name, field]) => [name, exactForm(field)])];
}
