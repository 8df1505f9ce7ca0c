import { closeSync, existsSync, mkdirSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs';
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

/** Writes a job file beside the input and gives its path. */
export function jobFile(name, yaml) {
  const path = join(directory, `${name}.yaml`);
  writeFileSync(path, yaml);
  return path;
}
