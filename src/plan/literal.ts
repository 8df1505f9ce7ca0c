import { bug } from '../base/errors.ts';
import type { JsonValue } from '../base/json.ts';
import { checkValue, isPlainObject, notAValue } from './value.ts';
import { defineField, WireReader } from './wireReader.ts';
import { wireVersion } from './wireTags.ts';
import { WireWriter } from './wireWriter.ts';

/** The one field of the object that stands for a value which JSON cannot hold: a version byte and wire bytes, in base64. */
const mark = '$value';

/**
 * A value inside the JSON of a plan. What JSON holds exactly stays readable; anything else (undefined, -0, NaN, bigints,
 * Dates, bytes, Maps, Sets), and an object that looks like the mark, becomes `{ $value: base64 }`.
 * Throws StreamjobError `not-a-value`.
 */
export function toLiteral(value: unknown): JsonValue {
  const foreign = checkValue(value);
  if (foreign !== undefined) throw notAValue(foreign);
  return literalOf(value);
}

function literalOf(value: unknown): JsonValue {
  if (isJsonScalar(value)) return value;
  if (Array.isArray(value)) return Array.from(value, literalOf);
  if (typeof value === 'object' && value !== null && isPlainObject(value) && !isMarked(value)) {
    return mapFields(value, literalOf) as { [name: string]: JsonValue };
  }
  return marked(value);
}

/** The value of a literal. Throws StreamjobError `bug` for one that `toLiteral` did not make. */
export function fromLiteral(json: JsonValue): unknown {
  if (Array.isArray(json)) return json.map(fromLiteral);
  if (typeof json !== 'object' || json === null) return json;
  const object = json as { readonly [name: string]: JsonValue };
  return isMarked(object) ? unmarked(object[mark]) : mapFields(object, fromLiteral);
}

function isJsonScalar(value: unknown): value is null | boolean | string | number {
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0);
  return value === null || typeof value === 'boolean' || typeof value === 'string';
}

function isMarked(object: object): boolean {
  const names = Object.keys(object);
  return names.length === 1 && names[0] === mark;
}

function mapFields<T, U>(object: { readonly [name: string]: T }, change: (field: T) => U): { [name: string]: U } {
  const result: { [name: string]: U } = {};
  for (const [name, field] of Object.entries(object)) defineField(result, name, change(field));
  return result;
}

function marked(value: unknown): JsonValue {
  const writer = new WireWriter();
  writer.write(value);
  return { [mark]: Buffer.concat([Buffer.of(wireVersion), writer.bytes()]).toString('base64') };
}

function unmarked(text: unknown): unknown {
  const bytes = Buffer.from(typeof text === 'string' ? text : '', 'base64');
  if (bytes[0] !== wireVersion) throw bug(`a literal in wire version ${bytes[0] ?? 'none'}, expected ${wireVersion}.`);
  return new WireReader(bytes, 1, bytes.length).read();
}
