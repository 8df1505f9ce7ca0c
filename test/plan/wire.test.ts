import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { WireReader, WireWriter } from '#src/plan/wire.ts';
import { expectSame } from './equality.ts';
import { anyValue, awkwardTexts, objectFrom } from './values.arbitrary.ts';

function bytesOf(...values: unknown[]): Uint8Array {
  const writer = new WireWriter({ initialBytes: 1 });
  for (const value of values) writer.write(value);
  return writer.bytes();
}

function readAll(bytes: Uint8Array, start = 0, end = bytes.length): unknown[] {
  const reader = new WireReader(bytes, start, end);
  const values: unknown[] = [];
  while (!reader.done) values.push(reader.read());
  return values;
}

const hex = (value: unknown): string => Buffer.from(bytesOf(value)).toString('hex');

describe('what is written is read', () => {
  test('for values of every kind', () => {
    fc.assert(
      fc.property(fc.array(anyValue, { maxLength: 4 }), (values) => {
        expectSame(readAll(bytesOf(...values)), values);
      }),
      { numRuns: 1000 },
    );
  });

  test('in shared memory, at any offset', () => {
    fc.assert(
      fc.property(anyValue, fc.nat(9), (value, offset) => {
        const bytes = bytesOf(value);
        const shared = new Uint8Array(new SharedArrayBuffer(bytes.length + 20), 3);
        shared.set(bytes, offset);
        expectSame(readAll(shared, offset, offset + bytes.length), [value]);
      }),
    );
  });

  test.each(awkwardTexts.map((text, index) => [index, text] as const))('text %i', (_, text) => {
    expect(readAll(bytesOf(text, { [text]: text }))).toStrictEqual([text, { [text]: text }]);
  });

  test('with the order of fields, entries and elements', () => {
    const value = { b: 1, a: 2, 7: 3 };
    const [read] = readAll(bytesOf(value)) as [object];
    expect(Object.keys(read)).toEqual(Object.keys(value));
  });

  test('with __proto__ as a field of its own', () => {
    const value = objectFrom([['__proto__', { admin: true }]]);
    const [read] = readAll(bytesOf(value)) as [{ admin?: boolean }];
    expect(Object.keys(read)).toEqual(['__proto__']);
    expect(read.admin).toBeUndefined();
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
  });

  test('and holes become undefined, objects without prototype plain, Buffers bytes', () => {
    const holed = [1, 2, 3];
    delete holed[1];
    const bare = Object.assign(Object.create(null) as object, { a: 1 });
    expect(readAll(bytesOf(holed, bare, Buffer.from('ab')))).toStrictEqual([
      [1, undefined, 3],
      { a: 1 },
      Uint8Array.of(97, 98),
    ]);
  });

  test('into bytes of its own', () => {
    const bytes = bytesOf(Uint8Array.of(1, 2, 3));
    const [read] = readAll(bytes) as [Uint8Array];
    bytes.fill(0);
    expect(read).toStrictEqual(Uint8Array.of(1, 2, 3));
  });

  test('when a cached string is followed by another of the same slot', () => {
    const texts = Array.from({ length: 20_000 }, (_, i) => `word ${i % 7000}`);
    expect(readAll(bytesOf(...texts))).toEqual(texts);
  });
});

test('skip passes over what read reads, enter goes into an array, and copy adds what was written', () => {
  fc.assert(
    fc.property(fc.array(anyValue, { maxLength: 4 }), anyValue, (items, last) => {
      const writer = new WireWriter();
      for (const value of [items, last]) writer.write(value);
      const copied = new WireWriter();
      copied.copy(writer.bytes(), 0, writer.length);
      const reader = new WireReader(copied.bytes());
      expect(reader.enter()).toBe(items.length);
      for (const _ of items) reader.skip();
      expectSame(reader.read(), last);
      expect(reader.done).toBe(true);
    }),
  );
});

test('writePair writes what write writes', () => {
  fc.assert(
    fc.property(anyValue, anyValue, (key, value) => {
      const writer = new WireWriter();
      writer.writePair(key, value);
      expect(writer.bytes()).toStrictEqual(bytesOf([key, value]));
    }),
  );
});

test.each([
  [['tea', 2], '0d4374656182'],
  [null, '00'],
  [-1, '04ffff'],
  [128, '048000'],
  [70000, '0570110100'],
  [-0, '060000000000000080'],
  [Number.NaN, '06000000000000f87f'],
  [1n, '070100000000000000'],
  [-(2n ** 64n), '08522d3130303030303030303030303030303030'],
  [new Date(Number.NaN), '09000000000000f87f'],
  [Uint8Array.of(255), '0a01ff'],
  ['ab'.repeat(64), `0b8001${'6162'.repeat(64)}`],
  ['Ā', '0c010001'],
  [[1], '0e0181'],
  [{ b: 1, a: 2 }, '0f024162814161' + '82'],
  [new Map([[1, 2]]), '10018182'],
  [new Set([1]), '110181'],
])('the bytes stay as documented (%#)', (value, expected) => {
  expect(hex(value)).toBe(expected);
});

describe('what is not a value', () => {
  class Point {
    x = 1;
  }
  const cycle: unknown[] = [];
  cycle.push({ back: cycle });
  let deep: unknown = 1;
  for (let i = 0; i < 100_000; i++) deep = [deep];

  test.each([
    [{ items: [1, { run: () => 1 }] }, 'a function at .items[1].run'],
    [Symbol('s'), 'a symbol'],
    [{ 'a b': new Point() }, 'an instance of Point at ["a b"]'],
    [new Map([['k', /x/]]), 'an instance of RegExp at .get("k")'],
    [[Promise.resolve()], 'a promise at [0]'],
    [new Float64Array(1), 'an instance of Float64Array'],
    [cycle, 'a cycle at [0].back'],
    [deep, 'nesting of more than 1000 levels at [0][0][0][0][0][0][0][0]…[0][0][0]'],
  ])('is refused with its path (%#)', (value, what) => {
    const writer = new WireWriter();
    writer.write('before');
    expect(() => writer.write(value)).toThrow(
      expect.objectContaining({ code: 'not-a-value', message: `Expected a record value, but got ${what}.` }),
    );
    expect(() => writer.writePair(1, value)).toThrow(expect.objectContaining({ code: 'not-a-value' }));
    expect(readAll(writer.bytes())).toEqual(['before']);
  });
});

describe('bytes that are no values', () => {
  test('are refused, whatever they are, and nothing hangs', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          readAll(bytes);
        } catch (error) {
          expect(error).toMatchObject({ code: 'bug' });
        }
      }),
      { numRuns: 5000 },
    );
  });

  test.each([
    ['a bigint of other letters', [0x08, 0x41, 0x7a]],
    ['a bigint that is a number', [0x08, 0x81]],
    ['a field name that is an object', [0x0f, 1, 0x0f, 0, 0x80]],
    ['an unknown tag', [0x20]],
    ['a count without an end', [0x0e, ...new Array<number>(10).fill(0xff)]],
    ['nesting deeper than the stack', new Array<number>(200_000).fill(0x0d)],
  ])('%s', (_, bytes) => {
    expect(() => readAll(Uint8Array.from(bytes))).toThrow(expect.objectContaining({ code: 'bug' }));
  });
});

test('every torn end is noticed', () => {
  const bytes = bytesOf([
    { a: 'some text', b: 1.5, c: 2n ** 70n },
    new Date(5),
    'Ā'.repeat(5),
    Uint8Array.of(1, 2),
    -300,
  ]);
  for (let end = 1; end < bytes.length; end++) {
    expect(() => readAll(bytes.slice(), 0, end)).toThrow(expect.objectContaining({ code: 'bug' }));
  }
});
