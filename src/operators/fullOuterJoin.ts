import { otherStream, partitions } from '../component/keyed.ts';
import { defineOperator } from '../component/operator.ts';
import { s } from '../component/settings.ts';
import { addJoin } from '../plan/joins.ts';

export default defineOperator({
  summary: 'As join, with null for the missing side of keys that only one of the streams has in this batch.',
  group: 'per batch',
  takes: 'pairs',
  config: s.object({ with: otherStream, partitions }),
  short: 'with',
  examples: [
    {
      title: 'Orders and names',
      yaml: 'fullOuterJoin: other',
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
          ['cy', ['milk', null]],
          ['bob', [null, 'Bob B.']],
        ],
        [],
      ],
    },
  ],
  build: (plan, input, { with: other, ...settings }) =>
    addJoin(plan, input, other, { outer: { left: true, right: true }, ...settings }),
});
