import { readFile } from 'node:fs/promises';
import { basename, extname, resolve } from 'node:path';
import { messageOf, type Place, StreamjobError } from '../base/errors.ts';
import { inspectModule } from '../function/module.ts';
import type { JobSettings } from '../plan/jobSettings.ts';
import type { Plan } from '../plan/plan.ts';
import { checkSettings } from './checkedSettings.ts';
import type { JobContext } from './jobContext.ts';
import { problemAt } from './problem.ts';
import { jobShape } from './shape.ts';
import { SourceText, type Span } from './sourceText.ts';
import { hollow, type MapTree } from './tree.ts';
import { resolveVariables } from './variables.ts';

/** Where a job keeps what must survive; absent if the file does not say. Durations in milliseconds. */
export type Checkpoint = false | { readonly directory: string; readonly interval?: number };

/** What a job file says besides its graph and tests. */
export interface Header {
  readonly name: string;
  readonly batchInterval: number;
  readonly checkpoint?: Checkpoint;
  readonly settings: JobSettings;
  /** How long, in milliseconds, what streams gave is kept for queries. */
  readonly remember?: number;
}

/** The names of the sections that are read elsewhere. */
const sections = ['tables', 'sources', 'streams', 'sinks', 'tests'];

/** Reads the settings of the job as a whole; undefined if something is wrong with them, which is reported. */
export function readHeader(root: MapTree, source: SourceText, job: JobContext): Header | undefined {
  const shape = checkSettings(jobShape, hollow(root, sections), { source, start: 0, end: 0 }, job);
  if (shape === undefined) return undefined;
  const { checkpoint, batchInterval, settings, remember } = shape;
  const name = shape.name ?? basename(source.file, extname(source.file));
  const kept = checkpoint === undefined ? {} : { checkpoint: checkpointOf(checkpoint) };
  return { name, batchInterval, settings, ...kept, ...(remember && { remember }) };
}

const checkpointOf = (checkpoint: Checkpoint | string): Checkpoint =>
  typeof checkpoint === 'string' ? { directory: checkpoint } : checkpoint;

/** The module that functions may use: for the plan, and the names that it exports, if its text says so. */
export interface FunctionsModule {
  readonly module?: NonNullable<Plan['module']>;
  readonly exports: readonly string[] | undefined;
}

/** Inspects the `functions` module without running it. Reports if it cannot be read. */
export async function readModule(
  root: MapTree,
  job: Pick<JobContext, 'report' | 'directory' | 'env'>,
): Promise<FunctionsModule> {
  const entry = root.entries.get('functions');
  const named = entry && resolveVariables(entry.value, job.env).value;
  if (entry === undefined || typeof named !== 'string') return { exports: [] };
  const path = resolve(job.directory, named);
  try {
    const { exports, sha256 } = await inspectModule(path);
    return { module: { path, sha256 }, exports };
  } catch (error) {
    if (!(error instanceof StreamjobError)) throw error;
    const { code, remedy, at } = error;
    const span = (at && (await spanIn(at))) ?? entry.value;
    job.report(problemAt(span, { code, message: messageOf(error), remedy }));
    return { exports: undefined };
  }
}

/** A place in another file than the job file, to show the line that it is in; undefined if it cannot be read. */
async function spanIn({ file, line, column }: Place): Promise<Span | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const source = new SourceText(file, text);
  const start = source.lineStart(line - 1) + column - 1;
  return { source, start, end: start + 1 };
}
