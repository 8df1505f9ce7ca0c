import { otherStream } from '../component/keyed.ts';
import { defineOperator } from '../component/operator.ts';
import { s } from '../component/settings.ts';

export default defineOperator({
  summary: 'Gives the records of this stream, then those of another.',
  group: 'per batch',
  takes: 'records',
  config: s.object({ with: otherStream }),
  short: 'with',
  examples: [
    {
      title: 'Two streams in one',
      yaml: 'union: other',
      given: [['a', 'b'], []],
      other: [['c'], ['d']],
      expect: [['a', 'b', 'c'], ['d']],
      ordered: true,
    },
  ],
  build: (plan, input, settings) => plan.union({ inputs: [input, settings.with] }),
});
