import { element, svg } from './dom.js';
import * as format from './format.js';
import { store, took, total, waited } from './store.js';
import uPlot from './uPlot.js';

const shownBatches = 300;
const bins = 14;

/** Milliseconds between the lines of a chart: beyond a second as one reads a clock. */
const timeSteps = [
  ...[0.001, 0.01, 0.1, 1, 10, 100, 1000].flatMap((each) => [each, 2 * each, 5 * each]),
  ...[10, 15, 30, 60, 120, 300, 600, 900, 1800].map((seconds) => seconds * 1000),
  ...[1, 2, 3, 6, 12, 24, 48, 120, 240, 480, 960].map((hours) => hours * 3_600_000),
];

const inTime = { text: format.time, tick: format.axisTime, steps: { incrs: timeSteps } };

const kinds = [
  {
    title: 'Input rate',
    value: ({ records }, interval) => (records * 1000) / interval,
    text: format.rate,
    tick: format.rate,
    steps: {},
  },
  { title: 'Scheduling delay', value: waited, ...inTime },
  { title: 'Processing time', value: took, ...inTime, limit: true },
  { title: 'Total delay', value: total, ...inTime },
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

function card({ title, value, text, limit, ...axis }) {
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
    plot ??= new uPlot(plotOptions(axis, limit, hover), data, timeline);
    plot.setSize({ width: timeline.clientWidth, height: 130 });
    plot.setData(data);
    if (!plot.cursor.left || plot.cursor.left < 0) now.textContent = latest;
    drawHistogram(histogram, values, `${title}, distribution`);
  };
  return { view, update, repaint, close: repaint };
}

function plotOptions({ tick, steps }, limit, hover) {
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
    padding: [8, 30, 0, 0],
    cursor: { y: false, drag: { x: false, y: false } },
    hooks: { setCursor: [hover] },
    scales: { y: { range: (_plot, _low, high) => [0, high > 0 ? high * 1.1 : 1] } },
    axes: [
      { ...axis, size: 24, values: (_plot, seconds) => timesOfDay(seconds), space: 84 },
      { ...axis, size: 62, values: (_plot, values) => values.map((each) => tick(each)), space: 28, ...steps },
    ],
    series: [
      {},
      { stroke: colour('--accent'), fill: colour('--accent-soft'), width: 1.5, points: { show: false } },
      ...(limit ? [{ stroke: colour('--limit'), width: 1, dash: [5, 4], points: { show: false } }] : []),
    ],
  };
}

/** With milliseconds if all is within some seconds, and as days if it is many. */
function timesOfDay(seconds) {
  const span = seconds.at(-1) - seconds[0];
  if (span > 86_400) return seconds.map((each) => format.date(each * 1000).slice(5, 16));
  if (seconds.length > 1 && span < 5) return seconds.map((each) => format.clock(each * 1000, 1).slice(3));
  return seconds.map((each) => format.clock(each * 1000));
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
