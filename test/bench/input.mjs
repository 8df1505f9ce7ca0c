import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const directory = join(tmpdir(), 'streamjob-bench');
mkdirSync(directory, { recursive: true });

/** A file of text, made once: lines of ten words, the frequent ones more frequent, out of 50,000. */
export function textFile(megabytes) {
  const path = join(directory, `text-${megabytes}.txt`);
  if (!existsSync(path)) {
    writeText(`${path}.part`, megabytes * 1e6);
    renameSync(`${path}.part`, path);
  }
  return path;
}

function writeText(path, bytes) {
  const random = generator(12_345);
  const words = Array.from({ length: 50_000 }, (_, i) => word(i));
  const file = openSync(path, 'w');
  for (let written = 0; written < bytes; ) {
    const lines = Array.from({ length: 10_000 }, () =>
      Array.from({ length: 10 }, () => words[Math.floor(random() ** 3 * words.length)]).join(' '),
    );
    written += writeSync(file, `${lines.join('\n')}\n`);
  }
  closeSync(file);
}

const word = (i) => (i + 7).toString(26).replace(/\d/g, (digit) => 'qrstuvwxyz'[digit]) + (i % 3 === 0 ? 'ing' : '');

function generator(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state / 0x7fffffff;
  };
}

/** A large file of text: the same 100 MB again and again. To be removed. */
export function hugeFile(megabytes) {
  const path = join(directory, `huge-${megabytes}.txt`);
  const part = readFileSync(textFile(Math.min(100, megabytes)));
  const file = openSync(path, 'w');
  for (let written = 0; written < megabytes * 1e6; ) written += writeSync(file, part);
  closeSync(file);
  return path;
}

/** Lines of so many bytes. To be removed. */
export function messagesFile(count, bytes) {
  const path = join(directory, `messages-${count}.txt`);
  const random = generator(777);
  const line = () => Array.from({ length: bytes }, () => String.fromCharCode(65 + Math.floor(random() * 26))).join('');
  const lines = Array.from({ length: 1000 }, line);
  const file = openSync(path, 'w');
  for (let written = 0; written < count; written += lines.length) writeSync(file, `${lines.join('\n')}\n`);
  closeSync(file);
  return path;
}

/** A directory of small files, a line each. To be removed. */
export function smallFiles(count) {
  const path = mkdtempSync(join(directory, 'files-'));
  for (let i = 0; i < count; i++) writeFileSync(join(path, `${i}.txt`), `line of the file with number ${i}\n`);
  return path;
}

const userCount = 1_000;

/** A file of events as lines of JSON of about 200 bytes, made once. */
export function eventsFile(megabytes) {
  const path = join(directory, `events-${megabytes}.jsonl`);
  if (existsSync(path)) return path;
  const random = generator(54_321);
  const file = openSync(`${path}.part`, 'w');
  for (let written = 0; written < megabytes * 1e6; ) {
    const lines = Array.from({ length: 10_000 }, () => JSON.stringify(event(random)));
    written += writeSync(file, `${lines.join('\n')}\n`);
  }
  closeSync(file);
  renameSync(`${path}.part`, path);
  return path;
}

const event = (random) => ({
  id: `evt-${Math.floor(random() * 1e12)}`,
  time: new Date(1_700_000_000_000 + Math.floor(random() * 1e9)).toISOString(),
  type: random() < 0.3 ? 'purchase' : 'view',
  user: `user${Math.floor(random() ** 2 * 1.1 * userCount)}`,
  amount: Math.round(random() * 10_000) / 100,
  page: `/products/${Math.floor(random() * 5_000)}`,
  agent: { name: 'Firefox', version: Math.floor(random() * 120), mobile: random() < 0.5 },
});

/** The table of the users of these events, without some of them. */
export function usersTable() {
  const path = join(directory, 'users.csv');
  const rows = Array.from({ length: userCount }, (_, i) => `user${i},country${i % 60}`);
  writeFileSync(path, `id,country\n${rows.join('\n')}\n`);
  return path;
}

/** Writes a job file beside the input and gives its path. */
export function jobFile(name, yaml) {
  const path = join(directory, `${name}.yaml`);
  writeFileSync(path, yaml);
  return path;
}
