import type { FunctionReference } from '../../function/reference.ts';

/** The settings of the `http` sink; times in milliseconds. */
export interface HttpConfig {
  readonly url: string | FunctionReference;
  readonly method: string;
  readonly headers: { readonly [name: string]: string };
  readonly body: 'lines' | 'array' | FunctionReference;
  readonly batchSize: number;
  readonly timeout: number;
  readonly retry: Retry;
}

export interface Retry {
  readonly attempts: number;
  readonly min: number;
  readonly max: number;
}

/** What is sent, made before anything is. */
export interface HttpRequest {
  readonly url: string;
  readonly body: string | Uint8Array<ArrayBuffer>;
  readonly contentType: string;
}
