import { appendFileSync } from 'node:fs';

/**
 * A place at which the power may fail. Kills the process here if STREAMJOB_FAILPOINT names this place, at its first visit or, as in
 * `journal.sync:3`, a later one. STREAMJOB_FAILPOINTS_SEEN names a file to which each place is added when it is visited.
 * For tests, which then see whether what is left on the disk recovers.
 */
export const failpoint: (name: string) => void = failing(process.env);

function failing(env: NodeJS.ProcessEnv): (name: string) => void {
  const { STREAMJOB_FAILPOINT: wanted, STREAMJOB_FAILPOINTS_SEEN: seen } = env;
  if (seen) return (name) => appendFileSync(seen, `${name}\n`);
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
