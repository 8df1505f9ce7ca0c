import { catalog } from '../catalog/index.ts';
import { checkSettings } from './checkedSettings.ts';
import { type Component, type ComponentPlace, meantFrom, readComponent } from './component.ts';
import type { JobContext } from './jobContext.ts';
import { problemAt } from './problem.ts';
import { sinkExtras, sourceExtras, streamShape } from './shape.ts';
import type { Span } from './sourceText.ts';
import { hollow, type MapTree, type Tree, treeAt } from './tree.ts';
import { resolveVariables } from './variables.ts';

/** A source or stream as the file declares it. Parts that are wrong are reported and absent. */
export interface Declaration {
  readonly kind: 'source' | 'stream';
  readonly name: string;
  readonly key: Span;
  readonly source?: Component;
  readonly from: readonly Reference[];
  readonly steps: readonly Step[];
  readonly onError?: 'skip' | ErrorTarget;
}

/** The name of a stream, and where it is used. */
export interface Reference {
  readonly name: string;
  readonly at: Span;
}

export interface ErrorTarget {
  readonly to: Reference;
}

export interface Step {
  readonly component: Component | undefined;
  readonly at: Span;
  /** The other streams that the step names. */
  readonly references: readonly Reference[];
}

export interface SinkDeclaration {
  readonly from: readonly Reference[];
  readonly name?: string;
  readonly at: Span;
  readonly component: Component | undefined;
}

/** What a job's `sources`, `streams` and `sinks` declare. */
export interface Declarations {
  readonly sources: readonly Declaration[];
  readonly streams: readonly Declaration[];
  readonly sinks: readonly SinkDeclaration[];
}

export async function readDeclarations(root: MapTree, job: JobContext): Promise<Declarations> {
  const sources = namedParts(root, 'sources', job).map((part) => readSource(part, job));
  const streams = namedParts(root, 'streams', job).map((part) => readStream(part, job));
  const sinks = listedParts(root, 'sinks', job).map((part) => readSink(part, job));
  return { sources: await Promise.all(sources), streams: await Promise.all(streams), sinks: await Promise.all(sinks) };
}

interface Part {
  readonly name: string;
  readonly key: Span;
  readonly tree: Tree;
}

function namedParts(root: MapTree, section: string, { report }: JobContext): readonly Part[] {
  const entry = root.entries.get(section);
  if (entry === undefined || isNothing(entry.value)) return [];
  if (entry.value.kind === 'map')
    return [...entry.value.entries].map(([name, { key, value }]) => ({ name, key, tree: value }));
  const message = `\`${section}\` is a map of names, and this is ${entry.value.kind === 'list' ? 'a list' : 'a single value'}.`;
  report(
    problemAt(entry.value, {
      code: 'wrong-type',
      message,
      remedy: `Write a name and a colon before each: \`NAME: …\`.`,
    }),
  );
  return [];
}

function listedParts(root: MapTree, section: string, { report }: JobContext): readonly Tree[] {
  const entry = root.entries.get(section);
  if (entry === undefined || isNothing(entry.value)) return [];
  if (entry.value.kind === 'list') {
    if (entry.value.items.length === 0) report(problemAt(entry.value, nothingToDo));
    return entry.value.items;
  }
  const message = `\`${section}\` is a list, and this is ${entry.value.kind === 'map' ? 'a map' : 'a single value'}.`;
  report(problemAt(entry.value, { code: 'wrong-type', message, remedy: `Begin each with \`- from: STREAM\`.` }));
  return [];
}

const nothingToDo = {
  code: 'missing-key',
  message: 'There is no sink, so there is nothing to do.',
  remedy: 'Add one, such as `- { from: STREAM, print: {} }`.',
} as const;

const isNothing = (tree: Tree): boolean => tree.kind === 'scalar' && tree.value === null;

const sourcePlace: ComponentPlace = { what: 'source', extras: Object.keys(sourceExtras.properties) };
const stepPlace: ComponentPlace = { what: 'step', extras: [] };
const sinkPlace: ComponentPlace = { what: 'sink', extras: Object.keys(sinkExtras.properties) };

async function readSource({ name, key, tree }: Part, job: JobContext): Promise<Declaration> {
  const component = await readComponent(tree, sourcePlace, key, job.report);
  const extras =
    tree.kind === 'map' ? checkSettings(sourceExtras, onlyKeys(tree, sourcePlace.extras), key, job) : undefined;
  return {
    kind: 'source',
    name,
    key,
    ...(component && { source: component }),
    from: [],
    steps: [],
    ...onErrorOf(extras?.onError, tree, job),
  };
}

async function readStream({ name, key, tree }: Part, job: JobContext): Promise<Declaration> {
  const shape = checkSettings(streamShape, hollow(tree, ['steps']), key, job);
  const steps = treeAt(tree, ['steps']);
  const items = steps?.kind === 'list' ? steps.items : [];
  return {
    kind: 'stream',
    name,
    key,
    from: referencesAt(treeAt(tree, ['from']), job),
    steps: await Promise.all(items.map((item) => readStep(item, job))),
    ...onErrorOf(shape?.onError, tree, job),
  };
}

async function readStep(tree: Tree, job: JobContext): Promise<Step> {
  const component = job.spoiled.has(tree) ? undefined : await readComponent(tree, stepPlace, tree, job.report);
  return { component, at: component?.key ?? tree, references: component ? await otherStreams(component, job) : [] };
}

async function readSink(tree: Tree, job: JobContext): Promise<SinkDeclaration> {
  const component = await readComponent(tree, sinkPlace, tree, job.report);
  const at = component?.key ?? tree;
  if (tree.kind !== 'map') return { from: [], at, component: undefined };
  const extras = checkSettings(sinkExtras, onlyKeys(tree, sinkPlace.extras), at, job);
  const from = referencesAt(meantFrom(tree, sinkPlace), job);
  return { from, at, component, ...(extras?.name !== undefined && { name: extras.name }) };
}

const onlyKeys = (tree: MapTree, keys: readonly string[]): MapTree => ({
  ...tree,
  entries: new Map([...tree.entries].filter(([key]) => keys.includes(key))),
});

/** One name, or a list of names. */
function referencesAt(tree: Tree | undefined, { env }: JobContext): readonly Reference[] {
  const names = tree?.kind === 'list' ? tree.items : tree ? [tree] : [];
  return names.flatMap((name) => {
    const text = name.kind === 'scalar' ? String(resolveVariables(name, env).value ?? '') : '';
    return text === '' ? [] : [{ name: text, at: name }];
  });
}

/** The streams that a step names in its settings. */
async function otherStreams({ name, value }: Component, job: JobContext): Promise<readonly Reference[]> {
  if (value === undefined) return [];
  const { config, short } = await catalog.operators.load(name);
  return Object.entries(config.properties ?? {}).flatMap(([setting, { kind, items }]) => {
    if (kind !== 'stream' && items?.kind !== 'stream') return [];
    return referencesAt(
      value.kind === 'map' ? value.entries.get(setting)?.value : setting === short ? value : undefined,
      job,
    );
  });
}

function onErrorOf(onError: unknown, tree: Tree, job: JobContext): Pick<Declaration, 'onError'> {
  if (onError === 'skip') return { onError };
  const [to] = onError ? referencesAt(treeAt(tree, ['onError', 'to']), job) : [];
  return to ? { onError: { to } } : {};
}
