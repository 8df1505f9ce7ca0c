import { defineOperator } from '../component/operator.ts';
import cache from './cache.ts';

export default defineOperator({
  ...cache,
  examples: cache.examples.map((example) => ({ ...example, yaml: 'persist' })),
});
