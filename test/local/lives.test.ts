import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { catalog } from '#src/catalog/index.ts';
import { builtin } from '#src/function/reference.ts';
import { canonicalKey } from '#src/plan/canonical.ts';
import { ReferenceEngine } from '../engines/reference.ts';
import { type Collected, type Graph, graphOf, runGraph } from '../engines/runPlan.ts';
import { type KeepingJournal, type Life, runLives } from './lives.ts';

type Batches = readonly (readonly unknown[])[];

/** A job of these steps, one after the other. */
async function jobOf(batches: Batches, steps: readonly (readonly [name: string, config: object])[]): Promise<Graph> {
  const operators = await Promise.all(steps.map(([name]) => catalog.operators.load(name)));
  return graphOf([{ name: 'in', batches, partitions: 2 }], (plan, [input]) => {
    let edge = input!;
    for (const [i, [component, config]] of steps.entries()) {
      plan.origin = { name: 'out', component, step: i };
      edge = operators[i]!.build(plan, edge, config);
    }
    return { out: edge };
  });
}

/** What each batch gave, in an order of our own. */
const sorted = (collected: Collected): readonly string[][] =>
  collected.get('out')!.map((partitions) => partitions.flat().map(canonicalKey).sort());

const pairs: Batches = [
  [
    ['ann', 1],
    ['bob', 2],
    [{ id: 1 }, 3],
  ],
  [['ann', 4]],
  [
    ['cyd', 1],
    [{ id: 1 }, 1],
    ['ann', 1],
  ],
  [],
  [
    ['bob', 5],
    ['ann', 1],
  ],
  [],
  [
    ['ann', 1],
    ['dan', 1],
  ],
  [],
  [],
  [['ann', 1]],
];

const words: Batches = [['a', 'b', 'a'], [], ['b', 'c'], ['a'], [], [], [], [], [], ['a']];

const numbering = builtin(`(key, value, state) => {
  if (state.isTimingOut()) return [key, 'gone', state.get()];
  state.update((state.getOption() ?? 0) + 1);
  return [key, value, state.get()];
}`);
const reading = builtin(`(key, value, state) => {
  if (state.isTimingOut()) return [key, 'gone', state.get()];
  if (!state.exists()) state.update(value);
  return [key, value, state.get()];
}`);
const total = builtin('(values, total) => values.reduce((a, b) => a + b, total ?? 0)');
const fading = builtin('(values, n) => (values.length === 0 && n > 5 ? null : (n ?? 0) + values.length)');
const mutating = builtin('(values, all) => { const list = all ?? []; list.push(...values); return list; }');
const sum = builtin('(a, b) => a + b');
const initial = [
  ['bob', 10],
  ['eve', 1],
];

const jobs: Record<string, readonly [Batches, ...(readonly [string, object])[]]> = {
  updateStateByKey: [pairs, ['updateStateByKey', { update: total, initial }]],
  'updateStateByKey that drops keys': [pairs, ['updateStateByKey', { update: fading }]],
  'updateStateByKey over more partitions': [pairs, ['updateStateByKey', { update: total, partitions: 7 }]],
  mapWithState: [pairs, ['mapWithState', { update: numbering, emit: 'mapped' }]],
  'mapWithState with a timeout': [
    pairs,
    ['mapWithState', { update: numbering, timeout: 2_000, emit: 'mapped', initial }],
  ],
  'a timeout of keys that are only read': [
    pairs,
    ['mapWithState', { update: reading, timeout: 3_000, emit: 'mapped' }],
  ],
  'snapshots of mapWithState': [pairs, ['mapWithState', { update: numbering, timeout: 1_000, emit: 'snapshot' }]],
  reduceByKeyAndWindow: [pairs, ['reduceByKeyAndWindow', { reduce: sum, length: 4_000 }]],
  'a window that slides now and then': [pairs, ['reduceByKeyAndWindow', { reduce: sum, length: 6_000, slide: 3_000 }]],
  'countByWindow, 0 after data': [words, ['countByWindow', { length: 2_000 }]],
  countByValueAndWindow: [words, ['countByValueAndWindow', { length: 3_000, slide: 1_000 }]],
  'the records of a window': [words, ['window', { length: 3_000 }]],
  'the lists of a window': [words, ['window', { length: 2_000 }], ['glom', {}]],
  'windows of windows': [words, ['window', { length: 2_000 }], ['countByValueAndWindow', { length: 3_000 }]],
  'a state behind a window': [
    pairs,
    ['reduceByKeyAndWindow', { reduce: sum, length: 2_000, slide: 2_000 }],
    ['updateStateByKey', { update: total }],
  ],
};

const lives: readonly Life[] = [
  { batches: 1, threads: 1 },
  { batches: 2, threads: 2 },
  { batches: 1, threads: 4 },
  { batches: 3, threads: 2 },
  { batches: 3, threads: 1 },
];

test.each(Object.keys(jobs))('%s goes on as if it had never stopped', async (job) => {
  const [batches, ...steps] = jobs[job]!;
  const graph = await jobOf(batches, steps);
  const meant = await runGraph(graph, new ReferenceEngine(2));
  expect(sorted(await runLives(graph, lives))).toEqual(sorted(meant));
});

test.each(['updateStateByKey', 'mapWithState'])('%s begins with the states of a file, once', async (step) => {
  const directory = mkdtempSync(join(tmpdir(), 'streamjob-initial-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const path = join(directory, 'initial.json');
  const content = initial.map((pair) => JSON.stringify(pair)).join('\n');
  writeFileSync(path, content);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const update = step === 'mapWithState' ? numbering : total;
  const jobWith = (states: unknown) => jobOf(pairs, [[step, { update, emit: 'mapped', initial: states }]]);
  const file = { file: path, format: { name: 'json', config: {} } };
  const operator = await jobWith(file);
  const hashed = operator.plan.nodes.map((node) =>
    node.kind === 'state' ? { ...node, initial: { ...node.initial, path, format: file.format, sha256 } } : node,
  );
  const graph = { ...operator, plan: { ...operator.plan, nodes: hashed } };
  const meant = sorted(await runGraph(await jobWith(initial), new ReferenceEngine(2)));
  expect(sorted(await runGraph(graph, new ReferenceEngine(2)))).toEqual(meant);
  const gone = () => rmSync(path, { force: true });
  expect(sorted(await runLives(graph, lives, { between: gone }))).toEqual(meant);
  await expect(runLives(graph, [{ batches: 1 }])).rejects.toMatchObject({ code: 'file-missing' });
});

test('a state that a function changes in place is kept all the same', async () => {
  const graph = await jobOf(pairs, [['updateStateByKey', { update: mutating }]]);
  const once = await runLives(graph, [{ batches: pairs.length }], { strict: false });
  const often = await runLives(graph, lives, { strict: false });
  expect(sorted(often)).toEqual(sorted(once));
});

test('what fails in a window between its slides waits for the next one, in whichever life', async () => {
  const refusing = builtin(
    "(a, b) => { if (typeof a !== 'number' || typeof b !== 'number') throw new Error('no'); return a + b; }",
  );
  const operator = await catalog.operators.load('reduceByKeyAndWindow');
  const batches = [
    [['a', 1]],
    [
      ['a', 'x'],
      ['a', 'y'],
    ],
    [
      ['b', 1],
      ['b', 'z'],
    ],
    [],
    [['a', 1]],
    [],
    [['b', 1]],
    [],
    [],
    [],
  ];
  const graph = graphOf([{ name: 'in', batches, partitions: 2 }], (plan, [input]) => {
    plan.origin = { name: 'out', component: 'reduceByKeyAndWindow', step: 0 };
    plan.onError = 'emit';
    const { from } = operator.build(plan, input!, { reduce: refusing, length: 4_000, slide: 4_000 } as never);
    plan.onError = undefined;
    return { out: { from: plan.nodes.find((node) => node.kind === 'fold')?.id ?? from, port: 'error' } };
  });
  const meant = await runGraph(graph, new ReferenceEngine(2));
  expect(sorted(meant).flat().length).toBeGreaterThan(1);
  expect(sorted(await runLives(graph, lives))).toEqual(sorted(meant));
});

describe('a thread that dies', () => {
  /** A function's text that ends its thread when it is called with this value for the first time; `stay` is what it does otherwise. */
  const dyingAt = (value: string, parameters: string, stay: string): string => `(${parameters}) => {
    const { existsSync, writeFileSync } = process.getBuiltinModule('node:fs');
    if (value === '${value}' && !existsSync(globalThis.mark ??= '${mark}')) {
      writeFileSync(globalThis.mark, '');
      process.exit(1);
    }
    ${stay}
  }`;
  let mark = '';
  beforeEach(() => {
    mark = join(mkdtempSync(join(tmpdir(), 'streamjob-mark-')), 'died');
  });
  afterEach(() => rm(dirname(mark), { recursive: true }));
  const counting = 'state.update((state.getOption() ?? 0) + 1); return [key, state.get()];';

  const visits = [['ann', 'bob'], ['ann', 'cyd'], ['bob', 'ann', 'ann'], ['cyd']].map((keys, time) =>
    keys.map((key) => [key, `${key}${time}`]),
  );
  const visitsCounted = [
    [
      ['ann', 1],
      ['bob', 1],
    ],
    [
      ['ann', 2],
      ['cyd', 1],
    ],
    [
      ['ann', 3],
      ['ann', 4],
      ['bob', 2],
    ],
    [['cyd', 2]],
  ].map((records) => records.map(canonicalKey).sort());

  test.each([1, 3])('with its states has them read back, and the batch is run again, %i threads', async (threads) => {
    const update = builtin(dyingAt('ann2', 'key, value, state', counting));
    const graph = await jobOf(visits, [['mapWithState', { update, emit: 'mapped' }]]);
    expect(sorted(await runLives(graph, [{ batches: 4, threads }], { strict: false }))).toEqual(visitsCounted);
    expect(existsSync(mark)).toBe(true);
  });

  /** Ends its thread around the first sync of a file after the value `ann2`. */
  const dyingInSave = (where: 'before' | 'after'): string => `(key, value, state) => {
    const { existsSync, writeFileSync, promises } = process.getBuiltinModule('node:fs');
    const die = (here) => {
      if (here !== '${where}' || !globalThis.armed || existsSync('${mark}')) return;
      writeFileSync('${mark}', '');
      process.exit(1);
    };
    globalThis.watching ??= promises.open('/dev/null').then((file) => {
      const { datasync } = Object.getPrototypeOf(file);
      Object.getPrototypeOf(file).datasync = async function () {
        die('before');
        await datasync.call(this);
        die('after');
      };
      return file.close();
    });
    globalThis.armed ||= value === 'ann2';
    ${counting}
  }`;

  test.each(['before', 'after'] as const)(
    'while it saves its states, %s they are safe, saves them again',
    async (at) => {
      const graph = await jobOf(visits, [['mapWithState', { update: builtin(dyingInSave(at)), emit: 'mapped' }]]);
      const run = await runLives(graph, [{ batches: 3, threads: 2 }, { batches: 1 }], { strict: false });
      expect(sorted(run)).toEqual(visitsCounted);
      expect(existsSync(mark)).toBe(true);
    },
  );

  test('after its states were changed has the whole batch run again', async () => {
    const batches = [['ann', 'bob'], ['ann', 'bob'], ['bob', 'ann'], ['ann']].map((keys, time) =>
      keys.map((key) => [key, `${key}${time}`]),
    );
    const update = builtin(
      `(key, value, state) => { state.update((state.getOption() ?? 0) + 1); return [key, value, state.get()]; }`,
    );
    const fn = builtin(dyingAt('bob2', '[key, value, n]', 'return [key, value, n];'));
    const graph = await jobOf(batches, [
      ['mapWithState', { update, emit: 'mapped' }],
      ['repartition', { partitions: 1 }],
      ['map', { fn }],
    ]);
    const plain = await jobOf(batches, [['mapWithState', { update, emit: 'mapped' }]]);
    const meant = await runGraph(plain, new ReferenceEngine(1));
    expect(sorted(await runLives(graph, [{ batches: 4, threads: 1 }], { strict: false }))).toEqual(sorted(meant));
    expect(existsSync(mark)).toBe(true);
  });
});

test('a flipped bit is refused by the name of its file', async () => {
  const graph = await jobOf(pairs, [['updateStateByKey', { update: total }]]);
  let file = '';
  const damage = ({ directory, pieces }: KeepingJournal): void => {
    const piece = pieces.find(({ bytes }) => bytes > 0)!;
    file = join(directory, piece.file);
    const content = readFileSync(file);
    content[piece.offset + piece.bytes - 1]! ^= 1;
    writeFileSync(file, content);
  };
  const run = runLives(graph, [{ batches: 2 }, { batches: 1 }], { between: damage });
  await expect(run).rejects.toMatchObject({ code: 'checkpoint-damaged' });
  await expect(run).rejects.toThrow(file);
});

test('a directory that cannot be written to ends the job', async () => {
  const graph = await jobOf(pairs, [['updateStateByKey', { update: total }]]);
  const remove = ({ directory, pieces }: KeepingJournal): void => {
    rmSync(directory, { recursive: true });
    pieces.length = 0;
  };
  const run = runLives(graph, [{ batches: 1 }, { batches: 1 }], { between: remove });
  await expect(run).rejects.toMatchObject({ code: 'checkpoint-failed' });
});

test('a state that cannot be written down is refused by its step', async () => {
  const update = builtin('(values) => () => values');
  const graph = await jobOf(
    [[['a', 1]]],
    [
      ['updateStateByKey', { update }],
      ['count', {}],
    ],
  );
  const run = runLives(graph, [{ batches: 1 }], { strict: false });
  await expect(run).rejects.toThrow('out, step 1 (updateStateByKey) keeps what cannot be written down');
});

test('a batch that was given up leaves nothing behind', async () => {
  const update = builtin(
    "(values, n) => { if (values.includes('bad')) throw new Error('bad'); return (n ?? 0) + values.length; }",
  );
  const batches = [
    [['a', 1]],
    [
      ['b', 1],
      ['a', 'bad'],
    ],
    [['a', 1]],
    [['b', 1]],
  ];
  const graph = await jobOf(batches, [['updateStateByKey', { update, initial: [['c', 1]] }]]);
  const collected = await runLives(graph, [{ batches: 3 }, { batches: 1 }], {
    settings: { onBatchFailure: 'continue', taskRetries: 0 },
  });
  expect(sorted(collected)).toEqual(
    [
      [
        ['a', 1],
        ['c', 1],
      ],
      [
        ['a', 2],
        ['c', 1],
      ],
      [
        ['a', 2],
        ['b', 1],
        ['c', 1],
      ],
    ].map((records) => records.map(canonicalKey).sort()),
  );
});
