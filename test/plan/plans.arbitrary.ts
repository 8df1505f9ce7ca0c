import fc from 'fast-check';
import type { JsonValue } from '#src/base/json.ts';
import { PlanBuilder } from '#src/plan/builder.ts';
import { type Edge, keyGroups, keyHash, type Plan } from '#src/plan/plan.ts';
import { anyJson, anyText } from './values.arbitrary.ts';

/** One step of a random plan: what is added, and from where its inputs come, as numbers to be taken modulo what is there. */
const step = fc.record({
  kind: fc.constantFrom(
    'source',
    'narrow',
    'fold',
    'cogroup',
    'union',
    'repartition',
    'sort',
    'window',
    'state',
    'sink',
  ),
  inputs: fc.array(fc.nat(), { minLength: 2, maxLength: 2 }),
  failed: fc.boolean(),
  emits: fc.boolean(),
  partitions: fc.integer({ min: 1, max: 9 }),
  text: anyText,
  json: anyJson as fc.Arbitrary<JsonValue>,
});

/** Any plan that a PlanBuilder can build; it need not make sense. */
export const anyPlan: fc.Arbitrary<Plan> = fc
  .record({ name: anyText, batchInterval: fc.integer({ min: 1, max: 1e9 }), steps: fc.array(step, { maxLength: 12 }) })
  .map(({ name, batchInterval, steps }) => {
    const builder = new PlanBuilder();
    builder.source({ config: null });
    for (const [index, each] of steps.entries()) addStep(builder, each, index);
    return { version: 1, name, batchInterval, keyHash, keyGroups, nodes: builder.nodes };
  });

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function addStep(
  builder: PlanBuilder,
  { kind, inputs, failed, emits, partitions, text, json }: Step,
  index: number,
): void {
  const fn = { text, at: { file: 'job.yaml', line: index + 1, column: 1 }, scope: { json } };
  const ends = builder.nodes.filter((node) => node.kind !== 'sink').map((node) => node.id);
  const [input, other] = inputs.map(
    (n): Edge => ({ from: ends[n % ends.length]!, port: failed ? 'error' : 'out' }),
  ) as [Edge, Edge];
  builder.origin = { name: text, component: kind, step: index };
  builder.onError = emits ? 'emit' : undefined;
  if (kind === 'source') builder.source({ config: json });
  if (kind === 'narrow') builder.narrow({ input, op: 'flatMap', on: 'value', fn });
  if (kind === 'fold') builder.fold({ input, key: 'none', mergeValue: fn, mergeCombiners: fn, zero: json });
  if (kind === 'cogroup') builder.cogroup({ inputs: [input, other], partitions });
  if (kind === 'union') builder.union({ inputs: [input, other] });
  if (kind === 'repartition') builder.repartition({ input, partitions });
  if (kind === 'sort') builder.sort({ input, by: fn, ascending: failed, limit: partitions });
  if (kind === 'window') builder.window({ input, length: 2_000 * partitions, slide: 1_000 * partitions });
  if (kind === 'state')
    builder.state({ input, op: 'mapWithState', fn, timeout: partitions, initial: [[text, json]], emit: 'snapshot' });
  if (kind === 'sink') builder.sink({ input, config: json });
}
