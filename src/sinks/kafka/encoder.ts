import { messageOf, StreamjobError } from '../../base/errors.ts';
import type { SinkTask } from '../../component/sink.ts';
import { jsonText } from '../../component/text.ts';
import type { FunctionReference } from '../../function/reference.ts';
import type { Content, Headers } from '../../kafka/records/encode.ts';
import { previewValue } from '../../plan/preview.ts';
import type { Backlog } from './backlog.ts';
import type { KafkaSinkConfig } from './types.ts';

/** Adds messages to the backlog, made of records with the functions of the user. It throws StreamjobError `step-failed` for what is none. */
export function openEncoder(config: KafkaSinkConfig, task: SinkTask, backlog: Backlog): (record: unknown) => void {
  const topicOf = topicFunction(config.topic, task);
  const keyOf = config.key ? userFunction(config.key, 'key', task) : () => null;
  const contentOf = config.value ? userFunction(config.value, 'value', task) : (record: unknown) => record;
  const headersOf = config.headers && headersFunction(config.headers, task);
  return (record) =>
    backlog.add(topicOf(record), bytesOf(keyOf(record)), bytesOf(contentOf(record)), headersOf?.(record));
}

/** Text and bytes are themselves, nothing is nothing, and everything else is JSON. */
function bytesOf(value: unknown): Content {
  if (typeof value === 'string' || value instanceof Uint8Array) return value;
  return value === null || value === undefined ? null : jsonText(value);
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
  return (record: unknown): Headers => {
    const headers = call(record) ?? {};
    if (typeof headers === 'object' && !Array.isArray(headers)) return encodeHeaders(headers);
    const message = `The sink ${task.sink}: its function \`headers\` returned ${previewValue(headers)}, which is no object.`;
    const remedy = 'Return an object such as `{ source: "web" }`; its values are texts, bytes or lists of them.';
    throw new StreamjobError('step-failed', message, { at: reference.at, record: previewValue(record), remedy });
  };
}

const encodeHeaders = (headers: object): Headers =>
  Object.fromEntries(
    Object.entries(headers)
      .filter(([, value]) => value !== undefined && value !== null)
      .map(([name, value]) => [name, Array.isArray(value) ? value.map(headerOf) : headerOf(value)]),
  );

const headerOf = (value: unknown): string | Uint8Array => bytesOf(value) ?? '';

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
