import { expect, test } from 'vitest';
import { folderWith, printed, streamjob } from './command.ts';

const job = `batchInterval: 1s
sources: { numbers: { queue: { batches: [[1]] } } }
sinks: [{ from: numbers, print: {} }]
`;

test.each([
  { args: ['rnu', 'x.yaml'], says: 'Did you mean run?' },
  { args: ['run', 'x.yaml', '--thread', '2'], says: 'Did you mean --threads?' },
  { args: ['run'], says: "missing required argument 'job'" },
  { args: ['run', 'a.yaml', 'b.yaml'], says: 'too many arguments' },
  { args: ['run', 'x.yaml', '--threads', '0'], says: 'A whole number from 1 is expected, or auto.' },
  { args: ['run', 'x.yaml', '--batches', 'many'], says: 'A whole number from 1 is expected.' },
  { args: ['run', 'x.yaml', '--duration', '5'], says: 'A time such as 500ms, 30s, 10m or 1h is expected.' },
  { args: ['run', 'x.yaml', '--set', 'name'], says: 'as in batchInterval=5s' },
  { args: ['run', 'x.yaml', '--log-format', 'xml'], says: 'Allowed choices are text, json.' },
  { args: ['explain', 'x.yaml', '--format', 'dot'], says: 'Allowed choices are text, json, mermaid.' },
  { args: ['lst'], says: 'Did you mean list?' },
  { args: ['complete', 'bash'], says: "unknown command 'complete'" },
  { args: ['completion', 'fish'], says: 'Allowed choices are bash, zsh.' },
  { args: ['init', '--source', 'sockets'], says: 'Allowed choices are files, socket, stdin, http.' },
  { args: ['test', 'x.yaml', '--updte'], says: 'Did you mean --update?' },
  { args: ['test', 'x.yaml', '--record', '0'], says: 'A whole number from 1 is expected.' },
  { args: [], says: 'Usage: streamjob' },
])('$args is refused with exit 2', async ({ args, says }) => {
  const { code, stdout, stderr } = await streamjob(args);
  expect(stderr).toContain(says);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
});

test.each([
  ['--help'],
  ['run', '--help'],
  ['validate', '--help'],
  ['test', '--help'],
  ['explain', '--help'],
  ['init', '--help'],
  ['list', '--help'],
  ['docs', '--help'],
  ['completion', '--help'],
  ['--version'],
])('%s %s is an answer, on standard output', async (...args) => {
  const { code, stdout, stderr } = await streamjob(args.filter((arg) => arg !== undefined));
  expect(stdout).not.toBe('');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

test.each(['run', 'validate', 'test', 'explain'])('%s of a job file that is missing ends with 3', async (command) => {
  const { code, stderr } = await streamjob([command, 'nowhere.yaml']);
  expect(stderr).toContain('nowhere.yaml');
  expect(code).toBe(3);
});

// Node.js 20 takes an --env-file anywhere on the command line for its own, and then ends with 9 itself.
test('an env file that is missing is named', async () => {
  const { code, stderr } = await streamjob(['validate', 'jobs/queue.yaml', '--env-file', 'nowhere.env']);
  expect(stderr).toMatch(/nowhere\.env(: not found| cannot be read)/);
  expect([3, 9]).toContain(code);
});

test('variables come from the process, then from the env files, then from the default', async () => {
  const files = {
    'job.yaml': job.replace('[[1]]', '[["${A:-a}", "${B:-b}", "${C:-c}"]]'),
    'first.env': 'A=first\nB=first\n',
    'second.env': 'B=second\n# a comment\n',
  };
  const args = ['run', 'job.yaml', '--once', '--env-file', 'first.env', '--env-file', 'second.env'];
  const { code, stdout } = await streamjob(args, { cwd: folderWith(files), env: { A: 'process' } });
  expect(printed(stdout)).toEqual(['process', 'second', 'c']);
  expect(code).toBe(0);
});

test('--set changes a setting of the job file', async () => {
  const cwd = folderWith({ 'job.yaml': job });
  const { stdout } = await streamjob(
    ['run', 'job.yaml', '--once', '--set', 'sources.numbers.queue.batches=[[7], [8]]'],
    {
      cwd,
    },
  );
  expect(printed(stdout)).toEqual(['7', '8']);
});
