import { partitions } from '../component/keyed.ts';
import { defineOperator } from '../component/operator.ts';
import { s } from '../component/settings.ts';

export default defineOperator({
  summary: 'Joins the values of each key of the batch into one; a key with one value gives it as it is.',
  group: 'per batch',
  takes: 'pairs',
  config: s.object({
    reduce: s.fn('(a, b) => value', { description: 'Joins two values; how they are grouped must not matter.' }),
    partitions,
  }),
  short: 'reduce',
  examples: [
    {
      title: 'Counting words',
      yaml: 'reduceByKey: (a, b) => a + b',
      given: [
        [
          ['to', 1],
          ['be', 1],
          ['to', 1],
        ],
        [],
      ],
      expect: [
        [
          ['to', 2],
          ['be', 1],
        ],
        [],
      ],
    },
  ],
  build: (plan, input, { reduce, ...settings }) =>
    plan.fold({ input, key: 'pair', mergeValue: reduce, mergeCombiners: reduce, ...settings }),
});
