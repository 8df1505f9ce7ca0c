import { canonicalKey } from '#src/plan/canonical.ts';
import { isMap, isPlainObject, isSet } from '#src/plan/value.ts';
import type { Stream } from './graphs.arbitrary.ts';

/** A batch of a stream in a form in which two engines that keep their promises agree. */
export function normalForm({ kind, ordered, placed }: Stream, partitions: readonly (readonly unknown[])[]): string[][] {
  const texts = partitions.map((records) => records.map((record) => textOf(kind, record)));
  if (ordered && placed) return texts;
  return placed ? texts.map((records) => records.toSorted()) : [texts.flat().sort()];
}

/** The values of a group have no promised order. */
function textOf(kind: Stream['kind'], record: unknown): string {
  if (kind === 'groups') {
    const [key, values] = record as [unknown, unknown[]];
    return keyText([key, values.map(keyText).sort()]);
  }
  if (kind === 'cogroups') {
    const [key, sides] = record as [unknown, [unknown[], unknown[]]];
    return keyText([key, sides.map((side) => side.map(keyText).sort())]);
  }
  return keyText(record);
}

/** Equal for values that are equal as keys are: which of several equal keys stands for all is not promised. */
const keyText = (value: unknown): string => canonicalKey(withoutMaps(value));

function withoutMaps(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (isMap(value)) return ['a Map', [...value].map(withoutMaps)];
  if (isSet(value)) return ['a Set', [...value].map(withoutMaps)];
  if (Array.isArray(value)) return Array.from(value, withoutMaps);
  if (!isPlainObject(value)) return value;
  return [
    'an object',
    Object.keys(value)
      .toSorted()
      .map((name) => [name, withoutMaps(value[name])]),
  ];
}
