import { onClosedOutput } from './output.ts';
import { onSignals } from './signals.ts';

/** Looks into a job until there is nothing more to see, or a signal comes, or nobody reads the output: then `leave` is aborted. */
export async function untilLeft(look: (leave: AbortController) => Promise<void>): Promise<void> {
  const leave = new AbortController();
  const end = (): void => leave.abort();
  const undo = [onSignals(end, end), onClosedOutput(end)];
  try {
    await look(leave);
  } finally {
    for (const restore of undo) restore();
  }
}
