import { readFile } from 'node:fs/promises';

/** The files of the page, which the build has put together beside the code (`.config/bundle.mjs`). */
const folder = new URL('../page/', import.meta.url);

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

export interface Asset {
  readonly type: string;
  readonly content: Buffer;
}

/** A file of the page by its path, `/` for its first; undefined if there is none. */
export async function asset(path: string): Promise<Asset | undefined> {
  const name = path === '/' ? 'index.html' : path.slice(1);
  const extension = /^[A-Za-z]+(?:\.min)?\.([a-z]+)$/.exec(name)?.[1];
  const type = extension && types[extension];
  if (!type) return undefined;
  const content = await readFile(new URL(name, folder)).catch(() => undefined);
  return content && { type, content };
}
