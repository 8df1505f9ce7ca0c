import { didYouMean } from '../base/suggest.ts';
import type { CheckContext, Path, SettingProblem } from './checkContext.ts';
import type { Refusal } from './checkScalar.ts';
import { expected } from './expected.ts';
import type { Setting } from './settings.ts';

/** What has the properties: how it is called, where it stands, and the property that it gives in the short form. */
export interface Holder {
  readonly name: string;
  readonly path: Path;
  readonly short?: string;
}

export function reportUnknownKey(
  key: string,
  known: readonly string[],
  { name, path }: Holder,
  context: CheckContext,
): void {
  const list = known.length > 0 ? `Its settings are ${known.join(', ')}.` : 'It has no settings.';
  context.report({
    path: [...path, key],
    on: 'key',
    code: 'unknown-key',
    message: name ? `\`${key}\` is not a setting of \`${name}\`.` : `\`${key}\` is not known here.`,
    remedy: `${didYouMean(key, known)}${name ? list : `Known here: ${known.join(', ')}.`}`,
  });
}

export function reportMissing(
  key: string,
  setting: Setting,
  { name, path, short }: Holder,
  context: CheckContext,
): void {
  const message = name ? `\`${key}\` of \`${name}\` is missing` : `\`${key}\` is missing`;
  const isShort = short !== undefined;
  report(context, path, {
    code: 'missing-key',
    message: isShort ? `${message}: the short form gives \`${short}\` only.` : `${message}.`,
    remedy: isShort
      ? `Use the long form: ${name}: { ${short}: …, ${key}: … }.`
      : `Add \`${key}: …\`, ${expected(setting)}.`,
  });
}

/** Says what a value must be. */
export function refuse(context: CheckContext, path: Path, { must, ...rest }: Refusal): undefined {
  report(context, path, { message: `${titleOf(path)} must ${must}.`, ...rest });
}

/** Says what is wrong with a value. */
export function report(context: CheckContext, path: Path, problem: Omit<SettingProblem, 'path' | 'on'>): void {
  context.report({ path, on: 'value', ...problem });
}

/** The nearest name above: the last key of a path. */
export const nameOf = (path: Path): string => path.findLast((step) => typeof step === 'string') ?? '';

/** How a value is called in a message: `limit`, item 2 of `brokers`. */
function titleOf(path: Path): string {
  const last = path.at(-1);
  const name = nameOf(path);
  if (typeof last === 'number') return name ? `Item ${last + 1} of \`${name}\`` : `Item ${last + 1}`;
  return name ? `\`${name}\`` : 'The value';
}
