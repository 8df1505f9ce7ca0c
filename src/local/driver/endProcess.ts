import { writeSync } from 'node:fs';

/** A process that is number 1 of a container does not die of signals that it sends itself. */
const abortAfter = 1_000;

/**
 * Ends the process by a signal with its default action. For when a thread hangs in a system call: `process.exit` would
 * wait for it.
 */
export function endProcess(why: string): void {
  try {
    writeSync(2, `${why}\n`);
  } catch {
    // Nobody reads standard error any more.
  }
  process.removeAllListeners('SIGTERM');
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => process.abort(), abortAfter);
}
