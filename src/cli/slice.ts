import { StreamjobError } from '../base/errors.ts';
import { ask, findJob } from '../observe/control/client.ts';
import { print } from './output.ts';
import { visible } from './textWidth.ts';
import { untilLeft } from './untilLeft.ts';

interface SliceOptions {
  readonly job?: string;
  /** Milliseconds back from now. */
  readonly last?: number;
  /** Milliseconds since the epoch. */
  readonly from?: number;
  readonly to?: number;
  readonly format: 'text' | 'json';
}

/** `streamjob slice STREAM`: all records that a remembered stream gave in a span of time. */
export default async function slice(stream: string, options: SliceOptions): Promise<number> {
  const now = Date.now();
  const { last, to = now, from = last === undefined ? undefined : now - last, format } = options;
  if (from === undefined) throw noSpan();
  const job = await findJob(options.job);
  const show = format === 'json' ? jsonLines() : textLines();
  await untilLeft(async ({ signal }) => {
    let whole = false;
    for await (const answer of ask(job.path, { ask: 'slice', stream, from, to }, signal)) {
      if (answer.end) whole = true;
      else await print(show(answer as unknown as Told));
    }
    if (!whole && !signal.aborted) throw ended(job.name);
  });
  return 0;
}

/** A batch, or a record of it. */
type Told = { readonly batchTime: number } | { readonly text: string; readonly json: string };

const textLines = () => (told: Told) =>
  'text' in told ? `${visible(told.text)}\n` : `-- batch ${new Date(told.batchTime).toISOString()}\n`;

function jsonLines(): (told: Told) => string {
  let batchTime = 0;
  return (told) => {
    if ('json' in told) return `{"batchTime":${batchTime},"record":${told.json}}\n`;
    batchTime = told.batchTime;
    return '';
  };
}

const noSpan = (): StreamjobError =>
  new StreamjobError('bad-usage', 'Nothing says which time is meant.', {
    remedy: 'Give `--last 30s`, or `--from TIME` and `--to TIME`.',
  });

const ended = (job: string): StreamjobError =>
  new StreamjobError('source-failed', `${job} has ended before it had told all.`, { remedy: 'Start it again.' });
