import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadJob } from '#src/spec/load.ts';
import { renderProblem } from '#src/spec/problem.ts';
import { directoryWith } from './loadText.ts';

const job = `# a job with something of everything
name: everything
batchInterval: \${INTERVAL:-1s}
checkpoint: false
settings: { threads: 2, memoryLimit: 64MB }
sources:
  lines: &source { queue: { batches: [["a b", "c"], []], oneAtATime: true }, onError: skip }
  more: *source
  net:
    socket: { host: localhost, port: "\${PORT:-9999}", format: json }
    onError: { to: broken }
streams:
  words:
    from: [lines, more]
    onError: { to: broken }
    steps:
      - flatMap: line => line.split(/ /)
      - map: |
          word => {
            return [word, 1]; // one
          }
      - reduceByKey: { reduce: '(a, b) => a + b', partitions: 3 }
      - join: { with: net }
      - top: 3
sinks:
  - from: words
    name: out
    print: { limit: 3 }
  - { from: broken, files: { path: out, prefix: x, format: json } }
tests:
  - name: one
    given: { lines: [["a"]], more: { partitions: 2, batches: [[]] } }
    expect: { words: [[]] }
`;

/** Loads a text, and holds that there is either a plan or a problem with a place in the text. */
async function load(directory: string, text: string): Promise<void> {
  const file = join(directory, 'job.yaml');
  await writeFile(file, text);
  const loaded = await loadJob(file, { env: {} });
  expect(loaded.plan === undefined).toBe(loaded.problems.some(({ severity }) => severity === 'error'));
  const lines = text.replace(/^\ufeff/, '').split('\n');
  for (const problem of loaded.problems) {
    expect(problem.at.line).toBeLessThanOrEqual(lines.length);
    expect(problem.at.column).toBeLessThanOrEqual(lines[problem.at.line - 1]!.length + 1);
    expect(renderProblem(problem, { color: false })).toContain(
      `${problem.at.line}:${problem.at.column}  ${problem.code}`,
    );
  }
}

/** Files cannot hold half a surrogate pair. */
const wellFormed = (text: string): string => Buffer.from(text).toString();

/** A piece of the text put in place of, or before, another piece. */
const mutation = fc.record({
  at: fc.nat(),
  remove: fc.nat({ max: 12 }),
  insert: fc.oneof(
    fc.constantFrom(
      '',
      ' ',
      '\n',
      '\t',
      ': ',
      '- ',
      '[',
      ']',
      '{',
      '}',
      '"',
      "'",
      '&a ',
      '*a',
      '|',
      '>',
      '#',
      ' => ',
      '${',
      '<<: ',
      '? ',
      '---\n',
    ),
    fc.record({ from: fc.nat(), length: fc.nat({ max: 40 }) }),
    fc.string({ maxLength: 4, unit: 'binary' }),
  ),
});

const mutated = fc.array(mutation, { minLength: 1, maxLength: 4 }).map((mutations) =>
  mutations.reduce((text, { at, remove, insert }) => {
    const place = at % (text.length + 1);
    const piece = typeof insert === 'string' ? insert : text.slice(insert.from % text.length).slice(0, insert.length);
    return text.slice(0, place) + piece + text.slice(place + remove);
  }, job),
);

describe('a job file of any text', () => {
  it('is a plan, or problems with places', async () => {
    const directory = await directoryWith({});
    await load(directory, job);
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), (text) => load(directory, wellFormed(text))),
      { numRuns: 100 },
    );
  });

  it('that was a job before it was changed here and there is so too', async () => {
    const directory = await directoryWith({});
    await fc.assert(
      fc.asyncProperty(mutated, (text) => load(directory, wellFormed(text))),
      { numRuns: 600 },
    );
  });

  it('that ends anywhere is so too', async () => {
    const directory = await directoryWith({});
    for (let end = 0; end < job.length; end += 7) await load(directory, job.slice(0, end));
  });

  it('of these tests has no problem', async () => {
    const directory = await directoryWith({ 'job.yaml': job });
    expect((await loadJob(join(directory, 'job.yaml'), { env: {} })).problems).toEqual([]);
    expect(readFileSync(join(directory, 'job.yaml'), 'utf8')).toBe(job);
  });
});
