import { fromLiteral } from '../../plan/literal.ts';
import type { FoldNode } from '../../plan/plan.ts';
import type { Extents } from '../wire/extents.ts';
import { pushAll } from './bucketReader.ts';
import type { Entering, FoldWindow } from './foldWindow.ts';
import { type Bad, mergedByKey, mergedSingle } from './merging.ts';
import type { RootContext } from './roots.ts';
import type { CompiledStage } from './stage.ts';

/** Takes a batch into a partition of a window by key (or of all records), and at a slide pushes what the window holds. */
export function slideWindow(
  node: FoldNode,
  buckets: readonly Extents[],
  stage: CompiledStage,
  { pool, functions, store, time, emits }: RootContext,
): void {
  const window = store as FoldWindow;
  const merge = functions!.mergeCombiners!;
  const bad: Bad = (record, thrown) => {
    if (emits || node.onError !== 'emit') stage.bad(record, thrown);
    else window.hold({ time, record, thrown });
  };
  const failed = (key: unknown, values: readonly unknown[], thrown: unknown) => bad({ key, values }, thrown);
  window.slide(time, entering(), merge, failed);
  if (!emits) return;
  for (const failure of window.takeFailures(time)) stage.bad(failure.record, failure.thrown, failure.time);
  if (node.key === 'none') pushSingle();
  else pushAll(stage, window.pairs(merge, failed));

  function* entering(): Iterable<Entering> {
    if (node.key === 'none') {
      const cell = mergedSingle(pool, buckets, merge, bad);
      if (cell) yield { key: undefined, value: cell.acc };
      return;
    }
    for (const [key, { acc }] of mergedByKey(pool, buckets, merge, bad)) yield { key, value: acc };
  }

  function pushSingle(): void {
    const [pair] = window.pairs(merge, failed);
    if (pair) stage.push([pair[1]]);
    else if (node.zero !== undefined && window.hadData) stage.push([fromLiteral(node.zero)]);
  }
}
