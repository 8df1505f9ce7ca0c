import { otherStream } from '../component/keyed.ts';
import { defineOperator } from '../component/operator.ts';
import { s } from '../component/settings.ts';

export default defineOperator({
  summary:
    'As `transform`, with the RDDs of two streams: gives the RDD that a function makes of this stream’s and another’s.',
  group: 'per batch',
  takes: 'records',
  config: s.object({
    with: otherStream,
    transform: s.fn('(rdd, other, time, context) => rdd', { description: 'Gives the new RDD.' }),
  }),
  examples: [
    {
      title: 'What the other stream does not have',
      yaml: 'transformWith:\n  with: other\n  transform: |\n    (rdd, other) => rdd.keyBy(x => x).subtractByKey(other.keyBy(x => x)).keys()',
      given: [['a', 'b'], ['c']],
      other: [['b'], []],
      expect: [['a'], ['c']],
    },
  ],
  build: (plan, input, { with: other, transform }) =>
    plan.transform({ inputs: [input, other], fn: transform, as: 'arguments' }),
});
