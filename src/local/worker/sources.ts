import { parseByteSize } from '../../base/byteSize.ts';
import { catalog } from '../../catalog/index.ts';
import type { Decoder, Framer, FramingOptions } from '../../component/format.ts';
import type { FormatConfig } from '../../component/settings.ts';
import { ofInput, type SplitOutput, type SplitReader } from '../../component/source.ts';
import type { NodeId, PlanNode } from '../../plan/plan.ts';
import type { Pipe } from '../../plan/stages.ts';
import { WireReader } from '../../plan/wire.ts';
import { fromWire } from '../wire/errors.ts';
import { readExtents } from '../wire/extents.ts';
import type { TaskSplit } from '../wire/messages.ts';
import type { SlabPool } from '../wire/slabs.ts';
import { restoredBlock } from './blockKeeper.ts';
import { checkHeap } from './heap.ts';
import { type BlockReader, type Pushdown, pushdownOf, pushdownReader } from './pushdown.ts';
import type { CompiledStage } from './stage.ts';

/** How a task gets a source's records: a reader for its splits, a format for its bytes. */
export interface TaskSource {
  readonly reader: SplitReader | undefined;
  readonly bytes: FormattedBytes | undefined;
}

/** The bytes of a source whose settings have a format. */
export interface FormattedBytes {
  readonly format: string;
  /** Each input begins with a head: see component/heads.ts. */
  readonly headed: boolean;
  readonly framer: Framer;
  readonly decoder: Decoder;
  readonly framing: FramingOptions;
}

/** Settings that concern framing, whichever source they belong to. */
interface FramedConfig {
  readonly format?: FormatConfig;
  readonly delimiter?: string;
  readonly maxRecordBytes?: number;
}

export async function openSources(
  nodes: readonly PlanNode[],
  configs: ReadonlyMap<NodeId, unknown>,
): Promise<ReadonlyMap<NodeId, TaskSource>> {
  const sources = new Map<NodeId, TaskSource>();
  for (const node of nodes) {
    if (node.kind !== 'source') continue;
    const definition = await catalog.sources.load(node.origin.component);
    const config = configs.get(node.id) as never;
    const reader = definition.worker?.(config, catalog.formats.load);
    sources.set(node.id, { reader, bytes: reader?.givesRecords ? undefined : await openBytes(config) });
  }
  return sources;
}

export async function openBytes(config: FramedConfig): Promise<FormattedBytes | undefined> {
  if (config.format === undefined) return undefined;
  const { name, config: settings } = config.format;
  const format = await catalog.formats.load(name);
  const framing = framingOf(config);
  const framer = format.framer(settings as never, framing);
  const headed = format.headed?.(settings as never) ?? false;
  return { format: name, headed, framer, framing, decoder: format.decoder(settings as never, framing) };
}

/** The framing that a source's config asks for. */
const framingOf = (config: FramedConfig): FramingOptions => ({
  delimiter: Buffer.from(config.delimiter ?? '\n'),
  maxRecordBytes: config.maxRecordBytes ?? parseByteSize('1MB')!,
});

/** The step behind the source that can be done on its bytes, if there is one. */
export const sourcePushdown = ({ bytes }: TaskSource, consumers: readonly Pipe[]): Pushdown | undefined =>
  bytes?.format === 'text' ? pushdownOf(consumers, bytes.framing) : undefined;

/** What turns the source's bytes into the records that the stage wants. */
export function openBlocks({ bytes }: TaskSource, stage: CompiledStage, pushdown: Pushdown | undefined): BlockReader {
  if (pushdown) return pushdownReader(pushdown, stage);
  if (!bytes) return recordReader(stage);
  return {
    read(data, start, end, input) {
      let bad = 0;
      const records = bytes.decoder(data, start, end, (record, error) => {
        bad++;
        stage.bad(record, ofInput(error, input));
      });
      stage.push(records);
      return records.length + bad;
    },
  };
}

/** A receiver that gives records has had them put down in the wire format. */
function recordReader(stage: CompiledStage): BlockReader {
  return {
    read(data, start, end) {
      const reader = new WireReader(data, start, end);
      const records: unknown[] = [];
      while (!reader.done) records.push(reader.read());
      stage.push(records);
      return records.length;
    },
  };
}

export interface SourceStage {
  readonly stage: CompiledStage;
  readonly blocks: BlockReader;
  readonly pool: SlabPool;
  /** Where the records read so far are counted, for those who watch the thread. */
  readonly progress: Int32Array;
  readonly log: SplitOutput['log'];
}

/** Reads a partition of a source into the stage. Returns how many records there were. */
export async function readSource(
  { reader }: TaskSource,
  splits: readonly TaskSplit[],
  { stage, blocks, pool, progress, log }: SourceStage,
): Promise<number> {
  let count = 0;
  let from: string | undefined;
  const input = (name: string | undefined): void => {
    from = name;
  };
  const noteProgress = (): void => {
    progress[0] = count;
    checkHeap();
  };
  const bytes = (data: Uint8Array, start: number, end: number): void => {
    count += blocks.read(data, start, end, from);
    noteProgress();
  };
  const records = (list: readonly unknown[]): void => {
    count += list.length;
    stage.push(list);
    noteProgress();
  };
  const bad = (record: unknown, error: unknown): void => {
    count++;
    stage.bad(record, error);
  };
  blocks.start?.();
  for (const task of splits) {
    if ('split' in task) {
      await reader!.read(task.split, { input, bytes, records, bad, log });
      continue;
    }
    if ('stored' in task) {
      const { data, rest } = restoredBlock(task.root, task.stored);
      input(rest.from);
      if (data.length > 0) bytes(data, 0, data.length);
      for (const { record, error } of rest.bad) bad(record, fromWire(error));
      continue;
    }
    input(task.block.from);
    readExtents(pool, task.block.extents, bytes);
    for (const { record, error } of task.block.bad) bad(record, fromWire(error));
  }
  return count;
}
