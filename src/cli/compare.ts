/** What a stream gave in one batch and should not have, or should have and did not; as JSON texts. */
export interface Difference {
  readonly stream: string;
  /** From 1; absent if the stream gave another number of batches than expected. */
  readonly batch?: number;
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
  /** Says what `missing` and `unexpected` cannot: the same records in another order, another number of batches. */
  readonly note?: string;
}

type Batches = readonly (readonly unknown[])[];

/** Compares batch by batch: as multisets, or with `ordered` as lists. No differences: the same. */
export function differences(
  stream: string,
  expected: Batches,
  actual: Batches,
  ordered: boolean,
): readonly Difference[] {
  const found: Difference[] = [];
  for (let i = 0; i < Math.min(expected.length, actual.length); i++) {
    const difference = compareBatch(expected[i]!.map(canonicalJson), actual[i]!.map(canonicalJson), ordered);
    if (difference) found.push({ stream, batch: i + 1, ...difference });
  }
  if (expected.length !== actual.length) found.push({ stream, ...otherLength(expected, actual) });
  return found;
}

type Found = Omit<Difference, 'stream' | 'batch'>;

function compareBatch(expected: readonly string[], actual: readonly string[], ordered: boolean): Found | undefined {
  const missing = without(expected, actual);
  const unexpected = without(actual, expected);
  if (missing.length > 0 || unexpected.length > 0) return { missing, unexpected };
  const at = ordered ? expected.findIndex((record, i) => record !== actual[i]) : -1;
  if (at < 0) return undefined;
  return {
    missing,
    unexpected,
    note: `the same records in another order: ${expected[at]} expected at ${at + 1}, came ${actual[at]}`,
  };
}

/** What of `these` is left when each of `those` has taken one that equals it. */
function without(these: readonly string[], those: readonly string[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const record of those) counts.set(record, (counts.get(record) ?? 0) + 1);
  return these.filter((record) => {
    const left = counts.get(record) ?? 0;
    counts.set(record, left - 1);
    return left <= 0;
  });
}

const otherLength = (expected: Batches, actual: Batches): Found => ({
  missing: [],
  unexpected: [],
  note: `${expected.length} batches expected, ${actual.length} came`,
});

/**
 * The JSON of a record with sorted object fields. What JSON has no form for: undefined is null, a bigint its digits, a Map
 * the list of its entries, a Set the list of its members, bytes the list of their numbers.
 */
export const canonicalJson = (value: unknown): string => JSON.stringify(value, sorted) ?? 'null';

function sorted(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return rawNumber(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  if (value instanceof Map || value instanceof Set || value instanceof Uint8Array) return [...value];
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A JavaScript number if it can hold it, else its digits as a text. */
const rawNumber = (value: bigint): number | string => (BigInt(Number(value)) === value ? Number(value) : String(value));
