import { readFileSync } from 'node:fs';

/** Looks at the memory of a process until `stop`. `peak` is in bytes; `samples` are what was resident, ten times a second. */
export function watchMemory(pid) {
  const watched = { peak: 0, samples: [], stop: () => clearInterval(timer) };
  const timer = setInterval(() => {
    const status = statusOf(pid);
    if (status === undefined) return;
    watched.peak = kilobytes(status, 'VmHWM');
    watched.samples.push(kilobytes(status, 'VmRSS'));
  }, 100);
  return watched;
}

/** Undefined once it has ended. */
function statusOf(pid) {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return status.includes('VmHWM') ? status : undefined;
  } catch {
    return undefined;
  }
}

const kilobytes = (status, field) => Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)[1]) * 1024;

export const megabytes = (bytes) => `${Math.round(bytes / 1e6)} MB`;
