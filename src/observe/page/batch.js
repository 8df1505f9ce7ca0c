import { element, svg, table } from './dom.js';
import * as format from './format.js';
import { store, took, total, waited } from './store.js';

/** The page of one batch. */
export function batch(time) {
  const page = element('section', {}, element('p', { class: 'empty' }, 'Loading.'));
  let shown;
  let loading = false;
  const update = () => {
    const key = JSON.stringify(store.batches.get(time) ?? null);
    if (loading || key === shown) return;
    loading = true;
    load(time, page).finally(() => {
      shown = key;
      loading = false;
    });
  };
  return { view: [page], update, close() {} };
}

async function load(time, page) {
  const response = await fetch(`/api/v1/job/batches/${time}`).catch(() => undefined);
  if (!response) return;
  page.replaceChildren(...(response.ok ? content(await response.json()) : [gone(time)]));
}

const gone = (time) =>
  element(
    'p',
    { class: 'empty' },
    `There is no batch ${time}: it was never there, or is too old to be remembered. `,
    back(),
  );

const back = () => element('a', { href: '#/' }, 'All batches');

function content(batch) {
  const { batchInterval } = store.job;
  return [
    element('p', {}, back()),
    element('h1', {}, `Batch ${format.date(batch.time, batchInterval)} `, pill(batch)),
    element('div', { class: 'card' }, facts(batch)),
    batch.error ? problem(batch.error) : undefined,
    element('h2', {}, 'Input'),
    element('div', { class: 'card' }, ...inputs(batch)),
    element('h2', {}, 'Stages'),
    element('div', { class: 'card' }, stages(batch)),
    element('h2', {}, 'Sinks'),
    element('div', { class: 'card' }, outputs(batch)),
  ].filter((part) => part !== undefined);
}

const pill = ({ error, status }) => element('span', { class: `pill ${error ? 'bad' : ''}` }, error ? 'failed' : status);

function facts(batch) {
  const all = [
    ['Records', format.count(batch.records)],
    ['Submitted', format.clock(batch.submitted, 1)],
    ['Scheduling delay', format.time(waited(batch))],
    ['Processing time', format.time(took(batch))],
    ['Total delay', format.time(total(batch))],
    ['Batch interval', format.exactTime(store.job.batchInterval)],
  ];
  return element(
    'dl',
    { class: 'facts-list' },
    all.map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, value))),
  );
}

function problem({ code, message, at, remedy, record }) {
  const place = at && `${at.file}:${at.line}:${at.column}`;
  return element(
    'div',
    { class: 'card error', role: 'alert' },
    element('pre', {}, [place, code].filter(Boolean).join('  ')),
    element('p', {}, message),
    record ? element('pre', {}, record) : undefined,
    remedy ? element('p', {}, remedy) : undefined,
  );
}

function inputs({ inputs, detailed }) {
  if (!detailed) return [element('p', { class: 'empty' }, 'Of a batch this old only the figures are remembered.')];
  if (inputs.length === 0) return [element('p', { class: 'empty' }, 'It had no input.')];
  return inputs.flatMap(({ source, records, partitions, lines, more }) => [
    element(
      'p',
      {},
      element('b', {}, source),
      ` ${format.count(records)} records, ${partitions} ${partitions === 1 ? 'partition' : 'partitions'}`,
    ),
    element('pre', {}, [...lines, ...(more > 0 ? [`and ${more} more`] : [])].join('\n')),
  ]);
}

function stages({ stages }) {
  if (stages.length === 0) return element('p', { class: 'empty' }, 'No stage is over.');
  const end = Math.max(...stages.map(({ begin, duration }) => begin + duration), 1);
  const rows = stages.map((stage) => [
    stage.name,
    `${stage.succeeded} / ${stage.tasks}`,
    stage.recordsIn > 0 ? format.count(stage.recordsIn) : format.missing,
    element(
      'span',
      { class: 'gave' },
      stage.recordsOut.map(({ to, records }) => element('div', {}, `${format.count(records)} → ${to}`)),
    ),
    format.time(stage.duration),
    format.time(stage.slowestTask),
    bar(stage, end),
  ]);
  return table(['Stage', 'Tasks', 'Read', 'Gave', 'Time', 'Slowest task', 'When'], rows, [1, 2, 4, 5]);
}

function outputs({ outputs, started: begin, status }) {
  if (outputs.length === 0) return element('p', { class: 'empty' }, 'No sink was due.');
  const rows = outputs.map(({ name, started, ended, error }) => [
    name,
    started === null || begin === null ? format.missing : format.time(started - begin),
    started === null || ended === null ? format.missing : format.time(ended - started),
    error ? element('span', { class: 'error' }, error) : outcome({ started, ended, status }),
  ]);
  return table(['Sink', 'Began after', 'Commit', 'Outcome'], rows, [1, 2]);
}

function outcome({ started, ended, status }) {
  if (ended !== null) return 'visible';
  if (status === 'completed') return format.missing;
  return started === null ? 'waits for the stages' : 'commits';
}

/** When the stage ran within the batch. */
function bar({ begin, duration }, end) {
  const rect = svg('rect', {
    x: (100 * begin) / end,
    y: 0,
    width: Math.max((100 * duration) / end, 0.7),
    height: 12,
    rx: 1,
  });
  return element('div', { class: 'track' }, svg('svg', { viewBox: '0 0 100 12', preserveAspectRatio: 'none' }, rect));
}
