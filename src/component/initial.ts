import { StreamjobError } from '../base/errors.ts';
import { KeyedTable } from '../plan/keyedTable.ts';
import { fromLiteral } from '../plan/literal.ts';
import type { InitialFile, StateNode } from '../plan/plan.ts';
import { previewValue } from '../plan/preview.ts';
import { badFile, changedFile, type NamedFile, readDataFile } from './dataFile.ts';
import type { LoadFormat } from './format.ts';

/** A key and the state that it begins with. */
export type InitialPair = readonly [key: unknown, state: unknown];

/**
 * The states that a step begins with. Throws StreamjobError `bad-value` for a list with what is no pair, or with one key twice;
 * `bad-table` for such a file, `file-missing`, and `input-changed` if a file is not what it was when the job was checked.
 */
export async function loadInitial(
  { initial = [] }: Pick<StateNode, 'initial'>,
  loadFormat: LoadFormat,
): Promise<readonly InitialPair[]> {
  if (!isFile(initial)) return pairsOf(initial.map(fromLiteral), badList);
  const { pairs, sha256 } = await readInitialFile(initial, loadFormat);
  if (sha256 !== initial.sha256) throw changedFile(named(initial));
  return pairs;
}

/** Reads a file of initial states, whatever its hash is. Throws as `loadInitial`. */
export async function readInitialFile(
  file: InitialFile,
  loadFormat: LoadFormat,
): Promise<{ readonly pairs: readonly InitialPair[]; readonly sha256: string }> {
  const { records, isArray, sha256 } = await readDataFile(named(file), loadFormat);
  const isOneLine = isArray && isPair(records) && !records.some((record) => isPair(record));
  return { pairs: pairsOf(isOneLine ? [records] : records, (what) => badFile(named(file), what)), sha256 };
}

/** The first of these records that cannot be an initial state; `what` continues the name of what holds it. */
export function wrongPair(records: readonly unknown[]): { readonly index: number; readonly what: string } | undefined {
  const known = new KeyedTable<true>();
  for (const [index, record] of records.entries()) {
    const pair = pairOf(record);
    if (!pair) return { index, what: `has ${previewValue(record)} as number ${index + 1}, which is no pair` };
    if (known.find(pair[0])) return { index, what: `has two states for the key ${previewValue(pair[0])}` };
    known.add(pair[0], true);
  }
  return undefined;
}

export const badList = (what: string): StreamjobError =>
  new StreamjobError('bad-value', `\`initial\` ${what}.`, {
    remedy: 'Write a list of pairs, no two with the same key: `initial: [[ann, 1], [bob, 2]]`.',
  });

export const isFile = (initial: NonNullable<StateNode['initial']>): initial is InitialFile => 'path' in initial;

const named = (file: InitialFile): NamedFile => ({
  ...file,
  called: `the file of initial states ${file.path}`,
  wanted:
    'It needs one pair [key, state], or one record with the fields `key` and `state`, for each key; see its `format`.',
});

function pairsOf(records: readonly unknown[], bad: (what: string) => StreamjobError): readonly InitialPair[] {
  const wrong = wrongPair(records);
  if (wrong) throw bad(wrong.what);
  return records.map((record) => pairOf(record)!);
}

function pairOf(record: unknown): InitialPair | undefined {
  if (isPair(record)) return record;
  if (typeof record !== 'object' || record === null || Object.keys(record).length !== 2) return undefined;
  if (!Object.hasOwn(record, 'key') || !Object.hasOwn(record, 'state')) return undefined;
  const { key, state } = record as { readonly key: unknown; readonly state: unknown };
  return [key, state];
}

const isPair = (value: unknown): value is InitialPair => Array.isArray(value) && value.length === 2;
