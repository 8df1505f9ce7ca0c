import { alternate, cli, report } from './compare.mjs';

/** The bundled example to its end, with all it prints. */
export async function run() {
  const job = new URL('../../jobs/wordcount-files.yaml', import.meta.url).pathname;
  report(await alternate({ 'node -e 0': ['-e', '0'], 'first batch': [cli, 'run', job, '--once', '-q'] }, 15));
}
