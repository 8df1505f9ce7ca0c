/** A process that is number 1 of a container does not die of signals that it sends itself. */
const abortAfter = 1_000;

/**
 * Ends the process by a signal with its default action. For when a thread hangs in a system call: `process.exit` would wait
 * for it.
 */
export function endBySignal(signal: 'SIGINT' | 'SIGTERM'): void {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  setTimeout(() => process.abort(), abortAfter);
}
