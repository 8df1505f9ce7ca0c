import { didYouMean } from '../base/suggest.ts';
import type { Recorded } from '../dstream/graph.ts';
import { problemAt, type Report } from './problem.ts';
import type { Span } from './sourceText.ts';
import { childrenOf, type Tree } from './tree.ts';
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
  /** Whoever runs the job says where its checkpoint is. */
  readonly keptElsewhere: boolean;
  /** The streams that are put together so far, by name. */
  readonly streams: Map<string, Recorded>;
}

const mostNamesLookedAt = 500;
const mostNamesShown = 12;

/** For a name that no source, stream or onError defines. */
export function reportUnknownStream(name: string, at: Span, known: Iterable<string>, report: Report): void {
  const names = [...known].slice(0, mostNamesLookedAt);
  const message = `No source or stream is called \`${name}\`.`;
  report(problemAt(at, { code: 'unknown-stream', message, remedy: `${didYouMean(name, names)}${listed(names)}` }));
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return 'Define it under `sources` or `streams`.';
  return `There are ${names.slice(0, mostNamesShown).join(', ')}${names.length > mostNamesShown ? ', …' : '.'}`;
}

/** True if something within a value was not read as it was meant. */
export function isSpoiled(tree: Tree | undefined, { spoiled }: Pick<JobContext, 'spoiled'>): boolean {
  if (tree === undefined || spoiled.size === 0) return false;
  return spoiled.has(tree) || childrenOf(tree).some((child) => isSpoiled(child, { spoiled }));
}
