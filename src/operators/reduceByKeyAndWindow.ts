import { partitions } from '../component/keyed.ts';
import { defineOperator } from '../component/operator.ts';
import { s } from '../component/settings.ts';
import { inverse, needsCheckpointIfInverse, spanOf, windowSettings } from '../component/windowed.ts';

export default defineOperator({
  summary:
    'Joins the values of each key of the window into one at each slide. A slide costs what enters and leaves, whatever the length, and a key leaves with its last value.',
  group: 'windows',
  takes: 'pairs',
  config: s.object({
    reduce: s.fn('(a, b) => value', { description: 'Joins two values; how they are grouped must not matter.' }),
    inverse,
    filter: s.fn('([key, value]) => boolean', {
      optional: true,
      description: 'Which pairs are given. It hides only: a pair that it refuses may come back.',
    }),
    ...windowSettings,
    partitions,
  }),
  examples: [
    {
      title: 'Words of the last two seconds, with a batch every second',
      yaml: "reduceByKeyAndWindow: { reduce: '(a, b) => a + b', length: 2s }",
      given: [
        [['to', 1]],
        [
          ['be', 1],
          ['to', 1],
        ],
        [],
        [],
      ],
      expect: [
        [['to', 1]],
        [
          ['to', 2],
          ['be', 1],
        ],
        [
          ['to', 1],
          ['be', 1],
        ],
        [],
      ],
    },
  ],
  needsCheckpoint: needsCheckpointIfInverse,
  build: (plan, input, { reduce, filter, partitions, ...settings }) => {
    const reduced = plan.fold({
      input,
      key: 'pair',
      mergeValue: reduce,
      mergeCombiners: reduce,
      window: spanOf(plan, input, settings),
      ...(partitions !== undefined && { partitions }),
    });
    return filter ? plan.narrow({ input: reduced, op: 'filter', on: 'record', fn: filter }) : reduced;
  },
});
