import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Where files are looked for, as the settings `path` and `recursive` say. */
export interface Place {
  /** The paths that are there now, in no order; undefined if the directory is not there yet. Rejects as `readdir` does. */
  list(): Promise<string[] | undefined>;
  /** The directory that is looked into. */
  readonly directory: string;
}

interface Walk {
  readonly depth: number;
  matches(relative: string): boolean;
}

/** What is there by this very name counts as a name, also if it looks like a glob. */
export async function openPlace(path: string, recursive: boolean): Promise<Place> {
  const { default: picomatch } = await import('picomatch');
  const { base, glob, isGlob } = picomatch.scan(path);
  const below: Walk = { depth: recursive ? Number.POSITIVE_INFINITY : 0, matches: () => true };
  const globbed: Walk | undefined = isGlob
    ? { depth: glob.includes('**') ? Number.POSITIVE_INFINITY : glob.split('/').length - 1, matches: picomatch(glob) }
    : undefined;
  return {
    directory: isGlob ? base : path,
    async list() {
      const stats = await stat(path).catch(nothingThere);
      if (stats?.isFile()) return [path];
      return globbed && !stats ? walk(base, globbed) : walk(path, below);
    },
  };
}

async function walk(directory: string, { depth, matches }: Walk, prefix = ''): Promise<string[] | undefined> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(nothingThere);
  if (!entries) return undefined;
  const names = entries.filter((entry) => !isIgnored(entry.name));
  const here = names.filter((entry) => mayBeFile(entry) && matches(prefix + entry.name));
  const paths = here.map(({ name }) => `${directory}/${name}`);
  for (const { name } of depth > 0 ? names.filter((entry) => entry.isDirectory()) : []) {
    const deeper = { depth: depth - 1, matches };
    for (const path of (await walk(join(directory, name), deeper, `${prefix}${name}/`)) ?? []) paths.push(path);
  }
  return paths;
}

const isIgnored = (name: string): boolean => name.startsWith('.') || name.startsWith('_') || name.endsWith('.tmp');

const mayBeFile = (entry: Dirent): boolean => entry.isFile() || entry.isSymbolicLink();

function nothingThere(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
  return undefined;
}
