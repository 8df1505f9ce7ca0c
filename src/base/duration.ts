const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** The JSON Schema pattern of a duration: a whole number and a unit, as in 50ms, 1s, 10m, 1h, 7d. */
export const durationPattern = '^\\d+(ms|s|m|h|d)$';

/** Milliseconds of a text such as `10m`; undefined if it is not a duration. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+)(ms|s|m|h|d)$/.exec(text);
  return match ? Number(match[1]) * units[match[2] as keyof typeof units] : undefined;
}

/** The shortest exact text for milliseconds: 60000 is `1m`, 1500 is `1500ms`. */
export function formatDuration(ms: number): string {
  const [unit, size] = Object.entries(units)
    .reverse()
    .find(([, size]) => ms >= size && ms % size === 0) ?? ['ms', 1];
  return ms === 0 ? '0s' : `${ms / size}${unit}`;
}
