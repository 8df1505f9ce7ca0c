import { s } from '../component/settings.ts';
import { defineSource, type Partition, type SourceDriver } from '../component/source.ts';

/** The values of a split, `[from, until)`, and when 0 was due. */
interface Range {
  readonly from: number;
  readonly until: number;
  readonly origin: number;
  readonly rowsPerSecond: number;
}

const chunk = 1000;

export default defineSource({
  summary:
    'Records `{ timestamp, value }` at a steady rate, for trying out and measuring jobs: `value` counts from 0, `timestamp` is when it was due, in milliseconds since the epoch. The first batch is empty; from its time on, each batch has the values that have become due since the one before, none left out however late it runs. A job that is started again counts from 0.',
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
    let origin: number | undefined;
    let from = 0;
    return {
      async start() {},
      async plan(time) {
        origin ??= time;
        const until = Math.max(from, Math.floor(((time - origin) * rowsPerSecond) / 1000));
        const partitions = cut({ from, until, origin, rowsPerSecond }, parallelism);
        from = until;
        return { partitions, done: false };
      },
      async stop() {},
    };
  },

  worker: () => ({
    read(split, out) {
      const { from, until, origin, rowsPerSecond } = split as unknown as Range;
      const record = (value: number) => ({ timestamp: origin + Math.floor((value * 1000) / rowsPerSecond), value });
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
