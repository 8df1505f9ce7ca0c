import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkFunction, type KnownNames } from '#src/function/check.ts';

const known: KnownNames = { exports: ['parse', 'lib'], tables: ['aliases'] };

const problemsOf = (text: string, names: KnownNames = known) => {
  const checked = checkFunction(text, names);
  return 'problems' in checked ? checked.problems : [];
};

describe('good functions', () => {
  it.each([
    'x => x',
    '(x => x)',
    ' x => x // the same',
    '([key, n]) => n > 1',
    '({ a, b: [c = a], ...rest }, { length } = rest) => [a, c, rest, length]',
    'x => ({ x, y: x.y, [x]: 1 })',
    'x => { let sum = 0; for (const y of x) sum += y; return sum; }',
    'x => { for (let i = 0, n = x.length; i < n; i++) { if (x[i]) return i; } return -1; }',
    'x => { outer: for (const a in x) for (const b of x[a]) { if (b) continue outer; } }',
    'x => { try { return JSON.parse(x); } catch ({ message }) { return message; } }',
    'x => { switch (x) { case 1: let y = 2; return y; default: return later(); } function later() { return 3; } }',
    'x => { if (x) { var y = 1; } return y; }',
    'x => { class A { #n = 1; static { var z = 1; this.z = z; } get n() { return this.#n + A.z; } } return new A().n; }',
    'x => [...(function* () { yield* x; })()]',
    'function f(n) { return n ? f(n - 1) : arguments.length; }',
    'x => typeof x === "string" && /a/u.test(x) ? `${x}!` : undefined',
    "x => { if (!x) throw reject('empty'); return x; }",
    'x => x?.a ?? 1_000n ** 2n',
    'Number',
    'JSON.parse',
    'process.stdout.write',
    'parse',
    'lib.deep.parse',
    'tag => aliases.get(tag)?.canonical ?? parse(tag)',
    'x => { x.count = 1; return x; }',
  ])('%s', (text) => {
    expect(problemsOf(text)).toEqual([]);
  });
});

describe('bad functions', () => {
  it.each([
    ['', 'bad-function', 0, 'The function is empty.'],
    ['x =>', 'bad-function', 4, 'The function ends too early.'],
    ['x -> x', 'bad-function', 3, '`>` is not expected here.'],
    ['x => x )', 'bad-function', 7, 'Nothing may follow the function, but `)` does.'],
    ['x => x; process.exit()', 'bad-function', 6, 'Nothing may follow the function, but `;` does.'],
    ['x => x\nprocess.exit()', 'bad-function', 7, 'Nothing may follow the function, but `process` does.'],
    ['x => x)), (process.exit(), (x => x', 'bad-function', 6, 'Nothing may follow the function, but `)` does.'],
    ['x => x, y => y', 'bad-function', 0, '`x => x, y => y` is not a function.'],
    ['process.exit()', 'bad-function', 0, '`process.exit()` is not a function.'],
    ['1 + 2', 'bad-function', 0, '`1 + 2` is not a function.'],
    ['lib[0]', 'bad-function', 0, '`lib[0]` is not a function.'],
    ['class {}', 'bad-function', 0, '`class {}` is not a function.'],
    ['JSON', 'bad-function', 0, '`JSON` is an object, not a function.'],
    ['JSON.prase', 'bad-function', 0, '`JSON.prase` does not exist.'],
    ['async x => x', 'bad-function', 0, 'A function may not be async.'],
    ['x => (async () => x)()', 'bad-function', 6, 'A function may not be async.'],
    ['x => await x', 'bad-function', 11, 'A function may not await.'],
    ['x => import(x)', 'bad-function', 5, 'A function may not import.'],
    ['function* (x) { yield x }', 'bad-function', 0, 'A generator is not taken as a function.'],
    ['x => this.y', 'bad-function', 5, '`this` is nothing here.'],
    ['x => arguments[0]', 'bad-function', 5, 'An arrow function has no `arguments`.'],
    ['x => { total += x }', 'bad-function', 7, 'The function changes `total`, which is outside of it.'],
    ['x => { ({ parse } = x) }', 'bad-function', 10, 'The function changes `parse`, which is outside of it.'],
    ['x => { for (lib of x); }', 'bad-function', 12, 'The function changes `lib`, which is outside of it.'],
    ['x => { with (x) {} }', 'bad-function', 7, "'with' in strict mode."],
    ['x => 010', 'bad-function', 5, 'Invalid number.'],
    ['(x, x) => x', 'bad-function', 4, 'Argument name clash.'],
    ['x => nonsense', 'unknown-name', 5, 'Nothing defines `nonsense`.'],
    ['(a = b) => { var b = 1; return a + b; }', 'unknown-name', 5, 'Nothing defines `b`.'],
    ['x => { { let y = 1; } return y; }', 'unknown-name', 29, 'Nothing defines `y`.'],
    ['x => ({ length })', 'unknown-name', 8, 'Nothing defines `length`.'],
    ['require', 'unknown-name', 0, 'Nothing defines `require`.'],
  ])('%s', (text, code, offset, message) => {
    expect(problemsOf(text)).toMatchObject([{ code, offset, message }]);
  });

  it('tells all problems, in the order of the text', () => {
    const problems = problemsOf('x => first(this, last = x)');
    expect(problems.map(({ offset }) => offset)).toEqual([5, 11, 17]);
  });

  it('guesses what was meant', () => {
    expect(problemsOf('x => prase(x)')[0]?.remedy).toMatch(/^Did you mean `parse`\? /);
    expect(problemsOf('x => alaises.get(x)')[0]?.remedy).toMatch(/^Did you mean `aliases`\? /);
  });
});

describe('references', () => {
  it('names the exports and tables that a function uses, and its place', () => {
    const at = { file: 'job.yaml', line: 3, column: 9 };
    expect(checkFunction('tag => parse(aliases.get(tag))\n', { ...known, at })).toEqual({
      reference: { text: 'tag => parse(aliases.get(tag))', exports: ['parse'], tables: ['aliases'], at },
    });
  });

  it('takes any unknown name for an export if the exports are not known', () => {
    expect(checkFunction('x => [clean(x), Number(x), reject]', { exports: undefined })).toEqual({
      reference: { text: 'x => [clean(x), Number(x), reject]', exports: ['clean'] },
    });
  });

  it("prefers an export over JavaScript's global of that name", () => {
    expect(checkFunction('Number', { exports: ['Number'] })).toEqual({
      reference: { text: 'Number', exports: ['Number'] },
    });
  });
});

describe('any text', () => {
  const nested = ['('.repeat(100_000), `x => ${'a + '.repeat(100_000)}x`, 'x => '.repeat(20_000), '`${'.repeat(20_000)];

  it.each(nested)('is checked however deep it is: %#', (text) => {
    expect(problemsOf(text)).toHaveLength(1);
  });

  const pieces =
    'x y => ( ) { } [ ] , ; ... = === ` ${ " \' / // /* */ \n # @ . ?. await async yield function class let this 1 0x'.split(
      ' ',
    );

  it('gives a function or problems inside the text', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(fc.constantFrom(...pieces)).map((list) => list.join(' ')),
    );
    fc.assert(
      fc.property(text, (text) => {
        for (const { offset, message, remedy } of problemsOf(text)) {
          expect(offset).toBeGreaterThanOrEqual(0);
          expect(offset).toBeLessThanOrEqual(text.length);
          expect(message).toMatch(/\S\.$/s);
          expect(remedy).not.toBe('');
        }
      }),
      { numRuns: 500 },
    );
  });
});
