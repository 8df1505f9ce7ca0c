import { fromFunction, type SharedNames, withScope } from '../function/capture.ts';
import type { FunctionReference } from '../function/reference.ts';
import { ScopedFunction } from './apiConfig.ts';

/**
 * Functions that are made anew for each batch, as data. Their texts are the same in each, so what was found out about one is
 * kept.
 */
export class FunctionTexts {
  readonly #shared: SharedNames;
  readonly #known = new Map<string, FunctionReference>();

  /** `shared`: what the functions may use from outside without a scope. */
  constructor(shared: SharedNames) {
    this.#shared = shared;
  }

  /** Throws StreamjobError `captured-variable`, `bad-function`, `bad-value`. */
  capture(f: (...args: never[]) => unknown, scope: object = {}): ScopedFunction {
    const key = typeof f === 'function' ? `${Object.keys(scope).join()} ${Function.prototype.toString.call(f)}` : '';
    const known = this.#known.get(key);
    if (known) return new ScopedFunction(withScope(known, scope));
    const reference = fromFunction(f, scope, this.#shared);
    if (!key.includes('[native code]')) this.#known.set(key, reference);
    return new ScopedFunction(reference);
  }
}
