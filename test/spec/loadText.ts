import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type LoadedJob, type LoadOptions, loadJob } from '#src/spec/load.ts';
import { renderProblem } from '#src/spec/problem.ts';

/** A new directory with these files, gone after the test. */
export async function directoryWith(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'streamjob-spec-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  await Promise.all(Object.entries(files).map(([name, content]) => writeFile(join(directory, name), content)));
  return directory;
}

/** Loads a job file of this text. */
export async function loadText(text: string | Uint8Array, options: LoadOptions = { env: {} }): Promise<LoadedJob> {
  return loadJob(join(await directoryWith({ 'job.yaml': text }), 'job.yaml'), options);
}

/** Lists of components and settings grow; what is tested is that there is one. */
const withoutLists = (text: string): string =>
  text.replaceAll(/\b(one of|settings are|[Kk]nown here:) \w+(, \w+)+/g, '$1 …');

/** The problems of a job as they are shown, the file in them being `job.yaml`. */
export function shown({ problems }: LoadedJob): string {
  const named = problems.map((problem) => ({
    ...problem,
    at: { ...problem.at, file: problem.at.file.replace(/^\/.*\//, '') },
  }));
  return named.map((problem) => withoutLists(renderProblem(problem, { color: false }))).join('\n');
}

export async function problemsOf(text: string | Uint8Array, options?: LoadOptions): Promise<string> {
  return shown(await loadText(text, options));
}

/** A whole job around these steps of its stream `out`. */
export const jobWithSteps = (steps: string): string => `batchInterval: 1s
sources:
  in: { queue: { batches: [] } }
streams:
  out:
    from: in
    steps:
${steps.replace(/^/gm, '      ')}
sinks:
  - from: out
    print: {}
`;
