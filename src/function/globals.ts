/**
 * JavaScript's globals that a function may use, as of Node 20.19: the same on every machine, so that a job which is valid
 * here is valid there. `require` is left out: a function stands for itself. Timers and `fetch` are for functions that may wait.
 */
export const globalNames: ReadonlySet<string> = new Set(
  `globalThis undefined NaN Infinity eval isFinite isNaN parseFloat parseInt
  decodeURI decodeURIComponent encodeURI encodeURIComponent escape unescape
  AggregateError Array ArrayBuffer BigInt BigInt64Array BigUint64Array Boolean DataView Date Error EvalError
  FinalizationRegistry Float32Array Float64Array Function Int8Array Int16Array Int32Array Map Number Object Promise Proxy
  RangeError ReferenceError RegExp Set SharedArrayBuffer String Symbol SyntaxError TypeError Uint8Array Uint8ClampedArray
  Uint16Array Uint32Array URIError WeakMap WeakRef WeakSet Atomics JSON Math Reflect Intl
  console process global Buffer URL URLSearchParams TextEncoder TextDecoder structuredClone atob btoa crypto performance
  AbortController AbortSignal Event EventTarget WebAssembly`.split(/\s+/),
);

/** What a function that may be async has beside them. */
export const asyncNames: ReadonlySet<string> = new Set(
  `setTimeout clearTimeout setInterval clearInterval setImmediate clearImmediate queueMicrotask
  fetch Headers Request Response FormData Blob`.split(/\s+/),
);

/** What streamjob itself gives to functions, beside JavaScript's globals. */
export const ownNames: ReadonlySet<string> = new Set(['reject']);

/**
 * The value of a global or a member of one, such as `['JSON', 'parse']`, without running any getter: undefined if that
 * cannot be said.
 */
export function globalValue(path: readonly string[]): { readonly value: unknown } | undefined {
  let value: unknown = globalThis;
  for (const name of path) {
    const property = propertyOf(value, name);
    if (property && !('value' in property) && value !== globalThis) return undefined;
    value = property && ('value' in property ? property.value : Reflect.get(globalThis, name));
  }
  return { value };
}

function propertyOf(value: unknown, name: string): PropertyDescriptor | undefined {
  if (value === undefined || value === null) return undefined;
  for (let object: unknown = Object(value); object !== null; object = Object.getPrototypeOf(object)) {
    const property = Object.getOwnPropertyDescriptor(object as object, name);
    if (property) return property;
  }
  return undefined;
}

/** The name under which a function is found among the globals: `Number`, `JSON.parse`. */
export function globalNameOf(fn: unknown): string | undefined {
  for (const name of globalNames) {
    const holder = globalValue([name])?.value;
    if (holder === fn) return name;
    const member = memberNameOf(holder, fn);
    if (member !== undefined) return `${name}.${member}`;
  }
  return undefined;
}

function memberNameOf(holder: unknown, fn: unknown): string | undefined {
  if (holder === globalThis || Object(holder) !== holder) return undefined;
  const members = Object.entries(Object.getOwnPropertyDescriptors(holder as object));
  return members.find(([, property]) => property.value === fn)?.[0];
}
