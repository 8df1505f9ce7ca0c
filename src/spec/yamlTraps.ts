import { isScalar, type Pair } from 'yaml';
import { type Problem, problemAt } from './problem.ts';
import type { SourceText, Span } from './sourceText.ts';
import type { ScalarTree } from './tree.ts';

export const quoteTheFunction = "Quote the function ('…'), or write it as a block below a |.";

/** YAML folds lines into one: what stands behind a `//`, or relied on its line end, would be swallowed. */
export function wrongFunctionStyle(tree: ScalarTree): Problem | undefined {
  if (tree.style === 'literal' || !tree.text.includes('=>')) return undefined;
  const written = tree.source.text.slice(tree.start, tree.end).trimEnd();
  const lines = written.split('\n').length - (tree.style === 'folded' ? 1 : 0);
  const quoted = tree.style === 'single' || tree.style === 'double';
  if (lines < 2 || (quoted && !written.includes('//'))) return undefined;
  return problemAt(tree, {
    code: 'bad-yaml',
    message: 'YAML would fold the lines of this function into one.',
    remedy: 'Write it as a block below a |.',
  });
}

/**
 * In `{ reduce: (a, b) => a + b }` YAML sees the settings `reduce: (a` and `b) => a + b`. It is known by a key that has no value,
 * in a map that has `=>` in it.
 */
export function tornFunction(pairs: readonly Pair<unknown, unknown>[], map: Span): Problem | undefined {
  const torn = pairs.findIndex(({ value }) => isBlank(value));
  if (torn < 0 || !pairs.some(({ key, value }) => hasArrow(key) || hasArrow(value))) return undefined;
  const { key } = pairs[torn]!;
  const before = pairs[Math.max(0, torn - 1)]!.value;
  const start =
    (isScalar(before) && !isBlank(before) && before.range?.[0]) || (isScalar(key) && key.range?.[0]) || map.start;
  const end = (isScalar(key) && key.range?.[1]) || map.end;
  const message = 'YAML tears this function apart at its comma.';
  return problemAt({ ...map, start, end }, { code: 'bad-yaml', message, remedy: quoteTheFunction });
}

const isBlank = (value: unknown): boolean =>
  value === null || (isScalar(value) && value.range?.[0] === value.range?.[1]);

const hasArrow = (node: unknown): boolean =>
  isScalar(node) && node.type === 'PLAIN' && typeof node.value === 'string' && node.value.includes('=>');

/** True if ` #` began a comment right behind a scalar: in a function it was probably meant as code. */
export function commentFollows(tree: ScalarTree): boolean {
  return tree.style === 'plain' && /^[ \t]+#/.test(restOfLine(tree.source, tree.end));
}

function restOfLine(source: SourceText, offset: number): string {
  const end = source.text.indexOf('\n', offset);
  return source.text.slice(offset, end < 0 ? undefined : end);
}
