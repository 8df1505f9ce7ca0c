import type { FormatConfig } from '../../component/settings.ts';

/** The settings of the `http` source. */
export interface HttpConfig {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly format: FormatConfig;
  readonly delimiter: string;
  readonly maxRecordBytes: number;
  readonly onInvalid: 'refuse' | 'accept';
  readonly token?: string;
  readonly maxBodyBytes: number;
}

/** An answer other than 200. */
export class Refused extends Error {
  readonly status: number;
  readonly headers: { readonly [name: string]: string };

  constructor(status: number, reason: string, headers: { readonly [name: string]: string } = {}) {
    super(reason);
    this.status = status;
    this.headers = headers;
  }
}
