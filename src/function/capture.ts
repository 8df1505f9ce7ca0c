import { describe } from '../base/describe.ts';
import { StreamjobError } from '../base/errors.ts';
import type { JsonValue } from '../base/json.ts';
import { inspectFunction } from './check.ts';
import { asyncNames, globalNameOf, globalNames, ownNames } from './globals.ts';
import type { FunctionReference } from './reference.ts';
import { type FunctionProblem, parseFunctionText } from './syntax.ts';

/** What a function may use beside its scope, because the workers have it by the same names. */
export interface SharedNames {
  readonly exports?: readonly string[];
  readonly tables?: readonly string[];
  /** The function may be async: it stays on the driver. */
  readonly async?: boolean;
}

/**
 * A function of the program as data: its source text, with the fields of `scope` (JSON) as names inside of it.
 * Throws StreamjobError `captured-variable` naming every other variable of its surroundings that it uses, `bad-function` if it
 * is native, bound, async, a generator or a class, and `bad-value` if the scope is not JSON.
 */
export function fromFunction(fn: unknown, scope: object = {}, shared: SharedNames = {}): FunctionReference {
  if (!isFunction(fn)) throw badFunction(`A function is expected here, not ${describe(fn)}.`);
  const values = checkScope(scope);
  const globalName = globalNameOf(fn);
  if (globalName !== undefined) return { text: globalName };
  const text = expressionOf(fn);
  const used = namesFromOutside(fn, text, values, shared.async);
  return { text, ...sharedAmong(fn, used, shared), ...(Object.keys(values).length > 0 && { scope: values }) };
}

/** The same function with other values for the names of its scope. Throws StreamjobError `bad-value`. */
export function withScope(reference: FunctionReference, scope: object): FunctionReference {
  return reference.scope === undefined ? reference : { ...reference, scope: checkScope(scope) };
}

type AnyFunction = (...values: never[]) => unknown;

const isFunction = (value: unknown): value is AnyFunction => typeof value === 'function';

const badFunction = (
  message: string,
  remedy = 'Write an arrow function, such as line => line.trim().',
): StreamjobError => new StreamjobError('bad-function', message, { remedy });

/** A function's source as an expression: that of a method, `parse(line) { … }`, is turned into one. */
function expressionOf(fn: AnyFunction): string {
  const text = Function.prototype.toString.call(fn);
  if (/\{\s*\[native code\]\s*\}$/.test(text)) throw noSource(fn);
  if (!('problem' in parseFunctionText(text))) return text;
  const method = methodText(text);
  if (method === undefined)
    throw badFunction(`${titleOf(fn)} cannot be sent to the workers: it is no function by itself.`);
  return method;
}

function noSource(fn: AnyFunction): StreamjobError {
  const why = fn.name.startsWith('bound ')
    ? 'it is bound, and its source cannot be seen'
    : 'it has no source in JavaScript';
  return badFunction(
    `${titleOf(fn)} cannot be sent to the workers: ${why}.`,
    'Wrap it: x => f(x), with what it uses in a scope object.',
  );
}

function methodText(text: string): string | undefined {
  const parsed = parseFunctionText(`({ ${text} })`);
  const property =
    !('problem' in parsed) && parsed.expression.type === 'ObjectExpression'
      ? parsed.expression.properties[0]
      : undefined;
  if (property?.type !== 'Property' || !property.method || property.value.type !== 'FunctionExpression')
    return undefined;
  const { async, generator, start, end } = property.value;
  const from = start - '({ '.length;
  const asExpression = `${async ? 'async ' : ''}function${generator ? '*' : ''} ${text.slice(from, from + end - start)}`;
  return 'problem' in parseFunctionText(asExpression) ? undefined : asExpression;
}

/** The names that a function uses and that are neither in its scope nor JavaScript's own. */
function namesFromOutside(fn: AnyFunction, text: string, scope: object, async = false): readonly string[] {
  const parsed = parseFunctionText(text);
  if ('problem' in parsed) throw refused(fn, parsed.problem);
  const { names, problems } = inspectFunction(parsed.expression, text, async);
  const ours = [globalNames, ownNames, ...(async ? [asyncNames] : [])];
  const known = (name: string): boolean => Object.hasOwn(scope, name) || ours.some((names) => names.has(name));
  const outside = names.filter(({ name }) => !known(name)).map(({ name }) => name);
  if (outside.length === 0 && problems[0]) throw refused(fn, problems[0]);
  return outside;
}

function sharedAmong(
  fn: AnyFunction,
  used: readonly string[],
  { exports = [], tables = [] }: SharedNames,
): SharedNames {
  const captured = used.filter((name) => !exports.includes(name) && !tables.includes(name));
  if (captured.length > 0) throw captures(fn, captured);
  const fromModule = used.filter((name) => exports.includes(name));
  const fromTables = used.filter((name) => !exports.includes(name));
  return {
    ...(fromModule.length > 0 && { exports: fromModule }),
    ...(fromTables.length > 0 && { tables: fromTables }),
  };
}

const refused = (fn: AnyFunction, { message, remedy }: FunctionProblem): StreamjobError =>
  badFunction(`${titleOf(fn)} cannot be sent to the workers: ${message}`, remedy);

function captures(fn: AnyFunction, names: readonly string[]): StreamjobError {
  const list = names.map((name) => `\`${name}\``).join(', ');
  const message = `${titleOf(fn)} uses ${list} from outside, which the workers do not have.`;
  return new StreamjobError('captured-variable', message, {
    remedy: `Give what it needs as a scope object of JSON values: map(x => …, { ${names.join(', ')} }).`,
  });
}

const titleOf = (fn: AnyFunction): string => (fn.name ? `The function ${fn.name}` : 'The function');

type Scope = { readonly [name: string]: JsonValue };

/** The scope as it will travel. Throws StreamjobError `bad-value` if it is not JSON. */
export function checkScope(scope: object): Scope {
  const fields = Object.entries(scope);
  for (const [name, value] of fields) {
    if (!isName(name)) throw badScope(`The scope's field ${JSON.stringify(name)} cannot be a name in JavaScript.`);
    const foreign = foreignIn(value, `scope.${name}`, []);
    if (foreign) throw badScope(`${foreign} is not a JSON value.`);
  }
  return structuredClone(Object.fromEntries(fields));
}

const isName = (name: string): boolean =>
  /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name) && !('problem' in parseFunctionText(`${name} => ${name}`));

const badScope = (message: string): StreamjobError =>
  new StreamjobError('bad-value', message, { remedy: 'A scope holds JSON values; make others inside the function.' });

/** The first thing in a value that JSON cannot hold, with its path. */
function foreignIn(value: unknown, path: string, above: readonly unknown[]): string | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value))
    return undefined;
  const isPlain = Array.isArray(value) || [Object.prototype, null].includes(Object.getPrototypeOf(Object(value)));
  if (typeof value !== 'object' || !isPlain) return `${path}, ${describe(value)},`;
  if (above.includes(value)) return `${path}, which contains itself,`;
  const steps = Object.entries(value).map(([key, item]) =>
    foreignIn(item, pathTo(path, key, value), [...above, value]),
  );
  return steps.find((step) => step !== undefined);
}

const pathTo = (path: string, key: string, holder: object): string =>
  Array.isArray(holder) ? `${path}[${key}]` : `${path}.${key}`;
