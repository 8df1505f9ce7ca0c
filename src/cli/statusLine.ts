import { Chalk } from 'chalk';
import { processingTime } from '../observe/batchRecord.ts';
import type { JobHistory } from '../observe/history.ts';
import { LivingLine } from './livingLine.ts';
import { colourful } from './output.ts';
import { ProgressMeter } from './progress.ts';
import { statusText } from './statusText.ts';
import { fitted, widthOf } from './textWidth.ts';

/** One line at the end of the terminal that says how the job goes. Gives what the job is to tell, and what takes the line away. */
export function showStatus(history: JobHistory, once: boolean): { readonly meter: ProgressMeter; close(): void } {
  const meter = new ProgressMeter();
  const line = new LivingLine((columns) => {
    const text = fitted(statusText(history, once ? meter.progress : undefined), columns);
    return { text: coloured(text, history), width: widthOf(text) };
  });
  const unwatch = history.watch(() => line.changed());
  line.changed();
  return {
    meter,
    close() {
      unwatch();
      line.close();
    },
  };
}

const chalk = new Chalk({ level: colourful(process.stderr) ? 1 : 0 });

/** A job that takes longer for a batch than there is time for it stands out. */
const coloured = (text: string, { lastCompleted, plan }: JobHistory): string =>
  lastCompleted && (lastCompleted.error || (processingTime(lastCompleted) ?? 0) > plan.batchInterval)
    ? chalk.yellow(text)
    : chalk.dim(text);
