import type { Document, YAMLParseError, YAMLWarning } from 'yaml';
import { type Problem, problemAt } from './problem.ts';
import type { SourceText } from './sourceText.ts';
import { quoteTheFunction } from './yamlTraps.ts';

const mostProblems = 10;

/** What YAML could not read: one problem for each line, since the first error of a line causes the others. */
export function syntaxProblems(document: Document, source: SourceText): readonly Problem[] {
  const byLine = new Map<number, Problem>();
  for (const error of [...document.errors, ...document.warnings].sort((a, b) => a.pos[0] - b.pos[0])) {
    const problem = problemOf(error, source);
    if (!byLine.has(problem.at.line)) byLine.set(problem.at.line, problem);
  }
  return [...byLine.values()].slice(0, mostProblems);
}

function problemOf(error: YAMLParseError | YAMLWarning, source: SourceText): Problem {
  const span = { source, start: error.pos[0], end: error.pos[1] };
  const line = source.line(source.place(span.start).line - 1);
  const { message, remedy } = explain(error, line);
  return problemAt(span, { code: 'bad-yaml', message, remedy });
}

interface Explanation {
  readonly message: string;
  readonly remedy?: string;
}

function explain(error: YAMLParseError | YAMLWarning, line: string): Explanation {
  if (line.includes('=>')) return { message: 'YAML cannot read this function.', remedy: quoteTheFunction };
  if (/[[{].*\$\{/.test(line)) {
    return { message: 'Within { } and [ ] YAML cannot read ${…} bare.', remedy: `Quote it: "\${NAME}".` };
  }
  return explainCode(error, line);
}

function explainCode(error: YAMLParseError | YAMLWarning, line: string): Explanation {
  const bare = /^[\s-]*([\w-]+)\s*$/.exec(line)?.[1];
  switch (error.code) {
    case 'TAB_AS_INDENT':
      return { message: 'A tab indents this line.', remedy: 'Indent with spaces.' };
    case 'MULTIPLE_DOCS':
      return {
        message: 'A second document begins here (`---`), and a file holds one job.',
        remedy: 'Make a file of each job.',
      };
    case 'MISSING_CHAR':
      if (bare && error.message.startsWith('Implicit map keys')) {
        return {
          message: `\`${bare}\` stands bare among settings.`,
          remedy: `Write \`${bare}: {}\`, or the value behind a colon.`,
        };
      }
      return sentence(error);
    case 'TAG_RESOLVE_FAILED':
      return { message: 'A YAML tag (!…) has no meaning here.', remedy: 'Quote the value if it begins with !.' };
    case 'BAD_SCALAR_START':
      return { ...sentence(error), remedy: 'Quote the value.' };
    default:
      return sentence(error);
  }
}

const sentence = ({ message }: YAMLParseError | YAMLWarning): Explanation => ({
  message: `This is not YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}.`,
});
