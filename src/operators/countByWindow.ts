import { defineOperator } from '../component/operator.ts';
import { s } from '../component/settings.ts';
import { spanOf, windowSettings } from '../component/windowed.ts';
import { counting } from '../plan/counting.ts';

export default defineOperator({
  summary:
    'Gives at each slide the number of records in the window: nothing until the first record ever, then always one number, 0 for an empty window.',
  group: 'windows',
  takes: 'records',
  config: s.object(windowSettings),
  short: 'length',
  examples: [
    {
      title: 'Lines in the last two seconds, with a batch every second',
      yaml: 'countByWindow: { length: 2s }',
      given: [[], ['a'], ['b', 'c'], [], []],
      expect: [[], [1], [3], [2], [0]],
    },
  ],
  needsCheckpoint: () => true,
  build: (plan, input, settings) =>
    plan.fold({
      input,
      key: 'none',
      ...counting,
      zero: 0,
      window: spanOf(plan, input, settings),
    }),
});
