import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { messageOf, StreamjobError } from '../../base/errors.ts';

const inputBytes = 256 * 1024;
const outputBytes = 64 * 1024;

/**
 * Gives the content of an open `.gz` file piece by piece, never all of it. Returns what is wrong with it if it is damaged; what
 * comes before the damage has been given then. Rejects with what `push` throws.
 */
export async function decompress(
  file: number,
  { path, size }: { readonly path: string; readonly size: number },
  push: (bytes: Uint8Array) => void,
): Promise<StreamjobError | undefined> {
  const compressed = createReadStream('', {
    fd: file,
    autoClose: false,
    start: 0,
    end: size - 1,
    highWaterMark: inputBytes,
  });
  try {
    await pipeline(compressed, createGunzip({ chunkSize: outputBytes }), async (pieces) => {
      for await (const piece of pieces) push(piece as Uint8Array);
    });
    return undefined;
  } catch (error) {
    if (!isDamage(error)) throw error;
    return damaged(path, error);
  }
}

const isDamage = (error: unknown): boolean => /^Z_/.test(String((error as NodeJS.ErrnoException).code));

const damaged = (path: string, cause: unknown): StreamjobError =>
  new StreamjobError('source-failed', `${path} is damaged: ${messageOf(cause)}.`, {
    cause,
    remedy: 'Replace the file; with an `onError` the job goes on with the records before the damage.',
  });
