import type { ChalkInstance } from 'chalk';
import { formatDuration } from '../base/duration.ts';
import { clock, shortBytes, shortCount, shortTime } from './figures.ts';
import { fitted, padded, visible } from './textWidth.ts';

/** What a running job tells of itself: see observe/control/overview.ts. */
export interface Overview {
  readonly name: string;
  readonly file: string;
  readonly pid: number;
  readonly since: number;
  readonly status: string;
  readonly reason: string | null;
  readonly batchInterval: number;
  readonly waiting: number;
  readonly memory: number;
  readonly total: { readonly completed: number; readonly failed: number; readonly received: number };
  readonly sources: readonly {
    readonly id: number;
    readonly name: string;
    readonly component: string;
    readonly receives: boolean;
    readonly state: string | null;
    readonly lastBatch: number;
    readonly lastError: { readonly time: number; readonly message: string } | null;
  }[];
  readonly kept: readonly {
    readonly name: string;
    readonly kind: string;
    readonly keys: number | null;
    readonly bytes: number | null;
  }[];
  readonly flow: {
    readonly slowest?: number;
    readonly stages: readonly {
      readonly root: number;
      readonly duration: number;
      readonly rateIn: number;
      readonly out: readonly { readonly node: number; readonly rate: number }[];
    }[];
  };
  readonly steps: readonly { readonly root: number; readonly name: string }[];
  readonly batches: readonly {
    readonly time: number;
    readonly status: string;
    readonly records: number;
    readonly delay: number | null;
    readonly processing: number | null;
    readonly total: number | null;
    readonly error: string | null;
  }[];
}

/** How a job goes, in lines of at most so many columns. */
export function topText(job: Overview, columns: number, chalk: ChalkInstance): readonly string[] {
  const sections = [sourceLines(job), stepLines(job), keptLines(job), batchLines(job)];
  const shown = sections.filter(({ rows }) => rows.length > 0);
  return [
    ...headLines(job).map((line) => fitted(line, columns)),
    ...shown.flatMap((section) => ['', ...tableLines(section, columns, chalk)]),
  ];
}

interface Table {
  readonly heads: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Rows to be marked. */
  readonly marked?: ReadonlySet<number>;
}

function headLines({ name, pid, status, reason, batchInterval, waiting, memory, total, since }: Overview): string[] {
  const failed = total.failed > 0 ? `, ${total.failed} failed` : '';
  const why = reason ? ` (${visible(reason)})` : '';
  return [
    `${visible(name)}  ${status}${why}, process ${pid}, since ${clock(since)}, ${shortBytes(memory)} of memory`,
    `a batch every ${formatDuration(batchInterval)}: ${total.completed} done${failed}, ${waiting} waiting, ${shortCount(total.received)} records`,
  ];
}

function sourceLines({ sources, flow }: Overview): Table {
  const rates = new Map(flow.stages.map(({ root, rateIn }) => [root, rateIn]));
  return {
    heads: ['SOURCE', 'STATE', 'RECORDS/S', 'LAST BATCH', 'LAST ERROR'],
    rows: sources.map(({ id, name, component, receives, state, lastBatch, lastError }) => [
      `${name} (${component})`,
      receives || state === 'waiting' ? (state ?? '') : 'listed',
      shortCount(rates.get(id) ?? 0),
      shortCount(lastBatch),
      lastError ? `${clock(lastError.time)} ${lastError.message}` : '',
    ]),
  };
}

function stepLines({ flow, steps }: Overview): Table {
  const names = new Map(steps.map(({ root, name }) => [root, name]));
  const arriving = (node: number): number =>
    flow.stages.flatMap(({ out }) => out).reduce((sum, edge) => sum + (edge.node === node ? edge.rate : 0), 0);
  const shown = flow.stages.filter(({ root }) => names.has(root));
  return {
    heads: ['STAGE', '', 'RECORDS/S', 'MS'],
    rows: shown.map(({ root, rateIn, duration }) => [
      names.get(root)!,
      root === flow.slowest && shown.length > 1 ? 'slowest' : '',
      shortCount(rateIn || arriving(root)),
      duration.toFixed(1),
    ]),
    marked: new Set(shown.flatMap(({ root }, i) => (root === flow.slowest && shown.length > 1 ? [i] : []))),
  };
}

const keptLines = ({ kept }: Overview): Table => ({
  heads: ['KEPT BY', 'WHAT', 'KEYS', 'MEMORY'],
  rows: kept.map(({ name, kind, keys, bytes }) => [
    name,
    kind,
    keys === null ? '' : shortCount(keys),
    bytes === null ? '' : shortBytes(bytes),
  ]),
});

const batchLines = ({ batches }: Overview): Table => ({
  heads: ['BATCH', '', 'RECORDS', 'DELAY', 'PROCESSING', 'ERROR'],
  rows: batches
    .toReversed()
    .map(({ time, status, records, delay, processing, error }) => [
      clock(time),
      error ? 'failed' : status,
      status === 'completed' ? shortCount(records) : '',
      delay === null ? '' : shortTime(delay),
      processing === null ? '' : shortTime(processing),
      error ?? '',
    ]),
  marked: new Set(batches.toReversed().flatMap(({ error }, i) => (error ? [i] : []))),
});

const widestColumn = 60;

/** The first column gives way first, so that the figures can be seen. */
function tableLines({ heads, rows, marked }: Table, columns: number, chalk: ChalkInstance): string[] {
  const cells = [heads, ...rows].map((row) => row.map(visible));
  const widths = heads.map((_, column) => Math.min(widestColumn, Math.max(...cells.map((row) => row[column]!.length))));
  const rest = widths.slice(1).reduce((sum, width) => sum + width + 2, 0);
  widths[0] = Math.max(8, Math.min(widths[0]!, columns - rest));
  const isNumber = (column: number): boolean =>
    cells.slice(1).every((row) => /^[\d.,]* ?\w{0,3}$/.test(row[column]!)) && column > 0;
  const lines = cells.map((row) =>
    padded(
      row.map((cell, column) => padded(cell, widths[column]!, isNumber(column) ? 'right' : 'left')).join('  '),
      columns,
    ).trimEnd(),
  );
  return lines.map((line, i) => (i === 0 ? chalk.dim(line) : marked?.has(i - 1) ? chalk.yellow(line) : line));
}
