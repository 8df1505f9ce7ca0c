import { constants } from 'node:os';

type Signal = 'SIGINT' | 'SIGTERM';

/**
 * The first SIGINT or SIGTERM calls `gracefully`, the next one `atOnce` with the exit code of a process that it ended (130
 * or 143). Returns what gives the signals back to the system.
 */
export function onSignals(gracefully: (signal: Signal) => void, atOnce: (exitCode: number) => void): () => void {
  let stopping = false;
  const receive = (signal: Signal): void => {
    if (stopping) atOnce(128 + constants.signals[signal]);
    else gracefully(signal);
    stopping = true;
  };
  process.on('SIGINT', receive).on('SIGTERM', receive);
  return () => process.off('SIGINT', receive).off('SIGTERM', receive);
}
