import { parseByteSize } from '../../base/byteSize.ts';
import { catalog } from '../../catalog/index.ts';
import type { Decoder } from '../../component/format.ts';
import type { FormatConfig } from '../../component/settings.ts';
import type { SplitReader } from '../../component/source.ts';
import type { NodeId, Plan } from '../../plan/plan.ts';
import { fromWire } from '../wire/errors.ts';
import { readExtents } from '../wire/extents.ts';
import type { TaskSplit } from '../wire/messages.ts';
import type { SlabPool } from '../wire/slabs.ts';
import type { CompiledStage } from './stage.ts';

/** How a task gets a source's records: a reader for its splits, a decoder for its bytes. */
export interface TaskSource {
  readonly reader: SplitReader | undefined;
  readonly decoder: Decoder | undefined;
}

/** Settings that concern framing, whichever source they belong to. */
interface FramedConfig {
  readonly format?: FormatConfig;
  readonly delimiter?: string;
  readonly maxRecordBytes?: number;
}

export async function openSources(
  plan: Plan,
  configs: ReadonlyMap<NodeId, unknown>,
): Promise<ReadonlyMap<NodeId, TaskSource>> {
  const sources = new Map<NodeId, TaskSource>();
  for (const node of plan.nodes) {
    if (node.kind !== 'source') continue;
    const definition = await catalog.sources.load(node.origin.component);
    const config = configs.get(node.id) as never;
    sources.set(node.id, { reader: definition.worker?.(config), decoder: await openDecoder(config) });
  }
  return sources;
}

async function openDecoder(config: FramedConfig): Promise<Decoder | undefined> {
  if (config.format === undefined) return undefined;
  const format = await catalog.formats.load(config.format.name);
  return format.decoder(config.format.config as never, framingOf(config));
}

/** The framing that a source's config asks for. */
export const framingOf = (config: FramedConfig): { delimiter: Uint8Array; maxRecordBytes: number } => ({
  delimiter: Buffer.from(config.delimiter ?? '\n'),
  maxRecordBytes: config.maxRecordBytes ?? parseByteSize('1MB')!,
});

/** Reads a partition of a source into the stage. Returns how many records there were. */
export async function readSource(
  source: TaskSource,
  splits: readonly TaskSplit[],
  stage: CompiledStage,
  pool: SlabPool,
): Promise<number> {
  let count = 0;
  const records = (list: readonly unknown[]): void => {
    count += list.length;
    stage.push(list);
  };
  const bad = (record: unknown, error: unknown): void => {
    count++;
    stage.bad(record, error);
  };
  const bytes = (data: Uint8Array, start: number, end: number): void => records(source.decoder!(data, start, end, bad));
  for (const task of splits) {
    if ('split' in task) {
      await source.reader!.read(task.split, { bytes, records, bad });
      continue;
    }
    readExtents(pool, task.block.extents, bytes);
    for (const { record, error } of task.block.bad) bad(record, fromWire(error));
  }
  return count;
}
