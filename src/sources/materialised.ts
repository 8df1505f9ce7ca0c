import { s } from '../component/settings.ts';
import { defineSource, type Split } from '../component/source.ts';
import { WireReader } from '../plan/wire.ts';

export default defineSource({
  summary: 'Records of the batch itself, which foreachRDD runs steps on, in the wire format.',
  config: s.object({}),
  examples: [{ title: 'Ours alone', yaml: 'materialised: {}' }],
  once: 'drains',
  hidden: true,

  worker: () => ({
    read(split, out) {
      const records: unknown[] = [];
      for (const reader = new WireReader(Buffer.from(split.wire as string, 'base64')); !reader.done; )
        records.push(reader.read());
      out.records(records);
    },
  }),
});

export const materialised = (bytes: Uint8Array): Split => ({
  wire: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64'),
});
