import { formatDuration } from '../base/duration.ts';
import { ask, findJob } from '../observe/control/client.ts';
import type { ShownRecord } from '../observe/insight.ts';
import { print } from './output.ts';
import { visible } from './textWidth.ts';
import { untilLeft } from './untilLeft.ts';

interface TapOptions {
  readonly job?: string;
  readonly limit: number;
  readonly interval: number;
  readonly format: 'text' | 'json';
  /** End after so many samples. */
  readonly batches?: number;
}

interface Told {
  readonly batchTime: number;
  readonly records: number;
  readonly missed: number;
  readonly shown: readonly ShownRecord[];
}

/** `streamjob tap STREAM`: the last records of a stream of a running job, batch by batch, until Ctrl-C or the end of the job. */
export default async function tap(stream: string, options: TapOptions): Promise<number> {
  const { limit, interval, format, batches = Number.POSITIVE_INFINITY } = options;
  const job = await findJob(options.job);
  if (format === 'text') process.stderr.write(`${heading(job.name, stream, interval)}\n`);
  await untilLeft(async (leave) => {
    let seen = 0;
    for await (const answer of ask(job.path, { ask: 'tap', stream, limit, interval }, leave.signal)) {
      const told = answer as unknown as Told;
      await print(format === 'json' ? jsonOf(told) : textOf(told));
      if (++seen >= batches) leave.abort();
    }
    if (!leave.signal.aborted) process.stderr.write(`${job.name} has ended.\n`);
  });
  return 0;
}

const heading = (job: string, stream: string, interval: number): string =>
  `The last records of ${stream} in ${job}${interval > 0 ? `, at most every ${formatDuration(interval)}` : ''}; Ctrl-C ends.`;

function textOf({ batchTime, records, missed, shown }: Told): string {
  const count = records.toLocaleString('en');
  const some = shown.length < records ? `${shown.length} of ${count} records` : `${count} records`;
  const lost = missed > 0 ? `, ${missed} samples left out as this reader is slow` : '';
  const lines = shown.map(({ text }) => `${visible(text)}\n`);
  return `-- batch ${new Date(batchTime).toISOString()}: ${some}${lost}\n${lines.join('')}`;
}

const jsonOf = ({ batchTime, records, shown }: Told): string =>
  shown
    .map(({ json, cut }) => `{"batchTime":${batchTime},"records":${records},"cut":${cut},"record":${json}}\n`)
    .join('');
