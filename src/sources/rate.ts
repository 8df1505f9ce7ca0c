import { s } from '../component/settings.ts';
import { defineSource, type Partition, type SourceDriver } from '../component/source.ts';

/** The values of a split, `[from, until)`, and which one was due when the run began. */
interface Range extends Beginning {
  readonly from: number;
  readonly until: number;
  readonly rowsPerSecond: number;
}

/** `value` was due at `origin`. */
interface Beginning {
  readonly value: number;
  readonly origin: number;
}

const chunk = 1000;

/** The value that comes next, in the memory of the source. */
const next = 'next';

export default defineSource({
  summary:
    'Records `{ timestamp, value }` at a steady rate, for trying out and measuring jobs: `value` counts from 0, `timestamp` is when it was due, in milliseconds since the epoch. The first batch is empty; from its time on, each batch has the values that have become due since the one before, none left out however late it runs. With a checkpoint a job that is started again goes on with the next value, as if no time had passed in between; without one it counts from 0.',
  config: s.object({
    rowsPerSecond: s.number({ default: 1, minimum: 0, description: 'How many records a second; may be a fraction.' }),
  }),
  short: 'rowsPerSecond',
  examples: [
    { title: 'A record every second', yaml: 'rate: 1' },
    { title: 'A hundred thousand records a second', yaml: 'rate: { rowsPerSecond: 100000 }' },
  ],
  once: 'refused',

  driver({ rowsPerSecond }, { parallelism }): SourceDriver {
    let beginning: Beginning | undefined;
    let from = 0;
    return {
      restore(memory) {
        from = (memory.get(next) as number | undefined) ?? 0;
      },
      async start() {},
      async plan(time) {
        beginning ??= { value: from, origin: time };
        const due = beginning.value + Math.floor(((time - beginning.origin) * rowsPerSecond) / 1000);
        const until = Math.max(from, due);
        if (until === from) return { partitions: [], done: false };
        const partitions = cut({ from, until, ...beginning, rowsPerSecond }, parallelism);
        from = until;
        return { partitions, done: false, memory: new Map([[next, until]]) };
      },
      async stop() {},
    };
  },

  worker: () => ({
    read(split, out) {
      const { from, until, value: first, origin, rowsPerSecond } = split as unknown as Range;
      const timestamp = (value: number) => origin + Math.floor(((value - first) * 1000) / rowsPerSecond);
      const record = (value: number) => ({ timestamp: timestamp(value), value });
      for (let start = from; start < until; start += chunk) {
        const length = Math.min(chunk, until - start);
        out.records(Array.from({ length }, (_, i) => record(start + i)));
      }
    },
  }),
});

/** As even as can be, in order; none is empty. */
function cut({ from, until, ...rate }: Range, parallelism: number): Partition[] {
  const parts = Math.min(parallelism, until - from);
  const edge = (i: number): number => from + Math.floor((i * (until - from)) / parts);
  return Array.from({ length: parts }, (_, i) => [{ from: edge(i), until: edge(i + 1), ...rate }]);
}
