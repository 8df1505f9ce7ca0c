import type { CommitMessage } from '#src/component/sink.ts';
import files from '#src/sinks/files.ts';
import { sinkContext, sinkTask } from './sinkTask.ts';

export type Config = Parameters<typeof files.driver>[0];

export const filesConfig = (more: Partial<Config> & { readonly path: string }): Config => ({
  prefix: 'part',
  format: 'text',
  partitioned: false,
  writeEmpty: false,
  overwrite: false,
  ...more,
});

/** The csv format with its defaults. */
export const csv = (more: { columns?: readonly string[]; header?: boolean; delimiter?: string }): Config['format'] => ({
  csv: { header: true, delimiter: ',', ...more },
});

export const driverOf = (config: Config) => files.driver(config, sinkContext);

/** What the tasks of a batch do: a writer for each partition. */
export async function write(
  config: Config,
  time: number,
  partitions: readonly (readonly unknown[])[],
  attempt = 'a',
): Promise<CommitMessage[]> {
  const messages: CommitMessage[] = [];
  for (const [partition, records] of partitions.entries()) {
    const writer = files.worker(config, sinkTask({ time, partition, attempt }));
    for (const record of records) writer.write(record);
    messages.push(await writer.close());
  }
  return messages;
}
