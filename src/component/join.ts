import type { JsonValue } from '../base/json.ts';
import { addJoin, type JoinOptions } from '../plan/joins.ts';
import { otherStream, partitions } from './keyed.ts';
import { defineOperator, type OperatorDefinition } from './operator.ts';
import { s } from './settings.ts';

const config = s.object({ with: otherStream, partitions });

interface JoinDefinition {
  readonly name: string;
  readonly summary: string;
  readonly outer: JoinOptions['outer'];
  /** What it gives for the orders and names of the example. */
  readonly expect: readonly JsonValue[];
}

/** One of Spark's four joins of pairs: they differ in which keys they keep that only one side has. */
export const defineJoin = ({ name, summary, outer, expect }: JoinDefinition): OperatorDefinition<typeof config> =>
  defineOperator({
    summary,
    group: 'per batch',
    takes: 'pairs',
    config,
    short: 'with',
    examples: [
      { title: 'Orders and names', yaml: `${name}: other`, given: orders, other: names, expect: [expect, []] },
    ],
    build: (plan, input, { with: other, ...settings }) => addJoin(plan, input, other, { outer, ...settings }),
  });

const orders = [
  [
    ['ann', 'tea'],
    ['cy', 'milk'],
  ],
  [],
];

const names = [
  [
    ['ann', 'Ann A.'],
    ['bob', 'Bob B.'],
  ],
  [],
];
