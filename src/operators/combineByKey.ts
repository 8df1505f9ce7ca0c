import { partitions } from '../component/keyed.ts';
import { defineOperator } from '../component/operator.ts';
import { s } from '../component/settings.ts';

export default defineOperator({
  summary:
    'Aggregates the values of each key of the batch in an accumulator of another type and gives pairs [key, accumulator].',
  group: 'per batch',
  takes: 'pairs',
  config: s.object({
    create: s.fn('value => accumulator', { description: 'Makes the accumulator of the first value of a key.' }),
    mergeValue: s.fn('(accumulator, value) => accumulator', {
      description: 'Adds a value. It may change and return the accumulator that it is given.',
    }),
    mergeCombiners: s.fn('(accumulator, other) => accumulator', {
      description: 'Joins two accumulators of a key. It may change and return the first.',
    }),
    partitions,
  }),
  examples: [
    {
      title: 'Sum and number, for an average',
      yaml: `combineByKey:
  create: v => [v, 1]
  mergeValue: ([sum, n], v) => [sum + v, n + 1]
  mergeCombiners: ([s1, n1], [s2, n2]) => [s1 + s2, n1 + n2]`,
      given: [
        [
          ['a', 1],
          ['b', 5],
          ['a', 3],
        ],
        [],
      ],
      expect: [
        [
          ['a', [4, 2]],
          ['b', [5, 1]],
        ],
        [],
      ],
    },
  ],
  build: (plan, input, settings) => plan.fold({ input, key: 'pair', ...settings }),
});
