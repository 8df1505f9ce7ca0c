import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { OutgoingBatch } from '#src/kafka/records/outgoing.ts';
import { sendInOrder } from '#src/sinks/kafka/window.ts';

const batch = (partition: number): OutgoingBatch => ({
  topic: 't',
  partition,
  count: 1,
  bytes: Buffer.alloc(0),
  taken: false,
});

/**
 * A broker as strict as Kafka: a batch is taken if the one before of its partition has been, and then once; the first one whatever it
 * is. It says `lost` in place of an answer when asked to, before or after it takes something.
 */
class Broker {
  readonly log: OutgoingBatch[] = [];
  /** What it has taken of the producer that is sending now. */
  #ofProducer: OutgoingBatch[] = [];
  readonly refused: string[] = [];
  readonly #order: readonly OutgoingBatch[];
  onTheWay = 0;
  most = 0;

  constructor(order: readonly OutgoingBatch[]) {
    this.#order = order;
  }

  take(one: OutgoingBatch): void {
    const before = this.#ofProducer.findLast(({ partition }) => partition === one.partition);
    const mine = this.#order.filter(({ partition }) => partition === one.partition);
    if (this.#ofProducer.includes(one)) return;
    const between = before ? mine.slice(mine.indexOf(before) + 1, mine.indexOf(one)) : [];
    if (between.some((other) => !this.log.includes(other))) throw new Error('out of order');
    if (!this.log.includes(one)) this.log.push(one);
    this.#ofProducer.push(one);
  }

  /** A new producer goes on, as after the broker has lost count of the one before. */
  exchangeProducer(): void {
    this.#ofProducer = [];
  }
}

type Fault = 'none' | 'before' | 'after';

test('everything is taken once and in order, whatever fails on the way', async () => {
  const check = async (
    chunks: readonly (readonly number[])[],
    faults: readonly Fault[],
    exchanges: boolean,
  ): Promise<void> => {
    const all = chunks.map((partitions) => partitions.map(batch));
    const broker = new Broker(all.flat());
    let sent = 0;
    const send = async (batches: readonly OutgoingBatch[]): Promise<void> => {
      broker.most = Math.max(broker.most, ++broker.onTheWay);
      const fault = faults[sent++ % faults.length];
      await new Promise(setImmediate);
      try {
        for (const one of batches.filter(({ taken }) => !taken)) {
          if (fault === 'before') throw new Error('lost');
          broker.take(one);
          if (fault === 'after') throw new Error('lost');
          one.taken = true;
        }
      } finally {
        broker.onTheWay--;
      }
    };
    const again = async (batches: readonly OutgoingBatch[], error: unknown): Promise<void> => {
      expect(broker.onTheWay).toBe(0);
      if (error && exchanges) broker.exchangeProducer();
      if (error) expect((error as Error).message).toBe('lost');
      for (const one of batches) if (!one.taken) broker.take(one);
      for (const one of batches) one.taken = true;
    };
    await sendInOrder(all, { send, again });
    expect(broker.most).toBeLessThanOrEqual(4);
    for (const partition of [0, 1, 2]) {
      const inLog = broker.log.filter((one) => one.partition === partition);
      const wanted = all.flat().filter((one) => one.partition === partition);
      expect(inLog.map((one) => wanted.indexOf(one))).toEqual(wanted.map((_, i) => i));
    }
  };
  const chunk = fc.uniqueArray(fc.nat(2), { minLength: 1 });
  const faults = fc.array(fc.constantFrom<Fault>('none', 'none', 'before', 'after'), { minLength: 1, maxLength: 9 });
  await fc.assert(fc.asyncProperty(fc.array(chunk, { maxLength: 20 }), faults, fc.boolean(), check), { numRuns: 300 });
});

test.each(['a batch is refused for good', 'there is an error in making batches'])(
  'it ends when nothing is on the way any more, if %s',
  async (why) => {
    let onTheWay = 0;
    const send = async ([one]: readonly OutgoingBatch[]): Promise<void> => {
      onTheWay++;
      await new Promise(setImmediate);
      onTheWay--;
      if (one!.count === 2) throw new Error('refused');
    };
    function* all(): Generator<OutgoingBatch[]> {
      for (const count of [1, why.includes('refused') ? 2 : 1, 3, 3]) yield [{ ...batch(0), count }];
      if (!why.includes('refused')) throw new Error('refused');
    }
    const again = (_: unknown, error: unknown) => Promise.reject(error);
    await expect(sendInOrder(all(), { send, again })).rejects.toThrow('refused');
    expect(onTheWay).toBe(0);
  },
);
