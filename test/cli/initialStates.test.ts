import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folderWith, printed, streamjob } from './command.ts';

const job = `
batchInterval: 1s
checkpoint: checkpoint
sources:
  moves: { files: { path: in, format: json, minAge: 0s } }
streams:
  stock:
    from: moves
    steps:
      - updateStateByKey:
          update: (changes, stock) => changes.reduce((a, b) => a + b, Number(stock ?? 0))
          initial: { file: stock.csv, format: csv }
sinks:
  - from: stock
    print: {}
`;

test('the states of a file are there in the first batch ever, and not looked at after it', async () => {
  const cwd = folderWith({ 'job.yaml': job, 'stock.csv': 'key,state\nnails,500\nglue,8\n' });
  mkdirSync(join(cwd, 'in'));
  writeFileSync(join(cwd, 'in/1.json'), '["nails",-100]\n');
  const run = () => streamjob(['run', 'job.yaml', '--once', '--threads', '2'], { cwd });
  const first = await run();
  expect([...printed(first.stdout)].sort()).toEqual(['["glue",8]', '["nails",400]']);
  expect(first.stderr).not.toContain('is not used');

  writeFileSync(join(cwd, 'stock.csv'), 'key,state\nnails,1\nrope,5\n');
  writeFileSync(join(cwd, 'in/2.json'), '["nails",1]\n');
  const second = await run();
  expect([...printed(second.stdout)].sort()).toEqual(['["glue",8]', '["nails",401]']);
  expect(second.stderr).toContain(
    'stock, step 1 (updateStateByKey): the checkpoint holds its states, so the file of `initial` is not used',
  );

  rmSync(join(cwd, 'checkpoint'), { recursive: true });
  const anew = await run();
  expect([...printed(anew.stdout)].sort()).toEqual(['["nails",-98]', '["rope",5]']);
});

test('what is wrong with the file is said before the start, at its place', async () => {
  const cwd = folderWith({ 'job.yaml': job, 'stock.csv': 'key,state\nnails,1\nnails,2\n' });
  const twice = await streamjob(['validate', 'job.yaml'], { cwd });
  expect(twice.stdout + twice.stderr).toMatch(/job\.yaml:12:28 {2}bad-table .*two states for the key 'nails'/);
  expect(twice.code).toBe(3);
});
