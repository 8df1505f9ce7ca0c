import type { JsonValue } from '../base/json.ts';
import { s } from '../component/settings.ts';
import { defineSource, type Partition, type SourceDriver } from '../component/source.ts';
import { fromLiteral } from '../plan/literal.ts';

type Records = readonly JsonValue[];

export default defineSource({
  summary:
    'Batches of records that are written out in the job: for tests and demonstrations. When they are used up, batches are empty, or hold `default`; with `--once` the job ends.',
  config: s.object({
    batches: s.list(s.list(s.json({}), {}), { description: 'A list of records for each batch.' }),
    oneAtATime: s.boolean({
      default: true,
      description: 'One list per batch; `false` gives all of them to the first batch.',
    }),
    default: s.list(s.json({}), { optional: true, description: 'The records of every batch after the last list.' }),
    partitions: s.integer({
      default: 1,
      minimum: 1,
      description: 'How many partitions each list is cut into, evenly and in order.',
    }),
  }),
  short: 'batches',
  examples: [
    { title: 'Two batches', yaml: 'queue: [[a, b], [a]]' },
    { title: 'Pairs in two partitions', yaml: 'queue: { partitions: 2, batches: [[[a, 1], [b, 2]]] }' },
    { title: 'The same batch for ever', yaml: 'queue: { batches: [], default: [1, 2, 3] }' },
  ],
  once: 'drains',

  driver(config, { once }): SourceDriver {
    let next = 0;
    let remembered = 0;
    const slices = (records: Records): Partition[] => slice(records, config.partitions);
    return {
      restore(memory) {
        next = remembered = Number(memory.get('next') ?? 0);
      },
      async start() {},
      async plan() {
        const taken = config.batches.slice(next, config.oneAtATime ? next + 1 : undefined);
        next += taken.length;
        const lists = taken.length === 0 && !once && config.default ? [config.default] : taken;
        const memory = new Map(next === remembered ? [] : [['next', next]]);
        remembered = next;
        return { partitions: lists.flatMap(slices), done: once && next === config.batches.length, memory };
      },
      async stop() {},
    };
  },

  worker: () => ({
    read: (split, out) => out.records((split.records as Records).map(fromLiteral)),
  }),
});

/** As Spark's `makeRDD(records, n)`: slice `i` is `[i*length/n, (i+1)*length/n)`, rounded down. */
export function slice(records: Records, n: number): Partition[] {
  const edge = (i: number): number => Math.floor((i * records.length) / n);
  return Array.from({ length: n }, (_, i) => [{ records: records.slice(edge(i), edge(i + 1)) }]);
}
