import { svg } from './dom.js';
import * as format from './format.js';
import { store } from './store.js';

const width = 226;
const gapX = 72;
const gapY = 22;
const lineHeight = 16;

/** The job's stages and sinks from left to right, in layers. */
export function graph() {
  const view = svg('svg', { role: 'img', 'aria-label': 'Graph of the job' });
  const { boxes, edges } = store.job.graph;
  const places = placed(boxes, edges);
  const all = [...places.values()];
  const size = {
    width: Math.max(...all.map(({ x }) => x)) + width + 2,
    height: Math.max(...all.map(({ y, height }) => y + height)) + 2,
  };
  view.setAttribute('viewBox', `0 0 ${size.width} ${size.height}`);
  view.setAttribute('width', size.width);
  view.setAttribute('height', size.height);
  const update = () => view.replaceChildren(arrowHead(), ...drawn(boxes, edges, places));
  update();
  return { view, update };
}

/** A box stands one layer behind the last of those that feed it, and beside them as far as there is room. */
function placed(boxes, edges) {
  const layers = layersOf(boxes, edges);
  const places = new Map();
  for (let layer = 0; layer <= Math.max(...layers.values()); layer++) {
    const inLayer = boxes.filter(({ id }) => layers.get(id) === layer);
    const wished = new Map(inLayer.map(({ id }) => [id, besideFeeders(id, edges, places)]));
    let y = 1;
    for (const { id, steps } of inLayer.sort((a, b) => wished.get(a.id) - wished.get(b.id))) {
      const height = 46 + steps.slice(0, 4).length * lineHeight;
      places.set(id, { x: 1 + layer * (width + gapX), y, height });
      y += height + gapY;
    }
  }
  return places;
}

function layersOf(boxes, edges) {
  const layers = new Map(boxes.map(({ id }) => [id, 0]));
  for (let round = 0; round < boxes.length; round++)
    for (const { from, to } of edges) layers.set(to, Math.max(layers.get(to), layers.get(from) + 1));
  return layers;
}

function besideFeeders(id, edges, places) {
  const feeders = edges.filter(({ to }) => to === id).map(({ from }) => places.get(from).y);
  return feeders.length === 0 ? 0 : feeders.reduce((sum, y) => sum + y, 0) / feeders.length;
}

function drawn(boxes, edges, places) {
  const { stages, slowest } = store.job.flow;
  const flows = new Map(stages.map((stage) => [stage.root, stage]));
  const arrows = edges.map(({ from, to }) => arrow(places.get(from), places.get(to), rateOf(flows.get(from), to)));
  return [...arrows, ...boxes.map((box) => drawnBox(box, places.get(box.id), flows.get(box.id), box.id === slowest))];
}

const rateOf = (flow, to) => flow?.out.find(({ node }) => node === to)?.rate;

function arrow(from, to, rate) {
  const x1 = from.x + width;
  const y1 = from.y + 23;
  const y2 = to.y + 23;
  const bend = (to.x - x1) / 2;
  const line = svg('path', {
    d: `M${x1} ${y1} C${x1 + bend} ${y1} ${to.x - bend} ${y2} ${to.x - 2} ${y2}`,
    'marker-end': 'url(#head)',
  });
  const label =
    rate === undefined
      ? undefined
      : text(x1 + 0.66 * (to.x - x1), y1 + 0.75 * (y2 - y1) - 5, format.rate(rate), 'rate', 'middle');
  return svg('g', {}, line, label);
}

function drawnBox({ kind, name, component, steps }, { x, y, height }, flow, isSlowest) {
  const timing = flow && format.time(flow.duration);
  const below = kind === 'source' && flow ? `${component}, ${format.rate(flow.rateIn)}` : component;
  const lines = steps.slice(0, 4).map((step, i) => text(x + 10, y + 54 + i * lineHeight, cut(step, 31), 'dim'));
  return svg(
    'g',
    { class: `${kind}${isSlowest ? ' slowest' : ''}` },
    svg('title', {}, [name, component, ...steps].join('\n')),
    svg('rect', { class: 'box', x, y, width, height, rx: 7 }),
    text(x + 10, y + 18, cut(name, isSlowest ? 16 : 24), 'name'),
    isSlowest && text(x + width - 10, y + 18, 'slowest', 'mark', 'end'),
    text(x + 10, y + 35, cut(below, 21), 'dim'),
    timing && text(x + width - 10, y + 35, timing, 'timing', 'end'),
    ...lines,
  );
}

const text = (x, y, content, className, anchor = 'start') =>
  svg('text', { x, y, class: className, 'text-anchor': anchor }, content);

const cut = (line, length) => (line.length > length ? `${line.slice(0, length - 1)}…` : line);

const arrowHead = () =>
  svg(
    'defs',
    {},
    svg(
      'marker',
      { id: 'head', viewBox: '0 0 8 8', refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: 'auto' },
      svg('path', { d: 'M0 0L8 4L0 8z' }),
    ),
  );
