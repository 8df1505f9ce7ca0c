import { type ModuleDeclaration, type Program, parse, type Statement } from 'acorn';
import { messageOf, type Place, StreamjobError } from '../base/errors.ts';
import { boundNames } from './freeNames.ts';

/**
 * The names that an ES module's text exports, without `default`; undefined if it does not say: something is re-exported
 * whole, or nothing makes it an ES module. Throws StreamjobError `bad-module` with the place of a syntax error.
 */
export function exportsOf(path: string, text: string): readonly string[] | undefined {
  const { body } = parseModule(path, text);
  const isModule = body.some(({ type }) => /^(Import|Export)\w*Declaration$/.test(type));
  const isOpen = body.some((statement) => statement.type === 'ExportAllDeclaration' && !statement.exported);
  return !isModule || isOpen
    ? undefined
    : [...new Set(body.flatMap(namesExportedBy))].filter((name) => name !== 'default');
}

function parseModule(path: string, text: string): Program {
  try {
    return parse(text, { ecmaVersion: 'latest', sourceType: 'module', allowHashBang: true });
  } catch (cause) {
    const message = messageOf(cause).replace(/ \(\d+:\d+\)$/, '');
    throw new StreamjobError('bad-module', `The functions module ${path} has a syntax error: ${message}.`, {
      cause,
      at: placeOf(path, cause),
    });
  }
}

function placeOf(file: string, thrown: unknown): Place | undefined {
  const loc = (thrown as { loc?: { line: number; column: number } }).loc;
  return loc && { file, line: loc.line, column: loc.column + 1 };
}

function namesExportedBy(statement: Statement | ModuleDeclaration): string[] {
  if (statement.type === 'ExportAllDeclaration') return statement.exported ? [nameOf(statement.exported)] : [];
  if (statement.type !== 'ExportNamedDeclaration') return [];
  const { declaration, specifiers } = statement;
  const listed = specifiers.map(({ exported }) => nameOf(exported));
  if (!declaration) return listed;
  if (declaration.type !== 'VariableDeclaration') return [declaration.id.name];
  return declaration.declarations.flatMap(({ id }) => boundNames(id).map(({ name }) => name));
}

const nameOf = (node: { readonly type: string; name?: string; value?: unknown }): string =>
  String(node.name ?? node.value);
