import { crc32 } from 'node:zlib';

/** Begins a line of text with its checksum, so that damage shows: `5f0a1c22 TEXT\n`. The text may not hold a line end. */
export const sealLine = (text: string, seed = 0): string => `${hex(crc32(text, seed))} ${text}\n`;

/** What a sealed line (without its line end) says, and its checksum, which may be the seed of the next; undefined if damaged. */
export function openLine(line: string, seed = 0): { readonly text: string; readonly checksum: number } | undefined {
  const text = line.slice(9);
  const checksum = crc32(text, seed);
  return line.startsWith(`${hex(checksum)} `) ? { text, checksum } : undefined;
}

const hex = (checksum: number): string => checksum.toString(16).padStart(8, '0');

/** A stretch of zeros that nothing of ours writes: the file was made longer, and the power failed before the content came. */
export const hasHole = (bytes: Uint8Array): boolean =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(hole);

const hole = Buffer.alloc(16);
