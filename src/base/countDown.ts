/** Milliseconds that are counted at a time, or a tenth of the whole if that is less. */
const step = 1_000;

/**
 * Calls `over` once the thread has got to its timers for `ms` milliseconds: of a while in which it was busy, or the process suspended, only one
 * step counts, so that what has happened meanwhile is heard first. Gives what ends the counting.
 */
export function countDown(ms: number, over: () => void): () => void {
  const most = Math.min(step, ms / 10);
  let left = ms;
  const next = (): NodeJS.Timeout => {
    const counted = Math.min(most, left);
    return setTimeout(() => {
      left -= counted;
      if (left > 0) timer = next();
      else over();
    }, counted);
  };
  let timer = next();
  return () => clearTimeout(timer);
}
