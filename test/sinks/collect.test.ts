import { expect, it } from 'vitest';
import { WireReader } from '#src/plan/wire.ts';
import collect from '#src/sinks/collect.ts';
import { sinkTask } from './sinkTask.ts';

it('hands back the records in the wire format', async () => {
  const records = ['a', ['b', 1], null, new Date(0)];
  const writer = collect.worker({}, sinkTask());
  for (const record of records) writer.write(record);
  const bytes = (await writer.close()).bytes as Uint8Array;
  const reader = new WireReader(bytes, 0, bytes.length);
  const read: unknown[] = [];
  while (!reader.done) read.push(reader.read());
  expect(read).toEqual(records);
});
