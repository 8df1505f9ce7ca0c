/**
 * Kills the process here if STREAMJOB_FAILPOINT names this place, at its first visit or, as in `journal.sync:3`, a later one.
 * For tests, which then see whether what is left on the disk recovers.
 */
export const failpoint: (name: string) => void = failing(process.env.STREAMJOB_FAILPOINT);

function failing(wanted: string | undefined): (name: string) => void {
  if (!wanted) return () => undefined;
  const [place, visit = '1'] = wanted.split(':');
  let visits = 0;
  return (name) => {
    if (name === place && ++visits === Number(visit)) die();
  };
}

/** Nothing may go on after it, on no thread. */
function die(): never {
  process.kill(process.pid, 'SIGKILL');
  for (;;);
}
