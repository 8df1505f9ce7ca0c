import { parse } from 'yaml';
import type { JsonValue } from '../base/json.ts';

/** A value in YAML's flow style, in one line: `[[tea, 2], { "a b": null }]`. */
export function flowText(value: JsonValue): string {
  if (typeof value === 'string') return textOf(value);
  if (Array.isArray(value)) return `[${value.map(flowText).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([name, field]) => `${textOf(name)}: ${flowText(field)}`);
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
}

/** Words as they are, unless YAML would read them as something else; other texts in quotes, as JSON has them. */
const textOf = (text: string): string =>
  /^[\p{L}_][\p{L}\p{N}_-]*$/u.test(text) && parse(text, { schema: 'core' }) === text ? text : JSON.stringify(text);
