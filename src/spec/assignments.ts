import { StreamjobError } from '../base/errors.ts';
import type { Problem } from './problem.ts';
import { SourceText, type Span, spanOf } from './sourceText.ts';
import type { MapEntry, Tree } from './tree.ts';
import { readYaml } from './yaml.ts';

/**
 * A job file with `--set path=value` applied: names and list places with dots between them, and a YAML value. Maps on the
 * way that are not there are made. Throws StreamjobError `bad-usage`.
 */
export function assign(tree: Tree, assignment: string): Tree {
  const equals = assignment.indexOf('=');
  if (equals < 1) {
    throw usage(`--set ${assignment} has no value.`, 'Write --set path=value, as in --set batchInterval=5s.');
  }
  const source = new SourceText(`--set ${assignment.slice(0, equals)}`, assignment.slice(equals + 1));
  const key = { source, start: 0, end: source.text.length };
  return put(tree, assignment.slice(0, equals).split('.'), assignedValue(source), key);
}

const usage = (message: string, remedy: string) => new StreamjobError('bad-usage', message, { remedy });

function assignedValue(source: SourceText): Tree {
  const problems: Problem[] = [];
  const yaml = readYaml(source, (problem) => problems.push(problem));
  if (yaml && problems.length === 0) return yaml.tree;
  throw usage(`${source.file}=${source.text}: ${problems[0]?.message}`, problems[0]?.remedy ?? 'Give a YAML value.');
}

function put(tree: Tree | undefined, path: readonly string[], value: Tree, key: Span): Tree {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  if (tree?.kind === 'list') return putItem(tree.items, step, (item) => put(item, rest, value, key), tree);
  const entries = new Map<string, MapEntry>(tree?.kind === 'map' ? tree.entries : []);
  const entry = entries.get(step);
  entries.set(step, { key: entry?.key ?? key, value: put(entry?.value, rest, value, key) });
  return { kind: 'map', entries, ...(tree?.kind === 'map' ? spanOf(tree) : key) };
}

function putItem(items: readonly Tree[], step: string, change: (item: Tree | undefined) => Tree, list: Span): Tree {
  const index = Number(step);
  if (!Number.isInteger(index) || index < 0 || index > items.length) {
    const range = items.length > 0 ? `0 to ${items.length - 1}` : 'none';
    throw usage(`--set names place ${step} of a list whose places are ${range}.`, 'Lists are counted from 0.');
  }
  const changed = [...items];
  changed[index] = change(items[index]);
  return { kind: 'list', items: changed, ...spanOf(list) };
}
