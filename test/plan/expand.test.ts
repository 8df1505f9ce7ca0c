import { describe, expect, test } from 'vitest';
import { builtin } from '#src/function/reference.ts';
import { PlanBuilder } from '#src/plan/builder.ts';
import { expandPlan, hasTransforms } from '#src/plan/expand.ts';
import { type Edge, inputsOf, type Plan, parentsFirst, slidesOf } from '#src/plan/plan.ts';
import { stagesOf } from '#src/plan/stages.ts';
import { planOf } from '../engines/runPlan.ts';

const fn = builtin('x => x');
const due = { time: 1_000, zeroTime: 0 };

/** A source, a transform of it, and a sink behind. */
function transformed(onError?: 'emit'): { plan: Plan; transform: Edge } {
  const builder = new PlanBuilder();
  const source = builder.source({ config: {} });
  builder.onError = onError;
  const transform = builder.transform({ inputs: [source], fn, as: 'arguments' });
  builder.onError = undefined;
  builder.sink({ input: transform, config: {} });
  if (onError) builder.sink({ input: { ...transform, port: 'error' }, config: {} });
  return { plan: planOf(builder), transform };
}

describe('a plan with a transform', () => {
  test('has in its place what was recorded, under ids behind, and keeps its own ids', () => {
    const { plan, transform } = transformed();
    const expanded = expandPlan(plan, due, ({ inputs }, builder) =>
      builder.fold({ input: inputs[0]!, key: 'none', mergeValue: fn, mergeCombiners: fn }),
    );
    expect(hasTransforms(plan)).toBe(true);
    expect(hasTransforms(expanded)).toBe(false);
    expect(expanded.nodes.map(({ kind }) => kind)).toEqual(['source', 'union', 'sink', 'fold']);
    expect(inputsOf(expanded.nodes[transform.from]!)).toEqual([{ from: 3, port: 'out' }]);
  });

  test('falls into stages, feeders first, although added nodes stand at the end', () => {
    const { plan } = transformed();
    const expanded = expandPlan(plan, due, ({ inputs }, builder) =>
      builder.repartition({ input: inputs[0]!, partitions: 2 }),
    );
    expect(parentsFirst(expanded.nodes).map(({ kind }) => kind)).toEqual(['source', 'repartition', 'union', 'sink']);
    expect(stagesOf(expanded).map(({ root, feeders }) => [root.kind, feeders])).toEqual([
      ['source', []],
      ['repartition', [0]],
    ]);
  });

  test('sends the failures of what was recorded where those of the transform go', () => {
    const { plan } = transformed('emit');
    const expanded = expandPlan(plan, due, ({ inputs }, builder) => {
      builder.onError = 'emit';
      const edge = builder.narrow({ input: inputs[0]!, op: 'map', on: 'record', fn });
      builder.onError = undefined;
      return edge;
    });
    expect(inputsOf(expanded.nodes[5]!)).toEqual([{ from: 4, port: 'error' }]);
    expect(inputsOf(expanded.nodes[3]!)).toEqual([{ from: 5, port: 'out' }]);
  });

  test('is not called between the slides of its input', () => {
    const builder = new PlanBuilder();
    const window = builder.window({ input: builder.source({ config: {} }), length: 2_000, slide: 2_000 });
    const transform = builder.transform({ inputs: [window], fn, as: 'list' });
    builder.sink({ input: transform, config: {} });
    const expanded = expandPlan(planOf(builder), due, () => {
      throw new Error('called');
    });
    expect(inputsOf(expanded.nodes[transform.from]!)).toEqual([window]);
    expect(slidesOf(expanded)).toEqual([1_000, 2_000, 2_000, 2_000]);
  });
});
