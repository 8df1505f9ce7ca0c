import { defineOperator } from '../component/operator.ts';
import { s } from '../component/settings.ts';
import { spanOf, windowSettings } from '../component/windowed.ts';

export default defineOperator({
  summary:
    'Gives at each slide the records of all batches in the window, the oldest batch first. They are kept as bytes, within settings.memoryLimit; to count or reduce a window, the steps that do it in one keep less.',
  group: 'windows',
  takes: 'records',
  config: s.object(windowSettings),
  short: 'length',
  examples: [
    {
      title: 'The records of the last two seconds, with a batch every second',
      yaml: 'window: { length: 2s }',
      given: [[1], [2, 3], [], []],
      expect: [[1], [1, 2, 3], [2, 3], []],
    },
    {
      title: 'Batches of two seconds',
      yaml: 'window: { length: 2s, slide: 2s }',
      given: [[1], [2], [3], [4]],
      expect: [
        [1, 2],
        [3, 4],
      ],
    },
  ],
  build: (plan, input, settings) => plan.window({ input, ...spanOf(plan, input, settings) }),
});
