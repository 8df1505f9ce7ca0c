import { defineOperator } from '../component/operator.ts';
import { s } from '../component/settings.ts';

export default defineOperator({
  summary:
    'Changes nothing: every step runs once per batch, however many others follow it. Here for jobs that come from Spark.',
  group: 'per batch',
  takes: 'records',
  config: s.object({}),
  examples: [
    { title: 'The same records', yaml: 'cache', given: [['a', 'b'], []], expect: [['a', 'b'], []], ordered: true },
  ],
  build: (_plan, input) => input,
});
