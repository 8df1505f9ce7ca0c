import { otherStream, partitions } from '../component/keyed.ts';
import { defineOperator } from '../component/operator.ts';
import { s } from '../component/settings.ts';

export default defineOperator({
  summary: 'Gives [key, [values, others]] for every key of either stream: its values here and in the other stream.',
  group: 'per batch',
  takes: 'pairs',
  config: s.object({ with: otherStream, partitions }),
  short: 'with',
  examples: [
    {
      title: 'Clicks and purchases of each user',
      yaml: 'cogroup: other',
      given: [
        [
          ['ann', 1],
          ['ann', 2],
        ],
        [],
      ],
      other: [
        [
          ['ann', 'tea'],
          ['bob', 'milk'],
        ],
        [],
      ],
      expect: [
        [
          ['ann', [[1, 2], ['tea']]],
          ['bob', [[], ['milk']]],
        ],
        [],
      ],
    },
  ],
  build: (plan, input, { with: other, ...settings }) => plan.cogroup({ inputs: [input, other], ...settings }),
});
