import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { StreamjobError } from '#src/base/errors.ts';
import { StreamingContext } from '#src/dstream/context.ts';
import { defaultSettings } from '#src/plan/jobSettings.ts';
import type { PlanNode } from '#src/plan/plan.ts';
import { type LoadedJob, loadJob } from '#src/spec/load.ts';
import { directoryWith, jobWithSteps, loadText, problemsOf, shown } from './loadText.ts';

const wordCount = `name: words
batchInterval: 1s
sources:
  lines: { socket: { host: localhost, port: 9999 } }
streams:
  words:
    from: lines
    steps:
      - flatMap: line => line.split(/ /)
  counts:
    from: words
    steps:
      - map: word => [word, 1]
      - reduceByKey: (a, b) => a + b
sinks:
  - from: counts
    print:
`;

/** Without what only a job file has: names and places. */
const withoutOrigins = (nodes: readonly PlanNode[]) =>
  JSON.parse(JSON.stringify(nodes), (key, value) => (key === 'origin' || key === 'at' ? undefined : value));

const nodesOf = ({ plan, problems }: LoadedJob): readonly PlanNode[] => {
  expect(problems).toEqual([]);
  return plan!.nodes;
};

describe('a job file', () => {
  it('is the plan that the same calls of the API make', async () => {
    const context = new StreamingContext({ batchInterval: '1s', name: 'words' }, { start: () => Promise.reject() });
    const words = context
      .source<string>('socket', { host: 'localhost', port: 9999 })
      .flatMap((line) => line.split(/ /));
    words
      .map((word) => [word, 1])
      .reduceByKey((a, b) => a + b)
      .sink('print');
    const { plan, configs } = await context.toPlan();
    const loaded = await loadText(
      wordCount.replaceAll(/(?<=: )(word|line)(?= =>)/g, '($1)').replace('print:', 'print: {}'),
    );
    expect(withoutOrigins(nodesOf(loaded))).toEqual(withoutOrigins(plan.nodes));
    expect({ ...loaded.plan, nodes: [] }).toEqual({ ...plan, nodes: [] });
    expect(loaded.configs).toEqual(configs);
  });

  it('says of each node what in it was written where', async () => {
    const { plan, file } = await loadText(wordCount);
    expect(plan?.nodes.map(({ origin }) => origin)).toEqual([
      { name: 'lines', component: 'socket', at: { file, line: 4, column: 12 } },
      { name: 'words', component: 'flatMap', step: 0, at: { file, line: 9, column: 9 } },
      { name: 'counts', component: 'map', step: 0, at: { file, line: 13, column: 9 } },
      { name: 'counts', component: 'reduceByKey', step: 1, at: { file, line: 14, column: 9 } },
      { name: 'counts-print', component: 'print', at: { file, line: 17, column: 5 } },
    ]);
    expect(plan?.nodes[1]).toMatchObject({
      fn: { text: 'line => line.split(/ /)', at: { file, line: 9, column: 18 } },
    });
  });

  it('has a name, settings and streams', async () => {
    const job = `batchInterval: 250ms
checkpoint: { directory: ./state, interval: 10s }
settings: { memoryLimit: 1GiB, stopTimeout: 5s, threads: 2 }
sources:
  a: { queue: { batches: [] } }
streams:
  same: { from: a }
sinks:
  - { from: same, print: {} }
  - { from: same, print: {} }
  - { from: [a, same], name: both, print: {} }
`;
    const directory = await directoryWith({ 'my.job.yaml': job });
    const loaded = await loadJob(join(directory, 'my.job.yaml'));
    expect(loaded).toMatchObject({ name: 'my.job', text: job, plan: { name: 'my.job', batchInterval: 250 } });
    expect(loaded.checkpoint).toEqual({ directory: join(directory, 'state'), interval: 10_000 });
    expect(loaded.settings).toEqual({ ...defaultSettings, threads: 2, memoryLimit: 2 ** 30, stopTimeout: 5000 });
    expect([...loaded.streams]).toEqual([
      ['a', { from: 0, port: 'out' }],
      ['same', { from: 0, port: 'out' }],
    ]);
    expect(nodesOf(loaded).map(({ kind, origin }) => `${kind} ${origin.name}`)).toEqual([
      'source a',
      'sink same-print',
      'sink same-print-2',
      'union both',
      'sink both',
    ]);
  });

  it('may say where its checkpoint is, or that there is none', async () => {
    const withCheckpoint = async (line: string) => (await loadText(`${line}\n${wordCount}`)).checkpoint;
    expect(await withCheckpoint('')).toBeUndefined();
    expect(await withCheckpoint('checkpoint: false')).toBe(false);
    expect(await withCheckpoint('checkpoint: /var/state')).toEqual({ directory: '/var/state' });
  });

  it('may declare its streams in any order', async () => {
    const job = `batchInterval: 1s
streams:
  last: { from: [middle, first], steps: [join: middle] }
  middle: { from: first, steps: [keyBy: x => x] }
  first: { from: a, steps: [keyBy: x => x] }
sources:
  a: { queue: { batches: [] } }
sinks: [{ from: last, print: {} }]
`;
    expect(nodesOf(await loadText(job)).map(({ origin }) => origin.name)).toEqual([
      'a',
      'first',
      'middle',
      'last',
      'last',
      'last',
      'last',
      'last-print',
    ]);
  });

  it('can be long', async () => {
    const chain = Array.from(
      { length: 2000 },
      (_, index) => `  s${index}: { from: ${index > 0 ? `s${index - 1}` : 'a'}, steps: [count] }`,
    );
    const job = `batchInterval: 1s\nsources:\n  a: { queue: { batches: [] } }\nstreams:\n${chain.join('\n')}\nsinks: [{ from: s1999, print: {} }]\n`;
    expect(nodesOf(await loadText(job))).toHaveLength(2002);
    expect(nodesOf(await loadText(job.replace(chain.join('\n'), chain.toReversed().join('\n'))))).toHaveLength(2002);
  });

  it('that is not there is an error', async () => {
    const directory = await directoryWith({});
    await expect(loadJob(join(directory, 'job.yaml'))).rejects.toMatchObject({
      code: 'file-missing',
    } satisfies Partial<StreamjobError>);
    await expect(loadJob(directory)).rejects.toMatchObject({ code: 'file-missing' });
  });
});

describe('onError', () => {
  it('sends what fails to a stream, from every step that can fail on a record', async () => {
    const job = `batchInterval: 1s
sources:
  a: { queue: { batches: [] }, onError: { to: broken } }
streams:
  s:
    from: a
    onError: { to: broken }
    steps:
      - map: JSON.parse
      - mapPartitions: items => items
      - count
      - keyBy: x => x
      - reduceByKey: (a, b) => a + b
      - sortBy: x => x
  t: { from: a, onError: skip, steps: [filter: x => x] }
  u: { from: a, onError: fail, steps: [filter: x => x] }
sinks:
  - { from: [s, t, u, broken], print: {} }
`;
    const nodes = nodesOf(await loadText(job));
    expect(nodes.map(({ origin, onError }) => `${origin.component} ${onError ?? 'fail'}`)).toEqual([
      'queue emit',
      'map emit',
      'mapPartitions fail',
      'count fail',
      'keyBy emit',
      'reduceByKey emit',
      'sortBy emit',
      'filter skip',
      'filter fail',
      'onError fail',
      'union fail',
      'print fail',
    ]);
    expect(nodes[9]).toMatchObject({ kind: 'union', inputs: [0, 1, 4, 5, 6].map((from) => ({ from, port: 'error' })) });
  });

  it('counts a stream as used whose errors are', async () => {
    const job = jobWithSteps('- map: x => x')
      .replace('    from: in\n', '    from: in\n    onError: { to: bad }\n')
      .replace('from: out', 'from: bad');
    const nodes = nodesOf(await loadText(job));
    expect(nodes.at(-1)).toMatchObject({ kind: 'sink', input: { from: 1, port: 'error' } });
  });
});

describe('variables', () => {
  const job = `batchInterval: \${INTERVAL:-1s}
name: \${NAME}
sources:
  plain: { socket: { host: "\${HOST:-}\${DOMAIN:-localhost}", port: "\${PORT}" } }
  block:
    socket:
      host: \${NUMBER}
      port: \${PORT}
streams:
  s:
    from: \${FROM}
    steps:
      - map: 'x => \`\${x} $\${x}\`'
sinks:
  - from: [s, plain, block]
    print: {}
tests:
  - name: kept
    given: { plain: [["\${PORT}"]] }
    expect: { s: [["\${PORT}"]] }
`;
  const env = { NAME: '12', PORT: '99', NUMBER: '127', FROM: 'plain', DOMAIN: '' };

  it('are replaced where a value is used, and stay where it is recorded', async () => {
    const loaded = await loadText(job, { env });
    const nodes = nodesOf(loaded);
    expect(loaded.plan).toMatchObject({ name: '12', batchInterval: 1000 });
    expect(nodes[0]).toMatchObject({ config: { host: '${HOST:-}${DOMAIN:-localhost}', port: '${PORT}' } });
    expect(loaded.configs.get(0)).toMatchObject({ host: 'localhost', port: 99 });
    expect(loaded.configs.get(1)).toMatchObject({ host: '127', port: 99 });
    expect(JSON.stringify(loaded.plan)).not.toContain('99');
  });

  it('are not looked for in functions and tests', async () => {
    const loaded = await loadText(job, { env });
    expect(nodesOf(loaded).find(({ kind }) => kind === 'narrow')).toMatchObject({ fn: { text: 'x => `${x} $${x}`' } });
    expect(loaded.tests[0]).toMatchObject({
      given: { plain: { batches: [['${PORT}']] } },
      expect: { s: [['${PORT}']] },
    });
  });

  it('take the type that YAML sees in them, and can be written as text', async () => {
    const records = ['${A}', '${B}', '${C}${A}', '${D}', '"${A}"', '$${A}', 'a$${{A}}', "'${A} $'"];
    const batches = `\n    queue:\n      batches:\n      - ${records.map((record) => `- ${record}`).join('\n        ')}`;
    const job = jobWithSteps('- count').replace(' { queue: { batches: [] } }', () => batches);
    const loaded = await loadText(job, { env: { A: '1', B: 'true', C: 'x', D: '' } });
    nodesOf(loaded);
    expect(loaded.configs.get(0)).toMatchObject({ batches: [[1, true, 'x1', null, '1', '${A}', 'a${{A}}', '1 $']] });
  });
});

describe('--set', () => {
  it('changes a job before it is read', async () => {
    const set = [
      'batchInterval=5s',
      'sources.lines.socket.port=1',
      'sinks.0.print.limit=3',
      'settings.threads=4',
      'streams.words.steps.0.flatMap=x => [x]',
    ];
    const loaded = await loadText(wordCount, { env: {}, set });
    expect(loaded).toMatchObject({ plan: { batchInterval: 5000 }, settings: { threads: 4 } });
    expect(loaded.configs.get(0)).toMatchObject({ port: 1 });
    expect(loaded.configs.get(4)).toEqual({ limit: 3 });
    expect(loaded.plan?.nodes[1]).toMatchObject({ fn: { text: 'x => [x]' } });
  });

  it('is checked as the file is', async () => {
    expect(
      shown(await loadText(wordCount, { env: {}, set: ['batchInterval=5', 'settings.thread=2'] })),
    ).toMatchInlineSnapshot(`
      "--set batchInterval:1:1  wrong-type  \`batchInterval\` must be a duration such as 500ms, 1s or 10m, not the number 5.
          1 | 5
            | ^
            Write the unit: \`5s\` or \`5ms\`.
      --set settings.thread:1:1  unknown-key  \`thread\` is not a setting of \`settings\`.
          1 | 2
            | ^
            Did you mean \`threads\`? Its settings are …."
    `);
  });

  it.each(['batchInterval', '=5', 'sinks.7.print=1', 'sinks.x.print=1', 'name=[1'])(
    'refuses %s',
    async (assignment) => {
      await expect(loadText(wordCount, { set: [assignment] })).rejects.toMatchObject({ code: 'bad-usage' });
    },
  );
});

describe('YAML', () => {
  it('may have anchors, merge keys, CRLF and a byte order mark', async () => {
    const job = `\ufeffbatchInterval: 1s
sources:
  a: &queue { queue: &settings { batches: [[1]], oneAtATime: false } }
  b: *queue
  c: { queue: { <<: *settings, oneAtATime: true } }
sinks:
  - from: [a, b, c]
    print: {}
`.replaceAll('\n', '\r\n');
    const loaded = await loadText(job);
    expect(nodesOf(loaded)).toHaveLength(5);
    expect([0, 1, 2].map((id) => loaded.configs.get(id))).toMatchObject([
      { batches: [[1]], oneAtATime: false },
      { batches: [[1]], oneAtATime: false },
      { batches: [[1]], oneAtATime: true },
    ]);
  });

  it('gives places also in lines that end in CR LF', async () => {
    const steps = "- map: |\n    x => {\n      // one\n      return two;\n    }\n- map: 'x =>\n\n    three'";
    expect(await problemsOf(jobWithSteps(steps).replaceAll('\n', '\r\n'))).toMatchInlineSnapshot(`
      "job.yaml:11:20  unknown-name  Nothing defines \`two\`.
         11 |             return two;
            |                    ^
            A function sees its parameters, the exports of the functions module, tables, and JavaScript's globals.
      job.yaml:15:11  unknown-name  Nothing defines \`three\`.
         15 |           three'
            |           ^
            A function sees its parameters, the exports of the functions module, tables, and JavaScript's globals."
    `);
  });

  it('may name a stream __proto__', async () => {
    const job =
      'batchInterval: 1s\nsources:\n  __proto__: { queue: { batches: [[{ __proto__: 1 }]] } }\nsinks: [{ from: __proto__, print: {} }]\n';
    const loaded = await loadText(job);
    expect(nodesOf(loaded)[0]?.origin.name).toBe('__proto__');
    expect(Object.hasOwn((loaded.configs.get(0) as { batches: object[][] }).batches[0]![0]!, '__proto__')).toBe(true);
  });
});

describe('the functions module', () => {
  const module =
    "export const parse = JSON.parse; export function words(line) { return line.split(' '); }\nexport default 1;\n";
  const job = `functions: ./lib/../functions.js\n${jobWithSteps('- map: parse\n- flatMap: x => words(x)')}`;

  it('has names for functions, and is known by its content', async () => {
    const directory = await directoryWith({ 'job.yaml': job, 'functions.js': module });
    const loaded = await loadJob(join(directory, 'job.yaml'));
    expect(nodesOf(loaded)[1]).toMatchObject({ fn: { text: 'parse', exports: ['parse'] } });
    expect(loaded.plan?.module).toEqual({
      path: join(directory, 'functions.js'),
      sha256: expect.stringMatching(/^[\da-f]{64}$/),
    });
  });

  it('may be named by a variable', async () => {
    const directory = await directoryWith({
      'job.yaml': job.replace(/^functions.*/, 'functions: ${LIB}.js'),
      'functions.js': module,
    });
    const loaded = await loadJob(join(directory, 'job.yaml'), { env: { LIB: './functions' } });
    expect(loaded).toMatchObject({ problems: [], plan: { module: { path: join(directory, 'functions.js') } } });
  });

  it('is asked for names that nothing defines', async () => {
    const directory = await directoryWith({ 'job.yaml': job, 'functions.js': 'export const pars = 1;' });
    expect(shown(await loadJob(join(directory, 'job.yaml')))).toMatchInlineSnapshot(`
      "job.yaml:9:14  unknown-name  Nothing defines \`parse\`.
          9 |       - map: parse
            |              ^
            Did you mean \`pars\`? A function sees its parameters, the exports of the functions module, tables, here pars, and JavaScript's globals.
      job.yaml:10:23  unknown-name  Nothing defines \`words\`.
         10 |       - flatMap: x => words(x)
            |                       ^
            A function sees its parameters, the exports of the functions module, tables, here pars, and JavaScript's globals."
    `);
  });
});

describe('tests', () => {
  it('are batches in and batches out', async () => {
    const job = `${jobWithSteps('- count')}tests:
  - name: one
    given: { in: [[1, 2], []] }
    expect: { out: [[2], [0]] }
  - name: two
    batches: 3
    ordered: true
    virtualOnly: true
    given: { in: { partitions: 2, batches: [[null]] } }
    expect: { in: [] }
`;
    const { tests, file, plan } = await loadText(job);
    expect(plan).toBeDefined();
    expect(tests).toEqual([
      {
        name: 'one',
        given: { in: { partitions: 1, batches: [[1, 2], []] } },
        expect: { out: [[2], [0]] },
        ordered: false,
        virtualOnly: false,
        at: { file, line: 13, column: 5 },
      },
      {
        name: 'two',
        batches: 3,
        given: { in: { partitions: 2, batches: [[null]] } },
        expect: { in: [] },
        ordered: true,
        virtualOnly: true,
        at: { file, line: 16, column: 5 },
      },
    ]);
  });
});
