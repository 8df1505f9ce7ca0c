import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { OperatorDefinition } from '#src/component/operator.ts';

const folder = new URL('../../src/operators/', import.meta.url);
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -3));

const perRecord = 'map flatMap filter mapPartitions glom mapValues flatMapValues keyBy';
const perBatch =
  'count countByValue reduce groupByKey reduceByKey combineByKey distinct sortBy top repartition union join ' +
  'leftOuterJoin rightOuterJoin fullOuterJoin cogroup cache persist';

test('the steps per record and per batch are there', () => {
  expect(names).toEqual(expect.arrayContaining([...perRecord.split(' '), ...perBatch.split(' ')]));
});

describe.each(names)('%s', (name) => {
  const load = async () => ((await import(`#src/operators/${name}.ts`)) as { default: OperatorDefinition }).default;

  test('describes itself and its settings', async () => {
    const { summary, config, short } = await load();
    expect(summary).toMatch(/^[A-Z].*\.$/s);
    expect(config.kind).toBe('object');
    const settings = Object.entries(config.properties ?? {});
    for (const [setting, { description }] of settings) expect(description, setting).toMatch(/^[A-Z].*\.$/s);
    if (short !== undefined) expect(settings.map(([setting]) => setting)).toContain(short);
  });

  test('has examples of that step, an output for every batch or slide', async () => {
    const { examples } = await load();
    expect(examples.length).toBeGreaterThan(0);
    for (const { yaml, given, other, expect: expected } of examples) {
      const step: unknown = parse(yaml);
      expect(typeof step === 'string' ? [step] : Object.keys(step as object)).toEqual([name]);
      const batches = Math.max(given.length, other?.length ?? 0);
      expect(expected).toHaveLength(yaml.includes('slide: 2s') ? Math.floor(batches / 2) : batches);
    }
  });
});
