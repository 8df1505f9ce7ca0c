import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonText } from '#src/component/text.ts';
import { excerptOf } from '#src/plan/excerpt.ts';
import { anyValue } from './values.arbitrary.ts';

describe('an excerpt', () => {
  it('of a small value is the value', () => {
    const value = {
      a: [1, 'b', new Date(0), null, undefined, 5n],
      m: new Map([['k', new Set([1])]]),
      x: new Uint8Array([1]),
    };
    expect(excerptOf(value)).toEqual({ value, cut: false });
  });

  it('of anything is small, and can be shown', () => {
    fc.assert(
      fc.property(anyValue, fc.integer({ min: 1, max: 4 }), (value, times) => {
        let large: unknown = value;
        for (let i = 0; i < times; i++) large = Array.from({ length: 30 }, () => large);
        expect(jsonText(excerptOf(large).value).length).toBeLessThan(1_000_000);
      }),
      { numRuns: 100 },
    );
  });

  it('of many long texts is small too', () => {
    let large: unknown = 'x'.repeat(1_000);
    for (let i = 0; i < 4; i++) large = Array.from({ length: 30 }, () => large);
    const { value, cut } = excerptOf(large);
    expect([jsonText(value).length < 60_000, cut]).toEqual([true, true]);
  });

  it('says that something is missing', () => {
    for (const large of ['x'.repeat(2_000), Array.from({ length: 101 }, () => 1), new Uint8Array(1_001)])
      expect(excerptOf(large).cut).toBe(true);
    let deep: unknown = 1;
    for (let i = 0; i < 500; i++) deep = { deep };
    expect(jsonText(excerptOf(deep).value)).toBe(`${'{"deep":'.repeat(6)}"…"${'}'.repeat(6)}`);
    const wide = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`field ${i}`, i]));
    expect(Object.keys(excerptOf(wide).value as object)).toHaveLength(101);
  });
});
