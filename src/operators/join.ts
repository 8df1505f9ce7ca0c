import { otherStream, partitions } from '../component/keyed.ts';
import { defineOperator } from '../component/operator.ts';
import { s } from '../component/settings.ts';
import { addJoin } from '../plan/joins.ts';

export default defineOperator({
  summary: 'Gives [key, [value, other]] for every value with every value of the same key in the other stream.',
  group: 'per batch',
  takes: 'pairs',
  config: s.object({ with: otherStream, partitions }),
  short: 'with',
  examples: [
    {
      title: 'Orders and names',
      yaml: 'join: other',
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
      expect: [[['ann', ['tea', 'Ann A.']]], []],
    },
  ],
  build: (plan, input, { with: other, ...settings }) =>
    addJoin(plan, input, other, { outer: { left: false, right: false }, ...settings }),
});
