import { describe, expect, it } from 'vitest';
import type { JsonValue } from '#src/base/json.ts';
import { Receiver } from '#src/sources/receiver/base.ts';
import receiver from '#src/sources/receiver.ts';
import { Receiving } from './receiving.ts';

type UserClass = abstract new (options: never) => { onStart(): unknown; onStop(): unknown };

/** A `receiver` source of this class, not yet started, and the host that it gives its records to. */
function sourceOf(Feed: UserClass | (() => void) | number, options: JsonValue = {}) {
  const host = new Receiving();
  host.exports = { Feed };
  const config = { class: { text: 'Feed', exports: ['Feed'] }, options, restartDelay: 1 };
  return { host, source: receiver.receiver!(config, host) };
}

class Counting extends Receiver<unknown> {
  readonly #options: { readonly records: readonly unknown[] };
  readonly calls: string[] = [];

  constructor(options: { readonly records: readonly unknown[] }) {
    super();
    this.#options = options;
  }

  onStart(): void {
    for (const record of this.#options.records) void this.store(record);
    void this.store(this.isStarted());
  }

  async onStop(): Promise<void> {
    await this.store('the last one');
    void this.store(this.isStopped());
  }
}

describe('receiver', () => {
  it('is made with its options, and what it stores until its end is taken, a pair as one record', async () => {
    const { host, source } = sourceOf(Counting, { records: [['a', 1], 'b'] });
    await source.start();
    await host.until(() => host.taken.length === 3);
    await source.stop();
    expect(host.taken).toEqual([['a', 1], 'b', true, 'the last one', true]);
    expect(host.states).toEqual([['active', 'Feed started']]);
  });

  it('needs no base class', async () => {
    class Feed {
      declare store: (record: unknown) => Promise<void>;
      onStart(): void {
        void this.store(1);
      }
      onStop(): void {}
    }
    const { host, source } = sourceOf(Feed);
    await source.start();
    await source.stop();
    expect(host.taken).toEqual([1]);
  });

  it('may receive in an async onStart until it is stopped, and is paused while memory is full', async () => {
    class Feed extends Receiver<number> {
      async onStart(): Promise<void> {
        for (let i = 0; !this.isStopped(); i++) await this.store(i);
      }
      onStop(): void {}
    }
    const { host, source } = sourceOf(Feed);
    host.full = true;
    await source.start();
    await host.until(() => host.taken.length === 1);
    host.makeRoom();
    await host.until(() => host.taken.length > 10);
    await source.stop();
    expect(host.taken.slice(0, 3)).toEqual([0, 1, 2]);
  });

  it('tells when a list is stored', async () => {
    const stored: string[] = [];
    class Feed extends Receiver<number> {
      async onStart(): Promise<void> {
        await this.storeAll(new Set([1, 2]));
        stored.push('stored');
        this.stop('that was all');
      }
      onStop(): void {
        stored.push('stopped');
      }
    }
    const { host, source } = sourceOf(Feed);
    host.holding = true;
    await source.start();
    await host.until(() => host.taken.length === 2);
    expect(stored).toEqual([]);
    host.store();
    await host.until(() => host.hasEnded);
    expect(stored).toEqual(['stored', 'stopped']);
    expect(host.states.at(-1)).toEqual(['idle', 'that was all']);
    await source.stop();
  });

  it('starts again after a restart, and shows why', async () => {
    let lives = 0;
    class Feed extends Receiver<number> {
      onStart(): void {
        void this.store(++lives);
        this.reportError('a small one', new Error('lost a packet'));
        if (lives < 3) this.restart('connection lost', new Error('reset'));
      }
      onStop(): void {}
    }
    const { host, source } = sourceOf(Feed);
    await source.start();
    await host.until(() => host.taken.length === 3);
    await source.stop();
    expect(host.states.slice(0, 3)).toEqual([
      ['active', 'Feed started'],
      ['active', 'a small one: lost a packet'],
      ['waiting', 'connection lost: reset, starts again in 1ms'],
    ]);
    expect(host.failures).toEqual([]);
  });

  it('does not wait for a restart when the job stops', async () => {
    class Feed extends Receiver<number> {
      onStart(): void {
        this.restart('later', undefined, 1e6);
      }
      onStop(): void {}
    }
    const { host, source } = sourceOf(Feed);
    await source.start();
    await host.said(/starts again in/);
    await source.stop();
    expect(host.taken).toEqual([]);
  });

  it.each<[string, UserClass, RegExp]>([
    [
      'throws in onStart',
      class extends Receiver {
        onStart(): void {
          throw new Error('no route');
        }
        onStop(): void {}
      },
      /^The receiver Feed of lines failed: onStart: no route\.$/,
    ],
    [
      'stops with an error',
      class extends Receiver {
        onStart(): void {
          this.stop('gave up', new Error('no route'));
        }
        onStop(): void {}
      },
      /^The receiver Feed of lines failed: gave up: no route\.$/,
    ],
    [
      'stores what is no value',
      class extends Receiver {
        onStart(): void {
          void this.store(() => 1);
        }
        onStop(): void {}
      },
      /a function/,
    ],
  ])('ends the job when it %s', async (_name, Feed, message) => {
    const { host, source } = sourceOf(Feed);
    if (_name.startsWith('stores')) host.records = (records) => refuseFunctions(records);
    await source.start();
    await host.until(() => host.failures.length === 1);
    expect(String((host.failures[0] as Error).message)).toMatch(message);
    await source.stop();
  });

  it.each<[string, UserClass | (() => void) | number, RegExp]>([
    ['a number', 5, /`Feed` is the number 5/],
    ['an arrow function', () => {}, /^Feed is not a class\.$/],
    [
      'a class without onStop',
      class {
        onStart(): void {}
      } as unknown as UserClass,
      /^The class Feed has no method `onStop`\.$/,
    ],
    [
      'a class whose constructor throws',
      class {
        constructor() {
          throw new Error('no key');
        }
        onStart(): void {}
        onStop(): void {}
      },
      /^The constructor of Feed failed: no key$/,
    ],
  ])('refuses %s', async (_name, Feed, message) => {
    await expect(sourceOf(Feed).source.start()).rejects.toThrow(message);
  });

  it('leaves out what is stored after onStop', async () => {
    let late: () => void = () => {};
    class Feed extends Receiver<number> {
      onStart(): void {
        late = () => void this.store(1);
      }
      onStop(): void {}
    }
    const { host, source } = sourceOf(Feed);
    await source.start();
    await source.stop();
    late();
    expect(host.taken).toEqual([]);
    expect(host.states.at(-1)).toEqual(['idle', 'records that came after onStop were left out']);
  });
});

function refuseFunctions(records: readonly unknown[]): void {
  if (records.some((record) => typeof record === 'function')) throw new Error('a function is no value');
}
