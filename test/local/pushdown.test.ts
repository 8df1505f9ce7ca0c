import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import text from '#src/formats/text.ts';
import { type BlockReader, type Pushdown, pushdownOf, pushdownReader } from '#src/local/worker/pushdown.ts';
import { PlanBuilder } from '#src/plan/builder.ts';
import { stagesOf } from '#src/plan/stages.ts';

const framing = { delimiter: Buffer.from('\n'), maxRecordBytes: 1e6 };
const decode = text.decoder({}, framing);

describe('a first step that is done on bytes', () => {
  it.each([
    ['flatMap', "line => line.split(' ')", 'split'],
    ['flatMap', '(l) => l.split( "," )', 'split'],
    ['flatMap', "l => l.split('\t')", 'split'],
    ['filter', "line => line.includes('ERROR: no')", 'includes'],
    ['flatMap', "line => other.split(' ')", undefined],
    ['flatMap', "line => line.split('ab')", undefined],
    ['flatMap', "line => line.split('')", undefined],
    ['flatMap', "line => line.split('é')", undefined],
    ['flatMap', "line => line.split('\\t')", undefined],
    ['flatMap', "line => line.split(' ', 2)", undefined],
    ['flatMap', "line => line.split(' ').slice(1)", undefined],
    ['flatMap', 'line => line.split(/ /)', undefined],
    ['flatMap', "line => line.includes('x')", undefined],
    ['map', "line => line.split(' ')", undefined],
    ['filter', "line => line.includes('')", undefined],
    ['filter', "line => !line.includes('x')", undefined],
    ['filter', "line => line.includes('ß')", undefined],
  ] as const)('recognises %s: %s as %s', (op, source, kind) => {
    expect(pushdown(op, source)?.kind).toBe(kind);
  });

  it('leaves lines that end otherwise than at a line feed alone', () => {
    expect(pushdownOf(consumers('filter', "l => l.includes('x')"), { ...framing, delimiter: Buffer.from('\0') })).toBe(
      undefined,
    );
  });

  it('gives the same texts as the function, whatever the bytes', () => {
    fc.assert(
      fc.property(anyLines, anyCuts, (bytes, cuts) => {
        expect(readAll(pushdown('flatMap', "l => l.split(' ')")!, bytes, cuts)).toEqual(
          expected(bytes, cuts, (line) => line.split(' ')),
        );
        expect(readAll(pushdown('filter', "l => l.includes('a b')")!, bytes, cuts)).toEqual(
          expected(bytes, cuts, (line) => (line.includes('a b') ? [line] : [])),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('goes on where the result was full, in the middle of a line or at its end', () => {
    for (const spaces of [65_534, 65_535, 65_536, 65_537, 131_071, 131_072]) {
      const bytes = Buffer.from(`${' '.repeat(spaces)}${spaces % 2 ? '\nx y' : ''}`);
      expectSame(bytes);
    }
  });

  it('goes on with more distinct texts than it can number, and with texts that are long', () => {
    const words = Array.from({ length: 70_000 }, (_, i) => `w${i}`);
    const bytes = Buffer.from(`${words.join(' ')} ${'long'.repeat(40)} ${words.slice(69_000).join(' ')}\n`);
    expectSame(bytes);
  });
});

/** Of lists that are too long for `toEqual`. */
function expectSame(bytes: Buffer): void {
  const read = readAll(pushdown('flatMap', "l => l.split(' ')")!, bytes, []);
  const wanted = expected(bytes, [], (line) => line.split(' '));
  expect([read.lines, read.texts.length]).toEqual([wanted.lines, wanted.texts.length]);
  expect(read.texts.findIndex((text, i) => text !== wanted.texts[i])).toBe(-1);
}

const anyLines = fc
  .array(fc.oneof(fc.constantFrom(...'ab \n\r\té'.split('')), fc.constantFrom('a b', '\r\n', '日本', '\ud83c\udf89')))
  .map((parts) => parts.join(''))
  .chain((lines) =>
    fc.constantFrom(
      Buffer.from(lines),
      Buffer.concat([Buffer.from(lines), Buffer.from([0xff, 32, 0xe2]), Buffer.from(`\na b${lines}`)]),
    ),
  );

const anyCuts = fc.array(fc.nat(40), { maxLength: 3 });

/** What the function gives for the decoded lines; blocks end at line ends. */
function expected(bytes: Buffer, cuts: number[], fn: (line: string) => string[]) {
  const bad: unknown[] = [];
  const onBad = (record: unknown): void => void bad.push(record);
  const lines = blocks(bytes, cuts).flatMap(([start, end]) => decode(bytes, start, end, onBad) as string[]);
  return { texts: lines.flatMap(fn), lines: lines.length + bad.length, bad };
}

function readAll(pushed: Pushdown, bytes: Buffer, cuts: number[]) {
  const texts: string[] = [];
  const bad: unknown[] = [];
  const byToken = new Map<number, string>();
  const reader: BlockReader = pushdownReader(pushed, {
    push: (list) => void texts.push(...list),
    bad: (record) => void bad.push(record),
    pushTokens(list, tokens, count) {
      for (let i = 0; i < count; i++) {
        texts.push(list[i]!);
        const known = byToken.get(tokens[i]!);
        if (tokens[i]! >= 0 && known !== undefined && known !== list[i])
          throw new Error(`one token for ${known} and ${list[i]}`);
        byToken.set(tokens[i]!, list[i]!);
      }
    },
  });
  reader.start?.();
  let lines = 0;
  for (const [start, end] of blocks(bytes, cuts)) lines += reader.read(bytes, start, end);
  return { texts, lines, bad };
}

function blocks(bytes: Buffer, cuts: number[]): [start: number, end: number][] {
  const ends = cuts.map((cut) => bytes.indexOf(10, cut) + 1).filter((end) => end > 0);
  const edges = [...new Set([0, ...ends, bytes.length])].sort((a, b) => a - b);
  return edges.slice(1).map((end, i) => [edges[i]!, end]);
}

const pushdown = (op: 'map' | 'filter' | 'flatMap', source: string): Pushdown | undefined =>
  pushdownOf(consumers(op, source), framing);

function consumers(op: 'map' | 'filter' | 'flatMap', source: string) {
  const plan = new PlanBuilder();
  const lines = plan.source({ config: {} });
  plan.sink({ input: plan.narrow({ input: lines, op, on: 'record', fn: { text: source } }), config: {} });
  const nodes = plan.nodes;
  return stagesOf({ version: 1, name: 'test', batchInterval: 1, keyHash: 'murmur3-32', keyGroups: 256, nodes })[0]!.pipe
    .out;
}
