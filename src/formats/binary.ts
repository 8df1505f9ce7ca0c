import { formatByteSize } from '../base/byteSize.ts';
import { StreamjobError } from '../base/errors.ts';
import type { BadRecord, Framer } from '../component/format.ts';
import { defineFormat } from '../component/format.ts';
import { s } from '../component/settings.ts';

export default defineFormat({
  summary:
    'Records of a fixed number of bytes, one directly behind the other: each is a Uint8Array, as from Spark’s binaryRecordsStream. Bytes that are left at the end of a file or connection go to the source’s onError. A message of Kafka is one record, of any length.',
  config: s.object({
    recordLength: s.integer({
      optional: true,
      minimum: 1,
      description:
        'How many bytes each record has. Only sources of whole messages, such as `kafka`, can do without it.',
    }),
  }),
  examples: [
    {
      title: 'Records of 16 bytes',
      yaml: 'files: { path: in, format: { binary: { recordLength: 16 } } }',
    },
  ],

  cuttable: () => true,
  framer({ recordLength }, { maxRecordBytes }) {
    if (recordLength === undefined) throw noLength();
    if (recordLength > maxRecordBytes) throw tooLong(recordLength, maxRecordBytes);
    return binaryFramer(recordLength);
  },
  decoder({ recordLength }) {
    if (recordLength === undefined) throw noLength();
    return (bytes, start, end) => {
      const records: Uint8Array[] = [];
      for (let at = start; at < end; at += recordLength) records.push(copy(bytes, at, recordLength));
      return records;
    };
  },
});

const noLength = (): StreamjobError =>
  new StreamjobError('missing-key', 'The format `binary` does not say how long a record is.', {
    remedy: 'Write `format: { binary: { recordLength: 16 } }`, with the number of bytes of each record.',
  });

const tooLong = (length: number, limit: number): StreamjobError =>
  new StreamjobError('bad-value', `Records of ${formatByteSize(length)} are longer than maxRecordBytes allows.`, {
    remedy: `Raise the source’s \`maxRecordBytes\`, which is ${formatByteSize(limit)}.`,
  });

function binaryFramer(length: number): Framer {
  return {
    recordLength: length,
    lastBoundary: (_bytes, start, end) => end - ((end - start) % length),
    firstBoundary(_bytes, start, end, after = start) {
      const boundary = start + (Math.floor((after - start) / length) + 1) * length;
      return boundary <= end ? boundary : -1;
    },
    unfinished: (rest) => (rest.length % length === 0 ? undefined : unfinished(rest, length)),
  };
}

const unfinished = (rest: Uint8Array, length: number): BadRecord => ({
  record: copy(rest, 0, rest.length),
  error: new StreamjobError('bad-record', `The last record has ${rest.length} of ${length} bytes.`, {
    remedy: 'Check the `recordLength` of the format, or give the source an `onError` to go on without such records.',
  }),
});

function copy(bytes: Uint8Array, start: number, length: number): Uint8Array {
  const record = new Uint8Array(length);
  record.set(bytes.subarray(start, start + length));
  return record;
}
