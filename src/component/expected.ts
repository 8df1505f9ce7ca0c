import type { JsonValue } from '../base/json.ts';
import type { Setting } from './settings.ts';

export type JsonType = 'null' | 'boolean' | 'number' | 'string' | 'list' | 'object';

export function jsonType(value: JsonValue | undefined): JsonType {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'list';
  return typeof value as JsonType;
}

const typesOfKind = {
  string: ['string'],
  integer: ['number'],
  number: ['number'],
  boolean: ['boolean'],
  duration: ['string'],
  size: ['string'],
  choice: ['string'],
  fn: ['string'],
  path: ['string'],
  stream: ['string'],
  format: ['string', 'object'],
  json: ['null', 'boolean', 'number', 'string', 'list', 'object'],
  false: ['boolean'],
  list: ['list'],
  map: ['object'],
  object: ['object'],
  oneOf: [],
} as const satisfies { readonly [kind in Setting['kind']]: readonly JsonType[] };

/** The JSON types that a setting takes in a job file. */
export function typesOf(setting: Setting): readonly JsonType[] {
  return setting.kind === 'oneOf' ? (setting.options ?? []).flatMap(typesOf) : typesOfKind[setting.kind];
}

const textOfKind = {
  string: 'a text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  duration: 'a duration such as 500ms, 1s or 10m',
  size: 'a size such as 64KB, 1MB or 1GiB',
  choice: 'a text',
  fn: 'a function such as x => x.trim()',
  path: 'a path',
  stream: 'the name of a stream',
  format: 'the name of a format',
  json: 'a value',
  false: 'false',
  list: 'a list',
  map: 'a list of names with values',
  object: 'settings in the form `name: value`',
  oneOf: 'a value',
} as const satisfies { readonly [kind in Setting['kind']]: string };

/** What a setting wants, for messages: `a whole number`, `text or json`. */
export function expected(setting: Setting): string {
  if (setting.kind === 'choice') return listed((setting.values ?? []).map((value) => `\`${value}\``));
  if (setting.kind === 'oneOf') return listed((setting.options ?? []).map(expected));
  return textOfKind[setting.kind];
}

/** `a, b or c`. */
export function listed(words: readonly string[]): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
