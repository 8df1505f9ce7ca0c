import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SystemClock, VirtualClock } from '#src/base/clock.ts';
import { type Deferred, deferred } from '#src/base/deferred.ts';
import { StreamjobError } from '#src/base/errors.ts';
import type { Journal } from '#src/checkpoint/journal.ts';
import { MemoryJournal } from '#src/checkpoint/memory.ts';
import { eventually, Harness, listed, received, settle } from './harness.ts';
import { ManualClock } from './manualClock.ts';

/** A started job with one received source whose clock and engine the test moves. */
async function receiving(options: ConstructorParameters<typeof Harness>[0] = {}) {
  const clock = new ManualClock(500);
  const harness = new Harness({ clock, ...options }).start();
  await eventually(() => harness.engine.receiving);
  return { harness, clock, engine: harness.engine, job: harness.job };
}

describe('received data', () => {
  test('goes into the batch of the next tick, named by its end', async () => {
    const { harness, clock, engine, job } = await receiving();
    engine.deliver();
    engine.deliver();
    clock.set(1_000);
    await eventually(() => harness.completed.length === 1);
    engine.deliver();
    clock.set(2_000);
    await eventually(() => harness.completed.length === 2);
    clock.set(3_010);
    await eventually(() => harness.completed.length === 3);
    await job.stop();
    expect(harness.zeroTime).toBe(0);
    expect(harness.blocks).toEqual([
      [1_000, [1, 2]],
      [2_000, [3]],
      [3_000, []],
    ]);
    expect(engine.forgotten).toEqual([1_000, 2_000, 3_000]);
    expect(engine.closed).toBe(true);
  });

  test('of two sources lies side by side', async () => {
    const { harness, clock, engine, job } = await receiving({ sources: { left: received, right: received } });
    engine.deliver(0);
    engine.deliver(1);
    clock.set(1_000);
    await eventually(() => harness.completed.length === 1);
    await job.stop();
    expect([...engine.begun[0]!.inputs]).toEqual([
      [0, [[{ block: 1 }]]],
      [1, [[{ block: 2 }]]],
    ]);
  });
});

describe('while a batch runs', () => {
  test('later ones are planned, and wait for their turn in order', async () => {
    const { harness, clock, engine, job } = await receiving();
    const gate = deferred();
    engine.compute = () => gate.promise;
    for (const now of [1_000, 2_000, 3_000]) {
      engine.deliver();
      clock.set(now);
      await eventually(() => harness.submitted.length === now / 1_000);
    }
    expect(engine.begun.map(({ time }) => time)).toEqual([1_000]);
    gate.resolve();
    await eventually(() => harness.completed.length === 3);
    await job.stop();
    expect(harness.blocks).toEqual([
      [1_000, [1]],
      [2_000, [2]],
      [3_000, [3]],
    ]);
    expect(harness.completed.map(({ submissionTime }) => submissionTime)).toEqual([1_000, 2_000, 3_000]);
  });

  /** Runs until the first batch is under way, and moves the clock on to 5 s; something comes just before that. */
  async function late(options: Parameters<typeof receiving>[0] = {}) {
    const all = await receiving(options);
    const gate = deferred();
    all.engine.compute = () => gate.promise;
    for (let now = 1_000; now <= 5_000; now += 1_000) {
      if (now === 5_000) all.engine.deliver();
      all.clock.set(now);
      await settle();
    }
    return { ...all, gate };
  }

  test('ticks without input are left out as soon as one waits', async () => {
    const { harness, clock, job, gate } = await late();
    expect(harness.submitted).toEqual([1_000, 2_000, 5_000]);
    gate.resolve();
    await eventually(() => harness.completed.length === 3);
    clock.set(6_000);
    await eventually(() => harness.completed.length === 4);
    await job.stop();
    expect(harness.blocks).toEqual([
      [1_000, []],
      [2_000, []],
      [5_000, [1]],
      [6_000, []],
    ]);
  });

  test('ticks at which a window falls due are not left out', async () => {
    const { harness, job, gate } = await late({ slide: 4_000 });
    gate.resolve();
    await job.stop();
    expect(harness.submitted).toEqual([1_000, 2_000, 4_000, 5_000]);
  });

  test('the last of so many batches is not left out, for nothing more is received', async () => {
    const { harness, job, gate } = await late({ mode: { batches: 3 } });
    gate.resolve();
    await job.done;
    expect(harness.submitted).toEqual([1_000, 2_000, 3_000]);
  });

  test('what was left out is not run after a restart either, nor anything empty while batches are run again', async () => {
    const journal = new MemoryJournal();
    const first = await late({ journal });
    await first.job.abort();
    first.gate.resolve();
    const clock = new ManualClock(5_500);
    const harness = new Harness({ clock, journal });
    const gate = deferred();
    harness.engine.compute = () => gate.promise;
    harness.start();
    await eventually(() => harness.engine.receiving);
    for (const now of [6_000, 7_000]) {
      clock.set(now);
      await settle();
    }
    gate.resolve();
    await harness.job.stop();
    expect(harness.submitted).toEqual([1_000, 2_000, 5_000]);
    expect(harness.blocks).toEqual([
      [1_000, []],
      [2_000, []],
      [5_000, [1]],
    ]);
  });
});

test('after a suspended machine what has come goes into one batch, and the empty ticks are left out', async () => {
  const { harness, clock, engine, job } = await receiving();
  clock.set(1_000);
  await eventually(() => harness.completed.length === 1);
  engine.deliver();
  clock.set(3_600_700);
  await eventually(() => harness.completed.length === 2);
  clock.set(7_200_000);
  await settle();
  clock.set(7_201_000);
  await eventually(() => harness.completed.length === 3);
  await job.stop();
  expect(harness.blocks).toEqual([
    [1_000, []],
    [3_600_000, [1]],
    [7_201_000, []],
  ]);
  expect(harness.log).toEqual([expect.stringContaining('3598 ticks'), expect.stringContaining('3599 ticks')]);
});

describe('ticks at which a window falls due', () => {
  test('are run after a suspend, and what has come meanwhile is in the newest tick', async () => {
    const { harness, clock, engine, job } = await receiving({ slide: 4_000 });
    clock.set(1_000);
    await eventually(() => harness.completed.length === 1);
    engine.deliver();
    clock.set(13_500);
    await eventually(() => harness.completed.length === 5);
    await job.stop();
    expect(harness.blocks).toEqual([
      [1_000, []],
      [4_000, []],
      [8_000, []],
      [12_000, []],
      [13_000, [1]],
    ]);
    expect(engine.begun.map(({ zeroTime }) => zeroTime)).toEqual([0, 0, 0, 0, 0]);
  });

  test('are run when nothing has come', async () => {
    const { harness, clock, job } = await receiving({ slide: 4_000 });
    clock.set(12_500);
    await eventually(() => harness.completed.length === 3);
    await job.stop();
    expect(harness.submitted).toEqual([4_000, 8_000, 12_000]);
  });

  test.each(['a suspend', 'a stop'])('do not all wait at once after %s', async (after) => {
    const journal = new MemoryJournal();
    const clock = new ManualClock(500);
    const first = new Harness({ clock, journal, slide: 4_000, settings: { maxWaitingBatches: 3 } }).start();
    await eventually(() => first.engine.receiving);
    clock.set(1_000);
    await eventually(() => first.completed.length === 1);
    let harness = first;
    if (after === 'a stop') {
      await first.job.stop();
      harness = new Harness({ clock, journal, slide: 4_000, settings: { maxWaitingBatches: 3 } });
    }
    let most = 0;
    harness.engine.compute = async () => {
      await settle();
      most = Math.max(most, harness.submitted.length - harness.completed.length);
    };
    clock.set(4_000 * 100 + 500);
    if (harness !== first) harness.start();
    await eventually(() => harness.submitted.at(-1) === 400_000 && harness.submitted.length >= 100);
    await harness.job.stop();
    expect(most).toBeLessThanOrEqual(4);
  });

  test('are run first after a stop, also with --once', async () => {
    const journal = new MemoryJournal();
    const options = { journal, slide: 4_000, sources: { files: listedOnce() } };
    await new Harness({ ...options, clock: new ManualClock(500), mode: { once: true } }).start().job.done;
    const next = new Harness({ ...options, clock: new ManualClock(10_500), mode: { once: true } });
    await next.start().job.done;
    expect(next.committed.map(({ time, splits }) => [time, splits.length])).toEqual([
      [4_000, 0],
      [8_000, 0],
      [11_000, 1],
    ]);
  });
});

/** A source that has one thing in each run. */
const listedOnce = () => listed({ plan: async (time) => ({ partitions: [[{ time }]], done: true }) });

describe('a graceful stop', () => {
  test('runs everything received in one last batch, named by the next tick and not waited for', async () => {
    const { harness, clock, engine, job } = await receiving();
    clock.set(1_000);
    await eventually(() => harness.completed.length === 1);
    engine.deliver();
    engine.lastWords = () => engine.deliver();
    await job.stop('enough');
    await job.done;
    expect(harness.blocks).toEqual([
      [1_000, []],
      [2_000, [1, 2]],
    ]);
    expect(harness.stopping).toEqual(['enough']);
    expect(engine.receiving).toBe(false);
  });

  test('makes no batch of nothing', async () => {
    const { harness, job } = await receiving();
    await job.stop();
    expect(harness.submitted).toEqual([]);
  });

  test('does not wait for a source that takes long to list, which hears of it', async () => {
    const stopped = deferred();
    let asked = false;
    const slow = listed({
      plan: async () => {
        asked = true;
        await stopped.promise;
        return { partitions: [], done: false };
      },
      stop: async () => stopped.resolve(),
    });
    const { harness, clock, engine, job } = await receiving({ sources: { lines: received, slow } });
    engine.deliver();
    clock.set(1_000);
    await eventually(() => asked);
    await job.stop();
    await job.done;
    expect(harness.blocks).toEqual([[1_000, [1]]]);
  });

  test('before anything has begun is a stop too', async () => {
    const harness = new Harness().start();
    await harness.job.stop();
    await harness.job.done;
    expect(harness.engine.receiving).toBe(false);
    expect(harness.engine.closed).toBe(true);
  });

  test('that takes longer than stopTimeout ends the job with an error, and commits nothing any more', async () => {
    const { harness, clock, engine, job } = await receiving({ settings: { stopTimeout: 5_000 } });
    const gate = deferred();
    engine.compute = () => gate.promise;
    engine.deliver();
    const stopped = job.stop();
    await eventually(() => engine.begun.length === 1);
    clock.set(5_499);
    await settle();
    expect(engine.closed).toBe(false);
    clock.set(5_500);
    await stopped;
    await expect(job.done).rejects.toMatchObject({ code: 'stop-timeout', message: expect.stringContaining('5s') });
    gate.resolve();
    await settle();
    expect(harness.committed).toEqual([]);
    expect(engine.closed).toBe(true);
  });

  /** Each number is something that happens: blocks come, time goes on, a batch ends, the job is stopped. */
  test('at any moment loses nothing, doubles nothing, and keeps the order', async () => {
    const happening = fc.oneof(
      fc.constant('deliver' as const),
      fc.constant('end a batch' as const),
      fc.integer({ min: 1, max: 2_500 }),
    );
    const property = fc.asyncProperty(fc.array(happening, { maxLength: 30 }), async (happenings) => {
      const { harness, clock, engine, job } = await receiving();
      const gates: Deferred<void>[] = [];
      engine.compute = () => {
        const gate = deferred();
        gates.push(gate);
        return gate.promise;
      };
      for (const what of happenings) {
        if (what === 'deliver') engine.deliver();
        else if (what === 'end a batch') gates.shift()?.resolve();
        else clock.set(clock.now() + what);
        await settle();
      }
      engine.compute = async () => undefined;
      const delivered = happenings.filter((what) => what === 'deliver').length + 1;
      engine.lastWords = () => engine.deliver();
      for (const gate of gates) gate.resolve();
      await job.stop();
      await job.done;
      expect(harness.blocks.flatMap(([, blocks]) => blocks)).toEqual(
        Array.from({ length: delivered }, (_, i) => i + 1),
      );
      const times = harness.blocks.map(([time]) => time);
      expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
      expect(engine.forgotten).toEqual(times);
    });
    await fc.assert(property, { numRuns: 60 });
  });
});

describe('abort', () => {
  test('ends at once: what is not done stays undone, and can be run by a later job', async () => {
    const { harness, clock, engine, job } = await receiving();
    const gate = deferred();
    engine.compute = () => gate.promise;
    engine.deliver();
    clock.set(1_000);
    await eventually(() => engine.begun.length === 1);
    await job.abort();
    await job.done;
    gate.resolve();
    await settle();
    expect(harness.committed).toEqual([]);
    expect(harness.completed).toEqual([]);
    expect(engine.closed).toBe(true);
    const { unfinished } = await harness.journal.open(planOfNothing);
    expect(unfinished.map(({ time }) => time)).toEqual([1_000]);
  });

  test('begins no other sink while one commits', async () => {
    const gate = deferred();
    const committed: string[] = [];
    const commit = (name: string) => async () => {
      committed.push(name);
      await gate.promise;
    };
    const { clock, engine, job } = await receiving({
      sinks: { a: { commit: commit('a') }, b: { commit: commit('b') } },
    });
    engine.deliver();
    clock.set(1_000);
    await eventually(() => committed.length > 0);
    await job.abort();
    gate.resolve();
    await settle();
    expect(committed).toEqual(['a']);
  });

  test('while the journal is being opened: nothing is begun after it', async () => {
    const gate = deferred();
    const journal = new MemoryJournal();
    const open = journal.open.bind(journal);
    journal.open = async (plan) => {
      await gate.promise;
      return open(plan);
    };
    const begun: string[] = [];
    const start = (name: string) => async () => void begun.push(name);
    const files = listed({ plan: async () => ({ partitions: [], done: false }), start: start('files') });
    const harness = new Harness({ journal, sources: { files }, sinks: { out: { start: start('out') } } }).start();
    harness.engine.open = start('engine');
    const aborted = harness.job.abort();
    gate.resolve();
    await aborted;
    await settle();
    expect(begun).toEqual([]);
  });

  test('ends a graceful stop that hangs', async () => {
    const { harness, engine, job } = await receiving();
    engine.compute = () => new Promise(() => undefined);
    engine.deliver();
    const stopped = job.stop();
    await eventually(() => engine.begun.length === 1);
    await job.abort();
    await stopped;
    await job.done;
    expect(harness.stopping).toEqual(['asked to stop']);
    expect(harness.completed).toEqual([]);
  });
});

const planOfNothing = {
  version: 1,
  name: '',
  batchInterval: 1,
  keyHash: 'murmur3-32',
  keyGroups: 256,
  nodes: [],
} as const;

describe('a batch that fails', () => {
  const failing = (time: number) => async (batch: { readonly time: number }) => {
    if (batch.time === time) throw new Error('broken');
  };

  test('ends the job with its error; the batches behind it stay planned', async () => {
    const journal = new MemoryJournal();
    const { harness, clock, engine, job } = await receiving({ journal });
    const gate = deferred();
    engine.compute = async (batch) => {
      await gate.promise;
      await failing(2_000)(batch);
    };
    for (const now of [1_000, 2_000, 3_000]) {
      engine.deliver();
      clock.set(now);
      await eventually(() => harness.submitted.length === now / 1_000);
    }
    engine.deliver();
    gate.resolve();
    await expect(job.done).rejects.toThrow('broken');
    expect(harness.submitted).toEqual([1_000, 2_000, 3_000]);
    expect(harness.committed.map(({ time }) => time)).toEqual([1_000]);
    expect(harness.completed.map(({ error }) => error)).toEqual([undefined, new Error('broken')]);
    expect(engine.closed).toBe(true);

    const next = new Harness({ clock, journal }).start();
    await eventually(() => next.completed.length === 2);
    clock.set(4_000);
    await eventually(() => next.completed.length === 3);
    await next.job.stop();
    expect(next.committed.map(({ time }) => time)).toEqual([2_000, 3_000, 4_000]);
    expect(next.zeroTime).toBe(0);
  });

  test('is left behind with onBatchFailure: continue', async () => {
    const committed: number[] = [];
    const source = listed({
      plan: async (time) => ({ partitions: [[{ time }]], done: false }),
      committed: async (time) => void committed.push(time),
    });
    const sources = { given: source };
    const harness = new Harness({
      clock: new VirtualClock(),
      sources,
      settings: { onBatchFailure: 'continue' },
      mode: { batches: 3 },
    });
    harness.engine.compute = failing(2_000);
    await harness.start().job.done;
    expect(harness.completed.map(({ batchTime, error }) => [batchTime, error !== undefined])).toEqual([
      [1_000, false],
      [2_000, true],
      [3_000, false],
    ]);
    expect(harness.engine.forgotten).toEqual([1_000, 2_000, 3_000]);
    expect(committed).toEqual([1_000, 3_000]);
    expect(await harness.journal.open(planOfNothing)).toMatchObject({ lastTime: 3_000, unfinished: [] });
  });

  test.each(['checkpoint-failed', 'checkpoint-locked', 'checkpoint-damaged', 'state-lost', 'broken'] as const)(
    'of what all others would fail of (%s) is not left behind',
    async (why) => {
      const files = listed({ plan: async (time) => ({ partitions: [[{ time }]], done: false }) });
      const settings = { onBatchFailure: 'continue' } as const;
      const mode = { batches: 3 };
      const harness = new Harness({ clock: new VirtualClock(), sources: { files }, settings, mode });
      const { engine } = harness;
      engine.compute = async ({ time }) => {
        if (time < 2_000) return;
        engine.broken = why === 'broken';
        throw new StreamjobError(why === 'broken' ? 'bad-module' : why, 'as it is');
      };
      await expect(harness.start().job.done).rejects.toThrow('as it is');
      expect(harness.completed.map(({ batchTime }) => batchTime)).toEqual([1_000, 2_000]);
      const { unfinished } = await harness.journal.open(planOfNothing);
      expect(unfinished[0]).toMatchObject({ time: 2_000 });
    },
  );
});

describe('sinks', () => {
  const oneBatch = { clock: new VirtualClock(), mode: { batches: 1 } };

  test('are committed in order, one after the other', async () => {
    const order: string[] = [];
    const sink = (name: string) => ({
      commit: async () => {
        order.push(`${name} begins`);
        await settle();
        order.push(`${name} ends`);
      },
    });
    await new Harness({ ...oneBatch, sinks: { a: sink('a'), b: sink('b') } }).start().job.done;
    expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
  });

  test.each([false, true])('whose tasks send (%s) have the plan safe before they run', async (sendsInTasks) => {
    const order: string[] = [];
    const journal = new MemoryJournal();
    journal.check = async (shows?: boolean) => void order.push(`check ${shows}`);
    const harness = new Harness({ ...oneBatch, journal, sinks: { out: { sendsInTasks } } });
    harness.engine.compute = async () => void order.push('runs');
    await harness.start().job.done;
    expect(order).toEqual(sendsInTasks ? ['check true', 'runs', 'check true'] : ['runs', 'check true']);
  });

  test('are committed side by side with concurrentJobs', async () => {
    const other = deferred();
    const a = { commit: () => other.promise };
    const b = { commit: async () => other.resolve() };
    await new Harness({ ...oneBatch, sinks: { a, b }, settings: { concurrentJobs: 2 } }).start().job.done;
  });

  test('that fail are asked again, and then end the job; the batch is not done', async () => {
    let commits = 0;
    const commit = async () => {
      commits++;
      throw new Error('disk full');
    };
    const harness = new Harness({ ...oneBatch, sinks: { out: { commit } }, settings: { taskRetries: 1 } }).start();
    await expect(harness.job.done).rejects.toMatchObject({
      code: 'sink-failed',
      message: 'The sink out (out) failed: disk full',
    });
    expect(commits).toBe(2);
    expect(harness.log).toEqual(['sink out: next try in 100 ms, as it failed: disk full']);
    expect((await harness.journal.open(planOfNothing)).unfinished).toHaveLength(1);
  });

  test('that are asked again may succeed', async () => {
    let commits = 0;
    const commit = async () => {
      if (++commits === 1) throw new Error('not now');
    };
    await new Harness({ ...oneBatch, sinks: { out: { commit } }, settings: { taskRetries: 1 } }).start().job.done;
    expect(commits).toBe(2);
  });

  test("are flushed at the end, and an error there is the job's", async () => {
    const stop = async () => {
      throw new Error('cannot flush');
    };
    const harness = new Harness({ ...oneBatch, sinks: { out: { stop } } }).start();
    await expect(harness.job.done).rejects.toThrow('cannot flush');
    expect(harness.engine.closed).toBe(true);
  });

  test('that cannot start end the job before anything is received', async () => {
    const start = async () => {
      throw new Error('no such host');
    };
    const harness = new Harness({ sinks: { out: { start } } }).start();
    await expect(harness.job.done).rejects.toThrow('no such host');
    expect(harness.engine.receiving).toBe(false);
    expect(harness.engine.closed).toBe(true);
  });
});

describe('a source', () => {
  test('that cannot list ends the job, after what has been received is done', async () => {
    const broken = listed({
      plan: async () => {
        throw new Error('no such directory');
      },
    });
    const { harness, clock, engine, job } = await receiving({ sources: { lines: received, files: broken } });
    engine.deliver();
    clock.set(1_000);
    await expect(job.done).rejects.toMatchObject({
      code: 'source-failed',
      message: 'The source files (files) failed: no such directory',
    });
    expect(harness.blocks).toEqual([[2_000, [1]]]);
  });

  test.each(['cannot list', 'has just failed when another one ends'])(
    'that %s leaves what the others gave beside it to the next run',
    async (what) => {
      const memory: unknown[] = [];
      const journal = new MemoryJournal();
      journal.planned = async (_, remembered) => void memory.push(...remembered.values());
      const files = listed({
        plan: async (time) => ({ partitions: [[{ time }]], done: false, memory: new Map([[`${time}`, true]]) }),
      });
      const ends = (): void => engine.events.receiver(0, 'ended', 'end of input');
      const broken = listed({
        plan: async () => {
          if (what !== 'cannot list') ends();
          throw new Error('no such directory');
        },
      });
      const sources = { lines: received, files, broken };
      const { harness, clock, engine, job } = await receiving({ journal, sources });
      engine.deliver();
      clock.set(1_000);
      await expect(job.done).rejects.toThrow('no such directory');
      expect(harness.blocks).toEqual([[2_000, [1]]]);
      expect(memory).toEqual([]);
    },
  );

  test('whose receiver fails ends the job with its error, after what has been received is done', async () => {
    const { harness, engine, job } = await receiving();
    engine.deliver();
    const error = new Error('address in use');
    engine.events.receiver(0, 'failed', 'cannot listen', error);
    await expect(job.done).rejects.toBe(error);
    expect(harness.blocks).toEqual([[1_000, [1]]]);
  });

  test('whose receiver fails without an error gives its message', async () => {
    const { engine, job } = await receiving();
    engine.events.receiver(0, 'failed', 'cannot listen');
    await expect(job.done).rejects.toMatchObject({ code: 'source-failed', message: 'lines (lines): cannot listen' });
  });

  test('that ends, ends the job; the other sources are asked a last time', async () => {
    const files = listed({ plan: async (time) => ({ partitions: [[{ time }]], done: false }) });
    const { harness, engine, job } = await receiving({ sources: { lines: received, files } });
    engine.deliver();
    engine.events.receiver(0, 'ended', 'end of input');
    await job.done;
    expect(harness.committed).toEqual([{ time: 1_000, splits: [{ block: 1 }, { time: 1_000 }] }]);
    expect(harness.stopping).toEqual(['lines has ended']);
  });

  test('hears which batches are done, after the journal', async () => {
    const order: string[] = [];
    const journal = recordingJournal(order);
    const source = listed({
      plan: async (time) => ({ partitions: [[{ time }]], done: false }),
      committed: async (time) => void order.push(`committed ${time}`),
      stop: async () => void order.push('stop'),
    });
    const sink = { commit: async (time: number) => void order.push(`visible ${time}`) };
    const options = { clock: new VirtualClock(), mode: { batches: 2 }, journal, sources: { source }, sinks: { sink } };
    await new Harness(options).start().job.done;
    const batch = (t: number) => [`planned ${t}`, `visible ${t}`, `done ${t}`, `committed ${t}`];
    expect(order.filter((what) => what !== 'stop')).toEqual(['open', ...batch(1_000), ...batch(2_000), 'close']);
    expect(order.filter((what) => what === 'stop')).toHaveLength(1);
  });
});

function recordingJournal(order: string[]): Journal {
  const inner = new MemoryJournal();
  return {
    open: async (plan) => {
      order.push('open');
      return inner.open(plan);
    },
    planned: async (batch, memory) => {
      await settle();
      order.push(`planned ${batch.time}`);
      await inner.planned(batch, memory);
    },
    synced: () => inner.synced(),
    check: () => inner.check(),
    done: async (time) => {
      await settle();
      order.push(`done ${time}`);
      await inner.done(time);
    },
    close: async () => void order.push('close'),
  };
}

test('the journal takes one call at a time', async () => {
  const calls: string[] = [];
  const journal = recordingJournal(calls);
  const slow = deferred();
  const { done } = journal;
  journal.done = async (time) => {
    calls.push('done begins');
    await slow.promise;
    await done(time);
  };
  const { clock, harness, job } = await receiving({ journal });
  clock.set(1_000);
  await eventually(() => calls.includes('done begins'));
  clock.set(2_000);
  await settle();
  expect(calls).toEqual(['open', 'planned 1000', 'done begins']);
  slow.resolve();
  await eventually(() => harness.completed.length === 2);
  await job.stop();
  expect(calls.slice(0, 5)).toEqual(['open', 'planned 1000', 'done begins', 'done 1000', 'planned 2000']);
});

test('a journal that cannot be opened ends the job before anything is touched', async () => {
  const journal = new MemoryJournal();
  journal.open = async () => {
    throw new Error('locked');
  };
  const harness = new Harness({
    journal,
    sinks: { out: { start: async () => expect.fail('must not start') } },
  }).start();
  await expect(harness.job.done).rejects.toThrow('locked');
});

describe('once', () => {
  const counting = (batches: number) => {
    let n = 0;
    return listed({ plan: async () => ({ partitions: [[{ n: ++n }]], done: n >= batches }) });
  };

  test('takes what is there in as many batches as it needs, without waiting for their ticks', async () => {
    const harness = new Harness({
      clock: new ManualClock(10_500),
      mode: { once: true },
      sources: { files: counting(4) },
    });
    await harness.start().job.done;
    expect(harness.committed.map(({ time, splits }) => [time, splits])).toEqual([
      [11_000, [{ n: 1 }]],
      [12_000, [{ n: 2 }]],
      [13_000, [{ n: 3 }]],
      [14_000, [{ n: 4 }]],
    ]);
    expect(harness.stopping).toEqual([]);
  });

  test('does not plan far ahead of what is run', async () => {
    const harness = new Harness({ mode: { once: true }, sources: { files: counting(10) } });
    const gate = deferred();
    harness.engine.compute = () => gate.promise;
    harness.start();
    await eventually(() => harness.engine.begun.length === 1);
    await settle();
    expect(harness.submitted.length).toBeLessThanOrEqual(2);
    gate.resolve();
    await harness.job.done;
    expect(harness.committed).toHaveLength(10);
  });

  test('makes no batch when there is nothing', async () => {
    const nothing = listed({ plan: async () => ({ partitions: [], done: true }) });
    const harness = new Harness({ mode: { once: true }, sources: { files: nothing } });
    await harness.start().job.done;
    expect(harness.submitted).toEqual([]);
  });

  test('asks again a source that has nothing yet and is not done', async () => {
    let asked = 0;
    const slow = listed({
      plan: async () => (++asked < 3 ? { partitions: [], done: false } : { partitions: [[{ asked }]], done: true }),
    });
    const harness = new Harness({ clock: new SystemClock(), mode: { once: true }, sources: { files: slow } });
    await harness.start().job.done;
    expect(harness.committed.map(({ splits }) => splits)).toEqual([[{ asked: 3 }]]);
  });

  test('runs a batch at each regular tick while data flows, and ends with its end', async () => {
    const { harness, clock, engine, job } = await receiving({ mode: { once: true } });
    engine.deliver();
    await settle();
    expect(harness.submitted).toEqual([]);
    clock.set(1_000);
    await eventually(() => harness.completed.length === 1);
    clock.set(2_000);
    await settle();
    engine.deliver();
    clock.set(3_000);
    await eventually(() => harness.completed.length === 2);
    engine.deliver();
    engine.events.receiver(0, 'ended', 'end of input');
    await job.done;
    expect(harness.blocks).toEqual([
      [1_000, [1]],
      [3_000, [2]],
      [4_000, [3]],
    ]);
  });

  test('ends with a received source that ends without data', async () => {
    const { harness, engine, job } = await receiving({ mode: { once: true } });
    engine.events.receiver(0, 'ended', 'end of input');
    await job.done;
    expect(harness.submitted).toEqual([]);
  });

  test('ends gracefully when it is stopped', async () => {
    const { harness, engine, job } = await receiving({ mode: { once: true } });
    engine.deliver();
    await job.stop();
    await job.done;
    expect(harness.blocks).toEqual([[1_000, [1]]]);
  });
});

describe('limits', () => {
  test('so many batches: the last one takes all that has been received', async () => {
    const { harness, clock, engine, job } = await receiving({ mode: { batches: 2 } });
    engine.lastWords = () => engine.deliver();
    engine.deliver();
    clock.set(1_000);
    await eventually(() => harness.completed.length === 1);
    engine.deliver();
    clock.set(2_000);
    await job.done;
    expect(harness.blocks).toEqual([
      [1_000, [1]],
      [2_000, [2, 3]],
    ]);
    expect(harness.stopping).toEqual(['it was to run 2 batches']);
  });

  test('so long: a tick at the very end still counts', async () => {
    const harness = new Harness({ clock: new VirtualClock(), mode: { duration: 3_000 } });
    await harness.start().job.done;
    expect(harness.submitted).toEqual([1_000, 2_000, 3_000]);
    expect(harness.stopping).toEqual(['its duration is over']);
  });
});

test('on the system clock with a tiny interval every block is in one batch, and batches come in order', async () => {
  const harness = new Harness({ clock: new SystemClock(), batchInterval: 5 }).start();
  await eventually(() => harness.engine.receiving);
  for (let i = 0; i < 200; i++) {
    harness.engine.deliver();
    if (i % 4 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await eventually(() => harness.completed.length >= 3);
  await harness.job.stop();
  await harness.job.done;
  expect(harness.blocks.flatMap(([, blocks]) => blocks)).toEqual(Array.from({ length: 200 }, (_, i) => i + 1));
  const times = harness.blocks.map(([time]) => time);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect(times.every((time) => time % 5 === 0)).toBe(true);
});
