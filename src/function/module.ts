import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { messageOf, type Place, StreamjobError } from '../base/errors.ts';

/** What can be said of a functions module without running it. */
export interface ModuleInfo {
  /** The names that it exports, without `default`; absent if its text alone does not say: TypeScript, `export *`, CommonJS. */
  readonly exports: readonly string[] | undefined;
  /** Hexadecimal, of the file's bytes. */
  readonly sha256: string;
}

/** Reads a module. Throws StreamjobError `file-missing`, or `bad-module` with the place of a syntax error. */
export async function inspectModule(path: string): Promise<ModuleInfo> {
  const content = await readFile(path).catch((cause) => {
    throw unreadable(path, cause);
  });
  const sha256 = createHash('sha256').update(content).digest('hex');
  if (isTypeScript(path)) requireTypeScript(path);
  const inspectable = !isTypeScript(path) && extname(path) !== '.cjs';
  if (!inspectable) return { exports: undefined, sha256 };
  // Workers import this file and never parse: the parser is loaded only here.
  const { exportsOf } = await import('./moduleExports.ts');
  return { exports: exportsOf(path, content.toString('utf8')), sha256 };
}

/**
 * Runs a module and gives its exports. Throws StreamjobError `file-missing`, or `bad-module` with what it threw as cause and, if
 * it says so, the place.
 */
export async function importModule(path: string): Promise<{ readonly [name: string]: unknown }> {
  try {
    return await import(pathToFileURL(path).href);
  } catch (cause) {
    if (isTypeScript(path)) requireTypeScript(path);
    if (await isUnreadable(path)) throw unreadable(path, cause);
    throw new StreamjobError('bad-module', `The functions module ${path} could not be loaded: ${messageOf(cause)}`, {
      cause,
      at: placeIn(path, cause),
    });
  }
}

/** Where in the module something was thrown, as its stack has it. */
function placeIn(file: string, thrown: unknown): Place | undefined {
  const stack = String((thrown as Error | undefined)?.stack);
  for (const name of [pathToFileURL(file).href, file]) {
    const [, line, column] = /^(\d+):(\d+)/.exec(stack.split(`${name}:`)[1] ?? '') ?? [];
    if (line !== undefined) return { file, line: Number(line), column: Number(column) };
  }
  return undefined;
}

const isTypeScript = (path: string): boolean => ['.ts', '.mts', '.cts'].includes(extname(path));

function requireTypeScript(path: string): void {
  if ((process.features as { typescript?: unknown }).typescript) return;
  throw new StreamjobError('bad-module', `Node ${process.versions.node} cannot load ${path}, which is TypeScript.`, {
    remedy: 'Use Node 22.18 or newer, or a JavaScript module.',
  });
}

const isUnreadable = (path: string): Promise<boolean> =>
  readFile(path).then(
    () => false,
    () => true,
  );

const unreadable = (path: string, cause: unknown): StreamjobError =>
  new StreamjobError('file-missing', `The functions module ${path} cannot be read: ${messageOf(cause)}`, {
    cause,
    remedy: 'The path of `functions:` is relative to the job file.',
  });
