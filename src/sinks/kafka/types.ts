import type { FunctionReference } from '../../function/reference.ts';
import type { Compression } from '../../kafka/codecs.ts';
import type { ConnectionConfig } from '../../kafka/settings.ts';

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

/** What is sent of a record. */
export interface Message {
  readonly topic: string;
  readonly key: string | Buffer | null;
  readonly value: string | Buffer | null;
  readonly headers?: { readonly [name: string]: string | Buffer | (string | Buffer)[] };
}
