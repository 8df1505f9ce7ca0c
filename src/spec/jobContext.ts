import { didYouMean } from '../base/suggest.ts';
import type { Recorded } from '../dstream/graph.ts';
import { problemAt, type Report } from './problem.ts';
import type { Span } from './sourceText.ts';
import type { Tree } from './tree.ts';
import type { Environment } from './variables.ts';

/** What is known of a job while its parts are read. */
export interface JobContext {
  readonly report: Report;
  /** Absent where `${NAME}` are texts as any other. */
  readonly env: Environment | undefined;
  /** Paths in the job are relative to it. */
  readonly directory: string;
  /** Values whose problem is told already. */
  readonly spoiled: ReadonlySet<Tree>;
  /** What functions may use besides JavaScript's own names; `exports` is absent if the module could not be inspected. */
  readonly names: { readonly exports?: readonly string[]; readonly tables: readonly string[] };
  /** The streams that are put together so far, by name. */
  readonly streams: Map<string, Recorded>;
}

/** For a name that no source, stream or onError defines. */
export function reportUnknownStream(name: string, at: Span, known: Iterable<string>, report: Report): void {
  const names = [...known];
  const all = names.length > 0 ? `There are ${names.join(', ')}.` : 'Define it under `sources` or `streams`.';
  const message = `No source or stream is called \`${name}\`.`;
  report(problemAt(at, { code: 'unknown-stream', message, remedy: `${didYouMean(name, names)}${all}` }));
}

/** True if something within a value was not read as it was meant. */
export function isSpoiled(tree: Tree | undefined, { spoiled }: JobContext): boolean {
  if (tree === undefined || spoiled.size === 0) return false;
  if (spoiled.has(tree)) return true;
  if (tree.kind === 'scalar') return false;
  const children = tree.kind === 'list' ? tree.items : [...tree.entries.values()].map(({ value }) => value);
  return children.some((child) => isSpoiled(child, { spoiled } as JobContext));
}
