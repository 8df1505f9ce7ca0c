import { describe } from '../base/describe.ts';
import type { JsonValue } from '../base/json.ts';
import { didYouMean } from '../base/suggest.ts';
import type { CheckContext, Path, SettingProblem, WithSettings } from './checkContext.ts';
import { type Holder, nameOf, refuse, report, reportMissing, reportUnknownKey } from './checkReport.ts';
import {
  checkBoolean,
  checkChoice,
  checkDuration,
  checkNumber,
  checkSize,
  checkText,
  type Scalar,
  wrongType,
} from './checkScalar.ts';
import { checkTogether } from './checkTogether.ts';
import { jsonType, typesOf } from './expected.ts';
import type { Setting } from './settings.ts';

export type { CheckContext, Path, SettingProblem, WithSettings } from './checkContext.ts';

/**
 * Checks the settings of a component, in the long form, in the short form (the value of the setting `short` in place of the
 * settings), or bare (null). Reports all problems, and gives the config in its final types.
 */
export function checkComponent(
  component: WithSettings,
  value: JsonValue | undefined,
  path: Path,
  context: CheckContext,
): unknown {
  let fine = true;
  const report = (problem: SettingProblem): void => {
    fine = false;
    context.report(problem);
  };
  const config = checkForm(component, value, path, { ...context, report });
  const short = isShortForm(component, value, context) ? component.short : undefined;
  if (fine && config !== undefined) checkTogether(component, config, { path, short }, context);
  return config;
}

function checkForm(component: WithSettings, value: JsonValue | undefined, path: Path, context: CheckContext): unknown {
  const name = component.name ?? nameOf(path);
  const { short } = component;
  if (short !== undefined && isShortForm(component, value, context)) {
    return checkProperties(component.config, { [short]: value as JsonValue }, { name, path, short }, context);
  }
  const settings = value ?? {};
  if (isObject(settings)) return checkProperties(component.config, settings, { name, path }, context);
  const known = Object.keys(component.config.properties ?? {}).join(', ');
  report(context, path, {
    code: 'wrong-type',
    message: `\`${name}\` takes its settings in the form \`name: value\`, not ${describe(value)}.`,
    remedy: known ? `Its settings are ${known}.` : `It has no settings: write \`${name}: {}\`.`,
  });
  return undefined;
}

function isShortForm(
  { config, short = '' }: WithSettings,
  value: JsonValue | undefined,
  context: CheckContext,
): boolean {
  if (value === undefined || value === null) return false;
  if (!isObject(value)) return true;
  const setting = config.properties?.[short];
  const keys = Object.keys(value);
  if (setting === undefined || keys.length === 0 || keys.some((key) => Object.hasOwn(config.properties ?? {}, key))) {
    return false;
  }
  return setting.kind === 'format'
    ? keys.some((key) => context.formats.names.includes(key))
    : typesOf(setting).includes('object');
}

/**
 * Checks a value against a setting. Reports all problems to the context, and gives the value in its final type: durations in
 * milliseconds, sizes in bytes, functions as references, streams as edges, defaults filled in. Undefined if there is none.
 */
export function checkConfig(
  setting: Setting,
  value: JsonValue | undefined,
  path: Path,
  context: CheckContext,
): unknown {
  if (value === undefined) return setting.default === undefined ? undefined : defaultOf(setting, path, context);
  if (setting.as !== undefined) return named(setting, setting.as, value, path, context);
  switch (setting.kind) {
    case 'json':
      return value;
    case 'oneOf':
      return checkOneOf(setting, value, path, context);
    case 'list':
      return checkList(setting, value, path, context);
    case 'map':
      return checkMap(setting, value, path, context);
    case 'object':
      return checkObject(setting, value, path, context);
    case 'format':
      return checkFormat(setting, value, path, context);
    default:
      return checkScalar(setting, value, path, context);
  }
}

function named(
  { as: _, ...setting }: Setting,
  name: string,
  value: JsonValue,
  path: Path,
  context: CheckContext,
): unknown {
  const config = checkConfig(setting, value, path, context);
  return config === undefined ? undefined : { [name]: config };
}

/** Defaults are written as in a job file, and are right. */
const defaultOf = ({ default: value, ...setting }: Setting, path: Path, context: CheckContext): unknown =>
  checkConfig(setting, value, path, context);

function checkScalar(setting: Setting, value: JsonValue, path: Path, context: CheckContext): unknown {
  const checked = scalarOf(setting, value, context);
  if (!('value' in checked)) return refuse(context, path, checked);
  const text = checked.value as string;
  switch (setting.kind) {
    case 'fn':
      return context.fn(text, path, setting.async);
    case 'stream':
      return context.stream(text, path);
    case 'path':
      return context.path(text);
    default:
      return checked.value;
  }
}

function scalarOf(setting: Setting, value: JsonValue, context: CheckContext): Scalar {
  switch (setting.kind) {
    case 'integer':
    case 'number':
      return checkNumber(setting, value);
    case 'boolean':
    case 'false':
      return checkBoolean(setting, value);
    case 'duration':
      return checkDuration(setting, value, context.numbersAsMilliseconds ?? false);
    case 'size':
      return checkSize(setting, value);
    case 'choice':
      return checkChoice(setting, value);
    default:
      return checkText(setting, value);
  }
}

/**
 * The alternative is picked by the type of the value, among several texts by the first that fits, and only its problems are
 * told.
 */
function checkOneOf(setting: Setting, value: JsonValue, path: Path, context: CheckContext): unknown {
  const options = (setting.options ?? []).filter((option) => takes(option, value, context));
  if (options.length < 2) {
    const [option] = options;
    return option ? checkConfig(option, value, path, context) : refuse(context, path, wrongType(setting, value));
  }
  const fitting = options.find((option) => isFine(option, value, path, context));
  if (fitting) return checkConfig(fitting, value, path, context);
  return refuse(context, path, { ...wrongType({ kind: 'oneOf', options }, value), code: 'bad-value' });
}

function takes(option: Setting, value: JsonValue, { numbersAsMilliseconds }: CheckContext): boolean {
  const type = jsonType(value);
  if (option.kind === 'false') return value === false;
  return typesOf(option).includes(type) || (option.kind === 'duration' && type === 'number' && !!numbersAsMilliseconds);
}

function isFine(setting: Setting, value: JsonValue, path: Path, context: CheckContext): boolean {
  let fine = true;
  const report = (): void => {
    fine = false;
  };
  const numbersAsMilliseconds = context.numbersAsMilliseconds ?? false;
  const fn = (text: string): undefined => {
    fine &&= looksLikeFunction(text);
  };
  const quiet = { report, fn, stream: () => undefined, numbersAsMilliseconds };
  checkConfig(setting, value, path, { ...quiet, path: (text) => text, formats: context.formats });
  return fine;
}

/** An arrow, `function`, a name or a member: what tells a function from another text, a URL say. */
const looksLikeFunction = (text: string): boolean =>
  /=>|^\s*function\b|^\s*[\p{ID_Start}$_][\p{ID_Continue}$]*(\.[\p{ID_Start}$_][\p{ID_Continue}$]*)*\s*$/u.test(text);

function checkList(setting: Setting, value: JsonValue, path: Path, context: CheckContext): unknown {
  if (!Array.isArray(value)) return refuse(context, path, wrongType(setting, value));
  const items = setting.items ?? { kind: 'json' };
  return value.map((item: JsonValue, index) => checkConfig(items, item, [...path, index], context));
}

function checkMap(setting: Setting, value: JsonValue, path: Path, context: CheckContext): unknown {
  if (!isObject(value ?? {})) return refuse(context, path, wrongType(setting, value));
  const items = setting.items ?? { kind: 'json' };
  const checked = Object.entries(value ?? {}).map(([key, item]) => [
    key,
    checkConfig(items, item, [...path, key], context),
  ]);
  return Object.fromEntries(checked);
}

/** An empty `settings:` is as good as none. */
function checkObject(setting: Setting, value: JsonValue, path: Path, context: CheckContext): unknown {
  const settings = value ?? {};
  if (!isObject(settings)) return refuse(context, path, wrongType(setting, value));
  return checkProperties(setting, settings, { name: nameOf(path), path }, context);
}

function checkProperties(setting: Setting, value: JsonObject, holder: Holder, context: CheckContext): unknown {
  const properties = setting.properties ?? {};
  for (const key of Object.keys(value)) {
    if (!Object.hasOwn(properties, key)) reportUnknownKey(key, Object.keys(properties), holder, context);
  }
  const checked: [string, unknown][] = [];
  for (const [key, property] of Object.entries(properties)) {
    const given = Object.hasOwn(value, key) ? value[key] : undefined;
    if (given === undefined && isRequired(property)) reportMissing(key, property, holder, context);
    const path = holder.short === undefined ? [...holder.path, key] : holder.path;
    const final = checkConfig(property, given, path, context);
    if (final !== undefined) checked.push([key, final]);
  }
  return Object.fromEntries(checked);
}

export const isRequired = ({ default: value, optional }: Setting): boolean => value === undefined && !optional;

/** `json`, or `{ csv: { header: true } }`. */
function checkFormat(setting: Setting, value: JsonValue, path: Path, context: CheckContext): unknown {
  if (typeof value === 'string') return formatOf(value, undefined, { path, at: path, on: 'value' }, context);
  if (!isObject(value)) return refuse(context, path, wrongType(setting, value, formatRemedy(context)));
  const [name, ...more] = Object.keys(value);
  if (name === undefined || more.length > 0) {
    const came = name === undefined ? 'an empty object' : `the keys ${[name, ...more].join(', ')}`;
    const must = `be one format with its settings, not ${came}`;
    return refuse(context, path, { code: 'wrong-type', must, remedy: 'Write it as `format: { json: {} }`.' });
  }
  return formatOf(name, value[name], { path, at: [...path, name], on: 'key' }, context);
}

interface FormatPlace extends Pick<SettingProblem, 'on' | 'path'> {
  /** Where its settings stand. */
  readonly at: Path;
}

function formatOf(
  name: string,
  settings: JsonValue | undefined,
  { at, on }: FormatPlace,
  context: CheckContext,
): unknown {
  const definition = context.formats.names.includes(name) ? context.formats.get(name) : undefined;
  if (definition) return { name, config: checkComponent({ name, config: definition.config }, settings, at, context) };
  const remedy = `${didYouMean(name, context.formats.names)}${formatRemedy(context)}`;
  context.report({ path: at, on, code: 'unknown-component', message: `No format is called \`${name}\`.`, remedy });
  return undefined;
}

const formatRemedy = ({ formats }: CheckContext): string => `The formats are ${formats.names.join(', ')}.`;

type JsonObject = { readonly [key: string]: JsonValue };

const isObject = (value: JsonValue): value is JsonObject => jsonType(value) === 'object';
