import type { JsonValue } from '../base/json.ts';
import type { FunctionReference } from '../function/reference.ts';
import type { Edge } from '../plan/plan.ts';

/**
 * The vocabulary in which a component describes its settings, once. Checking a job file, the JSON Schema, the TypeScript
 * type of the config, completion and the reference are all read from it.
 *
 * A setting with a `default` may be left out and is then the default; an `optional` one may be left out and is then absent.
 */
export interface Setting<T = unknown> {
  readonly kind: SettingKind;
  /** One sentence for the reference. */
  readonly description?: string;
  readonly default?: JsonValue;
  readonly optional?: boolean;
  /** Shown at the end of the reference and not by `init`. */
  readonly advanced?: boolean;
  /** Masked everywhere. */
  readonly secret?: boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  /** `choice`: the allowed texts. */
  readonly values?: readonly string[];
  /** `fn`: its parameters and result, as shown in the reference: `(a, b) => a`. */
  readonly signature?: string;
  /** `fn`: it runs on the driver, and may be async. */
  readonly async?: boolean;
  /** `list` and `map`: what each element is. */
  readonly items?: Setting;
  /** `object`: its settings. */
  readonly properties?: { readonly [name: string]: Setting };
  /** `oneOf`: the alternatives, told apart by the type of the value; among texts, the first that fits. */
  readonly options?: readonly Setting[];
  /** An alternative whose value stands in the config as `{ [as]: value }`, since it looks like that of another one. */
  readonly as?: string;
  /** Only for types; never there at run time. */
  readonly type?: T;
}

export type SettingKind =
  | 'string'
  | 'integer'
  | 'number'
  | 'boolean'
  /** A text such as `10m` in a job file, milliseconds in a config. */
  | 'duration'
  /** A text such as `1MB` in a job file, bytes in a config. */
  | 'size'
  | 'choice'
  /** The text of a function in a job file, a FunctionReference in a config. */
  | 'fn'
  /** Relative to the job file there, absolute in a config. */
  | 'path'
  /** The name of a stream in a job file, the edge out of it in a config. */
  | 'stream'
  /** `json`, or `{ csv: { header: true } }`; in a config always the long form with all defaults. */
  | 'format'
  | 'json'
  /** The literal `false`. */
  | 'false'
  | 'list'
  | 'map'
  | 'object'
  | 'oneOf';

/** A format with its settings, as configs hold it. */
export interface FormatConfig {
  readonly name: string;
  readonly config: { readonly [setting: string]: JsonValue };
}

type Options = Omit<Setting, 'kind' | 'type' | 'properties' | 'options' | 'items' | 'values' | 'signature'>;
type Properties = { readonly [name: string]: Setting };

/** The type of the value that a setting has in a config. */
export type Static<S> = S extends { readonly type?: infer T } ? Exclude<T, undefined> : never;

type OptionalNames<P> = { [K in keyof P]: P[K] extends { readonly optional: true } ? K : never }[keyof P];
type ObjectOf<P> = { readonly [K in Exclude<keyof P, OptionalNames<P>>]: Static<P[K]> } & {
  readonly [K in OptionalNames<P>]?: Static<P[K]>;
};

const setting =
  <T>(kind: SettingKind) =>
  <const O extends Options>(options: O): Setting<T> & O => ({ kind, ...options });

export const s = {
  string: setting<string>('string'),
  integer: setting<number>('integer'),
  number: setting<number>('number'),
  boolean: setting<boolean>('boolean'),
  duration: setting<number>('duration'),
  size: setting<number>('size'),
  path: setting<string>('path'),
  stream: setting<Edge>('stream'),
  format: setting<FormatConfig>('format'),
  json: setting<JsonValue>('json'),
  no: setting<false>('false'),
  fn: <const O extends Options>(signature: string, options: O): Setting<FunctionReference> & O => ({
    kind: 'fn',
    signature,
    ...options,
  }),
  choice: <const V extends readonly string[], const O extends Options>(
    values: V,
    options: O,
  ): Setting<V[number]> & O => ({
    kind: 'choice',
    values,
    ...options,
  }),
  list: <S extends Setting, const O extends Options>(items: S, options: O): Setting<readonly Static<S>[]> & O => ({
    kind: 'list',
    items,
    ...options,
  }),
  map: <S extends Setting, const O extends Options>(
    items: S,
    options: O,
  ): Setting<{ readonly [name: string]: Static<S> }> & O => ({ kind: 'map', items, ...options }),
  object: <const P extends Properties, const O extends Options>(
    properties: P,
    options: O = {} as O,
  ): Setting<ObjectOf<P>> & O & { readonly properties: P } => ({ kind: 'object', properties, ...options }),
  oneOf: <const A extends readonly Setting[], const O extends Options>(
    alternatives: A,
    options: O,
  ): Setting<Static<A[number]>> & O => ({ kind: 'oneOf', options: alternatives, ...options }),
  as: <const N extends string, S extends Setting>(name: N, of: S) =>
    ({ ...of, as: name }) as Setting as Setting<{ readonly [K in N]: Static<S> }>,
};
