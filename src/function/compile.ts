import { Script } from 'node:vm';
import { describe } from '../base/describe.ts';
import { messageOf, StreamjobError } from '../base/errors.ts';
import type { FunctionReference } from './reference.ts';
import { reject } from './reject.ts';

/** What functions see beside JavaScript's globals. */
export interface FunctionEnvironment {
  /** The exports of the functions module. */
  readonly exports: { readonly [name: string]: unknown };
  readonly tables: { readonly [name: string]: unknown };
}

export type CompiledFunction = (...values: unknown[]) => unknown;

/**
 * Makes the function of a reference: a plain closure of this realm in strict mode, which V8 can inline. The file, line
 * and column in the stack trace of what it throws are those of `reference.at`.
 * Throws StreamjobError `bad-function` if it is not a function, `bad-module` if an export that it uses is gone.
 */
export function compileFunction(reference: FunctionReference, environment: FunctionEnvironment): CompiledFunction {
  const names = namesOf(reference, environment);
  const member = memberPattern.exec(reference.text);
  const fn = member ? methodOf(reference, member, names) : evaluate(reference.text, reference, names);
  if (typeof fn !== 'function') throw notAFunction(reference, describe(fn));
  return fn as CompiledFunction;
}

/**
 * Throws StreamjobError `bad-function` for an async function where nobody waits: its promise would pass for a value, and every filter for
 * true. Texts are checked before; of an export it is known only here.
 */
export function refuseAsync(fn: CompiledFunction, { text, at }: FunctionReference): void {
  if (!Object.prototype.toString.call(fn).startsWith('[object Async')) return;
  throw new StreamjobError('bad-function', `${quoted(text)} is async, and nobody would wait for it.`, {
    at,
    remedy: 'Functions are synchronous: return the result itself.',
  });
}

/** `lib.parse`: what it is a member of, and its name. */
const memberPattern = /^\s*([\p{ID_Start}$_][\p{ID_Continue}$.]*)\.([\p{ID_Start}$_][\p{ID_Continue}$]*)\s*$/u;

/** A member is bound to what it is a member of, as a call would. */
function methodOf(reference: FunctionReference, [, object = '', name = '']: RegExpExecArray, names: Names): unknown {
  const holder = evaluate(object, reference, names);
  if (holder === undefined || holder === null) throw notAFunction(reference, `a member of ${describe(holder)}`);
  const method = (holder as { [name: string]: unknown })[name];
  return typeof method === 'function' ? method.bind(holder) : method;
}

type Names = ReadonlyMap<string, unknown>;

function namesOf(
  { text, exports = [], tables = [], scope = {}, at }: FunctionReference,
  known: FunctionEnvironment,
): Names {
  const names = new Map<string, unknown>(/\breject\b/.test(text) ? [['reject', reject]] : []);
  for (const [name, value] of Object.entries(scope)) names.set(name, value);
  for (const name of tables) names.set(name, known.tables[name]);
  for (const name of exports) {
    if (!Object.hasOwn(known.exports, name)) throw missingExport(name, at);
    names.set(name, known.exports[name]);
  }
  return names;
}

const evaluate = (text: string, reference: FunctionReference, names: Names): unknown =>
  factoryOf(text, reference, [...names.keys()])(...names.values());

/** Known names are the parameters of a function around the text; the prefix is on the text's own first line. */
function factoryOf(text: string, { at }: FunctionReference, names: readonly string[]): CompiledFunction {
  const prefix = `'use strict';((${names.join(', ')}) => (`;
  const place = at
    ? { filename: at.file, lineOffset: at.line - 1, columnOffset: at.column - 1 - prefix.length }
    : { filename: 'streamjob:function' };
  const failed = (thrown: unknown): StreamjobError => {
    const message = `The function ${quoted(text)} cannot be compiled: ${messageOf(thrown)}.`;
    return new StreamjobError('bad-function', message, { at, cause: thrown });
  };
  try {
    const make = new Script(`${prefix}${text}\n))`, place).runInThisContext() as CompiledFunction;
    return (...values) => {
      try {
        return make(...values);
      } catch (thrown) {
        throw failed(thrown);
      }
    };
  } catch (thrown) {
    throw failed(thrown);
  }
}

/** A function whose scope may get other values, under the same names, without its text being compiled again. */
export interface BindableFunction {
  readonly fn: CompiledFunction;
  bind(scope: NonNullable<FunctionReference['scope']>): void;
}

/** As `compileFunction`, for the text of a function itself. The values of `reference.scope` hold until `bind` gives others. */
export function compileBindable(reference: FunctionReference, environment: FunctionEnvironment): BindableFunction {
  const names = namesOf(reference, environment);
  const make = factoryOf(reference.text, reference, [...names.keys()]);
  let current = make(...names.values()) as CompiledFunction;
  return {
    fn: (...values) => current(...values),
    bind(scope) {
      const values = [...names].map(([name, value]) => (Object.hasOwn(scope, name) ? scope[name] : value));
      current = make(...values) as CompiledFunction;
    },
  };
}

function notAFunction({ text, at }: FunctionReference, what: string): StreamjobError {
  return new StreamjobError('bad-function', `${quoted(text)} is ${what}, not a function.`, { at });
}

const missingExport = (name: string, at: FunctionReference['at']): StreamjobError =>
  new StreamjobError('bad-module', `The functions module does not export \`${name}\`.`, {
    at,
    remedy: 'The module must be the one that the job was checked with.',
  });

const quoted = (text: string): string => `\`${text.length > 60 ? `${text.slice(0, 59)}…` : text.trim()}\``;
