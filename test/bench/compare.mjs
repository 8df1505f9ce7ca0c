import { spawn } from 'node:child_process';
import { once } from 'node:events';

export const cli = new URL('../../bin/streamjob.js', import.meta.url).pathname;

/**
 * Runs a command to its end. Gives wall seconds and standard output; throws if it fails. `watch` is given the process, and what it
 * gives is called at the end.
 */
export async function time(command, watch) {
  const start = performance.now();
  const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = watch?.(child.pid);
  const [output, errors] = [collect(child.stdout), collect(child.stderr)];
  const [code] = await once(child, 'close');
  const seconds = (performance.now() - start) / 1000;
  ended?.();
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}:\n${errors.text}`);
  return { seconds, output: output.text };
}

export function collect(stream) {
  const result = { text: '' };
  stream.setEncoding('utf8').on('data', (text) => {
    result.text += text;
  });
  return result;
}

/** Times commands in turn, A B C A B C …, after one round that does not count. Gives the seconds of each. */
export async function alternate(commands, rounds = 5) {
  const seconds = Object.fromEntries(Object.keys(commands).map((name) => [name, []]));
  for (let round = -1; round < rounds; round++) {
    for (const [name, command] of Object.entries(commands)) {
      const run = await time(command);
      if (round >= 0) seconds[name].push(run.seconds);
    }
  }
  return seconds;
}

/** Prints a row for each command; ratios are taken round by round against the first one. */
export function report(seconds, megabytes) {
  const [yardstick] = Object.values(seconds);
  for (const [name, times] of Object.entries(seconds)) {
    const speed = megabytes === undefined ? '' : `  ${(megabytes / median(times)).toFixed(1).padStart(7)} MB/s`;
    const ratios = times.map((t, i) => yardstick[i] / t);
    console.log(
      `${name.padEnd(24)}${speed}  ${spread(times, 's')}  ${times === yardstick ? '' : `speed ${spread(ratios, 'x')}`}`,
    );
  }
}

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export const spread = (values, unit) =>
  `${median(values).toFixed(2)} ${unit} (${Math.min(...values).toFixed(2)}–${Math.max(...values).toFixed(2)})`;
