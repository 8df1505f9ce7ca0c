import { batch } from './batch.js';
import * as format from './format.js';
import { overview } from './overview.js';
import { follow, store, watch } from './store.js';

const at = (id) => document.getElementById(id);

let page;
let shownFor;

/** Shows the page that the address names, once something is known of the job. */
function route() {
  if (!store.job) return;
  const wanted = `${store.job.startTime} ${location.hash}`;
  if (wanted !== shownFor) open(wanted);
  page.update();
}

function open(wanted) {
  const [, time] = /^#\/batch\/(\d+)$/.exec(location.hash) ?? [];
  page?.close();
  page = time === undefined ? overview() : batch(Number(time));
  at('view').replaceChildren(...page.view);
  if (shownFor) at('view').focus({ preventScroll: true });
  if (shownFor) scrollTo(0, 0);
  shownFor = wanted;
}

const pills = { starting: '', running: 'good', stopping: '', ended: '', failed: 'bad' };

function head() {
  at('lost').hidden = store.connected || !store.job || store.job.status === 'ended';
  at('lost-since').textContent = format.clock(store.seen);
  if (!store.job) return;
  const { name, status, reason, batchInterval, startTime, total, records } = store.job;
  document.title = `${name}: ${status}`;
  at('name').textContent = name;
  at('name').title = name;
  at('status').textContent = status;
  at('status').className = `pill ${pills[status]}`;
  at('facts').textContent = [
    status !== 'running' && reason ? reason : undefined,
    `a batch every ${format.exactTime(batchInterval)}`,
    `since ${format.date(startTime)}`,
    `${format.count(total.completed)} batches`,
    total.failed > 0 ? `${format.count(total.failed)} failed` : undefined,
    `${format.count(total.received)} records`,
  ]
    .filter((fact) => fact !== undefined)
    .join(' · ');
  at('stop').hidden = !records || status !== 'running';
}

at('stop').addEventListener('click', () => at('stop-dialog').showModal());
at('stop-dialog').addEventListener('close', () => {
  if (at('stop-dialog').returnValue === 'stop') fetch('/stop', { method: 'POST' }).catch(() => undefined);
  at('stop-dialog').returnValue = '';
});
addEventListener('keydown', ({ key }) => {
  if (key === 'Escape' && location.hash.startsWith('#/batch/') && !at('stop-dialog').open) location.hash = '#/';
});
addEventListener('hashchange', route);
watch(head);
watch(route);
follow();
