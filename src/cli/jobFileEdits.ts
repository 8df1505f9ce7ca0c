import { type Alias, type Document, isCollection, isMap, isNode, isSeq, type Node, visit, type YAMLSeq } from 'yaml';
import { StreamjobError } from '../base/errors.ts';
import type { JsonValue } from '../base/json.ts';
import type { JobTest } from '../spec/jobTests.ts';
import { SourceText } from '../spec/sourceText.ts';
import { parseDocuments } from '../spec/yamlParse.ts';
import { canonicalJson } from './compare.ts';
import { flowText } from './flowText.ts';

type Batches = readonly (readonly JsonValue[])[];

/** What a test gave. */
export interface Actual {
  /** Its number in `tests:`, from 0. */
  readonly index: number;
  readonly test: JobTest;
  /** By stream; those that are as expected are left out. */
  readonly streams: ReadonlyMap<string, Batches>;
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * The text of a job file with what tests gave in place of what they expect, and everything else as it was: comments, layout,
 * records that are right. Throws StreamjobError `bad-usage` if what is expected stands elsewhere, behind an alias.
 */
export function withActual(file: string, text: string, results: readonly Actual[]): string {
  const document = parseDocuments(text)[0]!;
  const source = new SourceText(file, text);
  const edits = results.flatMap((result) => editsOf(document, source, result));
  for (const edit of edits) refuseShared(document, source, edit);
  return applied(text, edits);
}

/** The text with another test at the end of `tests:`. Throws StreamjobError `bad-usage` if there is no place for it. */
export function withTest(file: string, text: string, { name, given, expect }: JobTest): string {
  const document = parseDocuments(text)[0]!;
  const tests = document.get('tests', true) as unknown;
  const batches = Object.fromEntries(Object.entries(given).map(([source, part]) => [source, part.batches]));
  const lines = (pad: string): string =>
    [
      `- name: ${flowText(name)}`,
      `  given:${streamsText(batches, `${pad}    `)}`,
      `  expect:${streamsText(expect, `${pad}    `)}`,
    ]
      .map((line) => `${pad}${line}`)
      .join('\n');
  if (!document.has('tests')) return `${text.trimEnd()}\n\ntests:\n${lines('  ')}\n`;
  const source = new SourceText(file, text);
  if (isMap(document.contents) && document.contents.flow) throw elsewhere(source, 0, 'the job');
  if (!isSeq(tests) || tests.items.length === 0)
    return applied(text, [{ ...gap(text, tests), text: `\n${lines('  ')}` }]);
  if (tests.flow) throw elsewhere(source, tests.range![0], '`tests`');
  const end = endOf(text, tests);
  const behind = text.indexOf('\n', end);
  const at = behind < 0 ? text.length : behind;
  return applied(text, [{ start: at, end: at, text: `\n${lines(padAt(text, tests.range![0]))}` }]);
}

function editsOf(document: Document, source: SourceText, { index, test, streams }: Actual): readonly Edit[] {
  const expect = document.getIn(['tests', index, 'expect'], true);
  if (Object.keys(test.expect).length === 0) return [newStreams(document, source, index, streams)];
  return [...streams].flatMap(([stream, actual]) => {
    const node: unknown = isMap(expect) ? expect.get(stream, true) : undefined;
    if (!isNode(node)) throw elsewhere(source, source.lineStart(test.at.line - 1), `what \`${stream}\` is to give`);
    return streamEdits(source.text, node, test.expect[stream] ?? [], actual, test.ordered);
  });
}

/** For a test that expects nothing yet. */
function newStreams(document: Document, source: SourceText, index: number, streams: Actual['streams']): Edit {
  const { text } = source;
  const test = document.getIn(['tests', index], true);
  if (!isMap(test) || !test.has('expect')) throw elsewhere(source, 0, 'a test');
  const place = gap(text, test.get('expect', true));
  const values = Object.fromEntries(streams);
  if (test.flow) return { ...place, text: ` ${flowText(values)}` };
  return { ...place, text: streamsText(values, `${padAt(text, test.range![0])}  `) };
}

function streamEdits(text: string, node: Node, expected: Batches, actual: Batches, ordered: boolean): readonly Edit[] {
  const batches = isSeq(node) ? node.items : [];
  if (!isSeq(node) || batches.length !== actual.length || !batches.every((batch) => isSeq(batch))) {
    return [replaced(text, node, actual)];
  }
  return batches.flatMap((batch, i) => batchEdits(text, batch as YAMLSeq, expected[i] ?? [], actual[i] ?? [], ordered));
}

/** Where as many records came as expected, those that are right stay where they are. */
function batchEdits(
  text: string,
  batch: YAMLSeq,
  expected: readonly JsonValue[],
  actual: readonly JsonValue[],
  ordered: boolean,
): readonly Edit[] {
  const placed = ordered ? actual : arranged(expected, actual);
  const wrong = placed.flatMap((record, i) => (canonicalJson(record) === canonicalJson(expected[i]) ? [] : [i]));
  if (wrong.length === 0 && actual.length === expected.length) return [];
  if (actual.length !== expected.length || !batch.items.every(isNode)) return [replaced(text, batch, actual)];
  return wrong.map((i) => {
    const node = batch.items[i] as Node;
    return { start: node.range![0], end: endOf(text, node), text: flowText(placed[i]!) };
  });
}

/** The records with those that were expected at the places where they were. */
function arranged(expected: readonly JsonValue[], actual: readonly JsonValue[]): readonly JsonValue[] {
  const left = actual.map((record) => ({ record, key: canonicalJson(record) }));
  const kept = expected.map((record) => {
    const at = left.findIndex(({ key }) => key === canonicalJson(record));
    return at < 0 ? undefined : left.splice(at, 1);
  });
  const placed = kept.flatMap((found) => found ?? left.splice(0, 1));
  return [...placed, ...left].map(({ record }) => record);
}

/** Block lists stay block lists, flow lists flow lists. */
function replaced(text: string, node: Node, values: readonly JsonValue[]): Edit {
  const [start] = node.range!;
  const block = isSeq(node) && !node.flow && values.length > 0;
  const separator = `\n${padAt(text, start)}`;
  const list = block ? values.map((value) => `- ${flowText(value)}`).join(separator) : flowText(values);
  return { start, end: endOf(text, node), text: list };
}

const streamsText = (streams: { readonly [name: string]: Batches }, pad: string): string =>
  Object.entries(streams)
    .map(([name, batches]) => {
      const lines = batches.map((batch) => `\n${pad}  - ${flowText(batch)}`);
      return `\n${pad}${flowText(name)}:${lines.join('') || ' []'}`;
    })
    .join('') || ' {}';

/** Where a value that says nothing stands, with the blanks before it. */
function gap(text: string, node: unknown): { readonly start: number; readonly end: number } {
  const [from, end] = isNode(node) ? node.range! : [text.length, text.length];
  return { start: text.slice(0, from).trimEnd().length, end };
}

/** The range of a block list reaches beyond its last value, over comments and empty lines. */
function endOf(text: string, node: Node): number {
  const [start, end] = node.range!;
  if (!isCollection(node) || node.flow) return start + text.slice(start, end).trimEnd().length;
  const last: unknown = node.items.at(-1);
  const inner = isNode(last) ? last : (last as { value?: unknown; key?: unknown }).value;
  return isNode(inner) ? endOf(text, inner) : start + text.slice(start, end).trimEnd().length;
}

/** Blanks up to the column of an offset. */
const padAt = (text: string, offset: number): string => ' '.repeat(offset - (text.lastIndexOf('\n', offset - 1) + 1));

/** What an anchor marks is expected, or given, at other places too. */
function refuseShared(document: Document, source: SourceText, { start, end }: Edit): void {
  visit(document, {
    Alias(_key, alias: Alias) {
      const [at = 0] = alias.range ?? [];
      const marked = alias.resolve(document)?.range;
      const isInside = at >= start && at < end;
      if (marked && !isInside && marked[0] < end && start < marked[1])
        throw elsewhere(source, start, `*${alias.source}`);
    },
  });
}

const elsewhere = (source: SourceText, offset: number, what: string): StreamjobError =>
  new StreamjobError(
    'bad-usage',
    `The tests cannot be rewritten: ${what} is written in a way that this would change.`,
    {
      at: source.place(offset),
      remedy: 'Write it out, in block style and without anchors and aliases.',
    },
  );

const applied = (text: string, edits: readonly Edit[]): string =>
  [...edits]
    .sort((a, b) => b.start - a.start)
    .reduce((result, edit) => result.slice(0, edit.start) + edit.text + result.slice(edit.end), text);
