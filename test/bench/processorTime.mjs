import { readFileSync } from 'node:fs';

/** Clock ticks a second in /proc. */
const ticks = 100;

/** How long the processors have worked for a process, all its threads together. Its name may hold spaces, and ends with the last bracket. */
export function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticks;
}

/** The same of the thread that a process began with, to the nanosecond. */
export const cpuSecondsOfMainThread = (pid) =>
  Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e9;
