import { element } from './dom.js';
import * as format from './format.js';
import { store } from './store.js';

/** The last records of a stream, as long as one is chosen. Nothing is asked of the job before. */
export function tap() {
  const choice = element('select', { 'aria-label': 'Stream' });
  const note = element('span', { class: 'facts', role: 'status' });
  const shown = element('pre', { class: 'scroll records', tabindex: '0', 'aria-label': 'Records' });
  shown.hidden = true;
  let events;
  const close = () => events?.close();
  const look = () => {
    close();
    shown.replaceChildren();
    shown.hidden = choice.value === '';
    note.textContent = choice.value === '' ? '' : 'waiting for records';
    if (choice.value === '') return;
    events = new EventSource(`/api/v1/tap?stream=${encodeURIComponent(choice.value)}`);
    events.addEventListener('sample', (event) => show(JSON.parse(event.data)));
    events.addEventListener('error', () => {
      note.textContent = 'the connection is lost';
    });
  };
  const show = ({ batchTime, records, shown: texts }) => {
    const some = texts.length < records ? `${texts.length} of ${format.count(records)}` : format.count(records);
    note.textContent = `${some} records of the batch ${format.clock(batchTime)}`;
    shown.textContent = texts.join('\n');
  };
  choice.addEventListener('change', look);
  const view = element(
    'section',
    {},
    element('h2', {}, 'Records ', element('small', {}, 'the last ones of a stream, while you look')),
    element('div', { class: 'card' }, element('p', {}, choice, ' ', note), shown),
  );
  return { view, update: () => offer(choice), close };
}

/** Without the token there is nothing to choose. */
function offer(choice) {
  const names = store.job.records ? (store.job.streams ?? []) : [];
  if (choice.childElementCount === names.length + 1 && choice.disabled === !store.job.records) return;
  const hint = store.job.records ? 'choose a stream' : 'records need the token';
  const options = names.map((name) => element('option', { value: name }, name));
  choice.replaceChildren(element('option', { value: '' }, hint), ...options);
  choice.disabled = !store.job.records;
}
