import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkValue, deepFreeze } from '#src/plan/value.ts';
import { anyValue } from './values.arbitrary.ts';

test('every value passes', () => {
  fc.assert(fc.property(anyValue, (value) => checkValue(value) === undefined));
});

test('the same object twice is no cycle', () => {
  const shared = { a: 1 };
  expect(checkValue([shared, shared, { shared }])).toBeUndefined();
});

test.each([
  [() => 1, 'a function'],
  [[new (class extends Map {})()], 'an instance of a class without a name at [0]'],
  [new Set([new WeakMap()]), 'an instance of WeakMap at .values()'],
  [new Map([[{ x: Symbol.iterator }, 1]]), 'a symbol at .keys().x'],
  [new Map([[7, new Error('x')]]), 'an instance of Error at .get(…)'],
])('a foreign thing is named with its path (%#)', (value, expected) => {
  expect(checkValue(value)).toBe(expected);
});

test('a hundred thousand levels are an error of their own, not an overflow', () => {
  let deep: unknown = null;
  for (let i = 0; i < 100_000; i++) deep = { d: deep };
  expect(checkValue(deep)).toMatch(/^nesting of more than 1000 levels at \.d\.d/);
});

test('frozen values stay as they are, at every depth', () => {
  const value = deepFreeze({
    list: [{ n: 1 }],
    map: new Map([['k', { n: 2 }]]),
    set: new Set([[3]]),
    bytes: new Uint8Array(1),
  });
  expect(() => value.list.push({ n: 2 })).toThrow(TypeError);
  expect(() => Object.assign(value.list[0]!, { n: 3 })).toThrow(TypeError);
  expect(() => Object.assign(value.map.get('k')!, { n: 3 })).toThrow(TypeError);
  expect(() => [...value.set][0]!.push(4)).toThrow(TypeError);
  expect(deepFreeze(new Date(5)).getTime()).toBe(5);
});
