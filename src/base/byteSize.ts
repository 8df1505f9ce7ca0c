const units = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
} as const;

/** The JSON Schema pattern of a size: a number and a unit, as in 64KB, 1.5MB, 1GiB. */
export const byteSizePattern = '^\\d+(\\.\\d+)?(B|KB|MB|GB|TB|KiB|MiB|GiB|TiB)$';

/** Bytes of a text such as `512MB` (decimal) or `1MiB` (binary); undefined if it is not a size. */
export function parseByteSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([KMGT]?i?B)$/.exec(text);
  const unit = units[match?.[2] as keyof typeof units];
  return match && unit ? Math.floor(Number(match[1]) * unit) : undefined;
}

/** A size for people: 1536000 is `1.5 MB`. */
export function formatByteSize(bytes: number): string {
  const [unit, size] = Object.entries({ TB: 1e12, GB: 1e9, MB: 1e6, KB: 1e3 }).find(([, size]) => bytes >= size) ?? [
    'B',
    1,
  ];
  return `${Number((bytes / size).toFixed(1))} ${unit}`;
}
