/** Numbers for people, short enough for a line. */

/** `950`, `9,500`, `12.3k`, `4.56M`. */
export function shortCount(count: number): string {
  if (count < 10 && !Number.isInteger(count)) return count.toFixed(1);
  if (count < 10_000) return Math.round(count).toLocaleString('en');
  const [size, unit] = count < 1e6 ? [1e3, 'k'] : count < 1e9 ? [1e6, 'M'] : [1e9, 'G'];
  return `${Number((count / size).toPrecision(3))}${unit}`;
}

/** `38 ms`, `1.2 s`, `3 min`, `2.5 h`. */
export function shortTime(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 100_000) return `${Number((ms / 1_000).toFixed(1))} s`;
  return ms < 7_200_000 ? `${Math.round(ms / 60_000)} min` : `${Number((ms / 3_600_000).toFixed(1))} h`;
}

/** `512 kB`, `1.2 GB`. */
export function shortBytes(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  const [size, unit] = bytes < 1e6 ? [1e3, 'kB'] : bytes < 1e9 ? [1e6, 'MB'] : [1e9, 'GB'];
  return `${Number((bytes / size).toPrecision(3))} ${unit}`;
}

/** The time of day, in this place. */
export const clock = (time: number): string => new Date(time).toTimeString().slice(0, 8);
