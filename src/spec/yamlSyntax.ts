import type { Document, YAMLParseError, YAMLWarning } from 'yaml';
import { type Problem, problemAt } from './problem.ts';
import type { SourceText } from './sourceText.ts';
import { quoteTheFunction } from './yamlTraps.ts';

const mostProblems = 10;

/**
 * What YAML could not read: one problem for each line. What a first error leaves YAML in confusion about is not told: behind it
 * only errors whose cause is known.
 */
export function syntaxProblems([document, second]: readonly Document[], source: SourceText): readonly Problem[] {
  const byLine = new Map<number, Problem>();
  for (const error of [...(document?.errors ?? []), ...(document?.warnings ?? [])].sort(
    (a, b) => a.pos[0] - b.pos[0],
  )) {
    const span = { source, start: error.pos[0], end: error.pos[1] };
    const { line } = source.place(span.start);
    const known = explain(error, source.line(line - 1));
    if (byLine.has(line) || (!known && byLine.size > 0)) continue;
    byLine.set(line, problemAt(span, { code: 'bad-yaml', ...(known ?? { message: sentenceOf(error) }) }));
  }
  if (second && byLine.size === 0) return [secondDocument(second, source)];
  return [...byLine.values()].slice(0, mostProblems);
}

interface Explanation {
  readonly message: string;
  readonly remedy?: string;
}

function secondDocument({ range }: Document, source: SourceText): Problem {
  const [start, end] = range ?? [0, 0];
  const message = 'A second document begins here (`---`), and a file holds one job.';
  return problemAt({ source, start, end }, { code: 'bad-yaml', message, remedy: 'Make a file of each job.' });
}

/** Undefined if all that can be said is what the library says. */
function explain(error: YAMLParseError | YAMLWarning, line: string): Explanation | undefined {
  if (error.code === 'TAB_AS_INDENT') return { message: 'A tab indents this line.', remedy: 'Indent with spaces.' };
  if (line.includes('=>')) return { message: 'YAML cannot read this function.', remedy: quoteTheFunction };
  if (/[[{].*\$\{/.test(line)) {
    return { message: 'Within { } and [ ] YAML cannot read ${…} bare.', remedy: `Quote it: "\${NAME}".` };
  }
  return explainCode(error, line);
}

function explainCode(error: YAMLParseError | YAMLWarning, line: string): Explanation | undefined {
  const bare = /^[\s-]*([\w-]+)\s*$/.exec(line)?.[1];
  switch (error.code) {
    case 'MISSING_CHAR':
      if (error.message.endsWith('quote')) return endlessText;
      return bare && error.message.startsWith('Implicit map keys') ? bareKey(bare) : undefined;
    case 'TAG_RESOLVE_FAILED':
      return { message: 'A YAML tag (!…) has no meaning here.', remedy: 'Quote the value if it begins with !.' };
    case 'BAD_SCALAR_START':
      return { message: sentenceOf(error), remedy: 'Quote the value.' };
    default:
      return undefined;
  }
}

const endlessText = { message: 'A quoted text above does not end.', remedy: 'Close its quotes.' };

const bareKey = (key: string): Explanation => ({
  message: `\`${key}\` stands bare among settings.`,
  remedy: `Write \`${key}: {}\`, or the value behind a colon.`,
});

const sentenceOf = ({ message }: YAMLParseError | YAMLWarning): string =>
  `This is not YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}.`;
