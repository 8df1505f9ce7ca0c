import { expect, test } from 'vitest';
import { builtin } from '#src/function/reference.ts';
import { PlanVariants } from '#src/local/driver/planVariants.ts';
import type { ForgetPlan, PlanMessage } from '#src/local/wire/messages.ts';
import { PlanBuilder } from '#src/plan/builder.ts';
import { expandPlan } from '#src/plan/expand.ts';
import { planOf } from '../engines/runPlan.ts';

const builder = new PlanBuilder();
const source = builder.source({ config: {} });
const transform = builder.transform({ inputs: [source], fn: builtin('rdd => rdd'), as: 'arguments' });
builder.sink({ input: transform, config: {} });
const plan = planOf(builder);

/** The plan of a batch whose transform maps by the text, with `time` in its scope. */
const expanded = (text: string, time: number) => ({
  plan: expandPlan(plan, { time, zeroTime: 0 }, ({ inputs }, added) =>
    added.narrow({ input: inputs[0]!, op: 'map', on: 'record', fn: { text, scope: { time } } }),
  ),
  configs: new Map(),
  inputs: new Map(),
});

test('a plan is sent once, whatever its scopes hold, and forgotten when many others have come', () => {
  const told: (PlanMessage | ForgetPlan)[] = [];
  const variants = new PlanVariants((message) => told.push(message));
  const first = variants.ready(expanded('x => x + time', 1_000), plan.nodes);
  const again = variants.ready(expanded('x => x + time', 2_000), plan.nodes);
  expect(told.map(({ type }) => type)).toEqual(['plan']);
  expect([first, again].map(({ variant }) => variant)).toEqual([
    { id: 1, scopes: [{ time: 1_000 }] },
    { id: 1, scopes: [{ time: 2_000 }] },
  ]);
  for (let i = 0; i < 32; i++) variants.ready(expanded(`x => x + ${i}`, 1_000), plan.nodes);
  expect(told.at(-1)).toEqual({ type: 'forgetPlan', id: 1 });
});
