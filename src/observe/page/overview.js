import { batches } from './batches.js';
import { charts } from './charts.js';
import { element, table } from './dom.js';
import * as format from './format.js';
import { graph } from './graph.js';
import { store } from './store.js';
import { tap } from './tap.js';

/** The first page: how the job goes, what it is, and its batches. */
export function overview() {
  const parts = { charts: charts(), graph: graph(), tap: tap(), batches: batches() };
  const sources = element('div', { class: 'card' });
  const kept = element('div', { class: 'card' });
  const view = [
    parts.charts.view,
    element('h2', {}, 'Graph ', element('small', {}, 'records a second over the newest batches, time for each batch')),
    element('div', { class: 'card graph', tabindex: '0', 'aria-label': 'Graph of the job' }, parts.graph.view),
    element(
      'div',
      { class: 'pair' },
      element('section', {}, element('h2', {}, 'Sources'), sources),
      element('section', {}, element('h2', {}, 'State and windows'), kept),
    ),
    parts.tap.view,
    parts.batches.view,
  ];
  const update = () => {
    for (const part of Object.values(parts)) part.update();
    sources.replaceChildren(sourceTable(store.job.sources));
    kept.replaceChildren(keptTable(store.job.kept));
  };
  const close = () => {
    parts.charts.close();
    parts.tap.close();
  };
  return { view, update, close };
}

function sourceTable(sources) {
  const rows = sources.map(({ name, component, receives, state, message, lastBatch, lastError }) => [
    element('span', {}, element('b', {}, name), ` ${component}`),
    !receives && state !== 'waiting'
      ? element('span', { title: 'what it has is listed at each batch' }, 'listed')
      : element('span', { class: `pill ${pills[state]}`, title: message ?? '' }, state),
    format.count(lastBatch),
    lastError
      ? element('span', { class: 'error' }, `${format.clock(lastError.time)} ${lastError.message}`)
      : format.missing,
  ]);
  return table(['Source', 'State', 'Last batch', 'Last error'], rows, [2]);
}

const pills = { active: 'good', waiting: 'bad', failed: 'bad', idle: '', ended: '' };

function keptTable(kept) {
  if (kept.length === 0) return element('p', { class: 'empty' }, 'The job keeps nothing from batch to batch.');
  const rows = kept.map(({ name, kind, keys, bytes, batches }) => [
    name,
    kind === 'records' ? `records of ${format.count(batches)} batches` : kind,
    kind === 'records' ? format.missing : format.count(keys),
    element('span', { title: kind === 'records' ? 'in memory' : sizeTitle(bytes) }, format.bytes(bytes)),
  ]);
  return table(['Step', 'Keeps', 'Keys', 'Size'], rows, [2, 3]);
}

const sizeTitle = (bytes) => (bytes === null ? 'known with a checkpoint only' : 'in the checkpoint');
