import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { JsonValue } from '#src/base/json.ts';
import { catalog } from '#src/catalog/index.ts';
import { loadJob } from '#src/spec/load.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const ajv = new Ajv({
  strict: true,
  strictRequired: false,
  allowUnionTypes: true,
  strictTypes: false,
  allErrors: true,
});
const validate = ajv.compile(JSON.parse(readFileSync(join(root, 'schemas/job.schema.json'), 'utf8')));

const directory = mkdtempSync(join(tmpdir(), 'streamjob-schema-'));
afterAll(() => rmSync(directory, { recursive: true }));

function schemaErrors(job: JsonValue) {
  validate(job);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

async function loaderErrors(text: string): Promise<string[]> {
  const file = join(directory, 'job.yaml');
  writeFileSync(file, text);
  const { problems } = await loadJob(file, { env: {} });
  return problems.filter(({ severity }) => severity === 'error').map(({ message }) => message);
}

describe('the schema accepts', () => {
  const conformance = join(root, '../shared/conformance');
  const tables = existsSync(conformance) ? readdirSync(conformance).filter((name) => name.endsWith('.yaml')) : [];
  const known = tables.filter((name) => usesKnownSteps(parse(readFileSync(join(conformance, name), 'utf8'))));

  it.runIf(tables.length > 0)('some of the conformance tables', () => {
    expect(known.length).toBeGreaterThan(5);
  });

  it.each([
    ...known.map((name) => join(conformance, name)),
    ...readdirSync(join(root, 'jobs'))
      .filter((name) => name.endsWith('.yaml'))
      .map((name) => join(root, 'jobs', name)),
  ])('%s', (file) => {
    expect(schemaErrors(parse(readFileSync(file, 'utf8')))).toEqual([]);
  });

  function usesKnownSteps(job: { streams?: { [name: string]: { steps?: (string | object)[] } } }): boolean {
    const steps = Object.values(job.streams ?? {}).flatMap((stream) => stream.steps ?? []);
    return steps.every((step) => catalog.operators.has(typeof step === 'string' ? step : (Object.keys(step)[0] ?? '')));
  }
});

const jobWith = (parts: object): JsonValue => ({
  batchInterval: '1s',
  sources: { lines: { socket: 9999 } },
  sinks: [{ from: 'lines', print: {} }],
  ...parts,
});

describe('the schema accepts the examples of', () => {
  it.each(catalog.operators.names)('step %s', async (name) => {
    for (const { yaml } of (await catalog.operators.load(name)).examples) {
      const steps = [parse(yaml)].flat();
      expect(schemaErrors(jobWith({ streams: { out: { from: 'lines', steps } } }))).toEqual([]);
    }
  });

  it.each(catalog.sources.names)('source %s', async (name) => {
    for (const { yaml } of (await catalog.sources.load(name)).examples) {
      expect(schemaErrors(jobWith({ sources: { lines: parse(yaml) } }))).toEqual([]);
    }
  });

  it.each(catalog.formats.names)('format %s', async (name) => {
    for (const { yaml } of (await catalog.formats.load(name)).examples) {
      expect(schemaErrors(jobWith({ sources: { lines: parse(yaml) } }))).toEqual([]);
    }
  });

  it.each(catalog.sinks.names)('sink %s', async (name) => {
    for (const { yaml } of (await catalog.sinks.load(name)).examples) {
      expect(schemaErrors(jobWith({ sinks: [{ from: 'lines', ...parse(yaml) }] }))).toEqual([]);
    }
  });
});

/** A job of which one line is replaced: `what is there → what is there instead`. */
const job = `
batchInterval: 1s
settings: { threads: auto }
sources:
  lines: { socket: { host: localhost, port: 9999 } }
streams:
  counts:
    from: lines
    onError: skip
    steps:
      - map: line => [line, 1]
      - reduceByKey: { reduce: "(a, b) => a + b" }
      - count
sinks:
  - { from: counts, print: { limit: 5 } }
tests:
  - { name: counts, given: { lines: [[a, b]] }, expect: { counts: [[2]] } }
`;

describe('the schema and the loader', () => {
  it.each([
    ['socket: { host: localhost, port: 9999 }', 'socket: 9999'],
    ['{ socket: { host: localhost, port: 9999 } }', '{ stdin: , onError: skip }'],
    ['{ limit: 5 }', '5'],
    ['{ limit: 5 }', '{ limit: "${LIMIT:-5}" }'],
    ['batchInterval: 1s', 'batchInterval: ${INTERVAL:-5s}\nname: x\ncheckpoint: false'],
    ['from: counts, print', 'name: out, from: [counts], print'],
    ['threads: auto', 'threads: 4, memoryLimit: 1GiB, onBatchFailure: continue'],
    ['settings: { threads: auto }', 'settings:'],
    ['lines: [[a, b]]', 'lines: { partitions: 2, batches: [[a, b]] }'],
  ])('accept %s → %s', async (there, instead) => {
    const text = job.replace(there, () => instead);
    expect(text).not.toBe(job);
    expect(schemaErrors(parse(text))).toEqual([]);
    expect(await loaderErrors(text)).toEqual([]);
  });

  it.each([
    ['batchInterval: 1s', 'batchInterval: 1'],
    ['batchInterval: 1s', 'batchInterval: 1 s'],
    ['batchInterval: 1s', 'batchIntervall: 1s'],
    ['batchInterval: 1s', ''],
    ['threads: auto', 'threads: many'],
    ['threads: auto', 'threads: 0'],
    ['threads: auto', 'backPressure: true'],
    ['threads: auto', 'memoryLimit: 512'],
    ['port: 9999', 'port: x'],
    ['port: 9999', 'prot: 9999'],
    [', port: 9999', ''],
    ['port: 9999', 'port: 9999, format: jsno'],
    ['{ socket: { host: localhost, port: 9999 } }', '{ sockte: 9999 }'],
    ['{ socket: { host: localhost, port: 9999 } }', '{ socket: 9999, stdin: {} }'],
    ['{ socket: { host: localhost, port: 9999 } }', '{ onError: skip }'],
    ['{ socket: { host: localhost, port: 9999 } }', '{}'],
    ['from: lines', 'form: lines'],
    ['onError: skip', 'onError: ignore'],
    ['onError: skip', 'onError: { too: broken }'],
    ['- map: line', '- mpa: line'],
    ['- map: line => [line, 1]', '- { map: "x => x", filter: "x => x" }'],
    ['- map: line => [line, 1]', '- map: 5'],
    ['- map: line => [line, 1]', '- map: {}'],
    ['- map: line => [line, 1]', '- map'],
    ['- map: line => [line, 1]', '- 5'],
    ['{ reduce: "(a, b) => a + b" }', '{ reduce: "(a, b) => a + b", partitions: 0 }'],
    ['{ reduce: "(a, b) => a + b" }', '{ reduce: "(a, b) => a + b", partition: 2 }'],
    ['- count', '- count: 5'],
    ['- count', '- countt'],
    ['{ from: counts, print: { limit: 5 } }', 'print'],
    ['{ from: counts, print: { limit: 5 } }', '{ print: { limit: 5 } }'],
    ['{ from: counts, print: { limit: 5 } }', '{ from: counts }'],
    ['{ from: counts, print: { limit: 5 } }', '{ from: counts, collect: {} }'],
    ['limit: 5', 'limit: 1.5'],
    ['name: counts', 'nam: counts'],
    ['lines: [[a, b]]', 'lines: [a, b]'],
    ['lines: [[a, b]]', 'lines: { batches: [[a, b]], partitions: 0 }'],
    ['counts: [[2]]', 'counts: 2'],
  ])('refuse %s → %s', async (there, instead) => {
    const text = job.replace(there, () => instead);
    expect(text).not.toBe(job);
    expect(schemaErrors(parse(text))).not.toEqual([]);
    expect(await loaderErrors(text)).not.toEqual([]);
  });
});
