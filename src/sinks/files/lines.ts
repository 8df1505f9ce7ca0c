import { gzipSync } from 'node:zlib';
import { jsonText } from '../../component/text.ts';
import { csvLines } from './csv.ts';
import { type FilesConfig, formatName, isCompressed } from './names.ts';

/** How records become lines. */
export interface Lines {
  /** Without the line end. */
  lineOf(record: unknown): string;
  /** What a file begins with, with its line end; often nothing. */
  readonly head: string;
}

export function linesOf(config: FilesConfig): Lines {
  switch (formatName(config)) {
    case 'json':
      return { lineOf: jsonText, head: '' };
    case 'csv':
      return csvLines(typeof config.format === 'string' ? {} : config.format.csv);
    default:
      return { lineOf: (record) => (typeof record === 'string' ? record : jsonText(record)), head: '' };
  }
}

/** The bytes that a file begins with. */
export function headOf(config: FilesConfig): Uint8Array {
  const { head } = linesOf(config);
  return head === '' ? new Uint8Array(0) : Buffer.from(encoderOf(config)(head));
}

/** How text becomes the content of a file. A file of several gzip members, one behind the other, is a gzip file, too. */
export const encoderOf = (config: FilesConfig): ((text: string) => string | Uint8Array) =>
  isCompressed(config) ? (text) => gzipSync(text) : (text) => text;
