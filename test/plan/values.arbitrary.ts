import fc from 'fast-check';

/** Texts of every kind that has its own way through the wire, and awkward ones. */
export const awkwardTexts: readonly string[] = [
  '',
  '__proto__',
  'constructor',
  '1',
  'null',
  '\0',
  'é'.repeat(63),
  'é'.repeat(64),
  'ÿ'.repeat(70_000),
  'Ā',
  '\ud800',
  'a\udc00b',
  '😀',
  '😀'.repeat(40),
  `${'a'.repeat(100)}\ud83d`,
  '\u2028',
  '\ufeff',
];

/** Any string of UTF-16 code units, lone surrogates included. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  { weight: 5, arbitrary: fc.string({ unit: 'binary', maxLength: 80 }) },
  { weight: 2, arbitrary: codeUnits(0xff) },
  { weight: 2, arbitrary: codeUnits(0xffff) },
  { weight: 1, arbitrary: fc.constantFrom(...awkwardTexts) },
);

function codeUnits(max: number): fc.Arbitrary<string> {
  return fc.array(fc.integer({ min: 0, max }), { maxLength: 80 }).map((units) => String.fromCharCode(...units));
}

export const anyNumber: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: -200, max: 200 }),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double(),
  fc.constantFrom(
    0,
    -0,
    Number.NaN,
    Infinity,
    -Infinity,
    127,
    128,
    -32768,
    32767,
    32768,
    -32769,
    2 ** 31,
    -(2 ** 31),
    5e-324,
  ),
);

export const anyBigint: fc.Arbitrary<bigint> = fc.oneof(
  fc.bigInt({ min: -1000n, max: 1000n }),
  fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n }),
  fc.constantFrom(0n, 2n ** 63n, 2n ** 63n - 1n, -(2n ** 63n), -(2n ** 63n) - 1n),
);

export const anyDate: fc.Arbitrary<Date> = fc.date({ noInvalidDate: false });

export const anyBytes: fc.Arbitrary<Uint8Array> = fc.uint8Array({ maxLength: 40 });

const scalar = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom(null, undefined, true, false) },
  { weight: 4, arbitrary: anyText },
  { weight: 4, arbitrary: anyNumber },
  { weight: 1, arbitrary: anyBigint },
  { weight: 1, arbitrary: anyDate },
  { weight: 1, arbitrary: anyBytes },
);

const fieldName = fc.oneof(
  { weight: 4, arbitrary: fc.string({ maxLength: 8 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('__proto__', 'constructor', 'toString', '', '1', '01', '$value', 'ключ', '\ud800'),
  },
);

/** Objects as code makes them; `__proto__` is a field like any other. */
function objectOf(item: fc.Arbitrary<unknown>): fc.Arbitrary<object> {
  return fc.array(fc.tuple(fieldName, item), { maxLength: 5 }).map((fields) => objectFrom(fields));
}

export function objectFrom(fields: readonly (readonly [string, unknown])[]): object {
  const object = {};
  for (const [name, value] of fields) {
    Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
  }
  return object;
}

/**
 * Every value of the value domain (src/plan/value.ts). To be compared by `expectSame` (equality.ts): vitest's `toEqual` takes a
 * field named `constructor` for the object's class.
 */
export const anyValue: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc.array(tie('value'), { maxLength: 5 }),
    fc.tuple(tie('value'), tie('value')),
    objectOf(tie('value')),
    fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 4 }).map((entries) => new Map(entries)),
    fc.array(tie('value'), { maxLength: 4 }).map((items) => new Set(items)),
  ),
})).value;

/** Every value that can be a key. */
export const anyKey: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  key: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc.array(tie('key'), { maxLength: 4 }),
    objectOf(tie('key')),
  ),
})).key;

/** Values that JSON holds exactly. */
export const anyJson: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  json: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(null, true, false),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
    anyText,
    fc.array(tie('json'), { maxLength: 4 }),
    objectOf(tie('json')),
  ),
})).json;
