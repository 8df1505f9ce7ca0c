import { messageOf, StreamjobError } from '../../base/errors.ts';
import type { SinkTask } from '../../component/sink.ts';
import { jsonText } from '../../component/text.ts';
import { refuseAsync } from '../../function/compile.ts';
import type { FunctionReference } from '../../function/reference.ts';
import { previewValue } from '../../plan/preview.ts';
import { whyNot } from './address.ts';
import type { HttpConfig, HttpRequest } from './config.ts';

/** Makes requests of records, with the functions of the user. */
export interface RequestMaker {
  url(record: unknown): string;
  request(url: string, records: readonly unknown[], number: number): HttpRequest;
}

export function openMaker(config: HttpConfig, task: SinkTask): RequestMaker {
  return { url: urlMaker(config, task), request: bodyMaker(config, task) };
}

function urlMaker({ url }: HttpConfig, task: SinkTask): RequestMaker['url'] {
  if (typeof url === 'string') return () => url;
  const call = userFunction(url, 'url', task);
  return (record) => {
    const result = call(record, record);
    const why = typeof result === 'string' ? whyNot(result) : { what: 'is no text', remedy: 'Return a URL.' };
    if (why === undefined) return result as string;
    const message = `The sink ${task.sink}: what the function \`url\` returned ${why.what}.`;
    throw new StreamjobError('step-failed', message, { ...why, at: url.at, record: previewValue(record) });
  };
}

const json = 'application/json';

function bodyMaker({ body }: HttpConfig, task: SinkTask): RequestMaker['request'] {
  if (body === 'array') return (url, records) => ({ url, body: `[${records.map(jsonText)}]`, contentType: json });
  if (body === 'lines') {
    const text = (records: readonly unknown[]): string => records.map((record) => `${jsonText(record)}\n`).join('');
    return (url, records) => ({ url, body: text(records), contentType: 'application/x-ndjson' });
  }
  const call = userFunction(body, 'body', task);
  const { time, partition } = task;
  return (url, records, number) => {
    const result = call(records, records, { time, partition, number });
    if (result === undefined) throw noBody(task.sink, body, records);
    return { url, ...contentOf(result) };
  };
}

function contentOf(result: unknown): Pick<HttpRequest, 'body' | 'contentType'> {
  if (typeof result === 'string') return { body: result, contentType: 'text/plain; charset=utf-8' };
  if (result instanceof Uint8Array) return { body: new Uint8Array(result), contentType: 'application/octet-stream' };
  return { body: jsonText(result), contentType: json };
}

/** The function of a setting; what it throws names the setting, and shows what it was given. */
function userFunction(reference: FunctionReference, setting: string, task: SinkTask) {
  const call = task.compile(reference);
  refuseAsync(call, reference);
  return (given: unknown, ...args: unknown[]): unknown => {
    try {
      return call(...args);
    } catch (cause) {
      const message = `The sink ${task.sink}: its function \`${setting}\` failed: ${messageOf(cause)}`;
      throw new StreamjobError('step-failed', message, { at: reference.at, record: previewValue(given), cause });
    }
  };
}

const noBody = (sink: string, { at }: FunctionReference, records: readonly unknown[]): StreamjobError =>
  new StreamjobError('step-failed', `The sink ${sink}: its function \`body\` returned nothing.`, {
    at,
    record: previewValue(records),
    remedy: 'Return a text, bytes or a value that becomes JSON; leave records out with a `filter` step.',
  });
