import { type BatchRecord, processingTime, schedulingDelay } from '../observe/batchRecord.ts';
import { flowOf } from '../observe/flow.ts';
import type { JobHistory } from '../observe/history.ts';
import { clock, shortBytes, shortCount, shortTime } from './figures.ts';
import type { Progress } from './progress.ts';
import { visible } from './textWidth.ts';

/** How a job goes, in one line; what matters most comes first, as the end may be cut. `progress`: if it is known how much there is. */
export function statusText(history: JobHistory, progress: Progress | undefined): string {
  const { plan, status, lastCompleted: last } = history;
  const parts = [visible(plan.name)];
  if (status !== 'running') parts.push(status);
  if (progress) parts.push(progressText(progress));
  if (last) parts.push(...batchParts(last, history));
  else if (status === 'running') parts.push('waiting for the first batch');
  return parts.join('  ');
}

function batchParts(last: BatchRecord, history: JobHistory): string[] {
  const { plan, keys, waiting, total } = history;
  const held = [...keys.values()].reduce((sum, count) => sum + count, 0);
  return [
    clock(last.batchTime),
    `${shortCount(recordsASecond(history))} records/s`,
    `${shortTime(processingTime(last) ?? 0)} of ${shortTime(plan.batchInterval)}`,
    `delay ${shortTime(schedulingDelay(last) ?? 0)}`,
    `${waiting} waiting`,
    ...(keys.size > 0 ? [`${shortCount(held)} keys`] : []),
    ...(total.failed > 0 ? [`${total.failed} failed`] : []),
  ];
}

const recordsASecond = (history: JobHistory): number =>
  flowOf(history).stages.reduce((sum, { rateIn }) => sum + rateIn, 0);

const barWidth = 20;

function progressText({ done, total, left }: Progress): string {
  const share = total === 0 ? 0 : done / total;
  const filled = Math.floor(share * barWidth);
  const bar = '█'.repeat(filled) + '░'.repeat(barWidth - filled);
  const time = left === undefined ? '' : `, ${shortTime(left)} left`;
  return `${bar} ${Math.floor(share * 100)} % of ${shortBytes(total)}${time}`;
}
