import type { Span } from './sourceText.ts';
import type { ScalarTree } from './tree.ts';

/**
 * Where a character of a scalar's value stands in the file. The two differ by quotes, escapes, folding and indentation.
 * The end of the value is the character behind its last.
 */
export function spanInScalar(tree: ScalarTree, offset: number): Span {
  const start = Math.min(offsetInFile(tree, offset), Math.max(tree.start, tree.end - 1));
  return { source: tree.source, start, end: start + 1 };
}

export function offsetInFile(tree: ScalarTree, offset: number): number {
  switch (tree.style) {
    case 'plain':
      return folded(tree, tree.start, offset, () => 1);
    case 'single':
      return folded(tree, tree.start + 1, offset, (text, at) => (text.startsWith("''", at) ? 2 : 1));
    case 'double':
      return folded(tree, tree.start + 1, offset, escapeLength);
    default:
      return inBlock(tree, offset);
  }
}

/** Walks the source of a flow scalar. A run of white space with line ends in it stands for one blank, or for its empty lines. */
function folded(
  tree: ScalarTree,
  start: number,
  offset: number,
  lengthAt: (text: string, at: number) => number,
): number {
  const { text } = tree.source;
  let at = start;
  for (let produced = 0; produced < offset && at < tree.end; ) {
    const fold = matchAt(/[ \t]*\r?\n\s*/y, text, at);
    const length = fold?.length ?? lengthAt(text, at);
    produced += fold ? Math.max(1, fold.split('\n').length - 2) : producedBy(text, at, length);
    at += length;
  }
  return at;
}

function escapeLength(text: string, at: number): number {
  if (text[at] !== '\\') return 1;
  const digits = { x: 2, u: 4, U: 8 }[text[at + 1] ?? ''] ?? 0;
  if (digits > 0) return 2 + digits;
  return matchAt(/\\\r?\n\s*/y, text, at)?.length ?? 2;
}

function matchAt(sticky: RegExp, text: string, at: number): string | undefined {
  sticky.lastIndex = at;
  return sticky.exec(text)?.[0];
}

/** UTF-16 units of the value that a piece of the source gives. */
function producedBy(text: string, at: number, length: number): number {
  if (text[at] !== '\\' || length < 2) return 1;
  if (/[\r\n]/.test(text[at + 1] ?? '')) return 0;
  return text[at + 1] === 'U' && Number.parseInt(text.slice(at + 2, at + 10), 16) > 0xffff ? 2 : 1;
}

/** The lines of a block are those of its value, indented. */
function inBlock(tree: ScalarTree, offset: number): number {
  const { source } = tree;
  const before = tree.text.slice(0, offset).split('\n');
  const header = source.place(tree.start).line - 1;
  const line = header + before.length;
  const indent = blockIndent(tree);
  const written = source.line(line);
  const leading = Math.min(indent, written.length - written.trimStart().length);
  return source.lineStart(line) + leading + before.at(-1)!.length;
}

/** The indentation of a block is that of its first line with text: what the file has there and the value has not. */
function blockIndent(tree: ScalarTree): number {
  const lines = tree.text.split('\n');
  const first = lines.findIndex((line) => line.trim() !== '');
  if (first < 0) return 0;
  const written = tree.source.line(tree.source.place(tree.start).line + first);
  return written.length - written.trimStart().length - (lines[first]!.length - lines[first]!.trimStart().length);
}
