import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { Receiver, StreamingContext } from '#src/index.ts';

const started: StreamingContext[] = [];
const newContext = (): StreamingContext => {
  const context = new StreamingContext({ batchInterval: 20, settings: { threads: 1 } });
  started.push(context);
  return context;
};

afterEach(async () => {
  await Promise.all(started.splice(0).map((context) => context.stop()));
});

async function newDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'streamjob-context-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
}

/** A context whose every batch goes to a file of a directory; resolves when the file of a batch is there. */
function counting(directory: string, batches: readonly (readonly string[])[]) {
  const context = newContext();
  const words = context.queueStream(batches).flatMap((line) => line.split(/ /));
  words
    .map((word) => [word, 1])
    .reduceByKey((a, b) => a + b)
    .saveAsTextFiles(join(directory, 'counts'), 'txt');
  return context;
}

async function filesWhen(directory: string, enough: (files: readonly string[]) => boolean): Promise<readonly string[]> {
  const deadline = Date.now() + 120_000;
  for (;;) {
    const files = (await readdir(directory)).filter((name) => !name.startsWith('.')).sort();
    if (enough(files)) return files;
    if (Date.now() > deadline) throw new Error(`There are only ${files.join(', ')}.`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe('a context', () => {
  it('runs, and stops gracefully', async () => {
    const directory = await newDirectory();
    const context = counting(directory, [['a b a'], ['b']]);
    expect(context.getState()).toBe('INITIALIZED');
    await context.start();
    expect(context.getState()).toBe('ACTIVE');
    expect(StreamingContext.getActive()).toBe(context);
    const files = await filesWhen(directory, ({ length }) => length >= 2);
    await context.stop({ graceful: true });
    await context.awaitTermination();
    expect(await context.awaitTerminationOrTimeout(1)).toBe(true);
    expect(context.getState()).toBe('STOPPED');
    expect(StreamingContext.getActive()).toBeUndefined();
    const texts = await Promise.all(files.slice(0, 2).map((file) => readFile(join(directory, file), 'utf8')));
    expect(texts.map((text) => text.trim().split('\n').sort())).toEqual([['["a",2]', '["b",1]'], ['["b",1]']]);
  });

  it('says what becomes of its states, if it has any', async () => {
    const totals = (context: StreamingContext) =>
      context
        .queueStream([['a b a']])
        .map((line): [string, number] => [line, 1])
        .updateStateByKey((values, state: number | undefined) => values.length + (state ?? 0))
        .print();
    const context = newContext();
    totals(context);
    await expect(context.start()).rejects.toMatchObject({
      code: 'no-checkpoint',
      message: expect.stringContaining('(updateStateByKey)'),
      remedy: expect.stringContaining('checkpoint(DIRECTORY)'),
    });
    expect(context.getState()).toBe('STOPPED');
    const forgetful = newContext();
    totals(forgetful);
    forgetful.checkpoint(false);
    await forgetful.start();
  });

  it('is started once, and not again after it was stopped', async () => {
    const context = newContext();
    context.queueStream([[1]]).print(0);
    await Promise.all([context.start(), context.start()]);
    await context.start();
    await context.stop();
    await context.stop();
    await expect(context.start()).rejects.toMatchObject({
      code: 'bad-context',
      message: 'StreamingContext has already been stopped.',
    });
  });

  it('that was stopped before it started has ended', async () => {
    const context = newContext();
    await context.stop();
    await context.awaitTermination();
    expect(context.getState()).toBe('STOPPED');
  });

  it('needs an output', async () => {
    const context = newContext();
    context.queueStream([[1]]).count();
    await expect(context.start()).rejects.toMatchObject({
      code: 'bad-context',
      message: 'No output operations registered, so nothing to execute.',
    });
    expect(context.getState()).toBe('INITIALIZED');
  });

  it('is the only one that is active in a process', async () => {
    const [first, second] = [newContext(), newContext()];
    for (const context of [first, second]) context.queueStream([[1]]).print(0);
    await first.start();
    await expect(second.start()).rejects.toMatchObject({
      message: 'Only one StreamingContext may be started in this process.',
    });
    await first.stop();
    await second.start();
    expect(StreamingContext.getActive()).toBe(second);
  });

  it('is settled once it was started', async () => {
    const context = newContext();
    const numbers = context.queueStream([[1]]);
    numbers.print(0);
    await context.start();
    const message = (when: string) => ({
      code: 'bad-context',
      message: `Adding new inputs, transformations, and output operations after ${when} a context is not supported.`,
    });
    for (const add of [
      () => context.queueStream([]),
      () => numbers.count(),
      () => numbers.print(),
      () => context.union([numbers]),
    ]) {
      expect(add).toThrow(expect.objectContaining(message('starting')));
    }
    await context.stop();
    expect(() => numbers.count()).toThrow(expect.objectContaining(message('stopping')));
  });

  it('tells the error that ended it, every time', async () => {
    const context = newContext();
    context
      .queueStream([['x']])
      .map((text) => JSON.parse(text))
      .print(0);
    await context.start();
    await expect(context.awaitTermination()).rejects.toMatchObject({ code: 'step-failed' });
    await expect(context.awaitTerminationOrTimeout(1)).rejects.toMatchObject({ code: 'step-failed' });
    expect(context.getState()).toBe('STOPPED');
  });

  it('says after a time that it still runs', async () => {
    const context = newContext();
    context.queueStream([[1]]).print(0);
    await context.start();
    expect(await context.awaitTerminationOrTimeout(1)).toBe(false);
  });
});

describe('what a context refuses', () => {
  it.each([0, -1, 1.5, Number.NaN, '5', 'soon'])('a batch interval of %s', (batchInterval) => {
    expect(() => new StreamingContext({ batchInterval })).toThrow(expect.objectContaining({ code: 'bad-value' }));
  });

  it('a union of nothing, and streams of another context', () => {
    const [one, other] = [newContext().queueStream([['a', 1] as const].map((pair) => [pair])), newContext()];
    const theirs = other.queueStream([['a', 1] as const].map((pair) => [pair]));
    expect(() => other.union([])).toThrow('List of DStreams to union is empty.');
    expect(() => other.union([theirs, one])).toThrow('Some of the DStreams have different contexts.');
    expect(() => theirs.join(one)).toThrow('Some of the DStreams have different contexts.');
  });

  it('components that there are not, names that there are, and wrong settings', async () => {
    const context = newContext();
    const numbers = context.queueStream([[1]]);
    expect(() => numbers.step('mpa')).toThrow(expect.objectContaining({ code: 'unknown-component' }));
    expect(() => context.source('sockt')).toThrow(expect.objectContaining({ code: 'unknown-component' }));
    expect(() => numbers.sink('prnt')).toThrow(expect.objectContaining({ code: 'unknown-component' }));
    expect(() => context.source('queue', { batches: [] }, 'queue-1')).toThrow(
      expect.objectContaining({ code: 'duplicate-name' }),
    );
    numbers.sink('print', {}, 'shown');
    expect(() => numbers.sink('print', {}, 'shown')).toThrow(expect.objectContaining({ code: 'duplicate-name' }));
    numbers.repartition(0);
    await expect(context.toPlan()).rejects.toMatchObject({
      code: 'bad-value',
      message: expect.stringMatching(/^repartition-2/),
    });
  });

  it('functions that use what they do not take along', () => {
    const limit = 3;
    const lines = newContext().queueStream([['a']]);
    expect(() => lines.map((line) => line.slice(0, limit))).toThrow(
      expect.objectContaining({ code: 'captured-variable', message: expect.stringContaining('limit') }),
    );
    expect(lines.map((line) => line.slice(0, limit), { limit }).name).toBe('map-2');
  });
});

const outside = 5;

describe('receiverStream', () => {
  class Feed extends Receiver<string> {
    readonly options: { readonly words: readonly string[] };
    declare timer: NodeJS.Timeout;

    constructor(options: { readonly words: readonly string[] }) {
      super();
      this.options = options;
    }

    onStart(): void {
      for (const word of this.options.words) void this.store(word);
      this.timer = setInterval(() => void this.store('tick'), 5);
    }

    onStop(): void {
      clearInterval(this.timer);
    }
  }

  it('gives what an object of a class stores, on another thread', async () => {
    const directory = await newDirectory();
    const context = newContext();
    const words = context.receiverStream(Feed, { words: ['a', 'b'] });
    words.saveAsTextFiles(join(directory, 'words'));
    await context.start();
    const files = await filesWhen(directory, ({ length }) => length >= 2);
    await context.stop({ graceful: true });
    expect(await readFile(join(directory, files[0]!), 'utf8')).toMatch(/^a\nb\n/);
    expect(await readFile(join(directory, files[1]!), 'utf8')).toMatch(/^tick\n/);
  });

  it('takes no class that uses what is outside, or is none', () => {
    class Far extends Feed {
      override onStart(): void {
        void this.store(`${outside}`);
      }
    }
    const refused = (UserClass: unknown) => () => newContext().receiverStream(UserClass as typeof Feed);
    expect(refused(Far)).toThrow(/The class Far uses `Feed`, `outside` from outside/);
    expect(refused(() => 1)).toThrow(/A class is expected here/);
  });
});
