import type { JsonValue } from '../base/json.ts';
import type { Span } from './sourceText.ts';

/** A job file as read: JSON values that know where they stand. Anchors are resolved, so a tree may hold one twice. */
export type Tree = ScalarTree | ListTree | MapTree;

export interface ScalarTree extends Span {
  readonly kind: 'scalar';
  readonly value: null | boolean | number | string;
  /** The characters of the scalar, before they became a number or boolean. */
  readonly text: string;
  readonly style: 'plain' | 'single' | 'double' | 'literal' | 'folded';
}

export interface ListTree extends Span {
  readonly kind: 'list';
  readonly items: readonly Tree[];
}

export interface MapTree extends Span {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, MapEntry>;
}

export interface MapEntry {
  readonly key: Span;
  readonly value: Tree;
}

export type Path = readonly (string | number)[];

/** The value at a path; undefined if there is none. */
export function treeAt(tree: Tree, path: Path): Tree | undefined {
  let found: Tree | undefined = tree;
  for (const step of path) found = found && childOf(found, step);
  return found;
}

function childOf(tree: Tree, step: string | number): Tree | undefined {
  if (tree.kind === 'map') return tree.entries.get(String(step))?.value;
  return tree.kind === 'list' && typeof step === 'number' ? tree.items[step] : undefined;
}

/**
 * What to mark for a problem at a path: the value, or the key it stands under. Where the path leads to nothing, the key
 * of the last thing that is there; `fallback` if that has none.
 */
export function spanAt(tree: Tree, path: Path, on: 'key' | 'value', fallback: Span): Span {
  let owner: Span | undefined;
  let here = tree;
  for (const step of path) {
    const next = childOf(here, step);
    if (next === undefined) return owner ?? fallback;
    if (here.kind === 'map') owner = here.entries.get(String(step))!.key;
    else owner = next;
    here = next;
  }
  if (on === 'key') return owner ?? fallback;
  return here.end > here.start ? here : (owner ?? fallback);
}

export function childrenOf(tree: Tree): readonly Tree[] {
  if (tree.kind === 'scalar') return [];
  return tree.kind === 'list' ? tree.items : [...tree.entries.values()].map(({ value }) => value);
}

/** The plain value of a tree. `scalar` may replace scalars on the way. */
export function toJson(
  tree: Tree,
  scalar: (tree: ScalarTree, path: Path) => JsonValue = (tree) => tree.value,
  path: Path = [],
): JsonValue {
  if (tree.kind === 'scalar') return scalar(tree, path);
  if (tree.kind === 'list') return tree.items.map((item, index) => toJson(item, scalar, [...path, index]));
  return objectOf([...tree.entries].map(([key, { value }]) => [key, toJson(value, scalar, [...path, key])]));
}

/** An object with exactly these fields; `__proto__` is a field as any other. */
export const objectOf = (entries: readonly (readonly [string, JsonValue])[]): { readonly [key: string]: JsonValue } =>
  Object.fromEntries(entries);

/** A map in which the values of some keys are empty: what they hold is read elsewhere. */
export function hollow(tree: Tree, keys: readonly string[]): Tree {
  if (tree.kind !== 'map') return tree;
  const entries = [...tree.entries].map(([name, entry]): [string, MapEntry] => {
    return [name, keys.includes(name) ? { key: entry.key, value: emptied(entry.value) } : entry];
  });
  return { ...tree, entries: new Map(entries) };
}

function emptied(tree: Tree): Tree {
  if (tree.kind === 'scalar') return tree;
  return tree.kind === 'list' ? { ...tree, items: [] } : { ...tree, entries: new Map() };
}
