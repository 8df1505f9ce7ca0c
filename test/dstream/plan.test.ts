import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { StreamingContext } from '#src/dstream/context.ts';
import type { DStream } from '#src/dstream/dstream.ts';
import type { StateOptions } from '#src/dstream/types.ts';

const nothingRuns = { start: () => Promise.reject(new Error('not here')) };
const newContext = () => new StreamingContext({ batchInterval: '1s' }, nothingRuns);
const kindsOf = async (context: StreamingContext) => (await context.toPlan()).plan.nodes.map(({ kind }) => kind);

describe('a context as a plan', () => {
  it('gives each sink a name of its own, by which others know what it has sent', async () => {
    const context = newContext();
    const numbers = context.queueStream([[1]]);
    for (const port of [1, 2]) numbers.sink('http', { url: `http://localhost:${port}` });
    numbers.print();
    const sinks = (await context.toPlan()).plan.nodes.filter(({ kind }) => kind === 'sink');
    expect(sinks.map(({ origin }) => origin.name)).toEqual(['queue-1-http', 'queue-1-http-2', 'queue-1-print']);
  });

  it('is the word count of the programming guide', async () => {
    const context = newContext();
    const words = context.socketTextStream('localhost', 9999).flatMap((line) => line.split(/ /));
    const counts: DStream<[string, number]> = words.map((word) => [word, 1]).reduceByKey((a, b) => a + b);
    counts.print();
    const { plan, streams, configs } = await context.toPlan();
    expect(plan).toMatchObject({ version: 1, name: 'streamjob', batchInterval: 1000 });
    expect(plan.nodes).toEqual([
      {
        id: 0,
        kind: 'source',
        origin: { name: 'socket-1', component: 'socket' },
        config: { host: 'localhost', port: 9999 },
      },
      {
        id: 1,
        kind: 'narrow',
        origin: { name: 'flatMap-2', component: 'flatMap' },
        input: { from: 0, port: 'out' },
        op: 'flatMap',
        on: 'record',
        fn: { text: '(line) => line.split(/ /)' },
      },
      {
        id: 2,
        kind: 'narrow',
        origin: { name: 'map-3', component: 'map' },
        input: { from: 1, port: 'out' },
        op: 'map',
        on: 'record',
        fn: { text: '(word) => [word, 1]' },
      },
      {
        id: 3,
        kind: 'fold',
        origin: { name: 'reduceByKey-4', component: 'reduceByKey' },
        input: { from: 2, port: 'out' },
        key: 'pair',
        mergeValue: { text: '(a, b) => a + b' },
        mergeCombiners: { text: '(a, b) => a + b' },
      },
      {
        id: 4,
        kind: 'sink',
        origin: { name: 'reduceByKey-4-print', component: 'print' },
        input: { from: 3, port: 'out' },
        config: { limit: 10 },
      },
    ]);
    expect([...streams.keys()]).toEqual(['socket-1', 'flatMap-2', 'map-3', 'reduceByKey-4']);
    expect(configs.get(0)).toMatchObject({ host: 'localhost', port: 9999, listen: false });
    expect(configs.get(4)).toEqual({ limit: 10 });
  });

  it('has every step of the first set as a method', async () => {
    const context = newContext();
    const pairs = context.queueStream([[1, 2], [3]]).map((x) => [x % 2, x]);
    const other = context.queueStream([[1]], false, [7]).keyBy((x) => x);
    const all: DStream<unknown>[] = [
      pairs.filter(([, value]) => value > 1),
      pairs.mapPartitions((records) => records.map(([, value]) => value)),
      pairs.glom(),
      pairs.mapValues((value) => value + 1),
      pairs.flatMapValues((value) => [value, value]),
      pairs.count(),
      pairs.countByValue({ partitions: 2 }),
      pairs.reduce((a) => a),
      pairs.groupByKey(),
      pairs.combineByKey(
        (value) => [value],
        (list, value) => [...list, value],
        (a, b) => [...a, ...b],
      ),
      pairs.distinct(),
      pairs.sortBy(([key]) => key, { ascending: false }),
      pairs.top(3),
      pairs.top(3, ([, value]) => value),
      pairs.repartition(4),
      pairs.union(other),
      pairs.join(other),
      pairs.leftOuterJoin(other, { partitions: 2 }),
      pairs.rightOuterJoin(other),
      pairs.fullOuterJoin(other),
      pairs.cogroup(other),
      pairs.cache(),
      pairs.persist(),
    ];
    for (const stream of all) stream.print();
    all[0]!.saveAsTextFiles('out/lines', 'txt');
    const { plan, configs } = await context.toPlan();
    expect(plan.nodes.filter(({ kind }) => kind === 'sink')).toHaveLength(all.length + 1);
    const files = plan.nodes.at(-1)!;
    expect(files).toMatchObject({ config: { path: 'out', prefix: 'lines', suffix: 'txt', format: 'text' } });
    expect(configs.get(files.id)).toMatchObject({ format: 'text' });
  });

  it('takes functions with a scope', async () => {
    const context = newContext();
    const lines = context.queueStream(['abc'].map((line) => [line]));
    lines
      .map((line) => line.length, { unused: [1] })
      .reduce((a, b) => a + b)
      .print();
    const { plan } = await context.toPlan();
    expect(plan.nodes[1]).toMatchObject({ fn: { scope: { unused: [1] } } });
  });

  it('keeps two functions of one text and different scopes apart', async () => {
    const context = newContext();
    const by = (limit: number) => (word: string) => word.length > limit;
    const lines = context.queueStream([['a']]);
    for (const limit of [1, 2]) lines.filter(by(limit), { limit }).print();
    const { plan } = await context.toPlan();
    expect(plan.nodes.filter(({ kind }) => kind === 'narrow')).toMatchObject([
      { fn: { scope: { limit: 1 } } },
      { fn: { scope: { limit: 2 } } },
    ]);
  });

  it('takes initial states as a list or from a file', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'streamjob-initial-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    const file = join(directory, 'initial.json');
    await writeFile(file, '["a",1]\n["b",2]\n');
    const planWith = (initial: StateOptions<string, number>['initial']) => {
      const context = newContext();
      const pairs = context.queueStream([['a']]).map((word): [string, number] => [word, 1]);
      pairs
        .updateStateByKey((values, n: number | undefined) => values.length + (n ?? 0), { ...(initial && { initial }) })
        .print();
      return context.toPlan();
    };
    const initialIn = async (initial: StateOptions<string, number>['initial']) =>
      (await planWith(initial)).plan.nodes.find(({ kind }) => kind === 'state');
    expect(await initialIn([['a', 1]])).toMatchObject({ initial: [['a', 1]] });
    const sha256 = createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
    expect(await initialIn({ file })).toMatchObject({ initial: { path: file, format: { name: 'json' }, sha256 } });
    await expect(planWith({ file, format: 'csv' })).rejects.toMatchObject({ code: 'bad-table' });
    await expect(planWith({ file: join(directory, 'none') })).rejects.toMatchObject({ code: 'file-missing' });
    await expect(
      planWith([
        ['a', 1],
        ['a', 2],
      ]),
    ).rejects.toThrow("updateStateByKey-3: `initial` has two states for the key 'a'.");
  });

  it('unites streams in the order of the list', async () => {
    const context = newContext();
    const [a, b] = [context.queueStream([[1]]), context.queueStream([[2]])];
    context.union([b, a]).print();
    expect(await kindsOf(context)).toEqual(['source', 'source', 'union', 'sink']);
    expect((await context.toPlan()).plan.nodes[2]).toMatchObject({ inputs: [{ from: 1 }, { from: 0 }] });
  });
});
