import { defineOperator } from '../component/operator.ts';
import { s } from '../component/settings.ts';
import { inverse, needsCheckpointIfInverse, spanOf, windowSettings } from '../component/windowed.ts';

export default defineOperator({
  summary: 'Joins all records of the window into one at each slide; an empty window gives nothing.',
  group: 'windows',
  takes: 'records',
  config: s.object({
    reduce: s.fn('(a, b) => record', { description: 'Joins two records; how they are grouped must not matter.' }),
    inverse,
    ...windowSettings,
  }),
  examples: [
    {
      title: 'The largest number of the last three seconds, with a batch every second',
      yaml: "reduceByWindow: { reduce: '(a, b) => Math.max(a, b)', length: 3s }",
      given: [[4], [1, 9], [], [2], [], []],
      expect: [[4], [9], [9], [9], [2], [2]],
    },
  ],
  needsCheckpoint: needsCheckpointIfInverse,
  build: (plan, input, { reduce, ...settings }) =>
    plan.fold({
      input,
      key: 'none',
      mergeValue: reduce,
      mergeCombiners: reduce,
      window: spanOf(plan, input, settings),
    }),
});
