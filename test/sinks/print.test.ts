import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { readableText } from '#src/component/text.ts';
import print from '#src/sinks/print.ts';
import { sinkTask } from './sinkTask.ts';

const line = '-'.repeat(43);
const run = promisify(execFile);

async function lines(records: readonly unknown[], limit = 10) {
  const writer = print.worker({ limit }, sinkTask());
  for (const record of records) writer.write(record);
  return writer.close();
}

/** What a process prints when it commits these messages, given as an expression, at 1000 ms. */
async function printed(limit: number, messages: string, shell = ''): Promise<string> {
  const sink = fileURLToPath(new URL('../../dist/sinks/print.js', import.meta.url));
  const script = `const { default: print } = await import(${JSON.stringify(sink)});
    process.stdout.on('error', () => {});
    await print.driver({ limit: ${limit} }, {}).commit(1000, ${messages});
    console.error('committed');`;
  const command = `"${process.execPath}" --input-type=module -e "$SCRIPT" ${shell}`;
  const { stdout, stderr } = await run('sh', ['-c', command], {
    env: { ...process.env, SCRIPT: script },
    maxBuffer: 1e9,
  });
  expect(stderr).toContain('committed');
  return stdout;
}

describe('print sink', () => {
  it('prints as Spark does', async () => {
    expect(await printed(3, JSON.stringify([await lines(['a', ['b', 1]]), await lines([]), await lines([null])]))).toBe(
      `${line}\nTime: 1000 ms\n${line}\na\n["b",1]\nnull\n\n`,
    );
  });

  it('marks that there are more', async () => {
    const messages = [await lines(['a', 'b'], 3), await lines(['c', 'd', 'e'], 3)];
    expect(await printed(3, JSON.stringify(messages))).toBe(`${line}\nTime: 1000 ms\n${line}\na\nb\nc\n...\n\n`);
  });

  it('prints the heading of an empty batch', async () => {
    expect(await printed(3, '[]')).toBe(`${line}\nTime: 1000 ms\n${line}\n\n`);
  });

  it('sends no more than it needs', async () => {
    expect(await lines(['a', 'b', 'c', 'd', 'e'], 2)).toEqual({ lines: ['a', 'b', 'c'] });
    expect(await lines(['a'], 0)).toEqual({ lines: ['a'] });
  });

  it('waits for a slow reader and loses nothing', async () => {
    const text = 'x'.repeat(300_000);
    const output = await printed(9, `[{ lines: Array(3).fill('x'.repeat(300_000)) }]`, '| (sleep 0.2; cat)');
    expect(output).toBe(`${line}\nTime: 1000 ms\n${line}\n${`${text}\n`.repeat(3)}\n`);
  });

  it('does not fail when its reader goes away', async () => {
    expect(await printed(9, `[{ lines: ['x'.repeat(3_000_000)] }]`, '| head -c 3')).toBe('---');
  });
});

describe('readableText', () => {
  it.each([
    ['text\twith a tab', 'text\twith a tab'],
    [['a', 1], '["a",1]'],
    [{ a: { b: [true, null] } }, '{"a":{"b":[true,null]}}'],
    [undefined, 'undefined'],
    [12n, '12n'],
    [[-0, Number.NaN, Number.POSITIVE_INFINITY], '[-0,NaN,Infinity]'],
    [new Date(0), '1970-01-01T00:00:00.000Z'],
    [new Date(Number.NaN), 'Invalid Date'],
    [Uint8Array.of(1, 255), '<01ff>'],
    [new Uint8Array(65), `<${'00'.repeat(64)}… 65 bytes>`],
    [
      new Map<unknown, unknown>([
        ['a', [1]],
        [2, new Set(['x'])],
      ]),
      'Map{"a":[1],2:Set{"x"}}',
    ],
    // biome-ignore lint/suspicious/noSparseArray: a hole is what is tested
    [[, 1], '[undefined,1]'],
  ])('shows %o', (value, text) => {
    expect(readableText(value)).toBe(text);
  });
});
