import { resolve } from 'node:path';
import { StreamjobError } from '../base/errors.ts';
import type { JsonValue } from '../base/json.ts';
import { type CheckContext, checkComponent, type SettingProblem } from '../component/check.ts';
import { fromFunction, type SharedNames } from '../function/capture.ts';
import type { FunctionReference } from '../function/reference.ts';
import { toLiteral } from '../plan/literal.ts';
import type { Origin } from '../plan/plan.ts';
import type { CheckedBy, CheckedConfig, ConfigInput, Recorded, Surroundings } from './graph.ts';
import { tablesIn } from './tableHandle.ts';

/** A function of any type. */
type AnyFunction = (...args: never[]) => unknown;

/** A function with the values and tables that it uses from outside: their names are names inside of it. */
export class ScopedFunction {
  readonly reference: FunctionReference;

  /** Throws StreamjobError `captured-variable` for other names from outside, and `bad-function`. */
  constructor(fn: AnyFunction | FunctionReference, scope: object = {}, shared?: SharedNames) {
    const { tables, values } = tablesIn(scope);
    this.reference = isReference(fn) ? fn : fromFunction(fn, values, { tables, ...shared });
  }
}

const isReference = (fn: unknown): fn is FunctionReference => typeof fn === 'object' && fn !== null && 'text' in fn;

/** What a DStream is to a config. */
export interface RefersTo {
  readonly recorded: Recorded;
}

/**
 * Settings from TypeScript: JSON values, in which a duration may be a number of milliseconds, and with functions and streams as
 * they are. Problems are thrown as StreamjobError.
 */
export class ApiConfig implements ConfigInput {
  readonly written: JsonValue;
  readonly #of: Origin;
  readonly #functions = new Map<string, FunctionReference>();
  readonly #streams = new Map<string, Recorded>();

  constructor(of: Origin, settings: unknown) {
    this.#of = of;
    this.written = this.#toJson(settings, []);
  }

  get streams(): readonly Recorded[] {
    return [...this.#streams.values()];
  }

  check(component: CheckedBy, { edgeOf, formats }: Surroundings): CheckedConfig | undefined {
    const problems: SettingProblem[] = [];
    const context: CheckContext = {
      report: (problem) => problems.push(problem),
      fn: (_text, path) => lookUp(this.#functions, path),
      stream: (_name, path) => {
        const stream = lookUp(this.#streams, path);
        return stream && edgeOf(stream);
      },
      path: (text) => resolve(text),
      formats,
      numbersAsMilliseconds: true,
    };
    const config = checkComponent({ name: this.#of.component, ...component }, this.written, [], context);
    if (problems[0]) throw this.#error(problems[0]);
    return { config, functions: [...this.#functions.values()] };
  }

  refuse(problem: SettingProblem): never {
    throw this.#error(problem);
  }

  #error({ code, message, remedy }: SettingProblem): StreamjobError {
    return new StreamjobError(code, `${this.#of.name}: ${message}`, remedy === undefined ? {} : { remedy });
  }

  #toJson(value: unknown, path: readonly (string | number)[]): JsonValue {
    if (typeof value === 'function') return this.#function(new ScopedFunction(value as AnyFunction), path);
    if (value instanceof ScopedFunction) return this.#function(value, path);
    if (isStream(value)) {
      this.#streams.set(path.join('.'), value.recorded);
      return value.recorded.origin.name;
    }
    if (Array.isArray(value)) return value.map((item, index) => this.#toJson(item, [...path, index]));
    if (typeof value !== 'object' || value === null || !isPlain(value)) return toLiteral(value);
    const fields = Object.entries(value).filter(([, field]) => field !== undefined);
    return Object.fromEntries(fields.map(([key, field]) => [key, this.#toJson(field, [...path, key])]));
  }

  #function({ reference }: ScopedFunction, path: readonly (string | number)[]): string {
    this.#functions.set(path.join('.'), reference);
    return reference.text;
  }
}

const isStream = (value: unknown): value is RefersTo =>
  typeof value === 'object' && value !== null && 'recorded' in value;

const isPlain = (value: object): boolean => [Object.prototype, null].includes(Object.getPrototypeOf(value));

/** A setting given in the short form is checked under its name, and stands where the settings would. */
function lookUp<T>(known: ReadonlyMap<string, T>, path: readonly (string | number)[]): T | undefined {
  return known.get(path.join('.')) ?? known.get(path.slice(0, -1).join('.'));
}
