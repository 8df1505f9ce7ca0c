import { readdirSync } from 'node:fs';

/** What is in a directory; nothing if it is not there. */
export function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
