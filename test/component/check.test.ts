import { describe, expect, it } from 'vitest';
import type { JsonValue } from '#src/base/json.ts';
import type { WithSettings } from '#src/component/check.ts';
import { type Setting, s } from '#src/component/settings.ts';
import { check, checkSettingsOf } from './checking.ts';

describe('values in their final types', () => {
  it.each<[Setting, JsonValue | undefined, unknown]>([
    [s.string({}), 'a', 'a'],
    [s.integer({ minimum: 0, maximum: 9 }), 9, 9],
    [s.number({}), 1.5, 1.5],
    [s.boolean({}), false, false],
    [s.no({}), false, false],
    [s.duration({ minimum: 1 }), '10m', 600_000],
    [s.size({}), '1.5MB', 1_500_000],
    [s.choice(['stop', 'go'], {}), 'go', 'go'],
    [s.path({}), 'in', '/jobs/in'],
    [s.stream({}), 'b', { from: 1, port: 'out' }],
    [s.fn('x => y', {}), 'x => x', { text: 'x => x' }],
    [s.json({}), null, null],
    [s.format({}), 'csv', { name: 'csv', config: { header: false, delimiter: ',' } }],
    [s.format({}), { csv: { header: true } }, { name: 'csv', config: { header: true, delimiter: ',' } }],
    [s.format({}), { text: null }, { name: 'text', config: {} }],
    [s.list(s.duration({}), {}), ['1s', '2s'], [1000, 2000]],
    [s.map(s.size({}), {}), { x: '1KB', ['__proto__']: '2KB' }, { x: 1000, ['__proto__']: 2000 }],
    [s.map(s.size({}), {}), null, {}],
    [s.object({ a: s.integer({ default: 1 }) }), null, { a: 1 }],
    [s.oneOf([s.choice(['auto'], {}), s.integer({})], {}), 4, 4],
    [s.oneOf([s.choice(['auto'], {}), s.integer({})], {}), 'auto', 'auto'],
    [s.oneOf([s.duration({}), s.size({})], {}), '128MB', 128e6],
    [s.oneOf([s.as('every', s.duration({})), s.as('size', s.size({}))], {}), '128MB', { size: 128e6 }],
    [s.oneOf([s.as('every', s.duration({})), s.as('size', s.size({}))], {}), '1h', { every: 3600e3 }],
    [s.oneOf([s.fn('x => url', {}), s.string({})], {}), 'https://a.b/c', 'https://a.b/c'],
    [s.oneOf([s.fn('x => url', {}), s.string({})], {}), 'x => x', { text: 'x => x' }],
    [s.oneOf([s.choice(['lines'], {}), s.fn('x => url', {})], {}), 'lines', 'lines'],
    [s.oneOf([s.choice(['lines'], {}), s.fn('x => url', {})], {}), 'JSON.stringify', { text: 'JSON.stringify' }],
    [s.oneOf([s.no({}), s.path({}), s.object({ to: s.path({}) })], {}), { to: 'x' }, { to: '/jobs/x' }],
    [s.duration({ default: '1s' }), undefined, 1000],
    [s.format({ default: 'text' }), undefined, { name: 'text', config: {} }],
    [s.path({ optional: true }), undefined, undefined],
  ])('%j: %j', (setting, value, config) => {
    expect(check(setting, value)).toEqual({ config, problems: [] });
  });

  it('takes milliseconds where a program gives them', () => {
    expect(check(s.duration({}), 1500, { numbersAsMilliseconds: true })).toEqual({ config: 1500, problems: [] });
    const setting = s.oneOf([s.no({}), s.duration({})], {});
    expect(check(setting, 1500, { numbersAsMilliseconds: true })).toEqual({ config: 1500, problems: [] });
    expect(check(s.duration({}), 1.5, { numbersAsMilliseconds: true }).problems[0]?.code).toBe('bad-value');
  });
});

describe('wrong values', () => {
  const length = s.duration({ minimum: 10, maximum: 60_000 });

  it.each<[Setting, JsonValue, string, string, string?]>([
    [s.string({}), 5, 'wrong-type', '`it` must be a text, not the number 5.', 'Quote it: "5".'],
    [s.string({}), ['a'], 'wrong-type', '`it` must be a text, not a list.'],
    [s.string({}), null, 'wrong-type', '`it` must be a text, not nothing (null).'],
    [s.integer({}), 1.5, 'bad-value', '`it` must be a whole number, not the number 1.5.'],
    [s.integer({ minimum: 1 }), 0, 'bad-value', '`it` must be at least 1, not 0.'],
    [s.number({ maximum: 1 }), 2, 'bad-value', '`it` must be at most 1, not 2.'],
    [s.boolean({}), 'yes', 'wrong-type', '`it` must be true or false, not the text "yes".', 'Write `true` or `false`.'],
    [
      length,
      5,
      'wrong-type',
      '`it` must be a duration such as 500ms, 1s or 10m, not the number 5.',
      'Write the unit: `5s` or `5ms`.',
    ],
    [
      length,
      '5 sec',
      'bad-value',
      '`it` must be a duration such as 500ms, 1s or 10m, not the text "5 sec".',
      'Write `5s`.',
    ],
    [
      length,
      '1.5m',
      'bad-value',
      '`it` must be a duration such as 500ms, 1s or 10m, not the text "1.5m".',
      'Write `90s`.',
    ],
    [length, 'soon', 'bad-value', '`it` must be a duration such as 500ms, 1s or 10m, not the text "soon".'],
    [length, '1ms', 'bad-value', '`it` must be at least 10ms, not 1ms.'],
    [length, '1h', 'bad-value', '`it` must be at most 1m, not 1h.'],
    [
      s.size({}),
      64,
      'wrong-type',
      '`it` must be a size such as 64KB, 1MB or 1GiB, not the number 64.',
      'Write the unit: `64MB` or `64B`.',
    ],
    [
      s.size({}),
      '64 kib',
      'bad-value',
      '`it` must be a size such as 64KB, 1MB or 1GiB, not the text "64 kib".',
      'Write `64KiB`.',
    ],
    [
      s.choice(['stop', 'continue'], {}),
      'contniue',
      'bad-value',
      '`it` must be `stop` or `continue`, not the text "contniue".',
      'Did you mean `continue`?',
    ],
    [s.list(s.integer({}), {}), 5, 'wrong-type', '`it` must be a list, not the number 5.'],
    [s.fn('x => y', {}), 5, 'wrong-type', '`it` must be a function such as x => x.trim(), not the number 5.'],
    [s.fn('x => y', {}), '5', 'bad-function', '`5` is not a function.'],
    [s.stream({}), 'c', 'unknown-stream', 'No stream is called `c`.'],
    [
      s.format({}),
      'cvs',
      'unknown-component',
      'No format is called `cvs`.',
      'Did you mean `csv`? The formats are csv, text.',
    ],
    [
      s.format({}),
      { csv: {}, text: {} },
      'wrong-type',
      '`it` must be one format with its settings, not the keys csv, text.',
    ],
    [
      s.oneOf([s.choice(['auto'], {}), s.integer({ minimum: 1 })], {}),
      0,
      'bad-value',
      '`it` must be at least 1, not 0.',
    ],
    [
      s.oneOf([s.choice(['auto'], {}), s.integer({})], {}),
      true,
      'wrong-type',
      '`it` must be `auto` or a whole number, not true.',
    ],
    [s.oneOf([s.no({}), s.path({})], {}), true, 'wrong-type', '`it` must be false or a path, not true.'],
    [
      s.oneOf([s.duration({}), s.size({})], {}),
      '5',
      'bad-value',
      '`it` must be a duration such as 500ms, 1s or 10m or a size such as 64KB, 1MB or 1GiB, not the text "5".',
    ],
  ])('%j: %j', (setting, value, code, message, remedy) => {
    const { problems } = check(setting, value);
    expect(problems).toMatchObject([{ path: ['it'], on: 'value', code, message, ...(remedy && { remedy }) }]);
  });

  it('are all told, with their paths', () => {
    const setting = s.object({
      hosts: s.list(s.object({ port: s.integer({}), name: s.string({}) }), {}),
      wait: s.duration({}),
    });
    const { problems } = check(setting, { hosts: [{ port: 'x', name: 'a' }, { nam: 'b' }, 5], wiat: '1s' });
    expect(problems.map(({ path, on, code }) => [path.slice(1).join('.'), on, code])).toEqual([
      ['wiat', 'key', 'unknown-key'],
      ['hosts.0.port', 'value', 'wrong-type'],
      ['hosts.1.nam', 'key', 'unknown-key'],
      ['hosts.1', 'value', 'missing-key'],
      ['hosts.1', 'value', 'missing-key'],
      ['hosts.2', 'value', 'wrong-type'],
      ['', 'value', 'missing-key'],
    ]);
  });
});

describe('components', () => {
  const reduceByKey = {
    config: s.object({ reduce: s.fn('(a, b) => a', {}), partitions: s.integer({ optional: true, minimum: 1 }) }),
    short: 'reduce',
  };
  const window = { config: s.object({ length: s.duration({}), slide: s.duration({ optional: true }) }) };
  const folding = { config: s.object({ reduce: s.fn('(a, b) => a', {}), length: s.duration({}) }), short: 'reduce' };
  const lines = {
    config: s.object({ format: s.format({ default: 'text' }), to: s.string({ default: '' }) }),
    short: 'format',
  };
  const count = { config: s.object({}) };
  const sum = '(a, b) => a + b';

  it.each([
    ['the long form', reduceByKey, { reduce: sum, partitions: 2 }, { reduce: { text: sum }, partitions: 2 }],
    ['the short form', reduceByKey, sum, { reduce: { text: sum } }],
    ['nothing', count, null, {}],
    ['no value at all', count, undefined, {}],
    [
      'an object as the short form',
      lines,
      { csv: null },
      { format: { name: 'csv', config: { header: false, delimiter: ',' } }, to: '' },
    ],
    [
      'settings where the short form takes objects',
      lines,
      { to: 'x' },
      { format: { name: 'text', config: {} }, to: 'x' },
    ],
    ['no settings where the short form takes objects', lines, {}, { format: { name: 'text', config: {} }, to: '' }],
  ] as const)('take %s', (_, component, value, config) => {
    expect(checkSettingsOf(component, value)).toEqual({ config, problems: [] });
  });

  it.each<[string, WithSettings, JsonValue, ...(readonly string[])[]]>([
    [
      'a typo',
      window,
      { lenght: '1s' },
      ['`lenght` is not a setting of `step`.', 'Did you mean `length`? Its settings are length, slide.'],
      ['`length` of `step` is missing.'],
    ],
    [
      'a typo where the short form takes objects',
      lines,
      { fromat: 'csv' },
      ['`fromat` is not a setting of `step`.', 'Did you mean `format`? Its settings are format, to.'],
    ],
    [
      'nothing where something is needed',
      reduceByKey,
      null,
      ['`reduce` of `step` is missing.', 'Add `reduce: …`, a function such as x => x.trim().'],
    ],
    [
      'a short form that is not there',
      window,
      '10s',
      ['`step` takes its settings in the form `name: value`, not the text "10s".', 'Its settings are length, slide.'],
    ],
    [
      'settings that are not there',
      count,
      5,
      [
        '`step` takes its settings in the form `name: value`, not the number 5.',
        'It has no settings: write `step: {}`.',
      ],
    ],
    [
      'a short form that is too short',
      folding,
      sum,
      [
        '`length` of `step` is missing: the short form gives `reduce` only.',
        'Use the long form: step: { reduce: …, length: … }.',
      ],
    ],
    [
      'a short form of another type',
      reduceByKey,
      5,
      ['`step` must be a function such as x => x.trim(), not the number 5.'],
    ],
    [
      'a key that every object has',
      window,
      { length: '1s', constructor: 1 },
      ['`constructor` is not a setting of `step`.', 'Its settings are length, slide.'],
    ],
  ])('refuse %s', (_, component, value, ...expected) => {
    const { problems } = checkSettingsOf(component, value);
    expect(problems.map(({ message, remedy }, index) => [message, remedy].slice(0, expected[index]?.length))).toEqual(
      expected,
    );
  });
});
