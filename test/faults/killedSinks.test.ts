import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { folderWith, streamjob } from '../cli/command.ts';

const files = Array.from({ length: 5 }, (_, file) => Array.from({ length: 40 }, (_, i) => `${file}-${i}`));

/** One file a batch, so that a batch is what a file holds; two sinks, so that a commit is done again when one is. */
const job = (settings: string): string => `batchInterval: 50ms
checkpoint: ./checkpoint
sources: { lines: { files: { path: in, minAge: 0s, maxFilesPerBatch: 1 } } }
sinks:
  - { from: lines, files: { path: out, ${settings} } }
  - { from: lines, files: { path: other } }
`;

function folderOf(settings: string): string {
  const cwd = folderWith({ 'job.yaml': job(settings) });
  mkdirSync(join(cwd, 'in'));
  for (const [i, lines] of files.entries()) writeFileSync(join(cwd, 'in', `${i}`), `${lines.join('\n')}\n`);
  return cwd;
}

/** The lines of all files that are to be seen, in whichever directory. */
function linesIn(path: string): readonly string[] {
  return readdirSync(path)
    .filter((name) => !name.startsWith('.') && name !== '_SUCCESS')
    .flatMap((name) =>
      statSync(join(path, name)).isDirectory() ? linesIn(join(path, name)) : linesOf(join(path, name)),
    );
}

const linesOf = (path: string): readonly string[] => {
  const bytes = readFileSync(path);
  const text = (bytes[0] === 0x1f ? gunzipSync(bytes) : bytes).toString();
  return text.split('\n').filter((line) => line !== '' && line !== 'line');
};

const run = (cwd: string, failpoint: string, threads: number) =>
  streamjob(['run', 'job.yaml', '--once', '--threads', `${threads}`], { cwd, env: { STREAMJOB_FAILPOINT: failpoint } });

/** A kill after the other: a place at a late visit comes first, while there is much to do. */
test.each([
  ['rolling by time', 'roll: 1d', ['sink.appended:3', 'sink.published:2', 'sink.synced:2', 'sink.appended']],
  ['rolling by size', 'roll: 300B', ['sink.published:3', 'sink.appended:2', 'sink.published:2']],
  [
    'rolling, and taking a batch back',
    'roll: 300B',
    ['sink.published:3', 'roll.noted', 'sink.published', 'roll.removed', 'sink.published', 'roll.noted'],
  ],
  [
    'rolling, compressed and with a header',
    'roll: 1d, format: { csv: { columns: [line] } }, suffix: csv.gz',
    ['sink.appended:2', 'sink.published:3'],
  ],
  ['partitioned', 'partitioned: true', ['sink.rename:3', 'sink.renamed:2', 'sink.published:2']],
])('a files sink that is %s has every line once after kills', async (_name, settings, failpoints) => {
  const cwd = folderOf(settings);
  for (const [life, failpoint] of failpoints.entries())
    expect([failpoint, (await run(cwd, failpoint, 1 + (life % 2))).signal]).toEqual([failpoint, 'SIGKILL']);
  const { code, stderr } = await run(cwd, '', 2);
  expect([code, stderr]).toEqual([0, expect.not.stringContaining('"error"')]);
  expect([...linesIn(join(cwd, 'out'))].sort()).toEqual(files.flat().sort());
  expect([...linesIn(join(cwd, 'other'))].sort()).toEqual(files.flat().sort());
});
