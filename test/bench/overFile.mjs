import { alternate, cli, report } from './compare.mjs';
import { jobFile, textFile } from './input.mjs';
import { filesJob, steps } from './jobs.mjs';

const megabytes = 200;

/** A job over one file with one and two threads, against the yardstick. */
export async function overFile(name) {
  const path = textFile(megabytes);
  const job = jobFile(name, filesJob(steps[name], path));
  const yardstick = new URL('./yardstick.mjs', import.meta.url).pathname;
  const seconds = await alternate({
    yardstick: [yardstick, name, path],
    'one thread': [cli, 'run', job, '--once', '-q', '--threads', '1'],
    'two threads': [cli, 'run', job, '--once', '-q', '--threads', '2'],
  });
  report(seconds, megabytes);
}
