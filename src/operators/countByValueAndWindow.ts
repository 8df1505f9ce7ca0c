import { partitions } from '../component/keyed.ts';
import { defineOperator } from '../component/operator.ts';
import { s } from '../component/settings.ts';
import { spanOf, windowSettings } from '../component/windowed.ts';
import { counting } from '../plan/counting.ts';

export default defineOperator({
  summary: 'Counts at each slide how often each record occurs in the window and gives pairs [record, count].',
  group: 'windows',
  takes: 'records',
  config: s.object({ ...windowSettings, partitions }),
  examples: [
    {
      title: 'Hashtags of the last two seconds, with a batch every second',
      yaml: 'countByValueAndWindow: { length: 2s, slide: 1s }',
      given: [['#a', '#b'], ['#a'], []],
      expect: [
        [
          ['#a', 1],
          ['#b', 1],
        ],
        [
          ['#a', 2],
          ['#b', 1],
        ],
        [['#a', 1]],
      ],
    },
  ],
  needsCheckpoint: () => true,
  build: (plan, input, { partitions, ...settings }) =>
    plan.fold({
      input,
      key: 'record',
      ...counting,
      window: spanOf(plan, input, settings),
      ...(partitions !== undefined && { partitions }),
    }),
});
