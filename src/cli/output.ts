import { once } from 'node:events';

const listeners = new Set<() => void>();

/** From now on output that nobody reads any more, as after `| head`, is no uncaught error: see `onClosedOutput`. */
export function toleratesClosedOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    for (const listener of listeners) listener();
  });
  process.stderr.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

/** Calls back when standard output is found closed. Returns what takes the wish back. */
export function onClosedOutput(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Writes a result. Results go to standard output, everything else to standard error. */
export async function print(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain').catch(() => {});
}

/** Whether colours are wanted there: on a terminal, unless NO_COLOR says otherwise or FORCE_COLOR says so anyway. */
export const colourful = (stream: NodeJS.WriteStream = process.stdout): boolean =>
  stream.isTTY ? stream.hasColors() : Boolean(process.env.FORCE_COLOR);
