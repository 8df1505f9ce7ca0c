// usage: node test/soak/main.mjs [--minutes N] [NAME…]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const names = ['socket', 'files', 'states', 'webhook'];
/** Those that are killed and started again. */
const mortal = ['files', 'states'];
const lookEvery = 10_000;
const patience = 60_000;

const { values, positionals } = parseArgs({
  options: { minutes: { type: 'string', default: '1' } },
  allowPositionals: true,
});
const until = Date.now() + Number(values.minutes) * 60_000;
const directory = mkdtempSync(join(tmpdir(), 'streamjob-soak-'));

const jobs = [];
for (const name of positionals.length > 0 ? positionals : names) {
  const { open } = await import(`./${name}.mjs`);
  jobs.push(await open(join(directory, name)));
}

const time = new AbortController();
const work = Promise.all(
  jobs.map((job) => job.work(time.signal).catch((error) => console.error(`${job.name}: ${error}`))),
);
while (Date.now() < until && jobs.every(({ process, name }) => process.running || mortal.includes(name))) {
  await sleep(Math.min(lookEvery, Math.max(1, until - Date.now())));
  for (const job of jobs) tell(job);
}
time.abort();
await Promise.race([work, sleep(patience)]);

const wrong = (await Promise.all(jobs.map(finish))).filter((what) => what !== undefined);
for (const what of wrong) console.error(what);
if (wrong.length === 0) rmSync(directory, { recursive: true });
else console.error(`what is left of it: ${directory}`);
process.exit(wrong.length === 0 ? 0 : 1);

function tell({ name, process, report }) {
  const { batches, records, faults } = process;
  console.log(`${name}: ${batches} batches, ${records} records, ${faults} faults; ${report()}; ${process.usage()}`);
}

/** Waits until everything has been worked off, ends the job, and says what is wrong. */
async function finish(job) {
  const { name, process } = job;
  for (const deadline = Date.now() + patience; !job.settled() && Date.now() < deadline && process.running; )
    await sleep(100);
  tell(job);
  const { code, signal } = await process.end();
  job.close?.();
  const what = code === 0 ? job.wrong() : `it ended with ${code ?? signal}:\n${process.log}`;
  console.log(`${name}: ${what === undefined ? 'right' : 'WRONG'}`);
  return what === undefined ? undefined : `${name}: ${what}`;
}
