import type { Place } from '../base/errors.ts';
import type { JsonValue } from '../base/json.ts';

/**
 * A function as data: what a plan holds, and what travels to the workers.
 * `text` is a JavaScript expression that gives a function: an arrow, or a name or member (`parse`, `lib.parse`).
 */
export interface FunctionReference {
  readonly text: string;
  /** Free names of `text` that the functions module exports. */
  readonly exports?: readonly string[];
  /** Free names of `text` that are tables. */
  readonly tables?: readonly string[];
  /** Values whose fields become names inside `text`. */
  readonly scope?: { readonly [name: string]: JsonValue };
  /** Where `text` begins; stack traces of what it throws point there. */
  readonly at?: Place;
}

/** A function of our own, written in the plan as any other. */
export const builtin = (text: string): FunctionReference => ({ text });
