import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { FormatDefinition } from '../../component/format.ts';
import type { OperatorDefinition } from '../../component/operator.ts';
import type { SinkDefinition } from '../../component/sink.ts';
import type { SourceDefinition } from '../../component/source.ts';
import { type ComponentKind, type Found, folders } from './catalogue.ts';

/** A component that was found in its folder. */
export type Component = Found &
  (
    | { readonly kind: 'step'; readonly definition: OperatorDefinition }
    | { readonly kind: 'source'; readonly definition: SourceDefinition }
    | { readonly kind: 'sink'; readonly definition: SinkDefinition }
    | { readonly kind: 'format'; readonly definition: FormatDefinition }
  );

/** Loads every component whose file lies in a component folder of `root`/src, from what was built of it, by name. */
export async function loadComponents(root: string): Promise<Component[]> {
  const groups = await Promise.all(Object.entries(folders).map(([folder, kind]) => loadFolder(root, folder, kind)));
  return groups.flat();
}

async function loadFolder(root: string, folder: string, kind: ComponentKind): Promise<Component[]> {
  const files = (await readdir(join(root, 'src', folder))).filter((name) => name.endsWith('.ts'));
  const names = files.map((file) => file.slice(0, -3)).sort();
  const components = await Promise.all(names.map((name) => loadComponent(kind, name, folder)));
  return components.filter((component) => component !== undefined);
}

/** A file without a default export is a helper of the components beside it. */
async function loadComponent(kind: ComponentKind, name: string, folder: string): Promise<Component | undefined> {
  const { default: definition } = await import(`../../${folder}/${name}.js`);
  return definition && { kind, name, definition, hidden: Boolean(definition.hidden) };
}
