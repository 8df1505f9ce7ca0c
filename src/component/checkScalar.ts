import { formatByteSize, parseByteSize } from '../base/byteSize.ts';
import { describe } from '../base/describe.ts';
import { formatDuration, parseDuration } from '../base/duration.ts';
import type { ErrorCode } from '../base/errors.ts';
import { didYouMean } from '../base/suggest.ts';
import { expected } from './expected.ts';
import type { Setting } from './settings.ts';

/** A value in its final type, or what is wrong with it; `must` goes on the sentence "`limit` must …". */
export type Scalar = { readonly value: unknown } | Refusal;

export interface Refusal {
  readonly code: ErrorCode;
  readonly must: string;
  readonly remedy?: string;
}

export const wrongType = (setting: Setting, value: unknown, remedy?: string): Refusal => ({
  code: 'wrong-type',
  must: `be ${expected(setting)}, not ${describe(value)}`,
  ...(remedy !== undefined && { remedy }),
});

const badValue = (setting: Setting, value: unknown, remedy?: string): Refusal => ({
  ...wrongType(setting, value, remedy),
  code: 'bad-value',
});

export function checkText(setting: Setting, value: unknown): Scalar {
  if (typeof value === 'string') return { value };
  const isScalar = typeof value === 'number' || typeof value === 'boolean';
  return wrongType(setting, value, isScalar ? `Quote it: "${value}".` : undefined);
}

export function checkNumber(setting: Setting, value: unknown): Scalar {
  if (typeof value !== 'number') return wrongType(setting, value);
  if (!Number.isFinite(value) || (setting.kind === 'integer' && !Number.isSafeInteger(value))) {
    return badValue(setting, value);
  }
  return withinRange(setting, value, String);
}

export function checkBoolean(setting: Setting, value: unknown): Scalar {
  if (typeof value === 'boolean' && (setting.kind === 'boolean' || !value)) return { value };
  const isWord = typeof value === 'string' && /^(yes|no|on|off)$/i.test(value);
  return wrongType(setting, value, isWord ? 'Write `true` or `false`.' : undefined);
}

export function checkChoice(setting: Setting, value: unknown): Scalar {
  const values = setting.values ?? [];
  if (typeof value !== 'string') return wrongType(setting, value);
  if (values.includes(value)) return { value };
  return badValue(setting, value, didYouMean(value, values).trim() || undefined);
}

/** Milliseconds; a number is taken as such only where `numbers` says so. */
export function checkDuration(setting: Setting, value: unknown, numbers: boolean): Scalar {
  if (typeof value === 'number') {
    if (!numbers) return wrongType(setting, value, `Write the unit: \`${value}s\` or \`${value}ms\`.`);
    return Number.isSafeInteger(value) && value >= 0
      ? withinRange(setting, value, formatDuration)
      : { code: 'bad-value', must: `be a whole number of milliseconds, not ${describe(value)}` };
  }
  if (typeof value !== 'string') return wrongType(setting, value);
  const ms = parseDuration(value);
  return ms === undefined ? badValue(setting, value, durationRemedy(value)) : withinRange(setting, ms, formatDuration);
}

const unitWords = [
  [/^(ms|msecs?|millis|milliseconds?)$/i, 1],
  [/^(s|secs?|seconds?)$/i, 1e3],
  [/^(m|mins?|minutes?)$/i, 60e3],
  [/^(h|hrs?|hours?)$/i, 3600e3],
  [/^(d|days?)$/i, 86400e3],
] as const;

/** `1.5 min` was meant as `90s`. */
function durationRemedy(text: string): string | undefined {
  const [, count, unit = ''] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*$/i.exec(text) ?? [];
  const size = unitWords.find(([word]) => word.test(unit))?.[1];
  const ms = Number(count) * (size ?? Number.NaN);
  return Number.isSafeInteger(ms) ? `Write \`${formatDuration(ms)}\`.` : undefined;
}

/** Bytes. */
export function checkSize(setting: Setting, value: unknown): Scalar {
  if (typeof value === 'number') return wrongType(setting, value, `Write the unit: \`${value}MB\` or \`${value}B\`.`);
  if (typeof value !== 'string') return wrongType(setting, value);
  const bytes = parseByteSize(value);
  return bytes === undefined
    ? badValue(setting, value, sizeRemedy(value))
    : withinRange(setting, bytes, formatByteSize);
}

/** `64 kb` was meant as `64KB`. */
function sizeRemedy(text: string): string | undefined {
  const [, count, prefix = '', binary = ''] = /^\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?\s*$/i.exec(text) ?? [];
  if (count === undefined) return undefined;
  const guess = `${count}${prefix.toUpperCase()}${prefix && binary.toLowerCase()}B`;
  return parseByteSize(guess) === undefined ? undefined : `Write \`${guess}\`.`;
}

function withinRange(setting: Setting, value: number, show: (value: number) => string): Scalar {
  const { minimum, maximum } = setting;
  if (minimum !== undefined && value < minimum) {
    return { code: 'bad-value', must: `be at least ${show(minimum)}, not ${show(value)}` };
  }
  if (maximum !== undefined && value > maximum) {
    return { code: 'bad-value', must: `be at most ${show(maximum)}, not ${show(value)}` };
  }
  return { value };
}
