import { StreamjobError } from '../base/errors.ts';

/**
 * The value domain: what a record, key or state may be. null, undefined, boolean, number, string, bigint, Date,
 * Uint8Array (a Buffer counts as one), array, plain object (also without prototype, as `match().groups`), Map and Set of
 * these. Of objects the own enumerable fields with string names count, of arrays the elements.
 */
export const maxDepth = 1000;

/** What is not a value in `x`, the first one found, with its path: `a function at .items[3].run`. Undefined if all is well. */
export function checkValue(x: unknown): string | undefined {
  const found = findForeign(x, []);
  return found && describeFound(found);
}

/** The error for what `checkValue` found. */
export const notAValue = (what: string): StreamjobError =>
  new StreamjobError('not-a-value', `Expected a record value, but got ${what}.`, {
    remedy:
      'Return null, booleans, numbers, strings, bigints, Dates, Uint8Arrays, arrays, plain objects, or Maps and Sets of these.',
  });

/** How the type of anything is named in messages: `a function`, `an instance of Foo`, `the number 5`. */
export function describeType(x: unknown): string {
  if (x === null || x === undefined || typeof x === 'boolean') return String(x);
  if (typeof x === 'number') return `the number ${Object.is(x, -0) ? '-0' : x}`;
  if (typeof x !== 'object') return `a ${typeof x}`;
  if (Array.isArray(x)) return `an array of ${x.length}`;
  if (isPlainObject(x)) return 'an object';
  return x instanceof Promise ? 'a promise' : `an instance of ${className(x)}`;
}

/** True for `{…}`, `Object.create(null)` and what JSON.parse makes; false for instances of classes. */
export function isPlainObject(x: object): x is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(x);
  return prototype === Object.prototype || prototype === null;
}

export const isBytes = (x: object): x is Uint8Array =>
  Object.getPrototypeOf(x) === Uint8Array.prototype || Object.getPrototypeOf(x) === Buffer.prototype;

export const isDate = (x: object): x is Date => Object.getPrototypeOf(x) === Date.prototype;
export const isMap = (x: object): x is Map<unknown, unknown> => Object.getPrototypeOf(x) === Map.prototype;
export const isSet = (x: object): x is Set<unknown> => Object.getPrototypeOf(x) === Set.prototype;

/**
 * Freezes the arrays and plain objects of a value, at every depth, and returns it. What a Map, Set, Date or Uint8Array
 * holds of itself cannot be frozen in JavaScript; the values inside Maps and Sets are.
 */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (value instanceof Map || value instanceof Set) {
    for (const [key, item] of value.entries()) {
      deepFreeze(key);
      deepFreeze(item);
    }
    return value;
  }
  if (value instanceof Date) return value;
  for (const item of Object.values(value)) deepFreeze(item);
  return Object.freeze(value);
}

/** `path` leads from the outside in. */
interface Found {
  readonly what: string;
  readonly path: string[];
}

function findForeign(x: unknown, ancestors: object[]): Found | undefined {
  if (typeof x !== 'object' || x === null) {
    return typeof x === 'function' || typeof x === 'symbol' ? { what: describeType(x), path: [] } : undefined;
  }
  if (ancestors.includes(x)) return { what: 'a cycle', path: [] };
  if (ancestors.length >= maxDepth) return { what: `nesting of more than ${maxDepth} levels`, path: [] };
  if (isDate(x) || isBytes(x)) return undefined;
  ancestors.push(x);
  const found = findInside(x, ancestors);
  ancestors.pop();
  return found;
}

function findInside(x: object, ancestors: object[]): Found | undefined {
  if (Array.isArray(x)) return findInArray(x, ancestors);
  if (isPlainObject(x)) return findInObject(x, ancestors);
  if (isMap(x)) return findInMap(x, ancestors);
  if (isSet(x)) return findInSet(x, ancestors);
  return { what: describeType(x), path: [] };
}

function findInArray(array: readonly unknown[], ancestors: object[]): Found | undefined {
  for (let i = 0; i < array.length; i++) {
    const found = findForeign(array[i], ancestors);
    if (found) return under(`[${i}]`, found);
  }
  return undefined;
}

function findInObject(object: Record<string, unknown>, ancestors: object[]): Found | undefined {
  for (const key of Object.keys(object)) {
    const found = findForeign(object[key], ancestors);
    if (found) return under(/^[\w$]+$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`, found);
  }
  return undefined;
}

function findInMap(map: Map<unknown, unknown>, ancestors: object[]): Found | undefined {
  for (const [key, item] of map) {
    const foundInKey = findForeign(key, ancestors);
    if (foundInKey) return under('.keys()', foundInKey);
    const found = findForeign(item, ancestors);
    if (found) return under(`.get(${typeof key === 'string' ? JSON.stringify(key) : '…'})`, found);
  }
  return undefined;
}

function findInSet(set: Set<unknown>, ancestors: object[]): Found | undefined {
  for (const item of set) {
    const found = findForeign(item, ancestors);
    if (found) return under('.values()', found);
  }
  return undefined;
}

function under(step: string, found: Found): Found {
  found.path.unshift(step);
  return found;
}

function describeFound({ what, path }: Found): string {
  if (path.length === 0) return what;
  const shown = path.length > 12 ? [...path.slice(0, 8), '…', ...path.slice(-3)] : path;
  return `${what} at ${shown.join('')}`;
}

function className(x: object): string {
  const name: unknown = (x as { constructor?: { name?: unknown } }).constructor?.name;
  return typeof name === 'string' && name !== '' ? name : 'a class without a name';
}
