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
