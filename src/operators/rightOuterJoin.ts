import { otherStream, partitions } from '../component/keyed.ts';
import { defineOperator } from '../component/operator.ts';
import { s } from '../component/settings.ts';
import { addJoin } from '../plan/joins.ts';

export default defineOperator({
  summary: 'As join, and [key, [null, other]] for keys that only the other stream has in this batch.',
  group: 'per batch',
  takes: 'pairs',
  config: s.object({ with: otherStream, partitions }),
  short: 'with',
  examples: [
    {
      title: 'Orders and names',
      yaml: 'rightOuterJoin: other',
      given: [
        [
          ['ann', 'tea'],
          ['cy', 'milk'],
        ],
        [],
      ],
      other: [
        [
          ['ann', 'Ann A.'],
          ['bob', 'Bob B.'],
        ],
        [],
      ],
      expect: [
        [
          ['ann', ['tea', 'Ann A.']],
          ['bob', [null, 'Bob B.']],
        ],
        [],
      ],
    },
  ],
  build: (plan, input, { with: other, ...settings }) =>
    addJoin(plan, input, other, { outer: { left: false, right: true }, ...settings }),
});
