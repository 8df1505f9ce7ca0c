import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { messageOf, StreamjobError } from '../../base/errors.ts';
import { framingOptions, maxDelimiterBytes, textStart } from '../../component/delimited.ts';
import type { Framer, FramingOptions, LoadFormat } from '../../component/format.ts';
import type { Split, SplitOutput, SplitReader } from '../../component/source.ts';
import { decompress } from './compressed.ts';
import { headOf, openRecords, type Records } from './records.ts';
import { type FilesConfig, type FoundFile, foundFile, isCompressed, isUnchanged } from './types.ts';

/** What a task is to read: bytes of a file as it was when the batch was planned. */
type FileSplit = Omit<FoundFile, 'birthtimeMs'> & { readonly offset: number; readonly length: number };

/** How the bytes of all files are framed. */
interface Framing {
  readonly framer: Framer;
  readonly headed: boolean;
  readonly options: FramingOptions;
}

/** Small pieces stay in the processor's cache from reading to the last step: twice as fast as pieces of 1 MB. */
const pieceBytes = 64 * 1024;

/** Reads ranges of files, one at a time, into one buffer. */
export function openReader(config: FilesConfig, loadFormat: LoadFormat): SplitReader {
  const piece = Buffer.allocUnsafeSlow(pieceBytes);
  let framing: Framing | undefined;
  return {
    async read(split: Split, out: SplitOutput) {
      framing ??= await openFraming(config, loadFormat);
      const range = split as unknown as FileSplit;
      out.input(range.path);
      try {
        await readSplit({ ...framing, range, piece }, out);
      } catch (error) {
        if (config.onDataLoss === 'fail' || !isLoss(error)) throw error;
        out.log('warn', `${error.message} The job goes on without what is lost (onDataLoss: skip).`);
      }
    },
  };
}

async function openFraming(config: FilesConfig, loadFormat: LoadFormat): Promise<Framing> {
  const { config: settings, name } = config.format;
  const format = await loadFormat(name);
  const options = framingOptions(config);
  return { framer: format.framer(settings, options), headed: format.headed?.(settings) ?? false, options };
}

const isLoss = (error: unknown): error is StreamjobError =>
  error instanceof StreamjobError && error.code === 'input-changed';

/** What was planned must be there, before and after. */
async function readSplit(split: Omit<Reading, 'file'>, out: SplitOutput): Promise<void> {
  const file = openPlanned(split.range);
  try {
    checkUnchanged(file, split.range);
    if (isCompressed(split.range.path)) await readCompressed({ ...split, file }, out);
    else readRange({ ...split, file }, out);
    checkUnchanged(file, split.range);
  } finally {
    closeSync(file);
  }
}

function openPlanned({ path }: FileSplit): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw changed(path, 'is gone', error);
    throw new StreamjobError('file-missing', `${path} cannot be read: ${messageOf(error)}.`, {
      cause: error,
      remedy: 'Let the user who runs the job read it, or take it away.',
    });
  }
}

function checkUnchanged(file: number, range: FileSplit): void {
  const now = foundFile(range.path, fstatSync(file));
  if (isUnchanged(range, now)) return;
  const what = now.ino !== range.ino || now.dev !== range.dev ? 'is another file' : 'has changed';
  throw changed(range.path, `${what} (${range.size} bytes were planned, there are ${now.size})`);
}

const changed = (path: string, what: string, cause?: unknown): StreamjobError =>
  new StreamjobError('input-changed', `${path} ${what}: it was planned for a batch and not yet read.`, {
    cause,
    remedy:
      'Write files elsewhere and rename them into place, or raise the source’s `minAge`; `onDataLoss: skip` goes on without it.',
  });

interface Reading extends Framing {
  readonly file: number;
  readonly range: FileSplit;
  readonly piece: Buffer;
}

/** All of it is one range: where a record begins is only known from the beginning. */
async function readCompressed(reading: Reading, out: SplitOutput): Promise<void> {
  const { file, range, framer } = reading;
  const records = openRecords({ ...reading, path: range.path }, out);
  let begun = false;
  const push = (bytes: Uint8Array): void => {
    records.push(bytes, begun ? 0 : textStart(framer, bytes, 0, bytes.length), bytes.length);
    begun = true;
  };
  const damage = await decompress(file, range, push);
  if (damage === undefined) return records.end();
  checkUnchanged(file, range);
  out.bad(range.path, damage);
}

/** A range owns the records that begin in it: it ends where the next one begins. */
function readRange(reading: Reading, out: SplitOutput): void {
  const { offset, length, size, path } = reading.range;
  const start = boundaryAt(reading, offset);
  const end = offset + length >= size ? size : boundaryAt(reading, offset + length);
  if (start >= end) return;
  const head = reading.headed && start > 0 ? readHead(reading) : undefined;
  const records = openRecords({ ...reading, path, ...(head && { head }) }, out);
  readBytes(reading, start, end, records);
  records.end();
}

/** The head of a file, for a range that does not begin with it. */
function readHead(reading: Reading): ReturnType<typeof headOf> {
  const { framer, options, range } = reading;
  const head = headOf(framer, options);
  const records = openRecords({ ...reading, path: range.path, head }, nothing);
  readBytes(reading, 0, range.size, records, () => head.bytes !== undefined);
  records.end();
  return head;
}

const nothing = { bytes: () => {}, bad: () => {} };

function readBytes(reading: Reading, start: number, end: number, records: Records, enough = () => false): void {
  const { piece, framer } = reading;
  for (let at = start; at < end && !enough(); ) {
    const read = readPiece(reading, at, Math.min(end - at, pieceBytes));
    records.push(piece, at === 0 ? textStart(framer, piece, 0, read) : 0, read);
    at += read;
  }
}

/** The first offset from here on at which a record begins, or the end of the file. */
function boundaryAt(reading: Reading, offset: number): number {
  const { range, framer, piece } = reading;
  const { recordLength } = framer;
  if (offset === 0) return 0;
  if (recordLength) return Math.min(range.size, Math.ceil(offset / recordLength) * recordLength);
  // The delimiter before a record that begins just here has begun earlier.
  let from = Math.max(0, offset - maxDelimiterBytes);
  let after = offset - 1 - from;
  while (from + after < range.size) {
    const read = readPiece(reading, from, Math.min(range.size - from, pieceBytes));
    const boundary = framer.firstBoundary(piece, 0, read, after);
    if (boundary >= 0) return from + boundary;
    if (from + read === range.size) break;
    from += read - maxDelimiterBytes;
    after = maxDelimiterBytes;
  }
  return range.size;
}

function readPiece({ file, range, piece }: Reading, at: number, length: number): number {
  const read = readSync(file, piece, 0, length, at);
  if (read === 0) throw changed(range.path, `has only ${at} bytes left (${range.size} were planned)`);
  return read;
}
