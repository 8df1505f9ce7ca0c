import { element } from './dom.js';
import * as format from './format.js';
import { store, took, total, waited } from './store.js';

const rowHeight = 30;
/** Rows above and below those that can be seen. */
const margin = 6;

const filters = {
  All: () => true,
  Active: ({ status }) => status !== 'completed',
  Failed: ({ error }) => error !== null,
};

/** All batches, the newest first. Only the rows that can be seen are in the document. */
export function batches() {
  let filter = 'All';
  let rows = [];
  const number = element('small');
  const spacer = element('div', { class: 'spacer' });
  const scroller = element('div', { class: 'window', role: 'rowgroup', 'aria-label': 'Batches' }, spacer);
  const draw = () => {
    const first = Math.max(0, Math.floor(scroller.scrollTop / rowHeight) - margin);
    const last = first + Math.ceil(scroller.clientHeight / rowHeight) + 2 * margin;
    keepingFocus(spacer, () =>
      spacer.replaceChildren(...rows.slice(first, last).map((batch, i) => row(batch, first + i))),
    );
    oneTabStop(spacer, Math.ceil(scroller.scrollTop / rowHeight) - first);
  };
  const update = () => {
    const before = rows;
    rows = store.newestFirst.filter(filters[filter]);
    number.textContent = ` ${format.count(rows.length)}`;
    spacer.style.height = `${rows.length * rowHeight}px`;
    holdPlace(scroller, before, rows);
    draw();
    if (rows.length === 0) spacer.replaceChildren(element('p', { class: 'empty' }, emptyTexts[filter]));
  };
  const buttons = filterButtons(filter, (chosen) => {
    filter = chosen;
    scroller.scrollTop = 0;
    update();
  });
  scroller.addEventListener('scroll', draw, { passive: true });
  spacer.addEventListener('keydown', moveFocus);
  const heading = element('h2', {}, 'Batches', number, buttons);
  const list = element('div', { class: 'card batches', role: 'table' }, head(), scroller);
  return { view: element('section', {}, heading, list), update };
}

const emptyTexts = {
  All: 'No batch yet: the first comes at the end of the first interval.',
  Active: 'No batch is waiting or processed.',
  Failed: 'No batch has failed.',
};

/** Who reads further down is not moved by what comes in above. */
function holdPlace(scroller, before, rows) {
  const at = Math.floor(scroller.scrollTop / rowHeight);
  const top = before[at];
  if (at === 0 || !top) return;
  const now = rows.findIndex(({ time }) => time === top.time);
  if (now > at) scroller.scrollTop += (now - at) * rowHeight;
}

function keepingFocus(spacer, change) {
  const focused = spacer.contains(document.activeElement) ? document.activeElement.getAttribute('href') : undefined;
  change();
  if (focused) spacer.querySelector(`[href="${focused}"]`)?.focus({ preventScroll: true });
}

/** The keyboard comes to one row, and from there on with arrows: past thousands of rows nobody would get with Tab. */
function oneTabStop(spacer, topmost) {
  const focused = [...spacer.children].find((link) => link === document.activeElement);
  const stop = focused ?? spacer.children[topmost];
  if (stop) stop.tabIndex = 0;
}

function filterButtons(initial, choose) {
  const buttons = Object.keys(filters).map((name) => {
    const button = element('button', { type: 'button', 'aria-pressed': String(name === initial) }, name);
    button.addEventListener('click', () => {
      for (const each of buttons) each.setAttribute('aria-pressed', String(each === button));
      choose(name);
    });
    return button;
  });
  return element('span', { class: 'filters' }, buttons);
}

const cells = (role, values) => values.map(([value, className]) => element('span', { role, class: className }, value));

const head = () =>
  element(
    'div',
    { class: 'batch head', role: 'row' },
    cells('columnheader', [
      ['Batch'],
      ['Records', 'number'],
      ['Waited', 'number wide'],
      ['Processing', 'number'],
      ['Total', 'number wide'],
      ['Status'],
    ]),
  );

function row(batch, index) {
  const { time, records, status, error } = batch;
  const link = element(
    'a',
    { class: `batch${error === null ? '' : ' failed'}`, role: 'row', tabindex: '-1', href: `#/batch/${time}` },
    cells('cell', [
      [format.clock(time, store.job.batchInterval)],
      [status === 'completed' ? format.shortCount(records) : format.missing, 'number'],
      [format.time(waited(batch)), 'number wide'],
      [format.time(took(batch)), 'number'],
      [format.time(total(batch)), 'number wide'],
      [error ?? status, 'what'],
    ]),
  );
  link.style.top = `${index * rowHeight}px`;
  return link;
}

function moveFocus(event) {
  const step = { ArrowDown: 'nextElementSibling', ArrowUp: 'previousElementSibling' }[event.key];
  const next = step && document.activeElement?.[step];
  if (!next) return;
  event.preventDefault();
  document.activeElement.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}
