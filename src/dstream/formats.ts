import { catalog } from '../catalog/index.ts';
import type { Surroundings } from './graph.ts';

/** These formats, loaded; by default all. Which one settings want may stand in a variable. */
export async function loadFormats(names: readonly string[] = catalog.formats.names): Promise<Surroundings['formats']> {
  const loaded = new Map(
    await Promise.all(names.map(async (name) => [name, await catalog.formats.load(name)] as const)),
  );
  return { names, get: (name) => loaded.get(name) };
}
