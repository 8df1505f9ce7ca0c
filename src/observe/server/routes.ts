import type { IncomingMessage, ServerResponse } from 'node:http';
import { messageOf } from '../../base/errors.ts';
import type { JsonValue } from '../../base/json.ts';
import { asset } from '../assets.ts';
import type { JobHistory } from '../history.ts';
import type { Insight } from '../insight.ts';
import type { Metrics } from '../metrics.ts';
import { reasonsNotReady } from '../readiness.ts';
import { batchDetailView, jobView, type Viewer } from '../views.ts';
import type { Guard } from './guard.ts';
import { sparkRest } from './sparkRest.ts';
import { showTap } from './tapping.ts';
import type { Updates } from './updates.ts';

/** What the answers are made of. */
export interface Site {
  readonly history: JobHistory;
  readonly metrics: Metrics;
  readonly updates: Updates;
  readonly guard: Guard;
  /** Asks the job to stop gracefully. */
  stop(reason: string): void;
  /** Once the job runs. */
  insight(): Insight | undefined;
}

/** Answers one request. Only POST /stop changes anything. */
export async function answer(request: IncomingMessage, response: ServerResponse, site: Site): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const admission = site.guard.admit(request, url);
  if (admission.refused) return send(response, admission.refused, { error: admission.why });
  const viewer = { records: admission.trusted };
  if (request.method === 'POST' && url.pathname === '/stop') return stop(response, site, viewer);
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return send(response, 405, { error: 'Only GET, and POST /stop.' });
  if (url.pathname === '/' && url.searchParams.has('token')) return remember(url, response, site.guard);
  return look(url, response, site, viewer);
}

function stop(response: ServerResponse, site: Site, { records: trusted }: Viewer): void {
  if (!trusted) return send(response, 401, { error: 'To stop the job takes the token.' });
  site.stop('asked to through the dashboard');
  send(response, 202, { status: 'stopping' });
}

/** The token leaves the address line, where it could be read and copied. */
function remember(url: URL, response: ServerResponse, { cookieName }: Guard): void {
  const cookie = `${cookieName}=${encodeURIComponent(url.searchParams.get('token') ?? '')}; Path=/; HttpOnly; SameSite=Strict`;
  response.writeHead(303, { location: '/', 'set-cookie': cookie, 'cache-control': 'no-store' }).end();
}

async function look(url: URL, response: ServerResponse, site: Site, viewer: Viewer): Promise<void> {
  const { history, metrics, updates } = site;
  switch (url.pathname) {
    case '/events':
      return updates.add(response, viewer);
    case '/metrics':
      return sendText(response, 200, metrics.contentType, await metrics.text());
    case '/healthz':
      return send(response, 200, { status: history.status });
    case '/readyz':
      return ready(response, history);
    case '/api/v1/job':
      return send(response, 200, {
        ...(jobView(history, viewer) as object),
        streams: site.insight()?.streams ?? [],
      });
    case '/api/v1/tap':
      return tap(url, response, site, viewer);
  }
  const [, api, version, section, ...path] = url.pathname.split('/');
  if (api !== 'api') return file(url.pathname, response);
  const found = version === 'v1' ? lookUp(section, path, url, site, viewer) : undefined;
  if (found === undefined) return send(response, 404, { error: `There is no ${url.pathname}.` });
  send(response, 200, found);
}

function tap({ searchParams }: URL, response: ServerResponse, { insight }: Site, { records }: Viewer): void {
  if (!records) return send(response, 401, { error: 'To see records takes the token.' });
  const look = insight();
  if (!look) return send(response, 503, { error: 'The job has not started.' });
  try {
    showTap(response, look, searchParams.get('stream') ?? '');
  } catch (error) {
    send(response, 404, { error: messageOf(error) });
  }
}

function lookUp(
  section: string | undefined,
  path: readonly string[],
  url: URL,
  { history }: Site,
  viewer: Viewer,
): JsonValue | undefined {
  if (section === 'streaming') return sparkRest(history, path, url.searchParams, viewer);
  if (section !== 'job' || path.length !== 2 || path[0] !== 'batches') return undefined;
  const batch = history.batches.get(Number(path[1]));
  return batch && batchDetailView(batch, history, viewer);
}

function ready(response: ServerResponse, history: JobHistory): void {
  const reasons = reasonsNotReady(history);
  send(response, reasons.length === 0 ? 200 : 503, { ready: reasons.length === 0, reasons });
}

async function file(path: string, response: ServerResponse): Promise<void> {
  const found = await asset(path);
  if (!found) return send(response, 404, { error: `There is no ${path}.` });
  response.writeHead(200, { 'content-type': found.type, 'cache-control': 'no-cache' }).end(found.content);
}

export const send = (response: ServerResponse, status: number, body: JsonValue): void =>
  sendText(response, status, 'application/json; charset=utf-8', `${JSON.stringify(body)}\n`);

function sendText(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(text);
}
