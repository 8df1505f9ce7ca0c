import { byteSizePattern } from '../../base/byteSize.ts';
import { durationPattern } from '../../base/duration.ts';
import type { JsonValue } from '../../base/json.ts';
import { isRequired } from '../../component/check.ts';
import { typesOf } from '../../component/expected.ts';
import type { Setting } from '../../component/settings.ts';

export type Schema = { readonly [keyword: string]: JsonValue };

/** The JSON Schema (draft 7) of a setting as a job file has it. `${NAME}` may stand for any scalar. */
export function settingSchema(setting: Setting): Schema {
  const { description, signature, default: value } = setting;
  const text = [description, signature && `Function: \`${signature}\`.`].filter(Boolean).join(' ');
  return { ...(text && { description: text }), ...(value !== undefined && { default: value }), ...bareSchema(setting) };
}

function bareSchema(setting: Setting): Schema {
  switch (setting.kind) {
    case 'integer':
    case 'number':
      return { type: [setting.kind, 'string'], ...rangeOf(setting), pattern: variable };
    case 'boolean':
      return { type: ['boolean', 'string'], pattern: variable };
    case 'duration':
      return { type: 'string', pattern: `${durationPattern}|${variable}` };
    case 'size':
      return { type: 'string', pattern: `${byteSizePattern}|${variable}` };
    case 'choice':
      return { anyOf: [{ enum: [...(setting.values ?? [])] }, { type: 'string', pattern: variable }] };
    case 'false':
      return { enum: [false] };
    case 'json':
      return {};
    case 'format':
      return { $ref: '#/definitions/format' };
    case 'list':
      return { type: 'array', items: setting.items ? settingSchema(setting.items) : {} };
    case 'map':
      return { type: ['object', 'null'], additionalProperties: setting.items ? settingSchema(setting.items) : {} };
    case 'object':
      return objectSchema(setting);
    case 'oneOf':
      return { anyOf: (setting.options ?? []).map(settingSchema) };
    default:
      return { type: 'string' };
  }
}

const variable = '\\$\\{';

const rangeOf = ({ minimum, maximum }: Setting): Schema => ({
  ...(minimum !== undefined && { minimum }),
  ...(maximum !== undefined && { maximum }),
});

/** An object that needs none of its settings may be left empty. */
export function objectSchema(setting: Setting): Schema {
  const properties = Object.entries(setting.properties ?? {});
  const required = properties.filter(([, property]) => isRequired(property)).map(([name]) => name);
  return {
    type: required.length > 0 ? 'object' : ['object', 'null'],
    properties: Object.fromEntries(properties.map(([name, property]) => [name, settingSchema(property)])),
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  };
}

/** What stands behind a component's key: its settings, or in the short form one of them. */
export function componentSchema({ config, short, summary }: Described): Schema {
  const long = objectSchema(config);
  const setting = short === undefined ? undefined : config.properties?.[short];
  if (short === undefined || !setting || needsMoreThan(short, config)) return { description: summary, ...long };
  const brief = settingSchema(setting);
  if (typesOf(setting).includes('object')) return { description: summary, anyOf: [long, brief] };
  return { description: summary, ...choose({ type: long.type! }, long, brief) };
}

/** Where `condition` holds the one, else the other. (Written as a literal, its `then` would look like a promise's.) */
export const choose = (condition: Schema, yes: Schema, no: Schema): Schema =>
  Object.fromEntries([
    ['if', condition],
    ['then', yes],
    ['else', no],
  ]);

export interface Described {
  readonly summary: string;
  readonly config: Setting;
  readonly short?: string;
}

const needsMoreThan = (short: string, { properties = {} }: Setting): boolean =>
  Object.entries(properties).some(([name, property]) => name !== short && isRequired(property));

/** A component that can stand without settings. */
export const needsNothing = ({ config }: Described): boolean =>
  !Object.values(config.properties ?? {}).some(isRequired);
