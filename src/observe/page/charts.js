import { element, svg } from './dom.js';
import * as format from './format.js';
import { store, took, total, waited } from './store.js';
import uPlot from './uPlot.js';

const shownBatches = 300;
const bins = 14;

const kinds = [
  { title: 'Input rate', value: ({ records }, interval) => (records * 1000) / interval, text: format.rate },
  { title: 'Scheduling delay', value: waited, text: format.time },
  { title: 'Processing time', value: took, text: format.time, limit: true },
  { title: 'Total delay', value: total, text: format.time },
];

/** The four timelines with their histograms. */
export function charts() {
  const cards = kinds.map(card);
  const view = element(
    'section',
    { class: 'charts', 'aria-label': 'Timelines' },
    cards.map(({ view }) => view),
  );
  const resize = new ResizeObserver(() => update());
  const scheme = matchMedia('(prefers-color-scheme: dark)');
  const repaint = () => {
    for (const each of cards) each.repaint();
    update();
  };
  const update = () => {
    const completed = store.newestFirst.filter(({ ended }) => ended !== null);
    const shown = completed.slice(0, shownBatches).reverse();
    for (const each of cards) each.update(shown);
  };
  resize.observe(view);
  scheme.addEventListener('change', repaint);
  const close = () => {
    resize.disconnect();
    scheme.removeEventListener('change', repaint);
    for (const each of cards) each.close();
  };
  return { view, update, close };
}

function card({ title, value, text, limit }) {
  const now = element('output', {}, format.missing);
  const average = element('small', {});
  const timeline = element('div', { class: 'timeline' });
  const histogram = svg('svg', { class: 'histogram', viewBox: '0 0 84 112', role: 'img' });
  const heading = element('h2', {}, title, now, average);
  const view = element('div', { class: 'card' }, heading, element('div', { class: 'plots' }, timeline, histogram));
  let plot;
  let latest = format.missing;
  const hover = ({ data, cursor }) => {
    const at = cursor.idx === null || cursor.idx === undefined ? undefined : data[1][cursor.idx];
    now.textContent = at === undefined || at === null ? latest : text(at);
  };
  const repaint = () => {
    plot?.destroy();
    plot = undefined;
  };
  const update = (batches) => {
    const interval = store.job.batchInterval;
    const values = batches.map((batch) => value(batch, interval) ?? 0);
    if (values.length === 0 || timeline.clientWidth === 0) return;
    latest = text(values.at(-1));
    average.textContent = `average ${text(values.reduce((sum, each) => sum + each, 0) / values.length)}`;
    const data = [batches.map(({ time }) => time / 1000), values, ...(limit ? [values.map(() => interval)] : [])];
    plot ??= new uPlot(plotOptions(text, limit, hover), data, timeline);
    plot.setSize({ width: timeline.clientWidth, height: 130 });
    plot.setData(data);
    if (!plot.cursor.left || plot.cursor.left < 0) now.textContent = latest;
    drawHistogram(histogram, values, `${title}, distribution`);
  };
  return { view, update, repaint, close: repaint };
}

function plotOptions(text, limit, hover) {
  const styles = getComputedStyle(document.body);
  const colour = (name) => resolved(styles.getPropertyValue(name));
  const axis = {
    stroke: colour('--dim'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
    font: '11px system-ui',
  };
  return {
    width: 300,
    height: 130,
    padding: [8, 8, 0, 0],
    cursor: { y: false, drag: { x: false, y: false } },
    hooks: { setCursor: [hover] },
    scales: { y: { range: (_plot, _low, high) => [0, high > 0 ? high * 1.1 : 1] } },
    axes: [
      { ...axis, size: 24, values: (_plot, seconds) => seconds.map((each) => format.clock(each * 1000)), space: 80 },
      { ...axis, size: 62, values: (_plot, values) => values.map((each) => text(each)), space: 28 },
    ],
    series: [
      {},
      { stroke: colour('--accent'), fill: colour('--accent-soft'), width: 1.5, points: { show: false } },
      ...(limit ? [{ stroke: colour('--limit'), width: 1, dash: [5, 4], points: { show: false } }] : []),
    ],
  };
}

/** A canvas does not know `light-dark()`. */
function resolved(colour) {
  const probe = element('span');
  probe.style.color = colour;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/** How often which value came, from 0 at the bottom to the largest at the top. */
function drawHistogram(target, values, label) {
  const top = Math.max(...values, Number.MIN_VALUE);
  const counts = new Array(bins).fill(0);
  for (const value of values) counts[Math.min(bins - 1, Math.floor((value / top) * bins))]++;
  const most = Math.max(...counts);
  const height = 112 / bins;
  const bars = counts.map((number, i) =>
    svg('rect', { x: 1, y: 112 - (i + 1) * height, width: (80 * number) / most, height: height - 1 }),
  );
  target.replaceChildren(svg('title', {}, label), svg('line', { x1: 0, y1: 0, x2: 0, y2: 112 }), ...bars);
}
