import { describe, expect, it } from 'vitest';
import { StreamjobError } from '#src/base/errors.ts';
import { compileFunction } from '#src/function/compile.ts';
import type { FunctionReference } from '#src/function/reference.ts';

const nothing = { exports: {}, tables: {} };
const at = { file: '/jobs/job.yaml', line: 12, column: 9 };

function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

function firstFrame(reference: FunctionReference, ...values: unknown[]): string {
  const fn = compileFunction(reference, { exports: { lib: {} }, tables: {} });
  const { stack } = thrownBy(() => fn(...values)) as Error;
  return /^ +at (?:.* \()?(\/[^)\n]*)/m.exec(String(stack))?.[1] ?? '';
}

describe('the place of what a function throws', () => {
  it('is the line and column of the job file', () => {
    const text = 'x => { throw new Error("no") }';
    expect(firstFrame({ text, at })).toBe(`/jobs/job.yaml:12:${9 + text.indexOf('new')}`);
  });

  it('does not depend on the names that the function uses', () => {
    const text = 'x => x.a.b';
    const names = { scope: { limit: 1, other: 2 }, exports: ['lib'] };
    expect(firstFrame({ text, at, ...names }, {})).toBe(`/jobs/job.yaml:12:${9 + text.indexOf('b', 8)}`);
  });

  it('counts the lines of a block', () => {
    expect(firstFrame({ text: 'x => {\n  const y = x;\n  return y.z;\n}', at })).toBe('/jobs/job.yaml:14:12');
  });
});

describe('names', () => {
  const environment = { exports: { parse: (x: string) => `<${x}>` }, tables: { aliases: new Map([['a', 'A']]) } };

  it('are exports, tables and the fields of the scope', () => {
    const text = 'x => parse(aliases.get(x) + end)';
    const reference = { text, exports: ['parse'], tables: ['aliases'], scope: { end: '!' } };
    expect(compileFunction(reference, environment)('a')).toBe('<A!>');
  });

  it('may be the whole function', () => {
    expect(compileFunction({ text: 'parse', exports: ['parse'] }, environment)('x')).toBe('<x>');
  });

  it('keep what a member belongs to', () => {
    const exports = { lib: { end: '!', deep: { add: (x: string) => x }, add: withEnd } };
    function withEnd(this: { end: string }, x: string): string {
      return x + this.end;
    }
    expect(compileFunction({ text: 'lib.add', exports: ['lib'] }, { exports, tables: {} })('x')).toBe('x!');
    expect(compileFunction({ text: 'lib.deep.add', exports: ['lib'] }, { exports, tables: {} })('x')).toBe('x');
    expect(compileFunction({ text: 'aliases.get', tables: ['aliases'] }, environment)('a')).toBe('A');
  });

  it('hold in strict mode, and not those of this file', () => {
    expect(compileFunction({ text: '() => typeof environment' }, nothing)()).toBe('undefined');
    expect(() => compileFunction({ text: '() => { undeclared = 1 }' }, nothing)()).toThrow(ReferenceError);
  });

  it('give reject to whom uses it', () => {
    const thrown = thrownBy(() => compileFunction({ text: "() => { throw reject('no id') }" }, nothing)());
    expect(thrown).toMatchObject({ name: 'RejectedRecord', message: 'no id' });
    expect(compileFunction({ text: 'x => reject(x)', scope: { reject: 1 } }, nothing)).toThrow(TypeError);
  });
});

describe('what cannot be compiled', () => {
  it.each([
    [{ text: 'x =>' }, 'bad-function'],
    [{ text: 'lib.count', exports: ['lib'] }, 'bad-function'],
    [{ text: 'lib.gone', exports: ['lib'] }, 'bad-function'],
    [{ text: 'lib.gone.parse', exports: ['lib'] }, 'bad-function'],
    [{ text: 'gone', exports: ['gone'] }, 'bad-module'],
  ])('%s', (reference, code) => {
    const error = thrownBy(() => compileFunction({ ...reference, at }, { exports: { lib: { count: 5 } }, tables: {} }));
    expect(error).toBeInstanceOf(StreamjobError);
    expect(error).toMatchObject({ code, at });
  });
});
