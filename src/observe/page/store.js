/** As many as the job remembers. */
const retained = 10_000;

/** What the page knows of the job. Changes are told to who watches. */
export const store = {
  /** From /api/v1/job, without its batches; undefined before the first answer. */
  job: undefined,
  connected: false,
  seen: Date.now(),
  batches: new Map(),
  /** The newest first. */
  newestFirst: [],
};

const watchers = new Set();

export const watch = (watcher) => watchers.add(watcher);

function changed() {
  for (const watcher of watchers) watcher();
}

/** Loads what is there and follows what changes; the browser connects again by itself. */
export function follow() {
  const events = new EventSource('/events');
  events.addEventListener('open', () => begin(events));
  events.addEventListener('error', () => lost(events));
  events.addEventListener('update', (event) => take(JSON.parse(event.data)));
}

/** After a connection was lost there may be another job behind the address. */
async function begin(events) {
  try {
    const response = await fetch('/api/v1/job');
    if (!response.ok) throw new Error(response.statusText);
    const { batches, ...job } = await response.json();
    if (store.job?.startTime !== job.startTime) store.batches.clear();
    store.connected = true;
    store.job = job;
    take({ batches });
  } catch {
    lost(events);
  }
}

function lost(events) {
  store.connected = false;
  changed();
  if (events.readyState === EventSource.CLOSED) setTimeout(follow, 2000);
}

function take({ batches, ...status }) {
  store.seen = Date.now();
  if (store.job) Object.assign(store.job, status);
  for (const batch of batches) store.batches.set(batch.time, batch);
  store.newestFirst = [...store.batches.values()].sort((a, b) => b.time - a.time);
  for (const old of store.newestFirst.splice(retained)) store.batches.delete(old.time);
  changed();
}

export const waited = ({ started, submitted }) => (started === null ? null : started - submitted);
export const took = ({ started, ended }) => (ended === null || started === null ? null : ended - started);
export const total = ({ ended, submitted }) => (ended === null ? null : ended - submitted);
