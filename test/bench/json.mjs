import { alternate, cli, report } from './compare.mjs';
import { eventsFile, jobFile, usersTable } from './input.mjs';
import { jsonJob } from './jobs.mjs';

/** Events as JSON: filtered, projected, looked up in a table and counted by key, against the yardstick. */
export async function run(megabytes = 200) {
  const [path, table] = [eventsFile(megabytes), usersTable()];
  const job = jobFile('json', jsonJob(path, table));
  const yardstick = new URL('./yardstick.mjs', import.meta.url).pathname;
  const seconds = await alternate({
    yardstick: [yardstick, 'json', path, table],
    'one thread': [cli, 'run', job, '--once', '-q', '--threads', '1'],
    'two threads': [cli, 'run', job, '--once', '-q', '--threads', '2'],
  });
  report(seconds, megabytes);
}
