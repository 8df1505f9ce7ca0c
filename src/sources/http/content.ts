import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { messageOf, type StreamjobError } from '../../base/errors.ts';
import { type HttpConfig, Refused } from './types.ts';

/**
 * The records of a body, framed as the source's format wants them. Throws Refused if one of them is not of the format and
 * such bodies are refused.
 */
export function contentOf(
  body: Buffer,
  { headers }: IncomingMessage,
  config: HttpConfig,
  firstError: (bytes: Uint8Array) => StreamjobError | undefined,
): Uint8Array {
  const whole = isJson(headers['content-type'], config) ? linesOf(body) : undefined;
  const [records, notJson] = whole instanceof Uint8Array ? [whole] : [body, whole];
  // What was written anew as lines can only be too long.
  const isFine = records === whole && records.length <= config.maxRecordBytes;
  const error = isFine || config.onInvalid === 'accept' ? undefined : firstError(records);
  if (error === undefined) return records;
  throw new Refused(400, notJson ? `the body is not valid JSON: ${notJson.message}` : error.message);
}

const isJson = (type = '', { format, delimiter }: HttpConfig): boolean =>
  format.name === 'json' && delimiter === '\n' && /^application\/([\w.-]+\+)?json\s*(;|$)/i.test(type);

/** A line for each element of a list, or one for a single value; or why it is no JSON: it may still be lines of it. */
function linesOf(body: Buffer): Uint8Array | { readonly message: string } {
  if (!isUtf8(body)) return { message: 'it is not UTF-8' };
  try {
    const value: unknown = JSON.parse(body.toString());
    const records = Array.isArray(value) ? value : [value];
    return Buffer.from(records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  } catch (error) {
    return { message: messageOf(error) };
  }
}
