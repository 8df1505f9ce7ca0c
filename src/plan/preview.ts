import { inspect } from 'node:util';

/** A value as a short text for messages: one line, cut. */
export function previewValue(value: unknown): string {
  const text = inspect(value, {
    depth: 3,
    breakLength: Number.POSITIVE_INFINITY,
    maxArrayLength: 20,
    maxStringLength: 200,
  });
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
