import { expect, it } from 'vitest';
import { suggest } from '#src/base/suggest.ts';

const names = ['map', 'filter', 'flatMap', 'reduceByKey', 'groupByKey', 'count', 'countByValue'];

it.each([
  ['mpa', 'map'],
  ['Filter', 'filter'],
  ['fliter', 'filter'],
  ['flatmap', 'flatMap'],
  ['reduceByKeys', 'reduceByKey'],
  ['redcueBykey', 'reduceByKey'],
  ['countByVal', 'countByValue'],
  ['window', undefined],
  ['x', undefined],
  ['', undefined],
])('%s → %s', (word, meant) => {
  expect(suggest(word, names)).toBe(meant);
});
