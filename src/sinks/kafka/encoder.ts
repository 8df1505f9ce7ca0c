import { messageOf, StreamjobError } from '../../base/errors.ts';
import type { SinkTask } from '../../component/sink.ts';
import { jsonText } from '../../component/text.ts';
import type { FunctionReference } from '../../function/reference.ts';
import { previewValue } from '../../plan/preview.ts';
import type { KafkaSinkConfig, Message } from './types.ts';

/** Makes messages of records, with the functions of the user. It throws StreamjobError `step-failed` for what is none. */
export function openEncoder(config: KafkaSinkConfig, task: SinkTask): (record: unknown) => Message {
  const topicOf = topicFunction(config.topic, task);
  const keyOf = config.key ? userFunction(config.key, 'key', task) : () => null;
  const contentOf = config.value ? userFunction(config.value, 'value', task) : (record: unknown) => record;
  const headersOf = config.headers && headersFunction(config.headers, task);
  return (record) => ({
    topic: topicOf(record),
    key: bytesOf(keyOf(record)),
    value: bytesOf(contentOf(record)),
    ...(headersOf && { headers: headersOf(record) }),
  });
}

/** Text and bytes are themselves, nothing is nothing, and everything else is JSON. */
function bytesOf(value: unknown): string | Buffer | null {
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) return null;
  return value instanceof Uint8Array ? Buffer.from(value) : jsonText(value);
}

function topicFunction(topic: KafkaSinkConfig['topic'], task: SinkTask): (record: unknown) => string {
  if (typeof topic === 'string') return () => topic;
  const call = userFunction(topic.by, 'topic', task);
  return (record) => {
    const name = call(record);
    if (typeof name === 'string' && isTopicName(name)) return name;
    const message = `The sink ${task.sink}: its function \`topic\` returned ${previewValue(name)}, which is no name of a topic.`;
    throw new StreamjobError('step-failed', message, {
      at: topic.by.at,
      record: previewValue(record),
      remedy: nameRemedy,
    });
  };
}

export const isTopicName = (name: string): boolean => /^[\w.-]{1,249}$/.test(name) && name !== '.' && name !== '..';
export const nameRemedy = 'Names have letters, digits, `.`, `_` and `-`, at most 249 of them.';

function headersFunction(reference: FunctionReference, task: SinkTask) {
  const call = userFunction(reference, 'headers', task);
  return (record: unknown): NonNullable<Message['headers']> => {
    const headers = call(record) ?? {};
    if (typeof headers === 'object' && !Array.isArray(headers)) return encodeHeaders(headers);
    const message = `The sink ${task.sink}: its function \`headers\` returned ${previewValue(headers)}, which is no object.`;
    const remedy = 'Return an object such as `{ source: "web" }`; its values are texts, bytes or lists of them.';
    throw new StreamjobError('step-failed', message, { at: reference.at, record: previewValue(record), remedy });
  };
}

const encodeHeaders = (headers: object): NonNullable<Message['headers']> =>
  Object.fromEntries(
    Object.entries(headers)
      .filter(([, value]) => value !== undefined && value !== null)
      .map(([name, value]) => [name, Array.isArray(value) ? value.map(headerOf) : headerOf(value)]),
  );

const headerOf = (value: unknown): string | Buffer => bytesOf(value) ?? '';

/** The function of a setting; what it throws names the setting, and shows what it was given. */
function userFunction(reference: FunctionReference, setting: string, task: SinkTask): (record: unknown) => unknown {
  const call = task.compile(reference);
  return (record) => {
    try {
      return call(record);
    } catch (cause) {
      const message = `The sink ${task.sink}: its function \`${setting}\` failed: ${messageOf(cause)}`;
      throw new StreamjobError('step-failed', message, { at: reference.at, record: previewValue(record), cause });
    }
  };
}
