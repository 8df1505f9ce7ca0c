import { StreamjobError } from '../../base/errors.ts';
import type { FormatConfig } from '../../component/settings.ts';
import type { ConnectionConfig } from '../../kafka/settings.ts';

/** The settings of the `kafka` source. */
export interface KafkaConfig extends ConnectionConfig {
  readonly topics: string | readonly string[];
  readonly from: 'earliest' | 'latest' | { readonly timestamp: number | string };
  readonly format: FormatConfig;
  readonly record: 'value' | 'full';
  readonly groupId?: string;
  readonly maxRatePerPartition?: number;
  readonly maxRecordsPerBatch: number;
  readonly brokerTimeout: number;
  readonly onDataLoss: 'fail' | 'skip';
}

/** What a task is to read: the messages of a partition from an offset on, up to another one that is not read. */
export interface OffsetRange {
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
  readonly until: number;
}

/** Names, or what names have to match. */
export type TopicChoice = { readonly names: readonly string[] } | { readonly pattern: RegExp };

/** Throws StreamjobError `bad-value`. */
export function topicChoice(topics: KafkaConfig['topics']): TopicChoice {
  const names = (typeof topics === 'string' ? topics.split(',') : topics).map((name) => name.trim());
  const pattern = typeof topics === 'string' ? /^\/(.+)\/$/s.exec(topics.trim()) : null;
  if (pattern) return { pattern: compiled(pattern[1]!) };
  const wrong = names.find((name) => !/^[\w.-]{1,249}$/.test(name));
  if (wrong === undefined && names.length > 0) return { names: [...new Set(names)] };
  const what = wrong === undefined ? 'An empty list' : JSON.stringify(wrong);
  throw new StreamjobError('bad-value', `${what} is no name of a Kafka topic.`, {
    remedy: 'Names have letters, digits, `.`, `_` and `-`; a pattern stands between slashes: `/^orders-.*/`.',
  });
}

function compiled(source: string): RegExp {
  try {
    return new RegExp(source);
  } catch (cause) {
    throw new StreamjobError('bad-value', `/${source}/ is no regular expression.`, {
      cause,
      remedy: 'Write the topics as a regular expression of JavaScript between slashes, or their names.',
    });
  }
}

/** Where to begin, as the client wants it. Throws StreamjobError `bad-value` for what is no time. */
export function beginning(from: KafkaConfig['from']): 'earliest' | 'latest' | number {
  if (typeof from === 'string') return from;
  const time = typeof from.timestamp === 'number' ? from.timestamp : Date.parse(from.timestamp);
  if (Number.isFinite(time)) return time;
  throw new StreamjobError('bad-value', `${JSON.stringify(from.timestamp)} is no time.`, {
    remedy: 'Write milliseconds since the epoch, or a time such as `2026-01-31T12:00:00Z`.',
  });
}
