import { crc32 } from 'node:zlib';
import { StreamjobError } from '../base/errors.ts';
import type { Plan, PlanNode } from '../plan/plan.ts';
import { type Disk, readIfThere } from './disk.ts';

/** Of which job the checkpoint is. */
export interface Meta {
  /** Of the directory's layout and files. */
  readonly format: number;
  readonly job: string;
  /** Milliseconds. */
  readonly batchInterval: number;
  /** An ISO time. */
  readonly created: string;
  /** As the last run had it. */
  readonly plan: Plan;
}

/** 1 kept nothing of windows and states; a directory of it is gone on with. */
export const format = 2;

/** What the file holds is readable; the checksum is of the JSON of `meta` without spaces. */
export async function writeMeta(path: string, meta: Meta, disk: Disk): Promise<void> {
  const text = JSON.stringify({ checksum: crc32(JSON.stringify(meta)), meta }, null, 2);
  await disk.replace(path, Buffer.from(`${text}\n`), 'meta');
}

/** Undefined if there is none. Throws StreamjobError `checkpoint-damaged`, or `checkpoint-foreign` for a newer format. */
export async function readMeta(path: string): Promise<Meta | undefined> {
  const bytes = await readIfThere(path);
  if (!bytes) return undefined;
  const { checksum, meta } = parse(bytes) ?? {};
  if (meta && meta.format > format) throw newer(path, meta.format);
  if (!meta || checksum !== crc32(JSON.stringify(meta))) throw damaged(path);
  return meta;
}

function parse(bytes: Buffer): { readonly checksum?: number; readonly meta?: Meta } | undefined {
  try {
    return JSON.parse(bytes.toString()) as { checksum?: number; meta?: Meta };
  } catch {
    return undefined;
  }
}

export const sourcesOf = ({ nodes }: Plan): readonly PlanNode[] => nodes.filter(({ kind }) => kind === 'source');

/** The sinks of the plan that the run before had with the same settings. */
export function sinksAsBefore(before: Plan, now: Plan): ReadonlySet<number> {
  const known = new Set(before.nodes.filter(({ kind }) => kind === 'sink').map(sinkKey));
  const same = now.nodes.filter((node) => node.kind === 'sink' && known.has(sinkKey(node)));
  return new Set(same.map(({ id }) => id));
}

const sinkKey = (node: PlanNode): string =>
  JSON.stringify([node.origin.name, node.origin.component, node.kind === 'sink' && node.config]);

const damaged = (path: string): StreamjobError =>
  new StreamjobError('checkpoint-damaged', `${path} is damaged: it is not what was written.`, {
    remedy: 'Bring the checkpoint back from a backup, or begin anew with --fresh.',
  });

const newer = (path: string, found: number): StreamjobError =>
  new StreamjobError('checkpoint-foreign', `${path} has format ${found}, and this streamjob knows ${format}.`, {
    remedy: 'Run the job with the version of streamjob that wrote it, or a newer one.',
  });
