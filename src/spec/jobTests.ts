import type { Place } from '../base/errors.ts';
import type { JsonValue } from '../base/json.ts';
import { checkSettings } from './checkedSettings.ts';
import type { Declarations } from './declarations.ts';
import { type JobContext, reportUnknownStream } from './jobContext.ts';
import { problemAt } from './problem.ts';
import { testShape } from './shape.ts';
import type { Span } from './sourceText.ts';
import { type MapEntry, type MapTree, type Tree, toJson, treeAt } from './tree.ts';

/** One of the `tests:` of a job file. */
export interface JobTest {
  readonly name: string;
  /** By source. */
  readonly given: { readonly [source: string]: GivenBatches };
  /** By stream, one list for each batch in which it yields. */
  readonly expect: { readonly [stream: string]: Batches };
  /** Default: the longest list of `given` and `expect`. */
  readonly batches?: number;
  readonly ordered: boolean;
  readonly virtualOnly: boolean;
  readonly at: Place;
}

export type Batches = readonly (readonly JsonValue[])[];

export interface GivenBatches {
  readonly partitions: number;
  readonly batches: Batches;
}

/** Reads the tests of a job; those that are wrong are reported and left out. */
export function readTests(root: MapTree, declarations: Declarations, job: JobContext): readonly JobTest[] {
  const tests = root.entries.get('tests');
  if (tests === undefined || (tests.value.kind === 'scalar' && tests.value.value === null)) return [];
  if (tests.value.kind !== 'list') {
    const message = '`tests` is a list of tests, and this is none.';
    job.report(problemAt(tests.value, { code: 'wrong-type', message, remedy: 'Begin each test with `- name: …`.' }));
    return [];
  }
  return tests.value.items.flatMap((test) => readTest(test, tests.key, declarations, job) ?? []);
}

function readTest(tree: Tree, owner: Span, declarations: Declarations, job: JobContext): JobTest | undefined {
  // Variables are not replaced in tests: without an environment there are none.
  const shape = checkSettings(testShape, tree, owner, { ...job, env: undefined });
  const given = readParts(treeAt(tree, ['given']), readGiven, job);
  const expect = readParts(treeAt(tree, ['expect']), readBatches, job);
  reportUnknownNames(tree, declarations, job);
  if (shape === undefined || given === undefined || expect === undefined) return undefined;
  const { name, batches, ordered, virtualOnly } = shape;
  const at = owner.source.place(tree.start);
  return { name, given, expect, ordered, virtualOnly, at, ...(batches !== undefined && { batches }) };
}

function reportUnknownNames(tree: Tree, { sources }: Declarations, { report, streams }: JobContext): void {
  const known = sources.map(({ name }) => name);
  for (const [name, { key }] of entriesAt(tree, 'given')) {
    if (!known.includes(name)) reportUnknownStream(name, key, known, report);
  }
  for (const [name, { key }] of entriesAt(tree, 'expect')) {
    if (!streams.has(name)) reportUnknownStream(name, key, streams.keys(), report);
  }
}

function entriesAt(tree: Tree, key: string): ReadonlyMap<string, MapEntry> {
  const part = treeAt(tree, [key]);
  return part?.kind === 'map' ? part.entries : new Map();
}

type ReadPart<T> = (tree: Tree, job: JobContext) => T | undefined;

/** Undefined if a part is wrong, which is reported. */
function readParts<T>(
  tree: Tree | undefined,
  read: ReadPart<T>,
  job: JobContext,
): { readonly [name: string]: T } | undefined {
  if (tree?.kind !== 'map')
    return tree === undefined || (tree.kind === 'scalar' && tree.value === null) ? {} : undefined;
  const parts = [...tree.entries].map(([name, { value }]) => [name, read(value, job)] as const);
  const fine = parts.filter((part): part is readonly [string, T] => part[1] !== undefined);
  return fine.length === parts.length ? Object.fromEntries(fine) : undefined;
}

function readGiven(tree: Tree, job: JobContext): GivenBatches | undefined {
  if (tree.kind === 'list') {
    const batches = readBatches(tree, job);
    return batches && { partitions: 1, batches };
  }
  const partitions = treeAt(tree, ['partitions']);
  const batches = treeAt(tree, ['batches']);
  const count = partitions?.kind === 'scalar' ? partitions.value : 1;
  if (
    tree.kind !== 'map' ||
    batches === undefined ||
    typeof count !== 'number' ||
    !Number.isInteger(count) ||
    count < 1
  ) {
    const message = 'What is given to a source is a list of batches, or { partitions: 2, batches: [...] }.';
    job.report(problemAt(tree, { code: 'wrong-type', message, remedy: 'Write [[1, 2], [3]] for two batches.' }));
    return undefined;
  }
  const read = readBatches(batches, job);
  return read && { partitions: count, batches: read };
}

function readBatches(tree: Tree, { report }: JobContext): Batches | undefined {
  const wrong = tree.kind === 'list' ? tree.items.find((batch) => batch.kind !== 'list') : tree;
  if (wrong === undefined) return toJson(tree) as Batches;
  const message = tree.kind === 'list' ? 'A batch is a list of records.' : 'Batches are a list of lists of records.';
  report(problemAt(wrong, { code: 'wrong-type', message, remedy: 'Write [[1, 2], [3]] for two batches.' }));
  return undefined;
}
