import { open } from 'node:fs/promises';

/** Resolves when what has been written to a file is safe against a loss of power. */
export async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A name, new or changed, is safe when its directory is. */
export const syncDirectory = syncFile;
