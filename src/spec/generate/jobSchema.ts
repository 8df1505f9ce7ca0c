import { jobShape, sinkExtras, sourceExtras, streamShape, testShape } from '../shape.ts';
import type { Component } from './components.ts';
import { choose, componentSchema, needsNothing, objectSchema, type Schema } from './settingSchema.ts';

/**
 * The JSON Schema of a job file, in the draft that editors' YAML support takes. A source, step or sink is an object whose
 * keys are counted, and not a choice between all components: a typo gives one exact error.
 */
export function jobSchema(components: readonly Component[]): Schema {
  const job = objectSchema(jobShape);
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'A streamjob job',
    ...job,
    properties: { ...(job.properties as Schema), ...sections() },
    definitions: definitions(components.filter(({ hidden }) => !hidden)),
  };
}

function sections(): Schema {
  const { sources, streams, sinks, tests } = jobShape.properties;
  const named = (description: string, name: string): Schema => ({
    description,
    type: 'object',
    additionalProperties: { $ref: `#/definitions/${name}` },
  });
  return {
    sources: named(sources.description, 'source'),
    streams: { ...named(streams.description, 'stream'), type: ['object', 'null'] },
    sinks: { description: sinks.description, type: 'array', items: { $ref: '#/definitions/sink' } },
    tests: { description: tests.description, type: ['array', 'null'], items: { $ref: '#/definitions/test' } },
  };
}

function definitions(components: readonly Component[]): Schema {
  const stream = objectSchema(streamShape);
  return {
    source: oneComponent(ofKind(components, 'source'), objectSchema(sourceExtras)),
    stream: {
      ...stream,
      properties: { ...(stream.properties as Schema), steps: { type: 'array', items: { $ref: '#/definitions/step' } } },
    },
    step: stepSchema(components),
    sink: oneComponent(ofKind(components, 'sink'), objectSchema(sinkExtras)),
    test: testSchema(),
    batches,
    format: formatSchema(ofKind(components, 'format')),
  };
}

const ofKind = (components: readonly Component[], kind: Component['kind']): readonly Component[] =>
  components.filter((component) => component.kind === kind);

const propertiesOf = (components: readonly Component[]): Schema =>
  Object.fromEntries(components.map(({ name, definition }) => [name, componentSchema(definition)]));

/** One component key, and what may stand beside it: each optional key that is there makes room for itself. */
function oneComponent(components: readonly Component[], extras: Schema): Schema {
  const beside = extras.properties as Schema;
  const required = (extras.required ?? []) as readonly string[];
  const optional = Object.keys(beside).filter((key) => !required.includes(key));
  return {
    type: 'object',
    properties: { ...beside, ...propertiesOf(components) },
    additionalProperties: false,
    ...(required.length > 0 && { required }),
    ...countKeys(optional, required.length + 1),
  };
}

function countKeys([key, ...more]: readonly string[], count: number): Schema {
  if (key === undefined) return { minProperties: count, maxProperties: count };
  return choose({ required: [key] }, countKeys(more, count + 1), countKeys(more, count));
}

/** A step that needs no settings may stand bare. */
function stepSchema(components: readonly Component[]): Schema {
  const steps = ofKind(components, 'step');
  const bare = steps.filter(({ definition }) => needsNothing(definition)).map(({ name }) => name);
  const one = { properties: propertiesOf(steps), additionalProperties: false, minProperties: 1, maxProperties: 1 };
  return choose({ type: 'string' }, { enum: bare }, { type: 'object', ...one });
}

const batches: Schema = { type: 'array', items: { type: 'array' } };

function testSchema(): Schema {
  const test = objectSchema(testShape);
  const { given, expect } = test.properties as { readonly [name: string]: Schema };
  const perName = { $ref: '#/definitions/batches' };
  const partitioned = {
    type: 'object',
    properties: { partitions: { type: 'integer', minimum: 1 }, batches: perName },
    required: ['batches'],
    additionalProperties: false,
  };
  const either = choose({ type: 'array' }, perName, partitioned);
  return {
    ...test,
    properties: {
      ...(test.properties as Schema),
      given: { ...given, additionalProperties: either },
      expect: { ...expect, additionalProperties: perName },
    },
  };
}

/** `json`, or `{ csv: { header: true } }`. */
function formatSchema(formats: readonly Component[]): Schema {
  const properties = propertiesOf(formats);
  const names = formats.filter(({ definition }) => needsNothing(definition)).map(({ name }) => name);
  const one = { properties, additionalProperties: false, minProperties: 1, maxProperties: 1 };
  const name = { anyOf: [{ enum: names }, { type: 'string', pattern: '\\$\\{' }] };
  return choose({ type: 'string' }, name, { type: 'object', ...one });
}
