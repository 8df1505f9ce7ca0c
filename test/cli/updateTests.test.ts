import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { JsonValue } from '#src/base/json.ts';
import { canonicalJson } from '#src/cli/compare.ts';
import { flowText } from '#src/cli/flowText.ts';
import { withActual } from '#src/cli/jobFileEdits.ts';
import { folderWith, start, streamjob } from './command.ts';

const head = `batchInterval: 1s   # as short as it may be
sources:
  words: { queue: { batches: [[x, y], [], [x]] } }
streams:
  counts:
    from: words
    steps: [countByValue]
  failing:
    from: words
    steps:
      - map: word => { throw new Error(word); }
  random:
    from: words
    steps:
      - map: () => Math.random()
sinks:
  - from: counts
    files: { path: out }
  - { from: failing, print: {} }
  - { from: random, print: {} }
`;

async function updated(tests: string) {
  const cwd = folderWith({ 'job.yaml': `${head}${tests}` });
  const ended = await streamjob(['test', '--update', 'job.yaml'], { cwd });
  const after = readFileSync(join(cwd, 'job.yaml'), 'utf8');
  expect(after.startsWith(head)).toBe(true);
  expect(readdirSync(cwd)).toEqual(['job.yaml']);
  return { ...ended, cwd, tests: after.slice(head.length) };
}

describe('test --update', () => {
  test('changes what is wrong and leaves comments, layout and what is right', async () => {
    const { code, stdout, tests, cwd } = await updated(`tests:
  - name: flow   # keep
    given: { words: [[a, b, a], []] }
    expect: { counts: [[[b,  1], [a, 3]], []], words: [[a,   b, a], []] }
  - name: block
    given:
      words: &given
        - [a, 'no', a]
        - [b]
    expect:
      counts:
        # first
        - - [a, 7] # seven
          - ['no', 1]   # one
        # second
        - - [q, 1]
          - [r, 2]

      # and another
      words: [[a]] # short
  - { name: right, given: { words: *given }, expect: { words: *given } }
`);
    expect(tests).toBe(`tests:
  - name: flow   # keep
    given: { words: [[a, b, a], []] }
    expect: { counts: [[[b,  1], [a, 2]], []], words: [[a,   b, a], []] }
  - name: block
    given:
      words: &given
        - [a, 'no', a]
        - [b]
    expect:
      counts:
        # first
        - - [a, 2] # seven
          - ['no', 1]   # one
        # second
        - - [b, 1]

      # and another
      words: [[a, no, a], [b]] # short
  - { name: right, given: { words: *given }, expect: { words: *given } }
`);
    expect(stdout).toContain('job.yaml: 2 of 3 tests rewritten\n\n3 passed, 0 failed\n');
    expect(code).toBe(0);

    const again = await streamjob(['test', '--update', 'job.yaml'], { cwd });
    expect(again.stdout).toContain('job.yaml: as it was');
    expect(readFileSync(join(cwd, 'job.yaml'), 'utf8')).toBe(head + tests);
    expect((await streamjob(['test', 'job.yaml'], { cwd })).code).toBe(0);
  });

  test('keeps the order with ordered', async () => {
    const { tests } = await updated(`tests:
- name: order
  ordered: true
  given: { words: [[a, b, c]] }
  expect:
    words:
    - - c
      - b # middle
      - a
`);
    expect(tests).toContain('    - - a\n      - b # middle\n      - c\n');
  });

  test.each([
    ['    expect: {}\n', '    expect:\n      random: []\n'],
    ['    expect:\n', '    expect:\n      random: []\n'],
  ])('fills in the streams of the sinks where nothing is expected', async (expectation, random) => {
    const job = head.replace(/ {2}failing:.*?sinks/s, 'sinks').replace(/ {2}- \{ from.*/gs, '');
    const cwd = folderWith({
      'job.yaml': `${job}tests:\n  - name: new\n    given: { words: [[a], []] }\n${expectation}`,
    });
    expect((await streamjob(['test', '--update', 'job.yaml'], { cwd })).code).toBe(0);
    expect(readFileSync(join(cwd, 'job.yaml'), 'utf8')).toContain(
      random.replace('random: []', 'counts:\n        - [[a, 1]]\n        - []'),
    );
  });

  test.each([
    ['a function throws', 'failing: [[1]]', 'step-failed'],
    ['a stream gives something else each time', 'random: [[1]]', 'FAIL'],
  ])('writes nothing when %s', async (_what, stream, says) => {
    const before = `tests:
  - { name: bad, given: { words: [[a]] }, expect: { ${stream} } }
  - { name: wrong, given: { words: [[a]] }, expect: { counts: [] } }
`;
    const { code, stdout, tests } = await updated(before);
    expect(stdout).toContain(says);
    expect(stdout).toContain('job.yaml: as it was: nothing was written');
    expect(tests).toBe(before);
    expect(code).toBe(1);
  });

  test.each([
    [
      'an alias elsewhere',
      '  - { name: b, given: {}, expect: { words: &w [[z]] } }\n  - { name: c, given: { words: *w }, expect: { words: [[z]] } }\n',
    ],
    ['a merged map', '  - { name: b, given: {}, expect: { <<: { words: [[z]] } } }\n'],
  ])('refuses to change what %s shares', async (_what, tests) => {
    const { code, stderr, tests: after } = await updated(`tests:\n${tests}`);
    expect(stderr).toContain('The tests cannot be rewritten');
    expect(after).toBe(`tests:\n${tests}`);
    expect(code).toBe(2);
  });

  test('refuses a file that changes meanwhile', async () => {
    const waiting = '- { name: a, given: { words: [[a]] }, expect: { slow: [[1]] } }';
    const job = head.replace('  random:', '  slow:\n    from: words\n    steps:\n      - filter: slow\n  random:');
    const cwd = folderWith({ 'job.yaml': `functions: ./slow.js\n${job}tests:\n  ${waiting}\n` });
    // A test is run when its function says so: it blocks until the file below is there.
    const module = `import { existsSync, writeFileSync } from 'node:fs';
      export function slow() { writeFileSync(${JSON.stringify(join(cwd, 'begun'))}, ''); while (!existsSync(${JSON.stringify(join(cwd, 'go'))})); return true; }`;
    writeFileSync(join(cwd, 'slow.js'), module);
    const command = start(['test', '--update', 'job.yaml'], { cwd });
    await expect.poll(() => readdirSync(cwd).includes('begun'), { timeout: 120_000 }).toBe(true);
    writeFileSync(join(cwd, 'job.yaml'), 'mine');
    writeFileSync(join(cwd, 'go'), '');
    const { code, stderr } = await command.ended;
    expect(stderr).toContain('job.yaml has changed while its tests ran, and was left as it is.');
    expect(code).toBe(1);
    expect(readFileSync(join(cwd, 'job.yaml'), 'utf8')).toBe('mine');
  });

  test('keeps a link a link', async () => {
    const job = `${head}tests:\n  - { name: a, given: { words: [[a]] }, expect: { counts: [] } }\n`;
    const cwd = folderWith({ 'real.yaml': job });
    symlinkSync('real.yaml', join(cwd, 'job.yaml'));
    await streamjob(['test', '--update', 'job.yaml'], { cwd });
    expect(readFileSync(join(cwd, 'real.yaml'), 'utf8')).toBe(job.replace('counts: []', 'counts: [[[a, 1]]]'));
    expect(readdirSync(cwd).sort()).toEqual(['job.yaml', 'real.yaml']);
  });
});

describe('any records', () => {
  const record = fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.parse(canonicalJson(value)) as JsonValue);
  const batches = fc.array(fc.array(record, { maxLength: 4 }), { minLength: 1, maxLength: 3 });

  test('read the same from the text that is written for them', () => {
    fc.assert(
      fc.property(record, (value) => {
        expect(canonicalJson(parse(flowText(value), { schema: 'core' }))).toBe(canonicalJson(value));
      }),
    );
  });

  test('take the place of any others, in flow and block style', () => {
    const at = { file: 'job.yaml', line: 1, column: 1 };
    fc.assert(
      fc.property(batches, batches, fc.boolean(), fc.boolean(), (expected, actual, block, ordered) => {
        const list = (values: readonly JsonValue[]): string =>
          values.length === 0 ? '[]' : values.map((value) => `- ${flowText(value)}`).join('\n          ');
        const text = block
          ? `\n${expected.map((batch) => `        - ${list(batch)}`).join('\n')}`
          : ` ${flowText(expected)}`;
        const file = `tests:\n  - name: a # one\n    expect:\n      s:${text} # two\n    given: {}\n`;
        const test = { name: 'a', given: {}, expect: { s: expected }, ordered, virtualOnly: false, at };
        const after = withActual('job.yaml', file, [{ index: 0, test, streams: new Map([['s', actual]]) }]);
        const found = parse(after, { schema: 'core' }).tests[0].expect.s as JsonValue[][];
        const sorted = (list: readonly JsonValue[][]) =>
          list.map((batch) => (ordered ? batch.map(canonicalJson) : batch.map(canonicalJson).sort()));
        expect(sorted(found)).toEqual(sorted(actual));
        expect(after).toContain('# one');
        expect(after).toContain('# two\n    given: {}\n');
      }),
    );
  });
});

describe('test --record', () => {
  test('adds what the sources give as a test that holds, and touches neither sinks nor input', async () => {
    const cwd = folderWith({ 'in.txt': 'a b\na\n' });
    writeFileSync(
      join(cwd, 'job.yaml'),
      `batchInterval: 100ms
checkpoint: ./checkpoint
sources:
  lines: { files: { path: in.txt, minAge: 0s, onProcessed: delete } }
  more: { queue: { batches: [[z], [y], [x]] } }
streams:
  words: { from: [lines, more], steps: [{ flatMap: line => line.split(' ') }] }
sinks:
  - from: words
    files: { path: out }
# the end
`,
    );
    const { code, stdout } = await streamjob(['test', 'job.yaml', '--record', '2'], { cwd });
    expect(stdout).toMatch(/^job\.yaml: added the test "recorded .*"\n$/);
    expect(code).toBe(0);
    expect(readdirSync(cwd).sort()).toEqual(['in.txt', 'job.yaml']);
    const text = readFileSync(join(cwd, 'job.yaml'), 'utf8');
    expect(text).toMatch(/# the end\n\ntests:\n {2}- name: "recorded/);
    const [recorded] = parse(text).tests;
    expect(recorded.given.more).toEqual([['z'], ['y']]);
    expect(recorded.given.lines.flat()).toEqual(['a b', 'a']);
    expect((await streamjob(['test', 'job.yaml'], { cwd })).stdout).toContain('1 passed, 0 failed');
  });

  test('waits for records of a socket, and appends behind the last test without its secrets', async () => {
    const server = createServer((socket) => socket.write('tea\n')).listen(0, '127.0.0.1');
    await new Promise((listening) => server.once('listening', listening));
    const { port } = server.address() as { port: number };
    const cwd = folderWith({
      'job.yaml': `batchInterval: 100ms
sources:
  lines: { socket: { host: "\${HOST}", port: ${port} } }
sinks: [{ from: lines, print: {} }]
tests:
  - name: first
    given: { lines: [[a]] }
    expect: { lines: [[a]] } # right

# behind
`,
    });
    const { code } = await streamjob(['test', 'job.yaml', '--record'], { cwd, env: { HOST: '127.0.0.1' } });
    server.close();
    const text = readFileSync(join(cwd, 'job.yaml'), 'utf8');
    expect(text).toContain('expect: { lines: [[a]] } # right\n  - name: "recorded ');
    expect(text).toMatch(/lines:\n {8}- \[tea\]\n {4}expect:\n {6}lines:\n {8}- \[tea\]\n\n# behind\n$/);
    expect(text).toContain('"${HOST}"');
    expect(code).toBe(0);
  });

  test('says that nothing came, and is not for --update', async () => {
    const job = `batchInterval: 50ms\nsources: { lines: { stdin: {} } }\nsinks: [{ from: lines, print: {} }]\n`;
    const cwd = folderWith({ 'job.yaml': job });
    const { code, stderr } = await streamjob(['test', 'job.yaml', '--record'], { cwd });
    expect(stderr).toContain('Nothing was recorded, for nothing came.');
    expect(code).toBe(1);
    expect(readFileSync(join(cwd, 'job.yaml'), 'utf8')).toBe(job);
    expect((await streamjob(['test', 'job.yaml', '--record', '--update'], { cwd })).code).toBe(2);
  });
});
