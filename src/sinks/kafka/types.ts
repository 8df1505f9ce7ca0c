import type { SinkTask } from '../../component/sink.ts';
import type { FunctionReference } from '../../function/reference.ts';
import type { Compression } from '../../kafka/codecs.ts';
import type { Connection, ConnectionConfig } from '../../kafka/settings.ts';

/** The settings of the `kafka` sink; times in milliseconds. */
export interface KafkaSinkConfig extends ConnectionConfig {
  readonly topic: string | { readonly by: FunctionReference };
  readonly key?: FunctionReference;
  readonly value?: FunctionReference;
  readonly headers?: FunctionReference;
  readonly compression: Compression;
  readonly exactlyOnce: boolean;
  readonly brokerTimeout: number;
}

/** Where to and for whom something is sent. */
export interface Sending {
  readonly config: KafkaSinkConfig;
  readonly task: SinkTask;
  readonly connection: Connection;
}
