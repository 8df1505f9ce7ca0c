import type { AnyNode, Expression, Property } from 'acorn';
import { describe } from '../base/describe.ts';
import type { Place } from '../base/errors.ts';
import { didYouMean } from '../base/suggest.ts';
import { type FreeName, freeNames } from './freeNames.ts';
import { asyncNames, globalNames, globalValue, ownNames } from './globals.ts';
import type { FunctionReference } from './reference.ts';
import {
  arrowRemedy,
  badFunction,
  childrenOf,
  type FunctionProblem,
  parseFunctionText,
  synchronousRemedy,
  tooDeep,
} from './syntax.ts';

export type { FunctionProblem } from './syntax.ts';

/** What a function may use beside JavaScript's globals. */
export interface KnownNames {
  /** What the functions module exports: `[]` if there is none; absent if that is not known, and then any name may be an export. */
  readonly exports?: readonly string[] | undefined;
  readonly tables?: readonly string[];
  /** Where the text begins. */
  readonly at?: Place | undefined;
  /** The function may be async. */
  readonly async?: boolean;
}

export type CheckedFunction =
  | { readonly reference: FunctionReference }
  | { readonly problems: readonly FunctionProblem[] };

/**
 * Checks the text of a function without evaluating it: one synchronous arrow or function expression, or a name or member
 * (`parse`, `lib.parse`, `JSON.parse`), whose free names are known and not assigned to.
 */
export function checkFunction(text: string, known: KnownNames): CheckedFunction {
  try {
    const parsed = parseFunctionText(text);
    if ('problem' in parsed) return { problems: [parsed.problem] };
    const { names, problems } = inspectFunction(parsed.expression, text, known.async);
    const all = [...problems, ...unknownNames(names, known), ...notAFunction(parsed.expression, known)];
    if (all.length > 0) return { problems: all.sort((a, b) => a.offset - b.offset) };
    return { reference: referenceTo(text, names, known) };
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
    return { problems: [tooDeep] };
  }
}

/** The free names of a function, and what no function may have. */
export function inspectFunction(
  expression: Expression,
  text: string,
  async = false,
): { readonly names: readonly FreeName[]; readonly problems: readonly FunctionProblem[] } {
  const wrongKind = kindProblem(expression, text);
  if (wrongKind) return { names: [], problems: [wrongKind] };
  const scopes = scopesIn(expression);
  const inScope = ({ name, offset }: FreeName): boolean =>
    scopes.some(({ names, start, end }) => names.includes(name) && start <= offset && offset < end);
  const names = freeNames(expression).filter(
    (free) => free.name !== 'undefined' && free.name !== 'arguments' && !inScope(free),
  );
  return { names, problems: [...forbidden(expression, async), ...argumentsUse(expression), ...assignments(names)] };
}

interface GivenScope {
  readonly names: readonly string[];
  readonly start: number;
  readonly end: number;
}

/** The functions among the arguments of calls with a scope object, `rdd.map(x => x * n, { n: 2 })`: its fields are names there. */
function scopesIn(node: AnyNode): readonly GivenScope[] {
  const inside = childrenOf(node).flatMap(scopesIn);
  if (node.type !== 'CallExpression') return inside;
  const names = node.arguments.flatMap((argument) => [...fieldsOf(argument), ...fieldsOf(fieldOf(argument, 'scope'))]);
  const functions = names.length === 0 ? [] : node.arguments.filter(({ type }) => /Function/.test(type));
  return [...inside, ...functions.map(({ start, end }) => ({ names, start, end }))];
}

function fieldOf(node: AnyNode, wanted: string): AnyNode | undefined {
  const properties = node.type === 'ObjectExpression' ? node.properties : [];
  for (const property of properties)
    if (property.type === 'Property' && nameOf(property) === wanted) return property.value;
  return undefined;
}

const fieldsOf = (node: AnyNode | undefined): readonly string[] =>
  node?.type === 'ObjectExpression'
    ? node.properties.flatMap((property) => (property.type === 'Property' ? [nameOf(property) ?? ''] : []))
    : [];

const nameOf = ({ key, computed }: Property): string | undefined =>
  key.type === 'Identifier' && !computed ? key.name : undefined;

function kindProblem(expression: Expression, text: string): FunctionProblem | undefined {
  switch (expression.type) {
    case 'ArrowFunctionExpression':
      return undefined;
    case 'FunctionExpression':
      if (!expression.generator) return undefined;
      return badFunction(
        'A generator is not taken as a function.',
        expression.start,
        'Return a list of the results instead.',
      );
    default:
      if (memberPath(expression)) return undefined;
      return badFunction(`\`${cut(text.trim())}\` is not a function.`, expression.start, arrowRemedy);
  }
}

/** `lib.parse` as `['lib', 'parse']`; undefined for anything but names joined by dots. */
function memberPath(node: AnyNode): string[] | undefined {
  if (node.type === 'Identifier') return [node.name];
  if (node.type !== 'MemberExpression' || node.computed || node.optional) return undefined;
  const path = memberPath(node.object);
  return path && node.property.type === 'Identifier' ? [...path, node.property.name] : undefined;
}

/** Looks for `async`, `import()`, and a `this` that belongs to no function inside. */
function forbidden(node: AnyNode, async: boolean, thisIsOurs = true): FunctionProblem[] {
  const inside = childrenOf(node).flatMap((child) => forbidden(child, async, thisIsOurs && !bindsThis(child)));
  const here = forbiddenHere(node, async, thisIsOurs);
  return here ? [here, ...inside] : inside;
}

const bindsThis = ({ type }: AnyNode): boolean =>
  type === 'FunctionExpression' || type === 'FunctionDeclaration' || type === 'ClassBody';

function forbiddenHere(node: AnyNode, async: boolean, thisIsOurs: boolean): FunctionProblem | undefined {
  if (!async && 'async' in node && node.async) {
    return badFunction('A function may not be async.', node.start, synchronousRemedy);
  }
  if (!async && node.type === 'ForOfStatement' && node.await) {
    return badFunction('A function may not await.', node.start, synchronousRemedy);
  }
  if (node.type === 'ImportExpression') {
    return badFunction(
      'A function may not import.',
      node.start,
      'Import in the functions module, and use its export here.',
    );
  }
  if (node.type !== 'ThisExpression' || !thisIsOurs) return undefined;
  return badFunction('`this` is nothing here.', node.start, 'Use the parameters of the function.');
}

function argumentsUse(expression: Expression): FunctionProblem[] {
  const use = freeNames(expression).find(({ name }) => name === 'arguments');
  return use
    ? [badFunction('An arrow function has no `arguments`.', use.offset, 'Write (...values) => … instead.')]
    : [];
}

function assignments(names: readonly FreeName[]): FunctionProblem[] {
  const remedy =
    'Each thread has its own copy: keep what must be kept in a record, or declare the name inside the function.';
  return names
    .filter(({ written }) => written)
    .map(({ name, offset }) =>
      badFunction(`The function changes \`${name}\`, which is outside of it.`, offset, remedy),
    );
}

function unknownNames(names: readonly FreeName[], { exports, tables = [], async }: KnownNames): FunctionProblem[] {
  if (!exports) return [];
  const known = new Set([...exports, ...tables, ...ownNames, ...globalNames, ...(async ? asyncNames : [])]);
  return names
    .filter(({ name, written }) => !written && !known.has(name))
    .map(({ name, offset }) => ({
      code: 'unknown-name',
      message: `Nothing defines \`${name}\`.`,
      remedy: `${didYouMean(name, known)}${definedBy(exports, tables)}`,
      offset,
    }));
}

function definedBy(exports: readonly string[], tables: readonly string[]): string {
  const given = [...exports, ...tables];
  const list = given.length > 0 ? `, here ${given.join(', ')}` : '';
  return `A function sees its parameters, the exports of the functions module, tables${list}, and JavaScript's globals.`;
}

/** A name or member of JavaScript's own is looked up; what a module exports is known only when it runs. */
function notAFunction(expression: Expression, { exports, tables = [] }: KnownNames): FunctionProblem[] {
  const path = memberPath(expression);
  const root = path?.[0];
  if (!path || root === undefined || !globalNames.has(root) || exports?.includes(root) || tables.includes(root))
    return [];
  const found = globalValue(path);
  if (!found || typeof found.value === 'function') return [];
  return [badFunction(`\`${path.join('.')}\` ${whatItIs(found.value)}.`, expression.start, arrowRemedy)];
}

const whatItIs = (value: unknown): string =>
  value === undefined ? 'does not exist' : `is ${describe(value)}, not a function`;

function referenceTo(
  text: string,
  free: readonly FreeName[],
  { exports, tables = [], at, async = false }: KnownNames,
): FunctionReference {
  const names = free.map(({ name }) => name);
  const isOurs = (name: string): boolean =>
    [globalNames, ownNames, ...(async ? [asyncNames] : [])].some((names) => names.has(name)) || tables.includes(name);
  const exported = names.filter((name) => (exports ? exports.includes(name) : !isOurs(name)));
  const fromTables = names.filter((name) => tables.includes(name) && !exported.includes(name));
  return {
    text: text.trimEnd(),
    ...(exported.length > 0 && { exports: exported }),
    ...(fromTables.length > 0 && { tables: fromTables }),
    ...(at && { at }),
  };
}

const cut = (text: string): string => (text.length > 40 ? `${text.slice(0, 39)}…` : text);
