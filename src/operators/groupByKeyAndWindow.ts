import { partitions } from '../component/keyed.ts';
import { defineOperator } from '../component/operator.ts';
import { s } from '../component/settings.ts';
import { spanOf, windowSettings } from '../component/windowed.ts';
import groupByKey from './groupByKey.ts';

export default defineOperator({
  summary:
    'Gathers the values of each key of the window in a list at each slide and gives pairs [key, values]. The records of the window are kept as bytes, within settings.memoryLimit.',
  group: 'windows',
  takes: 'pairs',
  config: s.object({ ...windowSettings, partitions }),
  examples: [
    {
      title: 'What each user did in the last two seconds, with a batch every second',
      yaml: 'groupByKeyAndWindow: { length: 2s }',
      given: [[['ann', 'login']], [['ann', 'logout']], []],
      expect: [[['ann', ['login']]], [['ann', ['login', 'logout']]], [['ann', ['logout']]]],
    },
  ],
  build: (plan, input, { partitions, ...settings }) => {
    const window = plan.window({ input, ...spanOf(plan, input, settings) });
    return groupByKey.build(plan, window, partitions === undefined ? {} : { partitions });
  },
});
