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

/** Known names are the parameters of a function around the text; the prefix is on the text's own first line. */
function evaluate(text: string, { at }: FunctionReference, names: Names): unknown {
  const prefix = `'use strict';((${[...names.keys()].join(', ')}) => (`;
  const place = at
    ? { filename: at.file, lineOffset: at.line - 1, columnOffset: at.column - 1 - prefix.length }
    : { filename: 'streamjob:function' };
  try {
    const script = new Script(`${prefix}${text}\n))`, place);
    return (script.runInThisContext() as CompiledFunction)(...names.values());
  } catch (thrown) {
    const message = `The function ${quoted(text)} cannot be compiled: ${messageOf(thrown)}.`;
    throw new StreamjobError('bad-function', message, { at, cause: thrown });
  }
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
