import type { Framer, FramingOptions } from '../../component/format.ts';
import { ChannelFramer } from '../../component/framing.ts';
import { Head } from '../../component/heads.ts';
import type { SplitOutput } from '../../component/source.ts';

/** Takes the bytes of a file, or of a range of it, and hands on the whole records in them. */
export interface Records {
  push(bytes: Uint8Array, start: number, end: number): void;
  end(): void;
}

interface RecordsOptions {
  readonly path: string;
  readonly framer: Framer;
  readonly options: FramingOptions;
  readonly headed: boolean;
  /** For a range that does not begin with it. */
  readonly head?: Head;
}

export const headOf = (framer: Framer, { delimiter }: FramingOptions): Head => new Head(framer, delimiter);

/** With a head, the records are preceded by it. */
export function openRecords(input: RecordsOptions, out: Pick<SplitOutput, 'bytes' | 'bad'>): Records {
  const { framer, options, headed, path } = input;
  const head = headed ? (input.head ?? headOf(framer, options)) : undefined;
  const onBad: SplitOutput['bad'] = (record, error) => {
    head?.failed();
    out.bad(record, error);
  };
  const records = new ChannelFramer(framer, options.maxRecordBytes, onBad, path);
  const emit = head ? emitBehind(head, out) : out.bytes.bind(out);
  return {
    push: (bytes, start, end) => records.push(bytes, emit, start, end),
    end: () => records.end(emit),
  };
}

function emitBehind(head: Head, out: Pick<SplitOutput, 'bytes'>): SplitOutput['bytes'] {
  let told = false;
  return (bytes, start, end) => {
    const from = head.behind(bytes, start, end);
    const mark = head.bytes!;
    if (!told) out.bytes(mark, 0, mark.length);
    told = true;
    if (from < end) out.bytes(bytes, from, end);
  };
}
