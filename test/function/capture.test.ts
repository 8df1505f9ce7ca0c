import { describe, expect, it } from 'vitest';
import { StreamjobError } from '#src/base/errors.ts';
import { fromFunction } from '#src/function/capture.ts';
import { compileFunction } from '#src/function/compile.ts';

const limit = 3;
const other = 4;

function refusal(fn: unknown, scope?: object): StreamjobError {
  try {
    fromFunction(fn, scope);
  } catch (error) {
    if (error instanceof StreamjobError) return error;
  }
  throw new Error('it was not refused');
}

const run = (fn: unknown, scope: object | undefined, ...values: unknown[]): unknown =>
  compileFunction(fromFunction(fn, scope), { exports: {}, tables: {} })(...values);

describe('captures', () => {
  it('are refused with all their names', () => {
    const { code, message, remedy } = refusal((line: string) => line.slice(limit, other));
    expect(code).toBe('captured-variable');
    expect(message).toContain('`limit`, `other`');
    expect(remedy).toContain('{ limit, other }');
  });

  it('are refused when they are written to', () => {
    let count = 0;
    expect(refusal(() => ++count).message).toContain('`count`');
    expect(count).toBe(0);
  });

  it('are given as a scope object', () => {
    expect(run((line: string) => line.slice(limit, other), { limit: 0, other: 2 }, 'abcdef')).toBe('ab');
  });

  it('takes the scope as it was at the call', () => {
    const scope = { limit: [1] };
    const reference = fromFunction(() => limit, scope);
    scope.limit.push(2);
    expect(reference.scope).toEqual({ limit: [1] });
  });
});

describe('functions of every form', () => {
  const object = {
    double(x: number) {
      return 2 * x;
    },
    'a name': (x: number) => x + 1,
    async later() {},
    *each() {},
  };

  it('travel as text', () => {
    expect(run(object.double, undefined, 2)).toBe(4);
    expect(run(object['a name'], undefined, 2)).toBe(3);
    expect(run(Number, undefined, '7')).toBe(7);
    expect(run(JSON.parse, undefined, '[1]')).toEqual([1]);
    expect(run(structuredClone, undefined, 'x')).toBe('x');
    expect(
      run(
        function fib(n: number): number {
          return n < 2 ? n : fib(n - 1) + fib(n - 2);
        },
        undefined,
        10,
      ),
    ).toBe(55);
  });

  it.each([
    [object.later, /async/],
    [object.each, /generator/],
    [async () => 1, /async/],
    [((x: number) => x).bind(undefined), /bound/],
    [[].slice.bind([]), /bound/],
    [class A {}, /not a function/],
    ['x => x', /not the text/],
    [undefined, /not nothing/],
  ])('or are refused: %s', (fn, message) => {
    expect(refusal(fn)).toMatchObject({ code: 'bad-function', message: expect.stringMatching(message) });
  });
});

describe('a scope', () => {
  const circle: { self?: unknown } = {};
  circle.self = circle;

  it.each([
    [{ a: () => 1 }, 'scope.a, a function,'],
    [{ a: { b: [1, Number.NaN] } }, 'scope.a.b[1], the number NaN,'],
    [{ a: new Date(0) }, 'scope.a, a Date,'],
    [{ a: undefined }, 'scope.a, nothing,'],
    [{ circle }, 'scope.circle.self, which contains itself,'],
    [{ 'a-b': 1 }, '"a-b"'],
    [{ class: 1 }, '"class"'],
  ])('must be JSON with names: %#', (scope, message) => {
    expect(refusal(() => 1, scope)).toMatchObject({ code: 'bad-value', message: expect.stringContaining(message) });
  });
});
